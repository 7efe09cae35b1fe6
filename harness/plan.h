/*
 * plan: what a run will do, decided before it begins: which benches, with which arguments, in which
 * order, for how long.
 */
#pragma once

#include "catalog.h"
#include "options.h"
#include "problem.h"

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#define PLAN_ARGUMENTS (OPTION_TEXTS_MAX + 8)

/* A bench may take this many times its own estimate, and this much more, before it counts as hung.
 */
#define PLAN_LIMIT_FACTOR  3.0
#define PLAN_LIMIT_SLACK_S 30.0

struct plan_request {
	const json_t *profiles; /* an array of "seatrial.profile/1" */
	const char *only;       /* "fsync,host": these instead of what the profiles need; or NULL */
	const char *preset;
	uint64_t seed;
	const char *dir;                /* for benches with an option of that name; or NULL */
	const struct option_texts *set; /* "BENCH.OPTION=VALUE" */
	uint64_t soak_ns;               /* for benches with options "soak" and "state"; 0: none */
	const char *state_dir;          /* where soaks keep their state; NULL: nowhere */
	uint64_t repeat;
	double limit_s; /* for each bench; 0: by its estimate */
};

struct plan_bench {
	const struct catalog_bench *bench;
	const char *arguments[PLAN_ARGUMENTS]; /* NULL-terminated; owned by the plan */
	json_t *description;                   /* under these arguments; NULL: `failure` says why */
	struct problem failure;
	double estimate_s, limit_s;
};

struct plan {
	size_t count;
	struct plan_bench bench[CATALOG_MAX];
	json_t *missing; /* names of benches that a profile needs and that are not there */
	size_t steps;    /* count * repeat */
	double estimate_s;
};

/* Makes the plan; asks every bench in it what it thinks of its arguments. Returns 0, or -EINVAL for
 * a request that cannot be met as it stands, with a sentence. Release it in either case. */
int plan_make(struct plan *plan, const struct catalog *catalog, const struct plan_request *request,
	struct problem *problem);
void plan_release(struct plan *plan);

/* The bench of step 0..steps-1: A B, B A, A B, ... so that a drift of the host meets all benches
 * alike. */
const struct plan_bench *plan_step(const struct plan *plan, size_t step);

/* Expected seconds from step `step` to the end. */
double plan_remaining_s(const struct plan *plan, size_t step);
