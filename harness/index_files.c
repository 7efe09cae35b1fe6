#include "index_private.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* A file of our own that nobody else may write; false when there is another. */
static bool is_ours(const char *path)
{
	struct stat status;

	if (lstat(path, &status) < 0)
		return errno == ENOENT;
	return S_ISREG(status.st_mode) && status.st_uid == geteuid() &&
	       !(status.st_mode & (S_IWGRP | S_IWOTH));
}

/* A journal may end with a name: of what the journals of one transaction over several databases
 * have in common, which none of ours is. SQLite removes the file of this name, whatever it is
 * (https://www.sqlite.org/fileformat2.html, section 3; pager_delsuper() in its pager.c). */
static bool names_another(const char *journal)
{
	static const unsigned char magic[] = {0xd9, 0xd5, 0x05, 0xf9, 0x20, 0xa1, 0x63, 0xd7};
	unsigned char last[sizeof(magic)];
	int file = open(journal, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);

	if (file < 0)
		return errno != ENOENT;
	off_t at = lseek(file, 0, SEEK_END) - (off_t)sizeof(last);
	bool names = at >= 0 && (pread(file, last, sizeof(last), at) != sizeof(last) ||
					memcmp(last, magic, sizeof(magic)) == 0);
	close(file);
	return names;
}

int index_check_files(const char *path, struct problem *problem)
{
	static const char *const suffixes[] = {"", "-journal", "-wal", "-shm"};
	char file[PATH_MAX];

	for (size_t i = 0; i < sizeof(suffixes) / sizeof(suffixes[0]); i++) {
		snprintf(file, sizeof(file), "%s%s", path, suffixes[i]);
		if (!is_ours(file))
			return problem_set(problem, -EPERM,
				"%s is not a file of this user alone and is not used, so that all "
				"runs are read; remove it",
				file);
		if (strcmp(suffixes[i], "-journal") == 0 && names_another(file))
			return problem_set(problem, -EPERM,
				"%s is no journal of this index alone, which is not used, so that "
				"all runs are read; remove it",
				file);
	}
	return 0;
}
