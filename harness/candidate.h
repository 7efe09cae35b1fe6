/*
 * candidate: what is compared: runs under one name. An operand of a command means
 *
 *   the path of a run's file; a folder: every run document in it;
 *   an http or https URL of a run's file;
 *   "latest", the id of a stored run, or the unique beginning of one (8 digits or more);
 *   the label or the host id of stored runs: all that have it;
 *
 * and NAME=OPERAND gives it a name. Everything that is read may be hostile.
 */
#pragma once

#include "index.h"
#include "price.h"
#include "sample.h"
#include "store.h"

#include <dirent.h>

struct candidate {
	char *name, *source;            /* `source`: the operand, a URL without its password */
	char *provider, *region, *link; /* "" when unknown */
	struct price price;
	const struct sample_run **runs; /* at least 1, the oldest first; borrowed from the set */
	size_t count;
	json_t *unusable; /* [{"what","why"}]: files and runs that were passed over */
};

/* Files that were read ahead, each to be asked for once. All zero at first. */
struct candidate_files {
	struct index_file *at;    /* without a path once it was asked for */
	size_t count, read, next; /* `next`: where the next one probably is */
};

/* Where candidates come from. */
struct candidate_source {
	struct sample_set *set;
	struct store store;
	uint64_t timeout_ns; /* for a URL */
	struct index *index; /* opened when it is first needed */
	struct candidate_files files;
	struct problem warning; /* "" or why there is none on disk */
};

/* The user's store or the one that --store names. Returns 0 or a negative errno with a sentence. */
int candidate_source_open(struct candidate_source *source, struct problem *problem);
void candidate_source_close(struct candidate_source *source);

/* Before the first of several operands: reads the runs among them at once, stored or in files. */
void candidate_source_expect(struct candidate_source *source, int count, char *const *operands);

/* After the last operand: keeps what the index learnt, and closes it. */
void candidate_source_settle(struct candidate_source *source);

/* Finds what an operand means. On success the caller frees *candidate with candidate_clear().
 * Returns 0 or a negative errno with a sentence. */
int candidate_find(struct candidate_source *source, const char *operand,
	struct candidate *candidate, struct problem *problem);
/* The same for an operand that is all source and no name. */
int candidate_find_plain(struct candidate_source *source, const char *operand,
	struct candidate *candidate, struct problem *problem);
void candidate_clear(struct candidate *candidate);

/* The files in a folder that may be run documents, by name: as scandir(3). */
int candidate_files_list(const char *folder, struct dirent ***entries);
/* FOLDER/NAME; the caller frees it. */
char *candidate_files_path(const char *folder, const char *name);

/* Adds a file, or those in a folder, to be read with the next call of candidate_files_read(). What
 * cannot be found is not added. */
void candidate_files_add(struct candidate_files *files, const char *path);

/* Reads what was added, into the set, in as many threads as may run at once. */
void candidate_files_read(struct candidate_files *files, struct sample_set *set);

/* The run in a file: one of these that was not asked for, or read now. Borrowed from the set; NULL
 * with a sentence. */
const struct sample_run *candidate_files_run(struct candidate_files *files, struct sample_set *set,
	const char *path, struct problem *problem);
void candidate_files_clear(struct candidate_files *files);

/* Sorts the runs, the oldest first, and leaves one of each: copies of a run, which have its id, are
 * no further evidence. Notes them in `unusable`. */
void candidate_settle_runs(struct candidate *candidate);

/* Sets the marks of the runs that `other` has, too, one a run of `candidate`. Returns how many. */
size_t candidate_mark_shared(
	const struct candidate *candidate, const struct candidate *other, bool *marks);

/* Takes the candidate's runs out of its baseline, which may be left with none; notes them in the
 * baseline's `unusable`. */
void candidate_drop_shared(struct candidate *baseline, const struct candidate *candidate);

/* Reads a candidates file ("seatrial.candidates/1") into *list, one allocation, each to be freed
 * with candidate_clear(). Returns how many there are, or a negative errno with a sentence that
 * names the file and the place. */
int candidates_read(struct candidate_source *source, const char *path, struct candidate **list,
	struct problem *problem);

/* Gives candidates of the same name different ones: by the last part of what each was named, as in
 * "a (monday)", "a (tuesday)", else by a number: "a", "a (2)". */
void candidates_tell_apart(struct candidate *list, size_t count);
