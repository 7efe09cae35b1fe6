#include "changes.h"
#include "gate.h"
#include "gate_sides.h"
#include "holm.h"
#include "rank.h"
#include "serial.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <errno.h>
#include <math.h>
#include <stdlib.h>

static const double ten_worse[] = {1.50, 1.52, 1.49, 1.51, 1.48, 1.52, 1.49, 1.50, 1.51, 1.48};

Test(rank, an_empty_group_says_nothing)
{
	struct rank_test test;

	cr_assert(eq(int, rank_test(ten, 10, ten, 0, &test), 0));
	cr_assert(eq(dbl, test.p, 1));
	cr_assert(eq(dbl, test.p_greater, 1));
	cr_assert(isnan(rank_cliffs_delta(ten, 0, ten, 10)));
}

Test(rank, values_that_are_no_number_are_refused)
{
	const double wrong[] = {1, NAN};
	struct rank_test test = {.p = 7};

	cr_assert(eq(int, rank_test(ten, 10, wrong, 2, &test), -EINVAL));
	cr_assert(eq(dbl, test.p, 7));
	cr_assert(isnan(rank_cliffs_delta(ten, 10, wrong, 2)));
}

Test(rank, equal_values_are_no_evidence)
{
	double equal[50];
	struct rank_test test;

	for (size_t i = 0; i < COUNT(equal); i++)
		equal[i] = 3;
	for (size_t n = 1; n <= 50; n += 7) {
		cr_assert(eq(int, rank_test(equal, n, equal, 50, &test), 0));
		cr_assert(epsilon_eq(dbl, test.p, 1, 1e-12));
		cr_assert(eq(dbl, rank_cliffs_delta(equal, n, equal, 50), 0));
	}
}

Test(rank, the_smallest_p_of_ten_and_ten_is_one_in_184756)
{
	struct rank_test test;

	cr_assert(eq(int, rank_test(ten, 10, ten_worse, 10, &test), 0));
	cr_assert(test.exact);
	cr_assert(epsilon_eq(dbl, test.p_greater * 184756, 1, 1e-9));
	cr_assert(epsilon_eq(dbl, test.p_less, 1, 1e-12));
	cr_assert(eq(dbl, rank_cliffs_delta(ten, 10, ten_worse, 10), 1));
}

Test(holm, tests_that_were_not_made_do_not_count)
{
	double p[] = {NAN, 0.01, NAN, 0.02};

	cr_assert(eq(int, holm_adjust(p, 4), 0));
	cr_assert(isnan(p[0]) && isnan(p[2]));
	cr_assert(epsilon_eq(dbl, p[1], 0.02, 1e-15));
	cr_assert(epsilon_eq(dbl, p[3], 0.02, 1e-15));
	cr_assert(eq(int, holm_adjust(NULL, 0), 0));
}

Test(serial, a_ramp_is_correlated_and_alternation_is_not)
{
	double ramp[20], alternating[20], equal[20] = {0};

	for (int i = 0; i < 20; i++) {
		ramp[i] = i;
		alternating[i] = i % 2;
	}
	const struct repetitions sides[] = {
		{ramp, NULL, 20}, {alternating, NULL, 20}, {equal, NULL, 20}};

	cr_assert(gt(dbl, serial_within_runs(&sides[0], 1).correlation, 0.9));
	cr_assert(lt(dbl, serial_within_runs(&sides[1], 1).correlation, -0.9));
	cr_assert(eq(dbl, serial_within_runs(&sides[2], 1).correlation, 0));
	cr_assert(eq(dbl, serial_within_runs(&sides[2], 1).error, INFINITY));
	cr_assert(eq(dbl, serial_correlation(ramp, 2), 0));
}

/* R 4.2: acf(c(2, 4, 3, 7, 5, 6), plot = FALSE)$acf[2] */
Test(serial, it_is_what_acf_of_r_says)
{
	const double values[] = {2, 4, 3, 7, 5, 6};

	cr_assert(epsilon_eq(dbl, serial_correlation(values, 6), 0.014285714285714285, 1e-12));
}

Test(gate, nothing_to_compare_is_not_a_pass)
{
	static const double one[] = {5};
	struct gate_result results[] = {judge(metric_of(ten, 10, ten, 0)),
		judge(metric_of(ten, 0, ten, 10)), judge(metric_of(ten, 0, ten, 0)),
		judge(metric_of(one, 1, one, 1)), judge(metric_of(ten, 10, one, 1))};

	for (size_t i = 0; i < COUNT(results); i++) {
		cr_assert(eq(int, results[i].verdict, GATE_UNDECIDED), "%zu", i);
		cr_assert(gt(dbl, results[i].p, 0.05), "%zu", i);
	}
	cr_assert(eq(int, gate_overall(results, 0), GATE_UNDECIDED));
}

Test(gate, verdicts_of_calls_follow_the_worst_metric)
{
	static const double slow[] = {1.09};
	struct gate_metric metrics[] = {metric_of(ten, 10, ten, 10),
		metric_of(ten_worse, 10, ten, 10), metric_of(ten, 10, slow, 1),
		metric_of(ten, 10, ten_worse, 10)};
	struct gate_result results[4];

	cr_assert(eq(int, gate_judge(metrics, 4, &independent, results), 0));
	cr_assert(eq(int, results[0].verdict, GATE_UNCHANGED));
	cr_assert(eq(int, results[1].verdict, GATE_IMPROVED));
	cr_assert(eq(int, results[2].verdict, GATE_UNDECIDED));
	cr_assert(eq(int, results[3].verdict, GATE_REGRESSED));
	cr_assert(eq(int, gate_overall(results, 2), GATE_UNCHANGED));
	cr_assert(eq(int, gate_overall(results, 3), GATE_UNDECIDED));
	cr_assert(eq(int, gate_overall(results, 4), GATE_REGRESSED));
	cr_assert(epsilon_eq(dbl, results[3].worse, 0.5, 0.01));
	cr_assert(epsilon_eq(dbl, results[3].difference.effect, 1, 1e-12));
}

Test(gate, half_is_as_bad_as_twice_is)
{
	double tenth[10] = {0};
	struct gate_metric metric = metric_of(ten, 10, tenth, 10);

	for (size_t i = 0; i < COUNT(tenth); i++)
		tenth[i] = ten[i] / 10;
	metric.higher_is_better = true;
	for (metric.threshold = 0.05; metric.threshold < 8; metric.threshold *= 2)
		cr_assert(eq(int, judge(metric).verdict, GATE_REGRESSED), "%g", metric.threshold);
	metric.threshold = 10;
	cr_assert(eq(int, judge(metric).verdict, GATE_UNCHANGED));
}

/* 3 and 3 repetitions: one of 20 divisions. */
Test(gate, what_cannot_be_significant_is_no_part_of_the_odds)
{
	struct gate_metric metrics[100];
	struct gate_result results[COUNT(metrics)];

	metrics[0] = metric_of(ten, 10, ten_worse, 10);
	for (size_t i = 1; i < COUNT(metrics); i++)
		metrics[i] = metric_of(ten, 3, ten_worse, 3);
	cr_assert(eq(int, gate_judge(metrics, COUNT(metrics), &independent, results), 0));
	cr_assert(eq(int, results[0].verdict, GATE_REGRESSED));
	cr_assert(eq(dbl, results[0].p_adjusted, results[0].p));
	cr_assert(results[0].tested && !results[1].tested);
	cr_assert(epsilon_eq(dbl, results[1].floor, 0.05, 1e-9));
	cr_assert(eq(int, results[1].verdict, GATE_UNDECIDED));
}

/* Of 5 and 5, one of 252 divisions, of 8 and 8 one of 12870; 100 metrics share 0.01. */
Test(gate, a_forecast_knows_what_so_few_repetitions_can_say)
{
	struct gate_metric metrics[100];
	struct gate_result results[COUNT(metrics)];

	for (size_t i = 0; i < COUNT(metrics); i++)
		metrics[i] = metric_of(ten, 5, ten_worse, 5);
	cr_assert(eq(int, gate_judge(metrics, COUNT(metrics), &independent, results), 0));
	cr_assert(eq(int, results[0].verdict, GATE_UNDECIDED));
	cr_assert(eq(sz, results[0].more_repetitions, 3));
}

Test(gate, settings_that_make_no_sense_are_refused)
{
	struct gate_metric metric = metric_of(ten, 10, ten, 10);
	struct gate_result result;
	const struct gate_settings wrong[] = {
		{.alpha = -1}, {.threshold = NAN}, {.tolerance = INFINITY}};

	for (size_t i = 0; i < COUNT(wrong); i++)
		cr_assert(eq(int, gate_judge(&metric, 1, &wrong[i], &result), -EINVAL));
	metric.threshold = -0.1;
	cr_assert(eq(int, gate_judge(&metric, 1, NULL, &result), -EINVAL));
}

Test(gate, a_change_below_the_threshold_is_no_alarm)
{
	struct gate_metric metric = metric_of(ten, 10, ten_worse, 10);

	metric.threshold = 0.6;
	cr_assert(eq(int, judge_independent(metric).verdict, GATE_UNCHANGED));
	metric.threshold = 0.4;
	cr_assert(eq(int, judge_independent(metric).verdict, GATE_REGRESSED));
	metric.least = 0.6;
	cr_assert(ne(int, judge_independent(metric).verdict, GATE_REGRESSED));
}

/* A tolerance of more than everything: nothing is 100 % less than before. */
Test(gate, a_rate_can_fall_by_no_more_than_all)
{
	struct gate_metric metric = metric_of(ten, 10, ten, 10);

	metric.higher_is_better = true;
	metric.threshold = 2;
	cr_assert(eq(int, judge(metric).verdict, GATE_UNCHANGED));
}

Test(gate, values_that_never_vary_are_compared_as_they_are)
{
	double before[110], same[10], after[10];
	uint32_t runs[110], one_run[10] = {0};

	for (uint32_t i = 0; i < 110; i++) {
		before[i] = 1500;
		runs[i] = i / 10;
		same[i % 10] = 1500;
		after[i % 10] = 700;
	}
	struct gate_metric metric = {
		.sides = {.baseline = {before, runs, 100}, .candidate = {same, one_run, 10}},
		.higher_is_better = true};

	cr_assert(eq(int, judge(metric).verdict, GATE_UNCHANGED));
	metric.sides.candidate.values = after;
	cr_assert(eq(int, judge(metric).verdict, GATE_REGRESSED));
	cr_assert(judge(metric).difference.by_run);
}

Test(gate, huge_and_tiny_values_do_not_overflow)
{
	static const double huge[] = {1e308, 1.1e308, 1.05e308, 1e308, 1.02e308, 1.7e308};
	static const double tiny[] = {5e-324, 1e-300, 1e-310, 5e-324, 1e-300, 1e-305};
	static const double both[] = {-1.7e308, 1.7e308, -1.7e308, 1.7e308, 0, 1};
	const double *sides[] = {huge, tiny, both};

	for (size_t i = 0; i < 3; i++)
		for (size_t j = 0; j < 3; j++) {
			struct gate_result result = judge(metric_of(sides[i], 6, sides[j], 6));

			cr_assert(result.p >= 0 && result.p <= 1, "%zu %zu", i, j);
			cr_assert(
				result.p_adjusted >= 0 && result.p_adjusted <= 1, "%zu %zu", i, j);
		}
}

Test(difference, classes)
{
	const struct difference_sides sides[] = {
		{.baseline = {ten, NULL, 10}, .candidate = {ten, NULL, 10}},
		{.baseline = {ten, NULL, 10}, .candidate = {ten_worse, NULL, 10}},
		{.baseline = {ten, NULL, 10}, .candidate = {ten, NULL, 0}}};
	struct difference differences[3];

	cr_assert(eq(int, difference_of(sides, 3, differences), 0));
	cr_assert(eq(int, difference_classify(&differences[0], differences[0].p, 0.05),
		DIFFERENCE_NOISE));
	cr_assert(eq(int, difference_classify(&differences[1], differences[1].p, 0.05),
		DIFFERENCE_REAL));
	cr_assert(eq(int, difference_classify(&differences[1], 0.03, 0.05), DIFFERENCE_LIKELY));
	cr_assert(eq(int, difference_classify(&differences[2], differences[2].p, 0.05),
		DIFFERENCE_NOT_ENOUGH));
	cr_assert(isnan(differences[2].median[1]));
}

Test(changes, short_series_have_none)
{
	struct change changes[4];
	size_t count = 7;
	const double values[] = {1, 1, 1, 1, 2, 2, 2, 2, 2};

	cr_assert(eq(int, changes_find(NULL, 0, NULL, changes, &count), 0));
	cr_assert(eq(sz, count, 0));
	cr_assert(eq(int, changes_find(values, 9, NULL, changes, &count), 0));
	cr_assert(eq(sz, count, 0));
	cr_assert(eq(sz, changes_divide(values, 1, 2).index, 0));
}

Test(changes, what_is_no_number_is_refused)
{
	struct change changes[8];
	size_t count;
	double values[30] = {0};
	const struct changes_settings wrong[] = {
		{.p = 1}, {.p = NAN}, {.segment = 2}, {.window = 19}, {.magnitude = -1}};

	for (size_t i = 0; i < COUNT(wrong); i++)
		cr_assert(eq(int, changes_find(values, 30, &wrong[i], changes, &count), -EINVAL));
	values[7] = NAN;
	cr_assert(eq(int, changes_find(values, 30, NULL, changes, &count), -EINVAL));
}

Test(changes, zeros_and_negative_values_have_levels_too)
{
	struct change changes[8];
	double values[40];
	size_t count;

	for (int i = 0; i < 40; i++)
		values[i] = (i < 20 ? -5 : 0) + 0.1 * (i % 3);
	cr_assert(eq(int, changes_find(values, 40, NULL, changes, &count), 0));
	cr_assert(eq(sz, count, 1));
	cr_assert(eq(sz, changes[0].index, 20));
	cr_assert(isnan(changes[0].ratio));
	for (int i = 0; i < 40; i++)
		values[i] = i < 20 ? 0 : 3;
	cr_assert(eq(int, changes_find(values, 40, NULL, changes, &count), 0));
	cr_assert(eq(sz, count, 1));
}
