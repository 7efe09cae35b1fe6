/* Metrics that are not quantiles: their values, units and summaries. */
#include "verify_private.h"

#include "document.h"
#include "interval.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* The last digits of a sum may differ between two C libraries. */
#define EXACTLY 1e-9

static const char *word(double value, char buffer[32])
{
	if (isfinite(value))
		snprintf(buffer, 32, "%.9g", value);
	else
		snprintf(buffer, 32, "open");
	return buffer;
}

/* A side of an interval; null is open. */
static double side(const json_t *summary, const char *key, double open)
{
	const json_t *value = json_object_get(summary, key);

	return json_is_number(value) ? json_number_value(value) : open;
}

static void compare(struct verify *verify, const char *what, double said, double computed,
	double tolerance, const char *where)
{
	char is[32], should[32];

	if (!verify_close(said, computed, tolerance))
		verify_say(verify, FINDING_INCONSISTENT, where,
			"%s of its summary is %s, but what it sums up gives %s", what,
			word(said, is), word(computed, should));
}

void verify_summary(struct verify *verify, const json_t *metric, const char *method,
	const struct interval *interval, double tolerance, const char *where)
{
	const json_t *summary = json_object_get(metric, "summary");
	const char *said = document_text(summary, "method");

	if (strcmp(said, method) != 0)
		verify_say(verify, FINDING_INCONSISTENT, where,
			"its summary's method is \"%s\", but a metric of its kind has \"%s\"", said,
			method);
	compare(verify, "n", side(summary, "n", 0), (double)interval->n, 0, where);
	compare(verify, "the value", side(summary, "value", 0), interval->value, tolerance, where);
	compare(verify, "the lower side", side(summary, "low", -INFINITY), interval->low, tolerance,
		where);
	compare(verify, "the upper side", side(summary, "high", INFINITY), interval->high,
		tolerance, where);
	compare(verify, "the confidence", side(summary, "confidence", 0), interval->confidence,
		EXACTLY, where);
}

/* Units of what cannot be less than nothing. A cost or a slope ("s/GB") is a difference and can, as
 * can a time that was added; so can how well a line explains something ("ratio"). */
static bool never_negative(const char *unit)
{
	const char *per = strchr(unit, '/');

	return strcmp(unit, "B/s") == 0 || strcmp(unit, "bit/s") == 0 ||
	       (per && strcmp(per, "/s") == 0) || (per && strcmp(per, "/day") == 0);
}

static void check_values(struct verify *verify, const json_t *metric, const char *where)
{
	const char *unit = document_text(metric, "unit");
	bool share = json_object_get(metric, "relative_to");
	const json_t *value;
	size_t i;

	if (share && strcmp(unit, "ratio") != 0)
		verify_say(verify, FINDING_INCONSISTENT, where,
			"is a share of something, but its unit is \"%s\"", unit);
	json_array_foreach(json_object_get(metric, "values"), i, value) {
		double number = json_number_value(value);
		if (number < 0 && (share || never_negative(unit)))
			verify_say(verify, FINDING_INCONSISTENT, where,
				"values[%zu] is %.9g, but nothing in \"%s\" is negative here", i,
				number, unit);
	}
}

/* Events per exposure, over all repetitions: no more than twice the most that one of them had, as a
 * value may be the mean of two. */
static void check_rate(struct verify *verify, const json_t *metric, const char *where)
{
	double events = json_number_value(json_object_get(metric, "events"));
	double exposure = json_number_value(json_object_get(metric, "exposure"));
	struct interval interval = interval_of_rate(events, exposure);
	const json_t *values = json_object_get(metric, "values"), *value;
	double most = 0, only = json_number_value(json_array_get(values, 0));
	size_t i;

	interval.n = json_array_size(values);
	verify_summary(verify, metric, "poisson", &interval, EXACTLY, where);
	json_array_foreach(values, i, value)
		most = fmax(most, json_number_value(value));
	if (interval.n == 1
			? !verify_close(interval.value, only, EXACTLY)
			: interval.value > 2 * most * (1 + EXACTLY) || (events == 0) != (most == 0))
		verify_say(verify, FINDING_INCONSISTENT, where,
			"%.9g events in %.9g are no rate that its values can come from", events,
			exposure);
}

static void check_median(struct verify *verify, const json_t *metric, const char *where)
{
	const json_t *values = json_object_get(metric, "values"), *value;
	size_t i, count = json_array_size(values);
	double *numbers = malloc((count + 1) * sizeof(*numbers));

	if (!numbers) {
		verify_say(verify, FINDING_INCONSISTENT, where, "has too many values to check");
		return;
	}
	json_array_foreach(values, i, value)
		numbers[i] = json_number_value(value);
	struct interval interval = interval_of_median(numbers, count);
	verify_summary(verify, metric, "median-order-statistics", &interval, EXACTLY, where);
	free(numbers);
}

static void check_metric(struct verify *verify, const json_t *metric, const char *where)
{
	bool events = json_object_get(metric, "events");

	check_values(verify, metric, where);
	if (json_object_get(metric, "distribution"))
		return; /* verify_latencies() */
	if (events != (json_object_get(metric, "exposure") != NULL))
		verify_say(verify, FINDING_INCONSISTENT, where,
			"has events without the exposure they were seen in, or the other way");
	else if (events)
		check_rate(verify, metric, where);
	else
		check_median(verify, metric, where);
}

void verify_metrics(struct verify *verify, const json_t *result, const char *where)
{
	json_t *seen = json_object();
	const json_t *metric;
	char place[VERIFY_WHERE_MAX];
	size_t i;

	json_array_foreach(json_object_get(result, "metrics"), i, metric) {
		char *key = verify_key(
			document_text(metric, "name"), json_object_get(metric, "labels"));
		verify_where(where, "metrics", i, metric, place, sizeof(place));
		if (key && json_object_get(seen, key))
			verify_say(verify, FINDING_INCONSISTENT, place,
				"is there twice, with the same labels");
		else if (key)
			json_object_set_new(seen, key, json_true());
		free(key);
		check_metric(verify, metric, place);
	}
	json_decref(seen);
}
