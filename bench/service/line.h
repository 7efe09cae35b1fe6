/*
 * line: a straight line through points of which some may be wild. Pure arithmetic.
 */
#pragma once

#include <stddef.h>

struct line {
	double slope, intercept; /* NAN: fewer than two different x */
	double r2; /* share of the variance of y that the line explains, 1 - SSres/SStot */
};

/* Theil and Sen: the median of the slopes between all pairs of different x; the intercept is the
 * median of y - slope * x. Points with a NAN in y are left out. O(n^2) pairs. Out of memory is
 * fatal. */
struct line line_fit(const double *x, const double *y, size_t n);

/* The x at which it reaches y: NAN where it never does at x >= 0 (flat, or falling). */
double line_reach(const struct line *line, double y);
