#include "store.h"

#include "document.h"
#include "file.h"

#include <dirent.h>
#include <errno.h>
#include <pwd.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define RUN_SCHEMA "seatrial.run/1"
#define SUFFIX     ".json"

/* XDG Base Directory Specification: a relative $XDG_DATA_HOME is to be ignored. */
static int default_path(struct store *store, struct problem *problem)
{
	const char *data = getenv("XDG_DATA_HOME"), *home = getenv("HOME");
	const char *middle = "";

	if (!data || data[0] != '/') {
		if (!home || home[0] != '/') {
			const struct passwd *user = getpwuid(getuid());
			home = user ? user->pw_dir : NULL;
		}
		if (!home || home[0] != '/')
			return problem_set(problem, -ENOENT,
				"no place to keep results: neither XDG_DATA_HOME nor HOME is set; "
				"name one with --store DIR");
		data = home;
		middle = "/.local/share";
	}
	if ((size_t)snprintf(store->path, sizeof(store->path), "%s%s/seatrial/results", data,
		    middle) >= sizeof(store->path))
		return problem_set(problem, -ENAMETOOLONG, "the path of the store is too long");
	return 0;
}

int store_open(struct store *store, const char *path, struct problem *problem)
{
	if (!path)
		return default_path(store, problem);
	if (*path == '\0')
		return problem_set(problem, -EINVAL, "--store: an empty path names no directory");
	if ((size_t)snprintf(store->path, sizeof(store->path), "%s", path) >= sizeof(store->path))
		return problem_set(problem, -ENAMETOOLONG, "--store: the path is too long");
	return 0;
}

int store_prepare(const struct store *store, struct problem *problem)
{
	static const char probe[] = "seatrial\n";
	char path[PATH_MAX];
	int failure = file_make_directory(store->path, problem);

	if (failure)
		return failure;
	snprintf(path, sizeof(path), "%s/.probe-%d", store->path, (int)getpid());
	/* Its name can be foreseen: a link that waits there must not be written through. */
	unlink(path);
	failure = file_write(path, probe, sizeof(probe) - 1, FILE_CREATE, problem);
	unlink(path);
	return failure;
}

const char *store_file(const struct store *store, const char *id, char *path, size_t size)
{
	snprintf(path, size, "%s/%s" SUFFIX, store->path, id);
	return path;
}

int store_new_id(char id[STORE_ID_LENGTH + 1], struct problem *problem)
{
	struct timespec now;
	struct tm utc;
	uint16_t random;
	char stamp[STORE_ID_LENGTH - 8];

	if (getrandom(&random, sizeof(random), 0) != (ssize_t)sizeof(random))
		return problem_errno(problem, "the system gives no random numbers");
	clock_gettime(CLOCK_REALTIME, &now);
	gmtime_r(&now.tv_sec, &utc);
	strftime(stamp, sizeof(stamp), "%Y%m%dT%H%M%SZ", &utc);
	/* The later of two runs in one second comes later in the order of ids, too. */
	unsigned fraction = (unsigned)(((uint64_t)now.tv_nsec << 16) / 1000000000);
	snprintf(id, STORE_ID_LENGTH + 1, "%s-%04x%04x", stamp, fraction & 0xffff, random);
	return 0;
}

static int write_document(
	const char *path, const json_t *document, enum file_mode mode, struct problem *problem)
{
	char *text = json_dumps(document, JSON_COMPACT);

	if (!text)
		return problem_set(problem, -ENOMEM, "not enough memory to write %s", path);
	size_t length = strlen(text);
	int failure;
	if (length >= STORE_FILE_MAX) {
		failure = problem_set(problem, -EFBIG,
			"the run is larger than the %zu MiB that are read back; "
			"use a smaller --repeat",
			STORE_FILE_MAX >> 20);
	} else {
		text[length++] = '\n'; /* in place of the NUL: it is not used as a string again */
		failure = file_is_stdout(path) ? file_print(text, length, problem)
					       : file_write(path, text, length, mode, problem);
	}
	free(text);
	return failure;
}

int store_add(const struct store *store, json_t *run, struct problem *problem)
{
	char id[STORE_ID_LENGTH + 1], path[PATH_MAX];
	int failure;

	do {
		failure = store_new_id(id, problem);
		if (failure)
			return failure;
		json_object_set_new(run, "id", json_string(id));
		store_file(store, id, path, sizeof(path));
		failure = write_document(path, run, FILE_CREATE, problem);
	} while (failure == -EEXIST);
	return failure;
}

int store_update(const struct store *store, const json_t *run, struct problem *problem)
{
	char path[PATH_MAX];

	store_file(store, document_text(run, "id"), path, sizeof(path));
	return write_document(path, run, FILE_OWN, problem);
}

int store_write_file(const char *path, const json_t *document, struct problem *problem)
{
	return write_document(path, document, FILE_REPLACE, problem);
}

bool store_is_run_file(const char *name)
{
	static const char form[] = "dddddddd"
				   "T"
				   "dddddd"
				   "Z-"
				   "xxxxxxxx";

	for (size_t i = 0; i < STORE_ID_LENGTH; i++) {
		const char *set = form[i] == 'd'   ? "0123456789"
				  : form[i] == 'x' ? "0123456789abcdef"
						   : NULL;
		if (name[i] == '\0' || (set ? !strchr(set, name[i]) : name[i] != form[i]))
			return false;
	}
	return strcmp(name + STORE_ID_LENGTH, SUFFIX) == 0;
}

static int is_run(const struct dirent *entry)
{
	return store_is_run_file(entry->d_name);
}

int store_list(
	const struct store *store, char (**ids)[STORE_ID_LENGTH + 1], struct problem *problem)
{
	struct dirent **entries;
	int count = scandir(store->path, &entries, is_run, alphasort);

	*ids = NULL;
	if (count < 0 && errno == ENOENT)
		return 0;
	if (count < 0)
		return problem_errno(problem, "cannot list %s", store->path);
	*ids = calloc((size_t)count + 1, sizeof(**ids));
	for (int i = 0; i < count; i++) {
		if (*ids)
			memcpy((*ids)[i], entries[i]->d_name, STORE_ID_LENGTH);
		free(entries[i]);
	}
	free(entries);
	return *ids ? count : problem_set(problem, -ENOMEM, "not enough memory");
}

/* The id that `reference` means among `ids`; NULL with a sentence. */
static const char *choose(const struct store *store, char (*ids)[STORE_ID_LENGTH + 1], int count,
	const char *reference, struct problem *problem)
{
	const char *found = NULL;
	int matches = 0;

	if (count == 0 || !ids) {
		problem_set(problem, -ENOENT,
			"no run is stored in %s yet; `seatrial run` makes one", store->path);
		return NULL;
	}
	if (strcmp(reference, "latest") == 0)
		return ids[count - 1];
	for (int i = 0; i < count; i++) {
		if (*reference && strncmp(ids[i], reference, strlen(reference)) == 0) {
			found = ids[i];
			matches++;
		}
	}
	if (matches == 1)
		return found;
	if (matches > 1)
		problem_set(problem, -EINVAL,
			"\"%s\" is the beginning of %d runs; give more of the id", reference,
			matches);
	else
		problem_set(problem, -ENOENT,
			"no run \"%.64s\" in %s; `seatrial runs` lists what there is", reference,
			store->path);
	return NULL;
}

int store_find(const struct store *store, const char *reference, char id[STORE_ID_LENGTH + 1],
	struct problem *problem)
{
	char(*ids)[STORE_ID_LENGTH + 1], path[PATH_MAX];

	/* A whole id needs no look at all the others. */
	if (strlen(reference) == STORE_ID_LENGTH && !strchr(reference, '/') &&
		access(store_file(store, reference, path, sizeof(path)), F_OK) == 0) {
		memcpy(id, reference, STORE_ID_LENGTH + 1);
		return 0;
	}
	int count = store_list(store, &ids, problem);
	if (count < 0)
		return count;
	const char *found = choose(store, ids, count, reference, problem);
	if (found)
		snprintf(id, STORE_ID_LENGTH + 1, "%s", found);
	free(ids);
	return found ? 0 : -ENOENT;
}

bool store_is_path(const char *reference)
{
	return strchr(reference, '/') || file_has_ending(reference, SUFFIX);
}

/* Who names a file or a folder is not helped by what the store has. */
static void complain_of_file(const char *name, struct problem *problem)
{
	struct stat status;

	if (stat(name, &status) < 0)
		return;
	if (S_ISDIR(status.st_mode))
		problem_set(
			problem, -ENOENT, "%.300s is a folder, not a run; name a file in it", name);
	else
		problem_set(problem, -ENOENT,
			"no stored run is called %.300s; if the file of that name is meant, write "
			"./%.300s",
			name, name);
}

int store_read(const struct store *store, const char *reference, struct store_text *text,
	struct problem *problem)
{
	char id[STORE_ID_LENGTH + 1];

	text->text = NULL;
	if (store_is_path(reference)) {
		if ((size_t)snprintf(text->path, sizeof(text->path), "%s", reference) >=
			sizeof(text->path))
			return problem_set(
				problem, -ENAMETOOLONG, "the path of the run is too long");
	} else {
		int failure = store_find(store, reference, id, problem);
		if (failure == -ENOENT)
			complain_of_file(reference, problem);
		if (failure)
			return failure;
		store_file(store, id, text->path, sizeof(text->path));
	}
	return document_read_file(text->path, STORE_FILE_MAX, &text->text, &text->length, problem);
}

json_t *store_parse_any(
	const struct store_text *text, const char *const *schemas, struct problem *problem)
{
	struct problem why;
	json_t *document = document_parse_any(text->text, text->length, schemas, &why);

	if (!document) {
		problem_set(
			problem, -EINVAL, "%.300s cannot be used: %.400s", text->path, why.text);
	} else if (strcmp(document_text(document, "schema"), RUN_SCHEMA) == 0 &&
		   document_check_run(document, &why) < 0) {
		problem_set(problem, -EINVAL, "%.300s is not a usable run: %.400s", text->path,
			why.text);
		json_decref(document);
		document = NULL;
	}
	return document;
}

json_t *store_parse(const struct store_text *text, struct problem *problem)
{
	static const char *const schemas[] = {RUN_SCHEMA, NULL};

	return store_parse_any(text, schemas, problem);
}

json_t *store_load(const struct store *store, const char *reference, struct problem *problem)
{
	struct store_text text;

	if (store_read(store, reference, &text, problem) < 0)
		return NULL;
	json_t *run = store_parse(&text, problem);
	free(text.text);
	return run;
}
