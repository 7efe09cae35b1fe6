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

static uint64_t put_text(struct index *index, enum index_kind kind, const char *text)
{
	sqlite3_stmt *put = index_statement(index, INDEX_PUT_TEXT);
	uint64_t number = number_of(kind, text);

	if (!put)
		return 0;
	sqlite3_bind_int64(put, 1, (sqlite3_int64)number);
	sqlite3_bind_text(put, 2, text, -1, SQLITE_STATIC);
	bool written = index_step(index, put) == SQLITE_DONE;
	sqlite3_reset(put);
	return written ? number : 0;
}

/* Where the number of what has this index is kept once it is written. */
static uint64_t *written_at(struct index *index, enum index_kind kind, size_t at)
{
	size_t count = index->written[kind].count, room = 2 * (at + 1);
	uint64_t *numbers = index->written[kind].numbers;

	if (at >= count) {
		numbers = allocate_grow(numbers, room, sizeof(*numbers));
		memset(numbers + count, 0, (room - count) * sizeof(*numbers));
		index->written[kind].numbers = numbers;
		index->written[kind].count = room;
	}
	return &numbers[at];
}

static uint64_t put_json(struct index *index, enum index_kind kind, const json_t *value)
{
	char *text =
		allocate_need(json_dumps(value, JSON_COMPACT | JSON_SORT_KEYS | JSON_ENCODE_ANY));
	uint64_t number = put_text(index, kind, text);

	free(text);
	return number;
}

static uint64_t put_new(struct index *index, enum index_kind kind, json_t *list)
{
	uint64_t number = put_json(index, kind, list);

	json_decref(list);
	return number;
}

uint64_t index_put_key(struct index *index, const struct sample_key *key)
{
	uint64_t *written = written_at(index, INDEX_KEY, key->index);

	if (*written == 0)
		*written = put_new(
			index, INDEX_KEY, json_pack("[s,s,s]", key->bench, key->name, key->labels));
	return *written;
}

uint64_t index_put_meaning(struct index *index, const struct sample_meaning *meaning)
{
	uint64_t *written = written_at(index, INDEX_MEANING, meaning->index);

	if (*written == 0)
		*written = put_new(index, INDEX_MEANING,
			json_pack("[s,s,s,s,s,f]", meaning->title, meaning->unit, meaning->better,
				meaning->relative_to, meaning->against, meaning->quantile));
	return *written;
}

uint64_t index_put_setting(struct index *index, const struct sample_setting *setting)
{
	uint64_t *written = written_at(index, INDEX_SETTING, setting->index);

	if (*written == 0)
		*written = put_new(index, INDEX_SETTING,
			json_pack("[s,s,s,s]", setting->bench, setting->suite, setting->preset,
				setting->parameters));
	return *written;
}

uint64_t index_put_json(struct index *index, const json_t *value)
{
	return put_json(index, INDEX_JSON, value);
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

void *index_get(struct index *index, enum index_kind kind, uint64_t number)
{
	struct meant wanted = {.number = number, .kind = kind}, *meant;
	void *const *found = tfind(&wanted, &index->shared, compare_meant);

	if (found)
		return ((const struct meant *)*found)->shared;
	sqlite3_stmt *get = index_statement(index, INDEX_GET_TEXT);
	if (!get)
		return NULL;
	sqlite3_bind_int64(get, 1, (sqlite3_int64)number);
	const char *text = index_step(index, get) == SQLITE_ROW
				   ? (const char *)sqlite3_column_text(get, 0)
				   : NULL;
	/* The number proves the text, and that it is of this kind. */
	if (text && number_of(kind, text) == number)
		wanted.shared = share(index, kind, text);
	sqlite3_reset(get);
	if (!wanted.shared)
		return NULL;
	meant = allocate_zero(1, sizeof(*meant));
	*meant = wanted;
	allocate_need(tsearch(meant, &index->shared, compare_meant));
	return meant->shared;
}

void index_forget_shared(struct index *index)
{
	tdestroy(index->shared, free);
	index->shared = NULL;
	for (size_t kind = 0; kind < INDEX_KINDS; kind++) {
		free(index->written[kind].numbers);
		index->written[kind].numbers = NULL;
		index->written[kind].count = 0;
	}
}
