/*
 * shape: the part of results/schema/ that a program must be sure of before it relies on a document,
 * as tables. A document that fits its shape fits its JSON Schema, which is what other programs
 * read.
 */
#pragma once

#include "problem.h"

#include <jansson.h>

enum shape_kind {
	SHAPE_END, /* ends a table */
	SHAPE_STRING,
	SHAPE_TEXT, /* a string that is not empty */
	SHAPE_STRING_OR_NULL,
	SHAPE_NAME,   /* "fsync": a letter, then at most 31 of a-z 0-9 _ - */
	SHAPE_ID,     /* as a name with dots, at most 128 */
	SHAPE_TIME,   /* "2026-11-23T02:56:07.123Z" */
	SHAPE_UNIT,   /* "s", "B/s", "writes/s" */
	SHAPE_HASH,   /* 16 hexadecimal digits */
	SHAPE_SHA256, /* 64 of them */
	SHAPE_RUN_ID, /* "20261123T025607Z-1a2b3c4d" */
	SHAPE_HISTOGRAM,
	SHAPE_VERSION,
	SHAPE_CHOICE, /* one of `choices` */
	SHAPE_NUMBER,
	SHAPE_NUMBER_OR_NULL,
	SHAPE_NOT_NEGATIVE,
	SHAPE_POSITIVE,
	SHAPE_RATIO,   /* 0..1 */
	SHAPE_PORTION, /* between 0 and 1, neither of them */
	SHAPE_INTEGER, /* 0 or more */
	SHAPE_COUNT,   /* 1 or more */
	SHAPE_BOOLEAN,
	SHAPE_VALUE,   /* anything: who reads it checks it */
	SHAPE_SCALAR,  /* anything but an object or array */
	SHAPE_SCALARS, /* an object of those */
	SHAPE_ANY,     /* an object of anything */
	SHAPE_STRINGS, /* an object of strings */
	SHAPE_LABELS,  /* an object of strings under names */
	SHAPE_OBJECT,  /* an object of `fields` */
	SHAPE_ROW,     /* five numbers, none negative: a line of a series */
	SHAPE_LIST,    /* an array of `element`; for objects, of `fields` */
};

struct shape {
	const char *key;
	enum shape_kind kind;
	enum { SHAPE_REQUIRED, SHAPE_OPTIONAL } need;
	enum shape_kind element; /* of a list */
	const struct shape *fields;
	const char *const *choices; /* NULL-terminated */
	size_t at_least, at_most;   /* elements of a list; at_most 0: any number */
};

/* Whether `object` is an object with all required fields and each known field is of its kind;
 * unknown ones are allowed. Returns 0, or -EINVAL with a sentence that names the first field that
 * is not. */
int shape_check(const json_t *object, const struct shape *fields, struct problem *problem);

/* Calls `tell` with the place of each field that `fields` does not know, "metrics[3].colour"; its
 * text is as hostile as the document. `object` has passed shape_check(). */
void shape_unknown(const json_t *object, const struct shape *fields,
	void (*tell)(void *data, const char *where), void *data);
