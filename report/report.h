/*
 * report: a run and its verdict as a page for people who decide. Knows nothing of how anything was
 * measured: names, titles, units and limits all come from the documents.
 *
 * Every string in the documents is hostile. Only numbers and identifiers made here reach gnuplot.
 */
#pragma once

#include "problem.h"

#include <jansson.h>
#include <stdio.h>

struct report_options {
	const char *gnuplot; /* the program; NULL: "gnuplot" from PATH */
	/* What is known of the run's signatures, checked by the caller: an array of {"kind",
	 * "state", "by", "key", "why"}, where only "good" stands for one that was checked and is
	 * right. Empty: it has none. NULL: nobody looked. */
	const json_t *signatures;
};

/* Writes one self-contained HTML file. Without gnuplot, or when it fails, the page says so where
 * the plots would be and is otherwise complete. Returns 0, or a negative errno with `problem`
 * filled. */
int report_html(const json_t *run, const json_t *verdict, const struct report_options *options,
	FILE *out, struct problem *problem);
