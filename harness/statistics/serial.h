/*
 * serial: how far values that were measured one after another depend on those before. Pure
 * arithmetic, no I/O.
 */
#pragma once

#include "repetitions.h"

/* Lag-1 autocorrelation of `n` values about their mean, as acf() of R estimates it: -1 to 1. For
 * independent values it is -1/n on average. 0 for fewer than 3 values or equal ones. */
double serial_correlation(const double *values, size_t n);

/* The same within the runs of one or more sides, each run about its own mean, so that a difference
 * between runs does not count. Of ranks within the run, so that a single outlier neither makes nor
 * hides one; corrected for the bias of short runs to first order (Kendall 1954). Runs of fewer than
 * 4 say nothing. 0 when nothing says anything, -1 to 1 else; `*pairs`, unless NULL, gets the number
 * of neighbours behind it. */
double serial_within_runs(const struct repetitions *sides, size_t n, size_t *pairs);
