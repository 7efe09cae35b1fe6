/*
 * reading: one metric or fact of a run, pooled over every result document that has it.
 *
 * The documents may hold anything. A reading is used only when it is whole: a histogram that does
 * not decode, a value that is no number, a unit other than the requirement's or a name that is
 * there twice make it one with `trouble`, never a guess and never a zero.
 */
#pragma once

#include "interval.h"

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#define READINGS_MAX            64  /* label sets of one metric; one more is trouble */
#define READING_REPETITIONS_MAX 512 /* histograms of one label set: 132 MiB */

struct reading {
	char trouble[512];        /* why there is none and what would enable it; "" when measured */
	const json_t *labels;     /* of a metric; NULL when it has none. Borrowed from the run */
	const json_t *fact;       /* of a fact. Borrowed from the run */
	struct interval interval; /* of a metric */
	double quantile;          /* which one a metric is; 0 for none */
	double events, exposure;  /* of a rate of rare events; exposure 0 for none */
	uint64_t samples;         /* behind a quantile, with those beyond the range */
	uint64_t beyond; /* samples longer than the histogram's hour: the upper side is open */
};

struct readings {
	size_t count; /* at least 1 */
	struct reading at[READINGS_MAX];
};

/* What was found in a run so far, as several requirements ask for the same readings, and several
 * quantiles are of the same histograms. All zero at first; of use while the run is not changed. */
struct reading_cache {
	const json_t *encoded[READING_REPETITIONS_MAX];
	struct histogram *histograms[READING_REPETITIONS_MAX]; /* those that were decoded last */
	void *found;                                           /* tree of readings */
	size_t found_count;
};

void reading_cache_clear(struct reading_cache *cache);

/* Makes it ready for another run, for which it keeps some memory. */
void reading_cache_reuse(struct reading_cache *cache);

/* What disturbed the documents of one bench: the worst of each; 0 where unknown. */
struct disturbance {
	double steal_ratio, cpu_pressure_ratio, memory_pressure_ratio;
	double throttled_periods;
	size_t documents,
		unfinished; /* those of the bench, and those neither complete nor skipped */
};

/* Every label set of the requirement's metric; with none, one reading whose trouble says why. */
void readings_of_metric(const json_t *run, const json_t *requirement, struct reading_cache *cache,
	struct readings *readings);

/* What a metric of one of the run's documents, which is by `bench`, says in all of them together:
 * the quantile of the histograms of all repetitions, the rate of all events, or the median of all
 * values. `metric` needs a name and a unit, and texts as labels. */
void reading_of_metric(const json_t *run, const char *bench, const json_t *metric,
	struct reading_cache *cache, struct reading *reading);

/* The requirement's fact from every document that has it; with none, one reading with trouble. */
void readings_of_fact(const json_t *run, const json_t *requirement, struct readings *readings);

struct disturbance reading_disturbance(const json_t *run, const char *bench);
