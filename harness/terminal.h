/*
 * terminal: text for people, on whatever they look at it with: wrapped to its width, coloured only
 * where colour shows, in ASCII where the locale has no more. Words carry the meaning; colour only
 * repeats it.
 *
 * All text is taken as hostile: control characters never reach the terminal.
 */
#pragma once

#include <stdbool.h>
#include <stdio.h>

struct terminal {
	FILE *out;
	bool live;   /* a terminal that can redraw a line */
	bool colour; /* live, and NO_COLOR (no-color.org) is not set */
	bool utf8;
	int width; /* columns; 80 when unknown */
};

enum tone { TONE_PLAIN, TONE_GOOD, TONE_CAREFUL, TONE_BAD, TONE_STRONG, TONE_FAINT };

/* Looks at what `out` is. setlocale() comes before. */
void terminal_open(struct terminal *terminal, FILE *out);

/* Writes text in a tone, as it is: no wrapping. */
void terminal_write(const struct terminal *terminal, enum tone tone, const char *text);

/* Columns that `text` takes when written. */
int terminal_columns(const struct terminal *terminal, const char *text);

/* Writes a paragraph, every line `indent` columns in; the cursor is at `column` already. Ends the
 * line. */
void terminal_wrap(const struct terminal *terminal, int column, int indent, const char *text);

/* The same for a formatted text at the start of a line. */
void terminal_say(const struct terminal *terminal, int indent, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* A line that is redrawn in place; does nothing unless `live`. Cut to the width. */
void terminal_status(const struct terminal *terminal, const char *text);

/* Takes the redrawn line away. */
void terminal_status_clear(const struct terminal *terminal);
