#include "axis.h"

#include "units.h"

#include <math.h>
#include <string.h>

const char *axis_round(double latency_s, char *buffer, size_t size)
{
	static const struct {
		const char *name;
		double in_s;
	} units[] = {{"s", 1}, {"ms", 1e-3}, {"µs", 1e-6}, {"ns", 1e-9}};
	size_t i = 0;

	while (i < 3 && latency_s < units[i].in_s * 0.9999)
		i++;
	snprintf(buffer, size, "%.6g %s", latency_s / units[i].in_s, units[i].name);
	return buffer;
}

static size_t linear_steps(double low, double high, double *steps, size_t max)
{
	static const double factors[] = {1, 2, 5, 10};
	double decade = pow(10, floor(log10((high - low) / (double)max)));

	for (size_t i = 0; i < 4; i++) {
		double step = decade * factors[i], first = ceil(low / step - 1e-9);
		double count = floor(high / step + 1e-9) - first + 1;

		if (!(count <= (double)max))
			continue;
		for (size_t n = 0; n < (size_t)count; n++)
			steps[n] = (first + (double)n) * step;
		return (size_t)count;
	}
	return 0;
}

/* Powers of ten, and what `between` has of each; every `stride`th power only. Returns max + 1 when
 * there is no room. */
static size_t decades(
	double low, double high, const int *between, int stride, double *steps, size_t max)
{
	size_t count = 0;

	for (int power = (int)floor(log10(low)); power <= (int)log10(high) + 1; power++)
		for (const int *factor = between; *factor && power % stride == 0; factor++) {
			double value = *factor * pow(10, power);

			if (value < low * (1 - 1e-9) || value > high * (1 + 1e-9))
				continue;
			if (count == max)
				return max + 1;
			steps[count++] = value;
		}
	return count;
}

size_t axis_steps(double low, double high, bool logarithmic, double *steps, size_t max)
{
	static const int fine[] = {1, 2, 5, 0}, middle[] = {1, 3, 0}, coarse[] = {1, 0};
	static const int *const between[] = {fine, middle};

	if (!(high > low) || !isfinite(high - low) || (logarithmic && low <= 0))
		return 0;
	if (!logarithmic)
		return linear_steps(low, high, steps, max);
	for (size_t i = 0; i < 2; i++) {
		size_t count = decades(low, high, between[i], 1, steps, max);

		if (count <= max)
			return count;
	}
	for (int stride = 1; stride < 700; stride++) {
		size_t count = decades(low, high, coarse, stride, steps, max);

		if (count <= max)
			return count;
	}
	return 0;
}

/* "bit/s", or "" for a unit that takes no prefix or that is not one of ours. */
static const char *prefixed_unit(const char *unit)
{
	static const char *const ours[] = {"bit/s", "B/s", "B"};

	for (size_t i = 0; i < sizeof(ours) / sizeof(ours[0]); i++)
		if (strcmp(unit, ours[i]) == 0)
			return ours[i];
	return "";
}

/* Seconds, or seconds for one of something. */
static bool is_time(const char *unit)
{
	return *unit == 's' && (unit[1] == '\0' || unit[1] == '/');
}

const char *axis_words(const char *unit, char *buffer, size_t size)
{
	static const char *const plain[] = {"s", "ratio", "1"};

	buffer[0] = '\0';
	for (size_t i = 0; i < sizeof(plain) / sizeof(plain[0]); i++)
		if (strcmp(unit, plain[i]) == 0)
			return buffer;
	if (is_time(unit))
		snprintf(buffer, size, " Time per %s.", unit + 2);
	else if (!*prefixed_unit(unit))
		snprintf(buffer, size, " In %s.", unit);
	return buffer;
}

static bool is_binary(const char *unit)
{
	return strcmp(unit, "B") == 0 || strcmp(unit, "B/s") == 0;
}

double axis_base(double high, const char *unit)
{
	double base = 1;

	while (is_binary(unit) && high >= 1024 * base && base < pow(1024, 4))
		base *= 1024;
	return base;
}

const char *axis_value(double value, double base, const char *unit, char *buffer, size_t size)
{
	static const char *const prefixes[] = {"", "k", "M", "G", "T"};
	static const char *const binary[] = {"", "Ki", "Mi", "Gi", "Ti"};
	const char *known = prefixed_unit(unit);
	size_t prefix = 0;

	if (is_time(unit) && value < 0) {
		char text[40];

		snprintf(buffer, size, "-%s", axis_round(-value, text, sizeof(text)));
		return buffer;
	}
	if (is_time(unit) && value > 0)
		return axis_round(value, buffer, size);
	if (strcmp(unit, "ratio") == 0) {
		snprintf(buffer, size, "%.6g %%", value * 100);
		return buffer;
	}
	if (is_binary(unit)) {
		for (; prefix < 4 && base >= 1024; base /= 1024)
			prefix++;
		snprintf(buffer, size, "%.6g %s%s", value, binary[prefix], known);
		return buffer;
	}
	while (prefix < 4 && fabs(value) >= 999.9999) {
		value /= 1000;
		prefix++;
	}
	snprintf(buffer, size, "%.6g%s%s%s", value, prefix || *known ? " " : "", prefixes[prefix],
		known);
	return buffer;
}

/* Ticks at powers of ten, and between them as far as there is room for their words. */
void axis_latency(FILE *script, double low_s, double high_s)
{
	static const int fine[] = {1, 2, 5, 0}, middle[] = {1, 3, 0}, coarse[] = {1, 0};
	double span = high_s / low_s;
	const int *steps = span <= 300 ? fine : span <= 3e4 ? middle : coarse;
	const char *between = "";
	char text[40];

	fputs("set ytics (", script);
	for (int decade = -9; decade <= 4; decade++)
		for (const int *step = steps; *step; step++) {
			double value_s = *step * pow(10, decade);

			if (value_s < low_s || value_s > high_s)
				continue;
			fprintf(script, "%s'%s' %.3g", between,
				axis_round(value_s, text, sizeof(text)), value_s);
			between = ", ";
		}
	fputs(") nomirror scale 0\n", script);
}

void axis_percentile(FILE *script, double high)
{
	fputs("set logscale x 10\nset xtics ('0' 1, '50' 2, '90' 10", script);
	for (int nines = 2; nines <= 8 && pow(10, nines) <= high * 1.001; nines++)
		fprintf(script, ", '%.*f' %.0f", nines - 2, 100 - pow(10, 2 - nines),
			pow(10, nines));
	fputs(") nomirror scale 0\nset xlabel 'percentile (logarithmic)'\n", script);
}

/* Each unit up to what its numbers can be read at, and steps that people count it in; beyond them,
 * or below, steps are 1, 2 or 5 times a power of ten. */
static const struct time_unit {
	const char *name, *symbol;
	double in_s, up_to_s;
	double steps[7];
} time_units[] = {
	{"seconds", "s", 1, 180, {1, 2, 5, 10, 20, 30, 0}},
	{"minutes", "min", 60, 3 * 3600, {1, 2, 5, 10, 20, 30, 0}},
	{"hours", "h", 3600, 72 * 3600, {1, 2, 3, 6, 12, 0}},
	{"days", "days", 86400, INFINITY, {1, 2, 5, 10, 0}},
};

#define TIME_TICKS 8

static double time_step(const struct time_unit *unit, double span)
{
	double decade = pow(10, floor(log10(span / TIME_TICKS)));

	if (span / TIME_TICKS > 0.5)
		for (const double *step = unit->steps; *step > 0; step++)
			if (span / *step <= TIME_TICKS)
				return *step;
	return decade * (span / decade <= 2 * TIME_TICKS          ? 2
				: span / decade <= 5 * TIME_TICKS ? 5
								  : 10);
}

static const struct time_unit *unit_for(double span_s)
{
	const struct time_unit *unit = time_units;

	while (span_s > unit->up_to_s)
		unit++;
	return unit;
}

void axis_time(FILE *script, double low_s, double high_s)
{
	const struct time_unit *unit = unit_for(high_s - low_s);
	const char *between = "";
	double step = time_step(unit, (high_s - low_s) / unit->in_s);
	double first = ceil(low_s / unit->in_s / step), last = floor(high_s / unit->in_s / step);

	fputs("set xtics (", script);
	for (int i = 0; i <= TIME_TICKS && first + i <= last; i++, between = ", ")
		fprintf(script, "%s'%.6g' %.9g", between, (first + i) * step,
			(first + i) * step * unit->in_s);
	fprintf(script, ") nomirror scale 0\nset xlabel '%s since the start'\n", unit->name);
}

const char *axis_duration(double time_s, char *buffer, size_t size)
{
	const struct time_unit *unit = unit_for(time_s);

	return units_format(time_s / unit->in_s, unit->symbol, buffer, size);
}

void axis_hours(FILE *script)
{
	fputs("set xtics (", script);
	for (int hour = 0; hour <= 24; hour += 3)
		fprintf(script, "%s'%d' %d", hour ? ", " : "", hour, hour);
	fputs(") nomirror scale 0\nset xlabel 'hour of the day (UTC)'\n", script);
}
