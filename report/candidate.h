/*
 * candidate: the candidates of a seatrial.comparison/1, which may hold anything.
 */
#pragma once

#include "interval.h"

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

/* The index that a document's value stands for. False when there is no such candidate. */
bool candidate_index(const json_t *comparison, const json_t *value, size_t *index);

/* What it is called; borrowed, never NULL. */
const char *candidate_name(const json_t *comparison, size_t index);

/* Room for what a candidate is called where several stand in a sentence. */
#define CANDIDATE_NAME_MAX 64

/* The same, shortened to fit. Returns `buffer`. */
const char *candidate_short_name(const json_t *comparison, size_t index, char *buffer, size_t size);

/* "4.99 EUR a month"; "" without a price. Returns `buffer`. */
const char *candidate_price(const json_t *comparison, size_t index, char *buffer, size_t size);

/* What the candidate at place `index` reads of a metric, or NULL. Borrowed. */
const json_t *candidate_value(const json_t *metric, size_t index);

/* What a value of a metric reads, its interval open where the document has no bound. False when it
 * was not measured. */
bool candidate_interval(const json_t *value, struct interval *reading);

/* "1.30 ms (1.20 to 1.40)", "1.30 ms (at least 1.20)", "1.30 ms (no interval)", "not measured".
 * Returns `buffer`. */
const char *candidate_reading(const json_t *value, const char *unit, char *buffer, size_t size);

/* Whether every candidate of a list of indices has a price. */
bool candidate_all_priced(const json_t *comparison, const json_t *indices);
