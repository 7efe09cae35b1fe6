#include "sample_private.h"

#include "allocate.h"
#include "document.h"

#include <search.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define RECENT_LEAST 1000 /* bytes of text from which on a value is large */

/* A JSON text and its value. */
struct shared {
	char *text;
	json_t *value;
};

struct owned_run {
	struct sample_run run;
	struct sample *samples;
	double *values;
	json_t *profiles, *verdicts, *left_out;
	char *lines;
	struct owned_run *next;
};

struct sample_set {
	void *keys, *meanings, *settings, *shared; /* trees of tsearch(3) */
	size_t keys_count, meanings_count, settings_count;
	struct owned_run *runs;
	struct verdict_cache verdicts;
	json_t *recent[8]; /* large values that were shared last */
	size_t next;
	json_t *judges; /* the profiles to judge by, or NULL: each run's own */
};

struct sample_set *sample_set_new(void)
{
	return allocate_zero(1, sizeof(struct sample_set));
}

/* The first difference of two lists of `count` texts. */
static int compare_texts(const char *const *left, const char *const *right, size_t count)
{
	int order = 0;

	for (size_t i = 0; i < count && order == 0; i++)
		order = left[i] == right[i] ? 0 : strcmp(left[i], right[i]);
	return order;
}

static int compare_keys(const void *left, const void *right)
{
	const struct sample_key *a = left, *b = right;

	return compare_texts((const char *[]){a->name, a->labels, a->bench},
		(const char *[]){b->name, b->labels, b->bench}, 3);
}

static int compare_meanings(const void *left, const void *right)
{
	const struct sample_meaning *a = left, *b = right;

	if (a->quantile != b->quantile)
		return a->quantile < b->quantile ? -1 : 1;
	return compare_texts(
		(const char *[]){a->title, a->unit, a->better, a->relative_to, a->against},
		(const char *[]){b->title, b->unit, b->better, b->relative_to, b->against}, 5);
}

static int compare_settings(const void *left, const void *right)
{
	const struct sample_setting *a = left, *b = right;

	return compare_texts((const char *[]){a->bench, a->preset, a->suite, a->parameters},
		(const char *[]){b->bench, b->preset, b->suite, b->parameters}, 4);
}

static int compare_shared(const void *left, const void *right)
{
	const struct shared *a = left, *b = right;

	return strcmp(a->text, b->text);
}

/* Puts what was not found into a tree. */
static void *plant(void *item, void **tree, int (*compare)(const void *, const void *))
{
	allocate_need(tsearch(item, tree, compare));
	return item;
}

static void *find(const void *item, void *const *tree, int (*compare)(const void *, const void *))
{
	void *const *found = tfind(item, tree, compare);

	return found ? *found : NULL;
}

struct sample_key *sample_set_key(struct sample_set *set, const struct sample_key *key)
{
	struct sample_key *found = find(key, &set->keys, compare_keys);

	if (found)
		return found;
	found = allocate_zero(1, sizeof(*found));
	*found = (struct sample_key){
		.bench = allocate_text(key->bench),
		.name = allocate_text(key->name),
		.labels = allocate_text(key->labels),
		.index = set->keys_count++,
	};
	return plant(found, &set->keys, compare_keys);
}

struct sample_meaning *sample_set_meaning(
	struct sample_set *set, const struct sample_meaning *meaning)
{
	struct sample_meaning *found = find(meaning, &set->meanings, compare_meanings);

	if (found)
		return found;
	found = allocate_zero(1, sizeof(*found));
	*found = (struct sample_meaning){
		.title = allocate_text(meaning->title),
		.unit = allocate_text(meaning->unit),
		.better = allocate_text(meaning->better),
		.relative_to = allocate_text(meaning->relative_to),
		.against = allocate_text(meaning->against),
		.quantile = meaning->quantile,
		.index = set->meanings_count++,
	};
	return plant(found, &set->meanings, compare_meanings);
}

/* FNV-1a: http://www.isthe.com/chongo/tech/comp/fnv/ */
static uint64_t add_to_fingerprint(uint64_t fingerprint, const char *text)
{
	do
		fingerprint = (fingerprint ^ (unsigned char)*text) * 0x100000001b3U;
	while (*text++);
	return fingerprint;
}

static uint64_t fingerprint_of(const struct sample_setting *setting)
{
	uint64_t fingerprint = 0xcbf29ce484222325U;

	fingerprint = add_to_fingerprint(fingerprint, setting->bench);
	fingerprint = add_to_fingerprint(fingerprint, setting->suite);
	fingerprint = add_to_fingerprint(fingerprint, setting->preset);
	return add_to_fingerprint(fingerprint, setting->parameters);
}

struct sample_setting *sample_set_setting(
	struct sample_set *set, const struct sample_setting *setting)
{
	struct sample_setting *found = find(setting, &set->settings, compare_settings);

	if (found)
		return found;
	found = allocate_zero(1, sizeof(*found));
	*found = (struct sample_setting){
		.bench = allocate_text(setting->bench),
		.suite = allocate_text(setting->suite),
		.preset = allocate_text(setting->preset),
		.parameters = allocate_text(setting->parameters),
		.fingerprint = fingerprint_of(setting),
		.index = set->settings_count++,
	};
	return plant(found, &set->settings, compare_settings);
}

json_t *sample_set_json(struct sample_set *set, const char *text)
{
	struct shared wanted = {.text = (char *)text};
	struct shared *found = find(&wanted, &set->shared, compare_shared);

	if (found)
		return found->value;
	json_t *value = json_loads(text, JSON_DECODE_ANY, NULL);
	if (!value)
		return NULL;
	found = allocate_zero(1, sizeof(*found));
	*found = (struct shared){.text = allocate_text(text), .value = value};
	plant(found, &set->shared, compare_shared);
	return value;
}

json_t *sample_set_share(struct sample_set *set, const json_t *value)
{
	size_t room = sizeof(set->recent) / sizeof(set->recent[0]);

	/* To compare a profile is much quicker than to write it as text. */
	for (size_t i = 0; i < room; i++)
		if (set->recent[i] && json_equal(set->recent[i], value))
			return set->recent[i];
	char *text =
		allocate_need(json_dumps(value, JSON_COMPACT | JSON_SORT_KEYS | JSON_ENCODE_ANY));
	json_t *shared = sample_set_json(set, text);
	if (strlen(text) > RECENT_LEAST)
		set->recent[set->next++ % room] = shared;
	free(text);
	return shared;
}

struct verdict_cache *sample_set_verdicts(struct sample_set *set)
{
	return &set->verdicts;
}

void sample_set_judge_by(struct sample_set *set, json_t *profiles)
{
	json_decref(set->judges);
	set->judges = json_incref(profiles);
}

json_t *sample_set_judges(const struct sample_set *set)
{
	return set->judges;
}

size_t sample_set_keys(const struct sample_set *set)
{
	return set->keys_count;
}

static int compare_samples(const void *left, const void *right)
{
	const struct sample *a = left, *b = right;

	return a->key->index < b->key->index ? -1 : a->key->index > b->key->index;
}

const struct sample *sample_find(const struct sample_run *run, const struct sample_key *key)
{
	const struct sample wanted = {.key = key};

	return bsearch(&wanted, run->samples, run->count, sizeof(wanted), compare_samples);
}

const struct sample_run *sample_set_adopt(struct sample_set *set, json_t *header, json_t *profiles,
	json_t *verdicts, char *lines, json_t *left_out, struct sample *samples, size_t count,
	double *values)
{
	struct owned_run *owned = allocate_zero(1, sizeof(*owned));

	qsort(samples, count, sizeof(*samples), compare_samples);
	*owned = (struct owned_run){
		.run = {.header = header,
			.id = document_text(header, "id"),
			.started = document_text(header, "started"),
			.label = document_text(header, "label"),
			.host = document_text(json_object_get(header, "host"), "id"),
			.samples = samples,
			.count = count,
			.profiles = profiles,
			.verdicts = verdicts,
			.lines = lines,
			.left_out = left_out},
		.samples = samples,
		.values = values,
		.profiles = profiles,
		.verdicts = verdicts,
		.lines = lines,
		.left_out = left_out,
		.next = set->runs,
	};
	set->runs = owned;
	return &owned->run;
}

static void free_run(struct owned_run *owned)
{
	json_decref(owned->run.header);
	json_decref(owned->profiles);
	json_decref(owned->verdicts);
	json_decref(owned->left_out);
	free(owned->lines);
	free(owned->samples);
	free(owned->values);
	free(owned);
}

void sample_set_forget(struct sample_set *set, const struct sample_run *run)
{
	struct owned_run **at = &set->runs;

	while (*at && &(*at)->run != run)
		at = &(*at)->next;
	if (!*at)
		return;
	struct owned_run *owned = *at;
	*at = owned->next;
	free_run(owned);
}

void sample_set_strip(struct sample_set *set)
{
	for (struct owned_run *owned = set->runs; owned; owned = owned->next) {
		free(owned->samples);
		free(owned->values);
		free(owned->lines);
		owned->run.samples = owned->samples = NULL;
		owned->run.count = 0;
		owned->values = NULL;
		owned->run.lines = owned->lines = NULL;
	}
}

static void free_key(void *item)
{
	struct sample_key *key = item;

	free((char *)key->bench);
	free((char *)key->name);
	free((char *)key->labels);
	free(key);
}

static void free_meaning(void *item)
{
	struct sample_meaning *meaning = item;

	free((char *)meaning->title);
	free((char *)meaning->unit);
	free((char *)meaning->better);
	free((char *)meaning->relative_to);
	free((char *)meaning->against);
	free(meaning);
}

static void free_setting(void *item)
{
	struct sample_setting *setting = item;

	free((char *)setting->bench);
	free((char *)setting->suite);
	free((char *)setting->preset);
	free((char *)setting->parameters);
	free(setting);
}

static void free_shared(void *item)
{
	struct shared *shared = item;

	json_decref(shared->value);
	free(shared->text);
	free(shared);
}

void sample_set_free(struct sample_set *set)
{
	if (!set)
		return;
	while (set->runs) {
		struct owned_run *owned = set->runs;
		set->runs = owned->next;
		free_run(owned);
	}
	json_decref(set->judges);
	verdict_cache_clear(&set->verdicts);
	tdestroy(set->keys, free_key);
	tdestroy(set->meanings, free_meaning);
	tdestroy(set->settings, free_setting);
	tdestroy(set->shared, free_shared);
	free(set);
}
