/*
 * file: files that are there whole or not at all, also after a crash or a power cut.
 */
#pragma once

#include "problem.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

enum file_mode {
	FILE_REPLACE, /* an existing file gives way, atomically; links are followed, as people
			 expect */
	FILE_CREATE,  /* -EEXIST when there is one */
	FILE_OWN, /* as FILE_REPLACE for a file of our own: a link in its place gives way itself */
};

/* Writes beside `path` under a temporary name, syncs, renames, and syncs the directory. The mode is
 * 0666 less the umask. A `path` that is no regular file (/dev/stdout, a pipe) is written straight.
 * Returns 0 or a negative errno with a sentence; on failure an old file is as it was. */
int file_write(const char *path, const void *data, size_t length, enum file_mode mode,
	struct problem *problem);

/* Whether `path` can be written, as far as that shows before it is: it is "-" or no directory, and
 * in one that we may write. Returns 0 or a negative errno with a sentence. */
int file_check(const char *path, struct problem *problem);

/* Whether `path` is a directory. Returns 0 or a negative errno with a sentence. */
int file_check_directory(const char *path, struct problem *problem);

/* Writes to standard output. */
int file_print(const void *data, size_t length, struct problem *problem);

/* The directory that holds `path`, into `directory`, which is returned; and the rest of `path`,
 * borrowed. */
const char *file_directory(const char *path, char *directory, size_t size);
const char *file_name(const char *path);

/* Whether there is more of a path than the ending that it has, as ".json". */
bool file_has_ending(const char *path, const char *ending);

/* Whether an option's path, which may be NULL, is "-": standard output. */
bool file_is_stdout(const char *path);

/* Writes to standard output when `path` is "-", and otherwise as file_write() with FILE_REPLACE. */
int file_output(const char *path, const void *data, size_t length, struct problem *problem);

/* The same for what is too large to be held as text beside what it is made of: `print` writes it.
 * What `print` cannot write is a failure, too. */
typedef void file_printer(const void *what, FILE *out);
int file_stream(const char *path, file_printer *print, const void *what, struct problem *problem);

/* Creates a directory and its missing parents; the new ones are private (0700), as the XDG Base
 * Directory Specification asks. */
int file_make_directory(const char *path, struct problem *problem);
