#include "reading_private.h"

#include "allocate.h"
#include "document.h"
#include "histogram.h"

#include <search.h>
#include <stdlib.h>
#include <string.h>

#define FOUND_MAX 512 /* readings kept of one run */
#define KEPT      16  /* histograms for the next run: 4 MiB */

/* What a requirement asks for, and what there was. */
struct found {
	const char *bench, *metric, *unit; /* borrowed from the requirement */
	char *labels;
	size_t count;
	struct reading *readings;
};

static int compare_found(const void *left, const void *right)
{
	const struct found *a = left, *b = right;
	int order = strcmp(a->metric, b->metric);

	if (order == 0)
		order = strcmp(a->bench, b->bench);
	if (order == 0)
		order = strcmp(a->unit, b->unit);
	return order ? order : strcmp(a->labels, b->labels);
}

static void free_found(void *item)
{
	struct found *found = item;

	free(found->labels);
	free(found->readings);
	free(found);
}

static struct found *found_for(const json_t *requirement)
{
	const json_t *labels = json_object_get(requirement, "labels");
	struct found *found = allocate_zero(1, sizeof(*found));

	*found = (struct found){
		.bench = document_text(requirement, "bench"),
		.metric = document_text(requirement, "metric"),
		.unit = document_text(requirement, "unit"),
		.labels = labels ? allocate_need(json_dumps(
					   labels, JSON_COMPACT | JSON_SORT_KEYS | JSON_ENCODE_ANY))
				 : allocate_text(""),
	};
	return found;
}

int reading_cache_decode(
	struct reading_cache *cache, size_t place, const json_t *encoded, struct problem *problem)
{
	struct histogram **histogram = &cache->histograms[place];
	const char *text = json_string_value(encoded);

	if (cache->encoded[place] == encoded)
		return 0;
	cache->encoded[place] = NULL;
	int failure = *histogram ? histogram_decode_into(text, *histogram, problem)
				 : histogram_decode(text, histogram, problem);
	if (!failure)
		cache->encoded[place] = encoded;
	return failure;
}

bool reading_cache_recall(
	const struct reading_cache *cache, const json_t *requirement, struct readings *readings)
{
	struct found *wanted = found_for(requirement);
	void *const *found = tfind(wanted, &cache->found, compare_found);

	free_found(wanted);
	if (!found)
		return false;
	const struct found *known = *found;
	readings->count = known->count;
	memcpy(readings->at, known->readings, known->count * sizeof(*known->readings));
	return true;
}

void reading_cache_remember(
	struct reading_cache *cache, const json_t *requirement, const struct readings *readings)
{
	if (cache->found_count + readings->count > FOUND_MAX)
		return;
	struct found *found = found_for(requirement);
	cache->found_count += readings->count;
	found->count = readings->count;
	found->readings = allocate_zero(readings->count, sizeof(*found->readings));
	memcpy(found->readings, readings->at, readings->count * sizeof(*found->readings));
	allocate_need(tsearch(found, &cache->found, compare_found));
}

/* All but so many histograms. */
static void forget(struct reading_cache *cache, size_t keep)
{
	for (size_t i = 0; i < READING_REPETITIONS_MAX; i++) {
		cache->encoded[i] = NULL;
		if (i < keep)
			continue;
		histogram_free(cache->histograms[i]);
		cache->histograms[i] = NULL;
	}
	tdestroy(cache->found, free_found);
	cache->found = NULL;
	cache->found_count = 0;
}

void reading_cache_clear(struct reading_cache *cache)
{
	forget(cache, 0);
}

void reading_cache_reuse(struct reading_cache *cache)
{
	forget(cache, KEPT);
}
