/*
 * changes: where in a series of runs a metric's level changed. Pure arithmetic, deterministic,
 * linear in the length of the series.
 *
 * Change points are looked for as Apache Otava (once Hunter) does, by E-divisive means in windows
 * (Matteson and James 2014), and then hold or not by a test that replaces its permutations: of
 * ranks, so that a spike is no change, and reckoning with how far a run resembles the one before
 * it. README.md has the method, and what simulation says of it.
 */
#pragma once

#include <stddef.h>

#define CHANGES_SEGMENT 5 /* the fewest runs that make a level, by default */

/* The fewest runs of a series in which a change can be found, by default: two levels. */
#define CHANGES_LEAST (2 * CHANGES_SEGMENT)

/* All 0: the defaults. */
struct changes_settings {
	double p;         /* share of series without a change in which one is found; 0: 0.01 */
	double magnitude; /* the least change of level worth naming, as a share; 0: 0.05 */
	size_t segment;   /* the fewest runs that make a level, 3 or more; 0: 5 */
	size_t window;    /* how many runs are looked at together, 4 segments or more; 0: 50 */
};

struct change {
	size_t index;         /* of the first value of the new level */
	double before, after; /* medians of the levels on both sides, of at most a window each */
	double ratio;         /* after / before; NAN unless both are positive */
	double p;             /* that chance does as much somewhere in such a series */
};

/* How many changes a series of `n` values can have at most: 0 when it is shorter than two segments.
 */
size_t changes_most(size_t n, const struct changes_settings *settings);

/* Finds the changes in `n` values in the order of their runs, all of one metric on one host with
 * one set of parameters. `settings` may be NULL. `changes` has room for changes_most(), is filled
 * in the order of the series, and `*count` set. Series shorter than two segments have none. Returns
 * 0, -EINVAL for values that are not finite or settings out of range, or -ENOMEM. */
int changes_find(const double *values, size_t n, const struct changes_settings *settings,
	struct change *changes, size_t *count);

struct changes_division {
	size_t index;  /* of the first value behind the division; 0: none is possible */
	double energy; /* Q of the paper, with distances to the power of 1: 0 or more */
};

/* The one division of `n` values in two, each of at least `segment` >= 2, that differ most by their
 * energy distance: E-divisive's step. In quadratic time. The first of equals. */
struct changes_division changes_divide(const double *values, size_t n, size_t segment);
