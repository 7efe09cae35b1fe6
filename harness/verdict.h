/*
 * verdict: what a run says about a host, by the profiles embedded in it. Pure: reads documents,
 * measures nothing, prints nothing. results/schema/verdict-1.json describes the output.
 *
 * A reading counts with its interval. Required lines decide: a limit clearly broken makes the host
 * unsuitable; a limit inside the interval is marginal or, where the evidence leaves that side open,
 * not enough evidence; never a plain pass.
 */
#pragma once

#include "problem.h"
#include "reading.h"

#include <jansson.h>

/* The verdict ("seatrial.verdict/1") on a run ("seatrial.run/1"). The run may hold anything: what
 * is malformed counts as not measured. A new reference; NULL with `problem` filled when `run` is no
 * run document of a version this program knows. */
json_t *verdict_of_run(const json_t *run, struct problem *problem);

/* What verdicts on many runs can share. All zero at first; profiles that runs have in common must
 * outlive it. */
struct verdict_cache {
	struct reading_cache readings;
	const json_t *whole[8]; /* the last profiles that passed profile_check() */
	size_t next;
};

/* The same, quicker for the next run. */
json_t *verdict_of_another_run(
	const json_t *run, struct verdict_cache *cache, struct problem *problem);
void verdict_cache_clear(struct verdict_cache *cache);

/* The exit code for a verdict's "overall" (exit_code.h). */
int verdict_exit_code(const json_t *verdict);
