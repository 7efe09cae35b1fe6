/*
 * rank: whether one group of values tends to be larger than another, whatever their distribution.
 * Pure arithmetic, no I/O.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

struct rank_test {
	double u;         /* pairs in which b is larger, those that are equal counting half */
	double p_greater; /* that b's are no larger than a's, given the data: small when b is larger
			   */
	double p_less;    /* the same for smaller */
	double p;         /* two-sided: twice the smaller, at most 1 */
	bool exact;       /* by counting all ways to divide the values, ties included */
};

/* Mann-Whitney's test (Wilcoxon's rank sum) of `b` against `a`. Exact, also with ties, when the
 * groups have at most 400 pairs (20 and 20), i.e. every division of the values in two such groups
 * counts alike; the normal approximation with corrections for ties and continuity beyond. An empty
 * group gives 1 for every p. Returns 0, -EINVAL for a value that is NAN, or -ENOMEM.
 * Oracles: scipy.stats.mannwhitneyu, coin::wilcox_test. */
int rank_test(const double *a, size_t n, const double *b, size_t m, struct rank_test *result);

/* Cliff's delta: the share of pairs in which b is larger less that in which it is smaller, -1 to
 * 1: 0 when neither tends to be larger, 1 when every b is larger than every a. NAN when a group is
 * empty, holds NAN, or there is no memory. */
double rank_cliffs_delta(const double *a, size_t n, const double *b, size_t m);
