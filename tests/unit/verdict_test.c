/*
 * Runs whose truth is known: the documents are built here, the histograms with the suite's own
 * encoder.
 */
#include "verdict.h"

#include "exit_code.h"
#include "histogram.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MS 1000000

/* A histogram of `count` latencies between 0.9 and 1.1 of `latency_ns`, so that every quantile is
 * near it. */
static json_t *histogram(int64_t latency_ns, int count)
{
	struct histogram *values = histogram_new();
	char *text;
	json_t *json;

	for (int i = 0; i < count; i++)
		histogram_record(values, latency_ns * (900 + 200 * (i % 101) / 100) / 1000);
	text = histogram_encode(values);
	json = json_string(text);
	free(text);
	histogram_free(values);
	return json;
}

/* A distribution "d" with one histogram a repetition. */
static json_t *distribution(
	const char *payload, int repetitions, const int64_t *latencies, int count)
{
	json_t *list = json_array();

	for (int i = 0; i < repetitions; i++)
		json_array_append_new(list, histogram(latencies[i], count));
	return json_pack("{s:s, s:{s:s}, s:i, s:o}", "name", "d", "labels", "payload", payload,
		"beyond_range", 0, "repetitions", list);
}

/* Its 99th percentile as a metric. */
static json_t *quantile(const char *payload)
{
	return json_pack("{s:s, s:s, s:{s:s}, s:s, s:f}", "name", "d.p99", "unit", "s", "labels",
		"payload", payload, "distribution", "d", "quantile", 0.99);
}

static json_t *values(const char *name, const char *unit, int count, const double *numbers)
{
	json_t *list = json_array();

	for (int i = 0; i < count; i++)
		json_array_append_new(list, json_real(numbers[i]));
	return json_pack(
		"{s:s, s:s, s:{}, s:o}", "name", name, "unit", unit, "labels", "values", list);
}

static json_t *result(const char *bench, const char *status)
{
	return json_pack("{s:s, s:{s:s}, s:s, s:[], s:[], s:[], s:[], s:{}}", "schema",
		"seatrial.result/1", "bench", "name", bench, "status", status, "metrics",
		"distributions", "facts", "skipped", "conditions");
}

static void add(json_t *document, const char *list, json_t *item)
{
	json_array_append_new(json_object_get(document, list), item);
}

/* A result with the latency "d" for one payload, the same in every repetition. */
static json_t *latency_result(const char *payload, int repetitions, int64_t latency_ns, int count)
{
	int64_t latencies[16];
	json_t *document = result("disk", "complete");

	for (int i = 0; i < repetitions; i++)
		latencies[i] = latency_ns;
	add(document, "metrics", quantile(payload));
	add(document, "distributions", distribution(payload, repetitions, latencies, count));
	return document;
}

static json_t *requirement(const char *id, const char *severity)
{
	return json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:s}", "id", id, "title", "Flushes",
		"bench", "disk", "severity", severity, "source", "a book", "why",
		"The API hangs. Often.", "do", "Buy another.");
}

/* Requires the 99th percentile of "d" within 10 ms. */
static json_t *latency_requirement(const char *severity)
{
	json_t *json = requirement("latency", severity);

	json_object_set_new(json, "metric", json_string("d.p99"));
	json_object_set_new(json, "max", json_real(0.01));
	json_object_set_new(json, "unit", json_string("s"));
	return json;
}

static json_t *rate_requirement(const char *severity, double min)
{
	json_t *json = requirement("rate", severity);

	json_object_set_new(json, "metric", json_string("rate"));
	json_object_set_new(json, "min", json_real(min));
	json_object_set_new(json, "unit", json_string("writes/s"));
	return json;
}

static json_t *fact_requirement(const char *severity)
{
	json_t *json = requirement("fact", severity);

	json_object_set_new(json, "fact", json_string("f"));
	return json;
}

static json_t *fact(const char *status, json_t *value)
{
	return json_pack("{s:s, s:s, s:o, s:s}", "id", "f", "status", status, "value", value, "why",
		"It means something.");
}

static json_t *profile(json_t *requirements)
{
	return json_pack("{s:s, s:s, s:s, s:s, s:o}", "schema", "seatrial.profile/1", "name",
		"mine", "title", "Mine", "description", "Of this test.", "requirements",
		requirements);
}

static json_t *run(json_t *profiles, json_t *results)
{
	return json_pack("{s:s, s:s, s:s, s:s, s:o, s:o, s:[]}", "schema", "seatrial.run/1", "id",
		"20260102T030405Z-01234567", "state", "complete", "started", "2026-01-02T03:04:05Z",
		"profiles", profiles, "results", results, "notes");
}

/* A run with one profile of up to two requirements, and up to two results; steals everything. */
static json_t *small_run(json_t *first, json_t *second, json_t *result_1, json_t *result_2)
{
	json_t *requirements = json_array(), *results = json_array();

	json_array_append_new(requirements, first);
	if (second)
		json_array_append_new(requirements, second);
	if (result_1)
		json_array_append_new(results, result_1);
	if (result_2)
		json_array_append_new(results, result_2);
	return run(json_pack("[o]", profile(requirements)), results);
}

/* The verdict; steals the run. */
static json_t *judge(json_t *document)
{
	struct problem problem = {""};
	json_t *verdict = verdict_of_run(document, &problem);

	cr_assert(verdict, "%s", problem.text);
	json_decref(document);
	return verdict;
}

static const json_t *judged_profile(const json_t *verdict)
{
	return json_array_get(json_object_get(verdict, "profiles"), 0);
}

static const json_t *line(const json_t *verdict, size_t index)
{
	return json_array_get(json_object_get(judged_profile(verdict), "lines"), index);
}

static const char *text(const json_t *object, const char *key)
{
	const char *value = json_string_value(json_object_get(object, key));

	return value ? value : "(none)";
}

static double number(const json_t *object, const char *key)
{
	return json_number_value(json_object_get(object, key));
}

#define expect_text(object, key, expected)                                                         \
	cr_expect_str_eq(text(object, key), expected, "%s", text(object, key))
#define expect_words(object, key, words)                                                           \
	cr_expect(strstr(text(object, key), words), "%s: \"%s\" lacks \"%s\"", key,                \
		text(object, key), words)

Test(verdict, clear_pass)
{
	json_t *verdict = judge(small_run(latency_requirement("required"), NULL,
		latency_result("2300", 6, 2 * MS, 500), NULL));
	const json_t *only = line(verdict, 0);

	expect_text(verdict, "overall", "suitable");
	expect_text(judged_profile(verdict), "summary", "Suitable: the one requirement is met.");
	expect_text(only, "status", "met");
	expect_text(only, "limit", "at most 10 ms");
	expect_words(only, "text",
		"99 % must finish within 10 ms; here that takes 2.20 ms (95 % interval ");
	cr_expect_not(strstr(text(only, "text"), "payload"), "one reading needs no label");
	cr_expect_float_eq(number(only, "value"), 0.0022, 0.00001);
	cr_expect_leq(number(only, "low"), 0.0022);
	cr_expect_geq(number(only, "high"), 0.00219);
	cr_expect_eq(number(only, "n"), 6);
	cr_expect_eq(number(only, "samples"), 3000);
	cr_expect_eq(verdict_exit_code(verdict), EXIT_CODE_OK);
	json_decref(verdict);
}

Test(verdict, clear_failure_says_what_goes_wrong)
{
	json_t *verdict = judge(small_run(latency_requirement("required"), NULL,
		latency_result("2300", 6, 38 * MS, 500), NULL));

	expect_text(verdict, "overall", "unsuitable");
	expect_text(line(verdict, 0), "status", "not met");
	expect_words(judged_profile(verdict), "summary",
		"Unsuitable: The API hangs. Flushes: 99 % must finish within "
		"10 ms; here that takes 41.");
	cr_expect_eq(verdict_exit_code(verdict), EXIT_CODE_UNSUITABLE);
	json_decref(verdict);
}

Test(verdict, limit_between_the_repetitions_is_marginal)
{
	static const int64_t latencies[] = {
		8 * MS, 10 * MS, 8 * MS, 11 * MS, 9 * MS, 8 * MS, 10 * MS, 8 * MS};
	json_t *document = result("disk", "complete"), *verdict;

	add(document, "metrics", quantile("2300"));
	add(document, "distributions", distribution("2300", 8, latencies, 500));
	verdict = judge(small_run(latency_requirement("required"), NULL, document, NULL));
	expect_text(verdict, "overall", "marginal");
	expect_text(line(verdict, 0), "status", "marginal");
	expect_words(line(verdict, 0), "text", "the limit lies inside the interval");
	cr_expect_lt(number(line(verdict, 0), "low"), 0.01);
	cr_expect_gt(number(line(verdict, 0), "high"), 0.01);
	cr_expect_eq(verdict_exit_code(verdict), EXIT_CODE_MARGINAL);
	json_decref(verdict);
}

Test(verdict, too_few_samples_to_bound_a_quantile_are_not_enough_evidence)
{
	json_t *verdict = judge(small_run(latency_requirement("required"), NULL,
		latency_result("2300", 6, 2 * MS, 20), NULL));

	expect_text(verdict, "overall", "not enough evidence");
	expect_text(line(verdict, 0), "status", "not enough evidence");
	cr_expect(json_is_null(json_object_get(line(verdict, 0), "high")));
	expect_words(line(verdict, 0), "text", "120 samples, but at least 368 are needed");
	expect_words(line(verdict, 0), "reading", "with no upper bound");
	expect_words(judged_profile(verdict), "summary", "1 of 1 requirements could not be judged");
	cr_expect_eq(verdict_exit_code(verdict), EXIT_CODE_INCOMPLETE);
	json_decref(verdict);
}

Test(verdict, worst_label_set_decides_and_is_named)
{
	json_t *document = latency_result("2300", 6, 2 * MS, 500), *verdict;
	static const int64_t slow[] = {30 * MS, 30 * MS, 30 * MS, 30 * MS, 30 * MS, 30 * MS};
	static const int64_t slower[] = {60 * MS, 60 * MS, 60 * MS, 60 * MS, 60 * MS, 60 * MS};

	add(document, "metrics", quantile("8000"));
	add(document, "distributions", distribution("8000", 6, slower, 500));
	add(document, "metrics", quantile("4000"));
	add(document, "distributions", distribution("4000", 6, slow, 500));
	verdict = judge(small_run(latency_requirement("required"), NULL, document, NULL));
	expect_text(line(verdict, 0), "status", "not met");
	expect_text(json_object_get(line(verdict, 0), "labels"), "payload", "8000");
	expect_words(line(verdict, 0), "text", "with payload 8000 (the worst of 3)");
	json_decref(verdict);
}

Test(verdict, label_that_is_asked_for_is_the_one_judged)
{
	json_t *document = latency_result("2300", 6, 2 * MS, 500), *must, *verdict;
	static const int64_t slow[] = {30 * MS, 30 * MS, 30 * MS, 30 * MS, 30 * MS, 30 * MS};

	add(document, "metrics", quantile("4000"));
	add(document, "distributions", distribution("4000", 6, slow, 500));
	must = latency_requirement("required");
	json_object_set_new(must, "labels", json_pack("{s:s}", "payload", "2300"));
	verdict = judge(small_run(must, NULL, document, NULL));
	expect_text(verdict, "overall", "suitable");
	expect_text(json_object_get(line(verdict, 0), "labels"), "payload", "2300");
	json_decref(verdict);
}

Test(verdict, repeated_documents_are_pooled)
{
	/* 200 samples in each document cannot bound the 99th percentile; 400 together can. */
	json_t *alone = judge(small_run(latency_requirement("required"), NULL,
		latency_result("2300", 2, 2 * MS, 100), NULL));
	json_t *both = judge(small_run(latency_requirement("required"), NULL,
		latency_result("2300", 4, 2 * MS, 60), latency_result("2300", 4, 2 * MS, 60)));

	expect_text(alone, "overall", "not enough evidence");
	expect_text(both, "overall", "suitable");
	cr_expect_eq(number(line(both, 0), "n"), 8);
	cr_expect_eq(number(line(both, 0), "samples"), 480);
	json_decref(alone);
	json_decref(both);
}

Test(verdict, values_of_repeated_documents_are_pooled)
{
	static const double low[] = {90, 95, 100}, high[] = {300, 310, 320};
	json_t *first = result("disk", "complete"), *second = result("disk", "interrupted"),
	       *verdict;

	add(first, "metrics", values("rate", "writes/s", 3, low));
	add(second, "metrics", values("rate", "writes/s", 3, high));
	verdict = judge(small_run(rate_requirement("required", 200), NULL, first, second));
	expect_text(line(verdict, 0), "status", "marginal");
	cr_expect_eq(number(line(verdict, 0), "n"), 6);
	cr_expect_eq(number(line(verdict, 0), "low"), 90);
	cr_expect_eq(number(line(verdict, 0), "high"), 320);
	expect_words(line(verdict, 0), "text", "must be at least 200 writes/s; here it is 200");
	json_decref(verdict);
}

Test(verdict, single_value_has_no_interval_and_proves_nothing)
{
	static const double good[] = {1000}, bad[] = {1};
	const double *const cases[] = {good, bad};

	for (int i = 0; i < 2; i++) {
		json_t *document = result("disk", "complete"), *verdict;

		add(document, "metrics", values("rate", "writes/s", 1, cases[i]));
		verdict = judge(small_run(rate_requirement("required", 200), NULL, document, NULL));
		expect_text(line(verdict, 0), "status", "not enough evidence");
		expect_words(line(verdict, 0), "reading", "one reading, without an interval");
		expect_words(line(verdict, 0), "text", "1 repetition cannot tell");
		json_decref(verdict);
	}
}

Test(verdict, samples_beyond_the_histogram_leave_the_upper_side_open)
{
	json_t *document = latency_result("2300", 6, 2 * MS, 500), *verdict;
	json_t *slow = json_array_get(json_object_get(document, "distributions"), 0);

	json_object_set_new(slow, "beyond_range", json_integer(2));
	verdict = judge(small_run(latency_requirement("required"), NULL, document, NULL));
	expect_text(line(verdict, 0), "status", "not enough evidence");
	expect_words(line(verdict, 0), "text", "2 of 3002 took longer than an hour");
	json_decref(verdict);
}

/* Judges one fact against `limit` (a key and a value, both may be NULL); returns the line's status.
 */
static void expect_fact(const char *status, json_t *value, const char *key, json_t *limit,
	const char *expected, const char *words)
{
	json_t *document = result("disk", "complete"), *must = fact_requirement("required"),
	       *verdict;

	add(document, "facts", fact(status, value));
	if (key)
		json_object_set_new(must, key, limit);
	verdict = judge(small_run(must, NULL, document, NULL));
	expect_text(line(verdict, 0), "status", expected);
	expect_words(line(verdict, 0), "text", words);
	json_decref(verdict);
}

Test(verdict, fact_without_a_limit_is_judged_by_its_status)
{
	expect_fact("pass", json_true(), NULL, NULL, "met", "Flushes: yes. It means something.");
	expect_fact("info", json_string("x"), NULL, NULL, "met", "Flushes: x. It means something.");
	expect_fact("warn", json_integer(3), NULL, NULL, "marginal", "Flushes: 3.");
	expect_fact("fail", json_false(), NULL, NULL, "not met", "Flushes: no.");
	expect_fact("unknown", json_null(), NULL, NULL, "not enough evidence", "Flushes: unknown.");
	expect_fact("fine", json_true(), NULL, NULL, "not measured", "does not say whether");
}

Test(verdict, fact_with_a_limit_is_judged_by_its_value)
{
	expect_fact("fail", json_integer(2), "min", json_integer(2), "met",
		"must be at least 2; here it is 2.");
	expect_fact("pass", json_integer(1), "min", json_integer(2), "not met",
		"must be at least 2; here it is 1.");
	expect_fact("pass", json_real(2.5), "max", json_real(2), "not met", "at most 2");
	expect_fact("pass", json_string("v2"), "equals", json_string("v2"), "met", "equal to v2");
	expect_fact(
		"pass", json_string("v1"), "equals", json_string("v2"), "not met", "here it is v1");
	expect_fact("pass", json_integer(2), "equals", json_real(2), "met", "equal to 2");
	expect_fact("pass", json_true(), "equals", json_false(), "not met", "equal to no");
	expect_fact("pass", json_null(), "min", json_integer(2), "not enough evidence",
		"here it is unknown");
	expect_fact("pass", json_string("2"), "min", json_integer(2), "not measured",
		"cannot be compared");
}

Test(verdict, worst_of_repeated_facts_decides)
{
	json_t *first = result("disk", "complete"), *second = result("disk", "complete"), *verdict;

	add(first, "facts", fact("pass", json_true()));
	add(second, "facts", fact("fail", json_false()));
	verdict = judge(small_run(fact_requirement("required"), NULL, first, second));
	expect_text(line(verdict, 0), "status", "not met");
	json_decref(verdict);
}

/* What a line says when nothing was measured. */
static void expect_absence(json_t *document, const char *words)
{
	json_t *verdict = judge(small_run(latency_requirement("required"), NULL, document, NULL));

	expect_text(verdict, "overall", "not enough evidence");
	expect_text(line(verdict, 0), "status", "not measured");
	expect_text(line(verdict, 0), "reading", "not measured");
	expect_words(line(verdict, 0), "text", words);
	cr_expect_not(json_object_get(line(verdict, 0), "value"));
	json_decref(verdict);
}

Test(verdict, what_was_not_measured_says_why_and_what_enables_it)
{
	json_t *document = result("disk", "skipped");

	expect_absence(NULL, "the benchmark \"disk\" was not part of this run");
	expect_absence(result("other", "complete"), "\"disk\" was not part of this run");
	expect_absence(result("disk", "complete"), "its result does not have it");
	json_object_set_new(document, "reason", json_string("no disk here"));
	expect_absence(json_deep_copy(document), "no disk here");
	add(document, "skipped",
		json_pack("{s:s, s:s, s:s}", "what", "everything", "why", "the disk is a memory",
			"enable", "give --dir"));
	expect_absence(document, "the disk is a memory; to enable it: give --dir.");
}

Test(verdict, part_of_a_bench_that_was_skipped_explains_its_own_readings_only)
{
	json_t *document = result("disk", "complete");

	add(document, "skipped",
		json_pack("{s:s, s:s, s:s}", "what", "other", "why", "wrong", "enable", ""));
	add(document, "skipped",
		json_pack("{s:s, s:s, s:s}", "what", "d", "why", "no io_uring", "enable",
			"use Linux 5.1"));
	expect_absence(document, "no io_uring; to enable it: use Linux 5.1.");
}

Test(verdict, failed_documents_do_not_count_and_are_mentioned)
{
	json_t *failed = latency_result("2300", 6, 90 * MS, 500), *verdict;

	json_object_set_new(failed, "status", json_string("failed"));
	json_object_set_new(failed, "reason", json_string("the disk was full"));
	expect_absence(json_deep_copy(failed), "the disk was full");
	verdict = judge(small_run(latency_requirement("required"), NULL, failed,
		latency_result("2300", 6, 30 * MS, 500)));
	cr_expect_eq(number(line(verdict, 0), "n"), 6);
	expect_words(line(verdict, 0), "text", "1 of 2 runs of this benchmark gave no result");
	json_decref(verdict);
}

Test(verdict, harness_notes_explain_a_missing_document)
{
	json_t *document = small_run(latency_requirement("required"), NULL, NULL, NULL), *verdict;

	json_array_append_new(json_object_get(document, "notes"),
		json_pack("{s:s, s:s}", "bench", "disk", "what", "killed by signal 9"));
	verdict = judge(document);
	expect_words(line(verdict, 0), "text", "gave no result: killed by signal 9");
	json_decref(verdict);
}

Test(verdict, unusable_readings_are_not_measured)
{
	static const double rates[] = {1000, 1000, 1000, 1000, 1000, 1000};
	json_t *document = latency_result("2300", 6, 2 * MS, 500), *repetitions;

	repetitions = json_object_get(
		json_array_get(json_object_get(document, "distributions"), 0), "repetitions");
	json_array_set_new(repetitions, 3, json_string("HISTFAAAxxxx"));
	expect_absence(document, "its latency histogram cannot be read");

	document = latency_result("2300", 6, 2 * MS, 500);
	add(document, "metrics", quantile("2300"));
	expect_absence(document, "one document gives it twice");

	document = latency_result("2300", 6, 2 * MS, 500);
	add(document, "distributions",
		json_deep_copy(json_array_get(json_object_get(document, "distributions"), 0)));
	expect_absence(document, "histograms behind it are there twice");

	document = latency_result("2300", 6, 2 * MS, 500);
	json_object_del(document, "distributions");
	expect_absence(document, "histograms behind it are missing");

	document = result("disk", "complete");
	add(document, "metrics", values("d.p99", "writes/s", 6, rates));
	expect_absence(document, "its unit is \"writes/s\", but the limit is in \"s\"");

	expect_absence(latency_result("2300", 6, 2 * MS, 0), "not one sample was taken");
}

Test(verdict, unusable_label_set_is_not_outweighed_by_a_good_one)
{
	json_t *document = latency_result("2300", 6, 2 * MS, 500);

	add(document, "metrics", quantile("8000"));
	expect_absence(document, "histograms behind it are missing");
}

Test(verdict, advice_is_weighed_less)
{
	static const double slow[] = {10, 11, 12, 11, 10, 12}, near[] = {10, 900, 10, 900, 10, 900};
	json_t *first = latency_result("2300", 6, 2 * MS, 500), *second = json_deep_copy(first);
	json_t *verdict;

	add(first, "metrics", values("rate", "writes/s", 6, slow));
	verdict = judge(small_run(
		latency_requirement("required"), rate_requirement("advised", 100), first, NULL));
	expect_text(verdict, "overall", "marginal");
	expect_words(judged_profile(verdict), "summary",
		"Marginal: every requirement is met, but 1 of 1 recommendations is not. The API "
		"hangs. Flushes: must be at least 100 writes/s; here it is 11");
	json_decref(verdict);

	add(second, "metrics", values("rate", "writes/s", 6, near));
	verdict = judge(small_run(
		latency_requirement("required"), rate_requirement("advised", 100), second, NULL));
	expect_text(verdict, "overall", "suitable");
	expect_text(line(verdict, 1), "status", "marginal");
	expect_words(
		judged_profile(verdict), "summary", "1 of 1 recommendations is not clearly met");
	json_decref(verdict);
}

Test(verdict, worst_profile_counts_for_the_run)
{
	json_t *good = profile(json_pack("[o]", latency_requirement("required")));
	json_t *open = profile(json_pack("[o]", rate_requirement("required", 5)));
	json_t *bad = profile(json_pack("[o]", fact_requirement("required")));
	json_t *document = latency_result("2300", 6, 2 * MS, 500), *verdict;

	add(document, "facts", fact("fail", json_false()));
	verdict = judge(run(json_pack("[O, O, O]", good, bad, open), json_pack("[O]", document)));
	expect_text(verdict, "overall", "unsuitable");
	json_decref(verdict);
	verdict = judge(run(json_pack("[O, O]", good, open), json_pack("[O]", document)));
	expect_text(verdict, "overall", "not enough evidence");
	json_decref(verdict);
	verdict = judge(run(json_array(), json_pack("[O]", document)));
	expect_text(verdict, "overall", "not enough evidence");
	json_decref(verdict);
	json_decref(good);
	json_decref(open);
	json_decref(bad);
	json_decref(document);
}

Test(verdict, run_that_was_cut_short_says_so)
{
	json_t *document = small_run(latency_requirement("required"), NULL,
		latency_result("2300", 6, 2 * MS, 500), NULL);
	json_t *verdict;

	json_object_set_new(document, "state", json_string("interrupted"));
	verdict = judge(json_deep_copy(document));
	expect_text(verdict, "state", "interrupted");
	expect_words(judged_profile(verdict), "summary", "The run was interrupted;");
	json_decref(verdict);
	json_object_set_new(document, "state", json_string("running"));
	verdict = judge(document);
	expect_words(judged_profile(verdict), "summary", "The run ended before it was finished;");
	json_decref(verdict);
}

Test(verdict, disturbances_are_mentioned_but_do_not_change_the_status)
{
	json_t *document = latency_result("2300", 6, 30 * MS, 500), *verdict;

	json_object_set_new(
		json_object_get(document, "conditions"), "steal_ratio", json_real(0.12));
	verdict = judge(small_run(latency_requirement("required"), NULL, document, NULL));
	expect_text(line(verdict, 0), "status", "not met");
	expect_words(
		line(verdict, 0), "text", "while 12 % of CPU time was stolen by the hypervisor");
	json_decref(verdict);
}

Test(verdict, hostile_texts_come_out_printable)
{
	json_t *verdict = judge(small_run(latency_requirement("required"), NULL,
		latency_result("2300", 6, 2 * MS, 500),
		latency_result("\033[31m\xe2\x80\xae", 6, 30 * MS, 500)));

	expect_words(line(verdict, 0), "text", "with payload ?[31m? (the worst of 2)");
	cr_expect_not(strchr(text(judged_profile(verdict), "summary"), '\033'));
	json_decref(verdict);
}

Test(verdict, long_texts_are_cut_and_stay_whole_characters)
{
	json_t *must = fact_requirement("required"), *document = result("disk", "complete"),
	       *verdict;
	char value[2001];

	for (size_t i = 0; i < 1000; i++)
		memcpy(value + 2 * i, "\xc3\xa9", 3);
	add(document, "facts", fact("fail", json_string(value)));
	verdict = judge(small_run(must, NULL, document, NULL));
	cr_expect_gt(strlen(text(line(verdict, 0), "text")), 100);
	cr_expect_gt(strlen(text(judged_profile(verdict), "summary")), 100);
	json_decref(verdict);
}

Test(verdict, profile_that_is_not_valid_gives_no_verdict)
{
	json_t *must = latency_requirement("required"), *document, *verdict;

	json_object_set_new(must, "except", json_string("on Sundays"));
	document = small_run(must, NULL, latency_result("2300", 6, 2 * MS, 500), NULL);
	json_array_append_new(json_object_get(document, "profiles"), json_integer(7));
	verdict = judge(document);
	expect_text(verdict, "overall", "not enough evidence");
	expect_words(judged_profile(verdict), "summary", "unknown key \"except\"");
	cr_expect_eq(json_array_size(json_object_get(verdict, "profiles")), 2);
	json_decref(verdict);
}

Test(verdict, of_another_run_is_what_it_is_alone)
{
	const double milliseconds[] = {2, 20, 200};
	struct verdict_cache cache = {0};
	struct problem problem = {""};

	for (size_t i = 0; i < 3; i++) {
		json_t *document = small_run(latency_requirement("required"), NULL,
			latency_result("2300", 6, (int64_t)(milliseconds[i] * MS), 500), NULL);
		json_t *profiles = json_object_get(document, "profiles");
		json_array_append_new(profiles, json_deep_copy(json_array_get(profiles, 0)));
		json_t *alone = verdict_of_run(document, &problem);
		json_t *another = verdict_of_another_run(document, &cache, &problem);
		cr_expect(json_equal(alone, another));
		/* A profile at the same address may be another one by then. */
		cache.whole[0] = cache.whole[1] = NULL;
		json_decref(alone);
		json_decref(another);
		json_decref(document);
	}
	verdict_cache_clear(&cache);
}

static void expect_refusal(json_t *document, const char *words)
{
	struct problem problem = {""};

	cr_expect_not(verdict_of_run(document, &problem));
	cr_expect(strstr(problem.text, words), "%s", problem.text);
	json_decref(document);
}

Test(verdict, what_is_no_run_is_refused)
{
	json_t *document = run(json_array(), json_array());

	expect_refusal(json_array(), "no run document");
	expect_refusal(json_object(), "no run document");
	json_object_set_new(document, "schema", json_string("seatrial.run/2"));
	expect_refusal(json_deep_copy(document), "seatrial.run/2");
	json_object_set_new(document, "schema", json_string("seatrial.run/1"));
	json_object_set_new(document, "state", json_string("happy"));
	expect_refusal(document, "its state");
	cr_expect_eq(verdict_exit_code(NULL), EXIT_CODE_FAILURE);
}

/* Judges the run with a child of `node` replaced by other things; none may make the host suitable.
 */
static void judge_with_others(json_t *document, json_t *node, const char *key, size_t index)
{
	static const char *const others[] = {
		"null", "true", "-42", "1e300", "\"x\"", "[]", "{}", "[{}]"};

	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
		json_t *other = json_loads(others[i], JSON_DECODE_ANY, NULL), *verdict;

		if (key)
			json_object_set_new(node, key, other);
		else
			json_array_set_new(node, index, other);
		verdict = judge(json_incref(document));
		cr_expect_str_neq(text(verdict, "overall"), "suitable", "%s = %s",
			key ? key : "an element", others[i]);
		json_decref(verdict);
	}
}

/* Does so for every value below `node`, one at a time; returns how many there were. */
static int judge_mutations(json_t *document, json_t *node)
{
	json_t *child, *copy = json_copy(node);
	const char *key;
	size_t index;
	int count = 0;

	json_object_foreach(copy, key, child) {
		judge_with_others(document, node, key, 0);
		json_object_set(node, key, child);
		count += 1 + judge_mutations(document, child);
	}
	json_array_foreach(copy, index, child) {
		judge_with_others(document, node, NULL, index);
		json_array_set(node, index, child);
		count += 1 + judge_mutations(document, child);
	}
	json_decref(copy);
	return count;
}

Test(verdict, wrong_types_anywhere_in_the_results_never_make_a_bad_host_suitable)
{
	static const double slow[] = {10, 11, 12};
	json_t *document = latency_result("2300", 2, 30 * MS, 10), *whole;

	add(document, "metrics", values("rate", "writes/s", 3, slow));
	add(document, "facts", fact("fail", json_false()));
	add(document, "skipped",
		json_pack("{s:s, s:s, s:s}", "what", "x", "why", "y", "enable", "z"));
	whole = small_run(latency_requirement("required"), rate_requirement("required", 1000),
		document, NULL);
	cr_expect_gt(judge_mutations(whole, json_object_get(whole, "results")), 40);
	json_decref(whole);
}

/* "elections": `events` seen in `days`. */
static json_t *rare_result(double events, double days)
{
	double rate = events / days;
	json_t *document = result("disk", "complete");
	json_t *metric = values("elections", "changes/day", 1, &rate);

	json_object_set_new(metric, "events", json_real(events));
	json_object_set_new(metric, "exposure", json_real(days));
	add(document, "metrics", metric);
	return document;
}

/* At most one a day, which no short run can prove. */
static json_t *rare_requirement(const char *severity)
{
	json_t *json = requirement("rare", severity);

	json_object_set_new(json, "metric", json_string("elections"));
	json_object_set_new(json, "max", json_real(1));
	json_object_set_new(json, "unit", json_string("changes/day"));
	json_object_set_new(json, "presumed", json_true());
	return json;
}

Test(verdict, what_no_short_run_can_prove_is_presumed)
{
	json_t *verdict =
		judge(small_run(rare_requirement("required"), latency_requirement("required"),
			rare_result(0, 0.001), latency_result("2300", 6, 2 * MS, 500)));
	const json_t *rare = line(verdict, 0);

	expect_text(verdict, "overall", "suitable");
	expect_text(judged_profile(verdict), "summary",
		"Suitable: all 2 requirements are met, 1 of them as far as a run of this length can tell.");
	expect_text(rare, "status", "presumed");
	expect_words(rare, "text", "takes 3.69 days of measuring");
	cr_expect_float_eq(number(rare, "high"), 3688.88, 0.01);
	cr_expect_eq(number(rare, "low"), 0);
	json_decref(verdict);
}

Test(verdict, a_presumption_can_be_proven_and_refuted)
{
	json_t *proven = judge(small_run(
		rare_requirement("required"), NULL, rare_result(0, 2), rare_result(0, 2)));
	json_t *refuted =
		judge(small_run(rare_requirement("required"), NULL, rare_result(3, 0.001), NULL));

	expect_text(line(proven, 0), "status", "met");
	cr_expect_float_eq(number(line(proven, 0), "high"), 3.68888 / 4, 1e-4);
	cr_expect_float_eq(number(line(proven, 0), "exposure"), 4, 1e-9);
	expect_text(refuted, "overall", "unsuitable");
	expect_text(line(refuted, 0), "status", "not met");
	json_decref(proven);
	json_decref(refuted);
}

Test(verdict, a_presumption_beside_a_reading_beyond_the_limit_is_explained)
{
	json_t *verdict =
		judge(small_run(rare_requirement("required"), NULL, rare_result(0.1, 0.001), NULL));

	expect_text(line(verdict, 0), "status", "presumed");
	expect_words(line(verdict, 0), "text", "beyond the limit, but is too little to refute it");
	expect_words(line(verdict, 0), "reading", "interval 0 to ");
	json_decref(verdict);
}

Test(verdict, a_presumption_that_was_not_measured_is_not_one)
{
	json_t *verdict = judge(
		small_run(rare_requirement("required"), NULL, result("disk", "complete"), NULL));

	expect_text(verdict, "overall", "not enough evidence");
	json_decref(verdict);
}

Test(verdict, events_without_their_time_are_trouble)
{
	json_t *document = rare_result(1, 1), *verdict;

	json_object_del(json_array_get(json_object_get(document, "metrics"), 0), "exposure");
	verdict = judge(small_run(rare_requirement("required"), NULL, document, NULL));
	expect_text(line(verdict, 0), "status", "not measured");
	expect_words(line(verdict, 0), "text", "how many events");
	json_decref(verdict);
}
