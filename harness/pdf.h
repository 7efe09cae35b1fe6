/*
 * pdf: a page of ours as a PDF, by WeasyPrint. The page holds all that it shows, so that nothing is
 * fetched; the child works in a directory of its own that is gone afterwards.
 */
#pragma once

#include "problem.h"

#include <stddef.h>

#define PDF_SECONDS 300 /* 60 pages take about 20 s */

/* A file to put into the PDF; `data` NULL: none. Its name has letters, digits, '-' and '.' only,
 * and begins with a letter. All borrowed. */
struct pdf_attachment {
	const char *name;
	const void *data;
	size_t length;
};

/* The path of WeasyPrint as found in PATH, or NULL. */
const char *pdf_program(void);

/* Says that it is not there, and what to do. Returns -ENOENT. */
int pdf_missing(struct problem *problem);

/* Makes a tagged PDF (PDF/UA-1) of `html`. Returns 0 with *pdf for the caller to free, or a
 * negative errno with a sentence. */
int pdf_make(const char *html, const struct pdf_attachment *attachment, char **pdf, size_t *length,
	struct problem *problem);
