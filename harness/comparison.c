#include "comparison_private.h"

#include "clock.h"
#include "document.h"
#include "sentence.h"
#include "version.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

json_t *comparison_number(double value)
{
	return isfinite(value) ? json_real(value) : json_null();
}

static void set_text(json_t *object, const char *key, const char *text)
{
	if (*text)
		json_object_set_new(object, key, json_string(text));
}

json_t *table_candidate(const struct candidate *candidate)
{
	json_t *json = json_object(), *runs = json_array();

	json_object_set_new(json, "name", json_string(candidate->name));
	json_object_set_new(json, "source", json_string(candidate->source));
	for (size_t i = 0; i < candidate->count; i++)
		json_array_append(runs, candidate->runs[i]->header);
	json_object_set_new(json, "runs", runs);
	set_text(json, "provider", candidate->provider);
	set_text(json, "region", candidate->region);
	set_text(json, "link", candidate->link);
	if (candidate->price.amount > 0)
		json_object_set_new(json, "price", price_json(&candidate->price));
	json_object_set_new(json, "verdicts", ranking_verdicts(candidate));
	return json;
}

/* Counts of cells and indices of candidates are shared: there may be very many of them. */
static void set_count(const struct table *table, json_t *json, const char *key, size_t count)
{
	json_t *known = json_array_get(table->counts, count);

	json_object_set_new(
		json, key, known ? json_incref(known) : json_integer((json_int_t)count));
}

json_t *table_cell(const struct table *table, const struct cell *cell)
{
	json_t *json = json_object();

	set_count(table, json, "n", cell->count);
	set_count(table, json, "runs", cell->runs_count);
	json_object_set_new(json, "value", comparison_number(cell->reading.value));
	json_object_set_new(json, "low", comparison_number(cell->reading.low));
	json_object_set_new(json, "high", comparison_number(cell->reading.high));
	return json;
}

static const char *direction_of(const struct cell *cell, const struct sample_meaning *meaning)
{
	const struct difference *difference = &cell->difference;
	bool more = difference->ratio > 0 ? difference->ratio > 1 : difference->shift > 0;

	if (difference->shift == 0 && !(fabs(difference->ratio - 1) > 0))
		return "none";
	return more == (strcmp(meaning->better, "higher") == 0) ? "better" : "worse";
}

static void set_word(const struct table *table, json_t *json, const char *key, const char *word)
{
	if (!json_object_get(table->words, word))
		json_object_set_new(table->words, word, json_string(word));
	json_object_set(json, key, json_object_get(table->words, word));
}

static json_t *describe_difference(const struct table *table, const struct metric_row *row,
	const struct cell *cell, size_t which)
{
	const struct difference *difference = &cell->difference;
	enum difference_class kind =
		difference_classify(difference, cell->p_adjusted, table->request->threshold);
	bool told = kind == DIFFERENCE_REAL || kind == DIFFERENCE_LIKELY;
	json_t *json = json_object();

	set_count(table, json, "candidate", which);
	json_object_set_new(json, "ratio", comparison_number(difference->ratio));
	/* No ratio of positive values can be 0: nothing bounds it then. */
	json_object_set_new(
		json, "low", comparison_number(difference->low == 0 ? NAN : difference->low));
	json_object_set_new(json, "high", comparison_number(difference->high));
	json_object_set_new(json, "shift", comparison_number(difference->shift));
	json_object_set_new(json, "effect", comparison_number(difference->effect));
	json_object_set_new(json, "p", comparison_number(difference->p));
	json_object_set_new(json, "p_adjusted", comparison_number(cell->p_adjusted));
	json_object_set_new(json, "by_run", json_boolean(difference->by_run));
	set_word(table, json, "class", difference_class_names[kind]);
	set_word(table, json, "direction", told ? direction_of(cell, row->meaning) : "none");
	return json;
}

json_t *table_key(const struct metric_row *row)
{
	const struct sample_meaning *meaning = row->meaning;
	json_t *json = json_object();

	json_object_set_new(json, "bench", json_string(row->key->bench));
	json_object_set_new(json, "name", json_string(row->key->name));
	json_object_set_new(json, "title", json_string(meaning->title));
	json_object_set_new(json, "unit", json_string(meaning->unit));
	json_object_set_new(json, "better", json_string(meaning->better));
	json_object_set_new(json, "labels", sample_labels(row->key));
	if (meaning->quantile > 0)
		json_object_set_new(json, "quantile", json_real(meaning->quantile));
	set_text(json, "relative_to", meaning->relative_to);
	set_text(json, "against", meaning->against);
	if (row->mixed)
		json_object_set_new(json, "mixed", json_true());
	return json;
}

static json_t *describe_row(const struct table *table, const struct metric_row *row)
{
	json_t *json = table_key(row), *values = json_array(), *differences = json_array();

	for (size_t i = 0; i < table->request->count; i++) {
		json_t *value = table_cell(table, &row->cells[i]);
		set_count(table, value, "candidate", i);
		spread_add(row, &row->cells[i], value);
		json_array_append_new(values, value);
		if (row->cells[i].compared)
			json_array_append_new(
				differences, describe_difference(table, row, &row->cells[i], i));
	}
	json_object_set_new(json, "values", values);
	json_object_set_new(json, "differences", differences);
	return json;
}

/* A row in which nothing could be compared is only news when it has a value at all. */
static bool has_value(const struct table *table, const struct metric_row *row)
{
	for (size_t i = 0; i < table->request->count; i++)
		if (row->cells[i].count)
			return true;
	return false;
}

json_t *table_metrics(struct table *table)
{
	json_t *metrics = json_array();

	for (size_t i = 0; i < table->count; i++) {
		if (has_value(table, &table->rows[i]))
			json_array_append_new(metrics, describe_row(table, &table->rows[i]));
		table_free_row(table, &table->rows[i]);
	}
	return metrics;
}

/* Whether a ratio's interval leaves 1 out, and yet nothing is told of it for want of runs. */
static bool is_held_back(const json_t *difference)
{
	const json_t *low = json_object_get(difference, "low");
	const json_t *high = json_object_get(difference, "high");

	return strcmp(document_text(difference, "class"), "not enough evidence") == 0 &&
	       json_is_false(json_object_get(difference, "by_run")) &&
	       ((json_is_number(low) && json_number_value(low) > 1) ||
		       (json_is_number(high) && json_number_value(high) < 1));
}

/* Why such a difference is called "not enough evidence"; NULL when none is. */
static json_t *caveat_of(const json_t *metrics)
{
	const json_t *metric, *difference;
	size_t i, k;

	json_array_foreach(metrics, i, metric)
		json_array_foreach(json_object_get(metric, "differences"), k, difference)
			if (is_held_back(difference))
				return json_string(
					"With fewer than 5 runs in all, an interval is that of "
					"these runs. How far others would differ is not known, so "
					"that a small difference is not called real.");
	return NULL;
}

json_t *comparison_make(struct sample_set *set, const struct comparison_request *request)
{
	json_t *json = json_object(), *candidates = json_array();
	char created[CLOCK_UTC_SIZE];
	struct table table;

	table_make(set, request, &table);
	table_compare(&table);
	json_object_set_new(json, "schema", json_string("seatrial.comparison/1"));
	json_object_set_new(json, "suite",
		json_pack("{s:s,s:s}", "version", SEATRIAL_VERSION, "commit", SEATRIAL_COMMIT));
	json_object_set_new(json, "created", json_string(clock_utc(created)));
	for (size_t i = 0; i < request->count; i++) {
		json_t *candidate = table_candidate(&request->candidates[i]);
		lines_add(&table, i, candidate);
		json_array_append_new(candidates, candidate);
	}
	lines_note(&table);
	sample_set_strip(set);
	json_object_set_new(json, "candidates", candidates);
	json_object_set_new(json, "baseline", json_integer((json_int_t)request->baseline));
	json_object_set_new(json, "settings",
		json_pack("{s:f,s:b}", "threshold", request->threshold, "mixed", request->mixed));
	json_object_set_new(json, "rankings", ranking_make(&table));
	json_t *metrics = table_metrics(&table), *caveat = caveat_of(metrics);
	json_object_set_new(json, "metrics", metrics);
	if (caveat)
		json_object_set_new(json, "caveat", caveat);
	json_object_set_new(json, "not_compared", table_notes(&table, table.aside));
	json_object_set_new(json, "mixed", table_notes(&table, table.mixed));
	table_free(&table);
	return json;
}

/* Whether a ranking says something of more than one candidate. */
static bool ranks(const json_t *ranking)
{
	const json_t *place;
	size_t i, judged = 0;

	json_array_foreach(json_object_get(ranking, "order"), i, place)
		judged += strcmp(document_text(place, "overall"), "not enough evidence") != 0;
	return judged > 1;
}

bool comparison_is_empty(const json_t *comparison)
{
	const json_t *entry;
	size_t i;

	json_array_foreach(json_object_get(comparison, "metrics"), i, entry)
		if (json_array_size(json_object_get(entry, "differences")))
			return false;
	json_array_foreach(json_object_get(comparison, "rankings"), i, entry)
		if (ranks(entry))
			return false;
	return true;
}

const char *comparison_labels(const json_t *labels, char *buffer, size_t size)
{
	struct sentence sentence = {0};
	const char *name;
	json_t *value;

	json_object_foreach((json_t *)labels, name, value)
		sentence_add(&sentence, "%s%.100s=%.200s", sentence.used ? ", " : "", name,
			json_is_string(value) ? json_string_value(value) : "");
	return sentence_finish(&sentence, buffer, size);
}
