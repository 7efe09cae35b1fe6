#include "index_private.h"

#include "allocate.h"

#include <stdlib.h>
#include <string.h>

static sqlite3_int64 nanoseconds(const struct timespec *time)
{
	return (sqlite3_int64)time->tv_sec * 1000000000 + time->tv_nsec;
}

bool index_stamp_of(const char *path, struct index_stamp *stamp)
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

struct index_stamp index_read_stamp(sqlite3_stmt *statement, int column)
{
	return (struct index_stamp){
		.size = sqlite3_column_int64(statement, column),
		.modified_ns = sqlite3_column_int64(statement, column + 1),
		.changed_ns = sqlite3_column_int64(statement, column + 2),
		.inode = sqlite3_column_int64(statement, column + 3),
	};
}

bool index_same_stamp(const struct index_stamp *one, const struct index_stamp *other)
{
	return one->size == other->size && one->modified_ns == other->modified_ns &&
	       one->changed_ns == other->changed_ns && one->inode == other->inode;
}

static char *text_of(sqlite3_stmt *statement, int column)
{
	const char *text = (const char *)sqlite3_column_text(statement, column);

	return allocate_text(text ? text : "");
}

/* False when the row does not add up. */
static bool read_listed(
	const struct index *index, sqlite3_stmt *list, const char *id, struct index_listed *row)
{
	memcpy(row->id, id, sizeof(row->id));
	row->stamp = index_read_stamp(list, 1);
	row->label = text_of(list, 5);
	row->host = text_of(list, 6);
	row->problem = text_of(list, 7);
	return index_adds_up(index, list, 8, id,
		&(struct index_row){.stamp = row->stamp,
			.label = row->label,
			.host = row->host,
			.problem = row->problem});
}

void index_clear_listed(struct index_listed *row)
{
	free(row->label);
	free(row->host);
	free(row->problem);
	row->label = row->host = row->problem = NULL;
}

/* A damaged file may have no end of rows, but not in order. */
size_t index_list(struct index *index, struct index_listed **rows)
{
	sqlite3_stmt *list = index_statement(index, INDEX_LIST_RUNS);
	char last[STORE_ID_LENGTH + 1] = "";
	size_t count = 0, room = 0;

	*rows = NULL;
	if (list)
		sqlite3_bind_int64(list, 1, index->judge);
	while (list && index_step(index, list) == SQLITE_ROW) {
		const char *id = (const char *)sqlite3_column_text(list, 0);
		if (!id || strlen(id) != STORE_ID_LENGTH || strcmp(last, id) >= 0) {
			index->damaged = true;
			break;
		}
		memcpy(last, id, sizeof(last));
		if (count == room)
			*rows = allocate_grow(*rows, room = 2 * room + 64, sizeof(**rows));
		if (read_listed(index, list, last, &(*rows)[count]))
			count++;
		else
			index_clear_listed(&(*rows)[count]);
	}
	if (list)
		sqlite3_reset(list);
	return count;
}
