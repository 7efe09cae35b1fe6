#include "index_private.h"

#include "allocate.h"
#include "text.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct index *index_open(const struct store *store, struct sample_set *set, struct problem *warning)
{
	struct index *index = allocate_zero(1, sizeof(*index));

	*warning->text = '\0';
	index->store = store;
	index->set = set;
	index->judge = index_number_judges(set);
	index_database_open(index, warning);
	/* Of no store, nobody misses the index. */
	if (access(store->path, F_OK) < 0)
		*warning->text = '\0';
	return index;
}

static void clear_list(struct index_listed *list, size_t count)
{
	for (size_t i = 0; i < count; i++)
		index_clear_listed(&list[i]);
	free(list);
}

void index_close(struct index *index)
{
	if (!index)
		return;
	index_database_close(index);
	clear_list(index->files, index->files_count);
	free(index);
}

/* Keeps what reading a file gave: its run, or why there is none. */
static void keep(struct index *index, const char *id, const struct index_stamp *stamp,
	const struct sample_run *run, const struct problem *problem)
{
	struct index_row row = {.stamp = *stamp};

	if (!index_begin(index))
		return;
	if (run)
		index_encode(&index->encoder, run, &row);
	else
		row.problem = allocate_text(problem->text);
	index_put_row(index, id, &row);
	index_clear_row(&row);
}

/* Reads the file of a run into the set and the index. */
static const struct sample_run *renew(struct index *index, const char *id, struct problem *problem)
{
	struct index_stamp before, after;
	char path[PATH_MAX];

	store_file(index->store, id, path, sizeof(path));
	bool there = index_stamp_of(path, &before);
	const struct sample_run *run = sample_run_read(index->set, path, problem);
	/* A file that changes meanwhile is read again next time. */
	if (there && index_stamp_of(path, &after) && index_same_stamp(&before, &after))
		keep(index, id, &before, run, problem);
	return run;
}

const struct sample_run *index_run(struct index *index, const char *id, struct problem *problem)
{
	const struct sample_run *run = NULL;
	struct index_stamp stamp;
	struct index_row row;
	char path[PATH_MAX];
	bool known;

	store_file(index->store, id, path, sizeof(path));
	known = index_stamp_of(path, &stamp) && index_get_row(index, id, &row);
	if (known && index_same_stamp(&stamp, &row.stamp)) {
		if (row.problem) {
			problem_set(problem, -EINVAL, "%s", row.problem);
			index_clear_row(&row);
			return NULL;
		}
		run = index_decode(index, &row);
	}
	if (known)
		index_clear_row(&row);
	return run ? run : renew(index, id, problem);
}

static int compare_listed(const void *left, const void *right)
{
	return strcmp(
		((const struct index_listed *)left)->id, ((const struct index_listed *)right)->id);
}

static void drop(struct index *index, const char *id)
{
	sqlite3_stmt *statement =
		index_begin(index) ? index_statement(index, INDEX_DROP_RUN) : NULL;

	if (!statement)
		return;
	sqlite3_bind_text(statement, 1, id, -1, SQLITE_STATIC);
	sqlite3_bind_int64(statement, 2, index->judge);
	index_step(index, statement);
	sqlite3_reset(statement);
}

/* Drops the rows of files that are gone; both lists are sorted. */
static void drop_lost(struct index *index, const struct index_listed *rows, size_t count,
	char (*ids)[STORE_ID_LENGTH + 1], size_t stored)
{
	size_t at = 0;

	for (size_t i = 0; i < count; i++) {
		while (at < stored && strcmp(ids[at], rows[i].id) < 0)
			at++;
		if (at == stored || strcmp(ids[at], rows[i].id) != 0)
			drop(index, rows[i].id);
	}
}

/* What is known of these files as they are now, after reading those that are new; without those
 * that are gone. Returns how many. */
static size_t update(struct index *index, char (*ids)[STORE_ID_LENGTH + 1], size_t count,
	const struct index_listed *rows, size_t rows_count, struct index_listed *files)
{
	struct index_listed **stale = allocate_zero(count, sizeof(void *));
	size_t made = 0, stale_count = 0;
	char path[PATH_MAX];

	for (size_t i = 0; i < count; i++) {
		struct index_listed *file = &files[made], *found = NULL;
		*file = (struct index_listed){0};
		memcpy(file->id, ids[i], sizeof(file->id));
		store_file(index->store, file->id, path, sizeof(path));
		if (!index_stamp_of(path, &file->stamp))
			continue;
		made++;
		if (rows_count)
			found = bsearch(file, rows, rows_count, sizeof(*rows), compare_listed);
		if (!found || !index_same_stamp(&file->stamp, &found->stamp)) {
			stale[stale_count++] = file;
			continue;
		}
		file->label = allocate_text(found->label);
		file->host = allocate_text(found->host);
		file->problem = allocate_text(found->problem);
	}
	index_learn(index, stale, stale_count);
	free(stale);
	return made;
}

/* Lists the files of the store, once: a command asks for many labels. */
static int list_files(struct index *index, struct problem *problem)
{
	char(*ids)[STORE_ID_LENGTH + 1];
	struct index_listed *rows;

	if (index->files)
		return 0;
	int stored = store_list(index->store, &ids, problem);
	if (stored < 0)
		return stored;
	size_t count = index_list(index, &rows);
	drop_lost(index, rows, count, ids, (size_t)stored);
	index->files = allocate_zero((size_t)stored, sizeof(*index->files));
	index->files_count = update(index, ids, (size_t)stored, rows, count, index->files);
	clear_list(rows, count);
	free(ids);
	index_commit(index);
	return 0;
}

int index_find(struct index *index, const char *text, char (**ids)[STORE_ID_LENGTH + 1],
	json_t *unusable, struct problem *problem)
{
	int failure = list_files(index, problem), found = 0;

	if (failure)
		return failure;
	*ids = allocate_zero(index->files_count, sizeof(**ids));
	for (size_t i = 0; i < index->files_count; i++) {
		const struct index_listed *file = &index->files[i];
		if (*file->problem)
			sample_note(unusable, file->id, file->problem);
		else if (!text || strcmp(file->label, text) == 0 || strcmp(file->host, text) == 0)
			memcpy((*ids)[found++], file->id, sizeof(**ids));
	}
	return found;
}

/* Reads those of some runs that are new. */
static void refresh(struct index *index, char (*ids)[STORE_ID_LENGTH + 1], size_t count)
{
	struct index_listed *rows;
	size_t rows_count = index_list(index, &rows);
	struct index_listed *files = allocate_zero(count, sizeof(*files));
	size_t there = update(index, ids, count, rows, rows_count, files);

	clear_list(files, there);
	clear_list(rows, rows_count);
}

static int compare_ids(const void *left, const void *right)
{
	return strcmp(left, right);
}

void index_expect(struct index *index, char (*ids)[STORE_ID_LENGTH + 1], size_t count)
{
	size_t different = 0;

	qsort(ids, count, sizeof(*ids), compare_ids);
	for (size_t i = 0; i < count; i++)
		if (i == 0 || strcmp(ids[i], ids[different - 1]) != 0)
			memmove(ids[different++], ids[i], sizeof(*ids));
	refresh(index, ids, different);
}

/* What root makes in the store of another user, that user may not use. */
static bool is_own(const struct store *store)
{
	struct stat status;

	return stat(store->path, &status) == 0 && status.st_uid == geteuid();
}

void index_add(const struct store *store, const char *id)
{
	if (!is_own(store))
		return;
	struct sample_set *set = sample_set_new();
	struct problem ignored = {.text = ""};
	struct index *index = index_open(store, set, &ignored);
	char ids[1][STORE_ID_LENGTH + 1];

	snprintf(ids[0], sizeof(ids[0]), "%s", id);
	refresh(index, ids, 1);
	index_close(index);
	sample_set_free(set);
}
