/*
 * trend: how each metric went over many runs, and where its level changed ("seatrial.history/1",
 * results/schema/history-1.json).
 *
 * A trend is one metric with one set of labels on one host, measured in one way: runs with other
 * parameters, presets or versions make another one, as do runs of another host. Runs are taken one
 * after the other and not kept, so that thousands fit in memory.
 */
#pragma once

#include "changes.h"
#include "sample.h"
#include "terminal.h"

#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>

struct trend_point {
	uint32_t run; /* of trends.runs */
	uint32_t n;   /* repetitions */
	double value, low, high;
};

struct trend {
	const struct sample_key *key;
	const struct sample_meaning *meaning;
	const struct sample_setting *setting;
	const char *host; /* its id; borrowed from a trends' own texts */
	struct trend_point *points;
	size_t count, room;
	struct change *changes;
	size_t change_count;
	struct trend *next; /* of the same key */
};

struct trend_run {
	char *id, *started;
};

struct trends {
	struct trend_run *runs;
	size_t run_count, run_room;
	struct trend **of_key; /* lists by the keys' index */
	size_t key_room;
	struct trend **all; /* in the order of their keys, then of their first runs */
	size_t count, room;
	char **hosts;
	size_t host_count;
	double p; /* share of calls in which a change is found that is none */
};

/* Adds a run, which must not be older than those before. Keeps nothing of it. */
void trends_add(struct trends *trends, const struct sample_run *run);

/* Finds the changes in all trends, so that in a share `p` of calls at most one is found where there
 * is none; changes of less than `magnitude` (a share) are not looked for. Returns 0 or a negative
 * errno with a sentence. */
int trends_settle(struct trends *trends, double p, double magnitude, struct problem *problem);

void trends_clear(struct trends *trends);

/* Whether a change is for the worse. */
bool trend_is_worse(const struct trend *trend, const struct change *change);

/* Whether a change began within the last `runs` runs of its trend. */
bool trend_is_recent(const struct trend *trend, const struct change *change, size_t runs);

/* Writes the document, one trend at a time: with 10,000 runs it is larger than what reads it would
 * like to hold. `notes` is [{"what","why"}]. */
void trends_print_json(const struct trends *trends, const json_t *notes, FILE *out);

/* As text for people: the changes, the latest first, and with `all` the trends without any. */
void trends_view(const struct terminal *terminal, const struct trends *trends, const json_t *notes,
	bool all);
