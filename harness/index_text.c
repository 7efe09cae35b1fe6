#include "index_private.h"

#include "allocate.h"

#include <search.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

/* What a number stands for. */
struct meant {
	uint64_t number;
	enum index_kind kind;
	void *shared;
};

static int compare_meant(const void *left, const void *right)
{
	const struct meant *a = left, *b = right;

	if (a->number != b->number)
		return a->number < b->number ? -1 : 1;
	return a->kind < b->kind ? -1 : a->kind > b->kind;
}

/* 63 bits of BLAKE2b of kind and text, never 0: JSON's integers are signed. */
static uint64_t number_of(enum index_kind kind, const char *text)
{
	unsigned char digest[crypto_generichash_BYTES_MIN], first = (unsigned char)kind;
	crypto_generichash_state state;
	uint64_t number;

	crypto_generichash_init(&state, NULL, 0, sizeof(digest));
	crypto_generichash_update(&state, &first, 1);
	crypto_generichash_update(&state, (const unsigned char *)text, strlen(text));
	crypto_generichash_final(&state, digest, sizeof(digest));
	memcpy(&number, digest, sizeof(number));
	number &= INT64_MAX;
	return number ? number : 1;
}

bool index_put_text(struct index *index, const struct index_text *text)
{
	sqlite3_stmt *put = index_statement(index, INDEX_PUT_TEXT);

	if (!put)
		return false;
	sqlite3_bind_int64(put, 1, (sqlite3_int64)text->number);
	sqlite3_bind_text(put, 2, text->text, -1, SQLITE_STATIC);
	bool written = index_step(index, put) == SQLITE_DONE;
	sqlite3_reset(put);
	return written;
}

/* Has a text come with the row. Takes it over, and returns its number. */
static uint64_t bring(struct index_row *row, enum index_kind kind, char *text)
{
	uint64_t number = number_of(kind, text);

	row->texts = allocate_grow(row->texts, row->texts_count + 1, sizeof(*row->texts));
	row->texts[row->texts_count++] =
		(struct index_text){.number = number, .kind = kind, .text = text};
	return number;
}

static uint64_t bring_list(struct index_row *row, enum index_kind kind, json_t *list)
{
	char *text = allocate_need(json_dumps(list, JSON_COMPACT));

	json_decref(list);
	return bring(row, kind, text);
}

/* Where the number of what has this index is kept. */
static uint64_t *number_at(uint64_t **numbers, size_t *count, size_t at)
{
	size_t room = 2 * (at + 1);

	if (at >= *count) {
		*numbers = allocate_grow(*numbers, room, sizeof(**numbers));
		memset(*numbers + *count, 0, (room - *count) * sizeof(**numbers));
		*count = room;
	}
	return &(*numbers)[at];
}

uint64_t index_number_key(
	struct index_encoder *encoder, struct index_row *row, const struct sample_key *key)
{
	uint64_t *number = number_at(&encoder->keys.numbers, &encoder->keys.count, key->index);

	if (*number == 0)
		*number = bring_list(
			row, INDEX_KEY, json_pack("[s,s,s]", key->bench, key->name, key->labels));
	return *number;
}

uint64_t index_number_meaning(
	struct index_encoder *encoder, struct index_row *row, const struct sample_meaning *meaning)
{
	uint64_t *number =
		number_at(&encoder->meanings.numbers, &encoder->meanings.count, meaning->index);

	if (*number == 0)
		*number = bring_list(row, INDEX_MEANING,
			json_pack("[s,s,s,s,s,f]", meaning->title, meaning->unit, meaning->better,
				meaning->relative_to, meaning->against, meaning->quantile));
	return *number;
}

uint64_t index_number_setting(
	struct index_encoder *encoder, struct index_row *row, const struct sample_setting *setting)
{
	uint64_t *number =
		number_at(&encoder->settings.numbers, &encoder->settings.count, setting->index);

	if (*number == 0)
		*number = bring_list(row, INDEX_SETTING,
			json_pack("[s,s,s,s]", setting->bench, setting->suite, setting->preset,
				setting->parameters));
	return *number;
}

/* A JSON value that a row came with. */
struct numbered {
	const json_t *value;
	uint64_t number;
};

static int compare_numbered(const void *left, const void *right)
{
	uintptr_t a = (uintptr_t)((const struct numbered *)left)->value;
	uintptr_t b = (uintptr_t)((const struct numbered *)right)->value;

	return a < b ? -1 : a > b;
}

uint64_t index_number_json(struct index_encoder *encoder, struct index_row *row, json_t *value)
{
	struct numbered wanted = {.value = value}, *numbered;
	void *const *found = tfind(&wanted, &encoder->values, compare_numbered);

	if (found)
		return ((const struct numbered *)*found)->number;
	wanted.number = bring(row, INDEX_JSON,
		allocate_need(json_dumps(value, JSON_COMPACT | JSON_SORT_KEYS | JSON_ENCODE_ANY)));
	numbered = allocate_zero(1, sizeof(*numbered));
	*numbered = wanted;
	allocate_need(tsearch(numbered, &encoder->values, compare_numbered));
	return wanted.number;
}

sqlite3_int64 index_number_judges(const struct sample_set *set)
{
	const json_t *profiles = sample_set_judges(set);

	if (!profiles)
		return 0;
	char *text = allocate_need(json_dumps(profiles, JSON_COMPACT | JSON_SORT_KEYS));
	uint64_t number = number_of(INDEX_JSON, text);
	free(text);
	return (sqlite3_int64)number;
}

void index_clear_encoder(struct index_encoder *encoder)
{
	free(encoder->keys.numbers);
	free(encoder->meanings.numbers);
	free(encoder->settings.numbers);
	tdestroy(encoder->values, free);
	*encoder = (struct index_encoder){0};
}

static void *share_key(struct sample_set *set, const json_t *list)
{
	struct sample_key key;

	if (json_unpack((json_t *)list, "[s,s,s!]", &key.bench, &key.name, &key.labels) < 0)
		return NULL;
	return sample_set_key(set, &key);
}

static void *share_meaning(struct sample_set *set, const json_t *list)
{
	struct sample_meaning meaning;

	if (json_unpack((json_t *)list, "[s,s,s,s,s,F!]", &meaning.title, &meaning.unit,
		    &meaning.better, &meaning.relative_to, &meaning.against,
		    &meaning.quantile) < 0 ||
		(strcmp(meaning.better, "lower") != 0 && strcmp(meaning.better, "higher") != 0) ||
		!(meaning.quantile >= 0 && meaning.quantile < 1))
		return NULL;
	return sample_set_meaning(set, &meaning);
}

static void *share_setting(struct sample_set *set, const json_t *list)
{
	struct sample_setting setting;

	if (json_unpack((json_t *)list, "[s,s,s,s!]", &setting.bench, &setting.suite,
		    &setting.preset, &setting.parameters) < 0)
		return NULL;
	return sample_set_setting(set, &setting);
}

static void *share(struct index *index, enum index_kind kind, const char *text)
{
	if (kind == INDEX_JSON)
		return sample_set_json(index->set, text);
	json_t *list = json_loads(text, 0, NULL);
	void *shared = kind == INDEX_KEY       ? share_key(index->set, list)
		       : kind == INDEX_MEANING ? share_meaning(index->set, list)
					       : share_setting(index->set, list);
	json_decref(list);
	return shared;
}

/* What a number that was met before stands for, or NULL. */
static void *recall(const struct index *index, enum index_kind kind, uint64_t number)
{
	const struct meant wanted = {.number = number, .kind = kind};
	void *const *found = tfind(&wanted, &index->shared, compare_meant);

	return found ? ((const struct meant *)*found)->shared : NULL;
}

/* NULL when the text is no such thing. */
static void *meet(struct index *index, enum index_kind kind, uint64_t number, const char *text)
{
	void *shared = share(index, kind, text);

	if (!shared)
		return NULL;
	struct meant *meant = allocate_zero(1, sizeof(*meant));
	*meant = (struct meant){.number = number, .kind = kind, .shared = shared};
	allocate_need(tsearch(meant, &index->shared, compare_meant));
	return shared;
}

void index_meet_texts(struct index *index, const struct index_row *row)
{
	for (size_t i = 0; i < row->texts_count; i++) {
		const struct index_text *text = &row->texts[i];
		if (!recall(index, text->kind, text->number))
			meet(index, text->kind, text->number, text->text);
	}
}

void *index_get(struct index *index, enum index_kind kind, uint64_t number)
{
	void *shared = recall(index, kind, number);

	if (shared)
		return shared;
	sqlite3_stmt *get = index_statement(index, INDEX_GET_TEXT);
	if (!get)
		return NULL;
	sqlite3_bind_int64(get, 1, (sqlite3_int64)number);
	const char *text = index_step(index, get) == SQLITE_ROW
				   ? (const char *)sqlite3_column_text(get, 0)
				   : NULL;
	/* The number proves the text, and that it is of this kind. */
	if (text && number_of(kind, text) == number)
		shared = meet(index, kind, number, text);
	sqlite3_reset(get);
	return shared;
}

void index_forget_shared(struct index *index)
{
	tdestroy(index->shared, free);
	index->shared = NULL;
	index_clear_encoder(&index->encoder);
}
