/*
 * decision: what a gate decides about a candidate ("seatrial.gate/1",
 * results/schema/gate-1.json). Names no metric.
 *
 * What the baseline has and the candidate lacks, or has in another way, cannot be passed: without a
 * regression elsewhere the answer is then "not enough evidence".
 */
#pragma once

#include "candidate.h"
#include "terminal.h"

#include <jansson.h>

/* A threshold for the metrics that a pattern of fnmatch(3) over "bench/metric" fits. */
struct decision_rule {
	const char *pattern;
	double threshold; /* as a share */
};

struct decision_request {
	struct candidate sides[2]; /* baseline, candidate */
	double alpha;              /* false alarms a call */
	double threshold;          /* the least change worth an alarm, as a share */
	const struct decision_rule *rules;
	size_t rule_count;       /* the last one that fits counts */
	const char *const *only; /* patterns; with none, every metric is judged */
	size_t only_count;
	const json_t
		*profiles; /* an array; with none, whether one asks for a metric is no matter */
	bool mixed;        /* judge what was measured in different ways, and say so */
	bool independent;  /* repetitions are known not to depend on each other */
};

/* Whether every pattern fits a metric of either side, and every profile asks for one: -EINVAL with
 * a sentence when one does not. */
int decision_check_choice(const struct decision_request *request, struct problem *problem);

/* A new reference, or NULL with a sentence. */
json_t *decision_make(const struct sample_set *set, const struct decision_request *request,
	struct problem *problem);

/* As text for people: the answer, what regressed, what is undecided and what would decide it. With
 * `all`, every metric. */
void decision_view(const struct terminal *terminal, const json_t *decision, bool all);

/* {"undecided", "foreseen", "by_run", "steps": [{"more_runs", "decides"}, ...]}: what would
 * probably decide many of a list of metrics, with "more_repetitions" when runs would decide none;
 * NULL for fewer than two without enough evidence, or when nothing is known to. A new reference. */
json_t *decision_remedies(const json_t *metrics);

/* The same of a decision, which may hold anything, as a sentence, or "". Returns `buffer`. */
const char *decision_remedies_text(const json_t *decision, char *buffer, size_t size);

/* Why a metric that looks regressed is not called so, and what would tell; "" when it does not. A
 * sentence without its capital and full stop. Returns `buffer`. */
const char *decision_suspicion(const json_t *metric, char *buffer, size_t size);

/* How many metrics of a decision, which may hold anything, are so, and what to do; "" for none.
 * Returns `buffer`. */
const char *decision_suspicions_text(const json_t *decision, char *buffer, size_t size);

/* "12 more repetitions or 3 more runs of each side": what would probably decide a
 * metric; "" when nothing is known to. Returns `buffer`. */
const char *decision_remedy(const json_t *metric, char *buffer, size_t size);
