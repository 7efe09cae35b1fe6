#include "index_private.h"

#include "allocate.h"
#include "text.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct index *index_open(const struct store *store, struct sample_set *set, struct problem *warning)
{
	struct index *index = allocate_zero(1, sizeof(*index));

	*warning->text = '\0';
	index->store = store;
	index->set = set;
	index_database_open(index, warning);
	/* Of no store, nobody misses the index. */
	if (access(store->path, F_OK) < 0)
		*warning->text = '\0';
	return index;
}

void index_close(struct index *index)
{
	if (!index)
		return;
	index_database_close(index);
	free(index);
}

static sqlite3_int64 nanoseconds(const struct timespec *time)
{
	return (sqlite3_int64)time->tv_sec * 1000000000 + time->tv_nsec;
}

/* The stamp of a file; false when there is none. */
static bool stamp_of(const char *path, struct index_stamp *stamp)
{
	struct stat status;

	if (stat(path, &status) < 0)
		return false;
	*stamp = (struct index_stamp){
		.size = status.st_size,
		.modified_ns = nanoseconds(&status.st_mtim),
		.changed_ns = nanoseconds(&status.st_ctim),
		.inode = (sqlite3_int64)status.st_ino,
	};
	return true;
}

static bool same_stamp(const struct index_stamp *one, const struct index_stamp *other)
{
	return one->size == other->size && one->modified_ns == other->modified_ns &&
	       one->changed_ns == other->changed_ns && one->inode == other->inode;
}

/* Keeps what reading a file gave: its run, or why there is none. */
static void keep(struct index *index, const char *id, const struct index_stamp *stamp,
	const struct sample_run *run, const struct problem *problem)
{
	struct index_row row = {.stamp = *stamp};

	if (sample_set_judges(index->set) || !index_begin(index))
		return;
	row.label = run ? allocate_text(run->label) : NULL;
	row.host = run ? allocate_text(run->host) : NULL;
	row.problem = run ? NULL : allocate_text(problem->text);
	if (run && !index_encode(index, run, &row))
		index_failed(index);
	index_put_row(index, id, &row);
	index_clear_row(&row);
}

/* Reads the file of a run into the set and the index. */
static const struct sample_run *renew(struct index *index, const char *id, struct problem *problem)
{
	struct index_stamp before, after;
	char path[PATH_MAX];

	store_file(index->store, id, path, sizeof(path));
	bool there = stamp_of(path, &before);
	const struct sample_run *run = sample_run_read(index->set, path, problem);
	/* A file that changes meanwhile is read again next time. */
	if (there && stamp_of(path, &after) && same_stamp(&before, &after))
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
	/* Rows have the verdicts by the runs' own profiles. */
	known = !sample_set_judges(index->set) && stamp_of(path, &stamp) &&
		index_get_row(index, id, &row);
	if (known && same_stamp(&stamp, &row.stamp)) {
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

/* What is known of one file without reading it. */
struct listed {
	char id[STORE_ID_LENGTH + 1];
	struct index_stamp stamp;
	char *label, *host, *problem;
};

static char *text_of(sqlite3_stmt *statement, int column)
{
	const char *text = (const char *)sqlite3_column_text(statement, column);

	return allocate_text(text ? text : "");
}

static void clear_listed(struct listed *row)
{
	free(row->label);
	free(row->host);
	free(row->problem);
	row->label = row->host = row->problem = NULL;
}

/* Reads a row of the list; false when it does not add up. */
static bool read_listed(sqlite3_stmt *list, const char *id, struct listed *row)
{
	memcpy(row->id, id, sizeof(row->id));
	row->stamp = (struct index_stamp){
		.size = sqlite3_column_int64(list, 1),
		.modified_ns = sqlite3_column_int64(list, 2),
		.changed_ns = sqlite3_column_int64(list, 3),
		.inode = sqlite3_column_int64(list, 4),
	};
	row->label = text_of(list, 5);
	row->host = text_of(list, 6);
	row->problem = text_of(list, 7);
	return index_adds_up(list, 8, id,
		&(struct index_row){.stamp = row->stamp,
			.label = row->label,
			.host = row->host,
			.problem = row->problem});
}

/* All rows, by id. A damaged file may have no end of them, but not in order. */
static size_t list_rows(struct index *index, struct listed **rows)
{
	sqlite3_stmt *list = index_statement(index, INDEX_LIST_RUNS);
	char last[STORE_ID_LENGTH + 1] = "";
	size_t count = 0, room = 0;

	*rows = NULL;
	while (list && index_step(index, list) == SQLITE_ROW) {
		const char *id = (const char *)sqlite3_column_text(list, 0);
		if (!id || strlen(id) != STORE_ID_LENGTH || strcmp(last, id) >= 0) {
			index->damaged = true;
			break;
		}
		memcpy(last, id, sizeof(last));
		if (count == room)
			*rows = allocate_grow(*rows, room = 2 * room + 64, sizeof(**rows));
		if (read_listed(list, last, &(*rows)[count]))
			count++;
		else
			clear_listed(&(*rows)[count]);
	}
	if (list)
		sqlite3_reset(list);
	return count;
}

static int compare_listed(const void *left, const void *right)
{
	return strcmp(((const struct listed *)left)->id, ((const struct listed *)right)->id);
}

/* Reads a file that the index does not know as it is. */
static void learn(struct index *index, const char *id, struct listed *row)
{
	struct problem why = {.text = ""};
	const struct sample_run *run = renew(index, id, &why);

	clear_listed(row);
	row->label = allocate_text(run ? run->label : "");
	row->host = allocate_text(run ? run->host : "");
	row->problem = allocate_text(run ? "" : why.text);
	if (run)
		sample_set_forget(index->set, run);
}

static void drop(struct index *index, const char *id)
{
	sqlite3_stmt *statement =
		index_begin(index) ? index_statement(index, INDEX_DROP_RUN) : NULL;

	if (!statement)
		return;
	sqlite3_bind_text(statement, 1, id, -1, SQLITE_STATIC);
	index_step(index, statement);
	sqlite3_reset(statement);
}

/* Drops the rows of files that are gone; both lists are sorted. */
static void drop_lost(struct index *index, const struct listed *rows, size_t count,
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

int index_find(struct index *index, const char *text, char (**ids)[STORE_ID_LENGTH + 1],
	json_t *unusable, struct problem *problem)
{
	struct listed *rows, *found, fresh;
	char path[PATH_MAX];
	int stored = store_list(index->store, ids, problem), kept = 0;

	if (stored < 0)
		return stored;
	size_t count = list_rows(index, &rows);
	drop_lost(index, rows, count, *ids, (size_t)stored);
	for (int i = 0; i < stored; i++) {
		struct index_stamp stamp;
		fresh = (struct listed){0};
		memcpy(fresh.id, (*ids)[i], sizeof(fresh.id));
		found = count ? bsearch(&fresh, rows, count, sizeof(*rows), compare_listed) : NULL;
		store_file(index->store, fresh.id, path, sizeof(path));
		if (!stamp_of(path, &stamp))
			continue;
		if (!found || !same_stamp(&stamp, &found->stamp))
			learn(index, fresh.id, found ? found : &fresh);
		found = found ? found : &fresh;
		if (*found->problem)
			sample_note(unusable, found->id, found->problem);
		else if (!text || strcmp(found->label, text) == 0 || strcmp(found->host, text) == 0)
			memcpy((*ids)[kept++], found->id, sizeof(**ids));
		clear_listed(&fresh);
	}
	for (size_t i = 0; i < count; i++)
		clear_listed(&rows[i]);
	free(rows);
	index_commit(index);
	return kept;
}
