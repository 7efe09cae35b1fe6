#include "units.h"

#include "text.h"
#include "units_private.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A suffix and what it multiplies by. All can be parsed; those with `print` are also printed, and
 * come in ascending order. */
struct suffix {
	const char *text;
	uint64_t factor;
	bool print;
};

static const struct suffix count_suffixes[] = {
	{"", 1, true},
	{"k", 1000, true},
	{"M", 1000000, true},
	{"G", 1000000000, true},
	{"T", 1000000000000, true},
	{NULL, 0, false},
};

static const struct suffix byte_suffixes[] = {
	{"B", 1, true},
	{"KiB", UINT64_C(1) << 10, true},
	{"MiB", UINT64_C(1) << 20, true},
	{"GiB", UINT64_C(1) << 30, true},
	{"TiB", UINT64_C(1) << 40, true},
	{"", 1, false},
	{"k", UINT64_C(1) << 10, false},
	{"K", UINT64_C(1) << 10, false},
	{"M", UINT64_C(1) << 20, false},
	{"G", UINT64_C(1) << 30, false},
	{"T", UINT64_C(1) << 40, false},
	{"kB", 1000, false},
	{"MB", 1000000, false},
	{"GB", 1000000000, false},
	{"TB", 1000000000000, false},
	{NULL, 0, false},
};

#define SECOND_NS UINT64_C(1000000000)
static const struct suffix time_suffixes[] = {
	{"ns", 1, true},
	{"µs", 1000, true},
	{"ms", 1000000, true},
	{"s", SECOND_NS, true},
	{"min", 60 * SECOND_NS, true},
	{"h", 3600 * SECOND_NS, true},
	{"d", 86400 * SECOND_NS, true},
	{"", SECOND_NS, false},
	{"us", 1000, false},
	{"m", 60 * SECOND_NS, false},
	{NULL, 0, false},
};

static const struct unit_table {
	const struct suffix *suffixes;
	const char *example;
} unit_tables[] = {
	[UNIT_COUNT] = {count_suffixes, "a number such as 1500, 10k or 2M"},
	[UNIT_BYTES] = {byte_suffixes, "a size such as 512, 4KiB or 64M"},
	[UNIT_TIME_NS] = {time_suffixes, "a time such as 100ms, 2s or 5m"},
};

const char *units_example(enum unit unit)
{
	return unit_tables[unit].example;
}

static const struct suffix *find_suffix(enum unit unit, const char *text)
{
	for (const struct suffix *suffix = unit_tables[unit].suffixes; suffix->text; suffix++)
		if (!strcmp(suffix->text, text))
			return suffix;
	return NULL;
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* Reads digits into *value; false when they do not fit. */
static bool read_digits(const char **text, uint64_t *value)
{
	bool fits = true;

	for (*value = 0; is_digit(**text); (*text)++)
		if (__builtin_mul_overflow(*value, 10, value) ||
			__builtin_add_overflow(*value, (uint64_t)(**text - '0'), value))
			fits = false;
	return fits;
}

/* Reads the digits after a decimal point as *numerator / *denominator. False when there is none, or
 * more than 18 that matter: no suffix leaves a whole number of those. */
static bool read_fraction(const char **text, uint64_t *numerator, uint64_t *denominator)
{
	size_t length = strspn(*text, "0123456789");
	size_t kept = length;

	if (!length)
		return false;
	while (kept && (*text)[kept - 1] == '0')
		kept--;
	if (kept > 18)
		return false;
	for (size_t i = 0; i < kept; i++) {
		*numerator = *numerator * 10 + (uint64_t)((*text)[i] - '0');
		*denominator *= 10;
	}
	*text += length;
	return true;
}

static int bad(struct problem *problem, int code, const char *text, const char *why, enum unit unit)
{
	char shown[80];

	return problem_set(problem, code, "'%s' %s %s", text_printable(text, shown, sizeof(shown)),
		why, unit_tables[unit].example);
}

int units_parse(enum unit unit, const char *text, uint64_t *value, struct problem *problem)
{
	const char *at = text;
	uint64_t whole, numerator = 0, denominator = 1;
	const struct suffix *suffix;
	unsigned __int128 part, total;
	bool fits;

	if (!is_digit(*at))
		return bad(problem, -EINVAL, text, "is not", unit);
	fits = read_digits(&at, &whole);
	if (*at == '.') {
		at++;
		if (!read_fraction(&at, &numerator, &denominator))
			return bad(problem, -EINVAL, text, "is not", unit);
	}
	suffix = find_suffix(unit, at);
	if (!suffix)
		return bad(problem, -EINVAL, text, "is not", unit);
	if (!fits)
		return bad(problem, -ERANGE, text, "is too large for", unit);

	/* Below 10^18 x 10^14, so that 128 bits hold it. */
	part = (unsigned __int128)numerator * suffix->factor;
	if (part % denominator)
		return bad(problem, -EINVAL, text, "is finer than the smallest step of", unit);
	total = (unsigned __int128)whole * suffix->factor + part / denominator;
	if (total > INT64_MAX)
		return bad(problem, -ERANGE, text, "is too large for", unit);
	*value = (uint64_t)total;
	return 0;
}

const char *units_exact(enum unit unit, uint64_t value, char *buffer, size_t size)
{
	const struct suffix *best = unit_tables[unit].suffixes;

	for (const struct suffix *next = best + 1; value && next->text && next->print; next++)
		if (value % next->factor == 0)
			best = next;
	snprintf(buffer, size, "%" PRIu64 "%s", value / best->factor, best->text);
	return buffer;
}

/* Digits with a comma between groups of three, for values below 10^15. */
static void format_whole(double value, char *buffer, size_t size)
{
	char digits[32];
	size_t length = (size_t)snprintf(digits, sizeof(digits), "%.0f", value);
	size_t used = 0;

	for (size_t i = 0; i < length && used + 2 < size; i++) {
		if (i && (length - i) % 3 == 0)
			buffer[used++] = ',';
		buffer[used++] = digits[i];
	}
	buffer[used] = '\0';
}

/* Three significant digits, trailing zeros included. */
static void format_rounded(double value, char *buffer, size_t size)
{
	char text[32];

	snprintf(text, sizeof(text), "%.2e", value);
	value = strtod(text, NULL); /* so that 99.97 counts its digits as 100 */
	if (value >= 1e15 || value < 1e-3)
		snprintf(buffer, size, "%.3g", value);
	else if (value >= 100)
		format_whole(value, buffer, size);
	else
		snprintf(buffer, size, "%.*f", 2 - (int)floor(log10(value)), value);
}

/* All digits of a whole number, which is a count; three of a reading. */
static void format_number(double value, char *buffer, size_t size)
{
	if (value < 1e15 && value == floor(value))
		format_whole(value, buffer, size);
	else
		format_rounded(value, buffer, size);
}

/* The first suffix that keeps the number below 1,000 (1,024 where that is the next step). */
static const struct suffix *scale(const struct suffix *suffix, double value)
{
	while (suffix[1].text && suffix[1].print) {
		double step = (double)suffix[1].factor / (double)suffix->factor;
		double limit = step == 1024 ? 1023.5 : 999.5;
		if (value / (double)suffix->factor < limit)
			break;
		suffix++;
	}
	return suffix;
}

/* `value` counts the first suffix of `suffixes`. */
static void format_scaled(
	const struct suffix *suffixes, double value, const char *unit, char *buffer, size_t size)
{
	const struct suffix *suffix = scale(suffixes, value);
	char number[40];

	if (suffix == suffixes)
		format_number(value, number, sizeof(number));
	else
		format_rounded(value / (double)suffix->factor, number, sizeof(number));
	snprintf(buffer, size, "%s %s%s", number, suffix->text, unit);
}

static void format_magnitude(double value, const char *unit, char *buffer, size_t size)
{
	char number[40];

	if (!strcmp(unit, "s") && value == 0) {
		snprintf(buffer, size, "0 s");
	} else if (!strcmp(unit, "s")) {
		format_scaled(time_suffixes, value * (double)SECOND_NS, "", buffer, size);
	} else if (!strcmp(unit, "B")) {
		format_scaled(byte_suffixes, value, "", buffer, size);
	} else if (!strcmp(unit, "B/s")) {
		format_scaled(byte_suffixes, value, "/s", buffer, size);
	} else if (!strcmp(unit, "bit/s")) {
		format_scaled(count_suffixes, value, "bit/s", buffer, size);
	} else if (!strcmp(unit, "ratio")) {
		format_rounded(value * 100, number, sizeof(number));
		snprintf(buffer, size, "%s %%", number);
	} else if (!strcmp(unit, "1")) {
		format_number(value, buffer, size);
	} else if (!strncmp(unit, "s/", 2) && value > 0 && value < 1e-3) {
		/* A cost of little: "7.10 ns/service". */
		format_scaled(time_suffixes, value * (double)SECOND_NS, unit + 1, buffer, size);
	} else {
		format_number(value, number, sizeof(number));
		snprintf(buffer, size, "%s %s", number, unit);
	}
}

const char *units_format_plural(double value, const char *unit, char *buffer, size_t size)
{
	char magnitude[160];

	if (isnan(value)) {
		snprintf(buffer, size, "n/a");
	} else if (isinf(value)) {
		snprintf(buffer, size, "unbounded");
	} else {
		format_magnitude(fabs(value), unit, magnitude, sizeof(magnitude));
		snprintf(buffer, size, "%s%s", value < 0 ? "-" : "", magnitude);
	}
	return buffer;
}

const char *units_make_singular(char *text)
{
	char *word = text + (*text == '-') + strlen("1 ");
	size_t length;

	if (strncmp(text + (*text == '-'), "1 ", 2) != 0)
		return text;
	length = strcspn(word, "/ ");
	if (length > 2 && word[length - 1] == 's' && word[length - 2] != 's')
		memmove(word + length - 1, word + length, strlen(word + length) + 1);
	return text;
}

const char *units_format(double value, const char *unit, char *buffer, size_t size)
{
	units_format_plural(value, unit, buffer, size);
	return units_make_singular(buffer);
}

const char *units_format_limit(double value, const char *unit, char *buffer, size_t size)
{
	char *end, *rest;

	units_format(value, unit, buffer, size);
	rest = buffer + strcspn(buffer, " ");
	end = rest;
	if (!memchr(buffer, '.', (size_t)(rest - buffer)))
		return buffer;
	while (end[-1] == '0')
		end--;
	if (end[-1] == '.')
		end--;
	memmove(end, rest, strlen(rest) + 1);
	return buffer;
}

const char *units_format_ratio(double ratio, char *buffer, size_t size)
{
	if (!isfinite(ratio))
		return units_format(ratio, "1", buffer, size);
	if (fabs(ratio) >= 99.95)
		return units_format(round(ratio), "1", buffer, size);
	if (fabs(ratio) < 1e-6 && ratio != 0)
		snprintf(buffer, size, "%.1e", ratio);
	else
		snprintf(buffer, size, "%.*f",
			fabs(ratio) >= 9.995                  ? 1
			: fabs(ratio) >= 0.1                  ? 2
			: fabs(ratio) >= 0.01 || ratio == 0.0 ? 3
							      : (int)ceil(-log10(fabs(ratio))) + 1,
			ratio);
	return buffer;
}
