/*
 * mountinfo: what is mounted where, from /proc/self/mountinfo (proc_pid_mountinfo(5)).
 */
#pragma once

#include "problem.h"

#include <stdbool.h>
#include <stddef.h>

/* One mount; escapes (\040 for a space) are decoded. The texts belong to the table. */
struct mount {
	unsigned long long id;
	unsigned int major, minor; /* st_dev of its files */
	const char *top;           /* the directory of the file system that is mounted */
	const char *mount_point;
	const char *options; /* of the mount: "ro,nosuid" */
	const char *fs_type;
	const char *source;
	const char *super_options; /* of the file system: "rw,errors=continue" */
};

struct mountinfo {
	struct mount *mounts;
	size_t count;
	char *text;
};

/* Reads the table; to be given to mountinfo_free(), also after an error. Lines that are not of the
 * documented form are left out. */
int mountinfo_read(const char *root, struct mountinfo *table, struct problem *problem);
void mountinfo_free(struct mountinfo *table);

/* The mount that a path without symbolic links is on: of those that cover most of it the last,
 * because a later mount hides an earlier one. NULL for none. */
const struct mount *mountinfo_covering(const struct mountinfo *table, const char *path);

/* The mount with this id (statx(2), stx_mnt_id), or NULL. */
const struct mount *mountinfo_by_id(const struct mountinfo *table, unsigned long long id);

/* True when comma-separated `options` have `option` whole: "nobarrier", "data=writeback". */
bool mountinfo_has_option(const char *options, const char *option);
