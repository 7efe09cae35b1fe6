#include "index_private.h"

#include "version.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define FORMAT     6
#define PATIENCE_S 10  /* for others that write */
#define BATCH      100 /* runs a transaction */

/* As SQLite keeps them, in the order of their names. What lists ask for is before what is long. */
#define TABLE_RUN                                                                                                         \
	"CREATE TABLE run (judge INTEGER, id TEXT, size INTEGER, modified INTEGER, changed INTEGER, "                     \
	"inode INTEGER, label TEXT, host TEXT, problem TEXT, brief BLOB, head TEXT, lines TEXT, samples BLOB, sum BLOB, " \
	"PRIMARY KEY (judge, id)) WITHOUT ROWID"
#define TABLE_TEXT "CREATE TABLE text (number INTEGER PRIMARY KEY, text TEXT)"

static const char schema[] = TABLE_RUN ";" TABLE_TEXT;

static const char *const texts[INDEX_STATEMENTS] = {
	[INDEX_GET_RUN] =
		"SELECT size, modified, changed, inode, label, host, head, lines, problem, "
		"samples, sum FROM run WHERE id = ? AND judge = ?",
	[INDEX_PUT_RUN] =
		"INSERT OR REPLACE INTO run (size, modified, changed, inode, label, host, "
		"head, lines, problem, samples, sum, brief, id, judge) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, "
		"?, ?, ?, ?)",
	[INDEX_DROP_RUN] = "DELETE FROM run WHERE id = ? AND judge = ?",
	/* Rows by at most 4 sets of profiles beside the runs' own. */
	[INDEX_DROP_JUDGES] =
		"DELETE FROM run WHERE judge NOT IN (0, ?1) AND "
		"(SELECT count(DISTINCT judge) FROM run WHERE judge NOT IN (0, ?1)) >= 4",
	[INDEX_LIST_RUNS] = "SELECT id, size, modified, changed, inode, label, host, problem, "
			    "brief FROM run WHERE judge = ? ORDER BY id",
	[INDEX_GET_TEXT] = "SELECT text FROM text WHERE number = ?",
	[INDEX_PUT_TEXT] =
		"INSERT INTO text (number, text) VALUES (?, ?) ON CONFLICT (number) DO UPDATE SET "
		"text = excluded.text WHERE text IS NOT excluded.text",
};

/* Another build may flatten or judge in another way. */
static int build_number(void)
{
	static const char build[] = SEATRIAL_VERSION " " SEATRIAL_COMMIT;
	uint32_t number = 0x811c9dc5U + FORMAT;

	for (const char *c = build; *c; c++)
		number = (number ^ (unsigned char)*c) * 0x01000193U;
	return (int)(number & INT32_MAX);
}

static bool execute(struct index *index, const char *text)
{
	return sqlite3_exec(index->database, text, NULL, NULL, NULL) == SQLITE_OK;
}

static void finalize(struct index *index)
{
	for (size_t i = 0; i < INDEX_STATEMENTS; i++) {
		sqlite3_finalize(index->statements[i]);
		index->statements[i] = NULL;
	}
}

static int number_of_file(struct index *index)
{
	sqlite3_stmt *statement = NULL;
	int number = -1;

	if (sqlite3_prepare_v2(index->database, "PRAGMA user_version", -1, &statement, NULL) ==
			SQLITE_OK &&
		sqlite3_step(statement) == SQLITE_ROW)
		number = sqlite3_column_int(statement, 0);
	sqlite3_finalize(statement);
	return number;
}

/* Whether there are these tables and nothing else: a planted view could compute for ever. */
static bool has_schema(struct index *index)
{
	sqlite3_stmt *statement = NULL;
	const char *found = NULL;

	if (sqlite3_prepare_v2(index->database,
		    "SELECT group_concat(sql, ';') FROM (SELECT sql FROM sqlite_master ORDER BY "
		    "name)",
		    -1, &statement, NULL) == SQLITE_OK &&
		sqlite3_step(statement) == SQLITE_ROW)
		found = (const char *)sqlite3_column_text(statement, 0);
	bool same = found && strcmp(found, schema) == 0;
	sqlite3_finalize(statement);
	return same;
}

static bool prepare(struct index *index)
{
	bool done = has_schema(index);

	for (size_t i = 0; done && i < INDEX_STATEMENTS; i++)
		done = sqlite3_prepare_v3(index->database, texts[i], -1, SQLITE_PREPARE_PERSISTENT,
			       &index->statements[i], NULL) == SQLITE_OK;
	if (!done)
		finalize(index);
	return done;
}

/* Makes the tables, unless another process just has. */
static bool create(struct index *index)
{
	char number[64];
	bool done = execute(index, "BEGIN IMMEDIATE");

	if (!done)
		return false;
	if (number_of_file(index) != build_number()) {
		snprintf(number, sizeof(number), "PRAGMA user_version = %d", build_number());
		done = execute(index, schema) && execute(index, number);
	}
	if (done && execute(index, "COMMIT"))
		return true;
	execute(index, "ROLLBACK");
	return false;
}

/* Empties the file, whatever is in it, under the locks that others respect. */
static bool reset(struct index *index)
{
	finalize(index);
	sqlite3_db_config(index->database, SQLITE_DBCONFIG_RESET_DATABASE, 1, NULL);
	bool done = execute(index, "VACUUM");
	sqlite3_db_config(index->database, SQLITE_DBCONFIG_RESET_DATABASE, 0, NULL);
	return done;
}

static bool open_database(struct index *index, const char *path, int flags)
{
	if (sqlite3_open_v2(path, &index->database,
		    flags | SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX |
			    SQLITE_OPEN_NOFOLLOW,
		    NULL) != SQLITE_OK)
		return false;
	/* A damaged or planted schema must not run anything. */
	sqlite3_db_config(index->database, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
	sqlite3_db_config(index->database, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
	sqlite3_busy_timeout(index->database, PATIENCE_S * 1000);
	/* What a power cut damages is made anew: no need to wait for the disk. */
	execute(index, "PRAGMA synchronous = OFF");
	if (number_of_file(index) == build_number() && prepare(index))
		return true;
	if (create(index) && prepare(index))
		return true;
	if (sqlite3_errcode(index->database) == SQLITE_BUSY)
		return false;
	return reset(index) && create(index) && prepare(index);
}

static void close_database(struct index *index)
{
	finalize(index);
	sqlite3_close(index->database);
	index->database = NULL;
}

/* Only a directory that can be written has an index. */
static bool open_file(struct index *index, struct problem *warning)
{
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s/" INDEX_FILE, index->store->path);
	if (access(index->store->path, W_OK) < 0)
		problem_errno(warning,
			"no index is kept beside the runs in %s, so that all of them "
			"are read",
			index->store->path);
	else if (index_check_files(path, warning) < 0)
		return false;
	else if (open_database(index, path, 0))
		return true;
	else
		problem_set(warning, 0, "%s cannot be used (%s), so that all runs are read", path,
			sqlite3_errmsg(index->database));
	close_database(index);
	return false;
}

void index_database_open(struct index *index, struct problem *warning)
{
	if (!open_file(index, warning) && !open_database(index, ":memory:", SQLITE_OPEN_MEMORY))
		close_database(index);
}

sqlite3_stmt *index_statement(const struct index *index, enum index_statement which)
{
	return index->statements[which];
}

int index_step(struct index *index, sqlite3_stmt *statement)
{
	int code = sqlite3_step(statement);

	index->damaged |= code == SQLITE_CORRUPT || code == SQLITE_NOTADB;
	return code;
}

/* Where rows by too many sets of profiles are kept, all but those of this one go. */
static void bound_judges(struct index *index)
{
	sqlite3_stmt *drop = index_statement(index, INDEX_DROP_JUDGES);

	if (!drop || !index->judge || index->bounded)
		return;
	sqlite3_bind_int64(drop, 1, index->judge);
	index_step(index, drop);
	sqlite3_reset(drop);
	index->bounded = true;
}

bool index_begin(struct index *index)
{
	if (index->writing)
		return true;
	if (!index->database || index->unwritable)
		return false;
	if (index->damaged) {
		index->damaged = false;
		index_forget_shared(index);
		index->unwritable = !reset(index) || !create(index) || !prepare(index);
		if (index->unwritable)
			return false;
	}
	index->writing = execute(index, "BEGIN IMMEDIATE");
	index->unwritable = !index->writing;
	if (index->writing)
		bound_judges(index);
	return index->writing;
}

void index_failed(struct index *index)
{
	execute(index, "ROLLBACK");
	index_forget_shared(index);
	index->writing = false;
	index->waiting = 0;
	/* What is damaged is made anew, once. */
	index->unwritable = !index->damaged || index->renewed;
	index->renewed = true;
}

void index_commit(struct index *index)
{
	if (!index || !index->writing)
		return;
	if (!execute(index, "COMMIT")) {
		index_failed(index);
		return;
	}
	index->writing = false;
	index->waiting = 0;
}

void index_database_close(struct index *index)
{
	index_commit(index);
	index_forget_shared(index);
	close_database(index);
}

static void add(crypto_generichash_state *state, const void *data, size_t size)
{
	crypto_generichash_update(state, (const unsigned char *)&size, sizeof(size));
	if (size)
		crypto_generichash_update(state, data, size);
}

/* Over all of a row, the file that it is of, and what that was judged by. */
static void sum_of(const struct index *index, const char *id, const struct index_row *row,
	unsigned char sum[crypto_generichash_BYTES_MIN])
{
	const char *const parts[] = {
		id, row->label, row->host, row->head, row->lines, row->problem};
	crypto_generichash_state state;

	crypto_generichash_init(&state, NULL, 0, crypto_generichash_BYTES_MIN);
	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++)
		add(&state, parts[i], parts[i] ? strlen(parts[i]) : 0);
	add(&state, &index->judge, sizeof(index->judge));
	add(&state, &row->stamp, sizeof(row->stamp));
	add(&state, row->samples, row->size);
	crypto_generichash_final(&state, sum, crypto_generichash_BYTES_MIN);
}

bool index_adds_up(const struct index *index, sqlite3_stmt *statement, int column, const char *id,
	const struct index_row *row)
{
	unsigned char sum[crypto_generichash_BYTES_MIN];
	const void *kept = sqlite3_column_blob(statement, column);

	sum_of(index, id, row, sum);
	return kept && sqlite3_column_bytes(statement, column) == sizeof(sum) &&
	       memcmp(kept, sum, sizeof(sum)) == 0;
}

static char *copy_text(sqlite3_stmt *statement, int column)
{
	const char *text = (const char *)sqlite3_column_text(statement, column);

	return text ? strdup(text) : NULL;
}

static void read_row(sqlite3_stmt *statement, struct index_row *row)
{
	row->stamp = index_read_stamp(statement, 0);
	row->label = copy_text(statement, 4);
	row->host = copy_text(statement, 5);
	row->head = copy_text(statement, 6);
	row->lines = copy_text(statement, 7);
	row->problem = copy_text(statement, 8);
	const void *samples = sqlite3_column_blob(statement, 9);
	row->size = samples ? (size_t)sqlite3_column_bytes(statement, 9) : 0;
	row->samples = row->size ? malloc(row->size) : NULL;
	if (row->samples)
		memcpy(row->samples, samples, row->size);
	else
		row->size = 0;
}

bool index_get_row(struct index *index, const char *id, struct index_row *row)
{
	sqlite3_stmt *get = index_statement(index, INDEX_GET_RUN);
	bool whole = false;

	*row = (struct index_row){0};
	if (!get)
		return false;
	sqlite3_bind_text(get, 1, id, -1, SQLITE_STATIC);
	sqlite3_bind_int64(get, 2, index->judge);
	if (index_step(index, get) == SQLITE_ROW) {
		read_row(get, row);
		whole = index_adds_up(index, get, 10, id, row);
	}
	sqlite3_reset(get);
	if (!whole)
		index_clear_row(row);
	return whole;
}

void index_put_row(struct index *index, const char *id, const struct index_row *row)
{
	const char *const parts[] = {row->label, row->host, row->head, row->lines, row->problem};
	bool writing = index_begin(index);
	sqlite3_stmt *put = index_statement(index, INDEX_PUT_RUN);
	const struct index_row listed = {.stamp = row->stamp,
		.label = row->label,
		.host = row->host,
		.problem = row->problem};
	unsigned char sum[crypto_generichash_BYTES_MIN], brief[sizeof(sum)];

	if (!writing || !put)
		return;
	for (size_t i = 0; i < row->texts_count; i++) {
		if (!index_put_text(index, &row->texts[i])) {
			index_failed(index);
			return;
		}
	}
	sum_of(index, id, row, sum);
	sum_of(index, id, &listed, brief);
	sqlite3_bind_int64(put, 1, row->stamp.size);
	sqlite3_bind_int64(put, 2, row->stamp.modified_ns);
	sqlite3_bind_int64(put, 3, row->stamp.changed_ns);
	sqlite3_bind_int64(put, 4, row->stamp.inode);
	for (int i = 0; i < 5; i++)
		sqlite3_bind_text(put, 5 + i, parts[i], -1, SQLITE_STATIC);
	sqlite3_bind_blob64(put, 10, row->samples, row->size, SQLITE_STATIC);
	sqlite3_bind_blob(put, 11, sum, sizeof(sum), SQLITE_STATIC);
	sqlite3_bind_blob(put, 12, brief, sizeof(brief), SQLITE_STATIC);
	sqlite3_bind_text(put, 13, id, -1, SQLITE_STATIC);
	sqlite3_bind_int64(put, 14, index->judge);
	bool done = index_step(index, put) == SQLITE_DONE;
	sqlite3_reset(put);
	if (!done)
		index_failed(index);
	else if (++index->waiting >= BATCH)
		index_commit(index);
}
