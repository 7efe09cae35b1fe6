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
	double *scores;     /* room for two windows and more */
	struct score_place *places;
};

/* Replaces `n` values by normal scores of their ranks (van der Waerden), ties sharing the mean of
 * theirs. */
struct score_place {
	double value;
	size_t from;
};
void changes_score(const double *values, size_t n, struct score_place *places, double *scores);

/* Whether levels differ on both sides of `at`, given where the levels beside it begin and end.
 * Returns p, two-sided, of this division alone. */
double changes_test(struct series_view *view, size_t first, size_t at, size_t end);

/* The division of first..end with the largest step between the scores' means. */
size_t changes_place(struct series_view *view, size_t first, size_t end);

/* Sets how far a run may resemble the one before it, once a step in each window is allowed for. */
void changes_correlation(struct series_view *view);
