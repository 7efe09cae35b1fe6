#include "series.h"

#include <criterion/criterion.h>

#define SECOND INT64_C(1000000000)

static double cell(const json_t *rows, size_t row, size_t column)
{
	return json_number_value(json_array_get(json_array_get(rows, row), column));
}

Test(series, keeps_counts_and_maxima_per_interval)
{
	struct series *series = series_new(5 * SECOND);

	for (int i = 1; i <= 100; i++)
		series_add(series, 5 * SECOND + i, i * 1000);
	series_add(series, 6 * SECOND, 7000);
	json_t *json = series_json(series), *rows = json_object_get(json, "rows");

	cr_assert_eq(json_array_size(rows), 2, "empty intervals are left out");
	cr_assert_float_eq(json_number_value(json_object_get(json, "interval_s")), 0.05, 1e-12);
	cr_assert_float_eq(cell(rows, 0, 0), 0, 1e-12);
	cr_assert_eq(cell(rows, 0, 1), 100);
	cr_assert_float_eq(
		cell(rows, 0, 2), 50e-6, 50e-6 * 0.016, "the median within its precision");
	cr_assert_float_eq(cell(rows, 0, 3), 99e-6, 99e-6 * 0.016);
	cr_assert_float_eq(cell(rows, 0, 4), 100e-6, 1e-15, "the maximum is exact");
	cr_assert_float_eq(cell(rows, 1, 0), 1, 1e-12);
	json_decref(json);
	series_free(series);
}

Test(series, doubles_its_interval_and_loses_no_sample)
{
	enum { SAMPLES = 20000 };
	struct series *series = series_new(0);
	double total = 0, longest = 0;

	for (int64_t i = 0; i < SAMPLES; i++)
		series_add(series, i * SECOND / 10, 1000 + i);
	json_t *json = series_json(series), *rows = json_object_get(json, "rows");

	cr_assert_leq(json_array_size(rows), SERIES_INTERVALS);
	cr_assert_geq(json_array_size(rows), SERIES_INTERVALS / 2 - 1);
	for (size_t i = 0; i < json_array_size(rows); i++) {
		total += cell(rows, i, 1);
		longest = cell(rows, i, 4) > longest ? cell(rows, i, 4) : longest;
		cr_assert(i == 0 || cell(rows, i, 0) > cell(rows, i - 1, 0), "time goes on");
	}
	cr_assert_eq(total, SAMPLES);
	cr_assert_float_eq(longest, (1000 + SAMPLES - 1) / 1e9, 1e-15);
	json_decref(json);
	series_free(series);
}

Test(series, keeps_its_precision_down_to_a_nanosecond)
{
	for (int64_t ns = 1; ns < 3600 * SECOND; ns += 1 + ns / 7) {
		struct series *series = series_new(0);

		/* The larger one keeps the maximum out of the way. */
		for (int i = 0; i < 3; i++)
			series_add(series, 0, i < 2 ? ns : 2 * ns);
		json_t *json = series_json(series), *rows = json_object_get(json, "rows");

		cr_assert_float_eq(cell(rows, 0, 2) * 1e9, (double)ns, (double)ns * 0.016,
			"%lld ns", (long long)ns);
		json_decref(json);
		series_free(series);
	}
}

Test(series, takes_extremes)
{
	struct series *series = series_new(0);

	series_add(series, -1, 1);
	series_add(series, 0, -1);
	series_add(series, 0, 0);
	series_add(series, 0, INT64_C(3600) * SECOND);
	json_t *json = series_json(series), *rows = json_object_get(json, "rows");

	cr_assert_eq(json_array_size(rows), 1);
	cr_assert_eq(
		cell(rows, 0, 1), 2, "what came before the origin or is negative does not count");
	cr_assert_float_eq(cell(rows, 0, 4), 3600, 1e-9);
	json_decref(json);
	series_free(series);
}
