/*
 * escape: text from documents inside the formats that other programs read. Texts are hostile: each
 * function writes what stays one value there, whatever the text is. Control characters, broken
 * UTF-8 and bidirectional overrides become '?' in all of them.
 */
#pragma once

#include <stdio.h>

/* For XML 1.0: elements, and attributes in double quotes. */
void escape_xml(FILE *out, const char *text);

/* A field of RFC 4180, in quotes where it needs them. What a spreadsheet would take for a formula,
 * also after spaces or by wide characters, gets an apostrophe before (OWASP, CSV injection). */
void escape_csv(FILE *out, const char *text);

/* Inline text of Markdown, also within a table: as it is when nothing in it has a meaning to
 * Markdown, HTML or a forge, and else a code span, so that there is no markup and no link, and
 * nobody is mentioned. A bar in that is a broken one. At most ESCAPE_MARKDOWN_MAX characters; the
 * rest is cut, and that shows. */
#define ESCAPE_MARKDOWN_MAX 1000
void escape_markdown(FILE *out, const char *text);

/* The message of a GitHub workflow command, and one of its properties: the runner turns %3A and %2C
 * back in properties only. */
void escape_message(FILE *out, const char *text);
void escape_property(FILE *out, const char *text);

/* A label's value, between double quotes, in Prometheus' text format and OpenMetrics. */
void escape_label(FILE *out, const char *text);

/* A word: every character but letters, digits and those in `also` becomes '_'. */
void escape_word(FILE *out, const char *text, const char *also);
