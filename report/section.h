/*
 * section: the parts of the report in the order a reader meets them. Each writes one section; none
 * of them names a benchmark, a metric or a fact: what there is to say is in the documents.
 */
#pragma once

#include "grid.h"
#include "plot.h"
#include "report.h"

#include <jansson.h>
#include <stdio.h>

struct page {
	FILE *out;
	const json_t *run, *verdict; /* of a run's report */
	const json_t *document;      /* of another's: a comparison, a history */
	const struct report_options *options;
	struct plotter plotter;
	size_t figures; /* drawn so far */
	bool behind;    /* a click: figures that most readers never see */
};

/* What a report says of itself before anything else. */
struct title {
	char name[256];      /* of the page, in plain words */
	char answer[512];    /* a sentence */
	const char *heading; /* of the title page */
	const char *tone;    /* of the answer: section_tone() */
	const char *created; /* a time as RFC 3339 has it, or "" */
	const char *keywords;
	void (*write_list)(struct page *page); /* items for the title page */
};

struct family;

/* The answer: one sentence, and one for each profile. */
void section_answer(struct page *page);

/* The same on one page, for who reads no more than that: what was judged, why, what is not known.
 */
void section_summary(struct page *page);

/* The sentence of a verdict, and what it means; a badge and a sentence for each profile. */
const char *section_answer_sentence(const char *overall);
const char *section_answer_meaning(const json_t *verdict);
void section_answer_profiles(struct page *page);

/* A symbol for a tone. */
const char *section_symbol(const char *tone);

/* Where a line of a verdict comes among others: the lower, the more it decides. */
int section_line_rank(const json_t *line);
#define SECTION_RANK_MET 10 /* from here on a line asks for nothing */

/* What the report was made of, with checksums. */
void section_raw(struct page *page);

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
/* Of the curves that are drawn: a box for each repetition; nothing when there is one only. */
void section_boxes(struct page *page, const struct family *family);
/* Which curve is which; nothing when there is one only, as the heading names it. */
void section_latency_legend(struct page *page, const struct family *family);
void section_quantiles(struct page *page, const json_t *result, const struct family *family);
void section_shares(struct page *page, const json_t *result);
/* Facts whose id ends in ".recommendation", before all that they follow from. */
void section_advice(struct page *page, const json_t *result);
void section_sweeps(struct page *page, const json_t *result);
/* Readings of many repetitions as plots. */
void section_repetitions(struct page *page, const json_t *result);
void section_readings(struct page *page, const json_t *result);
void section_facts(struct page *page, const json_t *result);
void section_conditions(struct page *page, const json_t *result);
void section_method(struct page *page, const json_t *result);

/* The table of the readings that are of a kind and, unless it is NULL, a function of that label. */
void section_readings_of(
	struct page *page, const json_t *result, enum grid_kind kind, const char *against);

/* Of a comparison: who meets a profile and what they cost; the order of all; what differs, and how
 * far repetitions do; verdicts of each; and what it was made of. */
void section_choice(struct page *page);
void section_ranking(struct page *page);
void section_differences(struct page *page);
void section_spreads(struct page *page);
void section_verdicts(struct page *page);
void section_candidates(struct page *page);

/* Of a comparison: what each candidate reads of each requirement; and a sentence of one profile for
 * the answer, which leads there. */
void section_needs(struct page *page);
void section_needs_summary(struct page *page, const char *profile);

/* What was left out of a comparison or a history, and why. */
void section_left_out(struct page *page);

/* Of a history: every change that was found, and the course of each series. */
void section_changes(struct page *page);
void section_trends(struct page *page);

/* Whose word it is, as items of a list. A signature that nobody checked is worth nothing, and said
 * to be. */
void section_signatures(struct page *page);

/* Which way a change of a series went: "better", "worse", or "different" when that is not known. */
const char *section_change_direction(const json_t *series, const json_t *change);

/* How many series of a history are too short, of fewer than CHANGES_LEAST runs, to tell whether
 * they changed. */
size_t section_short_series(const json_t *history);

/* How to repeat it, and with what it was made. */
void section_provenance(struct page *page);

/* How many rows a table of many may have: beyond them a page helps nobody, and paper even earlier.
 */
static inline size_t section_rows(const struct page *page)
{
	return page->options->paper ? 400 : 2000;
}

/* A status of any of the documents as a symbol and a word: never colour alone. */
void section_badge(struct page *page, const char *status);

/* Where a verdict comes when a table is sorted: the lower, the better; what is none comes last. */
size_t section_verdict_place(const char *overall);

/* "good", "close", "bad", "open" or "note": the class that gives a status its colour. */
const char *section_tone(const char *status);

/* A row <dt>, <dd> of a list; nothing when `value` is NULL. */
void section_item(struct page *page, const char *term, const char *value);

/* True when the table of latencies shows this quantile, so that the readings need not. */
bool section_latency_has(double quantile);

/* The results index of a bench's first result, or -1. */
int section_find_result(const struct page *page, const char *bench);
