#include "reading_private.h"

#include "absence.h"
#include "document.h"
#include "histogram.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What one label set collects. */
struct pool {
	double *values;
	size_t values_count;
	struct reading_cache *cache; /* the histograms are its first */
	size_t histograms_count;
	struct reading *reading;
};

static bool trouble(struct reading *reading, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* Marks a reading as unusable; false, so that callers can return it. */
static bool trouble(struct reading *reading, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(reading->trouble, sizeof(reading->trouble), format, arguments);
	va_end(arguments);
	return false;
}

/* Labels as NULL (none) or a non-empty object of texts. False when they are malformed. */
static bool labels_of(const json_t *metric, const json_t **labels)
{
	const char *name;
	json_t *value;

	*labels = json_object_get(metric, "labels");
	if (*labels && !json_is_object(*labels))
		return false;
	json_object_foreach((json_t *)*labels, name, value)
		if (!json_is_string(value))
			return false;
	if (!json_object_size(*labels))
		*labels = NULL;
	return true;
}

static bool same_labels(const json_t *left, const json_t *right)
{
	return left == right || json_equal(left, right);
}

/* Whether `labels` carries all that the requirement asks for. */
static bool labels_match(const json_t *labels, const json_t *wanted)
{
	const char *name;
	json_t *value;

	json_object_foreach((json_t *)wanted, name, value)
		if (!json_equal(json_object_get(labels, name), value))
			return false;
	return true;
}

/* How often a list of metrics or distributions has `name` with `labels`; the last one in *found. */
static size_t find_labelled(
	const json_t *list, const char *name, const json_t *labels, const json_t **found)
{
	size_t index, count = 0;
	json_t *item;

	json_array_foreach(list, index, item) {
		const json_t *own;

		if (strcmp(document_text(item, "name"), name) != 0 || !labels_of(item, &own) ||
			!same_labels(own, labels))
			continue;
		*found = item;
		count++;
	}
	return count;
}

static bool pool_histogram(struct pool *pool, const json_t *encoded)
{
	struct reading_cache *cache = pool->cache;
	size_t place = pool->histograms_count;
	struct problem problem = {""};

	if (!json_is_string(encoded))
		return trouble(pool->reading, "its latency histogram is not a text");
	if (place == READING_REPETITIONS_MAX)
		return trouble(
			pool->reading, "it has more than %d repetitions", READING_REPETITIONS_MAX);
	if (reading_cache_decode(cache, place, encoded, &problem) < 0)
		return trouble(
			pool->reading, "its latency histogram cannot be read (%s)", problem.text);
	pool->histograms_count++;
	pool->reading->samples += cache->histograms[place]->total;
	return true;
}

/* Adds every repetition of the distribution that the metric is a quantile of. */
static bool pool_distribution(struct pool *pool, const json_t *document, const json_t *metric)
{
	const json_t *distribution, *repetitions;
	json_int_t beyond;
	size_t index;
	json_t *encoded;

	switch (find_labelled(json_object_get(document, "distributions"),
		document_text(metric, "distribution"), pool->reading->labels, &distribution)) {
	case 0:
		return trouble(pool->reading, "the latency histograms behind it are missing");
	case 1:
		break;
	default:
		return trouble(pool->reading, "the latency histograms behind it are there twice");
	}
	repetitions = json_object_get(distribution, "repetitions");
	if (!json_array_size(repetitions))
		return trouble(pool->reading, "the latency histograms behind it are missing");
	beyond = json_integer_value(json_object_get(distribution, "beyond_range"));
	if (beyond > 0) {
		pool->reading->beyond += (uint64_t)beyond;
		pool->reading->samples += (uint64_t)beyond;
	}
	json_array_foreach(repetitions, index, encoded)
		if (!pool_histogram(pool, encoded))
			return false;
	return true;
}

static bool pool_values(struct pool *pool, const json_t *metric)
{
	const json_t *values = json_object_get(metric, "values");
	size_t total = pool->values_count + json_array_size(values);
	double *grown;
	size_t index;
	json_t *value;

	if (!json_array_size(values))
		return trouble(pool->reading, "its values are missing");
	grown = realloc(pool->values, total * sizeof(*grown));
	if (!grown)
		return trouble(pool->reading, "there is too little memory for its values");
	pool->values = grown;
	json_array_foreach(values, index, value) {
		if (!json_is_number(value))
			return trouble(pool->reading, "one of its values is not a number");
		pool->values[pool->values_count++] = json_number_value(value);
	}
	return true;
}

/* Adds the events and the exposure of a rate of rare events; a metric without them is none. */
static bool pool_events(struct pool *pool, const json_t *metric)
{
	const json_t *events = json_object_get(metric, "events");
	const json_t *exposure = json_object_get(metric, "exposure");

	if (!exposure && !events && !(pool->reading->exposure > 0))
		return true;
	if (!json_is_number(events) || !json_is_number(exposure) ||
		!(json_number_value(events) >= 0) || !(json_number_value(exposure) > 0) ||
		(pool->values_count > 0 && !(pool->reading->exposure > 0)))
		return trouble(
			pool->reading, "it does not say how many events it saw in what time");
	pool->reading->events += json_number_value(events);
	pool->reading->exposure += json_number_value(exposure);
	return true;
}

/* Adds what one document says of one label set. */
static bool pool_document(struct pool *pool, const json_t *document, const json_t *requirement)
{
	const json_t *metric;
	double quantile;

	switch (find_labelled(json_object_get(document, "metrics"),
		document_text(requirement, "metric"), pool->reading->labels, &metric)) {
	case 0:
		return true;
	case 1:
		break;
	default:
		return trouble(pool->reading, "one document gives it twice");
	}
	if (strcmp(document_text(metric, "unit"), document_text(requirement, "unit")) != 0)
		return trouble(pool->reading,
			"its unit is \"%.32s\", but the limit is in \"%.32s\"",
			document_text(metric, "unit"), document_text(requirement, "unit"));
	quantile = json_number_value(json_object_get(metric, "quantile"));
	if (!json_object_get(metric, "distribution"))
		quantile = 0;
	else if (!(quantile > 0 && quantile < 1))
		return trouble(pool->reading, "it does not say which quantile it is");
	if ((pool->values_count || pool->histograms_count) && quantile != pool->reading->quantile)
		return trouble(pool->reading, "the documents disagree on which quantile it is");
	pool->reading->quantile = quantile;
	if (quantile > 0)
		return pool_distribution(pool, document, metric);
	return pool_events(pool, metric) && pool_values(pool, metric);
}

/* The statistics of everything pooled. */
static void pool_finish(struct pool *pool)
{
	struct reading *reading = pool->reading;

	if (reading->quantile > 0)
		reading->interval = interval_of_quantile(
			(const struct histogram *const *)pool->cache->histograms,
			pool->histograms_count, reading->quantile);
	else if (reading->exposure > 0)
		reading->interval = interval_of_rate(reading->events, reading->exposure);
	else
		reading->interval = interval_of_median(pool->values, pool->values_count);
	if (reading->exposure > 0)
		reading->interval.n = pool->values_count;
	/* Longer than the histogram's range: how much longer, nobody knows. */
	if (reading->beyond)
		reading->interval.high = INFINITY;
	if ((reading->quantile > 0 && !reading->samples) || !isfinite(reading->interval.value))
		trouble(reading, "not one sample was taken");
}

/* Pools the label set that `reading` names. */
static void pool_label_set(const json_t *run, const json_t *requirement,
	struct reading_cache *cache, struct reading *reading)
{
	struct pool pool = {.cache = cache, .reading = reading};
	size_t index;
	json_t *document;
	bool whole = true;

	json_array_foreach(json_object_get(run, "results"), index, document) {
		if (!absence_is_usable(document, document_text(requirement, "bench")))
			continue;
		whole = pool_document(&pool, document, requirement);
		if (!whole)
			break;
	}
	if (whole)
		pool_finish(&pool);
	free(pool.values);
}

/* Notes each label set of one document that is not there yet. */
static void collect_label_sets(
	const json_t *document, const json_t *requirement, struct readings *readings)
{
	size_t index;
	json_t *metric;

	json_array_foreach(json_object_get(document, "metrics"), index, metric) {
		const json_t *labels;
		size_t i = 0;

		if (strcmp(document_text(metric, "name"), document_text(requirement, "metric")) !=
				0 ||
			!labels_of(metric, &labels) ||
			!labels_match(labels, json_object_get(requirement, "labels")))
			continue;
		while (i < readings->count && !same_labels(readings->at[i].labels, labels))
			i++;
		if (i == READINGS_MAX)
			trouble(&readings->at[i - 1], "it has more than %d label sets",
				READINGS_MAX);
		else if (i == readings->count)
			readings->at[readings->count++] = (struct reading){.labels = labels};
	}
}

/* With nothing found, one reading that says why. */
static void explain_absence(
	const json_t *run, const json_t *requirement, const char *name, struct readings *readings)
{
	if (readings->count)
		return;
	readings->count = 1;
	readings->at[0] = (struct reading){.trouble = ""};
	absence_explain(run, document_text(requirement, "bench"), name, readings->at[0].trouble,
		sizeof(readings->at[0].trouble));
}

void readings_of_metric(const json_t *run, const json_t *requirement, struct reading_cache *cache,
	struct readings *readings)
{
	size_t index;
	json_t *document;

	if (reading_cache_recall(cache, requirement, readings))
		return;
	readings->count = 0;
	json_array_foreach(json_object_get(run, "results"), index, document)
		if (absence_is_usable(document, document_text(requirement, "bench")))
			collect_label_sets(document, requirement, readings);
	for (size_t i = 0; i < readings->count; i++)
		if (!readings->at[i].trouble[0])
			pool_label_set(run, requirement, cache, &readings->at[i]);
	explain_absence(run, requirement, document_text(requirement, "metric"), readings);
	reading_cache_remember(cache, requirement, readings);
}

void reading_of_metric(const json_t *run, const char *bench, const json_t *metric,
	struct reading_cache *cache, struct reading *reading)
{
	json_t *requirement = json_pack("{s:s,s:s,s:s}", "bench", bench, "metric",
		document_text(metric, "name"), "unit", document_text(metric, "unit"));

	*reading = (struct reading){.trouble = ""};
	if (!labels_of(metric, &reading->labels))
		trouble(reading, "its labels are not texts");
	else
		pool_label_set(run, requirement, cache, reading);
	json_decref(requirement);
}

void readings_of_fact(const json_t *run, const json_t *requirement, struct readings *readings)
{
	size_t index, place;
	json_t *document, *fact;

	readings->count = 0;
	json_array_foreach(json_object_get(run, "results"), index, document) {
		if (!absence_has_facts(document, document_text(requirement, "bench")))
			continue;
		json_array_foreach(json_object_get(document, "facts"), place, fact) {
			if (strcmp(document_text(fact, "id"), document_text(requirement, "fact")) !=
				0)
				continue;
			if (readings->count == READINGS_MAX)
				trouble(&readings->at[READINGS_MAX - 1],
					"it is there more than %d times", READINGS_MAX);
			else
				readings->at[readings->count++] = (struct reading){.fact = fact};
		}
	}
	explain_absence(run, requirement, document_text(requirement, "fact"), readings);
}

/* Raises *worst to a condition of one document. */
static void worsen(double *worst, const json_t *conditions, const char *key)
{
	double value = json_number_value(json_object_get(conditions, key));

	if (value > *worst)
		*worst = value;
}

struct disturbance reading_disturbance(const json_t *run, const char *bench)
{
	struct disturbance worst = {0};
	size_t index;
	json_t *document;

	json_array_foreach(json_object_get(run, "results"), index, document) {
		const json_t *conditions = json_object_get(document, "conditions");

		if (strcmp(document_text(json_object_get(document, "bench"), "name"), bench) != 0)
			continue;
		worst.documents++;
		if (!absence_is_usable(document, bench)) {
			worst.unfinished++;
			continue;
		}
		worsen(&worst.steal_ratio, conditions, "steal_ratio");
		worsen(&worst.cpu_pressure_ratio, conditions, "pressure_cpu_ratio");
		worsen(&worst.memory_pressure_ratio, conditions, "pressure_memory_ratio");
		worsen(&worst.throttled_periods, conditions, "throttled_periods");
	}
	return worst;
}
