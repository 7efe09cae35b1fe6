/*
 * scratch: a directory of our own below the one under test, for files that are gone afterwards
 * whatever happens.
 *
 * Files in it have names: O_TMPFILE would need no cleaning, but btrfs leaves out log syncs for a
 * file without a link, which is not what a database's file pays. So a guardian, a child process in
 * a session of its own, makes the directory, waits on a socket and removes it once this process
 * ends in any way, SIGKILL included. What even that leaves (power loss) the next scratch_open() in
 * the same place sweeps up: only directories with our mark, of our user, that no living process
 * holds.
 */
#pragma once

#include "problem.h"

#include <limits.h>
#include <stdint.h>
#include <sys/types.h>

struct scratch {
	char path[PATH_MAX]; /* DIR/.seatrial-XXXXXX */
	int directory;       /* its descriptor, for openat() */
	int mark;            /* a file in it, locked while we live */
	int leash;           /* closing it lets the guardian work */
	pid_t guardian;
};

/* Makes it below `parent`. Call before starting threads. Returns 0 or a negative errno with a
 * sentence. */
int scratch_open(struct scratch *scratch, const char *parent, struct problem *problem);

/* Removes it and waits until it is gone. */
void scratch_close(struct scratch *scratch);

/* Refuses (-ENOSPC) when writing `needed` more bytes below `parent` would leave less than the
 * larger of `keep_free` bytes and a tenth of the file system; a `keep_free` of 0 only asks that
 * `needed` fits. */
int scratch_check_space(
	const char *parent, uint64_t needed, uint64_t keep_free, struct problem *problem);

/* Creates a file for writing and reading; an existing one of that name is replaced. With `size` its
 * blocks are reserved as etcd reserves those of a WAL segment (fallocate that extends the file) or,
 * where the file system cannot, by truncation. Returns a descriptor or a negative errno. */
int scratch_file(
	const struct scratch *scratch, const char *name, uint64_t size, struct problem *problem);
