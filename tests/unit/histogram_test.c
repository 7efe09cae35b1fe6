#include "histogram.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <math.h>
#include <stdlib.h>

#define HIGHEST HISTOGRAM_HIGHEST_NS

/* splitmix64: the same values on every machine. */
static uint64_t random_next(uint64_t *state)
{
	uint64_t z = *state += 0x9e3779b97f4a7c15;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
	z = (z ^ z >> 27) * 0x94d049bb133111eb;
	return z ^ z >> 31;
}

/* Spread evenly over the orders of magnitude from 1 ns to the highest. */
static int64_t random_latency(uint64_t *state)
{
	uint64_t top = UINT64_C(1) << random_next(state) % 43;

	return (int64_t)((top + random_next(state) % top) % (HIGHEST + 1));
}

static int compare_ns(const void *left, const void *right)
{
	int64_t a = *(const int64_t *)left;
	int64_t b = *(const int64_t *)right;

	return (a > b) - (a < b);
}

Test(histogram, slots_cover_the_range_without_gap_or_overlap)
{
	cr_assert(eq(i64, histogram_slot_lowest_ns(0), 0));
	for (size_t slot = 0; slot < HISTOGRAM_SLOTS; slot++) {
		int64_t lowest = histogram_slot_lowest_ns(slot);
		int64_t highest = histogram_slot_highest_ns(slot);

		cr_assert(eq(sz, histogram_slot(lowest), slot));
		cr_assert(eq(sz, histogram_slot(highest), slot));
		if (slot + 1 < HISTOGRAM_SLOTS)
			cr_assert(eq(i64, histogram_slot_lowest_ns(slot + 1), highest + 1));
	}
	cr_assert(lt(sz, histogram_slot(HIGHEST), HISTOGRAM_SLOTS));
	cr_assert(ge(i64, histogram_slot_highest_ns(HISTOGRAM_SLOTS - 1), HIGHEST));
}

Test(histogram, values_up_to_2047_ns_are_exact)
{
	for (int64_t value = 0; value < HISTOGRAM_SUB_BUCKETS; value++) {
		size_t slot = histogram_slot(value);

		cr_assert(eq(i64, histogram_slot_lowest_ns(slot), value));
		cr_assert(eq(i64, histogram_slot_highest_ns(slot), value));
	}
}

Test(histogram, three_significant_digits_from_100_ns_to_1_hour)
{
	struct histogram *histogram = histogram_new();

	for (double exact = 100; exact <= HIGHEST; exact *= 1.0007) {
		int64_t value = (int64_t)exact;

		histogram_reset(histogram);
		histogram_record(histogram, value);
		/* A larger value beside it, or the exact maximum would hide the slot's width. */
		histogram_record(histogram, HIGHEST);
		double error = (double)(histogram_quantile_ns(histogram, 0.5) - value);

		cr_assert(ge(dbl, error, 0));
		cr_assert(lt(dbl, error / (double)value, 0.001), "%ld ns is off by %g", (long)value,
			error);
	}
	histogram_free(histogram);
}

Test(histogram, an_empty_one_answers_zero)
{
	struct histogram *histogram = histogram_new();

	cr_assert(eq(u64, histogram->total, 0));
	cr_assert(eq(i64, histogram->min_ns, INT64_MAX));
	cr_assert(eq(i64, histogram->max_ns, 0));
	cr_assert(eq(i64, histogram_quantile_ns(histogram, 0.5), 0));
	cr_assert(eq(i64, histogram_rank_ns(histogram, 1), 0));
	cr_assert(eq(u64, histogram_count_above(histogram, 0), 0));
	cr_assert(eq(dbl, histogram_mean_ns(histogram), 0));
	histogram_free(histogram);
	histogram_free(NULL);
}

Test(histogram, zero_and_the_highest_value_are_recorded)
{
	struct histogram *histogram = histogram_new();

	histogram_record(histogram, 0);
	histogram_record(histogram, HIGHEST);
	cr_assert(eq(u64, histogram->total, 2));
	cr_assert(eq(u64, histogram->refused, 0));
	cr_assert(eq(i64, histogram->min_ns, 0));
	cr_assert(eq(i64, histogram_quantile_ns(histogram, 0.5), 0));
	cr_assert(eq(i64, histogram_quantile_ns(histogram, 1), HIGHEST));
	histogram_free(histogram);
}

Test(histogram, what_is_out_of_range_is_refused_and_counted)
{
	static const int64_t beyond[] = {-1, INT64_MIN, HIGHEST + 1, INT64_MAX};
	struct histogram *histogram = histogram_new();

	for (size_t i = 0; i < 4; i++)
		histogram_record(histogram, beyond[i]);
	cr_assert(eq(u64, histogram->refused, 4));
	cr_assert(eq(u64, histogram->total, 0));
	cr_assert(eq(i64, histogram->min_ns, INT64_MAX));
	cr_assert(eq(i64, histogram->max_ns, 0));
	for (size_t slot = 0; slot < HISTOGRAM_SLOTS; slot++)
		cr_assert(eq(u64, histogram->slots[slot], 0));
	histogram_free(histogram);
}

Test(histogram, a_single_value_is_every_quantile)
{
	struct histogram *histogram = histogram_new();

	histogram_record(histogram, 1000003);
	for (double q = 0; q <= 1; q += 0.125)
		cr_assert(eq(i64, histogram_quantile_ns(histogram, q), 1000003));
	cr_assert(eq(dbl, histogram_mean_ns(histogram), 1000003));
	histogram_free(histogram);
}

Test(histogram, quantiles_are_those_of_the_sorted_values)
{
	static const double quantiles[] = {0, 1e-9, 0.001, 0.07, 0.25, 0.5, 0.9, 0.99, 0.999, 1};
	static int64_t values[10000];
	struct histogram *histogram = histogram_new();
	uint64_t state = 1;
	const size_t count = sizeof(values) / sizeof(*values);

	for (size_t i = 0; i < count; i++) {
		values[i] = random_latency(&state);
		histogram_record(histogram, values[i]);
	}
	qsort(values, count, sizeof(*values), compare_ns);
	for (size_t rank = 1; rank <= count; rank++) {
		int64_t exact = values[rank - 1];
		int64_t told = histogram_rank_ns(histogram, rank);

		cr_assert(eq(sz, histogram_slot(told), histogram_slot(exact)));
		cr_assert(ge(i64, told, exact));
	}
	for (size_t i = 0; i < sizeof(quantiles) / sizeof(*quantiles); i++) {
		/* These products are whole numbers, or below 1. */
		size_t rank = (size_t)fmax(1, round(quantiles[i] * (double)count));

		cr_assert(eq(i64, histogram_quantile_ns(histogram, quantiles[i]),
				  histogram_rank_ns(histogram, rank)),
			"at %g", quantiles[i]);
	}
	cr_assert(eq(i64, histogram->min_ns, values[0]));
	cr_assert(eq(i64, histogram->max_ns, values[count - 1]));
	histogram_free(histogram);
}

Test(histogram, ranks_round_up_but_not_because_of_binary_fractions)
{
	cr_assert(eq(u64, histogram_rank_of(100, 0.07), 7)); /* 0.07 * 100 > 7 in binary */
	cr_assert(eq(u64, histogram_rank_of(100, 0.071), 8));
	cr_assert(eq(u64, histogram_rank_of(1000, 0.999), 999));
	cr_assert(eq(u64, histogram_rank_of(999, 0.999), 999));
	cr_assert(eq(u64, histogram_rank_of(3, 0.5), 2));
	cr_assert(eq(u64, histogram_rank_of(4, 0.5), 2));
	cr_assert(eq(u64, histogram_rank_of(5, -1), 1));
	cr_assert(eq(u64, histogram_rank_of(5, NAN), 1));
	cr_assert(eq(u64, histogram_rank_of(5, 2), 5));
	cr_assert(eq(u64, histogram_rank_of(0, 0.5), 0));
	cr_assert(eq(u64, histogram_rank_of(UINT64_MAX, 1), UINT64_MAX));
	cr_assert(le(u64, histogram_rank_of(UINT64_MAX, nextafter(1, 0)), UINT64_MAX));
}

Test(histogram, count_above_agrees_with_counting)
{
	static int64_t values[2000];
	struct histogram *histogram = histogram_new();
	uint64_t state = 2;
	const size_t count = sizeof(values) / sizeof(*values);

	for (size_t i = 0; i < count; i++) {
		values[i] = random_latency(&state);
		histogram_record(histogram, values[i]);
	}
	for (size_t i = 0; i < count; i += 7) {
		uint64_t above = 0;

		for (size_t j = 0; j < count; j++)
			above += histogram_slot(values[j]) > histogram_slot(values[i]);
		cr_assert(eq(u64, histogram_count_above(histogram, values[i]), above));
	}
	cr_assert(eq(u64, histogram_count_above(histogram, -1), count));
	cr_assert(eq(u64, histogram_count_above(histogram, INT64_MAX), 0));
	histogram_free(histogram);
}

Test(histogram, merging_equals_recording_together)
{
	struct histogram *parts[2] = {histogram_new(), histogram_new()};
	struct histogram *together = histogram_new();
	struct histogram *empty = histogram_new();
	uint64_t state = 3;

	for (int i = 0; i < 5000; i++) {
		int64_t value = i % 100 ? random_latency(&state) : -1;

		histogram_record(parts[i % 2 || i % 3], value);
		histogram_record(together, value);
	}
	histogram_merge(parts[0], parts[1]);
	histogram_merge(parts[0], empty);
	cr_assert(eq(int, memcmp(parts[0], together, sizeof(*together)), 0));
	histogram_merge(empty, together);
	cr_assert(eq(int, memcmp(empty, together, sizeof(*together)), 0));

	histogram_reset(together);
	cr_assert(eq(u64, together->total + together->refused, 0));
	cr_assert(eq(i64, together->min_ns, INT64_MAX));
	histogram_free(empty);
	histogram_free(together);
	histogram_free(parts[1]);
	histogram_free(parts[0]);
}

Test(histogram, the_mean_is_within_the_precision)
{
	struct histogram *histogram = histogram_new();
	uint64_t state = 4;
	double sum = 0;

	for (int i = 0; i < 5000; i++) {
		int64_t value = random_latency(&state);

		histogram_record(histogram, value);
		sum += (double)value;
	}
	cr_assert(epsilon_eq(dbl, histogram_mean_ns(histogram) / (sum / 5000), 1, 0.0005));
	histogram_free(histogram);
}
