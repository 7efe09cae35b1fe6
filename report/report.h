/*
 * report: a run and its verdict, a comparison or a history as a page for people who decide. Knows
 * nothing of how anything was measured: names, titles, units and limits all come from the
 * documents.
 *
 * Every string in the documents is hostile. Only numbers and identifiers made here reach gnuplot.
 */
#pragma once

#include "problem.h"

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

/* The file that a report was made of. */
struct report_source {
	const char *name;   /* without directories */
	const char *sha256; /* in hexadecimal digits */
	size_t bytes;
};

struct report_options {
	const char *gnuplot; /* the program; NULL: "gnuplot" from PATH */
	/* What is known of the file's signatures, checked by the caller: an array of {"kind",
	 * "state", "by", "key", "why"}, where only "good" stands for one that was checked and is
	 * right. Empty: it has none. NULL: nobody looked. */
	const json_t *signatures;

	/* For a PDF: with a title page, contents and a summary on one page, all of it open and
	 * laid out for WeasyPrint. */
	bool paper;

	const struct report_source *source; /* NULL when it is not known */
};

/* Each writes one self-contained HTML file. Without gnuplot, or when it fails, the page says so
 * where the plots would be and is otherwise complete. Returns 0, or a negative errno with `problem`
 * filled. */
int report_html(const json_t *run, const json_t *verdict, const struct report_options *options,
	FILE *out, struct problem *problem);

/* Of a seatrial.comparison/1. */
int report_comparison(const json_t *comparison, const struct report_options *options, FILE *out,
	struct problem *problem);

/* Of a seatrial.history/1. */
int report_history(const json_t *history, const struct report_options *options, FILE *out,
	struct problem *problem);
