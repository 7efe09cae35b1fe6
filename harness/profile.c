#include "profile.h"

#include "text.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Ceiling for a hostile file; the longest profile we ship is a tenth of it. */
#define FILE_MAX ((size_t)1 << 18)

/* Reads at most FILE_MAX bytes of a regular file; `text` holds FILE_MAX + 1. */
static ssize_t read_file(const char *path, char *text, struct problem *problem)
{
	size_t length = 0;
	ssize_t got = -1;
	struct stat status;
	/* O_NONBLOCK: a FIFO must not hang us before fstat() has told what it is. */
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);

	if (fd < 0)
		return problem_errno(problem, "cannot open the profile %s", path);
	if (fstat(fd, &status) || !S_ISREG(status.st_mode)) {
		close(fd);
		return problem_set(
			problem, -EINVAL, "cannot use the profile %s: it is not a file", path);
	}
	while (length <= FILE_MAX && (got = read(fd, text + length, FILE_MAX + 1 - length)) > 0)
		length += (size_t)got;
	if (got < 0) {
		got = problem_errno(problem, "cannot read the profile %s", path);
		close(fd);
		return got;
	}
	close(fd);
	if (length > FILE_MAX)
		return problem_set(problem, -EFBIG,
			"cannot use the profile %s: it is longer than 256 KiB", path);
	return (ssize_t)length;
}

static json_t *parse_file(const char *path, struct problem *problem)
{
	json_error_t error;
	char printable[JSON_ERROR_TEXT_LENGTH];
	json_t *profile = NULL;
	ssize_t length;
	char *text = malloc(FILE_MAX + 1);

	if (!text) {
		problem_set(problem, -ENOMEM, "out of memory while reading the profile %s", path);
		return NULL;
	}
	length = read_file(path, text, problem);
	if (length >= 0) {
		profile = json_loadb(text, (size_t)length, JSON_REJECT_DUPLICATES, &error);
		if (!profile)
			problem_set(problem, -EINVAL, "the profile %s is not JSON: line %d: %s",
				path, error.line,
				text_printable(error.text, printable, sizeof(printable)));
	}
	free(text);
	return profile;
}

/* Loads a file; with `name`, the profile must call itself so. */
static json_t *load_file(const char *path, const char *name, struct problem *problem)
{
	struct problem detail;
	json_t *profile = parse_file(path, problem);

	if (!profile)
		return NULL;
	if (profile_check(profile, &detail)) {
		problem_set(problem, -EINVAL, "the profile %s is not valid: %s", path, detail.text);
	} else if (name && strcmp(name, json_string_value(json_object_get(profile, "name"))) != 0) {
		problem_set(problem, -EINVAL,
			"the profile %s is not valid: it calls itself \"%s\", not \"%s\" as its file "
			"does",
			path, json_string_value(json_object_get(profile, "name")), name);
	} else {
		return profile;
	}
	json_decref(profile);
	return NULL;
}

/* The sentence for a name that no directory has. */
static void explain_unknown(
	const char *name, const char *const *directories, struct problem *problem)
{
	char printable[64], list[512] = "none";
	json_t *names = profile_names(directories);
	size_t used = 0;

	for (size_t i = 0; i < json_array_size(names) && used < sizeof(list); i++)
		used += (size_t)snprintf(list + used, sizeof(list) - used, "%s%s", i ? ", " : "",
			json_string_value(json_array_get(names, i)));
	json_decref(names);
	problem_set(problem, -ENOENT,
		"there is no profile \"%s\"; known profiles: %s; name a file of your own by a path "
		"with a '/', e.g. ./mine.json",
		text_printable(name, printable, sizeof(printable)), list);
}

json_t *profile_load(const char *name, const char *const *directories, struct problem *problem)
{
	if (strchr(name, '/'))
		return load_file(name, NULL, problem);
	for (size_t i = 0; profile_is_name(name) && directories[i]; i++) {
		char *path;
		json_t *profile;

		if (asprintf(&path, "%s/%s.json", directories[i], name) < 0) {
			problem_set(problem, -ENOMEM, "out of memory while loading a profile");
			return NULL;
		}
		if (access(path, F_OK)) {
			free(path);
			continue;
		}
		profile = load_file(path, name, problem);
		free(path);
		return profile;
	}
	explain_unknown(name, directories, problem);
	return NULL;
}

static int compare_names(const void *left, const void *right)
{
	return strcmp(*(const char *const *)left, *(const char *const *)right);
}

/* Adds the stem of every NAME.json in one directory as a key of `found`. */
static void collect_names(const char *path, json_t *found)
{
	static const char suffix[] = ".json";
	const struct dirent *entry;
	DIR *directory = opendir(path);

	while (directory && (entry = readdir(directory))) {
		char stem[PROFILE_NAME_MAX + 1];
		const char *dot = strchr(entry->d_name, '.');

		if (!dot || strcmp(dot, suffix) != 0 || dot - entry->d_name > PROFILE_NAME_MAX)
			continue;
		snprintf(stem, sizeof(stem), "%.*s", (int)(dot - entry->d_name), entry->d_name);
		if (profile_is_name(stem))
			json_object_set_new(found, stem, json_null());
	}
	if (directory)
		closedir(directory);
}

json_t *profile_names(const char *const *directories)
{
	json_t *found = json_object(); /* its keys, as a set */
	json_t *names = json_array();
	const char **order;
	const char *name;
	json_t *value;
	size_t count = 0;

	for (; *directories; directories++)
		collect_names(*directories, found);
	order = calloc(json_object_size(found) + 1, sizeof(*order));
	if (order) {
		json_object_foreach(found, name, value)
			order[count++] = name;
		qsort(order, count, sizeof(*order), compare_names);
	}
	for (size_t i = 0; i < count; i++)
		json_array_append_new(names, json_string(order[i]));
	free(order);
	json_decref(found);
	return names;
}
