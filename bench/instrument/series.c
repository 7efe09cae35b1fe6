#include "series.h"

#include <stdlib.h>
#include <string.h>

/* Below 32 ns every value has a slot, then there are 32 steps an octave: half a step is 1.6 %. */
#define STEP_BITS 5
#define STEPS     (1 << STEP_BITS)
#define OCTAVES   40
#define SLOTS     (STEPS * (1 + OCTAVES))

#define FIRST_INTERVAL_NS INT64_C(50000000)

struct cell {
	uint64_t count;
	int64_t max_ns;
	uint32_t slots[SLOTS];
};

struct series {
	int64_t origin_ns, interval_ns;
	struct cell cells[SERIES_INTERVALS];
};

struct series *series_new(int64_t origin_ns)
{
	struct series *series = malloc(sizeof(*series));

	if (!series)
		return NULL;
	/* Written, not only reserved: no page fault while measuring. */
	memset(series, 0, sizeof(*series));
	series->origin_ns = origin_ns;
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

void series_add(struct series *series, int64_t at_ns, int64_t latency_ns)
{
	int64_t since_ns = at_ns - series->origin_ns;

	if (since_ns < 0 || latency_ns < 0)
		return;
	while (since_ns / series->interval_ns >= SERIES_INTERVALS)
		double_interval(series);
	struct cell *cell = &series->cells[since_ns / series->interval_ns];
	cell->count++;
	cell->slots[slot_of(latency_ns)]++;
	if (latency_ns > cell->max_ns)
		cell->max_ns = latency_ns;
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
	return json_pack("{s:f,s:[s,s,s,s,s],s:o}", "interval_s", interval_s, "columns", "time",
		"count", "p50", "p99", "max", "rows", rows);
}
