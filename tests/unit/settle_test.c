#include "settle.h"

#include <criterion/criterion.h>
#include <math.h>
#include <string.h>

static const struct metric_spec rate = {"disk.rate", "Writes", "writes/s", BETTER_HIGHER};
static const struct distribution_spec flush = {"disk.flush", "Flush"};

static struct settle limits(const char *text)
{
	struct settle settle;
	struct problem problem = {""};

	cr_assert_eq(settle_parse("limits", text, &settle, &problem), 0, "%s", problem.text);
	return settle;
}

Test(settle, reads_limits)
{
	struct settle settle = limits("disk.flush.p99<=0.01,disk.rate>=50,disk.rate<=1e6");

	cr_assert_eq(settle.count, 3);
	cr_expect_str_eq(settle.limit[0].name, "disk.flush.p99");
	cr_expect_eq(settle.limit[0].max, 0.01);
	cr_expect_eq(settle.limit[0].min, -INFINITY);
	cr_expect_eq(settle.limit[1].min, 50);
	cr_expect_eq(settle.limit[1].max, INFINITY);
	cr_expect_eq(settle.limit[2].max, 1e6);
	cr_expect_eq(limits("").count, 0);
	cr_expect_eq(limits(NULL).count, 0);
}

Test(settle, refuses_what_is_no_limit)
{
	static const char *const bad[] = {"x", "x=1", "x<1", "<=1", "x<=", "x<=y", "x<=1z",
		"x<=nan", "x<=inf", "x<=1,,y<=2", "x<=1,y", "x>1"};
	char many[SETTLE_LIMITS_MAX * 8 + 16] = "x<=1";

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct settle settle;
		struct problem problem = {""};

		cr_expect_lt(settle_parse("limits", bad[i], &settle, &problem), 0, "%s", bad[i]);
		cr_expect(strstr(problem.text, "--limits"), "%s", problem.text);
	}
	for (int i = 0; i < SETTLE_LIMITS_MAX; i++)
		strcat(many, ",x<=1");
	struct settle settle;
	cr_expect_lt(settle_parse("limits", many, &settle, NULL), 0);
}

/* A record with six rates of 100 to 105 and flushes of 1 ms. */
static struct record *measured(int samples)
{
	struct record *record = record_new(&(struct record_identity){
		.name = "disk", .question = "q", .method = "m", .preset = "quick", .seed = 1});
	struct histogram *flushes = histogram_new();

	for (int i = 0; i < samples; i++)
		histogram_record(flushes, 1000000 + i);
	for (int i = 0; i < 6; i++) {
		record_value(record, &rate, NULL, 100 + i);
		record_histogram(record, &flush, NULL, flushes);
	}
	histogram_free(flushes);
	return record;
}

static bool settled(struct record *record, const char *text, char *open, size_t size)
{
	struct settle settle = limits(text);

	open[0] = '\0';
	return settle_is_reached(&settle, record, open, size);
}

Test(settle, an_interval_on_one_side_is_settled)
{
	struct record *record = measured(100);
	char open[256];

	cr_expect(settled(record, "", open, sizeof(open)));
	cr_expect(settled(record, "disk.rate>=50", open, sizeof(open)));
	cr_expect(settled(record, "disk.rate>=500", open, sizeof(open)), "broken is settled too");
	cr_expect(settled(record, "disk.flush.p99<=0.01", open, sizeof(open)));
	cr_expect(settled(record, "disk.flush.p99<=0.0001", open, sizeof(open)));
	cr_expect(settled(record, "other.metric<=1", open, sizeof(open)));
	json_decref(record_finish(record, RECORD_COMPLETE, ""));
}

Test(settle, an_interval_around_its_limit_is_not)
{
	struct record *record = measured(100);
	char open[256];

	cr_expect_not(settled(record, "disk.flush.p99<=0.01,disk.rate>=102", open, sizeof(open)));
	cr_expect_str_eq(open,
		"Writes is between 100 writes/s and 105 writes/s, on both sides of its "
		"limit of 102 writes/s");
	json_decref(record_finish(record, RECORD_COMPLETE, ""));
}

Test(settle, a_side_left_open_is_not)
{
	struct record *record = measured(10);
	char open[256];

	/* 60 samples do not bound the 99th percentile. */
	cr_expect_not(settled(record, "disk.flush.p99<=0.01", open, sizeof(open)));
	cr_expect(strstr(open, "unbounded"), "%s", open);
	json_decref(record_finish(record, RECORD_COMPLETE, ""));
}
