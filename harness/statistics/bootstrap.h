/*
 * bootstrap: an interval for the ratio of two metrics' medians, by resampling what was measured.
 * Pure arithmetic, seeded: the same input gives the same interval everywhere.
 */
#pragma once

#include "repetitions.h"

struct bootstrap_interval {
	double value;     /* the ratio of the medians b / a */
	double low, high; /* -INFINITY, INFINITY where there is too little to bound it */
};

/* 95 % interval of the ratio of the medians of positive values by the bias-corrected percentile
 * bootstrap (Efron 1981) with `resamples` (0: 2000) resamples. Repetitions of one run depend on
 * each other: a side with 3 or more runs is resampled by whole runs (Davison and Hinkley
 * 1997, 3.8), one with fewer by repetition, which says nothing about how much runs differ. Fewer
 * than 4 values on a side leave the interval open. Returns 0, -EINVAL for values that are not
 * finite or not positive or an empty side, or -ENOMEM. */
int bootstrap_ratio(const struct repetitions *a, const struct repetitions *b, size_t resamples,
	uint64_t seed, struct bootstrap_interval *interval);
