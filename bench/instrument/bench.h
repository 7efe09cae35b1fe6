/*
 * bench: THE contract between a benchmark and the suite; read this first.
 *
 * A benchmark is one folder with one `const struct bench bench`. It has no main(), no clock of its
 * own and prints nothing: bench_main.c parses its options, answers --help, --describe, --explain,
 * --manual and
 * --completion, asks whether it can run here, opens the record, calls measure(), and writes the
 * document to stdout. `bench/null/null.c` is the smallest one, and the pipeline's self-test.
 *
 *   seatrial-NAME --describe   what it is, as JSON ("seatrial.bench/1"); the harness knows nothing
 * else seatrial-NAME --explain    what it would do, for people to repeat by hand seatrial-NAME
 * [OPTION]...  one result document on stdout; people's text on stderr
 */
#pragma once

#include "options.h"
#include "problem.h"
#include "record.h"

/* Why a bench, or a part of it, cannot run here. */
struct obstacle {
	char why[768];    /* "this kernel has no io_uring" */
	char enable[512]; /* "use Linux 5.6 or newer, or ask the provider to lift seccomp's ban" */
};

struct bench {
	const char *name;     /* "fsync": the program is seatrial-fsync */
	const char *question; /* the one question it answers, in a user's words */
	const char *method;   /* how, in paragraphs: manual page and report */
	const char *sections; /* more manual text, "# TITLE" lines and paragraphs; may be NULL */
	const struct option_row *options; /* its own rows; their values land in `config` */
	void *config;
	const struct metric_spec *metrics;             /* may be NULL */
	const struct distribution_spec *distributions; /* may be NULL */

	/* Checks options against each other after parsing. NULL: nothing to check. */
	int (*check)(void *config, struct problem *problem);

	/* Expected duration in seconds with this configuration; sizes the harness's time limit. */
	double (*estimate)(const void *config);

	/* True when it can run here; else fills `obstacle`. Changes nothing. NULL: always. */
	bool (*supported)(const void *config, struct obstacle *obstacle);

	/* Prints the steps it would take, with sizes and times. */
	void (*explain)(const void *config, FILE *out);

	/* Measures; checks interrupt_pending() at least every 100 ms. Returns 0 or a negative errno
	 * with `problem` filled; what was recorded before is kept either way. */
	int (*measure)(const void *config, struct record *record, struct problem *problem);

	/* The complete document is out: what was kept in case it got lost may go. NULL: nothing. */
	void (*delivered)(const void *config);
};

/* Defined by each benchmark. */
extern const struct bench bench;

/* Options every bench has: --preset, --seed. Read-only to benches. */
struct bench_common {
	const char *preset;
	uint64_t seed; /* of every pseudo-random choice; recorded */
	bool help, describe, explain, version, manual;
	const char *completion;
};
extern struct bench_common bench_common;
