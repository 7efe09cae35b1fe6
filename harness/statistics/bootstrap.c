#include "bootstrap.h"

#include "distribution.h"
#include "order.h"

#include <errno.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define RESAMPLES     2000
#define FEWEST_RUNS   3
#define FEWEST_VALUES 4

/* SplitMix64 (Steele, Lea and Flood 2014): every seed is a good one. */
static uint64_t draw(uint64_t *state)
{
	uint64_t z = *state += UINT64_C(0x9e3779b97f4a7c15);

	z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
	return z ^ z >> 31;
}

static size_t draw_below(uint64_t *state, size_t n)
{
	return (size_t)((unsigned __int128)draw(state) * n >> 64);
}

/* A side in the parts that are drawn: whole runs, or repetitions. */
struct parts {
	const struct repetitions *side;
	size_t *firsts; /* NULL: each value is a part; else where each run begins, and the end */
	size_t n;
};

static int parts_of(const struct repetitions *side, struct parts *parts)
{
	size_t runs = repetitions_runs(side);

	*parts = (struct parts){.side = side, .n = side->n};
	if (runs < FEWEST_RUNS)
		return 0;
	parts->n = 0;
	parts->firsts = malloc((runs + 1) * sizeof(*parts->firsts));
	if (!parts->firsts)
		return -ENOMEM;
	for (size_t first = 0; first < side->n; first = repetitions_run_end(side, first))
		parts->firsts[parts->n++] = first;
	parts->firsts[parts->n] = side->n;
	return 0;
}

/* The median of as many parts as there are, drawn with replacement; fewer when one that is much
 * longer than the others comes often, as `room` is for twice the values. */
static double redraw(const struct parts *parts, uint64_t *state, double *room)
{
	size_t count = 0;

	for (size_t i = 0; i < parts->n; i++) {
		size_t part = draw_below(state, parts->n);
		size_t first = parts->firsts ? parts->firsts[part] : part;
		size_t end = parts->firsts ? parts->firsts[part + 1] : part + 1;

		if (count + (end - first) > 2 * parts->side->n)
			break;
		memcpy(room + count, parts->side->values + first, (end - first) * sizeof(*room));
		count += end - first;
	}
	return order_median(room, count);
}

static double median_of(const struct repetitions *side, double *room)
{
	memcpy(room, side->values, side->n * sizeof(*room));
	return order_median(room, side->n);
}

/* The percentiles that are 95 % apart once the median of the resamples is moved to the value. */
static void cut(double *ratios, size_t n, struct bootstrap_interval *interval)
{
	double below = 0;
	const double z = 1.959963984540054;

	order_sort(ratios, n);
	for (size_t i = 0; i < n; i++)
		below += ratios[i] < interval->value ? 1 : ratios[i] == interval->value ? 0.5 : 0;
	double share = fmin(fmax(below / (double)n, 0.5 / (double)n), 1 - 0.5 / (double)n);
	double bias = -distribution_normal_point(share);
	double low = distribution_normal_above(-(2 * bias - z));
	double high = distribution_normal_above(-(2 * bias + z));

	interval->low = ratios[(size_t)(low * (double)(n - 1))];
	interval->high = ratios[(size_t)ceil(high * (double)(n - 1))];
}

static bool is_positive(const struct repetitions *side)
{
	for (size_t i = 0; i < side->n; i++)
		if (!(side->values[i] > 0) || isinf(side->values[i]))
			return false;
	return side->n > 0;
}

int bootstrap_ratio(const struct repetitions *a, const struct repetitions *b, size_t resamples,
	uint64_t seed, struct bootstrap_interval *interval)
{
	const struct repetitions *sides[] = {a, b};
	struct parts parts[2] = {{0}};
	size_t n = resamples ? resamples : RESAMPLES;
	int error = 0;

	if (!is_positive(a) || !is_positive(b))
		return -EINVAL;
	for (int i = 0; i < 2 && !error; i++)
		error = parts_of(sides[i], &parts[i]);
	double *ratios = malloc(n * sizeof(*ratios));
	double *room = malloc(2 * (a->n + b->n) * sizeof(*room));

	if (error || !ratios || !room) {
		error = -ENOMEM;
	} else {
		struct bootstrap_interval result = {
			median_of(b, room) / median_of(a, room), -INFINITY, INFINITY};

		for (size_t i = 0; i < n; i++) {
			double below = redraw(&parts[0], &seed, room);

			ratios[i] = redraw(&parts[1], &seed, room) / below;
		}
		if (a->n >= FEWEST_VALUES && b->n >= FEWEST_VALUES)
			cut(ratios, n, &result);
		*interval = result;
	}
	free(parts[0].firsts);
	free(parts[1].firsts);
	free(ratios);
	free(room);
	return error;
}
