#include "judge.h"

#include <criterion/criterion.h>
#include <math.h>
#include <string.h>

static enum status judge(double value, double low, double high, double min, double max)
{
	struct interval interval = {.n = 6, .value = value, .low = low, .high = high};

	return judge_interval(&interval, min, max);
}

#define UPPER(limit) -INFINITY, limit
#define LOWER(limit) limit, INFINITY

Test(judge, whole_interval_decides_against_an_upper_limit)
{
	cr_expect_eq(judge(5, 4, 6, UPPER(10)), STATUS_MET);
	cr_expect_eq(judge(15, 14, 16, UPPER(10)), STATUS_NOT_MET);
}

Test(judge, whole_interval_decides_against_a_lower_limit)
{
	cr_expect_eq(judge(15, 14, 16, LOWER(10)), STATUS_MET);
	cr_expect_eq(judge(5, 4, 6, LOWER(10)), STATUS_NOT_MET);
}

Test(judge, limit_inside_the_interval_is_never_a_plain_pass)
{
	cr_expect_eq(judge(9, 8, 11, UPPER(10)), STATUS_MARGINAL);
	cr_expect_eq(judge(12, 9, 13, UPPER(10)), STATUS_MARGINAL);
	cr_expect_eq(judge(12, 9, 13, LOWER(10)), STATUS_MARGINAL);
	cr_expect_eq(judge(8, 7, 11, LOWER(10)), STATUS_MARGINAL);
}

Test(judge, limit_on_the_edge_of_an_interval_is_inside_it)
{
	cr_expect_eq(judge(9, 8, 10, UPPER(10)), STATUS_MARGINAL);
	cr_expect_eq(judge(12, 10, 13, UPPER(10)), STATUS_MARGINAL);
	cr_expect_eq(judge(12, 10, 13, LOWER(10)), STATUS_MARGINAL);
	cr_expect_eq(judge(9, 8, 10, LOWER(10)), STATUS_MARGINAL);
}

Test(judge, reading_without_width_meets_the_limit_it_equals)
{
	cr_expect_eq(judge(0, 0, 0, UPPER(0)), STATUS_MET);
	cr_expect_eq(judge(10, 10, 10, LOWER(10)), STATUS_MET);
	cr_expect_eq(judge(10, 10, 10, 10, 10), STATUS_MET);
}

Test(judge, open_bad_side_is_not_enough_evidence)
{
	cr_expect_eq(judge(5, 4, INFINITY, UPPER(10)), STATUS_NOT_ENOUGH);
	cr_expect_eq(judge(15, -INFINITY, 16, LOWER(10)), STATUS_NOT_ENOUGH);
	cr_expect_eq(judge(15, -INFINITY, INFINITY, LOWER(10)), STATUS_NOT_ENOUGH);
	cr_expect_eq(judge(5, -INFINITY, INFINITY, UPPER(10)), STATUS_NOT_ENOUGH);
}

Test(judge, one_reading_on_the_bad_side_is_not_enough_evidence_either)
{
	cr_expect_eq(judge(15, -INFINITY, INFINITY, UPPER(10)), STATUS_NOT_ENOUGH);
	cr_expect_eq(judge(15, 9, INFINITY, UPPER(10)), STATUS_NOT_ENOUGH);
}

Test(judge, open_side_away_from_the_limit_does_not_matter)
{
	cr_expect_eq(judge(15, 14, INFINITY, UPPER(10)), STATUS_NOT_MET);
	cr_expect_eq(judge(5, -INFINITY, 6, UPPER(10)), STATUS_MET);
	cr_expect_eq(judge(15, 14, INFINITY, LOWER(10)), STATUS_MET);
	cr_expect_eq(judge(5, -INFINITY, 6, LOWER(10)), STATUS_NOT_MET);
}

Test(judge, two_limits_must_both_hold)
{
	cr_expect_eq(judge(5, 4, 6, 1, 10), STATUS_MET);
	cr_expect_eq(judge(5, 0.5, 6, 1, 10), STATUS_MARGINAL);
	cr_expect_eq(judge(5, 4, 11, 1, 10), STATUS_MARGINAL);
	cr_expect_eq(judge(0.5, 0.4, 0.6, 1, 10), STATUS_NOT_MET);
	cr_expect_eq(judge(12, 11, 13, 1, 10), STATUS_NOT_MET);
	cr_expect_eq(judge(5, -INFINITY, 6, 1, 10), STATUS_NOT_ENOUGH);
}

Test(judge, reading_that_is_no_number_is_not_measured)
{
	cr_expect_eq(judge(NAN, 4, 6, UPPER(10)), STATUS_NOT_MEASURED);
	cr_expect_eq(judge(5, NAN, 6, UPPER(10)), STATUS_NOT_MEASURED);
	cr_expect_eq(judge(5, 4, NAN, UPPER(10)), STATUS_NOT_MEASURED);
	cr_expect_eq(judge(INFINITY, INFINITY, INFINITY, UPPER(10)), STATUS_NOT_MEASURED);
}

Test(judge, excess_is_a_share_of_the_limit)
{
	cr_expect_float_eq(judge_excess(15, UPPER(10)), 0.5, 1e-9);
	cr_expect_float_eq(judge_excess(8, UPPER(10)), -0.2, 1e-9);
	cr_expect_float_eq(judge_excess(5, LOWER(10)), 0.5, 1e-9);
	cr_expect_float_eq(judge_excess(3, UPPER(0)), 3, 1e-9);
	cr_expect_float_eq(judge_excess(9, 1, 10), -0.1, 1e-9);
}

/* One required and one advised line; what do they add up to? */
static enum overall add_up(enum status required, enum status advised)
{
	json_t *must = json_pack("{s:s}", "severity", "required");
	json_t *should = json_pack("{s:s}", "severity", "advised");
	struct line lines[] = {
		{.requirement = should, .status = advised},
		{.requirement = must, .status = required},
	};
	enum overall overall = judge_overall(lines, 2);

	json_decref(must);
	json_decref(should);
	return overall;
}

Test(judge, required_lines_decide)
{
	cr_expect_eq(add_up(STATUS_MET, STATUS_MET), OVERALL_SUITABLE);
	cr_expect_eq(add_up(STATUS_MARGINAL, STATUS_MET), OVERALL_MARGINAL);
	cr_expect_eq(add_up(STATUS_NOT_ENOUGH, STATUS_MET), OVERALL_NOT_ENOUGH);
	cr_expect_eq(add_up(STATUS_NOT_MEASURED, STATUS_MET), OVERALL_NOT_ENOUGH);
	cr_expect_eq(add_up(STATUS_NOT_MET, STATUS_MET), OVERALL_UNSUITABLE);
}

Test(judge, advice_only_counts_when_it_is_broken)
{
	cr_expect_eq(add_up(STATUS_MET, STATUS_MARGINAL), OVERALL_SUITABLE);
	cr_expect_eq(add_up(STATUS_MET, STATUS_NOT_ENOUGH), OVERALL_SUITABLE);
	cr_expect_eq(add_up(STATUS_MET, STATUS_NOT_MEASURED), OVERALL_SUITABLE);
	cr_expect_eq(add_up(STATUS_MET, STATUS_NOT_MET), OVERALL_MARGINAL);
	cr_expect_eq(add_up(STATUS_NOT_ENOUGH, STATUS_NOT_MET), OVERALL_NOT_ENOUGH);
	cr_expect_eq(add_up(STATUS_NOT_MET, STATUS_NOT_MET), OVERALL_UNSUITABLE);
}
