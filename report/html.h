/*
 * html: the only way a document's text reaches the page.
 *
 * A template is written here, in the source, and trusted; what it is filled with is not. %s is
 * escaped for elements and for attributes in double quotes alike. Control characters, broken UTF-8
 * and bidirectional overrides become '?'; text longer than HTML_TEXT_MAX bytes is cut, and says so.
 */
#pragma once

#include <stdio.h>

#define HTML_TEXT_MAX 16384

/* Writes `template` with its directives replaced: %s text (NULL: nothing), %d, %zu and %%. No
 * other. */
void html(FILE *out, const char *template, ...) __attribute__((format(printf, 2, 3)));

/* Writes one text, escaped. Line breaks become '?', as every control character. */
void html_text(FILE *out, const char *text);

/* As html_text(), with every http:// or https:// address in it as a link. Other schemes stay text.
 */
void html_linked(FILE *out, const char *text);

/* Writes <p> for every paragraph; blank lines part them. */
void html_paragraphs(FILE *out, const char *text);

/* Writes `text` escaped with its line breaks kept, for inside <pre>. */
void html_lines(FILE *out, const char *text);
