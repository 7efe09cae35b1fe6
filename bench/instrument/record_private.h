/*
 * record_private: what record.c keeps, for the module that saves and restores it.
 */
#pragma once

#include "record.h"

#include "clock.h"
#include "cost.h"

/* One latency: the histogram of each repetition, for the interval of its quantiles. */
struct distribution {
	struct distribution *next;
	const struct distribution_spec *spec;
	json_t *labels;
	struct histogram **repetitions;
	size_t count;
};

struct metric {
	struct metric *next;
	const struct metric_spec *spec;
	json_t *labels;
	double *values;
	size_t count;
	double events, exposure; /* of rare events; exposure 0: none */
};

struct named_series {
	struct named_series *next;
	const struct distribution_spec *spec;
	json_t *labels;
	struct series *series;
};

struct record {
	json_t *document;
	int64_t start_ns;
	struct clock_watch watch;
	struct cost_sample before;
	struct metric *metrics;
	struct distribution *distributions;
	struct named_series *series;
};

/* `memory`, unless it is NULL: then the program says so and ends. */
void *record_need(void *memory);

/* The metric or latency with this spec and these labels; made when it is not there. */
struct metric *record_metric(
	struct record *record, const struct metric_spec *spec, const struct label *labels);
struct distribution *record_distribution(
	struct record *record, const struct distribution_spec *spec, const struct label *labels);

/* Adds one repetition; the histogram is taken over. */
void record_add_value(struct metric *metric, double value);
void record_add_repetition(struct distribution *distribution, struct histogram *repetition);
