#include "record_private.h"

#include "clock.h"
#include "cost.h"
#include "identity.h"
#include "text.h"
#include "version.h"

#include <math.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "exit_code.h"

/* The quantiles each latency is summed up by. */
static const struct {
	const char *suffix, *title;
	double q;
} quantiles[] = {
	{"p50", "median", 0.5},
	{"p90", "90th percentile", 0.9},
	{"p99", "99th percentile", 0.99},
	{"p999", "99.9th percentile", 0.999},
};
#define QUANTILES (sizeof(quantiles) / sizeof(quantiles[0]))

void *record_need(void *memory)
{
	if (!memory) {
		fputs("seatrial: out of memory while recording; the measurement is lost\n", stderr);
		exit(EXIT_CODE_FAILURE);
	}
	return memory;
}

static void *allocate(size_t size)
{
	return record_need(malloc(size ? size : 1));
}

static void append(json_t *document, const char *key, json_t *value)
{
	json_array_append_new(json_object_get(document, key), record_need(value));
}

static json_t *printable(const char *text)
{
	size_t size = strlen(text) + 1;
	char *copy = allocate(size);
	json_t *string = json_string(text_printable(text, copy, size));

	free(copy);
	return record_need(string);
}

struct record *record_new(const struct record_identity *identity)
{
	static const char *const arrays[] = {
		"metrics", "distributions", "series", "facts", "skipped", "warnings", "errors"};

	char started[CLOCK_UTC_SIZE];

	json_set_alloc_funcs(allocate, free);
	struct record *record = allocate(sizeof(*record));
	*record = (struct record){.document = json_object()};
	json_t *document = record->document;
	struct clock_cost cost = clock_calibrate();

	json_object_set_new(document, "schema", json_string(RECORD_SCHEMA));
	json_object_set_new(document, "bench",
		json_pack("{s:s,s:s,s:s}", "name", identity->name, "question", identity->question,
			"method", identity->method));
	json_object_set_new(document, "suite",
		json_pack("{s:s,s:s}", "version", SEATRIAL_VERSION, "commit", SEATRIAL_COMMIT));
	json_object_set_new(document, "status", json_string("complete"));
	json_object_set_new(document, "started", json_string(clock_utc(started)));
	json_object_set_new(document, "duration_s", json_real(0));
	json_object_set_new(document, "host", identity_host());
	json_object_set_new(document, "target", json_object());
	json_object_set_new(document, "parameters", json_object());
	json_object_set_new(document, "preset", json_string(identity->preset));
	json_object_set_new(document, "seed", json_integer((json_int_t)identity->seed));
	json_object_set_new(document, "instrument",
		json_pack("{s:f,s:f,s:f}", "clock_read_s", cost.read_ns / 1e9, "clock_resolution_s",
			cost.resolution_ns / 1e9, "loop_s", cost.loop_ns / 1e9));
	json_object_set_new(document, "conditions", json_object());
	for (size_t i = 0; i < sizeof(arrays) / sizeof(arrays[0]); i++)
		json_object_set_new(document, arrays[i], json_array());

	record->start_ns = clock_now_ns();
	clock_watch_start(&record->watch);
	cost_sample(&record->before);
	return record;
}

void record_parameters(struct record *record, json_t *parameters)
{
	json_object_set_new(record->document, "parameters", record_need(parameters));
}

void record_incidental(struct record *record, json_t *names)
{
	json_object_set_new(record->document, "incidental", record_need(names));
}

void record_target(struct record *record, json_t *target)
{
	json_object_set_new(record->document, "target", record_need(target));
}

static json_t *labels_json(const struct label *labels)
{
	json_t *object = json_object();

	for (; labels && labels->name; labels++)
		json_object_set_new(object, labels->name, printable(labels->value));
	return object;
}

struct metric *record_metric(
	struct record *record, const struct metric_spec *spec, const struct label *labels)
{
	json_t *wanted = labels_json(labels);
	struct metric **at = &record->metrics;

	while (*at && !((*at)->spec == spec && json_equal((*at)->labels, wanted)))
		at = &(*at)->next;
	if (!*at) {
		*at = allocate(sizeof(**at));
		**at = (struct metric){.spec = spec, .labels = json_incref(wanted)};
	}
	json_decref(wanted);
	return *at;
}

void record_add_value(struct metric *metric, double value)
{
	metric->values = record_need(realloc(metric->values, (metric->count + 1) * sizeof(double)));
	metric->values[metric->count++] = value;
}

void record_value(struct record *record, const struct metric_spec *spec, const struct label *labels,
	double value)
{
	if (isfinite(value))
		record_add_value(record_metric(record, spec, labels), value);
}

void record_events(struct record *record, const struct metric_spec *spec,
	const struct label *labels, double events, double exposure)
{
	struct metric *metric = record_metric(record, spec, labels);

	record_add_value(metric, events / exposure);
	metric->events += events;
	metric->exposure += exposure;
}

struct distribution *record_distribution(
	struct record *record, const struct distribution_spec *spec, const struct label *labels)
{
	json_t *wanted = labels_json(labels);
	struct distribution **at = &record->distributions;

	while (*at && !((*at)->spec == spec && json_equal((*at)->labels, wanted)))
		at = &(*at)->next;
	if (!*at) {
		*at = allocate(sizeof(**at));
		**at = (struct distribution){.spec = spec, .labels = json_incref(wanted)};
	}
	json_decref(wanted);
	return *at;
}

void record_add_repetition(struct distribution *distribution, struct histogram *repetition)
{
	distribution->repetitions = record_need(realloc(
		distribution->repetitions, (distribution->count + 1) * sizeof(struct histogram *)));
	distribution->repetitions[distribution->count++] = repetition;
}

void record_histogram(struct record *record, const struct distribution_spec *spec,
	const struct label *labels, const struct histogram *repetition)
{
	struct histogram *copy = record_need(histogram_new());

	histogram_merge(copy, repetition);
	record_add_repetition(record_distribution(record, spec, labels), copy);
}

struct series *record_series(
	struct record *record, const struct distribution_spec *spec, const struct label *labels)
{
	struct named_series **at = &record->series;

	while (*at)
		at = &(*at)->next;
	*at = allocate(sizeof(**at));
	**at = (struct named_series){
		.spec = spec,
		.labels = labels_json(labels),
		.series = record_need(series_new(record->start_ns)),
	};
	return (*at)->series;
}

void record_fact(struct record *record, const struct fact *fact)
{
	static const char *const names[] = {
		[FACT_PASS] = "pass",
		[FACT_INFO] = "info",
		[FACT_WARN] = "warn",
		[FACT_FAIL] = "fail",
		[FACT_UNKNOWN] = "unknown",
	};
	const char *const optional[][2] = {{"unit", fact->unit}, {"why", fact->why},
		{"remedy", fact->remedy}, {"source", fact->source}};
	json_t *object = json_object();

	json_object_set_new(object, "id", printable(fact->id));
	json_object_set_new(object, "topic", printable(fact->topic));
	json_object_set_new(object, "title", printable(fact->title));
	json_object_set_new(object, "status", json_string(names[fact->status]));
	json_object_set_new(object, "value", fact->value ? fact->value : json_null());
	for (size_t i = 0; i < sizeof(optional) / sizeof(optional[0]); i++)
		if (optional[i][1] && optional[i][1][0])
			json_object_set_new(object, optional[i][0], printable(optional[i][1]));
	append(record->document, "facts", object);
}

void record_mark(struct record *record, const char *against, double at, const char *text,
	const struct label *labels)
{
	if (!json_object_get(record->document, "marks"))
		json_object_set_new(record->document, "marks", json_array());
	append(record->document, "marks",
		json_pack("{s:o,s:f,s:o,s:o}", "against", printable(against), "at", at, "text",
			printable(text), "labels", labels_json(labels)));
}

void record_skip(struct record *record, const char *what, const char *why, const char *enable)
{
	append(record->document, "skipped",
		json_pack("{s:o,s:o,s:o}", "what", printable(what), "why", printable(why), "enable",
			printable(enable ? enable : "")));
}

/* Appends a sentence unless it is there already: a warning per repetition is noise. */
__attribute__((format(printf, 3, 0))) static void append_sentence(
	struct record *record, const char *key, const char *format, va_list arguments)
{
	char text[1024];
	json_t *sentence, *other;
	size_t i;

	vsnprintf(text, sizeof(text), format, arguments);
	sentence = printable(text);
	json_array_foreach(json_object_get(record->document, key), i, other)
		if (json_equal(other, sentence)) {
			json_decref(sentence);
			return;
		}
	append(record->document, key, sentence);
}

void record_warn(struct record *record, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	append_sentence(record, "warnings", format, arguments);
	va_end(arguments);
}

void record_error(struct record *record, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	append_sentence(record, "errors", format, arguments);
	va_end(arguments);
}

static json_t *bound(double value)
{
	return isfinite(value) ? json_real(value) : json_null();
}

static json_t *summary_json(const struct interval *interval, const char *method)
{
	return json_pack("{s:I,s:f,s:o,s:o,s:f,s:s}", "n", (json_int_t)interval->n, "value",
		interval->value, "low", bound(interval->low), "high", bound(interval->high),
		"confidence", interval->confidence, "method", method);
}

static void set_hint(json_t *object, const char *key, const char *hint)
{
	if (hint)
		json_object_set_new(object, key, json_string(hint));
}

static struct interval metric_interval(const struct metric *metric)
{
	struct interval interval;

	if (!(metric->exposure > 0))
		return interval_of_median(metric->values, metric->count);
	interval = interval_of_rate(metric->events, metric->exposure);
	interval.n = metric->count;
	return interval;
}

static void append_metric(struct record *record, const struct metric *metric)
{
	bool rare = metric->exposure > 0;
	struct interval interval = metric_interval(metric);
	json_t *values = json_array();

	for (size_t i = 0; i < metric->count; i++)
		json_array_append_new(values, json_real(metric->values[i]));
	json_t *object = json_pack("{s:s,s:s,s:s,s:s,s:O,s:o,s:o}", "name", metric->spec->name,
		"title", metric->spec->title, "unit", metric->spec->unit, "better",
		metric->spec->better == BETTER_LOWER ? "lower" : "higher", "labels", metric->labels,
		"values", values, "summary",
		summary_json(&interval, rare ? "poisson" : "median-order-statistics"));
	set_hint(object, "relative_to", metric->spec->relative_to);
	set_hint(object, "against", metric->spec->against);
	if (rare) {
		json_object_set_new(object, "events", json_real(metric->events));
		json_object_set_new(object, "exposure", json_real(metric->exposure));
	}
	append(record->document, "metrics", object);
}

static void finish_metrics(struct record *record)
{
	for (struct metric *metric = record->metrics, *next; metric; metric = next) {
		append_metric(record, metric);
		next = metric->next;
		json_decref(metric->labels);
		free(metric->values);
		free(metric);
	}
}

/* What one quantile of a latency is called. */
struct quantile_name {
	char name[160], title[256];
};

static struct quantile_name name_quantile(const struct distribution_spec *spec, size_t which)
{
	struct quantile_name full;

	snprintf(full.name, sizeof(full.name), "%s.%s", spec->name, quantiles[which].suffix);
	snprintf(full.title, sizeof(full.title), "%s, %s", spec->title, quantiles[which].title);
	return full;
}

static struct interval quantile_interval(const struct distribution *distribution, size_t which)
{
	return interval_of_quantile((const struct histogram *const *)distribution->repetitions,
		distribution->count, quantiles[which].q);
}

/* One quantile of a latency as a metric; repetitions without a sample have no value. */
static void append_quantile(
	struct record *record, const struct distribution *distribution, size_t which)
{
	double q = quantiles[which].q;
	struct interval interval = quantile_interval(distribution, which);
	struct quantile_name full = name_quantile(distribution->spec, which);
	json_t *values = json_array();

	for (size_t i = 0; i < distribution->count; i++) {
		const struct histogram *repetition = distribution->repetitions[i];

		if (repetition->total)
			json_array_append_new(values,
				json_real((double)histogram_quantile_ns(repetition, q) / 1e9));
	}
	json_t *object = json_pack("{s:s,s:s,s:s,s:s,s:O,s:o,s:o,s:s,s:f}", "name", full.name,
		"title", full.title, "unit", "s", "better", "lower", "labels", distribution->labels,
		"values", values, "summary", summary_json(&interval, "pooled-quantile"),
		"distribution", distribution->spec->name, "quantile", q);
	set_hint(object, "against", distribution->spec->against);
	append(record->document, "metrics", object);
}

void record_readings(const struct record *record,
	void (*look)(const struct record_reading *reading, void *argument), void *argument)
{
	for (const struct metric *metric = record->metrics; metric; metric = metric->next)
		look(&(struct record_reading){metric->spec->name, metric->spec->title,
			     metric->spec->unit, metric_interval(metric)},
			argument);
	for (const struct distribution *at = record->distributions; at; at = at->next)
		for (size_t i = 0; i < QUANTILES; i++) {
			struct quantile_name full = name_quantile(at->spec, i);

			look(&(struct record_reading){full.name, full.title, "s",
				     quantile_interval(at, i)},
				argument);
		}
}

static json_t *encoded(const struct histogram *histogram)
{
	char *text = record_need(histogram_encode(histogram));
	json_t *string = json_string(text);

	free(text);
	return string;
}

static void append_distribution(struct record *record, const struct distribution *distribution)
{
	struct histogram *pooled = record_need(histogram_new());
	json_t *repetitions = json_array();

	for (size_t i = 0; i < distribution->count; i++) {
		histogram_merge(pooled, distribution->repetitions[i]);
		json_array_append_new(repetitions, encoded(distribution->repetitions[i]));
	}
	json_t *object = json_pack("{s:s,s:s,s:s,s:O,s:I,s:I,s:o,s:o}", "name",
		distribution->spec->name, "title", distribution->spec->title, "unit", "s", "labels",
		distribution->labels, "count", (json_int_t)pooled->total, "beyond_range",
		(json_int_t)pooled->refused, "pooled", encoded(pooled), "repetitions", repetitions);
	if (pooled->total) {
		json_object_set_new(object, "min", json_real((double)pooled->min_ns / 1e9));
		json_object_set_new(object, "max", json_real((double)pooled->max_ns / 1e9));
		json_object_set_new(object, "mean", json_real(histogram_mean_ns(pooled) / 1e9));
		for (size_t i = 0; i < QUANTILES; i++)
			append_quantile(record, distribution, i);
	}
	append(record->document, "distributions", object);
	histogram_free(pooled);
}

static void finish_distributions(struct record *record)
{
	struct distribution *next;

	for (struct distribution *at = record->distributions; at; at = next) {
		append_distribution(record, at);
		next = at->next;
		for (size_t i = 0; i < at->count; i++)
			histogram_free(at->repetitions[i]);
		free(at->repetitions);
		json_decref(at->labels);
		free(at);
	}
}

static void finish_series(struct record *record)
{
	for (struct named_series *at = record->series, *next; at; at = next) {
		json_t *object = json_pack("{s:s,s:s,s:s,s:o}", "name", at->spec->name, "title",
			at->spec->title, "unit", "s", "labels", at->labels);
		json_t *points = series_json(at->series);

		json_object_update(object, points);
		json_decref(points);
		append(record->document, "series", object);
		next = at->next;
		series_free(at->series);
		free(at);
	}
}

static void finish_conditions(struct record *record)
{
	struct cost_sample after;
	struct clock_verdict clock = clock_watch_finish(&record->watch);

	cost_sample(&after);
	json_t *conditions = cost_difference(&record->before, &after);
	json_object_set_new(conditions, "clock_step_s", json_real(clock.step_s));
	json_object_set_new(conditions, "clock_drift_ppm", json_real(clock.drift_ppm));
	json_object_set_new(record->document, "conditions", conditions);
	json_object_set_new(record->document, "duration_s",
		json_real((double)(clock_now_ns() - record->start_ns) / 1e9));
}

json_t *record_finish(struct record *record, enum record_status status, const char *reason)
{
	static const char *const names[] = {
		[RECORD_COMPLETE] = "complete",
		[RECORD_INTERRUPTED] = "interrupted",
		[RECORD_SKIPPED] = "skipped",
		[RECORD_FAILED] = "failed",
	};
	json_t *document = record->document;

	finish_conditions(record);
	finish_metrics(record);
	finish_distributions(record);
	finish_series(record);
	json_object_set_new(document, "status", json_string(names[status]));
	if (status != RECORD_COMPLETE)
		json_object_set_new(
			document, "reason", printable(reason && *reason ? reason : "unknown"));
	free(record);
	return document;
}
