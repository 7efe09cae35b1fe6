/*
 * procfs: bounded readers of the small text files that Linux describes itself with (/proc, /sys,
 * /etc).
 *
 * Every reader takes the directory below which the described system lies: "/" for this one, else a
 * collected copy or a fake tree. Below another root a symbolic link never leads out of it, an
 * absolute one included, and only regular files and directories are opened, without waiting for
 * anything.
 *
 * Paths are absolute, printf-style. Files are opened for reading only. Errors are negative errno
 * values: -ENOENT a missing file, -ENODATA an empty one, -EFBIG one larger than the buffer.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* True when `root` is the running system, so that system calls describe the same host as its files.
 */
bool procfs_is_live(const char *root);

/* Opens for reading; a file descriptor to close, or a negative errno. */
int procfs_open(const char *root, const char *path, ...) __attribute__((format(printf, 2, 3)));

/* True when the file or directory exists, readable or not. */
bool procfs_exists(const char *root, const char *path, ...) __attribute__((format(printf, 2, 3)));

/* Reads a whole file as a NUL-terminated string. Returns its length (0 is possible). With -EFBIG
 * the buffer holds its beginning; with any other error it holds "". */
ssize_t procfs_read(const char *root, char *text, size_t size, const char *path, ...)
	__attribute__((format(printf, 4, 5)));

/* As procfs_read() for files of unknown size up to `limit`; *text is to be freed, NULL on error. */
ssize_t procfs_slurp(const char *root, char **text, size_t limit, const char *path, ...)
	__attribute__((format(printf, 4, 5)));

/* The first line without white space around it. Returns 0; -ENODATA when there is none. */
int procfs_line(const char *root, char *line, size_t size, const char *path, ...)
	__attribute__((format(printf, 4, 5)));

/* The one decimal integer a file holds. -EINVAL when it holds anything else. */
int procfs_integer(const char *root, int64_t *value, const char *path, ...)
	__attribute__((format(printf, 3, 4)));

/* What a symbolic link says, unresolved. Returns 0, -EINVAL when it is no link. */
int procfs_link(const char *root, char *target, size_t size, const char *path, ...)
	__attribute__((format(printf, 4, 5)));

/* Names in a directory without "." and "..", in the order of strverscmp(3); at most `max`. Returns
 * how many, or a negative errno. Each name is to be freed: procfs_names_free(). */
ssize_t procfs_names(const char *root, char **names, size_t max, const char *path, ...)
	__attribute__((format(printf, 4, 5)));
void procfs_names_free(char **names, ssize_t count);

/* The value after `key` in text of lines "key: value", "key value" or "key=value" (the first such
 * line), stripped. Returns 0, or -ENOENT without such a line. */
int procfs_lookup(const char *text, const char *key, char *value, size_t size);

/* As procfs_lookup() for a decimal integer, which a unit may follow ("MemTotal: 16 kB"). -EINVAL
 * for anything else. */
int procfs_lookup_integer(const char *text, const char *key, int64_t *value);

/* The last component of a path; the path itself when it has no slash. */
const char *procfs_basename(const char *path);
