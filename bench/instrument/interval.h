/*
 * interval: what repeated readings allow us to claim. Pure arithmetic, no I/O.
 *
 * The repetition is the unit of statistics: samples within one repetition are autocorrelated.
 */
#pragma once

#include "histogram.h"

#include <stddef.h>

/* A reading and the range that the evidence leaves open. `low`/`high` are -INFINITY/INFINITY where
 * the evidence does not bound that side (too few samples or repetitions). */
struct interval {
	size_t n;          /* repetitions behind it */
	double value;      /* the point estimate */
	double low, high;  /* two-sided interval */
	double confidence; /* achieved coverage, e.g. 0.95 or, for 5 repetitions, 0.9375 */
};

/* Where an interval lies to limits, of which either may be infinite. A limit is inclusive, but one
 * that the interval touches is clear only when that has no width; a side left open reaches past
 * every limit that is set. What is not a number lies across. */
enum interval_side { INTERVAL_WITHIN, INTERVAL_BEYOND, INTERVAL_ACROSS };
enum interval_side interval_side(const struct interval *interval, double min, double max);

/* Median of `n` values with the interval its order statistics give, free of any assumption on their
 * distribution: the narrowest symmetric pair with at least 95 % coverage or, with fewer than 6
 * values, the smallest and largest with the coverage that these have (1 - 2^(1-n)). n = 1 leaves
 * both sides unbounded. `values` is not changed and holds no NAN. n = 0, or no memory for a copy,
 * gives NAN. */
struct interval interval_of_median(const double *values, size_t n);

/* Quantile q (0..1) of latencies (in seconds) measured in `n` repetitions. The point is the
 * quantile of all pooled samples. Each side of the interval is the wider of
 *   - the order statistics of the pooled samples (binomial), right if samples were independent, and
 *   - a t interval over the repetitions' own quantiles on a log scale, right if repetitions are.
 * The upper side is INFINITY when the pool is too small to bound the quantile: with fewer than
 * ln(0.025)/ln(q) samples (368 for the 99th percentile), no sample need lie above it. The lower
 * side is -INFINITY likewise. Repetitions without samples are left out, of `n` too; fewer than 2
 * others leave both sides unbounded, and none gives NAN. Allocates nothing. */
struct interval interval_of_quantile(
	const struct histogram *const *repetitions, size_t n, double q);

/* Rate of events that come by chance (Poisson) of which `events` were seen during `exposure` > 0,
 * in events per unit of the latter, with its exact (Garwood) interval: no event in a time t still
 * leaves room for 3.69 / t. `events` may be a sum of probabilities that each something seen was
 * one; the interval is then conservative (Fay and Feuer 1997, with no weight above 1). */
struct interval interval_of_rate(double events, double exposure);

/* The exposure after which seeing no more than `events` bounds the rate at `most`. */
double interval_exposure_for(double events, double most);

/* Two-sided 97.5 % point of Student's t with `degrees` >= 1 degrees of freedom. */
double interval_student_t(size_t degrees);
