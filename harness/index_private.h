/*
 * index_private: the parts of index.c, in several files.
 *
 * A row of `run` has what one file holds, judged by its own profiles or by certain ones, a sum over
 * it, and a brief one over what lists of runs read of it: a row that does not add up is as good as
 * none. What runs share is in `text`, under a number that is a hash of it: numbers mean the same to
 * every process, whoever wrote them and whatever became of the file since.
 */
#pragma once

#include "index.h"

#include <sqlite3.h>
#include <sys/stat.h>

enum index_statement {
	INDEX_GET_RUN,
	INDEX_PUT_RUN,
	INDEX_DROP_RUN,
	INDEX_DROP_JUDGES,
	INDEX_LIST_RUNS,
	INDEX_GET_TEXT,
	INDEX_PUT_TEXT,
	INDEX_STATEMENTS,
};

enum index_kind { INDEX_KEY, INDEX_MEANING, INDEX_SETTING, INDEX_JSON, INDEX_KINDS };

/* What runs of one set share, as far as rows came with it. All zero at first. */
struct index_encoder {
	struct {
		uint64_t *numbers; /* by index, 0 for what no row came with */
		size_t count;
	} keys, meanings, settings;
	void *values; /* tree of JSON values */
};

struct index {
	const struct store *store;
	struct sample_set *set;
	sqlite3 *database;
	sqlite3_stmt *statements[INDEX_STATEMENTS];
	sqlite3_int64 judge; /* what runs are judged by: 0 for their own profiles */
	void *shared;        /* tree of what numbers stand for, as far as it was asked for */
	struct index_encoder encoder;
	struct index_listed *files; /* of the store, once they were asked for */
	size_t files_count;
	bool writing, unwritable, damaged, renewed, bounded;
	size_t waiting; /* runs since the last commit */
};

/* Which state of a file a row was made of. */
struct index_stamp {
	sqlite3_int64 size, modified_ns, changed_ns, inode;
};

/* What runs share, and its number. */
struct index_text {
	uint64_t number;
	enum index_kind kind;
	char *text;
};

/* What a file holds, as one row, and what it shares with others and is not in the index yet. */
struct index_row {
	struct index_stamp stamp;
	char *label, *host, *head, *lines, *problem; /* a problem: why it cannot be used */
	void *samples;
	size_t size; /* of `samples` */
	struct index_text *texts;
	size_t texts_count;
};

/* What is known of one file without reading it. */
struct index_listed {
	char id[STORE_ID_LENGTH + 1];
	struct index_stamp stamp;
	char *label, *host, *problem; /* "" for none */
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
/* Writes it with its texts, as far as the index can be written. */
void index_put_row(struct index *index, const char *id, const struct index_row *row);

/* Whether the sum in a column is that of these parts of the row of a file. */
bool index_adds_up(const struct index *index, sqlite3_stmt *statement, int column, const char *id,
	const struct index_row *row);

/* Frees the parts. */
void index_clear_row(struct index_row *row);
bool index_put_text(struct index *index, const struct index_text *text);

/* The number of what runs share; its text comes with the row the first time. */
uint64_t index_number_key(
	struct index_encoder *encoder, struct index_row *row, const struct sample_key *key);
uint64_t index_number_meaning(
	struct index_encoder *encoder, struct index_row *row, const struct sample_meaning *meaning);
uint64_t index_number_setting(
	struct index_encoder *encoder, struct index_row *row, const struct sample_setting *setting);
/* The value is the set's own (sample_set_json()). */
uint64_t index_number_json(struct index_encoder *encoder, struct index_row *row, json_t *value);
/* The number of the profiles that runs of the set are judged by; 0 for their own. */
sqlite3_int64 index_number_judges(const struct sample_set *set);
void index_clear_encoder(struct index_encoder *encoder);

/* What a number stands for, of the index's set; NULL when there is no such thing. */
void *index_get(struct index *index, enum index_kind kind, uint64_t number);
/* Has the index know what came with a row without being written. */
void index_meet_texts(struct index *index, const struct index_row *row);
void index_forget_shared(struct index *index);

/* A run to a row's `label`, `host`, `head`, `lines` and `samples`, and back; NULL on failure. */
void index_encode(
	struct index_encoder *encoder, const struct sample_run *run, struct index_row *row);
const struct sample_run *index_decode(struct index *index, const struct index_row *row);

/* The stamp of a file; false when there is none. */
bool index_stamp_of(const char *path, struct index_stamp *stamp);
/* That of a row, in this column and those after it. */
struct index_stamp index_read_stamp(sqlite3_stmt *statement, int column);
bool index_same_stamp(const struct index_stamp *one, const struct index_stamp *other);

/* Frees what it holds. */
void index_clear_listed(struct index_listed *row);

/* All rows, by id. *rows is one allocation that the caller frees, with what its items hold. Returns
 * how many. */
size_t index_list(struct index *index, struct index_listed **rows);

/* Reads the files of these runs, in as many threads as may run at once, writes their rows, and
 * fills in what is known of them. */
void index_learn(struct index *index, struct index_listed *const *runs, size_t count);
