/*
 * changes_private: the steps of changes_find().
 */
#pragma once

#include "changes.h"

#include <stdbool.h>
#include <stdint.h>

/* A series at work. */
struct series_view {
	const double *values;
	size_t n;
	double p, magnitude;
	size_t segment, window;
	double correlation; /* of neighbours, to reckon with */
	double *scores;     /* room for four windows */
};

/* Scores `n` values so that no spike counts for much: deviations from their median in robust
 * standard deviations, cut off at 2.5 (Huber 1964), or only signs when most values are equal. */
void changes_score(const double *values, size_t n, double *scores);

/* Whether levels differ on both sides of `at`, given where the levels beside it begin and end.
 * Returns p, two-sided, of this division alone. */
double changes_test(struct series_view *view, size_t first, size_t at, size_t end);

/* The division of first..end with the largest step between the scores' means. */
size_t changes_place(struct series_view *view, size_t first, size_t end);

/* Sets how far a run may resemble the one before it, once a step in each window is allowed for. */
void changes_correlation(struct series_view *view);
