/*
 * record: the result document ("seatrial.result/1"), and the only place that knows how it is
 * written. results/schema/result-1.json is its contract; results/README.md explains it.
 *
 * The record owns everything handed to it. Strings are copied and made printable; json_t *
 * arguments are stolen. Out of memory is fatal to a bench (it prints a sentence and exits 1), so
 * that no call here needs checking: a record that misses a reading would be worse than none.
 */
#pragma once

#include "histogram.h"
#include "interval.h"
#include "problem.h"
#include "series.h"

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#define RECORD_SCHEMA "seatrial.result/1"

struct record;

enum better { BETTER_LOWER, BETTER_HIGHER };

/* What a bench may report, as data; --describe prints these. */
struct metric_spec {
	const char *name;  /* "etcd.ops", lower case, dots; a NULL name ends a table */
	const char *title; /* for people: "Durable writes a second, etcd's pattern" */
	const char *unit;  /* SI base: "s", "B", "B/s", "ratio", "1", "writes/s"; of what is rare,
			      "changes/day"; of a cost, "s/GB" */
	enum better better;
	/* How to show it; both may be NULL. */
	const char *relative_to; /* "native": a share of what that reads, 1 where they are equal.
				    The unit is then "ratio" */
	const char *against;     /* "size": a function of the label of this name, whose values are
				    numbers */
};

/* A latency. Becomes one distribution and the metrics NAME.p50, .p90, .p99 and .p999. */
struct distribution_spec {
	const char *name;    /* "etcd.wal_fsync" */
	const char *title;   /* "etcd WAL fsync" */
	const char *against; /* as for its metrics; may be NULL */
};

/* What a reading depends on, e.g. {"payload", "2300"}. A NULL name ends the array. */
struct label {
	const char *name;
	char value[40]; /* NUL-terminated */
};

/* Status of the whole document. */
enum record_status { RECORD_COMPLETE, RECORD_INTERRUPTED, RECORD_SKIPPED, RECORD_FAILED };

/* What a document is of. Strings are copied. */
struct record_identity {
	const char *name, *question, *method; /* the bench */
	const char *preset;                   /* "quick", "standard", "full" */
	uint64_t seed;
};

/* Starts a document: host identity, start time, instrument cost, first snapshot of conditions. */
struct record *record_new(const struct record_identity *identity);

/* Ends it and returns the JSON (a new reference); `reason` is required unless complete. The record
 * is freed. */
json_t *record_finish(struct record *record, enum record_status status, const char *reason);

/* How many repetitions the metric or latency has that has most. */
size_t record_repetitions(const struct record *record);

/* Makes one repetition of each two neighbours: values become their mean, histograms are merged.
 * A measurement without end stays in fixed memory so, when each repetition then lasts twice as
 * long. */
void record_compact(struct record *record);

/* All that has been recorded but facts, marks, warnings and errors, to go on with in another
 * process. A new reference. */
json_t *record_state(const struct record *record);

/* One histogram, exactly, and back: NULL with a sentence when it is none. */
json_t *record_histogram_state(const struct histogram *histogram);
struct histogram *record_histogram_restore(const json_t *state, struct problem *problem);

/* Puts what record_state() saw into a fresh record, whose series exist already; names are looked up
 * in the two tables. Returns 0, or -EINVAL with a sentence when that is no such state. */
int record_restore(struct record *record, const json_t *state, const struct metric_spec *metrics,
	const struct distribution_spec *distributions, struct problem *problem);

/* Parameters as used; steals the object. */
void record_parameters(struct record *record, json_t *parameters);

/* The names of the parameters that say where, not what; steals the array. */
void record_incidental(struct record *record, json_t *names);

/* What is measured on (disk, file system, ...), a free-form object shown as a table; steals it. */
void record_target(struct record *record, json_t *target);

/* Adds one repetition's value of a metric. The first call for a name + labels creates it. NAN and
 * infinity are no readings and leave nothing. */
void record_value(struct record *record, const struct metric_spec *spec, const struct label *labels,
	double value);

/* Adds what one repetition saw of rare events: how many (a sum of probabilities may stand for them)
 * in which exposure > 0, counted in the denominator of the spec's unit: days for "changes/day".
 * Becomes a metric whose interval is that of all repetitions' events in all their exposure
 * (interval_of_rate()). */
void record_events(struct record *record, const struct metric_spec *spec,
	const struct label *labels, double events, double exposure);

/* Adds one repetition's histogram of a latency; an empty one counts as a repetition with no sample.
 */
void record_histogram(struct record *record, const struct distribution_spec *spec,
	const struct label *labels, const struct histogram *repetition);

/* A metric as it stands: what a document that ended now would say of it. */
struct record_reading {
	const char *name, *title, *unit;
	struct interval interval;
};

/* Calls `look` for each metric recorded so far, quantiles of latencies included. */
void record_readings(const struct record *record,
	void (*look)(const struct record_reading *reading, void *argument), void *argument);

/* Latency over time; feed it with series_add() (series.h). The record owns it. */
struct series *record_series(
	struct record *record, const struct distribution_spec *spec, const struct label *labels);

/* A fact about the host, with what it means. */
enum fact_status { FACT_PASS, FACT_INFO, FACT_WARN, FACT_FAIL, FACT_UNKNOWN };
struct fact {
	const char *id;    /* "kernel.module.ip_vs": stable, profiles refer to it */
	const char *topic; /* "Kernel", "Network": the heading it is shown under */
	const char *title; /* "IPVS load balancing" */
	enum fact_status status;
	json_t *value;      /* stolen; string, number or boolean; NULL when unknown */
	const char *unit;   /* of a numeric value, as in metrics; NULL otherwise */
	const char *why;    /* one sentence: what this means for Kubernetes; NULL if plain */
	const char *remedy; /* what to do; required for WARN and FAIL */
	const char *source; /* where value or threshold comes from; may be NULL */
};
void record_fact(struct record *record, const struct fact *fact);

/* A place that a reader of a sweep must know: at 1450 on the axis of label `against` = "size",
 * "largest packet without fragments". It is about readings with these labels; NULL: about all. */
void record_mark(struct record *record, const char *against, double at, const char *text,
	const struct label *labels);

/* Something that could not be measured: what, why, and what would enable it. Never a zero. */
void record_skip(struct record *record, const char *what, const char *why, const char *enable);

/* Something the reader must know to judge the readings. printf-style. */
void record_warn(struct record *record, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* Something that went wrong while measuring; the document stays valid. printf-style. */
void record_error(struct record *record, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
