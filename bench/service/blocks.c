#include "blocks.h"

#include "room.h"
#include "units.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

/* The median of those that are there. */
static struct interval sum_up(double *values, size_t count)
{
	size_t known = 0;

	for (size_t i = 0; i < count; i++)
		if (!isnan(values[i]))
			values[known++] = values[i];
	struct interval interval = interval_of_median(values, known);
	free(values);
	return interval;
}

struct interval blocks_cost(
	const struct readings *readings, enum mode mode, enum target target, size_t size)
{
	double *costs = room_for(readings->blocks, sizeof(double));

	for (size_t b = 0; b < readings->blocks; b++)
		costs[b] = *readings_cost(readings, mode, target, size, b);
	return sum_up(costs, readings->blocks);
}

struct interval blocks_difference(const struct readings *readings, enum mode mode, enum mode other,
	enum target target, size_t size)
{
	double *differences = room_for(readings->blocks, sizeof(double));

	for (size_t b = 0; b < readings->blocks; b++)
		differences[b] = *readings_cost(readings, mode, target, size, b) -
				 *readings_cost(readings, other, target, size, b);
	return sum_up(differences, readings->blocks);
}

double blocks_added_cpu(const struct readings *readings, enum mode mode, size_t size, size_t block)
{
	return *readings_connection(readings, mode, size, block) -
	       *readings_connection(readings, MODE_NONE, size, block);
}

struct interval blocks_cpu(
	const struct readings *readings, enum mode mode, size_t size, double connections_per_s)
{
	double *shares = room_for(readings->blocks, sizeof(double));

	for (size_t b = 0; b < readings->blocks; b++)
		shares[b] = blocks_added_cpu(readings, mode, size, b) * connections_per_s;
	return sum_up(shares, readings->blocks);
}

struct line blocks_line(
	const struct readings *readings, enum mode mode, enum target target, size_t block)
{
	double services[READINGS_SIZES_MAX], costs[READINGS_SIZES_MAX];

	for (size_t s = 0; s < readings->size_count; s++) {
		services[s] = readings->sizes[s];
		costs[s] = *readings_cost(readings, mode, target, s, block);
	}
	return line_fit(services, costs, readings->size_count);
}

struct interval blocks_slope(const struct readings *readings, enum mode mode, enum target target)
{
	double *slopes = room_for(readings->blocks, sizeof(double));

	for (size_t b = 0; b < readings->blocks; b++)
		slopes[b] = blocks_line(readings, mode, target, b).slope;
	return sum_up(slopes, readings->blocks);
}

static bool was_read(
	const struct readings *readings, enum mode mode, enum target target, size_t size)
{
	for (size_t b = 0; b < readings->blocks; b++)
		if (!isnan(*readings_cost(readings, mode, target, size, b)))
			return true;
	return false;
}

size_t blocks_last_size(const struct readings *readings, enum mode mode, enum target target)
{
	for (size_t size = readings->size_count; size > 0; size--)
		if (was_read(readings, mode, target, size - 1))
			return size - 1;
	return readings->size_count;
}

const char *blocks_say(const struct interval *interval, const char *unit, char *buffer, size_t size)
{
	if (!isfinite(interval->low) || !isfinite(interval->high))
		return units_format(interval->value, unit, buffer, size);
	return units_format_interval(interval, unit, buffer, size);
}

const char *blocks_brackets(const struct interval *interval, char *buffer, size_t size)
{
	char share[32];

	if (!isfinite(interval->low) || !isfinite(interval->high))
		snprintf(buffer, size, "There are too few blocks for intervals.");
	else
		snprintf(buffer, size, "In brackets: %s intervals.",
			units_format_limit(interval->confidence, "ratio", share, sizeof(share)));
	return buffer;
}
