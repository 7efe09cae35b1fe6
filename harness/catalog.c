#include "catalog.h"

#include "child.h"
#include "document.h"
#include "exit_code.h"
#include "text.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define PREFIX       "seatrial-"
#define BENCH_SCHEMA "seatrial.bench/1"
#define WORDS_MAX    80 /* of a command line */

const char *catalog_last_words(const char *errors, const char *name, char *buffer, size_t size)
{
	char prefix[64], line[CHILD_ERRORS_MAX + 1];
	int length = snprintf(prefix, sizeof(prefix), PREFIX "%s: ", name);

	snprintf(line, sizeof(line), "%s", errors);
	char *last = text_strip(line);
	char *newline = strrchr(last, '\n');
	if (newline)
		last = newline + 1;
	if (strncmp(last, prefix, (size_t)length) == 0)
		last += length;
	return text_printable(last, buffer, size);
}

/* What became of a --describe that gave no document. */
static int explain_silence(
	const struct child_result *result, const char *name, bool *refused, struct problem *problem)
{
	char ending[128], words[400];
	bool usage = result->end == CHILD_BY_ITSELF && WIFEXITED(result->status) &&
		     WEXITSTATUS(result->status) == EXIT_CODE_USAGE;

	catalog_last_words(result->errors, name, words, sizeof(words));
	*refused = usage && *words;
	if (*refused)
		return problem_set(problem, -EINVAL, PREFIX "%s: %s", name, words);
	return problem_set(problem, -EIO, PREFIX "%s --describe %s%s%s", name,
		child_ending(result, ending, sizeof(ending)), *words ? ": " : "", words);
}

static json_t *understand(
	const struct child_result *result, const char *name, struct problem *problem)
{
	struct problem why;
	json_t *description =
		document_parse(result->output, result->output_length, BENCH_SCHEMA, &why);

	if (description && document_check_bench(description, name, &why) == 0)
		return description;
	json_decref(description);
	problem_set(
		problem, -EINVAL, PREFIX "%s describes itself unintelligibly: %s", name, why.text);
	return NULL;
}

json_t *catalog_describe(const char *path, const char *name, const char *const *arguments,
	bool *refused, struct problem *problem)
{
	const char *argv[WORDS_MAX] = {path, "--describe"};
	struct child_program program = {.argv = argv, .limit_s = CATALOG_ANSWER_S};
	struct child_result result;
	json_t *description = NULL;

	for (size_t i = 0; arguments && arguments[i] && i + 3 < WORDS_MAX; i++)
		argv[i + 2] = arguments[i];
	*refused = false;
	if (child_run(&program, &result, problem) < 0)
		return NULL;
	if (result.end == CHILD_BY_ITSELF && WIFEXITED(result.status) &&
		WEXITSTATUS(result.status) == EXIT_CODE_OK)
		description = understand(&result, name, problem);
	else
		explain_silence(&result, name, refused, problem);
	child_release(&result);
	return description;
}

static int find_directory(char *directory, size_t size, const char *given, struct problem *problem)
{
	char self[PATH_MAX];

	if (given) {
		if ((size_t)snprintf(directory, size, "%s", given) >= size)
			return problem_set(
				problem, -ENAMETOOLONG, "--bench-dir: the path is too long");
		return 0;
	}
	ssize_t length = readlink("/proc/self/exe", self, sizeof(self) - 1);
	if (length < 0)
		return problem_errno(problem,
			"cannot tell where this program is (/proc/self/exe), and so where the "
			"benchmarks are; name their directory with --bench-dir");
	self[length] = '\0';
	char *slash = strrchr(self, '/');
	if (slash && slash != self)
		*slash = '\0';
	snprintf(directory, size, "%s", self);
	return 0;
}

static int has_prefix(const struct dirent *entry)
{
	return strncmp(entry->d_name, PREFIX, strlen(PREFIX)) == 0;
}

/* Editors and packagers leave files such as seatrial-fsync.old behind; a bench's name has no dot.
 */
static bool is_bench(const char *path, const char *name)
{
	struct stat status;
	size_t length = strlen(name);

	return length > 0 && length < sizeof(((struct catalog_bench *)0)->name) &&
	       strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_-") == length &&
	       stat(path, &status) == 0 && S_ISREG(status.st_mode) && access(path, X_OK) == 0;
}

static void add(struct catalog *catalog, const char *file)
{
	struct catalog_bench *bench = &catalog->bench[catalog->count];
	const char *name = file + strlen(PREFIX);
	bool refused;

	if (asprintf(&bench->path, "%s/%s", catalog->directory, file) < 0)
		return;
	if (!is_bench(bench->path, name)) {
		free(bench->path);
		return;
	}
	snprintf(bench->name, sizeof(bench->name), "%s", name);
	bench->description =
		catalog_describe(bench->path, bench->name, NULL, &refused, &bench->failure);
	catalog->count++;
}

int catalog_open(struct catalog *catalog, const char *directory, struct problem *problem)
{
	struct dirent **entries;

	catalog->count = 0;
	int failure =
		find_directory(catalog->directory, sizeof(catalog->directory), directory, problem);
	if (failure)
		return failure;
	int count = scandir(catalog->directory, &entries, has_prefix, alphasort);
	if (count < 0)
		return problem_errno(
			problem, "cannot look for benchmarks in %s", catalog->directory);
	for (int i = 0; i < count; i++) {
		if (catalog->count < CATALOG_MAX)
			add(catalog, entries[i]->d_name);
		free(entries[i]);
	}
	free(entries);
	return 0;
}

void catalog_close(struct catalog *catalog)
{
	for (size_t i = 0; i < catalog->count; i++) {
		json_decref(catalog->bench[i].description);
		free(catalog->bench[i].path);
	}
	catalog->count = 0;
}

const struct catalog_bench *catalog_find(const struct catalog *catalog, const char *name)
{
	for (size_t i = 0; i < catalog->count; i++)
		if (strcmp(catalog->bench[i].name, name) == 0)
			return &catalog->bench[i];
	return NULL;
}

const json_t *catalog_option(const struct catalog_bench *bench, const char *option)
{
	const json_t *row;
	size_t i;

	json_array_foreach(json_object_get(bench->description, "options"), i, row)
		if (strcmp(document_text(row, "name"), option) == 0)
			return row;
	return NULL;
}
