/*
 * curve: a distribution of latencies as points of a percentile plot, and as numbers to say in
 * words.
 */
#pragma once

#include "histogram.h"
#include "problem.h"

#include <jansson.h>

/* A plot ends at the 99.999999th percentile: 40 points a decade up to there, and the maximum. */
#define CURVE_REACH      1e8
#define CURVE_PER_DECADE 40
#define CURVE_POINTS     (8 * CURVE_PER_DECADE + 2)

struct curve_point {
	double inverse; /* 1 / (1 - q): 1 for the minimum, 100 for the 99th percentile */
	double latency_s;
};

struct curve {
	struct histogram *histogram; /* of all repetitions; owned */
	size_t points;
	struct curve_point at[CURVE_POINTS];
};

/* Reads a distribution of a result document. Returns 0, or a negative errno with `problem` filled
 * when its histogram cannot be read or is empty. The caller ends the use with curve_free(). */
int curve_load(const json_t *distribution, struct curve *curve, struct problem *problem);

/* Frees what curve_load() took; a zeroed curve is allowed. */
void curve_free(struct curve *curve);

double curve_quantile_s(const struct curve *curve, double q);
