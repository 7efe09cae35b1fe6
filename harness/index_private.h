/*
 * index_private: the parts of index.c, in several files.
 *
 * A row of `run` has what one file holds, a sum over it, and a brief one over what lists of runs
 * read of it: a row that does not add up is as good as none. What runs share is in `text`, under a
 * number that is a hash of it: numbers mean the same to every process, whoever wrote them and
 * whatever became of the file since.
 */
#pragma once

#include "index.h"

#include <sqlite3.h>
#include <sys/stat.h>

enum index_statement {
	INDEX_GET_RUN,
	INDEX_PUT_RUN,
	INDEX_DROP_RUN,
	INDEX_LIST_RUNS,
	INDEX_GET_TEXT,
	INDEX_PUT_TEXT,
	INDEX_STATEMENTS,
};

enum index_kind { INDEX_KEY, INDEX_MEANING, INDEX_SETTING, INDEX_JSON, INDEX_KINDS };

struct index {
	const struct store *store;
	struct sample_set *set;
	sqlite3 *database;
	sqlite3_stmt *statements[INDEX_STATEMENTS];
	void *shared; /* tree of what numbers stand for, as far as it was asked for */
	struct {
		uint64_t *numbers; /* by index, 0 when it was not written yet */
		size_t count;
	} written[INDEX_KINDS];
	bool writing, unwritable, damaged, renewed;
	size_t waiting; /* runs since the last commit */
};

/* Which state of a file a row was made of. */
struct index_stamp {
	sqlite3_int64 size, modified_ns, changed_ns, inode;
};

/* What a file holds, as one row. */
struct index_row {
	struct index_stamp stamp;
	char *label, *host, *head, *lines, *problem; /* a problem: why it cannot be used */
	void *samples;
	size_t size; /* of `samples` */
};

/* Whether SQLite may open the file, and what lies beside it under names of its own: 0, or -EPERM
 * with a sentence. */
int index_check_files(const char *path, struct problem *problem);

/* Opens the file or, when that cannot be, a database in memory; `warning` says why. */
void index_database_open(struct index *index, struct problem *warning);
void index_database_close(struct index *index);

/* The statement, ready to be bound; NULL when the database is past use. */
sqlite3_stmt *index_statement(const struct index *index, enum index_statement which);

/* As sqlite3_step(), and notes when the file is found damaged. */
int index_step(struct index *index, sqlite3_stmt *statement);

/* Begins to write, unless it has begun; false when that is not possible. */
bool index_begin(struct index *index);

/* Of a statement that was done with: whether it failed, and all that was not committed is lost. */
void index_failed(struct index *index);

/* The row of a file; false when there is none that adds up. The caller clears it. */
bool index_get_row(struct index *index, const char *id, struct index_row *row);
void index_put_row(struct index *index, const char *id, const struct index_row *row);

/* Whether the sum in a column is that of these parts of the row of a file. */
bool index_adds_up(
	sqlite3_stmt *statement, int column, const char *id, const struct index_row *row);

/* Frees the parts. */
void index_clear_row(struct index_row *row);

/* The number of what samples share, written first when it was not; 0 on failure. */
uint64_t index_put_key(struct index *index, const struct sample_key *key);
uint64_t index_put_meaning(struct index *index, const struct sample_meaning *meaning);
uint64_t index_put_setting(struct index *index, const struct sample_setting *setting);
uint64_t index_put_json(struct index *index, const json_t *value);

/* What a number stands for, of the index's set; NULL when there is no such thing. */
void *index_get(struct index *index, enum index_kind kind, uint64_t number);
void index_forget_shared(struct index *index);

/* A run to a row's `head`, `lines` and `samples`, and back. False, or NULL, on failure. */
bool index_encode(struct index *index, const struct sample_run *run, struct index_row *row);
const struct sample_run *index_decode(struct index *index, const struct index_row *row);
