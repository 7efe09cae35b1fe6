/*
 * field: reading JSON that may hold anything. What is absent or of another type than expected
 * reads as nothing; nothing here fails.
 */
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

/* The string at `key`, or `otherwise`; borrowed. */
const char *field_text(const json_t *object, const char *key, const char *otherwise);

/* The number at `key`. False, with *value untouched, when there is none. */
bool field_number(const json_t *object, const char *key, double *value);

/* The number at `key` as a count: never negative, 0 when there is none. */
size_t field_count(const json_t *object, const char *key);

/* True when every label of `some` is in `all`, with the same text. */
bool field_labels_match(const json_t *some, const json_t *all);

/* The text "name value, name value" of those labels that `known` (may be NULL) does not have alike,
 * cut to fit; "" when there are none. Returns `buffer`. */
const char *field_labels(const json_t *labels, const json_t *known, char *buffer, size_t size);

/* A string, number (with its unit, NULL: a plain number), boolean or null, for people. Returns
 * `buffer`. */
const char *field_value(const json_t *value, const char *unit, char *buffer, size_t size);

/* What stands in brackets after the value of a reading of a summary: "1.19 to 1.38", "at least
 * 1.19", or "open" when nothing bounds it. Returns `buffer`. */
const char *field_interval(const json_t *summary, const char *unit, char *buffer, size_t size);

/* The text or, of one that is too long, as many of its words as fit and " …". Returns `buffer`. */
const char *field_shorten(const char *text, char *buffer, size_t size);

/* "12,034". Returns `buffer`. */
const char *field_thousands(size_t count, char *buffer, size_t size);

/* "2 January 2026, 15:04 UTC" from the time at `key`; as it stands when it is no time. Returns
 * `buffer`. */
const char *field_time(const json_t *object, const char *key, char *buffer, size_t size);
