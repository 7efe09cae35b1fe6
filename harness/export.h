/*
 * export: a run or a gate's decision in the formats that other programs read. export.c has the
 * table of them; a family of formats is one module.
 *
 * Every text in a document is hostile and encoded for the format (escape.h). Modules write to a
 * stream in memory, print nothing and change nothing.
 */
#pragma once

#include "problem.h"
#include "sample.h"

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#define EXPORT_GATE_SCHEMA "seatrial.gate/1"

/* What is exported. A document of another kind has NULL there. */
struct export_source {
	const json_t *run, *verdict;   /* "seatrial.run/1", "seatrial.verdict/1" */
	const json_t *gate;            /* "seatrial.gate/1" */
	const json_t *findings;        /* of either; see findings.h */
	const struct sample_run *flat; /* of the run */
	const char *host;              /* the host's name in formats that have one */
};

struct export_format {
	const char *name, *summary;
	bool of_gate; /* also from a gate's decision, not only from a run */

	/* Writes it. Returns 0 or a negative errno with a sentence. */
	int (*write)(const struct export_source *source, FILE *out, struct problem *problem);
};

/* All of them; a NULL name ends the table. */
extern const struct export_format export_formats[];

/* The format of that name, or NULL with a sentence that has all names. */
const struct export_format *export_find(const char *name, struct problem *problem);

/* The run or gate's decision that `reference` means: as for store_load(), and "-" is standard
 * input. A new reference, or NULL with a sentence. */
json_t *export_load(const char *reference, struct problem *problem);

/* The document in a format, as one allocation of *length bytes that the caller frees, or NULL with
 * a sentence. `document` is a run or a gate's decision; `host` (may be NULL) is the name to give
 * the host instead of its id. */
char *export_document(const struct export_format *format, const json_t *document, const char *host,
	size_t *length, struct problem *problem);

/* When a document of the suite began, in ms since 1970. Returns 0, or -EINVAL with a sentence. */
int export_time(const json_t *document, int64_t *time_ms, struct problem *problem);

/* "encap=vxlan size=64", empty without labels; one allocation that the caller frees. */
char *export_labels(const struct sample_key *key);

/* Writes a number with as few digits as read back to the same. */
void export_number(FILE *out, double value);

/* Modules. */
int export_annotations(const struct export_source *, FILE *, struct problem *);
int export_bencher(const struct export_source *, FILE *, struct problem *);
int export_bigger(const struct export_source *, FILE *, struct problem *);
int export_csv(const struct export_source *, FILE *, struct problem *);
int export_gitlab(const struct export_source *, FILE *, struct problem *);
int export_go(const struct export_source *, FILE *, struct problem *);
int export_hlog(const struct export_source *, FILE *, struct problem *);
int export_junit(const struct export_source *, FILE *, struct problem *);
int export_markdown(const struct export_source *, FILE *, struct problem *);
int export_openmetrics(const struct export_source *, FILE *, struct problem *);
int export_prometheus(const struct export_source *, FILE *, struct problem *);
int export_smaller(const struct export_source *, FILE *, struct problem *);
