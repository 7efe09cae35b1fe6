/*
 * Whatever the file of a soak's state holds, it is refused with a sentence or becomes a record that
 * can be saved again and compacted. The input is edits to a good state.
 */
#include "edit.h"
#include "record_private.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct metric_spec metrics[] = {
	{.name = "rate", .title = "Rate", .unit = "writes/s", .better = BETTER_HIGHER},
	{.name = "lost", .title = "Lost", .unit = "changes/day", .better = BETTER_LOWER},
	{.name = NULL}};
static const struct distribution_spec distributions[] = {
	{.name = "wal", .title = "WAL"}, {.name = NULL}};

static void require(bool holds)
{
	if (!holds)
		abort();
}

/* As record_new(), which looks at the host. */
static struct record *open_record(void)
{
	struct record *record = calloc(1, sizeof(*record));

	record->document = json_object();
	json_object_set_new(record->document, "started", json_string("2026-11-23T02:56:07Z"));
	record->start_ns = clock_now_ns();
	record_series(record, &distributions[0], NULL);
	return record;
}

static void close_record(struct record *record)
{
	for (struct metric *at = record->metrics, *next; at; at = next) {
		next = at->next;
		json_decref(at->labels);
		free(at->values);
		free(at);
	}
	for (struct distribution *at = record->distributions, *next; at; at = next) {
		next = at->next;
		for (size_t i = 0; i < at->count; i++)
			histogram_free(at->repetitions[i]);
		free(at->repetitions);
		json_decref(at->labels);
		free(at);
	}
	series_free(record->series->series);
	json_decref(record->series->labels);
	free(record->series);
	json_decref(record->document);
	free(record);
}

static json_t *good_state(void)
{
	struct record *record = open_record();
	struct histogram *histogram = histogram_new();
	const struct label labels[] = {{"size", "1392"}, {NULL, ""}};

	for (int64_t i = 1; i < 50; i++) {
		histogram_record(histogram, i * 1000);
		series_add(record->series->series, clock_now_ns(), i * 1000);
	}
	for (int i = 0; i < 4; i++) {
		record_value(record, &metrics[0], labels, 100 + i);
		record_events(record, &metrics[1], labels, i, 0.5);
		record_histogram(record, &distributions[0], labels, histogram);
	}
	json_t *state = record_state(record);
	histogram_free(histogram);
	close_record(record);
	return state;
}

static void look(const struct record_reading *reading, void *argument)
{
	(void)argument;
	require(reading->name && reading->unit);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static json_t *good;
	struct problem problem = {""};
	struct record *record = open_record();

	if (!good)
		good = good_state();
	json_t *state = edited(good, data, size);
	if (record_restore(record, state, metrics, distributions, &problem) < 0) {
		require(*problem.text);
	} else {
		record_readings(record, look, NULL);
		record_compact(record);
		json_decref(series_json(record->series->series));
		json_decref(record_state(record));
	}
	json_decref(state);
	close_record(record);
	return 0;
}
