/*
 * exposition_points: readings as points of a time series.
 */
#pragma once

#include "export.h"

#include <stdbool.h>
#include <stdint.h>

struct point {
	char *family; /* its name */
	char *help, *unit;
	char *labels; /* encoded: a="b",c="d" */
	bool quantile;
	double value;
};

struct points {
	struct point *at;
	size_t count, room;
	bool intervals; /* whether to have the ends of intervals, too */
};

/* Adds every reading of a run, its verdicts and when it began. */
void points_of_run(struct points *points, const struct export_source *source, int64_t time_ms);

/* Adds the candidate's readings, their ratios to the baseline, and how many regressed. */
void points_of_gate(struct points *points, const struct export_source *source);

/* By family, then by labels. */
void points_sort(struct points *points);

void points_release(struct points *points);

/* The words for a metric's unit ("bytes_per_second" for "bit/s"; "" for "1") and what to divide a
 * value by to have it in that. Returns `buffer`. */
const char *points_unit(const char *unit, double *divisor, char *buffer, size_t size);
