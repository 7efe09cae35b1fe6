#include "rate.h"

#include "distribution.h"
#include "evidence.h"

#include <float.h>
#include <math.h>

#define MOST_EXACT 1e5
#define MOST       1e300 /* events, and exposure: more is as much */
#define OUTSIDE    0.025 /* of the interval, on each side */
#define STEPS      80

/* Events of baseline and candidate, and the candidate's share of the exposure. */
struct counts {
	double events[2], exposure[2], all, share, rest;
};

static struct counts count_up(const struct rate_sides *rates)
{
	const struct rate_side *sides[] = {&rates->baseline, &rates->candidate};
	struct counts counts = {.all = 0};

	for (int side = 0; side < 2; side++)
		for (size_t i = 0; i < sides[side]->n; i++) {
			counts.events[side] += sides[side]->events[i];
			counts.exposure[side] += sides[side]->exposures[i];
		}
	for (int side = 0; side < 2; side++) {
		counts.events[side] = fmin(counts.events[side], MOST);
		counts.exposure[side] = fmin(counts.exposure[side], MOST);
	}
	counts.all = counts.events[0] + counts.events[1];
	counts.share = 1 / (1 + counts.exposure[0] / counts.exposure[1]);
	counts.rest = 1 / (1 + counts.exposure[1] / counts.exposure[0]);
	return counts;
}

/* P(K >= k), K binomial of `all` and `share`. */
static double at_least(double k, double all, double share, double rest)
{
	if (k <= 0)
		return 1;
	if (all > MOST_EXACT) {
		double spread = sqrt(all * share * rest), above = k - 0.5 - all * share;

		return spread > 0 ? distribution_normal_above(above / spread) : above <= 0;
	}
	return fmin(fmax(distribution_beta(k, all - k + 1, share, rest), 0), 1);
}

static double p_of(const struct counts *counts, bool more, double dispersion)
{
	double all = counts->all / dispersion;

	return more ? at_least(counts->events[1] / dispersion, all, counts->share, counts->rest)
		    : at_least(counts->events[0] / dispersion, all, counts->rest, counts->share);
}

/* The ratio of rates at which so many events of the one side or more have a chance of OUTSIDE. */
static double bound_of(double k, double all, double exposures)
{
	double low = -80, high = 80;

	if (k <= 0)
		return 0;
	for (int i = 0; i < STEPS; i++) {
		double middle = (low + high) / 2;
		double share = 1 / (1 + exp(-middle)), rest = 1 / (1 + exp(middle));

		if (at_least(k, all, share, rest) < OUTSIDE)
			low = middle;
		else
			high = middle;
	}
	return exp((low + high) / 2) * exposures;
}

struct dispersion {
	double squares, degrees;
};

/* Pearson's chi-squared of counts that are expected to be in the proportion of `weights`, or equal
 * (NULL); `scale` makes values counts. */
static void add_squares(struct dispersion *dispersion, const double *values, const double *weights,
	size_t n, double scale)
{
	double sum = 0, weight = 0;

	for (size_t i = 0; i < n; i++) {
		sum += values[i];
		weight += weights ? weights[i] : 1;
	}
	if (n < 2 || !(sum * scale > 0) || !isfinite(sum * scale))
		return;
	for (size_t i = 0; i < n; i++) {
		double expected = sum * (weights ? weights[i] : 1) / weight;
		double deviation = values[i] - expected;

		dispersion->squares += scale * deviation * deviation / expected;
	}
	dispersion->degrees += (double)(n - 1);
}

static void add_repetitions(struct dispersion *dispersion, const struct rate_side *rates,
	const struct repetitions *repetitions)
{
	for (size_t first = 0, end, run = 0; first < repetitions->n && run < rates->n;
		first = end, run++) {
		double sum = 0;

		end = repetitions_run_end(repetitions, first);
		for (size_t i = first; i < end; i++)
			sum += repetitions->values[i];
		if (sum > 0)
			add_squares(dispersion, repetitions->values + first, NULL, end - first,
				rates->events[run] / sum);
	}
}

static double value_of(const struct dispersion *dispersion)
{
	double value = dispersion->squares / dispersion->degrees;

	return isfinite(value) ? fmax(value, 1) : 1;
}

static double dispersion_of(
	const struct rate_sides *rates, const struct difference_sides *sides, bool by_run)
{
	struct dispersion within = {0, 0}, between = {0, 0};

	add_repetitions(&within, &rates->baseline, &sides->baseline);
	add_repetitions(&within, &rates->candidate, &sides->candidate);
	if (by_run) {
		const struct rate_side *a = &rates->baseline, *b = &rates->candidate;

		add_squares(&between, a->events, a->exposures, a->n, 1);
		add_squares(&between, b->events, b->exposures, b->n, 1);
	}
	return fmax(value_of(&within), value_of(&between));
}

static double rate_of(const struct counts *counts, int side)
{
	return fmin(counts->events[side] / counts->exposure[side], DBL_MAX);
}

/* By logarithms where rates themselves are no numbers, or 0 although there were events. */
static double ratio_of(const struct counts *counts)
{
	double rate = rate_of(counts, 0), ratio = rate_of(counts, 1) / rate;

	if (counts->events[0] <= 0 || counts->events[1] <= 0)
		return counts->events[0] > 0 ? 0 : NAN;
	if (ratio > 0 && isfinite(ratio) && rate < DBL_MAX && rate_of(counts, 1) < DBL_MAX)
		return ratio;
	return fmin(exp(log(counts->events[1]) - log(counts->events[0]) + log(counts->exposure[0]) -
			    log(counts->exposure[1])),
		DBL_MAX);
}

void rate_settle(const struct rate_sides *rates, const struct difference_sides *sides,
	struct difference *difference)
{
	struct counts counts = count_up(rates);
	bool by_run = rates->baseline.n + rates->candidate.n >= EVIDENCE_FEWEST_RUNS;
	double dispersion = dispersion_of(rates, sides, by_run);
	double a = counts.events[0] / dispersion, b = counts.events[1] / dispersion;
	double exposures = counts.exposure[0] / counts.exposure[1];

	difference->by_run = by_run;
	difference->correlated = false;
	difference->shift = rate_of(&counts, 1) - rate_of(&counts, 0);
	difference->ratio = ratio_of(&counts);
	difference->low = bound_of(b, a + b, exposures);
	difference->high = 1 / bound_of(a, a + b, 1 / exposures);
	difference->p_greater = p_of(&counts, true, dispersion);
	difference->p_less = p_of(&counts, false, dispersion);
	difference->p = fmin(2 * fmin(difference->p_greater, difference->p_less), 1);
}

double rate_floor(const struct rate_sides *rates, bool more)
{
	struct counts counts = count_up(rates);

	return counts.all > 0 ? pow(more ? counts.share : counts.rest, counts.all) : 1;
}

double rate_plain_p(const struct rate_sides *rates, bool more)
{
	struct counts counts = count_up(rates);

	return p_of(&counts, more, 1);
}
