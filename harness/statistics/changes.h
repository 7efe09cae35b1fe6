/*
 * changes: where in a series of runs a metric's level changed. Pure arithmetic, deterministic,
 * linear in the length of the series.
 *
 * Change points as Apache Otava (once Hunter) finds them, by E-divisive means (Matteson and James
 * 2014) with a test in place of its permutations, with ranks in place of values so that single
 * spikes do not count, and with what neighbouring runs have in common taken into account. See
 * README.md.
 */
#pragma once

#include <stddef.h>

struct changes_settings {
	double p;         /* false changes per series without any; 0: 0.01 */
	double magnitude; /* the least change of level worth naming, as a share; 0: 0.05 */
	size_t segment;   /* the fewest runs that make a level, at least 3; 0: 5 */
	size_t window;    /* how many runs are looked at together; 0: 50 */
};

struct change {
	size_t index;         /* of the first value of the new level */
	double before, after; /* medians of the levels on both sides */
	double ratio;         /* after / before; NAN unless both are positive */
	double p;
};

/* How many changes a series of `n` values can have at most. */
size_t changes_most(size_t n, const struct changes_settings *settings);

/* Finds the changes in `n` values in the order of their runs, all of one metric on one host with
 * one set of parameters. `settings` may be NULL. `changes` has room for changes_most(), is filled
 * in the order of the series, and `*count` set. Series shorter than two segments have none. Returns
 * 0, -EINVAL for values that are not finite, or -ENOMEM. */
int changes_find(const double *values, size_t n, const struct changes_settings *settings,
	struct change *changes, size_t *count);
