/*
 * reading_private: the cache of reading.c.
 */
#pragma once

#include "reading.h"

/* Makes histogram `place` of the cache the one that this text encodes. Returns 0 or a negative
 * errno with a sentence. */
int reading_cache_decode(
	struct reading_cache *cache, size_t place, const json_t *encoded, struct problem *problem);

/* The readings that a requirement on a metric asks for; false when none has asked for them yet. */
bool reading_cache_recall(
	const struct reading_cache *cache, const json_t *requirement, struct readings *readings);

/* Keeps them, as long as there is room: a document may ask for any number. */
void reading_cache_remember(
	struct reading_cache *cache, const json_t *requirement, const struct readings *readings);
