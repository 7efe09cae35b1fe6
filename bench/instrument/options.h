/*
 * options: command lines as data. One table per program gives parsing, range checks, defaults,
 * presets, --help, --describe, the manual page and shell completion; nothing is said twice.
 *
 * Parsing is getopt_long's. Values land in the program's own configuration struct, at the row's
 * offset.
 */
#pragma once

#include "problem.h"
#include "units.h"

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

enum option_type {
	OPTION_FLAG,    /* bool; no argument */
	OPTION_COUNT,   /* uint64_t, UNIT_COUNT */
	OPTION_BYTES,   /* uint64_t, UNIT_BYTES */
	OPTION_TIME,    /* uint64_t nanoseconds, UNIT_TIME_NS */
	OPTION_TEXT,    /* const char *, borrowed from argv or the table */
	OPTION_PATH,    /* const char *, as text; completed as a file name */
	OPTION_CHOICE,  /* const char *, one of `choices` */
	OPTION_CHOICES, /* uint64_t bit mask over `choices`, given as a comma-separated list */
	OPTION_COUNTS,  /* struct option_list, comma-separated UNIT_COUNT */
	OPTION_SIZES,   /* struct option_list, comma-separated UNIT_BYTES */
};

#define OPTION_LIST_MAX 16
struct option_list {
	size_t count;
	uint64_t at[OPTION_LIST_MAX];
};

/* How thorough a run is. A row may give each preset its own default. */
enum preset { PRESET_QUICK, PRESET_STANDARD, PRESET_FULL, PRESETS };
extern const char *const preset_names[PRESETS + 1];

struct option_row {
	const char *name; /* long option without dashes; a NULL name ends the table */
	char letter;      /* short option or 0 */
	enum option_type type;
	size_t offset;              /* of the value in the configuration struct */
	const char *argument;       /* its name in help, e.g. "DIR" */
	const char *help;           /* one sentence; says the unit */
	const char *value[PRESETS]; /* default text; a NULL falls back to PRESET_QUICK's */
	uint64_t min, max;          /* for numbers; max 0 means no upper limit */
	const char *const *choices; /* NULL-terminated */
	const char *offer; /* OPTION_TEXT only: a command that prints values for completion, each at
			      the beginning of a line; only words that mean nothing to a shell */
	bool repeatable;   /* OPTION_TEXT only: the value is struct option_texts */
	bool hidden;       /* parsed and described, but not in help or completion */
	bool incidental;   /* where or with whom, not what is measured; so is every OPTION_PATH */
};

#define OPTION_TEXTS_MAX 32
struct option_texts {
	size_t count;
	const char *at[OPTION_TEXTS_MAX];
};

/* What a program says of itself; every field but `operands` and `sections` is required. In running
 * text a line that begins with a space is an example and keeps its line breaks. */
struct option_program {
	const char *name;        /* "seatrial-fsync", "seatrial run" */
	const char *summary;     /* one line */
	const char *operands;    /* "" or "RUN" ... as shown in the usage line */
	const char *description; /* paragraphs separated by blank lines: manual page and --help */
	const char *sections; /* more manual text: lines "# TITLE" then paragraphs; may be NULL */
	const struct option_row *const *tables; /* NULL-terminated list of tables, own rows first */
};

/* Fills configs[i] with the defaults of tables[i] for `preset`; a row without one gets false, 0,
 * NULL or an empty list. Returns 0, or -EINVAL for a bad table. */
int options_defaults(const struct option_program *program, enum preset preset, void *const *configs,
	struct problem *problem);

/* Parses argv into configs[i] for tables[i], on top of the defaults already there. Option names are
 * given in full: an abbreviation would change its meaning with the next release. Moves operands
 * behind options in argv. Returns the index of the first operand, or -EINVAL with a sentence naming
 * the option, the bad value and what is allowed. */
int options_parse(const struct option_program *program, int argc, char **argv, void *const *configs,
	struct problem *problem);

/* --help, for people. */
void options_help(const struct option_program *program, FILE *out);

/* --help of a program with subcommands; `programs` as for options_completion(). Lists the
 * subcommands with their summaries. */
void options_help_commands(const struct option_program *const *programs, FILE *out);

/* A manual page in man(7) macros. */
void options_manual(const struct option_program *program, const char *version, FILE *out);

/* One manual page for a program with subcommands; `programs` as for options_completion(). */
void options_manual_commands(
	const struct option_program *const *programs, const char *version, FILE *out);

/* Rows of one table as JSON for --describe; a new reference. */
json_t *options_describe(const struct option_row *rows);

/* The values in use of one table as JSON, for the record, by option name: times in seconds, sizes
 * in bytes, lists as arrays, an unset text as null. A new reference. */
json_t *options_effective(const struct option_row *rows, const void *config);

/* The names of the rows in which results may differ and be compared all the same, as an array of
 * texts. A new reference. */
json_t *options_incidental(const struct option_row *rows);

/* A row's default under a preset as text, or NULL. */
const char *options_default(const struct option_row *row, enum preset preset);

/* The row of a long option, or NULL. */
const struct option_row *options_find(const struct option_program *program, const char *name);

/* A completion script for a shell ("bash", "zsh" or "fish") to `out`. `programs` is
 * NULL-terminated: one entry for a plain program; for a program with subcommands, first the program
 * itself, then one entry a subcommand, named "seatrial run". -EINVAL for another shell. */
int options_completion(const struct option_program *const *programs, const char *shell, FILE *out,
	struct problem *problem);
