#include "sample_private.h"

#include "absence.h"
#include "allocate.h"
#include "document.h"
#include "reading.h"
#include "text.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LEFT_OUT_MAX 200 /* reasons kept of one run */

/* What one result says of one metric. */
struct piece {
	struct sample sample;
	size_t first;                    /* where its values begin, as they move */
	const json_t *document, *metric; /* borrowed from the run */
};

/* A run while it is flattened. */
struct flattening {
	struct sample_set *set;
	struct piece *pieces;
	size_t count, room;
	double *values;
	size_t values_count, values_room;
	const json_t *document; /* the result at hand */
	json_t *left_out;
};

static bool leave_out(struct flattening *to, const char *bench, const char *name,
	const char *format, ...) __attribute__((format(printf, 4, 5)));

void sample_note(json_t *notes, const char *what, const char *why)
{
	char name[300], reason[sizeof(((struct problem *)NULL)->text)];

	json_array_append_new(
		notes, json_pack("{s:s,s:s}", "what", text_printable(what, name, sizeof(name)),
			       "why", text_printable(why, reason, sizeof(reason))));
}

/* False, so that callers can return it. */
static bool leave_out(
	struct flattening *to, const char *bench, const char *name, const char *format, ...)
{
	char what[256], why[512];
	va_list arguments;

	if (json_array_size(to->left_out) >= LEFT_OUT_MAX)
		return false;
	snprintf(what, sizeof(what), "%.100s%s%.100s", *bench ? bench : "a result",
		*name ? ": " : "", name);
	va_start(arguments, format);
	vsnprintf(why, sizeof(why), format, arguments);
	va_end(arguments);
	sample_note(to->left_out, what, why);
	return false;
}

/* "0.1" of "0.1.17"; false when there is no such thing. */
static bool cut_version(const char *version, char *buffer, size_t size)
{
	size_t major = strspn(version, "0123456789");
	size_t minor = version[major] == '.' ? strspn(version + major + 1, "0123456789") : 0;

	if (major == 0 || minor == 0 || major + 1 + minor >= size)
		return false;
	snprintf(buffer, size, "%.*s", (int)(major + 1 + minor), version);
	return true;
}

/* A bound of a summary: null is open. */
static bool bound_of(const json_t *summary, const char *key, double open, double *bound)
{
	const json_t *value = json_object_get(summary, key);

	*bound = json_is_null(value) ? open : json_number_value(value);
	return json_is_null(value) || json_is_number(value);
}

static bool read_summary(const json_t *metric, struct sample *sample)
{
	const json_t *summary = json_object_get(metric, "summary");
	const json_t *value = json_object_get(summary, "value");

	sample->value = json_number_value(value);
	return json_is_number(value) && bound_of(summary, "low", -INFINITY, &sample->low) &&
	       bound_of(summary, "high", INFINITY, &sample->high) && isfinite(sample->value) &&
	       sample->low <= sample->value && sample->value <= sample->high;
}

static bool read_events(const json_t *metric, struct sample *sample)
{
	const json_t *events = json_object_get(metric, "events");
	const json_t *exposure = json_object_get(metric, "exposure");

	sample->events = json_number_value(events);
	sample->exposure = json_number_value(exposure);
	return (!events && !exposure) || (json_is_number(events) && json_is_number(exposure) &&
						 sample->events >= 0 && sample->exposure > 0);
}

/* Appends the values of one metric; false when one is no number, with none appended. */
static bool read_values(struct flattening *to, const json_t *values)
{
	size_t more = json_array_size(values), i;
	const json_t *value;

	json_array_foreach(values, i, value)
		if (!json_is_number(value) || !isfinite(json_number_value(value)))
			return false;
	if (to->values_count + more > to->values_room) {
		to->values_room = 2 * (to->values_count + more);
		to->values = allocate_grow(to->values, to->values_room, sizeof(*to->values));
	}
	json_array_foreach(values, i, value)
		to->values[to->values_count++] = json_number_value(value);
	return more > 0;
}

static void append(struct flattening *to, const struct piece *piece)
{
	if (to->count == to->room) {
		to->room = to->room ? 2 * to->room : 64;
		to->pieces = allocate_grow(to->pieces, to->room, sizeof(*to->pieces));
	}
	to->pieces[to->count++] = *piece;
}

static bool is_direction(const char *better)
{
	return strcmp(better, "lower") == 0 || strcmp(better, "higher") == 0;
}

static bool flatten_metric(
	struct flattening *to, const struct sample_setting *setting, const json_t *metric)
{
	struct piece piece = {
		.sample = {.setting = setting},
		.first = to->values_count,
		.document = to->document,
		.metric = metric,
	};
	const char *bench = setting->bench, *name = document_text(metric, "name");
	const json_t *values = json_object_get(metric, "values");
	struct sample_meaning meaning = {
		.title = document_text(metric, "title"),
		.unit = document_text(metric, "unit"),
		.better = document_text(metric, "better"),
		.relative_to = document_text(metric, "relative_to"),
		.against = document_text(metric, "against"),
		.quantile = json_number_value(json_object_get(metric, "quantile")),
	};

	if (!*name || !*meaning.title || !*meaning.unit)
		return leave_out(to, bench, name, "it has no name, title or unit");
	if (!is_direction(meaning.better))
		return leave_out(to, bench, name, "it does not say whether lower is better");
	if (json_object_get(metric, "quantile") && !(meaning.quantile > 0 && meaning.quantile < 1))
		return leave_out(to, bench, name, "it does not say which quantile it is");
	if (!read_summary(metric, &piece.sample))
		return leave_out(
			to, bench, name, "its summary is incomplete or contradicts itself");
	if (!read_events(metric, &piece.sample))
		return leave_out(
			to, bench, name, "it does not say how many events it saw in what time");
	char *labels = sample_labels_text(metric);
	if (!labels)
		return leave_out(to, bench, name, "its labels are not texts");
	piece.sample.count = json_array_size(values);
	if (read_values(to, values)) {
		piece.sample.key = sample_set_key(to->set,
			&(struct sample_key){.bench = bench, .name = name, .labels = labels});
		piece.sample.meaning = sample_set_meaning(to->set, &meaning);
		append(to, &piece);
	} else {
		leave_out(to, bench, name, "its values are missing, or one is no number");
	}
	free(labels);
	return true;
}

static bool flatten_result(struct flattening *to, const json_t *result)
{
	const char *bench = document_text(json_object_get(result, "bench"), "name");
	const char *version = document_text(json_object_get(result, "suite"), "version");
	char suite[64];
	struct sample_setting setting = {
		.bench = bench, .suite = suite, .preset = document_text(result, "preset")};
	const json_t *metric;
	size_t i;

	to->document = result;
	if (!*bench)
		return leave_out(to, "", "", "it does not say which benchmark it is by");
	if (!*document_text(result, "status") || !*document_text(result, "schema"))
		return leave_out(to, bench, "", "it is no result of a benchmark");
	if (!absence_is_usable(result, bench))
		return leave_out(to, bench, "", "%.60s%s%.300s", document_text(result, "status"),
			*document_text(result, "reason") ? ": " : "",
			document_text(result, "reason"));
	if (!cut_version(version, suite, sizeof(suite)))
		return leave_out(to, bench, "", "it does not say which version measured it");
	if (!*setting.preset || !json_is_object(json_object_get(result, "parameters")))
		return leave_out(to, bench, "", "it does not say with which parameters it ran");
	char *parameters = sample_parameters_text(result);
	setting.parameters = parameters;
	const struct sample_setting *shared = sample_set_setting(to->set, &setting);
	free(parameters);
	json_array_foreach(json_object_get(result, "metrics"), i, metric)
		flatten_metric(to, shared, metric);
	return true;
}

/* By metric, and in the order of the document. */
static int compare_pieces(const void *left, const void *right)
{
	const struct piece *a = left, *b = right;

	if (a->sample.key != b->sample.key)
		return a->sample.key->index < b->sample.key->index ? -1 : 1;
	return a->first < b->first ? -1 : a->first > b->first;
}

/* Why pieces of one metric are not one sample: false, and nothing written, when they are. */
static bool pieces_differ(const struct piece *pieces, size_t count, char *why, size_t size)
{
	for (size_t i = 1; i < count; i++) {
		if (pieces[i].document == pieces[i - 1].document) {
			snprintf(why, size, "one result gives it twice");
			return true;
		}
		if (sample_differs(&pieces[0].sample, &pieces[i].sample, why, size))
			return true;
		if (!(pieces[0].sample.exposure > 0) != !(pieces[i].sample.exposure > 0)) {
			snprintf(why, size, "only one of its results counts events");
			return true;
		}
	}
	return false;
}

/* The summary of several results, as verdicts have it. False with a reason when there is none. */
static bool pool(const struct piece *pieces, size_t count, struct reading_cache *cache,
	struct sample *sample, char *why, size_t size)
{
	json_t *results = json_array(), *run = json_pack("{s:o}", "results", results);
	struct reading reading;

	for (size_t i = 0; i < count; i++)
		json_array_append(results, (json_t *)pieces[i].document);
	reading_of_metric(run, sample->key->bench, pieces[0].metric, cache, &reading);
	json_decref(run);
	snprintf(why, size, "%.250s", reading.trouble);
	sample->value = reading.interval.value;
	sample->low = reading.interval.low;
	sample->high = reading.interval.high;
	return !*reading.trouble;
}

/* Makes one sample of pieces, with the summary of the first; returns where the next one's values
 * go. */
static double *join(struct sample *sample, const struct flattening *from,
	const struct piece *pieces, size_t count, double *values)
{
	double *ends;
	bool even = true;

	*sample = pieces[0].sample;
	sample->values = values;
	sample->count = 0;
	sample->events = sample->exposure = 0;
	for (size_t i = 0; i < count; i++) {
		const struct sample *piece = &pieces[i].sample;
		memcpy(values + sample->count, from->values + pieces[i].first,
			piece->count * sizeof(*values));
		sample->count += piece->count;
		sample->events += piece->events;
		sample->exposure += piece->exposure;
		even = even && piece->count == pieces[0].sample.count;
	}
	sample->repeats = count;
	if (even)
		return values + sample->count;
	sample->ends = ends = values + sample->count;
	for (size_t i = 0; i < count; i++)
		ends[i] = (double)pieces[i].sample.count + (i ? ends[i - 1] : 0);
	return ends + count;
}

static bool is_countable(const struct sample *sample, char *why, size_t size)
{
	snprintf(why, size, "its results add up to more than can be counted");
	return isfinite(sample->value) && isfinite(sample->events) && isfinite(sample->exposure);
}

/* Joins the pieces to samples. Returns how many. */
static size_t finish(struct flattening *from, struct sample **samples, double **values)
{
	struct reading_cache *cache = &sample_set_verdicts(from->set)->readings;
	size_t made = 0, end;
	char why[300];
	double *next;

	if (from->count)
		qsort(from->pieces, from->count, sizeof(*from->pieces), compare_pieces);
	*samples = allocate_zero(from->count, sizeof(**samples));
	next = *values = allocate_zero(from->values_count + from->count, sizeof(**values));
	for (size_t i = 0; i < from->count; i = end) {
		const struct piece *pieces = &from->pieces[i];
		for (end = i + 1;
			end < from->count && from->pieces[end].sample.key == pieces->sample.key;)
			end++;
		struct sample *sample = &(*samples)[made];
		double *behind = join(sample, from, pieces, end - i, next);
		if (pieces_differ(pieces, end - i, why, sizeof(why)) ||
			(end - i > 1 && !pool(pieces, end - i, cache, sample, why, sizeof(why))) ||
			!is_countable(sample, why, sizeof(why))) {
			leave_out(from, pieces->sample.key->bench, pieces->sample.key->name, "%s",
				why);
			continue;
		}
		next = behind;
		made++;
	}
	reading_cache_reuse(cache);
	return made;
}

const struct sample_run *sample_set_add(
	struct sample_set *set, const json_t *run, const char *sha256)
{
	struct flattening to = {.set = set, .left_out = json_array()};
	struct sample *samples;
	const json_t *result;
	double *values;
	size_t i;

	json_array_foreach(json_object_get(run, "results"), i, result)
		flatten_result(&to, result);
	size_t count = finish(&to, &samples, &values);
	free(to.pieces);
	free(to.values);
	json_t *judged = json_copy((json_t *)run);
	if (sample_set_judges(set))
		json_object_set(judged, "profiles", sample_set_judges(set));
	char *lines;
	json_t *profiles = sample_profiles(set, judged);
	json_object_set(judged, "profiles", profiles);
	json_t *verdicts = sample_verdicts(set, judged, &lines);
	json_decref(judged);
	return sample_set_adopt(set, sample_header(set, run, sha256), profiles, verdicts, lines,
		to.left_out, samples, count, values);
}
