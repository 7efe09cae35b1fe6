/*
 * A record that outlives its process, and one that never ends.
 */
#include "record_private.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

size_t record_repetitions(const struct record *record)
{
	size_t most = 0;

	for (const struct metric *at = record->metrics; at; at = at->next)
		most = at->count > most ? at->count : most;
	for (const struct distribution *at = record->distributions; at; at = at->next)
		most = at->count > most ? at->count : most;
	return most;
}

static void compact_metric(struct metric *metric)
{
	size_t kept = 0;

	for (size_t i = 0; i < metric->count; i += 2)
		metric->values[kept++] = i + 1 < metric->count
						 ? 0.5 * (metric->values[i] + metric->values[i + 1])
						 : metric->values[i];
	metric->count = kept;
}

static void compact_distribution(struct distribution *distribution)
{
	size_t kept = 0;

	for (size_t i = 0; i < distribution->count; i += 2) {
		struct histogram *first = distribution->repetitions[i];

		if (i + 1 < distribution->count) {
			histogram_merge(first, distribution->repetitions[i + 1]);
			histogram_free(distribution->repetitions[i + 1]);
		}
		distribution->repetitions[kept++] = first;
	}
	distribution->count = kept;
}

void record_compact(struct record *record)
{
	for (struct metric *at = record->metrics; at; at = at->next)
		compact_metric(at);
	for (struct distribution *at = record->distributions; at; at = at->next)
		compact_distribution(at);
}

static json_t *metric_state(const struct metric *metric)
{
	json_t *values = json_array();

	for (size_t i = 0; i < metric->count; i++)
		json_array_append_new(values, json_real(metric->values[i]));
	return json_pack("{s:s,s:O,s:o,s:f,s:f}", "name", metric->spec->name, "labels",
		metric->labels, "values", values, "events", metric->events, "exposure",
		metric->exposure);
}

json_t *record_histogram_state(const struct histogram *histogram)
{
	char *encoded = record_need(histogram_encode(histogram));
	json_t *state = json_pack("{s:s,s:I,s:I,s:I}", "encoded", encoded, "refused",
		(json_int_t)histogram->refused, "min_ns", (json_int_t)histogram->min_ns, "max_ns",
		(json_int_t)histogram->max_ns);

	free(encoded);
	return state;
}

static json_t *distribution_state(const struct distribution *distribution)
{
	json_t *repetitions = json_array();

	for (size_t i = 0; i < distribution->count; i++)
		json_array_append_new(
			repetitions, record_histogram_state(distribution->repetitions[i]));
	return json_pack("{s:s,s:O,s:o}", "name", distribution->spec->name, "labels",
		distribution->labels, "repetitions", repetitions);
}

json_t *record_state(const struct record *record)
{
	json_t *metrics = json_array(), *distributions = json_array(), *series = json_array();

	for (const struct metric *at = record->metrics; at; at = at->next)
		json_array_append_new(metrics, metric_state(at));
	for (const struct distribution *at = record->distributions; at; at = at->next)
		json_array_append_new(distributions, distribution_state(at));
	for (const struct named_series *at = record->series; at; at = at->next)
		json_array_append_new(
			series, json_pack("{s:s,s:O,s:o}", "name", at->spec->name, "labels",
					at->labels, "state", series_state(at->series)));
	int64_t start_utc_ns = clock_utc_ns() - (clock_now_ns() - record->start_ns);
	return json_pack("{s:I,s:O,s:o,s:o,s:o}", "start_utc_ns", (json_int_t)start_utc_ns,
		"started", json_object_get(record->document, "started"), "metrics", metrics,
		"distributions", distributions, "series", series);
}

/* Takes over the exact extremes where they lie in the outermost slots. Others would lead
 * histogram_merge() out of bounds. */
static int restore_extremes(struct histogram *histogram, int64_t min_ns, int64_t max_ns)
{
	if (!histogram->total)
		return 0;
	if (min_ns < 0 || max_ns < min_ns || max_ns > HISTOGRAM_HIGHEST_NS ||
		histogram_slot(min_ns) != histogram_slot(histogram->min_ns) ||
		histogram_slot(max_ns) != histogram_slot(histogram->max_ns))
		return -EINVAL;
	histogram->min_ns = min_ns;
	histogram->max_ns = max_ns;
	return 0;
}

struct histogram *record_histogram_restore(const json_t *state, struct problem *problem)
{
	const char *encoded = json_string_value(json_object_get(state, "encoded"));
	const json_t *min = json_object_get(state, "min_ns"),
		     *max = json_object_get(state, "max_ns");
	struct histogram *histogram = NULL;

	if (!encoded || !json_is_integer(min) || !json_is_integer(max)) {
		problem_set(problem, -EINVAL, "a histogram is missing");
		return NULL;
	}
	if (histogram_decode(encoded, &histogram, problem) < 0)
		return NULL;
	if (restore_extremes(histogram, json_integer_value(min), json_integer_value(max)) < 0) {
		histogram_free(histogram);
		problem_set(problem, -EINVAL, "a histogram in it contradicts itself");
		return NULL;
	}
	histogram->refused = (uint64_t)json_integer_value(json_object_get(state, "refused"));
	return histogram;
}

/* The labels of a saved reading, as the functions of record.h take them. Names are borrowed. */
#define LABELS_MAX      8
#define REPETITIONS_MAX 64
struct saved_labels {
	struct label label[LABELS_MAX + 1];
};

static struct saved_labels labels_of(const json_t *saved)
{
	struct saved_labels labels = {0};
	const char *name;
	json_t *value;
	size_t count = 0;

	json_object_foreach(json_object_get(saved, "labels"), name, value) {
		if (count == LABELS_MAX || !json_is_string(value))
			break;
		labels.label[count].name = name;
		snprintf(labels.label[count].value, sizeof(labels.label[count].value), "%s",
			json_string_value(value));
		count++;
	}
	return labels;
}

/* What record_state() writes of repetitions: some, of which none takes much memory. */
static bool is_short_list(const json_t *list)
{
	return json_array_size(list) > 0 && json_array_size(list) <= REPETITIONS_MAX;
}

static int restore_metric(
	struct record *record, const json_t *saved, const struct metric_spec *specs)
{
	const char *name = json_string_value(json_object_get(saved, "name"));
	struct saved_labels labels = labels_of(saved);
	size_t i;
	json_t *value;

	while (name && specs->name && strcmp(specs->name, name) != 0)
		specs++;
	if (!name || !specs->name)
		return -EINVAL;
	const json_t *values = json_object_get(saved, "values");
	if (!is_short_list(values))
		return -EINVAL;
	struct metric *metric = record_metric(record, specs, labels.label);
	json_array_foreach(values, i, value)
		record_add_value(metric, json_number_value(value));
	metric->events = json_number_value(json_object_get(saved, "events"));
	metric->exposure = json_number_value(json_object_get(saved, "exposure"));
	return 0;
}

static int restore_distribution(struct record *record, const json_t *saved,
	const struct distribution_spec *specs, struct problem *problem)
{
	const char *name = json_string_value(json_object_get(saved, "name"));
	struct saved_labels labels = labels_of(saved);
	size_t i;
	json_t *repetition;

	while (name && specs->name && strcmp(specs->name, name) != 0)
		specs++;
	if (!name || !specs->name)
		return problem_set(problem, -EINVAL, "it has a latency of an unknown name");
	if (!is_short_list(json_object_get(saved, "repetitions")))
		return problem_set(problem, -EINVAL, "it has a latency without repetitions");
	struct distribution *distribution = record_distribution(record, specs, labels.label);
	json_array_foreach(json_object_get(saved, "repetitions"), i, repetition) {
		struct histogram *histogram = record_histogram_restore(repetition, problem);

		if (!histogram)
			return -EINVAL;
		record_add_repetition(distribution, histogram);
	}
	return 0;
}

/* A saved series goes into the one of its name and labels. */
static int restore_series(struct record *record, const json_t *saved)
{
	const char *name = json_string_value(json_object_get(saved, "name"));

	for (struct named_series *at = record->series; name && at; at = at->next)
		if (strcmp(at->spec->name, name) == 0 &&
			json_equal(at->labels, json_object_get(saved, "labels")))
			return series_restore(at->series, json_object_get(saved, "state"));
	return -EINVAL;
}

int record_restore(struct record *record, const json_t *state, const struct metric_spec *metrics,
	const struct distribution_spec *distributions, struct problem *problem)
{
	json_t *started = json_object_get(state, "started"), *saved;
	size_t i;

	if (!json_is_string(started))
		return problem_set(problem, -EINVAL, "it does not say when it was begun");
	json_object_set(record->document, "started", started);
	int64_t start_ns = json_integer_value(json_object_get(state, "start_utc_ns"));
	/* Not with a wall clock that was set back. */
	if (start_ns > 0 && start_ns < clock_utc_ns())
		record->start_ns = clock_now_ns() - (clock_utc_ns() - start_ns);
	json_array_foreach(json_object_get(state, "metrics"), i, saved)
		if (restore_metric(record, saved, metrics) < 0)
			return problem_set(problem, -EINVAL,
				"it has a metric of an unknown name or without values");
	json_array_foreach(json_object_get(state, "distributions"), i, saved)
		if (restore_distribution(record, saved, distributions, problem) < 0)
			return -EINVAL;
	json_array_foreach(json_object_get(state, "series"), i, saved)
		if (restore_series(record, saved) < 0)
			return problem_set(
				problem, -EINVAL, "a course over time in it cannot be read");
	return 0;
}
