/*
 * series: latency over time in bounded memory. Intervals double in width when there would be more
 * than SERIES_INTERVALS of them. Each keeps a coarse logarithmic histogram (values within 1.6 %),
 * all allocated before the measurement.
 */
#pragma once

#include <jansson.h>
#include <stdint.h>

#define SERIES_INTERVALS 600
#define SERIES_BYTES     (UINT64_C(600) * 5400) /* of memory a series takes, about */

struct series;

/* A series whose time starts at `origin_ns` (CLOCK_MONOTONIC); NULL when memory is short. The
 * caller frees it with series_free(). */
struct series *series_new(int64_t origin_ns);
void series_free(struct series *series);

/* Adds a latency that began at `at_ns` (CLOCK_MONOTONIC). Not thread-safe: one series, one thread.
 * Times before the origin and negative latencies are dropped. */
void series_add(struct series *series, int64_t at_ns, int64_t latency_ns);

/* The record's form: {"interval_s", "columns", "rows"}; intervals without a sample are left out. A
 * new reference. */
json_t *series_json(const struct series *series);
