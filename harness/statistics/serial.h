/*
 * serial: how far values that were measured one after another depend on those before. Pure
 * arithmetic, no I/O.
 */
#pragma once

#include "repetitions.h"

/* Lag-1 autocorrelation of `n` values about their mean, as R's acf() estimates it: -1 to 1. For
 * independent values it is -1/n on average. 0 for fewer than 3 values, or equal ones. */
double serial_correlation(const double *values, size_t n);

struct serial {
	double correlation; /* -1 to 1; 0 where nothing says anything */
	double error;       /* its standard error where there is none; then INFINITY */
};

/* The same within the runs of one or more sides, each about its own mean, so that a difference
 * between runs does not count. Of ranks within the run, so that a single outlier neither makes nor
 * hides it; the bias of short runs is corrected to first order (Marriott and Pope 1954, Kendall
 * 1954). Runs of fewer than 4 repetitions or of equal values say nothing. */
struct serial serial_within_runs(const struct repetitions *sides, size_t n);
