/*
 * index: the samples of a store's runs in one SQLite file, index.sqlite, beside them.
 *
 * The files are the truth. A row counts only while name, size, inode and the times of modification
 * and of change of its file are those it was made of; it is made anew otherwise. An index that is
 * lost, damaged, or made by another build of the program is built again; where none can be written,
 * one in memory takes its place. Several processes may use it at once. Files that it lacks are read
 * by as many threads as this process may run at once, 8 at most. Runs that are judged by other
 * profiles than their own have rows of their own, by a few such sets of profiles.
 */
#pragma once

#include "sample.h"
#include "store.h"

#define INDEX_FILE "index.sqlite"

struct index;

/* Opens or makes the index of a store, for one set of samples, which must outlive it, and has been
 * told by which profiles to judge. Never NULL:
 * with a sentence in `warning` it is in memory. */
struct index *index_open(
	const struct store *store, struct sample_set *set, struct problem *warning);

/* Keeps what is new, and closes. NULL is allowed. */
void index_close(struct index *index);

/* Keeps what is new, so that other processes can write: before anything that may take long. NULL is
 * allowed. */
void index_commit(struct index *index);

/* The run with this id. Borrowed from the set; NULL with a sentence. */
const struct sample_run *index_run(struct index *index, const char *id, struct problem *problem);

/* The ids of all runs whose label or host id is `text` (NULL: of all), the newest last; brings the
 * whole index up to date the first time, and does not look for new files again. *ids is one
 * allocation that the caller frees. Runs that cannot be read are left out and, when `unusable` is
 * not NULL, appended there as {"what","why"}. Returns how many, or a negative errno with a
 * sentence. */
int index_find(struct index *index, const char *text, char (**ids)[STORE_ID_LENGTH + 1],
	json_t *unusable, struct problem *problem);

/* Reads those of these runs that the index does not know as they are, all at once: of use before
 * index_run() is called for many. Sorts them. */
void index_expect(struct index *index, char (*ids)[STORE_ID_LENGTH + 1], size_t count);

/* A run's file outside of any store. */
struct index_file {
	const char *path;
	const struct sample_run *run; /* borrowed from the set; NULL when it cannot be used */
	char *problem;                /* why; the caller frees it */
};

/* Reads files into a set, in as many threads as may run at once: fills in `run` or `problem`. */
void index_read_files(struct sample_set *set, struct index_file *files, size_t count);

/* Puts a run that was just stored into the index of its store, so that nobody has to read it again;
 * where that cannot be, or the store is another user's, whoever asks for it does. */
void index_add(const struct store *store, const char *id);
