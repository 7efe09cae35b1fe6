#include "record.h"

#include <criterion/criterion.h>
#include <math.h>
#include <string.h>

static const struct record_identity identity = {
	.name = "test", .question = "Why?", .method = "How.", .preset = "quick", .seed = 7};
static const struct metric_spec rate = {"a.rate", "Rate", "writes/s", BETTER_HIGHER};
static const struct distribution_spec latency = {"a.latency", "Latency"};

static json_t *summary_of(json_t *document, const char *name)
{
	json_t *metric;
	size_t i;

	json_array_foreach(json_object_get(document, "metrics"), i, metric)
		if (strcmp(json_string_value(json_object_get(metric, "name")), name) == 0)
			return json_object_get(metric, "summary");
	return NULL;
}

static const char *text_of(const json_t *object, const char *key)
{
	return json_string_value(json_object_get(object, key));
}

Test(record, repetitions_of_a_metric_come_together_by_labels)
{
	const struct label small[] = {{"payload", "1"}, {.name = NULL}};
	const struct label large[] = {{"payload", "2"}, {.name = NULL}};
	struct record *record = record_new(&identity);

	for (int i = 1; i <= 7; i++) {
		record_value(record, &rate, small, i);
		record_value(record, &rate, large, 10 * i);
	}
	json_t *document = record_finish(record, RECORD_COMPLETE, NULL);
	json_t *metrics = json_object_get(document, "metrics");

	cr_assert_eq(json_array_size(metrics), 2);
	json_t *summary = json_object_get(json_array_get(metrics, 1), "summary");
	cr_assert_float_eq(json_number_value(json_object_get(summary, "value")), 40, 1e-9);
	cr_assert_eq(json_integer_value(json_object_get(summary, "n")), 7);
	cr_assert_str_eq(text_of(document, "status"), "complete");
	cr_assert_null(json_object_get(document, "reason"));
	json_decref(document);
}

Test(record, a_latency_becomes_histograms_and_quantiles_that_agree)
{
	struct record *record = record_new(&identity);
	struct histogram *repetition = histogram_new(), *back = NULL;
	struct problem problem;

	for (int r = 0; r < 6; r++) {
		histogram_reset(repetition);
		for (int i = 1; i <= 1000; i++)
			histogram_record(repetition, i * 1000);
		record_histogram(record, &latency, NULL, repetition);
	}
	json_t *document = record_finish(record, RECORD_COMPLETE, NULL);
	json_t *object = json_array_get(json_object_get(document, "distributions"), 0);
	json_t *summary = summary_of(document, "a.latency.p99");

	cr_assert_float_eq(json_number_value(json_object_get(summary, "value")), 990e-6, 1e-6);
	cr_assert_eq(json_integer_value(json_object_get(object, "count")), 6000);
	cr_assert_eq(json_array_size(json_object_get(object, "repetitions")), 6);
	cr_assert_eq(histogram_decode(text_of(object, "pooled"), &back, &problem), 0);
	cr_assert_eq(back->total, 6000);
	cr_assert_float_eq((double)histogram_quantile_ns(back, 0.99) / 1e9,
		json_number_value(json_object_get(summary, "value")), 1e-9);
	histogram_free(back);
	histogram_free(repetition);
	json_decref(document);
}

Test(record, one_repetition_bounds_nothing)
{
	struct record *record = record_new(&identity);

	record_value(record, &rate, NULL, 5);
	json_t *document = record_finish(record, RECORD_COMPLETE, NULL);
	json_t *summary = summary_of(document, "a.rate");

	cr_assert(json_is_null(json_object_get(summary, "low")));
	cr_assert(json_is_null(json_object_get(summary, "high")));
	json_decref(document);
}

Test(record, a_latency_without_samples_has_no_quantile)
{
	struct record *record = record_new(&identity);
	struct histogram *empty = histogram_new();

	record_histogram(record, &latency, NULL, empty);
	json_t *document = record_finish(record, RECORD_FAILED, "broke");

	cr_assert_null(summary_of(document, "a.latency.p50"), "never a zero");
	cr_assert_str_eq(text_of(document, "reason"), "broke");
	cr_assert_str_eq(text_of(document, "status"), "failed");
	histogram_free(empty);
	json_decref(document);
}

Test(record, hostile_text_becomes_printable)
{
	const struct label labels[] = {{"name", "\x1b[2J\xff"}, {.name = NULL}};
	struct record *record = record_new(&identity);

	record_value(record, &rate, labels, 1);
	record_warn(record, "a\x1b]0;owned\x07 %s", "\xe2\x80\xae");
	record_warn(record, "a\x1b]0;owned\x07 %s", "\xe2\x80\xae");
	record_skip(record, "x\n", "y\x80", NULL);
	record_fact(record, &(struct fact){.id = "f",
				    .topic = "T",
				    .title = "t\x1b",
				    .status = FACT_WARN,
				    .remedy = "do",
				    .value = json_string("v")});
	json_t *document = record_finish(record, RECORD_COMPLETE, NULL);
	char *text = json_dumps(document, 0);

	cr_assert_not_null(text, "the document is valid JSON");
	cr_assert_null(strstr(text, "\\u001b"));
	cr_assert_null(strchr(text, '\x1b'));
	cr_assert_eq(json_array_size(json_object_get(document, "warnings")), 1, "said once");
	free(text);
	json_decref(document);
}

Test(record, tells_what_the_instrument_and_the_run_cost)
{
	struct record *record = record_new(&identity);
	json_t *document = record_finish(record, RECORD_COMPLETE, NULL);
	json_t *instrument = json_object_get(document, "instrument");
	double read_s = json_number_value(json_object_get(instrument, "clock_read_s"));
	double loop_s = json_number_value(json_object_get(instrument, "loop_s"));

	cr_assert(read_s > 0 && read_s < 1e-3);
	cr_assert_gt(loop_s, read_s, "a loop reads the clock twice");
	cr_assert_not_null(
		json_object_get(json_object_get(document, "conditions"), "clock_step_s"));
	json_decref(document);
}

Test(record, hints_and_marks_say_how_to_show_a_reading)
{
	static const struct metric_spec share = {
		"share", "Share", "ratio", BETTER_HIGHER, .relative_to = "native"};
	static const struct distribution_spec swept = {"trip", "Trip", .against = "size"};
	const struct label vxlan[] = {{"encap", "vxlan"}, {.name = NULL}};
	struct record *record = record_new(&identity);
	struct histogram *repetition = histogram_new();
	json_t *plain, *metric;
	size_t i;

	histogram_record(repetition, 1000);
	record_value(record, &rate, NULL, 1);
	record_value(record, &share, vxlan, 0.5);
	record_histogram(record, &swept, NULL, repetition);
	record_mark(record, "size", 1450, "largest packet\x1b", vxlan);
	json_t *document = record_finish(record, RECORD_COMPLETE, NULL);
	json_t *metrics = json_object_get(document, "metrics");
	json_t *mark = json_array_get(json_object_get(document, "marks"), 0);

	plain = json_array_get(metrics, 0);
	cr_expect_null(json_object_get(plain, "relative_to"));
	cr_expect_null(json_object_get(plain, "against"));
	cr_expect_str_eq(text_of(json_array_get(metrics, 1), "relative_to"), "native");
	json_array_foreach(metrics, i, metric)
		if (i >= 2)
			cr_expect_str_eq(text_of(metric, "against"), "size", "each quantile");
	cr_expect_str_eq(text_of(mark, "against"), "size");
	cr_expect_eq(json_number_value(json_object_get(mark, "at")), 1450);
	cr_expect_str_eq(text_of(mark, "text"), "largest packet?");
	cr_expect_str_eq(text_of(json_object_get(mark, "labels"), "encap"), "vxlan");
	histogram_free(repetition);
	json_decref(document);
}
