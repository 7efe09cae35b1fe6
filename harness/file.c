#include "file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static int write_all(int fd, const char *data, size_t length)
{
	while (length > 0) {
		ssize_t wrote = write(fd, data, length);
		if (wrote < 0 && errno == EINTR)
			continue;
		if (wrote < 0)
			return -errno;
		data += wrote;
		length -= (size_t)wrote;
	}
	return 0;
}

int file_print(const void *data, size_t length, struct problem *problem)
{
	int failure = write_all(STDOUT_FILENO, data, length);

	if (!failure)
		return 0;
	errno = -failure;
	return problem_errno(problem, "cannot write to standard output");
}

bool file_is_stdout(const char *path)
{
	return path && strcmp(path, "-") == 0;
}

const char *file_directory(const char *path, char *directory, size_t size)
{
	const char *slash = strrchr(path, '/');

	if (!slash)
		snprintf(directory, size, ".");
	else
		snprintf(directory, size, "%.*s", slash == path ? 1 : (int)(slash - path), path);
	return directory;
}

bool file_has_ending(const char *path, const char *ending)
{
	size_t length = strlen(path), rest = strlen(ending);

	return length > rest && strcmp(path + length - rest, ending) == 0;
}

const char *file_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

int file_check(const char *path, struct problem *problem)
{
	char directory[PATH_MAX];
	struct stat status;
	bool there = stat(path, &status) == 0;

	if (file_is_stdout(path) || (there && !S_ISREG(status.st_mode) && !S_ISDIR(status.st_mode)))
		return 0;
	if (*path == '\0')
		return problem_set(problem, -EINVAL, "\"\" is not the name of a file");
	if (there && S_ISDIR(status.st_mode))
		return problem_set(problem, -EISDIR,
			"\"%s\" is not the name of a file: it is a folder; name a file in it",
			path);
	if (access(file_directory(path, directory, sizeof(directory)), W_OK | X_OK) < 0)
		return problem_errno(problem, "%s cannot be written: %s", path, directory);
	return 0;
}

int file_check_directory(const char *path, struct problem *problem)
{
	struct stat status;

	if (stat(path, &status) < 0)
		return problem_errno(problem, "cannot find the directory %s", path);
	if (!S_ISDIR(status.st_mode))
		return problem_set(problem, -ENOTDIR, "%s is not a directory", path);
	return 0;
}

/* Makes a rename in the directory of `path` last. File systems that cannot sync a directory say
 * EINVAL. */
static int sync_directory(const char *path)
{
	char directory[PATH_MAX];
	int failure = 0;

	file_directory(path, directory, sizeof(directory));
	int fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	if (fsync(fd) < 0 && errno != EINVAL)
		failure = -errno;
	close(fd);
	return failure;
}

static int rename_to(const char *from, const char *to, enum file_mode mode)
{
	if (mode != FILE_CREATE)
		return rename(from, to) < 0 ? -errno : 0;
	if (renameat2(AT_FDCWD, from, AT_FDCWD, to, RENAME_NOREPLACE) == 0)
		return 0;
	if (errno != EINVAL && errno != ENOSYS)
		return -errno;
	/* Network file systems have no RENAME_NOREPLACE, but link() does not replace either. */
	return link(from, to) < 0 || unlink(from) < 0 ? -errno : 0;
}

/* A temporary name in the same directory; 0666 less the umask, which mkstemp() would not give. */
static int open_temporary(const char *path, char *temporary, size_t size)
{
	const char *slash = strrchr(path, '/');
	int directory = slash ? (int)(slash - path) + 1 : 0;

	for (unsigned i = 0; i < 100; i++) {
		if ((size_t)snprintf(temporary, size, "%.*s.%s.%d-%u", directory, path,
			    path + directory, (int)getpid(), i) >= size)
			return -ENAMETOOLONG;
		int fd =
			open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0666);
		if (fd >= 0 || errno != EEXIST)
			return fd >= 0 ? fd : -errno;
	}
	return -EEXIST;
}

/* What a file is to have: data or, with `print`, what that writes. */
struct content {
	const void *data;
	size_t length;
	file_printer *print;
};

static int print_all(int fd, const struct content *content)
{
	int copy = fcntl(fd, F_DUPFD_CLOEXEC, 0), failure = 0;
	FILE *out = copy < 0 ? NULL : fdopen(copy, "w");

	if (!out) {
		failure = -errno;
		if (copy >= 0)
			close(copy);
		return failure;
	}
	errno = 0;
	content->print(content->data, out);
	if (fflush(out) != 0 || ferror(out))
		failure = errno ? -errno : -EIO;
	if (fclose(out) != 0 && !failure)
		failure = -errno;
	return failure;
}

static int write_content(int fd, const struct content *content)
{
	return content->print ? print_all(fd, content)
			      : write_all(fd, content->data, content->length);
}

static int write_atomically(const char *path, const struct content *content, enum file_mode mode)
{
	char temporary[PATH_MAX];
	int fd = open_temporary(path, temporary, sizeof(temporary));

	if (fd < 0)
		return fd;
	int failure = write_content(fd, content);
	/* A failed fsync() is not tried again: the kernel has dropped what it could not write. */
	if (!failure && fsync(fd) < 0)
		failure = -errno;
	if (close(fd) < 0 && !failure)
		failure = -errno;
	if (!failure)
		failure = rename_to(temporary, path, mode);
	if (failure) {
		unlink(temporary);
		return failure;
	}
	return sync_directory(path);
}

/* A device or a pipe: there is nothing to replace. */
static int write_straight(const char *path, const struct content *content)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC | O_NOCTTY);

	if (fd < 0)
		return -errno;
	int failure = write_content(fd, content);
	if (close(fd) < 0 && !failure)
		failure = -errno;
	return failure;
}

static int write_file(const char *path, const struct content *content, enum file_mode mode,
	struct problem *problem)
{
	struct stat status;
	char target[PATH_MAX];
	bool there = mode == FILE_REPLACE && stat(path, &status) == 0;
	int failure;

	if (there && !S_ISREG(status.st_mode)) {
		failure = write_straight(path, content);
	} else {
		/* Through a symbolic link the file it names is replaced, not the link. */
		if (there && realpath(path, target))
			path = target;
		failure = write_atomically(path, content, mode);
	}
	if (!failure)
		return 0;
	errno = -failure;
	return problem_errno(problem, "cannot write %s", path);
}

int file_write(const char *path, const void *data, size_t length, enum file_mode mode,
	struct problem *problem)
{
	return write_file(path, &(struct content){.data = data, .length = length}, mode, problem);
}

int file_stream(const char *path, file_printer *print, const void *what, struct problem *problem)
{
	if (!file_is_stdout(path))
		return write_file(path, &(struct content){.data = what, .print = print},
			FILE_REPLACE, problem);
	print(what, stdout);
	if (fflush(stdout) == 0 && !ferror(stdout))
		return 0;
	return problem_errno(problem, "cannot write to standard output");
}

int file_output(const char *path, const void *data, size_t length, struct problem *problem)
{
	return file_is_stdout(path) ? file_print(data, length, problem)
				    : file_write(path, data, length, FILE_REPLACE, problem);
}

int file_make_directory(const char *path, struct problem *problem)
{
	char part[PATH_MAX];
	struct stat status;
	size_t length = strlen(path);

	if (length >= sizeof(part))
		return problem_set(problem, -ENAMETOOLONG, "the path %.64s... is too long", path);
	memcpy(part, path, length + 1);
	for (size_t i = 1; i <= length; i++) {
		if (path[i] != '/' && path[i] != '\0')
			continue;
		part[i] = '\0';
		if (mkdir(part, 0700) == 0) {
			int failure = sync_directory(part);
			if (failure) {
				errno = -failure;
				return problem_errno(problem, "cannot make %s last", part);
			}
		} else if (errno != EEXIST && (stat(part, &status) < 0 || path[i] == '\0')) {
			return problem_errno(problem, "cannot create the directory %s", part);
		}
		part[i] = path[i];
	}
	return file_check_directory(path, problem);
}
