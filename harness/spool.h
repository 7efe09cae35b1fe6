/*
 * spool: readings that a store could not be reached for, kept in the directory "spool" of the runs'
 * store until the next push. One file a run and target, whole or not there; the oldest first. Sent
 * twice they are the same samples, with the same timestamps.
 */
#pragma once

#include "problem.h"
#include "store.h"

#include <stdint.h>

#define SPOOL_FILES_MAX 1000
#define SPOOL_BYTES_MAX ((uint64_t)64 << 20)

struct spool {
	char path[PATH_MAX];
	uint64_t target; /* a hash of the target's URL: each has its own files */
};

struct spool_entry {
	char name[80]; /* of the file; orders by time */
	char *text;    /* NULL: it is in the file */
	size_t length;
};

void spool_open(struct spool *spool, const struct store *store, const char *url);

/* The name that a run's readings have; `id` is checked to be one. */
void spool_name(
	const struct spool *spool, int64_t time_ms, const char *id, char *name, size_t size);

/* What is spooled for the target, the oldest first: *entries is one allocation that the caller
 * frees. Returns how many or a negative errno with a sentence. */
int spool_list(const struct spool *spool, struct spool_entry **entries, struct problem *problem);

/* Reads an entry's file into its text, which the caller frees. Returns 0; -ENOENT when another push
 * has sent it; or another negative errno with a sentence. */
int spool_read(const struct spool *spool, struct spool_entry *entry, struct problem *problem);

/* Writes an entry's text to its file. -ENOSPC with a sentence when the spool is full: what is in it
 * stays, and so does the run in the store. */
int spool_write(
	const struct spool *spool, const struct spool_entry *entry, struct problem *problem);

/* Removes an entry's file, if there is one. */
void spool_remove(const struct spool *spool, const struct spool_entry *entry);
