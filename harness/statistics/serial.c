#include "serial.h"

#include "order.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>

#define SHORTEST_RUN 4

double serial_correlation(const double *values, size_t n)
{
	double mean = 0, squares = 0, products = 0, before = 0, largest = 0;
	bool equal = true;

	for (size_t i = 0; i < n; i++) {
		largest = fmax(largest, fabs(values[i]));
		equal = equal && values[i] == values[0];
	}
	if (n < 3 || equal)
		return 0;
	/* Of values at most 1, squares neither overflow nor vanish. */
	for (size_t i = 0; i < n; i++)
		mean += values[i] / largest / (double)n;
	for (size_t i = 0; i < n; i++) {
		double deviation = values[i] / largest - mean;

		squares += deviation * deviation;
		products += deviation * before;
		before = deviation;
	}
	return squares > 0 ? products / squares : 0;
}

/* Lag-1 autocorrelation of the ranks of one run; NAN when all are equal or there is no memory. */
static double correlation_of_ranks(const double *values, size_t n)
{
	struct order_place *places = malloc(n * sizeof(*places));
	double *ranks = malloc(n * sizeof(*ranks));
	double correlation = NAN;

	if (places && ranks) {
		for (size_t i = 0; i < n; i++)
			places[i] = (struct order_place){values[i], i};
		order_places(places, n);
		for (size_t first = 0, end; first < n; first = end) {
			for (end = first + 1; end < n && places[end].value == places[first].value;)
				end++;
			for (size_t i = first; i < end; i++)
				ranks[places[i].from] = 0.5 * (double)(first + end - 1);
		}
		if (places[0].value != places[n - 1].value)
			correlation = serial_correlation(ranks, n);
	}
	free(places);
	free(ranks);
	return correlation;
}

struct serial serial_within_runs(const struct repetitions *sides, size_t n)
{
	double above = 0, below = 0, variance = 0;

	for (size_t side = 0; side < n; side++) {
		const struct repetitions *all = &sides[side];

		for (size_t first = 0, end; first < all->n; first = end) {
			end = repetitions_run_end(all, first);
			double length = (double)(end - first);

			if (end - first < SHORTEST_RUN)
				continue;
			double r = correlation_of_ranks(all->values + first, end - first);

			if (isnan(r))
				continue;
			/* E r = rho - (1 + 3 rho) / n, and without correlation
			 * Var r = (n - 2)^2 / (n^2 (n - 1)). */
			above += length * r + 1;
			below += length - 3;
			variance += (length - 2) * (length - 2) / (length - 1);
		}
	}
	if (below <= 0)
		return (struct serial){.correlation = 0, .error = INFINITY};
	return (struct serial){
		.correlation = fmax(fmin(above / below, 1), -1),
		.error = sqrt(variance) / below,
	};
}
