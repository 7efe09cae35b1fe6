/* Intervals in words. */
#include "units.h"

#include "units_private.h"

#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#define RATIO_SPREAD_MAX 1e6

/* Takes the unit away from a bound when it is that of the value. */
static void drop_unit(char *bound, const char *value)
{
	char *unit = strchr(bound, ' ');
	const char *same = strchr(value, ' ');

	if (unit && same && strcmp(unit, same) == 0)
		*unit = '\0';
}

/* Beside a value, what is a millionth of it is nothing: "0" and not "1.73e-14". */
static void format_bound(double bound, double value, const char *unit, char *buffer, size_t size)
{
	if (fabs(bound) <= fabs(value) * 1e-6)
		snprintf(buffer, size, "0");
	else
		units_format_plural(bound, unit, buffer, size);
}

void units_format_bounds(
	const struct interval *interval, const char *unit, char *low, char *high, size_t size)
{
	const bool from = isfinite(interval->low), to = isfinite(interval->high);
	char value[160];

	units_format_plural(interval->value, unit, value, sizeof(value));
	format_bound(interval->low, interval->value, unit, low, size);
	format_bound(interval->high, interval->value, unit, high, size);
	const char *units[] = {strchr(low, ' '), strchr(high, ' ')};
	/* Of two bounds in different units, each needs its own. */
	if (!from || !to || !units[0] || !units[1] || strcmp(units[0], units[1]) == 0) {
		drop_unit(low, value);
		drop_unit(high, value);
	}
	units_make_singular(low);
	units_make_singular(high);
}

/* Of two bounds as text; an open one is not read. */
static const char *format_range(
	bool from, bool to, const char *low, const char *high, char *buffer, size_t size)
{
	if (from && to)
		snprintf(buffer, size, "%s to %s", low, high);
	else if (from || to)
		snprintf(buffer, size, "at %s %s", from ? "least" : "most", from ? low : high);
	else
		*buffer = '\0';
	return buffer;
}

const char *units_format_range(
	const struct interval *interval, const char *unit, char *buffer, size_t size)
{
	char low[160], high[160];

	units_format_bounds(interval, unit, low, high, sizeof(low));
	return format_range(
		isfinite(interval->low), isfinite(interval->high), low, high, buffer, size);
}

const char *units_format_interval(
	const struct interval *interval, const char *unit, char *buffer, size_t size)
{
	char value[160], range[400];

	units_format(interval->value, unit, value, sizeof(value));
	units_format_range(interval, unit, range, sizeof(range));
	if (*range)
		snprintf(buffer, size, "%s (%s)", value, range);
	else
		snprintf(buffer, size, "%s", value);
	return buffer;
}

const char *units_format_ratio_range(double low, double high, char *buffer, size_t size)
{
	char from[40], to[40];

	if (isfinite(low) && isfinite(high) && high > low * RATIO_SPREAD_MAX) {
		snprintf(buffer, size, "too wide to tell");
		return buffer;
	}
	return format_range(isfinite(low), isfinite(high),
		units_format_ratio(low, from, sizeof(from)),
		units_format_ratio(high, to, sizeof(to)), buffer, size);
}
