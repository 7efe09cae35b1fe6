#include "evidence.h"

#include "order.h"

#include <math.h>
#include <stdbool.h>
#include <string.h>

#define FURTHEST 1e140

double evidence_ratio(const struct evidence *evidence, double estimate)
{
	switch (evidence->scale) {
	case SCALE_LOG:
		return exp(estimate);
	case SCALE_SHIFTED:
		/* The baseline is at log(1 + 1). */
		return fmax(2 * exp(estimate) - 1, 0);
	default:
		return 1 + estimate;
	}
}

double evidence_estimate(const struct evidence *evidence, double ratio)
{
	switch (evidence->scale) {
	case SCALE_LOG:
		return ratio > 0 ? log(ratio) : -INFINITY;
	case SCALE_SHIFTED:
		return ratio >= 0 ? log((1 + ratio) / 2) : -INFINITY;
	default:
		return ratio - 1;
	}
}

/* What is further from 0 is as far: squares of it, and sums of these, are numbers. */
static double in_units(const struct evidence *evidence, double value)
{
	return fmax(fmin(value / evidence->unit, FURTHEST), -FURTHEST);
}

static double rescaled(const struct evidence *evidence, double value)
{
	switch (evidence->scale) {
	case SCALE_LOG:
		return log(value);
	case SCALE_SHIFTED:
		return log1p(in_units(evidence, value));
	case SCALE_UNITS:
		return in_units(evidence, value);
	default:
		return copysign(log1p(in_units(evidence, fabs(value))), value);
	}
}

/* The median of all that is not 0, or 1: magnitudes on either side of it count alike. */
static double unit_of_mostly_zeros(const struct repetitions *const *sides, double *const *columns)
{
	double medians[2];
	size_t count = 0;

	for (int side = 0; side < 2; side++) {
		size_t n = 0;

		for (size_t i = 0; i < sides[side]->n; i++)
			if (sides[side]->values[i] != 0)
				columns[side][n++] = fabs(sides[side]->values[i]);
		if (n)
			medians[count++] = order_median(columns[side], n);
	}
	return count ? order_median(medians, count) : 1;
}

void evidence_rescale(
	const struct repetitions *const *sides, double *const *columns, struct evidence *evidence)
{
	double least = INFINITY;

	for (int side = 0; side < 2; side++)
		for (size_t i = 0; i < sides[side]->n; i++)
			least = fmin(least, sides[side]->values[i]);
	memcpy(columns[0], sides[0]->values, sides[0]->n * sizeof(*columns[0]));
	evidence->unit = fabs(order_median(columns[0], sides[0]->n));
	evidence->scale = least > 0             ? SCALE_LOG
			  : evidence->unit == 0 ? SCALE_NONE
			  : least == 0          ? SCALE_SHIFTED
						: SCALE_UNITS;
	if (evidence->scale == SCALE_NONE)
		evidence->unit = unit_of_mostly_zeros(sides, columns);
	for (int side = 0; side < 2; side++)
		for (size_t i = 0; i < sides[side]->n; i++)
			columns[side][i] = rescaled(evidence, sides[side]->values[i]);
}
