/*
 * units: one table of suffixes that both parses what people type and prints what people read.
 */
#pragma once

#include "interval.h"
#include "problem.h"

#include <stddef.h>
#include <stdint.h>

enum unit {
	UNIT_COUNT,   /* 1500, 10k (1,000), 2M */
	UNIT_BYTES,   /* 2300, 4KiB, 64M: k, K, M, G, T and KiB... are powers of 1,024; kB, MB... of
			 1,000 */
	UNIT_TIME_NS, /* 100ms, 2s, 5m, 1h, 2d, also min, us and ns; a bare number is seconds; the
			 result is in ns */
};

/* Parses `text` whole: digits with an optional decimal point, then a suffix of the unit. Returns 0
 * and the value, -EINVAL for anything else, -ERANGE beyond 2^63-1; `problem` names the text. */
int units_parse(enum unit unit, const char *text, uint64_t *value, struct problem *problem);

/* Prints a value exactly and as short as it can, so that units_parse() reads it back: "100ms",
 * "4KiB", "10k". Returns `buffer`. */
const char *units_exact(enum unit unit, uint64_t value, char *buffer, size_t size);

/* What units_parse() accepts, for help and messages: "a time such as 100ms, 2s or 5m". */
const char *units_example(enum unit unit);

/* Formats for people, three significant digits and a unit that keeps the number between 1 and
 * 1,000: seconds "1.27 ms", bytes "64.0 MiB", bit/s "12.8 Gbit/s", ratio "0.420 %"; a cost below
 * 1 ms "7.10 ns/service"; anything else "709 writes/s" with the unit as given. `unit` is a metric's
 * unit in SI base form ("s", "B", "B/s", "bit/s", "ratio", "1", "writes/s"); a word is given as
 * that of several, and exactly one is "1 write/s". NAN prints "n/a", infinities "unbounded".
 * Returns `buffer`. */
const char *units_format(double value, const char *unit, char *buffer, size_t size);

/* As units_format(), of what is exact, as limits and levels of confidence are: "10 ms" and "95 %"
 * where a reading would be "10.0 ms" and "95.0 %". Returns `buffer`. */
const char *units_format_limit(double value, const char *unit, char *buffer, size_t size);

/* The bounds of a reading's interval, each with its unit only where that is not the value's: "1.19"
 * and "1.38" of 1.27 ms, "930 µs" and "1.09 ms" of 996 µs. An open side prints "unbounded". `low`
 * and `high` hold `size` each. */
void units_format_bounds(
	const struct interval *interval, const char *unit, char *low, char *high, size_t size);

/* A reading with its interval: "1.27 ms (1.19 to 1.38)", "996 µs (930 µs to 1.09 ms)"; a side that
 * is open is left out: "(at least 1.19)". Only `value`, `low` and `high` are read. Returns
 * `buffer`. */
const char *units_format_interval(
	const struct interval *interval, const char *unit, char *buffer, size_t size);

/* The interval of a reading alone: "1.19 to 1.38", "930 µs to 1.09 ms", "at least 1.19", "at most
 * 1.38"; "" when both sides are open. Returns `buffer`. */
const char *units_format_range(
	const struct interval *interval, const char *unit, char *buffer, size_t size);

/* How many times something is something else, without a unit or a sign of multiplication: "0.050",
 * "0.0031", "0.50", "1.97", "16.8", "1,240"; "n/a" and "unbounded" as above. Returns `buffer`. */
const char *units_format_ratio(double ratio, char *buffer, size_t size);

/* The interval of a ratio, as units_format_range() has that of a reading: "1.40 to 1.61". One whose
 * ends are a million times apart is "too wide to tell", rather than figures that mean nothing.
 * Returns `buffer`. */
const char *units_format_ratio_range(double low, double high, char *buffer, size_t size);
