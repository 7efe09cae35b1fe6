/*
 * section: the parts of the report in the order a reader meets them. Each writes one section; none
 * of them names a benchmark, a metric or a fact: what there is to say is in the documents.
 */
#pragma once

#include "grid.h"
#include "plot.h"

#include <jansson.h>
#include <stdio.h>

struct page {
	FILE *out;
	const json_t *run, *verdict;
	const json_t *signatures; /* NULL: nobody looked */
	struct plotter plotter;
	size_t figures; /* drawn so far */
	bool behind;    /* a click: figures that most readers never see */
};

struct family;

/* The answer: one sentence, and one for each profile. */
void section_answer(struct page *page);

/* What the host is, and when it was measured. */
void section_host(struct page *page);

/* Every requirement: what was read, against what, and what follows. */
void section_requirements(struct page *page);

/* What the harness saw go wrong. */
void section_notes(struct page *page);

/* The evidence of one result: plots, readings, facts, conditions, what is missing, method. `index`
 * makes its identifiers. */
void section_result(struct page *page, const json_t *result, size_t index);

/* Parts of a result. */
void section_latencies(struct page *page, const json_t *result);
void section_series(struct page *page, const json_t *result, const struct family *family);
/* Of a series: its heatmap, and what each hour of the day was like; nothing when it does not tell.
 * `labels`: those that tell it from others, as text. */
void section_heat(
	struct page *page, const json_t *series, const struct family *family, const char *labels);
void section_hours(
	struct page *page, const json_t *series, const struct family *family, const char *labels);
void section_quantiles(struct page *page, const json_t *result, const struct family *family);
void section_shares(struct page *page, const json_t *result);
/* Facts whose id ends in ".recommendation", before all that they follow from. */
void section_advice(struct page *page, const json_t *result);
void section_sweeps(struct page *page, const json_t *result);
void section_readings(struct page *page, const json_t *result);
void section_facts(struct page *page, const json_t *result);
void section_conditions(struct page *page, const json_t *result);
void section_method(struct page *page, const json_t *result);

/* The table of the readings that are of a kind and, unless it is NULL, a function of that label. */
void section_readings_of(
	struct page *page, const json_t *result, enum grid_kind kind, const char *against);

/* How to repeat it, and with what it was made. */
void section_provenance(struct page *page);

/* A status of any of the documents as a symbol and a word: never colour alone. */
void section_badge(struct page *page, const char *status);

/* "good", "close", "bad", "open" or "note": the class that gives a status its colour. */
const char *section_tone(const char *status);

/* A row <dt>, <dd> of a list; nothing when `value` is NULL. */
void section_item(struct page *page, const char *term, const char *value);

/* True when the table of latencies shows this quantile, so that the readings need not. */
bool section_latency_has(double quantile);

/* The results index of a bench's first result, or -1. */
int section_find_result(const struct page *page, const char *bench);
