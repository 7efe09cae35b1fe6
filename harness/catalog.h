/*
 * catalog: which benches there are. A bench is an executable seatrial-NAME that describes itself
 * (--describe, "seatrial.bench/1"); the harness knows nothing else of any.
 */
#pragma once

#include "problem.h"

#include <jansson.h>
#include <limits.h>
#include <stdbool.h>
#include <stddef.h>

#define CATALOG_MAX        64
#define CATALOG_ANSWER_S   5.0            /* to describe itself in */
#define CATALOG_ESTIMATE_S (32 * 86400.0) /* a longer estimate is no estimate */

struct catalog_bench {
	char name[40];
	char *path;
	json_t *description; /* NULL when it did not describe itself; `failure` then says why */
	struct problem failure;
};

struct catalog {
	char directory[PATH_MAX];
	size_t count;
	struct catalog_bench bench[CATALOG_MAX]; /* by name */
};

/* Finds the benches in `directory` or, with NULL, beside this program. Each is asked to describe
 * itself. Returns 0 or a negative errno with a sentence; the catalog then needs no release. */
int catalog_open(struct catalog *catalog, const char *directory, struct problem *problem);
void catalog_close(struct catalog *catalog);

/* The bench of that name, or NULL. */
const struct catalog_bench *catalog_find(const struct catalog *catalog, const char *name);

/* The option `option` in a bench's description, or NULL. Borrowed. */
const json_t *catalog_option(const struct catalog_bench *bench, const char *option);

/* Asks a bench to describe itself under `arguments` (NULL-terminated, as for a run): whether it can
 * run with them and how long it would take. A new reference; NULL with a sentence, which is the
 * bench's own when it did not accept them (*refused is then true). */
json_t *catalog_describe(const char *path, const char *name, const char *const *arguments,
	bool *refused, struct problem *problem);

/* What a program said last on stderr, without its name in front, printable. Returns `buffer`. */
const char *catalog_last_words(const char *errors, const char *name, char *buffer, size_t size);
