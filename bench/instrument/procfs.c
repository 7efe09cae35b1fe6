#include "procfs.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/openat2.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

/* vsnprintf() into path[PATH_MAX] from the arguments after `path`. */
#define FORMAT_PATH(buffer, format)                                                                \
	({                                                                                         \
		va_list arguments_;                                                                \
		va_start(arguments_, format);                                                      \
		int length_ = vsnprintf(buffer, sizeof(buffer), format, arguments_);               \
		va_end(arguments_);                                                                \
		length_ >= 0 && (size_t)length_ < sizeof(buffer) ? 0 : -ENAMETOOLONG;              \
	})

bool procfs_is_live(const char *root)
{
	return root[strspn(root, "/")] == '\0';
}

/* Below a root that is not "/", the kernel itself resolves links as chroot would (Linux 5.6,
 * openat2(2)). Older kernels follow absolute links out of a copy, as `cat` would. */
static int open_below(const char *root, const char *path, int flags)
{
	flags |= O_CLOEXEC | O_NOCTTY | O_NONBLOCK;
	if (procfs_is_live(root)) {
		int file = open(path, flags);
		return file < 0 ? -errno : file;
	}

	int directory = open(root, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (directory < 0)
		return -errno;
	while (*path == '/')
		path++;
	/* openat2() refuses flags that O_PATH makes meaningless. */
	if (flags & O_PATH)
		flags &= O_PATH | O_NOFOLLOW | O_DIRECTORY | O_CLOEXEC;
	struct open_how how = {.flags = (uint64_t)flags, .resolve = RESOLVE_IN_ROOT};
	long file = syscall(SYS_openat2, directory, *path ? path : ".", &how, sizeof(how));
	if (file < 0 && errno == ENOSYS)
		file = openat(directory, *path ? path : ".", flags);
	int error = file < 0 ? -errno : 0;
	close(directory);
	return error ? error : (int)file;
}

/* A regular file or a directory; anything else in a copied tree (a pipe, a device) is refused. */
static int open_plain(const char *root, const char *path, int flags)
{
	int file = open_below(root, path, O_RDONLY | flags);
	struct stat status;

	if (file < 0)
		return file;
	if (fstat(file, &status) == 0 && (S_ISREG(status.st_mode) || S_ISDIR(status.st_mode)))
		return file;
	close(file);
	return -EINVAL;
}

int procfs_open(const char *root, const char *path, ...)
{
	char name[PATH_MAX];
	int error = FORMAT_PATH(name, path);

	return error ? error : open_plain(root, name, 0);
}

bool procfs_exists(const char *root, const char *path, ...)
{
	char name[PATH_MAX];

	if (FORMAT_PATH(name, path))
		return false;
	int file = open_below(root, name, O_PATH);
	if (file < 0)
		return false;
	close(file);
	return true;
}

/* Reads until the end or until the buffer is full; the result is terminated. */
static ssize_t read_whole(const char *root, const char *path, char *text, size_t size)
{
	size_t used = 0;
	ssize_t got = 0;
	char beyond;
	int file = open_plain(root, path, 0);

	text[0] = '\0';
	if (file < 0)
		return file;
	while (used < size - 1) {
		got = read(file, text + used, size - 1 - used);
		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			break;
		used += (size_t)got;
	}
	ssize_t result = got < 0 ? -errno : (ssize_t)used;
	if (got > 0 && read(file, &beyond, 1) == 1)
		result = -EFBIG;
	close(file);
	text[result >= 0 || result == -EFBIG ? used : 0] = '\0';
	return result;
}

ssize_t procfs_read(const char *root, char *text, size_t size, const char *path, ...)
{
	char name[PATH_MAX];
	int error = FORMAT_PATH(name, path);

	text[0] = '\0';
	return error ? error : read_whole(root, name, text, size);
}

ssize_t procfs_slurp(const char *root, char **text, size_t limit, const char *path, ...)
{
	char name[PATH_MAX];
	int error = FORMAT_PATH(name, path);
	ssize_t result = -EFBIG;

	*text = NULL;
	if (error)
		return error;
	/* Files of /proc and /sys do not tell their size: try, and double. */
	for (size_t size = 16384; result == -EFBIG && size / 2 < limit; size *= 2) {
		char *larger = realloc(*text, size + 1);
		if (!larger) {
			result = -ENOMEM;
			break;
		}
		*text = larger;
		result = read_whole(root, name, *text, size + 1);
	}
	if (result < 0) {
		free(*text);
		*text = NULL;
	}
	return result;
}

/* Copies [from, end) without white space around it; 0, or -EFBIG when cut. */
static int copy_stripped(const char *from, const char *end, char *out, size_t size)
{
	while (from < end && isspace((unsigned char)*from))
		from++;
	while (end > from && isspace((unsigned char)end[-1]))
		end--;
	size_t length = (size_t)(end - from);
	int result = length < size ? 0 : -EFBIG;
	if (result)
		length = size - 1;
	memmove(out, from, length);
	out[length] = '\0';
	return result;
}

int procfs_line(const char *root, char *line, size_t size, const char *path, ...)
{
	char name[PATH_MAX];
	int error = FORMAT_PATH(name, path);

	line[0] = '\0';
	if (error)
		return error;
	ssize_t got = read_whole(root, name, line, size);
	char *end = strchr(line, '\n');
	if (got < 0 && !(got == -EFBIG && end))
		return (int)got;
	copy_stripped(line, end ? end : line + strlen(line), line, size);
	return line[0] ? 0 : -ENODATA;
}

static int parse_integer(const char *text, int64_t *value, const char **end)
{
	char *after;

	errno = 0;
	long long number = strtoll(text, &after, 10);
	if (errno == ERANGE)
		return -ERANGE;
	if (after == text)
		return -EINVAL;
	*end = after;
	*value = number;
	return 0;
}

int procfs_integer(const char *root, int64_t *value, const char *path, ...)
{
	char name[PATH_MAX], text[64];
	const char *end = text;
	int64_t number;
	int error = FORMAT_PATH(name, path);

	if (error)
		return error;
	ssize_t got = read_whole(root, name, text, sizeof(text));
	if (got <= 0)
		return got == -EFBIG ? -EINVAL : got ? (int)got : -ENODATA;
	error = parse_integer(text, &number, &end);
	if (error)
		return error;
	if (end[strspn(end, " \t\n")])
		return -EINVAL;
	*value = number;
	return 0;
}

int procfs_link(const char *root, char *target, size_t size, const char *path, ...)
{
	char name[PATH_MAX];
	int error = FORMAT_PATH(name, path);

	target[0] = '\0';
	if (error)
		return error;
	int link = open_below(root, name, O_PATH | O_NOFOLLOW);
	if (link < 0)
		return link;
	/* An empty path reads the link that the descriptor itself is; ENOENT says that it is none.
	 */
	ssize_t length = readlinkat(link, "", target, size);
	if (length < 0)
		error = errno == ENOENT ? -EINVAL : -errno;
	else if ((size_t)length == size)
		error = -EFBIG;
	target[error ? 0 : length] = '\0';
	close(link);
	return error;
}

static int compare_names(const void *a, const void *b)
{
	return strverscmp(*(char *const *)a, *(char *const *)b);
}

ssize_t procfs_names(const char *root, char **names, size_t max, const char *path, ...)
{
	char name[PATH_MAX];
	const struct dirent *entry;
	size_t count = 0;
	int error = FORMAT_PATH(name, path);

	if (error)
		return error;
	int file = open_plain(root, name, O_DIRECTORY);
	if (file < 0)
		return file;
	DIR *directory = fdopendir(file);
	if (!directory) {
		error = -errno;
		close(file);
		return error;
	}
	while (count < max && (entry = readdir(directory))) {
		if (!strcmp(entry->d_name, ".") || !strcmp(entry->d_name, ".."))
			continue;
		names[count] = strdup(entry->d_name);
		if (!names[count]) {
			error = -ENOMEM;
			break;
		}
		count++;
	}
	closedir(directory);
	if (error) {
		procfs_names_free(names, (ssize_t)count);
		return error;
	}
	qsort(names, count, sizeof(*names), compare_names);
	return (ssize_t)count;
}

void procfs_names_free(char **names, ssize_t count)
{
	for (ssize_t i = 0; i < count; i++)
		free(names[i]);
}

int procfs_lookup(const char *text, const char *key, char *value, size_t size)
{
	size_t length = strlen(key);

	value[0] = '\0';
	for (const char *line = text; *line;) {
		const char *end = strchrnul(line, '\n');
		if (!strncmp(line, key, length)) {
			const char *after = line + length;
			/* "model name\t: AMD": white space may stand before the colon. */
			const char *colon = after + strspn(after, " \t");
			if (*colon == ':' || *colon == '=')
				return copy_stripped(colon + 1, end, value, size);
			if (colon > after)
				return copy_stripped(colon, end, value, size);
		}
		line = *end ? end + 1 : end;
	}
	return -ENOENT;
}

int procfs_lookup_integer(const char *text, const char *key, int64_t *value)
{
	char word[64];
	const char *end = word;
	int64_t number;
	int error = procfs_lookup(text, key, word, sizeof(word));

	if (error)
		return error;
	error = parse_integer(word, &number, &end);
	if (error)
		return error;
	if (*end && !isspace((unsigned char)*end))
		return -EINVAL;
	*value = number;
	return 0;
}

const char *procfs_basename(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}
