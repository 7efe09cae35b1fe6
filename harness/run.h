/*
 * run: the run document ("seatrial.run/1") while it grows, and its way into the store. It is
 * written after each bench: what was measured survives whatever happens to this process.
 */
#pragma once

#include "plan.h"
#include "problem.h"
#include "store.h"

#include <jansson.h>
#include <stdbool.h>

struct run_request {
	const json_t *profiles;
	const char *preset;
	uint64_t seed, repeat;
	const char *label; /* or NULL */
};

/* A new document with state "running" and no result; a new reference. */
json_t *run_new(const struct run_request *request);

/* Gives it an id and writes it to the store for the first time; `store` may be NULL. */
int run_identify(json_t *run, const struct store *store, struct problem *problem);

/* What somebody watching sees. */
struct run_watcher {
	void (*tick)(void *data, const struct plan *plan, size_t step, double elapsed_s);
	void (*unsaved)(void *data, const struct problem *problem); /* once */
	void *data;
};

/* Does every step of the plan, or what an interruption leaves of it, and ends the document. `store`
 * may be NULL. Returns true when the document is in the store as it is now. */
bool run_execute(json_t *run, const struct plan *plan, const struct store *store,
	const struct run_watcher *watcher);

/* The exit code for a run: the verdict's; EXIT_CODE_INTERRUPTED when it was; EXIT_CODE_INCOMPLETE
 * when the verdict is good, but a bench came to grief. */
int run_exit_code(const json_t *run, const json_t *verdict);
