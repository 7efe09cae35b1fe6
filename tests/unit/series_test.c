#include "series.h"

#include "clock.h"

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

/* The samples of a row in the level that holds a latency, and where that level begins and ends. */
struct level {
	double count, from_s, to_s;
};

static struct level level_of(const json_t *json, size_t row, double latency_s)
{
	const json_t *edges = json_object_get(json, "levels_s"),
		     *counts = json_array_get(json_object_get(json, "levels"), row);
	size_t first = (size_t)json_integer_value(json_array_get(counts, 0)), i = 0;

	while (i + 2 < json_array_size(edges) &&
		json_number_value(json_array_get(edges, i + 1)) <= latency_s)
		i++;
	return (struct level){
		.count = i < first ? 0 : json_number_value(json_array_get(counts, 1 + i - first)),
		.from_s = json_number_value(json_array_get(edges, i)),
		.to_s = json_number_value(json_array_get(edges, i + 1)),
	};
}

/* Rows and levels tell of the same samples; levels ascend, and nothing is listed that is empty. */
static double check_levels(const json_t *json)
{
	const json_t *edges = json_object_get(json, "levels_s"), *rows, *levels;
	double total = 0;

	rows = json_object_get(json, "rows");
	levels = json_object_get(json, "levels");
	cr_assert_eq(json_array_size(levels), json_array_size(rows));
	for (size_t i = 1; i < json_array_size(edges); i++)
		cr_assert_gt(json_number_value(json_array_get(edges, i)),
			json_number_value(json_array_get(edges, i - 1)));
	for (size_t row = 0; row < json_array_size(rows); row++) {
		const json_t *counts = json_array_get(levels, row);
		size_t size = json_array_size(counts);
		double sum = 0;

		for (size_t i = 1; i < size; i++)
			sum += cell(levels, row, i);
		cr_assert_eq(sum, cell(rows, row, 1), "row %zu", row);
		cr_assert_geq(size, 2);
		cr_assert_gt(cell(levels, row, 1), 0);
		cr_assert_gt(cell(levels, row, size - 1), 0);
		cr_assert_lt(cell(levels, row, 0) + (double)size - 1,
			(double)json_array_size(edges), "a level without an end");
		total += sum;
	}
	return total;
}

Test(series, tells_how_many_samples_had_which_level)
{
	struct series *series = series_new(0);

	for (int i = 0; i < 9; i++)
		series_add(series, 0, 2000000);
	series_add(series, 0, 40000000);
	for (int i = 0; i < 4; i++)
		series_add(series, SECOND, 500000);
	json_t *json = series_json(series), *levels = json_object_get(json, "levels");

	cr_assert_eq(check_levels(json), 14);
	cr_assert_eq(level_of(json, 0, 0.002).count, 9);
	cr_assert_eq(level_of(json, 0, 0.040).count, 1);
	cr_assert_eq(level_of(json, 0, 0.010).count, 0);
	cr_assert_eq(level_of(json, 1, 0.0005).count, 4);
	cr_assert_eq(json_array_size(json_array_get(levels, 1)), 2, "no empty level at an end");
	cr_assert_eq(cell(levels, 1, 0), 0, "levels start with the first that occurs");
	for (double latency_s = 0.0005; latency_s < 0.04; latency_s *= 1.01) {
		struct level level = level_of(json, 0, latency_s);

		cr_assert(level.from_s <= latency_s && latency_s < level.to_s);
		cr_assert_lt(level.to_s / level.from_s, 1.21, "four levels an octave");
	}
	json_decref(json);
	series_free(series);
}

Test(series, has_levels_for_any_latency)
{
	for (int64_t ns = 0; ns < 3600 * SECOND; ns += 1 + ns / 7) {
		struct series *series = series_new(0);

		series_add(series, 0, ns);
		json_t *json = series_json(series);
		struct level level = level_of(json, 0, (double)ns / 1e9);

		cr_assert_eq(check_levels(json), 1);
		cr_assert_eq(json_array_size(json_object_get(json, "levels_s")), 2);
		cr_assert(level.from_s * 1e9 <= (double)ns + 1e-6, "%lld ns", (long long)ns);
		cr_assert((double)ns < level.to_s * 1e9 - 1e-6, "%lld ns", (long long)ns);
		json_decref(json);
		series_free(series);
	}
}

Test(series, has_no_levels_without_a_sample)
{
	struct series *series = series_new(0);
	json_t *json = series_json(series);

	cr_assert_null(json_object_get(json, "levels"));
	cr_assert_null(json_object_get(json, "levels_s"));
	cr_assert_null(json_object_get(json, "hours"));
	json_decref(json);
	series_free(series);
}

/* 20 minutes fast, then slow: as when the credits of a disk are used up. */
Test(series, keeps_levels_when_intervals_double)
{
	struct series *series = series_new(0);
	const int64_t fall_ns = 1200 * SECOND, end_ns = 3600 * SECOND;
	double fast = 0, slow = 0;

	for (int64_t at_ns = 0; at_ns < end_ns; at_ns += SECOND / 4)
		series_add(series, at_ns, at_ns < fall_ns ? 800000 : 20000000);
	json_t *json = series_json(series), *rows = json_object_get(json, "rows");

	cr_assert_eq(check_levels(json), 4 * 3600);
	for (size_t row = 0; row < json_array_size(rows); row++) {
		double ends_s =
			cell(rows, row, 0) + json_number_value(json_object_get(json, "interval_s"));

		fast += level_of(json, row, 0.0008).count;
		slow += level_of(json, row, 0.0200).count;
		cr_assert(ends_s > 1200 || level_of(json, row, 0.0200).count == 0);
		cr_assert(cell(rows, row, 0) < 1200 || level_of(json, row, 0.0008).count == 0);
	}
	cr_assert_eq(fast, 4 * 1200);
	cr_assert_eq(slow, 4 * 2400);
	json_decref(json);
	series_free(series);
}

/* Latencies of all sizes in every interval. */
Test(series, makes_levels_wider_before_the_record_gets_long)
{
	struct series *series = series_new(0);
	double samples = 0;

	for (int64_t i = 0; i < SERIES_INTERVALS; i++)
		for (int64_t ns = 1000; ns < 30 * SECOND; ns += 1 + ns / 9, samples++)
			series_add(series, i * SECOND / 20, ns);
	json_t *json = series_json(series);
	struct level level = level_of(json, 0, 0.1);

	cr_assert_eq(check_levels(json), samples);
	cr_assert_gt(level.to_s / level.from_s, 1.3);
	cr_assert(level.from_s <= 0.1 && 0.1 < level.to_s);
	char *text = json_dumps(json_object_get(json, "levels"), JSON_COMPACT);
	cr_assert_leq(strlen(text), 150000);
	free(text);
	json_decref(json);
	series_free(series);
}

/* A series that began `before_midnight_ns` before the next midnight in UTC. */
static struct series *series_before_midnight(int64_t before_midnight_ns, int64_t *origin_ns)
{
	const int64_t day_ns = 24 * 3600 * SECOND;
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	*origin_ns = clock_now_ns() + day_ns - (now.tv_sec * SECOND + now.tv_nsec) % day_ns -
		     before_midnight_ns;
	return series_new(*origin_ns);
}

Test(series, sums_up_the_hours_of_the_day)
{
	const int64_t minute_ns = 60 * SECOND;
	int64_t origin_ns;
	struct series *series = series_before_midnight(90 * minute_ns, &origin_ns);

	/* Three and a half hours from 22:30; a minute's distance to the full hour. */
	for (int64_t i = 1; i < 210; i++)
		if ((i + 30) % 60 > 0)
			series_add(series, origin_ns + i * minute_ns,
				i < 90 ? 1000000 : 1000000 + i * 1000);
	json_t *json = series_json(series), *hours = json_object_get(json, "hours");
	static const double expected[][3] = {
		{0, 59, 1149}, {1, 59, 1209}, {22, 29, 1000}, {23, 59, 1000}};

	cr_assert_eq(json_array_size(hours), 4, "hours without a sample are left out");
	for (size_t i = 0; i < 4; i++) {
		cr_assert_eq(cell(hours, i, 0), expected[i][0]);
		cr_assert_eq(cell(hours, i, 1), expected[i][1]);
		cr_assert_leq(cell(hours, i, 2), cell(hours, i, 3));
		cr_assert_leq(cell(hours, i, 3), cell(hours, i, 4));
		cr_assert_float_eq(cell(hours, i, 4), expected[i][2] * 1e-6, 1e-12);
	}
	cr_assert_float_eq(cell(hours, 0, 2), 1120e-6, 1120e-6 * 0.016);
	json_decref(json);
	series_free(series);
}

/* The same hour of three days. */
Test(series, adds_up_days)
{
	const int64_t hour_ns = 3600 * SECOND;
	int64_t origin_ns;
	struct series *series = series_before_midnight(hour_ns / 2, &origin_ns);

	for (int64_t day = 0; day < 3; day++)
		series_add(series, origin_ns + day * 24 * hour_ns, 1000 * (day + 1));
	json_t *json = series_json(series), *hours = json_object_get(json, "hours");

	cr_assert_eq(json_array_size(hours), 1);
	cr_assert_eq(cell(hours, 0, 0), 23);
	cr_assert_eq(cell(hours, 0, 1), 3);
	cr_assert_float_eq(cell(hours, 0, 2), 2e-6, 2e-6 * 0.016);
	cr_assert_float_eq(cell(hours, 0, 4), 3e-6, 1e-15);
	json_decref(json);
	series_free(series);
}

Test(series, knows_no_time_of_day_before_two_hours)
{
	struct series *series = series_new(0);

	for (int64_t at_s = 3600; at_s < 3600 + 7100; at_s++)
		series_add(series, at_s * SECOND, 1000);
	json_t *json = series_json(series);
	cr_assert_null(json_object_get(json, "hours"));
	json_decref(json);

	series_add(series, (3600 + 7200) * SECOND, 1000);
	json = series_json(series);
	cr_assert(json_object_get(json, "hours"));
	json_decref(json);
	series_free(series);
}
