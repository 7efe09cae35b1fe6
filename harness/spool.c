#include "spool.h"

#include "allocate.h"
#include "file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define SUFFIX ".prom"

/* FNV-1a, 64 bits: it only has to tell targets apart. */
static uint64_t hash(const char *text)
{
	uint64_t value = UINT64_C(0xcbf29ce484222325);

	for (; *text; text++)
		value = (value ^ (unsigned char)*text) * UINT64_C(0x100000001b3);
	return value;
}

void spool_open(struct spool *spool, const struct store *store, const char *url)
{
	snprintf(spool->path, sizeof(spool->path), "%s/spool", store->path);
	spool->target = hash(url);
}

void spool_name(const struct spool *spool, int64_t time_ms, const char *id, char *name, size_t size)
{
	snprintf(name, size, "%016" PRIx64 "-%020" PRId64 "-%.25s" SUFFIX, spool->target, time_ms,
		id);
}

/* Whether it is a file of ours; temporary ones begin with a dot. */
static int is_spooled(const struct dirent *entry)
{
	size_t length = strlen(entry->d_name);

	return length > 17 && length < sizeof(((struct spool_entry *)NULL)->name) &&
	       strspn(entry->d_name, "0123456789abcdef") == 16 && entry->d_name[16] == '-' &&
	       strcmp(entry->d_name + length - strlen(SUFFIX), SUFFIX) == 0;
}

/* Every file, of all targets. Returns how many or a negative errno; an absent spool is empty. */
static int scan(const struct spool *spool, struct dirent ***files, struct problem *problem)
{
	int count = scandir(spool->path, files, is_spooled, alphasort);

	if (count >= 0)
		return count;
	*files = NULL;
	return errno == ENOENT || errno == ENOTDIR
		       ? 0
		       : problem_errno(problem, "cannot list %s", spool->path);
}

int spool_list(const struct spool *spool, struct spool_entry **entries, struct problem *problem)
{
	struct dirent **files;
	char prefix[20];
	int count = scan(spool, &files, problem), own = 0;

	*entries = NULL;
	if (count < 0)
		return count;
	*entries = allocate_zero((size_t)count + 1, sizeof(**entries));
	snprintf(prefix, sizeof(prefix), "%016" PRIx64 "-", spool->target);
	for (int i = 0; files && i < count; i++) {
		/* is_spooled() has seen that it fits. */
		if (strncmp(files[i]->d_name, prefix, strlen(prefix)) == 0)
			memcpy((*entries)[own++].name, files[i]->d_name,
				strlen(files[i]->d_name) + 1);
		free(files[i]);
	}
	free(files);
	return own;
}

static void path_of(const struct spool *spool, const char *name, char *path, size_t size)
{
	snprintf(path, size, "%s/%s", spool->path, name);
}

int spool_read(const struct spool *spool, struct spool_entry *entry, struct problem *problem)
{
	char path[PATH_MAX + 100];
	struct stat status;
	int failure = 0;

	path_of(spool, entry->name, path, sizeof(path));
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	if (fd < 0)
		return problem_errno(problem, "cannot open %s", path);
	if (fstat(fd, &status) < 0)
		failure = problem_errno(problem, "cannot examine %s", path);
	else if (!S_ISREG(status.st_mode) || (uint64_t)status.st_size > SPOOL_BYTES_MAX)
		failure = problem_set(problem, -EINVAL, "%s is not what was spooled", path);
	entry->text = failure ? NULL : allocate_zero((size_t)status.st_size + 1, 1);
	entry->length = 0;
	while (!failure && entry->length < (size_t)status.st_size) {
		ssize_t got = read(
			fd, entry->text + entry->length, (size_t)status.st_size - entry->length);
		if (got > 0)
			entry->length += (size_t)got;
		else if (got == 0 || errno != EINTR)
			failure = problem_errno(problem, "cannot read %s", path);
	}
	close(fd);
	if (failure) {
		free(entry->text);
		entry->text = NULL;
	}
	return failure;
}

/* Whether `length` more bytes have room, but for the file of the name, which they would replace. */
static int check_room(
	const struct spool *spool, const char *name, size_t length, struct problem *problem)
{
	char path[PATH_MAX + 300];
	struct dirent **files;
	struct stat status;
	uint64_t bytes = length;
	int count = scan(spool, &files, problem), others = 0;

	if (count < 0)
		return count;
	for (int i = 0; files && i < count; i++) {
		path_of(spool, files[i]->d_name, path, sizeof(path));
		if (strcmp(files[i]->d_name, name) != 0 && stat(path, &status) == 0) {
			bytes += (uint64_t)status.st_size;
			others++;
		}
		free(files[i]);
	}
	free(files);
	if (others < SPOOL_FILES_MAX && bytes <= SPOOL_BYTES_MAX)
		return 0;
	return problem_set(problem, -ENOSPC,
		"%s is full (%d runs); push again when the store can be reached, or remove what is "
		"there: the runs themselves are kept",
		spool->path, others);
}

int spool_write(const struct spool *spool, const struct spool_entry *entry, struct problem *problem)
{
	char path[PATH_MAX + 100];
	int failure = file_make_directory(spool->path, problem);

	if (!failure)
		failure = check_room(spool, entry->name, entry->length, problem);
	if (failure)
		return failure;
	path_of(spool, entry->name, path, sizeof(path));
	return file_write(path, entry->text, entry->length, FILE_OWN, problem);
}

void spool_remove(const struct spool *spool, const struct spool_entry *entry)
{
	char path[PATH_MAX + 100];

	path_of(spool, entry->name, path, sizeof(path));
	unlink(path);
}
