/*
 * findings: what was found, one line a requirement or metric, in one form for every format that
 * tells a pipeline: the verdict on a run ("seatrial.verdict/1") and what a gate decided
 * ("seatrial.gate/1").
 *
 * {"heading": "Control plane...", "overall": "suitable|...|pass|regressed|not enough evidence",
 *  "host": "...", "started": "...",
 *  "groups": [{"name", "title", "overall", "summary",
 *    "lines": [{"bench", "title", "status", "outcome": "passed|unclear|failed", "reading", "limit",
 *      "text", "advice"}]}]}
 *
 * Only a failed line may fail a pipeline: a required one that is not met, a metric that regressed.
 * An unclear one is no plain pass either: too close to tell, not measured, an advice not met. All
 * of it is text, present, and may be hostile.
 */
#pragma once

#include <jansson.h>

/* A new reference each. The gate document may hold anything. */
json_t *findings_of_run(const json_t *run, const json_t *verdict);
json_t *findings_of_gate(const json_t *gate);

/* How many lines of all groups have an outcome; NULL counts all. */
size_t findings_count(const json_t *findings, const char *outcome);
