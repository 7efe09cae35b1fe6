/*
 * text: strings from hosts, files and labels are hostile wherever they land. One encoder per sink;
 * the HTML, gnuplot and CSV encoders live with their sinks.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/* Decodes the character that `text` begins with. Returns its length in bytes, or 0 when that is not
 * well-formed UTF-8 (RFC 3629: no overlong forms, no surrogates, nothing above U+10FFFF). */
size_t text_decode(const char *text, uint32_t *character);

/* True when `text` is well-formed UTF-8. */
bool text_is_utf8(const char *text);

/* One step through a text for people: what to write for the character that it begins with, itself
 * or
 * '?' for one that is not safe (see text_printable()). Returns how many bytes to go on by. */
size_t text_step(const char *text, const char **emit, size_t *emit_length);

/* Copies `text` so that it is safe on a terminal and in a JSON string: invalid UTF-8, C0 and C1
 * controls, DEL, and bidirectional overrides become '?'; cut at a character boundary to fit `size`,
 * NUL included. Returns `buffer`. */
const char *text_printable(const char *text, char *buffer, size_t size);

/* Writes text_printable() form of `text`, whatever its length, to `out`. */
void text_print(FILE *out, const char *text);

/* Strips leading and trailing white space in place; returns the first kept character. */
char *text_strip(char *text);
