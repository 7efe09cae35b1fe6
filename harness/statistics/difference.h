/*
 * difference: how much one metric differs between two sides, and how sure that is. The evidence
 * that `gate` and `compare` decide by. Pure arithmetic, deterministic. README.md has the method.
 *
 * Values are compared by their logarithms, as ratios, while all of both sides are positive. When
 * some are 0 and none is negative, by log(1 + value / unit), where the unit is the baseline's
 * median; when some are negative, in these units: ratio = 1 + difference / |median|. When that
 * median is 0, there is no ratio (NAN, as its interval), and only `shift` says how much.
 *
 * The unit of evidence is the run, where both sides together have 5 or more: whatever differs
 * between runs of one side counts as noise. With fewer it is the repetition, each counting for as
 * much less as repetitions may depend on those before. The interval is then true for these runs,
 * and p-values for any that differ by no more than 0.3 of the variance of their repetitions.
 */
#pragma once

#include "repetitions.h"

#include <stdbool.h>

struct difference {
	size_t repetitions[2], runs[2]; /* of baseline and candidate */
	double median[2];               /* in the metric's unit; NAN without values */
	double shift;                   /* of the medians, candidate - baseline */
	double ratio;                   /* candidate / baseline, by the estimate that is tested */
	double low, high;               /* 95 % interval of `ratio`; 0 (or -INFINITY) and INFINITY
					   where nothing bounds it */
	double effect;                  /* Cliff's delta of candidate against baseline */
	double p;                       /* two-sided */
	double p_greater, p_less;       /* one-sided: the candidate's values are larger, smaller */
	double serial;                  /* lag-1 correlation of repetitions, as reckoned with */
	bool by_run;                    /* the unit of evidence was the run */
	bool correlated;                /* repetitions depend on each other, and runs are too few */
};

struct difference_sides {
	struct repetitions baseline, candidate;
	/* Where what counts as runs are repeats within runs that are fewer than 5: these, as in
	 * struct repetitions. Else NULL. */
	const uint32_t *whole[2];
};

/* Compares `n` metrics of the same runs. They are given together because what all of them say about
 * how far repetitions depend on each other is worth more than what one does. An empty side gives
 * p = 1 and an open interval. Returns 0, -EINVAL for values that are not finite, or -ENOMEM. */
int difference_of(const struct difference_sides *sides, size_t n, struct difference *differences);

/* How sure it is that two sides differ, for people. */
enum difference_class {
	DIFFERENCE_NOT_ENOUGH, /* anything may be: the interval holds 1 and what would matter */
	DIFFERENCE_NOISE,      /* if there is a difference, it is too small to matter */
	DIFFERENCE_LIKELY,     /* p, adjusted for all metrics, <= 0.05, and at least `threshold` */
	DIFFERENCE_REAL,       /* p, adjusted for all metrics, <= 0.01, and at least `threshold` */
};

/* As in documents: "not enough evidence", "noise", "likely", "real". */
extern const char *const difference_class_names[];

/* Classes a difference whose two-sided p was adjusted with holm_adjust() over all metrics that are
 * shown together. `threshold` is the least change that matters as a share, e.g. 0.05; noise is what
 * is within twice as much. */
enum difference_class difference_classify(
	const struct difference *difference, double p_adjusted, double threshold);
