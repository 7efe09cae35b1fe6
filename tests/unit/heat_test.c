/* Series with a known course, and such as hold together badly. */
#include "heat.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>

#define HALF_OCTAVE 1.4142135623730951

/* `rows` intervals of a second with 90 samples in level 1 (1.41 to 2 ms) up to `fall` and in level
 * 3 from there on, and 10 in the next level above. */
static json_t *example(size_t rows, size_t fall)
{
	json_t *series = json_pack(
		"{s:f, s:[], s:[], s:[]}", "interval_s", 1.0, "rows", "levels", "levels_s");
	double edge_s = 0.001;

	for (int i = 0; i < 6; i++, edge_s *= HALF_OCTAVE)
		json_array_append_new(json_object_get(series, "levels_s"), json_real(edge_s));
	for (size_t i = 0; i < rows; i++) {
		json_array_append_new(json_object_get(series, "rows"),
			json_pack("[f,i,f,f,f]", (double)i, 100, 0.002, 0.004,
				i < fall ? 0.0025 : 0.005));
		json_array_append_new(json_object_get(series, "levels"),
			json_pack("[i,i,i]", i < fall ? 1 : 3, 90, 10));
	}
	return series;
}

static size_t shades(const struct plot_cell *cell, size_t cells, unsigned shade)
{
	size_t found = 0;

	for (size_t i = 0; i < cells; i++)
		found += cell[i].shade == shade;
	return found;
}

Test(heat, draws_each_level_while_it_lasts)
{
	json_t *series = example(60, 20);
	struct heat heat;
	size_t cells;

	cr_assert(heat_load(series, &heat));
	cr_assert_eq(heat.columns, 60);
	struct plot_cell *cell = heat_cells(&heat, &cells);
	cr_assert_eq(cells, 4);
	cr_assert_eq(shades(cell, cells, 5), 2, "90 % of the samples");
	cr_assert_eq(shades(cell, cells, 4), 2, "10 % of them");
	cr_assert_float_eq(cell[0].from, 0, 1e-9);
	cr_assert_float_eq(cell[0].to, 20, 1e-9);
	cr_assert_float_eq(cell[0].low_s, 0.001 * HALF_OCTAVE, 1e-9);
	cr_assert_float_eq(cell[0].high_s, 0.002, 1e-9);
	cr_assert_float_eq(cell[2].from, 20, 1e-9);
	cr_assert_float_eq(cell[2].to, 60, 1e-9);
	cr_assert_float_eq(cell[2].low_s, 0.002 * HALF_OCTAVE, 1e-9);
	free(cell);
	heat_free(&heat);
	json_decref(series);
}

Test(heat, puts_intervals_together_in_columns)
{
	json_t *series = example(599, 240);
	struct heat heat;
	size_t cells;
	double samples = 0;

	cr_assert(heat_load(series, &heat));
	cr_assert_eq(heat.columns, 150);
	cr_assert_float_eq(heat.column_s, 4, 1e-9);
	for (size_t i = 0; i < heat.columns; i++)
		samples += heat.samples[i];
	cr_assert_eq(samples, 59900);
	struct plot_cell *cell = heat_cells(&heat, &cells);
	cr_assert_float_eq(cell[0].to, 240, 1e-9, "the fall is where it was");
	cr_assert_float_eq(cell[cells - 1].to, 599, 1e-9, "the last column ends with the samples");
	free(cell);
	heat_free(&heat);
	json_decref(series);
}

Test(heat, leaves_holes_in_time_empty)
{
	json_t *series = example(60, 60);
	struct heat heat;
	size_t cells;

	for (int i = 0; i < 10; i++) {
		json_array_remove(json_object_get(series, "rows"), 30);
		json_array_remove(json_object_get(series, "levels"), 30);
	}
	cr_assert(heat_load(series, &heat));
	struct plot_cell *cell = heat_cells(&heat, &cells);
	cr_assert_eq(cells, 4);
	cr_assert_float_eq(cell[0].to, 30, 1e-9);
	cr_assert_float_eq(cell[1].from, 40, 1e-9);
	cr_assert(isnan(heat_part(&heat, 5, 10).p50_s), "nothing from 30 to 36 s");
	free(cell);
	heat_free(&heat);
	json_decref(series);
}

Test(heat, sums_up_parts_of_the_time)
{
	json_t *series = example(100, 50);
	struct heat heat;

	cr_assert(heat_load(series, &heat));
	struct heat_part first = heat_part(&heat, 0, 10), last = heat_part(&heat, 9, 10);
	cr_assert_eq(first.count, 1000);
	cr_assert_float_eq(last.from_s, 90, 1e-9);
	cr_assert_float_eq(last.to_s, 100, 1e-9);
	cr_assert_float_eq(first.p50_s, 0.00168, 0.00001);
	cr_assert_float_eq(first.p99_s, 0.00238, 0.00001);
	cr_assert_float_eq(first.longest_s, 0.0025, 1e-9);
	cr_assert_float_eq(last.p50_s, 0.00336, 0.00001);
	cr_assert_float_eq(heat_precision(&heat), 0.19, 0.001);
	heat_free(&heat);
	json_decref(series);
}

/* No two neighbours alike: as many cells as there can be. */
Test(heat, never_makes_more_cells_than_a_page_can_bear)
{
	json_t *series = json_pack(
		"{s:f, s:[], s:[], s:[]}", "interval_s", 1.0, "rows", "levels", "levels_s");
	struct heat heat;
	size_t cells;

	for (int i = 0; i < 160; i++)
		json_array_append_new(
			json_object_get(series, "levels_s"), json_real(1e-6 * pow(1.1, i)));
	for (int i = 0; i < 150; i++) {
		json_t *levels = json_pack("[i]", 0);
		int sum = 0;

		for (int k = 0; k < 159; k++) {
			int count = (i + k / (1 + i % 2)) % 2 ? 1 : 500;

			json_array_append_new(levels, json_integer(count));
			sum += count;
		}
		json_array_append_new(json_object_get(series, "levels"), levels);
		json_array_append_new(json_object_get(series, "rows"),
			json_pack("[i,i,f,f,f]", i, sum, 1e-5, 1e-5, 1e-6 * pow(1.1, 158.5)));
	}
	cr_assert(heat_load(series, &heat));
	struct plot_cell *cell = heat_cells(&heat, &cells);
	cr_assert_leq(cells, HEAT_CELLS);
	cr_assert_lt(heat.levels, 159);
	cr_assert_float_eq(heat.edge_s[heat.levels], 1e-6 * pow(1.1, 159), 1e-9);
	free(cell);
	heat_free(&heat);
	json_decref(series);
}

static void refuses(json_t *series, const char *what)
{
	struct heat heat;

	cr_expect_not(heat_load(series, &heat), "%s", what);
	json_decref(series);
}

Test(heat, is_nothing_for_a_few_intervals)
{
	refuses(example(HEAT_ROWS_MIN - 1, 5), "few rows");
	refuses(example(601, 5), "many rows");
	refuses(json_object(), "nothing");
	refuses(json_null(), "null");
}

/* Replaces what is at series[key][index][at]; `at` < 0: at series[key][index]. */
static void with(const char *key, size_t index, int at, const char *value)
{
	json_t *series = example(60, 20), *array = json_object_get(series, key);
	json_t *wrong = json_loads(value, JSON_DECODE_ANY, NULL);
	char what[100];

	cr_assert(wrong, "%s", value);
	if (at < 0)
		json_array_set_new(array, index, wrong);
	else
		json_array_set_new(json_array_get(array, index), (size_t)at, wrong);
	snprintf(what, sizeof(what), "%s[%zu][%d] = %s", key, index, at, value);
	refuses(series, what);
}

Test(heat, refuses_what_does_not_hold_together)
{
	static const char *const never[] = {"null", "true", "-1", "1e308", "1.5", "\"NaN\"",
		"\"1\"", "[]", "{}", "9007199254740993", "4611686018427387904"};
	static const char *const edges[] = {
		"0.0009", "0.0014142", "2", "\"1\"", "-1", "null", "[]"};

	for (size_t i = 0; i < sizeof(never) / sizeof(never[0]); i++) {
		for (int at = 0; at < 3; at++)
			with("levels", 7, at, never[i]);
		with("levels", 7, -1, never[i]);
		with("rows", 7, -1, never[i]);
		with("rows", 7, 0, never[i]);
		with("rows", 7, 1, never[i]);
		with("rows", 7, 4, never[i]);
	}
	for (size_t i = 0; i < sizeof(edges) / sizeof(edges[0]); i++)
		with("levels_s", 2, -1, edges[i]);
	with("levels", 7, -1, "[0]");
	with("levels", 7, -1, "[0, 0, 0]");
	with("levels", 7, -1, "[0, 100]");
	with("levels", 7, -1, "[1, 90, 9]");
	with("levels", 7, -1, "[4, 90, 10]");
	with("levels", 7, -1, "[3, 90, 10]");
	with("levels", 7, -1, "[1, 110, -10]");
	with("rows", 7, 0, "6");
	with("rows", 7, 0, "8");
	with("rows", 59, 0, "600");
	with("levels_s", 5, -1, "1e308");
}

Test(heat, refuses_levels_that_are_not_parallel_to_rows)
{
	json_t *series = example(60, 20);

	json_array_remove(json_object_get(series, "levels"), 0);
	refuses(series, "a level less");
	series = example(60, 20);
	json_array_append_new(json_object_get(series, "levels"), json_pack("[i,i]", 0, 100));
	refuses(series, "a level more");
	series = example(60, 20);
	json_object_set_new(series, "interval_s", json_real(1e308));
	refuses(series, "an endless interval");
	series = example(60, 20);
	json_object_set_new(series, "interval_s", json_real(5e-324));
	refuses(series, "an interval of nothing");
	series = example(60, 20);
	json_object_set_new(series, "levels_s", json_pack("[f]", 0.001));
	refuses(series, "an edge only");
}
