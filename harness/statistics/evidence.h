/*
 * evidence: what two sides say about a difference, before it is decided how far repetitions depend
 * on each other. Behind `difference` and `gate`.
 */
#pragma once

#include "repetitions.h"
#include "serial.h"

#include <stdbool.h>

/* A side's location and how sure it is, were its units (repetitions or runs) independent. */
struct evidence_side {
	double location, variance; /* of the location */
	double degrees;            /* of freedom behind the variance */
	double units;
	double runs;
	double own; /* of the variance of a run, as its own repetitions know it: their mean's */
};

/* Runs are the unit when both sides together have so many: with fewer than 3 degrees of freedom,
 * Student's t can hardly tell 10 % from nothing at 5 % noise. */
#define EVIDENCE_FEWEST_RUNS 5

/* What values are compared on. */
enum evidence_scale {
	SCALE_LOG,     /* their logarithms: all are positive */
	SCALE_SHIFTED, /* the logarithms of 1 + value / unit: some are 0, none is negative */
	SCALE_UNITS,   /* in units */
	SCALE_NONE, /* the logarithms of 1 + |value| / unit, with the sign: the baseline's median,
		       the unit otherwise, is 0 */
};

struct evidence {
	struct evidence_side sides[2]; /* baseline, candidate */
	double estimate;               /* candidate - baseline, on the scale */
	enum evidence_scale scale;
	double unit; /* of the scale */
	/* No p is less: what tests that ask nothing of the distribution leave. */
	double least_greater, least_less;
	double repetitions[2]; /* that are divided in all ways */
	bool by_run, pooled;   /* the sides' variances are taken for one */
	double resolution;     /* no unit's variance is less than such steps leave */
	/* Where repetitions or repeats are the units, how much runs are taken to differ before it
	 * counts as a difference of the sides: a variance, as a share of that of units. */
	double between;
	double runs_greater, runs_less; /* no p is less: of runs, where their repeats are units */
	bool nested;                    /* units are repeats of fewer runs */
	bool empty;
	struct serial serial; /* of repetitions, when these are the units */
};

/* The same for a given lag-1 correlation of neighbouring units. */
struct evidence_test {
	double error, degrees; /* standard error of the estimate for these runs; a t distribution's
				*/
	double between;        /* variance of the estimate by what runs are taken to differ */
	double p_greater, p_less; /* for any runs */
};

/* Returns 0, -EINVAL or -ENOMEM. */
int evidence_of(const struct repetitions *baseline, const struct repetitions *candidate,
	struct evidence *evidence);

/* The same where the units are repeats within runs too few to be units themselves: `runs` are the
 * same values in these. Sets what they do to the evidence. */
int evidence_nest(const struct repetitions *const *runs, struct evidence *evidence);

/* The least p that any values could have given `more` further units on each side: one over the
 * number of ways to divide the repetitions. */
double evidence_floor(const struct evidence *evidence, double more);

/* Tests the estimate against 0. `more` further units on each side are imagined. */
struct evidence_test evidence_settle(
	const struct evidence *evidence, double correlation, double more);

/* The correlation to reckon with in each of `n` comparisons of the same runs. What one metric says
 * about it is little, so each is drawn to what all say, as far as these agree (empirical Bayes,
 * Efron and Morris 1975). `likely[i]` gets the middle, `possible[i]` what it may well be. */
void evidence_correlations(
	const struct evidence *evidence, size_t n, double *likely, double *possible);

/* What ratio of candidate to baseline an estimate stands for, and the reverse, which is infinite
 * for a ratio that cannot be. Not for SCALE_NONE. */
double evidence_ratio(const struct evidence *evidence, double estimate);
double evidence_estimate(const struct evidence *evidence, double ratio);

/* Chooses the scale for two sides, and puts both on it: `columns[side]` has room for them. */
void evidence_rescale(
	const struct repetitions *const *sides, double *const *columns, struct evidence *evidence);
