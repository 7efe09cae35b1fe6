/*
 * comparison: candidates side by side ("seatrial.comparison/1", results/schema/comparison-1.json).
 * Pure: reads samples, prints nothing. Names no metric: what matters for a profile is what the
 * profile says.
 */
#pragma once

#include "candidate.h"

#include <jansson.h>
#include <stdbool.h>

struct comparison_request {
	const struct candidate *candidates;
	size_t count, baseline;
	double threshold; /* the least ratio that matters, as a share: 0.05 */
	bool mixed;       /* compare what was measured in different ways, and say so */
};

/* A new reference. Strips the set (sample_set_strip()) once all is gathered from it, as with a
 * thousand candidates either takes much memory: it serves no other comparison. */
json_t *comparison_make(struct sample_set *set, const struct comparison_request *request);

/* Whether nothing is compared: there is no difference, and verdicts on at most one candidate. */
bool comparison_is_empty(const json_t *comparison);

/* "a=b, c=d" of an object of labels, cut to `size`; "" for none. Returns `buffer`. */
const char *comparison_labels(const json_t *labels, char *buffer, size_t size);

/* As CSV (RFC 4180): one line a metric and candidate; and as GitHub's Markdown. Cells are safe in
 * spreadsheets and in pages, whatever the documents hold. */
void comparison_print_csv(const json_t *comparison, FILE *out);
void comparison_print_markdown(const json_t *comparison, FILE *out);
