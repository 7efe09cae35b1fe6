/*
 * spread: how the repetitions of several candidates spread, in the rows of a table as in forest: a
 * disc for each value while there are few, else a box from quartile to quartile with a stroke at
 * the median and lines to the smallest and largest value. The axis is logarithmic where the range
 * exceeds SPREAD_RANGE times, and need not begin at zero. Limits stand across all rows.
 */
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>

#define SPREAD_RANGE  10
#define SPREAD_VALUES 5
#define SPREAD_LIMITS 4

/* Finite and ascending; as a box: smallest, lower quartile, median, upper quartile, largest. */
struct spread {
	double value[SPREAD_VALUES];
	size_t count; /* 0: there is none */
	bool box;
};

/* Reads what a comparison says of one candidate's repetitions; what is not sound is not there. */
struct spread spread_of(const json_t *value);

/* The axis that the rows of a table share. */
struct spread_axis {
	double low, high;
	double limit[SPREAD_LIMITS];
	size_t limits;
	bool logarithmic;
	const char *unit; /* borrowed */
};

/* Starts an axis; each row widens it; then it is settled, which is false when no row had a value.
 */
struct spread_axis spread_axis_new(const char *unit);
void spread_widen(struct spread_axis *axis, const struct spread *spread);
bool spread_settle(struct spread_axis *axis);

/* Adds a limit before the axis is settled; one more than SPREAD_LIMITS is left out. It widens the
 * axis unless it is more than SPREAD_RANGE times away from all values, and is not drawn then. */
void spread_limit(struct spread_axis *axis, double limit);

/* Writes the ticks, and one row. Hidden from who listens: the numbers stand beside it. */
void spread_ticks(const struct spread_axis *axis, FILE *out);
void spread_row(const struct spread_axis *axis, const struct spread *spread, FILE *out);
