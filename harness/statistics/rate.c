#include "rate.h"

#include "distribution.h"
#include "evidence.h"

#include <float.h>
#include <math.h>

#define MOST_EXACT 1e5
#define MOST       1e300 /* events, and exposure: more is as much */
#define OUTSIDE    0.025 /* of the interval, on each side */
#define STEPS      80
#define LEAST      1e-300

/* Rates of runs are taken to differ by such a standard deviation, as a share, where runs are too
 * few to tell. */
#define BETWEEN 0.3

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

/* By how much events vary more than independent ones: their variance in units of their mean, and
 * the degrees of freedom that know of it; INFINITY for 1. */
struct dispersion {
	double value, degrees;
	bool by_run; /* runs are enough to tell */
};

static const struct dispersion none = {1, INFINITY, false};

static double p_of(const struct counts *counts, bool more, struct dispersion dispersion)
{
	double value = dispersion.value, all = counts->all / value;
	double p = more ? at_least(counts->events[1] / value, all, counts->share, counts->rest)
			: at_least(counts->events[0] / value, all, counts->rest, counts->share);

	/* What is normal when the dispersion is known is t where it is estimated. */
	if (isinf(dispersion.degrees) || p >= 1)
		return p;
	return distribution_t_above(distribution_normal_point(fmax(p, LEAST)), dispersion.degrees);
}

/* The ratio of rates at which so many events of the one side or more have a chance of OUTSIDE. */
static double bound_of(double k, double all, double exposures, double degrees)
{
	double low = -80, high = 80, outside = OUTSIDE;

	if (k <= 0)
		return 0;
	if (isfinite(degrees))
		outside = distribution_normal_above(distribution_t_point(OUTSIDE, degrees));
	for (int i = 0; i < STEPS; i++) {
		double middle = (low + high) / 2;
		double share = 1 / (1 + exp(-middle)), rest = 1 / (1 + exp(middle));

		if (at_least(k, all, share, rest) < outside)
			low = middle;
		else
			high = middle;
	}
	return exp((low + high) / 2) * exposures;
}

struct squares {
	double sum, degrees;
};

/* Pearson's chi-squared of counts that are expected to be in the proportion of `weights`, or equal
 * (NULL); `scale` makes values counts. */
static void add_squares(struct squares *squares, const double *values, const double *weights,
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

		squares->sum += scale * deviation * deviation / expected;
	}
	squares->degrees += (double)(n - 1);
}

static void add_repetitions(struct squares *squares, const struct rate_side *rates,
	const struct repetitions *repetitions)
{
	for (size_t first = 0, end, run = 0; first < repetitions->n && run < rates->n;
		first = end, run++) {
		double sum = 0;

		end = repetitions_run_end(repetitions, first);
		for (size_t i = first; i < end; i++)
			sum += repetitions->values[i];
		if (sum > 0)
			add_squares(squares, repetitions->values + first, NULL, end - first,
				rates->events[run] / sum);
	}
}

static struct dispersion larger(struct dispersion dispersion, const struct squares *squares)
{
	double value = squares->sum / squares->degrees;

	return isfinite(value) && value > dispersion.value
		       ? (struct dispersion){value, squares->degrees, false}
		       : dispersion;
}

static double root_of(const struct rate_side *side, size_t run)
{
	return cbrt(side->events[run] / side->exposures[run]);
}

/* Student's t of the cube roots of runs' rates, which are nearly normal also where rates differ by
 * as much as those of a gamma distribution may (Wilson and Hilferty 1931). Positive when the
 * candidate has more; 0 where no run differs. */
static double t_of_roots(const struct rate_sides *rates)
{
	const struct rate_side *sides[] = {&rates->baseline, &rates->candidate};
	double means[2] = {0, 0}, squares = 0, n[2];

	for (int side = 0; side < 2; side++) {
		n[side] = (double)sides[side]->n;
		for (size_t i = 0; i < sides[side]->n; i++)
			means[side] += root_of(sides[side], i) / n[side];
		for (size_t i = 0; i < sides[side]->n; i++) {
			double deviation = root_of(sides[side], i) - means[side];

			squares += deviation * deviation;
		}
	}
	double error = sqrt(squares / (n[0] + n[1] - 2) * (1 / n[0] + 1 / n[1]));

	return error > 0 ? (means[1] - means[0]) / error : 0;
}

static struct dispersion dispersion_of(const struct rate_sides *rates,
	const struct difference_sides *sides, const struct counts *counts, bool alike)
{
	const struct rate_side *a = &rates->baseline, *b = &rates->candidate;
	struct squares within = {0}, between = {0};
	double runs = (double)(a->n + b->n);

	add_repetitions(&within, a, &sides->baseline);
	add_repetitions(&within, b, &sides->candidate);
	struct dispersion dispersion = larger(none, &within);

	if (a->n + b->n >= EVIDENCE_FEWEST_RUNS) {
		add_squares(&between, a->events, a->exposures, a->n, 1);
		add_squares(&between, b->events, b->exposures, b->n, 1);
	}
	/* A side without events says nothing. That they vary no more than by chance is not known
	 * for sure either: by so many degrees of freedom alone. */
	if (between.degrees >= EVIDENCE_FEWEST_RUNS - 2) {
		dispersion = larger(dispersion, &between);
		dispersion.degrees = between.degrees;
		dispersion.by_run = true;
		return dispersion;
	}
	if (!alike)
		dispersion.value += BETWEEN * BETWEEN * counts->all / runs;
	return dispersion;
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

void rate_settle(const struct rate_sides *rates, const struct difference_sides *sides, bool alike,
	struct difference *difference)
{
	struct counts counts = count_up(rates);
	struct dispersion dispersion = dispersion_of(rates, sides, &counts, alike);
	double a = counts.events[0] / dispersion.value, b = counts.events[1] / dispersion.value;
	double exposures = counts.exposure[0] / counts.exposure[1];

	difference->by_run = rates->baseline.n + rates->candidate.n >= EVIDENCE_FEWEST_RUNS;
	difference->correlated = false;
	difference->shift = rate_of(&counts, 1) - rate_of(&counts, 0);
	difference->ratio = ratio_of(&counts);
	difference->low = bound_of(b, a + b, exposures, dispersion.degrees);
	difference->high = 1 / bound_of(a, a + b, 1 / exposures, dispersion.degrees);
	difference->p_greater = p_of(&counts, true, dispersion);
	difference->p_less = p_of(&counts, false, dispersion);
	if (dispersion.by_run) {
		double t = t_of_roots(rates), degrees = dispersion.degrees;

		difference->p_greater =
			fmax(difference->p_greater, distribution_t_above(t, degrees));
		difference->p_less = fmax(difference->p_less, distribution_t_above(-t, degrees));
	}
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

	return p_of(&counts, more, none);
}
