#include "comparison_private.h"

#include "allocate.h"
#include "document.h"
#include "evidence.h"
#include "holm.h"
#include "text.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define WHY_MAX    400
#define RUNS_LEAST 6 /* whose smallest and largest value bound the median at 95 % */

void table_note(json_t *notes, size_t candidate, const char *what, const char *why, const char *of)
{
	char key[1200], printable[1200];

	snprintf(key, sizeof(key), "%zu\n%.300s\n%.700s", candidate, what, why);
	/* Line ends separate the parts: texts from documents must have none. */
	for (char *line = key, *end; (end = strchr(line, '\n')); line = end + 1)
		*end = '\001';
	text_printable(key, printable, sizeof(printable));
	json_t *entry = json_object_get(notes, printable);
	if (!entry) {
		entry = json_object();
		json_object_set_new(entry, "candidate", json_integer((json_int_t)candidate));
		json_object_set_new(
			entry, "what", json_string(text_printable(what, key, sizeof(key))));
		json_object_set_new(
			entry, "why", json_string(text_printable(why, key, sizeof(key))));
		json_object_set_new(entry, "of", json_string(of));
		json_object_set_new(notes, printable, entry);
	}
	json_object_set_new(entry, "count",
		json_integer(json_integer_value(json_object_get(entry, "count")) + 1));
}

json_t *table_notes(const struct table *table, const json_t *notes)
{
	json_t *list = json_array(), *entry;
	const char *key;
	char what[700], printable[sizeof(what)];

	json_object_foreach((json_t *)notes, key, entry) {
		size_t candidate = (size_t)json_integer_value(json_object_get(entry, "candidate"));
		json_int_t count = json_integer_value(json_object_get(entry, "count"));
		const char *name = candidate < table->request->count
					   ? table->request->candidates[candidate].name
					   : "";

		snprintf(what, sizeof(what), "%.200s%s%.300s", name, *name ? ": " : "",
			document_text(entry, "what"));
		if (count > 1)
			snprintf(what + strlen(what), sizeof(what) - strlen(what),
				" (%" JSON_INTEGER_FORMAT " %s)", count,
				document_text(entry, "of"));
		json_array_append_new(
			list, json_pack("{s:s,s:O}", "what",
				      text_printable(what, printable, sizeof(printable)), "why",
				      json_object_get(entry, "why")));
	}
	return list;
}

/* Whether a sample counts beside `like`; otherwise, or when that is forced, the reason is noted. */
static bool is_comparable(
	struct table *table, size_t candidate, struct metric_row *row, const struct sample *sample)
{
	const char *bench = sample->key->bench;
	char why[WHY_MAX];

	if (!sample_differs(row->like, sample, why, sizeof(why)))
		return true;
	bool forced = table->request->mixed && row->like->setting != sample->setting &&
		      strcmp(row->like->meaning->unit, sample->meaning->unit) == 0 &&
		      strcmp(row->like->meaning->better, sample->meaning->better) == 0 &&
		      row->like->meaning->quantile == sample->meaning->quantile;
	table_note(forced ? table->mixed : table->aside, candidate, bench, why, "readings");
	row->mixed |= forced;
	return forced;
}

/* Takes over what a run counted; when one has not, repetitions have to do. */
static void add_events(struct cell *cell, const struct sample *sample)
{
	size_t run = cell->runs_count++;

	if (!(sample->exposure > 0) || cell->counted != run) {
		cell->counted = 0;
	} else {
		cell->events = allocate_grow(cell->events, run + 1, sizeof(*cell->events));
		cell->exposures = allocate_grow(cell->exposures, run + 1, sizeof(*cell->exposures));
		cell->events[cell->counted] = sample->events;
		cell->exposures[cell->counted++] = sample->exposure;
	}
}

struct difference_sides table_sides(const struct cell *baseline, const struct cell *candidate)
{
	struct difference_sides sides = {
		.baseline = {baseline->values, baseline->runs, baseline->count},
		.candidate = {candidate->values, candidate->runs, candidate->count}};
	bool counted = baseline->counted && candidate->counted;

	/* Events are known by run. */
	if (!counted && repetitions_runs(&sides.baseline) + repetitions_runs(&sides.candidate) <
				EVIDENCE_FEWEST_RUNS) {
		sides.baseline.runs = baseline->repeats;
		sides.candidate.runs = candidate->repeats;
		sides.whole[0] = baseline->runs;
		sides.whole[1] = candidate->runs;
	}
	return sides;
}

bool table_rates(
	const struct cell *baseline, const struct cell *candidate, struct rate_sides *rates)
{
	*rates = (struct rate_sides){
		.baseline = {baseline->events, baseline->exposures, baseline->counted},
		.candidate = {candidate->events, candidate->exposures, candidate->counted}};
	return baseline->counted && candidate->counted;
}

/* What the runs of a cell say together. */
static void read_cell(
	const struct candidate *candidate, const struct sample_key *key, struct cell *cell)
{
	double *values = allocate_zero(cell->runs_count, sizeof(*values)), events = 0, exposure = 0;
	double low = INFINITY, high = -INFINITY;
	size_t count = 0;

	for (size_t i = 0; i < cell->count; i++) {
		if (i > 0 && cell->runs[i] == cell->runs[i - 1])
			continue;
		const struct sample *sample = sample_find(candidate->runs[cell->runs[i]], key);
		values[count++] = sample->value;
		low = fmin(low, sample->low);
		high = fmax(high, sample->high);
		events += sample->events;
		exposure += sample->exposure;
	}
	cell->reading = cell->counted > 1 ? interval_of_rate(events, exposure)
					  : interval_of_median(values, count);
	if (cell->counted <= 1 && count < RUNS_LEAST) {
		cell->reading.low = low;
		cell->reading.high = high;
	}
	free(values);
}

/* Which of the results of its run a value is from. */
static size_t repeat_of(const struct sample *sample, size_t value)
{
	size_t repeat = 0;

	if (!sample->ends)
		return value * sample->repeats / sample->count;
	while ((double)value >= sample->ends[repeat])
		repeat++;
	return repeat;
}

/* All repetitions of one key in one candidate. */
static void fill_cell(struct table *table, struct metric_row *row, size_t which)
{
	const struct candidate *candidate = &table->request->candidates[which];
	struct cell *cell = &row->cells[which];
	size_t room = 0, repeats = 0;

	cell->reading = (struct interval){.value = NAN, .low = NAN, .high = NAN};
	for (size_t i = 0; i < candidate->count; i++) {
		const struct sample *sample = sample_find(candidate->runs[i], row->key);
		if (!sample || !is_comparable(table, which, row, sample))
			continue;
		if (cell->count + sample->count > room) {
			room = 2 * cell->count + sample->count;
			cell->values = allocate_grow(cell->values, room, sizeof(*cell->values));
			cell->runs = allocate_grow(cell->runs, room, sizeof(*cell->runs));
			cell->repeats = allocate_grow(cell->repeats, room, sizeof(*cell->repeats));
		}
		memcpy(cell->values + cell->count, sample->values,
			sample->count * sizeof(*cell->values));
		for (size_t k = 0; k < sample->count; k++) {
			cell->repeats[cell->count] = (uint32_t)(repeats + repeat_of(sample, k));
			cell->runs[cell->count++] = (uint32_t)i;
		}
		repeats += sample->repeats;
		cell->is_speed = !(sample->exposure > 0) && sample->value > 0;
		add_events(cell, sample);
	}
	if (cell->count)
		read_cell(candidate, row->key, cell);
}

/* The latest sample of a key in a candidate, or NULL. */
static const struct sample *latest_of(
	const struct candidate *candidate, const struct sample_key *key)
{
	for (size_t i = candidate->count; i > 0; i--) {
		const struct sample *sample = sample_find(candidate->runs[i - 1], key);
		if (sample)
			return sample;
	}
	return NULL;
}

/* Adds a row for every key of a candidate that has none yet. */
static void add_rows(struct table *table, size_t which, bool *seen)
{
	const struct candidate *candidate = &table->request->candidates[which];
	const struct candidate *baseline = &table->request->candidates[table->request->baseline];

	for (size_t i = candidate->count; i > 0; i--)
		for (size_t k = 0; k < candidate->runs[i - 1]->count; k++) {
			const struct sample *sample = &candidate->runs[i - 1]->samples[k], *like;
			if (seen[sample->key->index])
				continue;
			seen[sample->key->index] = true;
			like = latest_of(baseline, sample->key);
			table->rows[table->count++] = (struct metric_row){.key = sample->key,
				.meaning = like ? like->meaning : sample->meaning,
				.like = like ? like : sample,
				.cells = allocate_zero(table->request->count, sizeof(struct cell))};
		}
}

/* Notes what the runs of a candidate say they lack. */
static void note_absence(struct table *table, size_t which)
{
	const struct candidate *candidate = &table->request->candidates[which];
	const json_t *entry;
	size_t k;

	json_array_foreach(candidate->unusable, k, entry)
		table_note(table->aside, which, document_text(entry, "what"),
			document_text(entry, "why"), "files");
	for (size_t i = 0; i < candidate->count; i++) {
		const char *why = sample_run_unfinished(candidate->runs[i]);
		if (why)
			table_note(table->aside, which, candidate->runs[i]->id, why, "runs");
		json_array_foreach(candidate->runs[i]->left_out, k, entry)
			table_note(table->aside, which, document_text(entry, "what"),
				document_text(entry, "why"), "runs");
	}
}

/* Tests `count` pairs of a baseline's and a candidate's cells. False when there is no memory. */
static bool test_pairs(struct cell (*pairs)[2], size_t count)
{
	struct difference_sides *sides = allocate_zero(count, sizeof(*sides));
	struct difference *differences = allocate_zero(count, sizeof(*differences));
	double *p = allocate_zero(count, sizeof(*p));

	for (size_t i = 0; i < count; i++)
		sides[i] = table_sides(&pairs[i][0], &pairs[i][1]);
	bool done = difference_of(sides, count, differences) == 0;
	for (size_t i = 0; done && i < count; i++) {
		struct rate_sides rates;
		if (table_rates(&pairs[i][0], &pairs[i][1], &rates))
			rate_settle(&rates, &sides[i], false, &differences[i]);
		p[i] = differences[i].p;
	}
	done = done && holm_adjust(p, count) == 0;
	for (size_t i = 0; i < count; i++) {
		pairs[i][1].difference = differences[i];
		pairs[i][1].p_adjusted = p[i];
	}
	free(sides);
	free(differences);
	free(p);
	return done;
}

/* Compares all metrics of one candidate with the baseline's at once: how much is too much for
 * chance depends on how many are looked at. */
static void compare_with_baseline(struct table *table, size_t which)
{
	size_t baseline = table->request->baseline, count = 0;
	struct cell(*pairs)[2] = allocate_zero(table->count, sizeof(*pairs));
	struct shared shared;
	bool differ = shared_find(table, which, &shared);

	for (size_t i = 0; differ && i < table->count; i++) {
		struct metric_row *row = &table->rows[i];
		struct cell *pair = pairs[count];
		if (shared.count) {
			row->cells[which].compared = shared_part(table, row, which, &shared, pair);
		} else {
			row->cells[which].compared =
				row->cells[baseline].count && row->cells[which].count;
			pair[0] = row->cells[baseline];
			pair[1] = row->cells[which];
		}
		count += row->cells[which].compared;
	}
	bool done = test_pairs(pairs, count);
	count = 0;
	for (size_t i = 0; i < table->count; i++) {
		struct cell *cell = &table->rows[i].cells[which];
		if (!cell->compared)
			continue;
		struct cell *pair = pairs[count++];
		cell->compared = done;
		cell->difference = pair[1].difference;
		cell->p_adjusted = pair[1].p_adjusted;
		if (shared.count) {
			table_clear_cell(&pair[0]);
			table_clear_cell(&pair[1]);
		}
	}
	shared_clear(&shared);
	free(pairs);
}

static int compare_rows(const void *left, const void *right)
{
	const struct metric_row *a = left, *b = right;

	return a->key->index < b->key->index ? -1 : a->key->index > b->key->index;
}

void table_make(
	const struct sample_set *set, const struct comparison_request *request, struct table *table)
{
	size_t keys = sample_set_keys(set);
	bool *seen = allocate_zero(keys, sizeof(*seen));

	*table = (struct table){
		.request = request,
		.rows = allocate_zero(keys, sizeof(*table->rows)),
		.aside = json_object(),
		.mixed = json_object(),
		.words = json_object(),
		.counts = json_array(),
	};
	for (size_t i = 0; i < request->count; i++)
		json_array_append_new(table->counts, json_integer((json_int_t)i));
	add_rows(table, request->baseline, seen);
	for (size_t i = 0; i < request->count; i++)
		add_rows(table, i, seen);
	free(seen);
	qsort(table->rows, table->count, sizeof(*table->rows), compare_rows);
	for (size_t i = 0; i < table->count; i++)
		for (size_t k = 0; k < request->count; k++)
			fill_cell(table, &table->rows[i], k);
	for (size_t i = 0; i < request->count; i++)
		note_absence(table, i);
}

void table_compare(struct table *table)
{
	for (size_t i = 0; i < table->request->count; i++)
		if (i != table->request->baseline)
			compare_with_baseline(table, i);
}

void table_clear_cell(struct cell *cell)
{
	free(cell->values);
	free(cell->runs);
	free(cell->repeats);
	free(cell->events);
	free(cell->exposures);
	cell->values = NULL;
	cell->runs = cell->repeats = NULL;
	cell->events = cell->exposures = NULL;
}

void table_free_row(const struct table *table, struct metric_row *row)
{
	for (size_t k = 0; row->cells && k < table->request->count; k++)
		table_clear_cell(&row->cells[k]);
	free(row->cells);
	row->cells = NULL;
}

void table_free(struct table *table)
{
	for (size_t i = 0; i < table->count; i++)
		table_free_row(table, &table->rows[i]);
	free(table->rows);
	json_decref(table->aside);
	json_decref(table->mixed);
	json_decref(table->words);
	json_decref(table->counts);
}
