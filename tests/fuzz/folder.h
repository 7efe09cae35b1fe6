/*
 * folder: a directory of one process of a fuzzer, for code that reads files.
 */
#pragma once

#include <fcntl.h>
#include <ftw.h>
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char folder[PATH_MAX / 2];

/* The disk need not have it. */
int fdatasync(int file)
{
	(void)file;
	return 0;
}

int fsync(int file)
{
	(void)file;
	return 0;
}

static int folder_remove_one(
	const char *path, const struct stat *status, int kind, struct FTW *where)
{
	(void)status;
	(void)kind;
	(void)where;
	return remove(path);
}

static void folder_remove(void)
{
	nftw(folder, folder_remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

/* Makes it, once, among what is built; it goes with the process, unless that crashes. */
static void folder_open(void)
{
	if (*folder)
		return;
	snprintf(folder, sizeof(folder), "%s/fuzz-XXXXXX", FUZZ_BUILD);
	if (!mkdtemp(folder))
		abort();
	atexit(folder_remove);
}

/* Writes a file in it, and the directories above. */
static void folder_write(const char *name, const void *data, size_t size)
{
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	for (char *slash = path + strlen(folder) + 1; (slash = strchr(slash, '/')); slash++) {
		*slash = '\0';
		mkdir(path, 0700);
		*slash = '/';
	}
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	if (fd < 0 || write(fd, data, size) != (ssize_t)size)
		abort();
	close(fd);
}
