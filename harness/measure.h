/*
 * measure: runs one bench once and keeps what came of it in the run document, whatever that is: its
 * result, a note of what went wrong, or both.
 */
#pragma once

#include "plan.h"

#include <jansson.h>

struct measure_progress {
	void (*tick)(void *data, double elapsed_s); /* may be NULL */
	void *data;
};

/* Appends to the run's "results" and "notes". */
void measure(const struct plan_bench *bench, const struct measure_progress *progress, json_t *run);

/* Appends a note on a bench; `errors` is what it said on stderr, or NULL. */
void measure_note(json_t *run, const char *bench, const char *what, const char *errors);
