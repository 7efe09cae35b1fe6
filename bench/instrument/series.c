#include "series.h"

#include "clock.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* Below 32 ns every value has a slot, then there are 32 steps an octave: half a step is 1.6 %. */
#define STEP_BITS 5
#define STEPS     (1 << STEP_BITS)
#define OCTAVES   40
#define SLOTS     (STEPS * (1 + OCTAVES))

/* Levels are what a reader of the record gets: level 0 is all below 32 ns, then there are four an
 * octave, each from one slot to another. The steps come closest to 2^(1/4), 2^(2/4) and 2^(3/4). */
#define QUARTERS 4
#define LEVELS   (1 + QUARTERS * OCTAVES)
static const uint64_t quarter_steps[QUARTERS] = {0, 6, 13, 22};

#define FIRST_INTERVAL_NS INT64_C(50000000)
#define HOUR_NS           INT64_C(3600000000000)

struct cell {
	uint64_t count;
	int64_t max_ns;
	uint32_t slots[SLOTS];
};

struct series {
	int64_t origin_ns, interval_ns;
	int64_t origin_utc_ns; /* the same instant by the wall clock */
	struct cell cells[SERIES_INTERVALS];
	struct cell hours[SERIES_HOURS]; /* of the day, UTC */
};

struct series *series_new(int64_t origin_ns)
{
	struct series *series = malloc(sizeof(*series));

	if (!series)
		return NULL;
	/* Written, not only reserved: no page fault while measuring. */
	memset(series, 0, sizeof(*series));
	series->origin_ns = origin_ns;
	series->origin_utc_ns = clock_utc_ns() - (clock_now_ns() - origin_ns);
	series->interval_ns = FIRST_INTERVAL_NS;
	return series;
}

void series_free(struct series *series)
{
	free(series);
}

static size_t slot_of(int64_t value_ns)
{
	uint64_t value = (uint64_t)value_ns;

	if (value < STEPS)
		return (size_t)value;
	int octave = 63 - STEP_BITS - __builtin_clzll(value);
	size_t slot = ((size_t)(1 + octave) << STEP_BITS) + ((value >> octave) & (STEPS - 1));

	return slot < SLOTS ? slot : SLOTS - 1;
}

/* The middle of a slot. */
static double slot_ns(size_t slot)
{
	uint64_t octave = slot >> STEP_BITS, step = slot & (STEPS - 1);

	if (octave == 0)
		return (double)step;
	octave--;
	return (double)((STEPS + step) << octave) + (double)((UINT64_C(1) << octave) - 1) / 2;
}

static void merge(struct cell *into, const struct cell *from)
{
	into->count += from->count;
	if (from->max_ns > into->max_ns)
		into->max_ns = from->max_ns;
	for (size_t i = 0; i < SLOTS; i++)
		into->slots[i] += from->slots[i];
}

static void double_interval(struct series *series)
{
	struct cell *cells = series->cells;

	merge(&cells[0], &cells[1]);
	for (size_t i = 1; i < SERIES_INTERVALS / 2; i++) {
		cells[i] = cells[2 * i];
		merge(&cells[i], &cells[2 * i + 1]);
	}
	memset(&cells[SERIES_INTERVALS / 2], 0, sizeof(*cells) * (SERIES_INTERVALS / 2));
	series->interval_ns *= 2;
}

static void count(struct cell *cell, size_t slot, int64_t latency_ns)
{
	cell->count++;
	cell->slots[slot]++;
	if (latency_ns > cell->max_ns)
		cell->max_ns = latency_ns;
}

void series_add(struct series *series, int64_t at_ns, int64_t latency_ns)
{
	int64_t since_ns = at_ns - series->origin_ns;

	if (since_ns < 0 || latency_ns < 0)
		return;
	while (since_ns / series->interval_ns >= SERIES_INTERVALS)
		double_interval(series);
	size_t slot = slot_of(latency_ns);
	count(&series->cells[since_ns / series->interval_ns], slot, latency_ns);
	int64_t hour = (series->origin_utc_ns + since_ns) / HOUR_NS % SERIES_HOURS;
	/* A wall clock before 1970 tells no hour. */
	if (hour >= 0)
		count(&series->hours[hour], slot, latency_ns);
}

static double quantile_s(const struct cell *cell, double q)
{
	uint64_t rank = (uint64_t)(q * (double)cell->count + 0.999999), seen = 0;
	double max_ns = (double)cell->max_ns;

	for (size_t i = 0; i < SLOTS; i++) {
		seen += cell->slots[i];
		if (seen >= rank && seen)
			return (slot_ns(i) < max_ns ? slot_ns(i) : max_ns) / 1e9;
	}
	return max_ns / 1e9;
}

static size_t level_of_slot(size_t slot)
{
	size_t octave = slot >> STEP_BITS, level = 1 + (octave - 1) * QUARTERS;

	if (octave == 0)
		return 0;
	for (size_t i = 1; i < QUARTERS; i++)
		level += (slot & (STEPS - 1)) >= quarter_steps[i];
	return level;
}

static double level_edge_s(size_t level)
{
	if (level == 0)
		return 0;
	uint64_t steps = STEPS + quarter_steps[(level - 1) % QUARTERS];
	return (double)(steps << ((level - 1) / QUARTERS)) / 1e9;
}

/* Levels of a series, 2^merge of the finest in one, from the first to the last that occur. */
struct scale {
	unsigned merge;
	size_t first, last;
	size_t numbers; /* that all intervals need */
};

static size_t merged_level(size_t level, unsigned merge)
{
	return (level + (1U << merge) - 1) >> merge;
}

/* The first of the finest levels in a merged one. */
static size_t finest_level(size_t merged, unsigned merge)
{
	return merged == 0 ? 0 : ((merged - 1) << merge) + 1;
}

/* Fills `counts` with a cell's samples by level, and gives the first and last that has some. */
static void cell_levels(const struct cell *cell, unsigned merge, uint64_t counts[LEVELS],
	size_t *first, size_t *last)
{
	memset(counts, 0, sizeof(*counts) * LEVELS);
	*first = LEVELS;
	*last = 0;
	for (size_t i = 0; i < SLOTS; i++) {
		size_t level = merged_level(level_of_slot(i), merge);

		if (!cell->slots[i])
			continue;
		counts[level] += cell->slots[i];
		*first = level < *first ? level : *first;
		*last = level;
	}
}

static struct scale scale_of(const struct series *series, unsigned merge)
{
	struct scale scale = {.merge = merge, .first = LEVELS};
	uint64_t counts[LEVELS];

	for (size_t i = 0; i < SERIES_INTERVALS; i++) {
		size_t first, last;

		if (!series->cells[i].count)
			continue;
		cell_levels(&series->cells[i], merge, counts, &first, &last);
		scale.first = first < scale.first ? first : scale.first;
		scale.last = last > scale.last ? last : scale.last;
		scale.numbers += last - first + 2;
	}
	return scale;
}

static json_t *levels_row(const struct cell *cell, const struct scale *scale)
{
	uint64_t counts[LEVELS];
	size_t first, last;

	cell_levels(cell, scale->merge, counts, &first, &last);
	json_t *row = json_pack("[I]", (json_int_t)(first - scale->first));
	for (size_t i = first; i <= last; i++)
		json_array_append_new(row, json_integer((json_int_t)counts[i]));
	return row;
}

static void add_levels(const struct series *series, json_t *object)
{
	json_t *edges = json_array(), *rows = json_array();
	struct scale scale = scale_of(series, 0);

	while (scale.numbers > SERIES_LEVEL_NUMBERS && scale.merge < 2)
		scale = scale_of(series, scale.merge + 1);
	/* One more than there are levels: where the last one ends. */
	for (size_t i = scale.first; i <= scale.last + 1; i++)
		json_array_append_new(edges, json_real(level_edge_s(finest_level(i, scale.merge))));
	for (size_t i = 0; i < SERIES_INTERVALS; i++)
		if (series->cells[i].count)
			json_array_append_new(rows, levels_row(&series->cells[i], &scale));
	json_object_set_new(object, "levels_s", edges);
	json_object_set_new(object, "levels", rows);
}

/* From the first interval with a sample to the last. */
static double span_s(const struct series *series)
{
	size_t first = 0, end = SERIES_INTERVALS;

	while (end > 0 && !series->cells[end - 1].count)
		end--;
	while (first < end && !series->cells[first].count)
		first++;
	return (double)(end - first) * (double)series->interval_ns / 1e9;
}

static void add_hours(const struct series *series, json_t *object)
{
	json_t *rows = json_array();

	for (int i = 0; i < SERIES_HOURS; i++) {
		const struct cell *cell = &series->hours[i];

		if (cell->count)
			json_array_append_new(
				rows, json_pack("[i,I,f,f,f]", i, (json_int_t)cell->count,
					      quantile_s(cell, 0.5), quantile_s(cell, 0.99),
					      (double)cell->max_ns / 1e9));
	}
	json_object_set_new(object, "hours", rows);
}

json_t *series_json(const struct series *series)
{
	double interval_s = (double)series->interval_ns / 1e9;
	json_t *rows = json_array();

	for (size_t i = 0; i < SERIES_INTERVALS; i++) {
		const struct cell *cell = &series->cells[i];

		if (cell->count)
			json_array_append_new(
				rows, json_pack("[f,I,f,f,f]", (double)i * interval_s,
					      (json_int_t)cell->count, quantile_s(cell, 0.5),
					      quantile_s(cell, 0.99), (double)cell->max_ns / 1e9));
	}
	json_t *object = json_pack("{s:f,s:[s,s,s,s,s],s:o}", "interval_s", interval_s, "columns",
		"time", "count", "p50", "p99", "max", "rows", rows);
	if (json_array_size(rows))
		add_levels(series, object);
	if (span_s(series) >= SERIES_HOURS_SPAN_S)
		add_hours(series, object);
	return object;
}

/* A cell: its index, maximum, then the slots that have samples and how many. */
static json_t *cell_state(const struct cell *cell, size_t index)
{
	json_t *state = json_pack("[I,I]", (json_int_t)index, (json_int_t)cell->max_ns);

	for (size_t i = 0; i < SLOTS; i++)
		if (cell->slots[i]) {
			json_array_append_new(state, json_integer((json_int_t)i));
			json_array_append_new(state, json_integer((json_int_t)cell->slots[i]));
		}
	return state;
}

static json_t *cells_state(const struct cell *cells, size_t count)
{
	json_t *state = json_array();

	for (size_t i = 0; i < count; i++)
		if (cells[i].count)
			json_array_append_new(state, cell_state(&cells[i], i));
	return state;
}

json_t *series_state(const struct series *series)
{
	return json_pack("{s:I,s:I,s:o,s:o}", "interval_ns", (json_int_t)series->interval_ns,
		"origin_utc_ns", (json_int_t)series->origin_utc_ns, "cells",
		cells_state(series->cells, SERIES_INTERVALS), "hours",
		cells_state(series->hours, SERIES_HOURS));
}

/* A whole number of an array in 0..most; -1 when it is none. */
static int64_t number_at(const json_t *array, size_t index, int64_t most)
{
	const json_t *number = json_array_get(array, index);
	json_int_t value = json_integer_value(number);

	return json_is_integer(number) && value >= 0 && value <= most ? value : -1;
}

static int restore_cells(struct cell *cells, size_t count, const json_t *state)
{
	size_t i;
	json_t *row;

	if (!json_is_array(state))
		return -EINVAL;
	json_array_foreach(state, i, row) {
		int64_t index = number_at(row, 0, (int64_t)count - 1);

		if (index < 0 || number_at(row, 1, INT64_MAX) < 0 || cells[index].count)
			return -EINVAL;
		struct cell *cell = &cells[index];
		cell->max_ns = number_at(row, 1, INT64_MAX);
		for (size_t at = 2; at < json_array_size(row); at += 2) {
			int64_t slot = number_at(row, at, SLOTS - 1);
			int64_t samples = number_at(row, at + 1, UINT32_MAX);

			if (slot < 0 || samples < 1 || cell->slots[slot])
				return -EINVAL;
			cell->slots[slot] = (uint32_t)samples;
			cell->count += (uint64_t)samples;
		}
	}
	return 0;
}

int series_restore(struct series *series, const json_t *state)
{
	const json_t *interval = json_object_get(state, "interval_ns");
	const json_t *origin = json_object_get(state, "origin_utc_ns");
	int64_t now_ns = clock_utc_ns();

	if (!json_is_integer(interval) || json_integer_value(interval) < FIRST_INTERVAL_NS ||
		json_integer_value(interval) > INT64_MAX / SERIES_INTERVALS ||
		!json_is_integer(origin) || json_integer_value(origin) < 0)
		return -EINVAL;
	series->interval_ns = json_integer_value(interval);
	series->origin_utc_ns = json_integer_value(origin);
	/* A wall clock that was set back must not put what comes now before the origin. */
	if (series->origin_utc_ns > now_ns)
		series->origin_utc_ns = now_ns;
	series->origin_ns = clock_now_ns() - (now_ns - series->origin_utc_ns);
	if (restore_cells(series->cells, SERIES_INTERVALS, json_object_get(state, "cells")) < 0)
		return -EINVAL;
	return restore_cells(series->hours, SERIES_HOURS, json_object_get(state, "hours"));
}
