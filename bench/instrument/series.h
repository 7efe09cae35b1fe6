/*
 * series: latency over time, and by hour of the day, in bounded memory. Intervals double in width
 * when there would be more than SERIES_INTERVALS of them. Each interval, and each hour of the day,
 * keeps a logarithmic histogram (values within 1.6 %), all allocated before the measurement.
 */
#pragma once

#include <jansson.h>
#include <stdint.h>

#define SERIES_INTERVALS 600
#define SERIES_HOURS     24
#define SERIES_BYTES     (UINT64_C(624) * 5400) /* of memory a series takes, about */

/* A series shorter than this says nothing about the time of day. */
#define SERIES_HOURS_SPAN_S 7200

/* Numbers in the record's "levels" at most, unless even a level an octave needs more: about 100 KiB
 * of compact JSON. */
#define SERIES_LEVEL_NUMBERS 24000

struct series;

/* A series whose time starts at `origin_ns` (CLOCK_MONOTONIC); NULL when memory is short. The time
 * of day is that of the wall clock now; a step of it during the measurement does not count. The
 * caller frees the series with series_free(). */
struct series *series_new(int64_t origin_ns);
void series_free(struct series *series);

/* Adds a latency that began at `at_ns` (CLOCK_MONOTONIC). Not thread-safe: one series, one thread.
 * Times before the origin and negative latencies are dropped. */
void series_add(struct series *series, int64_t at_ns, int64_t latency_ns);

/* All of it, to go on with in another process (series_restore()). A new reference. */
json_t *series_state(const struct series *series);

/* Makes a fresh series what series_state() saw. The time since then is a gap in it. Returns 0, or
 * -EINVAL when that is no state of a series; the series is then unusable but for series_free(). */
int series_restore(struct series *series, const json_t *state);

/* The record's form (results/schema/result-1.json): {"interval_s", "columns", "rows", "levels_s",
 * "levels"} and, from SERIES_HOURS_SPAN_S on, "hours"; what has no sample is left out. Levels have
 * four steps an octave, or two, or one, as many as SERIES_LEVEL_NUMBERS allows. A new reference. */
json_t *series_json(const struct series *series);
