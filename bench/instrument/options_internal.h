/*
 * options_internal: what parsing, help, manual page and completion share.
 */
#pragma once

#include "options.h"

/* How the row's numbers are written; UNIT_COUNT for a row without numbers. */
enum unit options_unit(const struct option_row *row);

/* A bound of the row's numbers: as units_exact(), but "1000" and not "1k". Returns `buffer`. */
const char *options_bound(const struct option_row *row, uint64_t value, char *buffer, size_t size);

/* Stores a value: the text of a default, or of the command line. Returns 0, or -EINVAL with a
 * sentence that names the option, the text and what is allowed. */
int options_set(
	const struct option_row *row, const char *text, void *config, struct problem *problem);

/* Stores "not set": false, 0, NULL or an empty list. */
void options_clear(const struct option_row *row, void *config);

/* The help sentence, and what a value may be and is by default: "Time to run. From 100ms to 1h.
 * (default: quick 2s; standard 5s; full 20s)". Returns `buffer`. */
#define OPTIONS_TEXT_MAX 2048
const char *options_text(const struct option_row *row, char *buffer, size_t size);

/* The subcommand in "seatrial run": "run". */
const char *options_command(const struct option_program *program);

/* The row after `row` that is shown to people, or NULL after the last one. Start with *table = 0
 * and a NULL row. */
const struct option_row *options_next(
	const struct option_program *program, size_t *table, const struct option_row *row);

/* Every row of every table of a program that is shown to people; `break` ends it. */
/* NOLINTBEGIN(bugprone-macro-parentheses): a declaration cannot have them */
#define options_foreach(program, row)                                                              \
	for (size_t table_ = 0, once_ = 1; once_; once_ = 0)                                       \
		for (const struct option_row *row = options_next(program, &table_, NULL); row;     \
			row = options_next(program, &table_, row))
/* NOLINTEND(bugprone-macro-parentheses) */
