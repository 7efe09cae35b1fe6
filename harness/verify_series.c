/* Latency over time: rows in order, and the samples of each by level. */
#include "verify_private.h"

#include "document.h"

#define COLUMNS    5 /* time, count, p50, p99, max */
#define LEVELS_MAX 200

static double at(const json_t *row, size_t column)
{
	return json_number_value(json_array_get(row, column));
}

/* Whether a row's first number is more than that of the one before, and its latencies ascend. */
static bool in_order(const json_t *row, const json_t *before)
{
	return at(row, 1) >= 1 && at(row, 2) <= at(row, 3) && at(row, 3) <= at(row, 4) &&
	       (!before || at(row, 0) > at(before, 0));
}

/* Rows of a series, or its hours, which nothing has checked yet. */
static void check_rows(
	struct verify *verify, const json_t *rows, const char *what, double last, const char *where)
{
	const json_t *row, *before = NULL;
	size_t i;

	json_array_foreach(rows, i, row) {
		bool whole = json_array_size(row) == COLUMNS;
		for (size_t column = 0; column < COLUMNS; column++)
			whole = whole && json_is_number(json_array_get(row, column));
		if (!whole || !in_order(row, before) || at(row, 0) < 0 || at(row, 0) > last) {
			verify_say(verify, FINDING_INCONSISTENT, where,
				"%s[%zu] is not in order: times must ascend, and so must count, p50, "
				"p99 and max",
				what, i);
			return;
		}
		before = row;
	}
}

/* The samples in a row of levels; -1 when it is none. */
static json_int_t levels_total(const json_t *levels, size_t edges)
{
	json_int_t first = json_integer_value(json_array_get(levels, 0)), total = 0;
	const json_t *count;
	size_t i;

	if (json_array_size(levels) < 2 || json_array_size(levels) > LEVELS_MAX || first < 0 ||
		(size_t)first + json_array_size(levels) > edges)
		return -1;
	json_array_foreach(levels, i, count) {
		json_int_t samples = json_integer_value(count);
		if (!json_is_integer(count) || samples < 0 || samples > INT32_MAX * INT64_C(1024))
			return -1;
		total += i ? samples : 0;
	}
	return total;
}

static void check_levels(struct verify *verify, const json_t *series, const char *where)
{
	const json_t *rows = json_object_get(series, "rows");
	const json_t *levels = json_object_get(series, "levels"), *row;
	const json_t *edges = json_object_get(series, "levels_s");
	size_t i;

	if (!levels && !edges)
		return;
	if (json_array_size(edges) < 2 || json_array_size(edges) > LEVELS_MAX ||
		json_array_size(levels) != json_array_size(rows)) {
		verify_say(verify, FINDING_INCONSISTENT, where,
			"has not one list of levels for each of its rows");
		return;
	}
	for (i = 0; i < json_array_size(edges); i++)
		if (!json_is_number(json_array_get(edges, i)) ||
			(i ? at(edges, i) <= at(edges, i - 1) : at(edges, 0) < 0)) {
			verify_say(verify, FINDING_INCONSISTENT, where,
				"levels_s[%zu] is not more than what is before it", i);
			return;
		}
	json_array_foreach(levels, i, row)
		if ((double)levels_total(row, json_array_size(edges)) !=
			at(json_array_get(rows, i), 1)) {
			verify_say(verify, FINDING_INCONSISTENT, where,
				"levels[%zu] does not hold as many samples as rows[%zu]", i, i);
			return;
		}
}

void verify_series(struct verify *verify, const json_t *result, const char *where)
{
	const json_t *series, *hours;
	char place[VERIFY_WHERE_MAX];
	size_t i;

	json_array_foreach(json_object_get(result, "series"), i, series) {
		verify_where(where, "series", i, series, place, sizeof(place));
		hours = json_object_get(series, "hours");
		check_rows(verify, json_object_get(series, "rows"), "rows", 1e12, place);
		check_levels(verify, series, place);
		if (hours && (json_array_size(hours) < 1 || json_array_size(hours) > 24))
			verify_say(verify, FINDING_INCONSISTENT, place,
				"its hours are not 1 to 24 rows");
		check_rows(verify, hours, "hours", 23, place);
	}
}
