/*
 * difference: how much one metric differs between two sides, and how sure that is. The evidence
 * that `gate` and `compare` decide by. Pure arithmetic, deterministic.
 *
 * Values are compared as ratios (on a log scale) while all of both sides are positive. When one is
 * zero or negative, as differences in units of the baseline's median: ratio = 1 + shift / |median|.
 * When that median is 0 too, there is no ratio (NAN), and only `shift` says how much.
 *
 * The unit of evidence is the run, where both sides together have enough of them (6 more than
 * sides): then whatever differs between runs of one side counts as noise. Otherwise it is the
 * repetition, and what is claimed is true for these runs only: how much runs differ cannot be told
 * from one run each. Repetitions that depend on those before them count for fewer.
 */
#pragma once

#include "repetitions.h"

#include <stdbool.h>

struct difference {
	size_t repetitions[2], runs[2]; /* of baseline and candidate */
	double median[2];               /* in the metric's unit; NAN without values */
	double shift;                   /* candidate - baseline in the metric's unit */
	double ratio;                   /* candidate / baseline */
	double low, high;               /* 95 % interval of `ratio`; infinite where open */
	double effect;                  /* Cliff's delta of candidate against baseline */
	double p;                       /* two-sided */
	double p_greater, p_less;       /* one-sided: the candidate's values are larger, smaller */
	double error;                   /* standard error of the logarithm of `ratio`, or NAN */
	double serial;                  /* serial_within_runs() of both sides */
	bool by_run;                    /* the unit of evidence was the run */
	bool correlated;                /* repetitions depend on each other and runs are too few */
};

/* Compares two sides; an empty one gives p = 1 and an open interval. Returns 0, -EINVAL for values
 * that are not finite, or -ENOMEM. */
int difference_of(const struct repetitions *baseline, const struct repetitions *candidate,
	struct difference *difference);

/* How sure it is that two sides differ, for people. */
enum difference_class {
	DIFFERENCE_NOT_ENOUGH, /* a difference worth naming may be there or not */
	DIFFERENCE_NOISE,      /* any difference is smaller than `threshold`, or not to be told */
	DIFFERENCE_LIKELY,     /* p adjusted for all metrics <= 0.05 */
	DIFFERENCE_REAL,       /* p adjusted for all metrics <= 0.01, and at least `threshold` */
};

/* As in documents: "not enough evidence", "noise", "likely", "real". */
extern const char *const difference_class_names[];

/* Classes a difference whose two-sided p was adjusted with holm_adjust() over all metrics that are
 * shown together. `threshold` is the least ratio that matters, e.g. 0.05. */
enum difference_class difference_classify(
	const struct difference *difference, double p_adjusted, double threshold);
