/*
 * document: reads JSON documents of the suite from anywhere: a child's output, a stored file, a
 * file that somebody sent. All of it is hostile; nothing is parsed before its size, depth and
 * number of values are known to be harmless.
 *
 * Unknown fields are kept. An unknown major version is refused with a sentence. Strings stay as
 * they are: whoever shows one encodes it for where it lands.
 */
#pragma once

#include "problem.h"

#include <jansson.h>
#include <stddef.h>

#define DOCUMENT_DEPTH_MAX  32
#define DOCUMENT_VALUES_MAX 2000000u

/* Parses `text` as exactly one document of `schema`, e.g. "seatrial.result/1", or of any when that
 * is NULL. A new reference, or NULL with a sentence in `problem`. Keys that are there twice are an
 * error. */
json_t *document_parse(
	const char *text, size_t length, const char *schema, struct problem *problem);

/* As document_parse() for a document of any of several schemas, NULL-terminated; complaints are
 * about the first. */
json_t *document_parse_any(
	const char *text, size_t length, const char *const *schemas, struct problem *problem);

/* Reads a regular file of at most `size_max` bytes whole, with a NUL behind it; the caller frees
 * *text. Returns 0 or a negative errno with a sentence. */
int document_read_file(
	const char *path, size_t size_max, char **text, size_t *length, struct problem *problem);

/* The same for standard input. */
int document_read_input(size_t size_max, char **text, size_t *length, struct problem *problem);

/* As document_parse() for a file of at most `size_max` bytes. */
json_t *document_read(
	const char *path, size_t size_max, const char *schema, struct problem *problem);

/* Whether a result has what every reader relies on, with the right types, and is by bench `name`.
 * Returns 0, or -EINVAL with a sentence. */
int document_check_result(const json_t *result, const char *name, struct problem *problem);

/* The same for a bench's description of itself and for a run. */
int document_check_bench(const json_t *bench, const char *name, struct problem *problem);
int document_check_run(const json_t *run, struct problem *problem);

/* The string `key` of an object, "" when it is missing or none. Borrowed. */
const char *document_text(const json_t *object, const char *key);
