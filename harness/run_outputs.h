/*
 * run_outputs: where the document of a run, its report and what is said of it go.
 */
#pragma once

#include "problem.h"
#include "store.h"
#include "terminal.h"

#include <jansson.h>
#include <stdbool.h>

struct run_outputs {
	const char *document, *report; /* paths, "-" for standard output; NULL: none */
	bool keeps;                    /* in the store, if that can be */
	bool stored;                   /* whether it is there, or will be */
	bool progress;                 /* `status` shows it */
	struct terminal found, status; /* for text: stdout and stderr, both already open */
};

/* Says on `status` what went wrong and does not end the run. */
void run_outputs_warn(const struct run_outputs *outputs, const struct problem *problem);

/* Proves that what will be measured can be kept, before anything is; sets `stored`. `store` is not
 * used unless `keeps`. Returns an exit code, with a sentence unless that is EXIT_CODE_OK. */
int run_outputs_prepare(
	struct run_outputs *outputs, const struct store *store, struct problem *problem);

/* After the measurement: writes the document and the report, and shows the verdict as the settings
 * ask for it. Where standard output has one of these, text goes to `status`. Forgets the paths of
 * what could not be written. Returns an exit code, perhaps with a sentence. */
int run_outputs_conclude(struct run_outputs *outputs, const json_t *run, const struct store *store,
	struct problem *problem);
