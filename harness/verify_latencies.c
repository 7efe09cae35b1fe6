/* Distributions, and the metrics that are quantiles of them, against the histograms. */
#include "verify_private.h"

#include "document.h"
#include "histogram.h"
#include "interval.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define REPETITIONS_MAX 512 /* of one distribution: 132 MiB */

/* A histogram keeps three digits, and the exact maximum of each repetition is not in it. With two
 * repetitions, the reach of the t interval is 6.35 times their difference: what is lost moves a
 * side by up to 0.7 %. */
#define NEARLY 0.01

/* The histograms of one distribution. */
struct latency {
	const json_t *distribution;
	struct histogram *repetitions[REPETITIONS_MAX];
	size_t count;
	struct histogram *pooled, *merged;
};

static void release(struct latency *latency)
{
	for (size_t i = 0; i < latency->count; i++)
		histogram_free(latency->repetitions[i]);
	histogram_free(latency->pooled);
	histogram_free(latency->merged);
}

/* Bounds the time that all of a document may take. */
static bool may_look(struct verify *verify, size_t histograms, const char *where)
{
	bool first = verify->work <= VERIFY_WORK_MAX;

	verify->work += histograms;
	if (verify->work <= VERIFY_WORK_MAX)
		return true;
	if (first)
		verify_say(verify, FINDING_INCONSISTENT, where,
			"and what follows asks for more histograms to be looked at than any run "
			"does, and was not checked");
	return false;
}

static struct histogram *decode(
	struct verify *verify, const json_t *encoded, const char *what, const char *where)
{
	struct histogram *histogram = NULL;
	struct problem problem;

	if (histogram_decode(json_string_value(encoded), &histogram, &problem) < 0) {
		verify_say(verify, FINDING_INCONSISTENT, where, "%s cannot be read: %.400s", what,
			problem.text);
		return NULL;
	}
	if (histogram->refused)
		verify_say(verify, FINDING_INCONSISTENT, where,
			"%s holds samples beyond an hour, which are counted elsewhere", what);
	return histogram;
}

/* False when they are not all there, which has been said. */
static bool open_histograms(struct verify *verify, struct latency *latency, const char *where)
{
	const json_t *encoded = json_object_get(latency->distribution, "repetitions"), *repetition;
	size_t i;

	if (json_array_size(encoded) > REPETITIONS_MAX) {
		verify_say(verify, FINDING_INCONSISTENT, where,
			"has more than %d repetitions, and was not checked", REPETITIONS_MAX);
		return false;
	}
	if (!may_look(verify, json_array_size(encoded) + 1, where))
		return false;
	json_array_foreach(encoded, i, repetition) {
		char what[64];
		snprintf(what, sizeof(what), "the histogram of repetition %zu", i);
		latency->repetitions[i] = decode(verify, repetition, what, where);
		if (!latency->repetitions[i])
			return false;
		latency->count++;
	}
	latency->pooled = decode(verify, json_object_get(latency->distribution, "pooled"),
		"the pooled histogram", where);
	latency->merged = histogram_new();
	if (!latency->merged || !latency->pooled)
		return false;
	for (i = 0; i < latency->count; i++)
		histogram_merge(latency->merged, latency->repetitions[i]);
	return true;
}

/* The slot of a latency in seconds; HISTOGRAM_SLOTS when it has none, as it is no whole number of
 * nanoseconds or out of range. */
static size_t slot_of(double seconds)
{
	double ns = round(seconds * 1e9);

	return fabs(seconds * 1e9 - ns) < 0.01 && ns >= 0 && ns <= (double)HISTOGRAM_HIGHEST_NS
		       ? histogram_slot((int64_t)ns)
		       : HISTOGRAM_SLOTS;
}

static void compare_slot(
	struct verify *verify, const char *what, double said_s, int64_t ns, const char *where)
{
	if (slot_of(said_s) != histogram_slot(ns))
		verify_say(verify, FINDING_INCONSISTENT, where,
			"%s is %.9g s, but the histograms say %.4g s", what, said_s,
			(double)ns / 1e9);
}

static void check_extreme(struct verify *verify, const struct latency *latency, const char *key,
	int64_t ns, const char *where)
{
	const json_t *value = json_object_get(latency->distribution, key);

	if (!latency->merged->total && value)
		verify_say(verify, FINDING_INCONSISTENT, where, "has a %s, but no sample", key);
	else if (value)
		compare_slot(verify, key, json_number_value(value), ns, where);
}

static void check_distribution(
	struct verify *verify, const struct latency *latency, const char *where)
{
	const json_t *mean = json_object_get(latency->distribution, "mean");
	json_int_t count = json_integer_value(json_object_get(latency->distribution, "count"));
	const struct histogram *merged = latency->merged;

	if (memcmp(latency->pooled->slots, merged->slots, sizeof(merged->slots)) != 0)
		verify_say(verify, FINDING_INCONSISTENT, where,
			"the pooled histogram is not that of all repetitions together");
	if ((uint64_t)count != merged->total)
		verify_say(verify, FINDING_INCONSISTENT, where,
			"its count is %lld, but its histograms hold %llu samples", (long long)count,
			(unsigned long long)merged->total);
	check_extreme(verify, latency, "min", merged->min_ns, where);
	check_extreme(verify, latency, "max", merged->max_ns, where);
	double computed = histogram_mean_ns(merged) / 1e9;
	if (mean && !verify_close(json_number_value(mean), computed, 0.001))
		verify_say(verify, FINDING_INCONSISTENT, where,
			"its mean is %.9g s, but the histograms say %.4g s",
			json_number_value(mean), computed);
}

/* The value of each repetition that has a sample. */
static void check_repetitions(struct verify *verify, const struct latency *latency,
	const json_t *metric, double quantile, const char *where)
{
	const json_t *values = json_object_get(metric, "values");
	char what[64];
	size_t next = 0;

	for (size_t i = 0; i < latency->count; i++) {
		const struct histogram *repetition = latency->repetitions[i];
		const json_t *value;
		if (!repetition->total)
			continue;
		value = json_array_get(values, next);
		snprintf(what, sizeof(what), "values[%zu]", next++);
		if (value)
			compare_slot(verify, what, json_number_value(value),
				histogram_quantile_ns(repetition, quantile), where);
	}
	if (next != json_array_size(values))
		verify_say(verify, FINDING_INCONSISTENT, where,
			"has %zu values, but %zu repetitions have samples", json_array_size(values),
			next);
}

static void check_quantile(struct verify *verify, const struct latency *latency,
	const json_t *metric, const char *where)
{
	double quantile = json_number_value(json_object_get(metric, "quantile"));

	if (strcmp(document_text(metric, "unit"), "s") != 0)
		verify_say(verify, FINDING_INCONSISTENT, where,
			"is a quantile of a latency, but its unit is \"%s\"",
			document_text(metric, "unit"));
	if (!latency->merged->total) {
		verify_say(verify, FINDING_INCONSISTENT, where, "is a quantile of no sample");
		return;
	}
	if (!may_look(verify, latency->count, where))
		return;
	struct interval interval = interval_of_quantile(
		(const struct histogram *const *)latency->repetitions, latency->count, quantile);
	check_repetitions(verify, latency, metric, quantile, where);
	verify_summary(verify, metric, "pooled-quantile", &interval, NEARLY, where);
}

/* Quantile metrics by the distribution that they name: {key: [index of metric, ...]}. */
static json_t *index_quantiles(const json_t *result)
{
	json_t *index = json_object();
	const json_t *metric;
	size_t i;

	json_array_foreach(json_object_get(result, "metrics"), i, metric) {
		const char *name = document_text(metric, "distribution");
		char *key = *name ? verify_key(name, json_object_get(metric, "labels")) : NULL;
		if (!key)
			continue;
		if (!json_object_get(index, key))
			json_object_set_new(index, key, json_array());
		json_array_append_new(json_object_get(index, key), json_integer((json_int_t)i));
		free(key);
	}
	return index;
}

static void check_latency(struct verify *verify, const json_t *result, const json_t *distribution,
	const json_t *quantiles, const char *place, const char *where)
{
	struct latency latency = {.distribution = distribution};
	const json_t *metrics = json_object_get(result, "metrics"), *number;
	char metric_place[VERIFY_WHERE_MAX];
	size_t i;

	if (open_histograms(verify, &latency, place)) {
		check_distribution(verify, &latency, place);
		json_array_foreach(quantiles, i, number) {
			size_t which = (size_t)json_integer_value(number);
			const json_t *metric = json_array_get(metrics, which);
			verify_where(where, "metrics", which, metric, metric_place,
				sizeof(metric_place));
			check_quantile(verify, &latency, metric, metric_place);
		}
	}
	release(&latency);
}

/* What is left in the index names no distribution. */
static void check_orphans(
	struct verify *verify, const json_t *result, const json_t *index, const char *where)
{
	const json_t *metrics = json_object_get(result, "metrics"), *number;
	char place[VERIFY_WHERE_MAX];
	const char *key;
	json_t *quantiles;
	size_t i;

	json_object_foreach((json_t *)index, key, quantiles)
		json_array_foreach(quantiles, i, number) {
			size_t which = (size_t)json_integer_value(number);
			verify_where(where, "metrics", which, json_array_get(metrics, which), place,
				sizeof(place));
			verify_say(verify, FINDING_INCONSISTENT, place,
				"is a quantile of a distribution that is not there");
		}
}

void verify_latencies(struct verify *verify, const json_t *result, const char *where)
{
	json_t *index = index_quantiles(result), *seen = json_object();
	const json_t *distribution;
	char place[VERIFY_WHERE_MAX];
	size_t i;

	json_array_foreach(json_object_get(result, "distributions"), i, distribution) {
		char *key = verify_key(document_text(distribution, "name"),
			json_object_get(distribution, "labels"));
		verify_where(where, "distributions", i, distribution, place, sizeof(place));
		if (!key || json_object_get(seen, key)) {
			verify_say(verify, FINDING_INCONSISTENT, place,
				"is there twice, with the same labels");
		} else {
			json_object_set_new(seen, key, json_true());
			check_latency(verify, result, distribution, json_object_get(index, key),
				place, where);
			json_object_del(index, key);
		}
		free(key);
	}
	check_orphans(verify, result, index, where);
	json_decref(index);
	json_decref(seen);
}
