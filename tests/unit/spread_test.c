#include "spread.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static struct spread read_spread(const char *text)
{
	json_t *value = json_loads(text, 0, NULL);
	struct spread spread = spread_of(value);

	json_decref(value);
	return spread;
}

static struct spread_axis axis_of(const char *text, const char *unit)
{
	const struct spread spread = read_spread(text);
	struct spread_axis axis = spread_axis_new(unit);

	spread_widen(&axis, &spread);
	cr_assert(spread_settle(&axis));
	return axis;
}

static char *row_of(const char *text, const struct spread_axis *axis)
{
	const struct spread spread = read_spread(text);
	char *row = NULL;
	size_t size;
	FILE *out = open_memstream(&row, &size);

	spread_row(axis, &spread, out);
	fclose(out);
	return row;
}

static size_t count_of(const char *text, const char *part)
{
	size_t count = 0;

	for (; (text = strstr(text, part)); text++)
		count++;
	return count;
}

Test(spread, few_values_are_discs_and_quartiles_a_box)
{
	const struct spread_axis axis = axis_of("{\"quartiles\": [0, 1, 2, 3, 4]}", "s");
	char *box = row_of("{\"quartiles\": [0, 1, 2, 3, 4]}", &axis);
	char *discs = row_of("{\"repetitions\": [1, 2, 4]}", &axis);
	char *none = row_of("{}", &axis);

	cr_expect_eq(count_of(box, "<circle"), 0);
	cr_expect_eq(count_of(box, "class=\"i50\""), 1);
	cr_expect_eq(count_of(discs, "<circle r=\"4\" class=\"i50\"/>"), 3);
	cr_expect_eq(count_of(none, "i50"), 0);
	free(box);
	free(discs);
	free(none);
}

/* From 8 to 292 units: a margin of 4 % lies beyond 10, so that 5 is just left of the middle. */
Test(spread, a_value_stands_in_its_place_on_the_axis)
{
	const struct spread_axis axis = axis_of("{\"repetitions\": [0, 10]}", "s");
	char *row = row_of("{\"repetitions\": [0, 5]}", &axis);

	cr_expect_not(axis.logarithmic);
	cr_expect_neq(strstr(row, "translate(8.0,12.0)"), NULL);
	cr_expect_neq(strstr(row, "translate(144.5,12.0)"), NULL, "%s", row);
	free(row);
}

Test(spread, the_axis_is_logarithmic_only_when_the_range_is_wide)
{
	const struct spread_axis wide = axis_of("{\"repetitions\": [1, 100]}", "s");
	char *row = row_of("{\"repetitions\": [1, 10, 100]}", &wide);

	cr_expect(wide.logarithmic);
	cr_expect_neq(strstr(row, "translate(150.0,12.0)"), NULL, "%s", row);
	cr_expect_not(axis_of("{\"repetitions\": [0, 100]}", "s").logarithmic);
	free(row);
}

Test(spread, the_widest_range_has_its_middle)
{
	const struct spread_axis axis = axis_of("{\"repetitions\": [1e-300, 1e300]}", "s");
	char *row = row_of("{\"repetitions\": [1e-300, 1, 1e300]}", &axis);

	cr_expect_null(strstr(row, "nan"), "%s", row);
	cr_expect_neq(strstr(row, "translate(150.0,12.0)"), NULL, "%s", row);
	free(row);
}

Test(spread, what_hardly_differs_is_not_magnified)
{
	const struct spread_axis axis = axis_of("{\"repetitions\": [100, 100.1]}", "s");

	cr_expect_leq(axis.low, 98);
	cr_expect_geq(axis.high, 102);
	cr_expect_gt(axis_of("{\"repetitions\": [0, 0]}", "s").high, 0);
	cr_expect_lt(axis_of("{\"repetitions\": [-5, -5]}", "s").low, -5);
}

static struct spread_axis limited(const char *text, double limit)
{
	const struct spread spread = read_spread(text);
	struct spread_axis axis = spread_axis_new("s");

	spread_widen(&axis, &spread);
	spread_limit(&axis, limit);
	cr_assert(spread_settle(&axis));
	return axis;
}

Test(spread, a_limit_is_drawn_unless_it_is_far_from_all_values)
{
	static const char values[] = "{\"repetitions\": [0.001, 0.002]}";
	static const struct {
		double limit;
		size_t lines;
	} cases[] = {{0.0015, 1}, {0.01, 1}, {0.03, 0}, {0.0002, 1}, {0.00005, 0}, {INFINITY, 0}};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const struct spread_axis axis = limited(values, cases[i].limit);
		char *row = row_of(values, &axis);

		cr_expect_eq(count_of(row, "class=\"i2\""), cases[i].lines, "%g", cases[i].limit);
		cr_expect_lt(axis.high, 0.011);
		free(row);
	}
	cr_expect_geq(limited("{\"repetitions\": [0, 0]}", 1).high, 1, "zeros have no scale");
}

Test(spread, what_is_not_sound_is_not_there)
{
	static const char *const unsound[] = {"null", "[1, 2]", "{\"quartiles\": [1, 2, 3, 4]}",
		"{\"quartiles\": [1, 2, 3, 5, 4]}", "{\"quartiles\": [1, 2, 3, 4, \"5\"]}",
		"{\"quartiles\": {}, \"repetitions\": []}", "{\"repetitions\": [2, 1]}",
		"{\"repetitions\": [1, 2, 3, 4, 5, 6]}", "{\"repetitions\": [null]}"};
	struct spread_axis axis = spread_axis_new("s");

	for (size_t i = 0; i < sizeof(unsound) / sizeof(unsound[0]); i++) {
		const struct spread spread = read_spread(unsound[i]);

		cr_expect_eq(spread.count, 0, "%s", unsound[i]);
		spread_widen(&axis, &spread);
	}
	cr_expect_not(spread_settle(&axis), "there is nothing to show");
}

Test(spread, what_no_axis_can_hold_is_not_shown)
{
	const struct spread spread = read_spread("{\"repetitions\": [-1.7e308, 1.7e308]}");
	struct spread_axis axis = spread_axis_new("s");

	spread_widen(&axis, &spread);
	cr_expect_not(spread_settle(&axis));
}
