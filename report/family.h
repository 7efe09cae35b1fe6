/*
 * family: distributions of one name with different labels (a sweep), and the requirements on them.
 */
#pragma once

#include "curve.h"
#include "plot.h"

#include <jansson.h>

/* A requirement on a quantile of one of the distributions. All borrowed. */
struct family_limit {
	const json_t *line;   /* of the verdict */
	const json_t *metric; /* of the result: what was read */
	double limit_s, quantile;
};

#define FAMILY_LIMITS PLOT_MARKS

struct family {
	const char *name; /* borrowed */
	const json_t *
		*distributions; /* borrowed documents in the result's order; the list is owned */
	size_t count;
	json_t *common; /* the labels that all of them have alike; owned, may be NULL */
	size_t limits;
	struct family_limit limit[FAMILY_LIMITS];
	size_t curves; /* those that fit in one plot */
	struct curve curve[PLOT_CURVES];
	const json_t *drawn[PLOT_CURVES]; /* the distribution of each */
	struct problem problem;           /* why a curve could not be read, if one could not */
};

/* Gathers the distributions of `result` that share the name of the one at `first`. Returns NULL
 * when memory is short. The caller ends the use with family_free(). */
struct family *family_new(const json_t *verdict, const json_t *result, size_t first);
void family_free(struct family *family);

/* True when a distribution before `index` has the name of the one there. */
bool family_seen(const json_t *distributions, size_t index);

/* The metric that is quantile q of a distribution, or NULL. */
const json_t *family_metric(const json_t *result, const json_t *distribution, double q);

/* Adds the limits on the latency that a series shows to its plot, as lines to compare with. */
void family_add_limits(const struct family *family, const json_t *series, struct plot *plot);
