/*
 * What the gate takes for evidence: events of rates, and how much runs differ where that is known
 * of few.
 */
#include "gate.h"
#include "gate_sides.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>

/* Rates of 5 repetitions each, in an hour, of one run each or of `alike` runs. */
static struct gate_result judge_rate_of(const double *a, const double *b, bool higher, bool alike)
{
	static const double hour[] = {1};
	double events[] = {0, 0};

	for (size_t i = 0; i < 5; i++) {
		events[0] += a[i];
		events[1] += b[i];
	}
	const struct rate_sides rates = {{&events[0], hour, 1}, {&events[1], hour, 1}};
	struct gate_metric metric = metric_of(a, 5, b, 5);

	metric.rates = &rates;
	metric.higher_is_better = higher;
	const struct gate_settings settings = {.independent = alike};
	struct gate_result result;

	cr_assert(eq(int, gate_judge(&metric, 1, &settings, &result), 0));
	return result;
}

static struct gate_result judge_rate(const double *a, const double *b, bool higher)
{
	return judge_rate_of(a, b, higher, false);
}

/* R 4.2: poisson.test(c(20, 5), c(1, 1), alternative = "greater"), and its interval. */
Test(rate, events_are_what_counts)
{
	static const double none[] = {0, 0, 0, 0, 0}, few[] = {1, 0, 2, 1, 1},
			    many[] = {4, 5, 3, 4, 4}, burst[] = {0, 80, 0, 0, 0};
	struct gate_result result = judge_rate_of(few, many, false, true);

	cr_assert(eq(int, judge_rate(few, many, false).verdict, GATE_UNDECIDED));
	cr_assert(eq(int, result.verdict, GATE_REGRESSED));
	cr_assert(epsilon_eq(dbl, result.p, 0.00203865766525269, 1e-12));
	cr_assert(epsilon_eq(dbl, result.difference.ratio, 4, 1e-12));
	cr_assert(epsilon_eq(dbl, result.difference.low, 1.45677650431755, 1e-9));
	cr_assert(epsilon_eq(dbl, result.difference.high, 13.638831336088, 1e-9));
	cr_assert(eq(int, judge_rate(none, many, false).verdict, GATE_REGRESSED));
	cr_assert(eq(int, judge_rate(many, none, false).verdict, GATE_IMPROVED));
	cr_assert(eq(int, judge_rate(many, none, true).verdict, GATE_REGRESSED));
	cr_assert(eq(int, judge_rate(none, burst, false).verdict, GATE_UNDECIDED));
	result = judge_rate(none, none, false);
	cr_assert(eq(int, result.verdict, GATE_UNCHANGED));
	cr_assert(result.may_double && !result.tested);
	cr_assert(isnan(result.difference.ratio));
}

/* Of 10 runs against 1, and what any of them may have by chance. */
Test(rate, runs_that_differ_are_no_increase)
{
	static const double hours[] = {1, 1, 1, 1, 1, 1, 1, 1, 1, 1},
			    steady[] = {9, 11, 10, 8, 12, 10, 9, 10, 11, 10},
			    unsteady[] = {0, 31, 2, 14, 1, 0, 26, 5, 18, 3}, more[] = {36};
	const double *baselines[] = {steady, unsteady};
	const enum gate_verdict verdicts[] = {GATE_REGRESSED, GATE_UNDECIDED};
	static const uint32_t runs[] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9};

	for (size_t i = 0; i < COUNT(baselines); i++) {
		const struct rate_sides rates = {{baselines[i], hours, 10}, {more, hours, 1}};
		struct gate_metric metric = {.sides = {.baseline = {baselines[i], runs, 10},
						     .candidate = {more, runs, 1}},
			.rates = &rates};

		cr_assert(eq(int, judge(metric).verdict, verdicts[i]), "%zu", i);
		cr_assert(judge(metric).difference.by_run);
	}
}

/* By events, too, and twice as many are enough; but more than none at all are no suspicion. */
Test(rate, a_single_run_with_less_than_twice_as_many_is_suspected)
{
	static const double hours[] = {1, 1, 1, 1, 1, 1, 1, 1, 1, 1}, none[10] = {0},
			    usual[] = {90, 110, 100, 80, 120, 100, 90, 100, 110, 100},
			    more[] = {170, 175}, many[] = {260};
	static const uint32_t runs[] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9};
	static const struct {
		const double *baseline, *candidate;
		size_t count;
		enum gate_verdict verdict;
		bool suspected;
	} cases[] = {
		{usual, more, 1, GATE_UNDECIDED, true},
		{usual, more, 2, GATE_REGRESSED, false},
		{usual, many, 1, GATE_REGRESSED, false},
		{none, more, 1, GATE_REGRESSED, false},
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		const struct rate_sides rates = {{cases[i].baseline, hours, 10},
			{cases[i].candidate, hours, cases[i].count}};
		struct gate_result result = judge((struct gate_metric){
			.sides = {.baseline = {cases[i].baseline, runs, 10},
				.candidate = {cases[i].candidate, runs, cases[i].count}},
			.rates = &rates});

		cr_assert(eq(int, result.verdict, cases[i].verdict), "%zu", i);
		cr_assert(result.suspected == cases[i].suspected, "%zu", i);
	}
}

/* What differs between runs is not known of one, and what does within a run is known of it. */
Test(gate, an_unsteady_run_is_less_sure)
{
	double before[100], steady[10], unsteady[10];
	uint32_t runs[100];

	for (uint32_t i = 0; i < 100; i++) {
		before[i] = 1 + 0.01 * (i % 3) + 0.002 * (i / 10);
		runs[i] = i / 10;
		steady[i % 10] = 1.3 * before[i % 10];
		unsteady[i % 10] = i % 2 ? 1.6 : 1.0;
	}
	struct gate_metric metric = {
		.sides = {.baseline = {before, runs, 100}, .candidate = {steady, runs, 10}}};

	cr_assert(judge(metric).suspected);
	cr_assert(eq(int, judge_independent(metric).verdict, GATE_REGRESSED));
	metric.sides.candidate.values = unsteady;
	cr_assert(not(judge(metric).suspected));
	cr_assert(eq(int, judge_independent(metric).verdict, GATE_UNDECIDED));
}

/* A clock of steps of 1 in 20. */
Test(gate, one_step_of_a_coarse_clock_is_not_sure)
{
	struct gate_metric metrics[20];
	struct gate_result results[COUNT(metrics)];
	double before[100], after[] = {21, 21, 20, 21, 21, 21, 20, 21, 21, 21};
	uint32_t runs[100];

	for (uint32_t i = 0; i < 100; i++) {
		before[i] = 20;
		runs[i] = i / 10;
	}
	before[17] = 21;
	for (size_t i = 0; i < COUNT(metrics); i++)
		metrics[i] = (struct gate_metric){.threshold = 0.01,
			.sides = {.baseline = {before, runs, 100}, .candidate = {after, runs, 10}}};
	cr_assert(eq(int, gate_judge(metrics, COUNT(metrics), NULL, results), 0));
	cr_assert(eq(int, results[0].verdict, GATE_UNDECIDED));
	cr_assert(not(results[0].suspected));
	for (size_t i = 0; i < COUNT(after); i++)
		after[i] = 26;
	cr_assert(eq(int, gate_judge(metrics, COUNT(metrics), NULL, results), 0));
	cr_assert(results[0].suspected);
}

/* 3 % more than 1 % of noise: sure of these runs, and no more than runs may differ by. */
Test(gate, one_run_against_one_has_to_outdo_what_runs_differ_by)
{
	double little[10] = {0}, much[10];
	struct gate_metric metric = metric_of(ten, 10, little, 10);
	const struct gate_settings alike = {.independent = true, .threshold = 0.01};
	const struct gate_settings any = {.threshold = 0.01};
	struct gate_result result;

	for (size_t i = 0; i < COUNT(little); i++) {
		little[i] = 1.03 * ten[i];
		much[i] = 1.2 * ten[i];
	}
	cr_assert(eq(int, gate_judge(&metric, 1, &alike, &result), 0));
	cr_assert(eq(int, result.verdict, GATE_REGRESSED));
	cr_assert(eq(int, gate_judge(&metric, 1, &any, &result), 0));
	cr_assert(eq(int, result.verdict, GATE_UNDECIDED));
	cr_assert(not(result.suspected));
	cr_assert(gt(sz, result.more_runs, 0));
	metric.sides.candidate.values = much;
	cr_assert(eq(int, gate_judge(&metric, 1, &any, &result), 0));
	cr_assert(result.suspected);
}

/* Of a single run on either side, what is not twice as bad may be its host's state; of two runs, or
 * of two repeats, it is not. */
Test(gate, a_single_run_has_to_be_twice_as_bad)
{
	static const uint32_t one_run[20] = {0}, two_runs[20] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1,
							 1, 1, 1, 1, 1, 1, 1, 1};
	static const struct {
		const uint32_t *baseline, *candidate, *whole[2];
		size_t repeats;
		double factor;
		bool higher;
		enum gate_verdict verdict;
		bool suspected;
	} cases[] = {
		{two_runs, one_run, {NULL}, 0, 1.9, false, GATE_UNDECIDED, true},
		{one_run, two_runs, {NULL}, 0, 1.9, false, GATE_UNDECIDED, true},
		{two_runs, one_run, {NULL}, 2, 1.9, false, GATE_REGRESSED, false},
		{two_runs, one_run, {NULL}, 0, 2.1, false, GATE_REGRESSED, false},
		{two_runs, one_run, {NULL}, 0, 1 / 1.9, true, GATE_UNDECIDED, true},
		{two_runs, one_run, {NULL}, 0, 1 / 2.1, true, GATE_REGRESSED, false},
		{two_runs, one_run, {NULL}, 0, 1 / 1.9, false, GATE_UNCHANGED, false},
		{two_runs, one_run, {NULL}, 0, 1 / 2.1, false, GATE_IMPROVED, false},
		{two_runs, two_runs, {one_run, one_run}, 0, 1.9, false, GATE_REGRESSED, false},
		{two_runs, two_runs, {NULL}, 0, 1.9, false, GATE_REGRESSED, false},
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		double before[20], after[20];

		for (size_t j = 0; j < COUNT(before); j++) {
			before[j] = ten[j % 10];
			after[j] = cases[i].factor * ten[j % 10];
		}
		struct gate_result result = judge((struct gate_metric){
			.sides = {.baseline = {before, cases[i].baseline, 20},
				.candidate = {after, cases[i].candidate, 20},
				.whole = {cases[i].whole[0], cases[i].whole[1]}},
			.repeats = {0, cases[i].repeats},
			.higher_is_better = cases[i].higher});

		cr_assert(eq(int, result.verdict, cases[i].verdict), "%zu", i);
		cr_assert(result.suspected == cases[i].suspected, "%zu", i);
		if (result.suspected)
			cr_assert(gt(sz, result.more_runs, 0), "%zu", i);
	}
}

/* 7 % more, and sure to be less than the 10 % that a pass rules out. */
Test(gate, what_is_suspected_does_not_pass)
{
	double before[20], after[20];
	static const uint32_t one_run[20] = {0},
			      two_runs[20] = {[10] = 1, 1, 1, 1, 1, 1, 1, 1, 1, 1};

	for (size_t i = 0; i < COUNT(before); i++) {
		before[i] = 1 + 1e-3 * (double)(i % 5);
		after[i] = 1.07 * before[i];
	}
	struct gate_metric metric = {
		.sides = {.baseline = {before, two_runs, 20}, .candidate = {after, one_run, 20}}};
	struct gate_result result = judge(metric);

	cr_assert(result.suspected);
	cr_assert(eq(int, result.verdict, GATE_UNDECIDED));
	cr_assert(eq(sz, result.more_repetitions, 0));
	cr_assert(gt(sz, result.more_runs, 0));
	cr_assert(eq(int, judge_independent(metric).verdict, GATE_REGRESSED));
}

/* There is no telling how much more than nothing something is. */
Test(gate, what_a_single_run_has_in_place_of_nothing_is_suspected)
{
	static const double nothing[10] = {0};
	struct gate_metric metric = metric_of(nothing, 10, ten, 10);

	cr_assert(judge(metric).suspected);
	cr_assert(eq(int, judge_independent(metric).verdict, GATE_REGRESSED));
}

/* Two runs of 3 repeats on each side. Repeats of a run are alike, and the candidate's slower. */
Test(gate, repeats_say_nothing_of_how_runs_differ)
{
	static const double levels[][4] = {{1.00, 1.01, 1.20, 1.21}, {1.00, 1.10, 1.15, 1.25}};
	const enum gate_verdict verdicts[] = {GATE_REGRESSED, GATE_UNDECIDED};
	uint32_t repeats[30], runs[30];

	for (size_t l = 0; l < COUNT(levels); l++) {
		double values[60];

		for (uint32_t i = 0; i < COUNT(values); i++) {
			values[i] = levels[l][i / 15] * ten[i % 5] * (1 + 0.002 * (i / 5 % 3));
			repeats[i % 30] = i % 30 / 5;
			runs[i % 30] = i % 30 / 15;
		}
		struct gate_metric metric = {.sides = {.baseline = {values, repeats, 30},
						     .candidate = {values + 30, repeats, 30}}};

		cr_assert(eq(int, judge(metric).verdict, GATE_REGRESSED), "taken for runs, %zu", l);
		metric.sides.whole[0] = metric.sides.whole[1] = runs;
		cr_assert(eq(int, judge(metric).verdict, verdicts[l]), "%zu", l);
		cr_assert(judge(metric).difference.by_run);
	}
}
