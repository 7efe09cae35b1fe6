/*
 * page: a report as a file, HTML or PDF.
 */
#pragma once

#include "problem.h"

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

struct page_request {
	const char *path; /* "-" is standard output */
	bool pdf;

	/* What to report: a run with its verdict or, without one, a comparison or a history. */
	const json_t *document, *verdict;
	const json_t *signatures; /* of its file, as report_options has them */

	/* The file that the document was read from, for its checksum and as the PDF's attachment;
	 * NULL when there is none. */
	const char *source_path, *source;
	size_t source_length;
};

/* Whether a file of this name is a PDF: it ends in ".pdf". */
bool page_is_pdf(const char *path);

/* Whether the name tells what a file is to be: a page for ".html", ".htm", "-", a name without an
 * ending and what is no regular file, or a PDF. `advice` is what else to do. Returns 0 or -EINVAL
 * with a sentence. */
int page_check_name(
	const char *option, const char *path, const char *advice, struct problem *problem);

/* Writes the report, whole or not at all. Returns 0 or a negative errno with a sentence; -ENOENT
 * with `*missing` set when a PDF was asked for and the program that makes one is not installed. */
int page_write(const struct page_request *request, bool *missing, struct problem *problem);
