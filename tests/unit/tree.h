/* A throw-away directory tree that stands for another system's /proc, /sys and /etc. */
#pragma once

#include <criterion/criterion.h>
#include <errno.h>
#include <ftw.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char tree[PATH_MAX];

static inline void tree_make(void)
{
	const char *base = getenv("TMPDIR");

	snprintf(tree, sizeof(tree), "%s/seatrial-tree-XXXXXX", base && *base ? base : "/tmp");
	cr_assert_not_null(mkdtemp(tree), "mkdtemp: %s", strerror(errno));
}

static inline int tree_remove_entry(
	const char *path, const struct stat *status, int type, struct FTW *where)
{
	(void)status;
	(void)type;
	(void)where;
	return remove(path);
}

static inline void tree_remove(void)
{
	nftw(tree, tree_remove_entry, 16, FTW_DEPTH | FTW_PHYS);
}

/* The path of an entry, with its directories made. */
static inline const char *tree_path(const char *path)
{
	static char full[2 * PATH_MAX];

	snprintf(full, sizeof(full), "%s%s", tree, path);
	for (char *slash = full + strlen(tree) + 1; (slash = strchr(slash, '/')); *slash++ = '/') {
		*slash = '\0';
		cr_assert(mkdir(full, 0755) == 0 || errno == EEXIST, "mkdir %s: %s", full,
			strerror(errno));
	}
	return full;
}

static inline void tree_put_bytes(const char *path, const void *bytes, size_t size)
{
	FILE *file = fopen(tree_path(path), "w");
	bool written = file && fwrite(bytes, 1, size, file) == size;

	cr_assert(file && fclose(file) == 0 && written, "%s: %s", path, strerror(errno));
}

static inline void tree_put(const char *path, const char *text)
{
	tree_put_bytes(path, text, strlen(text));
}

static inline void tree_link(const char *path, const char *target)
{
	cr_assert_eq(symlink(target, tree_path(path)), 0, "%s: %s", path, strerror(errno));
}
