#include "candidate.h"

#include "allocate.h"
#include "document.h"
#include "fetch.h"
#include "file.h"
#include "settings.h"
#include "text.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define SUFFIX       ".json"
#define TIMEOUT_NS   UINT64_C(60000000000)
#define PREFIX_LEAST 8 /* digits of an id: less may as well be a label */

int candidate_source_open(struct candidate_source *source, struct problem *problem)
{
	*source = (struct candidate_source){.set = NULL, .timeout_ns = TIMEOUT_NS};
	int failure = settings_open_store(&source->store, problem);
	if (!failure)
		source->set = sample_set_new();
	return failure;
}

void candidate_source_close(struct candidate_source *source)
{
	index_close(source->index);
	candidate_files_clear(&source->files);
	sample_set_free(source->set);
	source->index = NULL;
	source->set = NULL;
}

void candidate_source_settle(struct candidate_source *source)
{
	index_close(source->index);
	source->index = NULL;
}

static struct index *index_of(struct candidate_source *source)
{
	if (!source->index)
		source->index = index_open(&source->store, source->set, &source->warning);
	return source->index;
}

static void add_run(struct candidate *candidate, const struct sample_run *run)
{
	candidate->runs = allocate_grow(candidate->runs, candidate->count + 1, sizeof(void *));
	candidate->runs[candidate->count++] = run;
}

/* One run that must be there. */
static int add_only(struct candidate *candidate, const struct sample_run *run)
{
	if (!run)
		return -EINVAL;
	add_run(candidate, run);
	return 0;
}

static int find_url(struct candidate_source *source, const char *operand,
	struct candidate *candidate, struct problem *problem)
{
	char *text, *shown = fetch_public_url(operand);
	size_t length;

	index_commit(source->index);
	int failure = fetch(operand, STORE_FILE_MAX, source->timeout_ns, &text, &length, problem);

	free(candidate->source);
	candidate->source = shown;
	if (failure)
		return failure;
	failure = add_only(candidate, sample_run_parse(source->set, text, length, shown, problem));
	free(text);
	return failure;
}

static const struct sample_run *read_file(
	struct candidate_source *source, const char *path, struct problem *problem)
{
	return candidate_files_run(&source->files, source->set, path, problem);
}

/* All run documents in a folder; what else lies there is passed over with a reason. */
static int find_folder(struct candidate_source *source, const char *folder,
	struct candidate *candidate, struct problem *problem)
{
	struct dirent **entries;
	int count = candidate_files_list(folder, &entries);
	struct problem why = {.text = ""};

	if (count < 0)
		return problem_errno(problem, "cannot list %.300s", folder);
	for (int i = 0; i < count; i++) {
		char *path = candidate_files_path(folder, entries[i]->d_name);
		const struct sample_run *run = read_file(source, path, &why);
		free(path);
		if (run)
			add_run(candidate, run);
		else
			sample_note(candidate->unusable, entries[i]->d_name, why.text);
		free(entries[i]);
	}
	free(entries);
	if (candidate->count)
		return 0;
	if (count)
		return problem_set(problem, -ENOENT,
			"%.300s has no run document in it: none of its .json files is one; the "
			"last of them: %s",
			folder, why.text);
	return problem_set(problem, -ENOENT,
		"%.300s has no run document in it; it takes files whose names end in .json",
		folder);
}

/* Whether a folder is the store itself, whose index then serves. */
static bool is_store(const struct candidate_source *source, const char *folder)
{
	struct stat one, other;

	return stat(folder, &one) == 0 && stat(source->store.path, &other) == 0 &&
	       one.st_dev == other.st_dev && one.st_ino == other.st_ino;
}

/* All stored runs with this label or host id, or all (NULL). -ENOENT, without a sentence, when
 * there is none. */
static int find_stored(struct candidate_source *source, const char *text,
	struct candidate *candidate, struct problem *problem)
{
	char(*ids)[STORE_ID_LENGTH + 1];
	int count = index_find(index_of(source), text, &ids, candidate->unusable, problem);

	for (int i = 0; i < count; i++) {
		struct problem why = {.text = ""};
		const struct sample_run *run = index_run(source->index, ids[i], &why);
		if (run)
			add_run(candidate, run);
		else
			sample_note(candidate->unusable, ids[i], why.text);
	}
	if (count >= 0)
		free(ids);
	return count < 0 ? count : candidate->count ? 0 : -ENOENT;
}

/* Whether a path is the file of a run in the store, and its id. */
static bool find_stored_id(
	const struct candidate_source *source, const char *path, char id[STORE_ID_LENGTH + 1])
{
	const char *name = file_name(path);
	char folder[PATH_MAX];

	if (!store_is_run_file(name) ||
		!is_store(source, file_directory(path, folder, sizeof(folder))))
		return false;
	snprintf(id, STORE_ID_LENGTH + 1, "%.*s", STORE_ID_LENGTH, name);
	return true;
}

static int find_path(struct candidate_source *source, const char *path, struct candidate *candidate,
	struct problem *problem)
{
	char id[STORE_ID_LENGTH + 1];
	struct stat status;

	if (stat(path, &status) == 0 && S_ISDIR(status.st_mode) && !is_store(source, path))
		return find_folder(source, path, candidate, problem);
	if (stat(path, &status) == 0 && S_ISDIR(status.st_mode)) {
		int failure = find_stored(source, NULL, candidate, problem);
		return failure == -ENOENT
			       ? problem_set(problem, failure,
					 "no run is stored in %.300s; `seatrial run` makes one",
					 path)
			       : failure;
	}
	if (find_stored_id(source, path, id))
		return add_only(candidate, index_run(index_of(source), id, problem));
	return add_only(candidate, read_file(source, path, problem));
}

static bool is_id_prefix(const char *text)
{
	return strspn(text, "0123456789") >= PREFIX_LEAST &&
	       strspn(text, "0123456789TZabcdef-") == strlen(text);
}

static bool is_path(const char *text)
{
	return store_is_path(text) || strcmp(text, ".") == 0 || strcmp(text, "..") == 0;
}

/* "latest", an id or its beginning, a label or a host id. */
static int find_reference(struct candidate_source *source, const char *text,
	struct candidate *candidate, struct problem *problem)
{
	char id[STORE_ID_LENGTH + 1];
	bool latest = strcmp(text, "latest") == 0;
	struct problem why = {.text = ""};
	struct stat status;

	if ((latest || is_id_prefix(text)) &&
		store_find(&source->store, text, id, latest ? problem : &why) == 0)
		return add_only(candidate, index_run(index_of(source), id, problem));
	if (latest)
		return -ENOENT;
	int failure = find_stored(source, text, candidate, problem);
	if (failure != -ENOENT)
		return failure;
	if (stat(text, &status) == 0) {
		candidate_files_add(&source->files, text);
		candidate_files_read(&source->files, source->set);
		return find_path(source, text, candidate, problem);
	}
	if (*why.text)
		return problem_set(problem, -ENOENT, "%s", why.text);
	return problem_set(problem, -ENOENT,
		"\"%.64s\" is no file, no folder, no stored run, and no label or host id of one in "
		"%.300s; `seatrial runs` lists what there is",
		text, source->store.path);
}

/* Where the operand of "NAME=OPERAND" begins; the operand itself when it has no name. */
static const char *skip_name(const char *operand)
{
	const char *equals = strchr(operand, '=');

	if (!equals || equals == operand || fetch_is_url(operand) || access(operand, F_OK) == 0 ||
		memchr(operand, '/', (size_t)(equals - operand)))
		return operand;
	return equals + 1;
}

void candidate_source_expect(struct candidate_source *source, int count, char *const *operands)
{
	char(*ids)[STORE_ID_LENGTH + 1] = allocate_zero((size_t)count, sizeof(*ids));
	size_t found = 0;

	for (int i = 0; i < count; i++) {
		const char *reference = skip_name(operands[i]);
		if (strlen(reference) == STORE_ID_LENGTH && is_id_prefix(reference))
			snprintf(ids[found++], sizeof(*ids), "%s", reference);
		else if (is_path(reference) && find_stored_id(source, reference, ids[found]))
			found++;
		else if (is_path(reference) && !is_store(source, reference))
			candidate_files_add(&source->files, reference);
	}
	if (found > 1)
		index_expect(index_of(source), ids, found);
	free(ids);
	candidate_files_read(&source->files, source->set);
}

static char *text_of_argument(const char *text)
{
	size_t size = strlen(text) + 1;
	char *copy = allocate_zero(size, 1);

	if (text_is_utf8(text))
		memcpy(copy, text, size);
	else
		text_printable(text, copy, size);
	return copy;
}

/* What people call it: a label when all runs have the same; otherwise what was asked for. */
static char *choose_name(const struct candidate *candidate, const char *reference)
{
	const char *label = candidate->runs[0]->label, *slash = strrchr(reference, '/');

	for (size_t i = 1; i < candidate->count; i++)
		if (strcmp(candidate->runs[i]->label, label) != 0)
			label = "";
	if (*label)
		return allocate_text(label);
	if (strcmp(reference, "latest") == 0)
		return allocate_text(candidate->runs[0]->id);
	char *name = text_of_argument(slash && slash[1] ? slash + 1 : reference);
	if (file_has_ending(name, SUFFIX))
		name[strlen(name) - strlen(SUFFIX)] = '\0';
	return name;
}

int candidate_find_plain(struct candidate_source *source, const char *operand,
	struct candidate *candidate, struct problem *problem)
{
	int failure;

	*candidate = (struct candidate){
		.source = text_of_argument(operand),
		.provider = allocate_text(""),
		.region = allocate_text(""),
		.link = allocate_text(""),
		.unusable = json_array(),
	};
	if (*operand == '\0')
		failure = problem_set(problem, -EINVAL, "an empty text names no run");
	else if (fetch_is_url(operand))
		failure = find_url(source, operand, candidate, problem);
	else if (is_path(operand))
		failure = find_path(source, operand, candidate, problem);
	else
		failure = find_reference(source, operand, candidate, problem);
	if (failure) {
		candidate_clear(candidate);
		return failure;
	}
	candidate_settle_runs(candidate);
	candidate->name = choose_name(candidate, candidate->source);
	return 0;
}

int candidate_find(struct candidate_source *source, const char *operand,
	struct candidate *candidate, struct problem *problem)
{
	const char *reference = skip_name(operand);
	int failure = candidate_find_plain(source, reference, candidate, problem);

	if (failure || reference == operand)
		return failure;
	free(candidate->name);
	candidate->name = text_of_argument(operand);
	candidate->name[strcspn(candidate->name, "=")] = '\0';
	return 0;
}

void candidate_clear(struct candidate *candidate)
{
	free(candidate->name);
	free(candidate->source);
	free(candidate->provider);
	free(candidate->region);
	free(candidate->link);
	price_clear(&candidate->price);
	free(candidate->runs);
	json_decref(candidate->unusable);
	*candidate = (struct candidate){0};
}
