/*
 * store: a directory with one file a run, ID.json, beside which signatures may lie.
 *
 * A file is written whole: to a temporary name, synced, renamed, and the directory synced; a reader
 * sees the old or the new one, also after a power cut. An id is a time and 16 random bits, and
 * taken by a rename that does not replace: runs at the same time never meet.
 */
#pragma once

#include "problem.h"

#include <jansson.h>
#include <limits.h>
#include <stdbool.h>
#include <stddef.h>

#define STORE_ID_LENGTH 25 /* 20261123T025607Z-1a2b3c4d */
#define STORE_FILE_MAX  ((size_t)64 << 20)

struct store {
	char path[PATH_MAX - 64];
};

/* The store at `path` or, with NULL, the user's: $XDG_DATA_HOME/seatrial/results, else
 * ~/.local/share/seatrial/results. It need not exist. Returns 0 or a negative errno with a
 * sentence. */
int store_open(struct store *store, const char *path, struct problem *problem);

/* Creates it with its parents, and proves that it can be written. */
int store_prepare(const struct store *store, struct problem *problem);

/* Adds a run: chooses its id, sets "id" in the document and writes it. */
int store_add(const struct store *store, json_t *run, struct problem *problem);

/* Writes the run again, under the id it has. */
int store_update(const struct store *store, const json_t *run, struct problem *problem);

/* The path of a run's file. Returns `path`. */
const char *store_file(const struct store *store, const char *id, char *path, size_t size);

/* All ids, the newest last. *ids is one allocation that the caller frees. Returns how many, or a
 * negative errno; a store that does not exist yet has none. */
int store_list(
	const struct store *store, char (**ids)[STORE_ID_LENGTH + 1], struct problem *problem);

/* Whether a file of this name is a run of a store: "20261123T025607Z-1a2b3c4d.json". */
bool store_is_run_file(const char *name);

/* The id that `reference` means: "latest", an id or the unique beginning of one. Returns 0 or a
 * negative errno with a sentence. */
int store_find(const struct store *store, const char *reference, char id[STORE_ID_LENGTH + 1],
	struct problem *problem);

/* The run that `reference` means: "latest", an id or the unique beginning of one, or a file's path
 * (with a
 * '/' or ending in ".json"). A new reference, or NULL with a sentence. */
json_t *store_load(const struct store *store, const char *reference, struct problem *problem);

/* Whether a reference is a file's path. */
bool store_is_path(const char *reference);
/* A document's file as it was read. */
struct store_text {
	char path[PATH_MAX];
	char *text; /* the caller frees it */
	size_t length;
};

/* The two steps of store_load(): finds the file and reads it, which returns 0 or a negative errno
 * with a sentence; and makes a run of it, which returns a new reference or NULL with a sentence. */
int store_read(const struct store *store, const char *reference, struct store_text *text,
	struct problem *problem);
json_t *store_parse(const struct store_text *text, struct problem *problem);

/* As store_parse(), of a document of any of several schemas, NULL-terminated; complaints are about
 * the first. */
json_t *store_parse_any(
	const struct store_text *text, const char *const *schemas, struct problem *problem);

/* A new id. */
int store_new_id(char id[STORE_ID_LENGTH + 1], struct problem *problem);

/* Writes a document to any path, in the same way; "-" is standard output. */
int store_write_file(const char *path, const json_t *document, struct problem *problem);
