/*
 * comparison_private: the parts of comparison.c, in several files.
 */
#pragma once

#include "comparison.h"

#include "difference.h"
#include "interval.h"
#include "rate.h"

/* One candidate's reading of one key. */
struct cell {
	/* What all its runs say: the rate of their events, or the median of their values, with its
	 * own interval from 6 runs on and before that the least one that holds each run's. */
	struct interval reading;
	size_t runs_count;
	bool is_speed; /* of the latest run: above 0, and no rate of rare events */
	double *values;
	uint32_t *runs, *repeats;   /* which each value is from; repeats count on over runs */
	size_t count;               /* repetitions; 0 when there is none */
	double *events, *exposures; /* of rare events: one a run */
	size_t counted;             /* of them; 0 when some run counts none */
	struct difference difference;
	double p_adjusted;
	bool compared; /* `difference` is of this cell against the baseline's */
};

/* One key in all candidates. */
struct metric_row {
	const struct sample_key *key;
	const struct sample_meaning *meaning; /* of `like` */
	const struct sample *like; /* what samples must be comparable with; gone with the set's */
	struct cell *cells;        /* one a candidate */
	bool mixed;                /* settings differ between cells */
	bool judged; /* a profile asks about it: known once ranking_make() was called */
};

struct table {
	const struct comparison_request *request;
	struct metric_row *rows;
	size_t count;
	json_t *aside; /* what is not compared: (candidate, what, why) to how many metrics */
	json_t *mixed; /* the same of what is compared all the same */
	/* What differences and cells share, as there may be very many of them: texts, and integers
	 * from 0 on. */
	json_t *words, *counts;
};

/* The cells of all candidates, not yet compared; and how those of each differ from the baseline's.
 */
void table_make(const struct sample_set *set, const struct comparison_request *request,
	struct table *table);
void table_compare(struct table *table);
void table_free(struct table *table);

/* Notes why something of a candidate is not compared; what has the same reason is counted, and `of`
 * says what is: "readings". */
void table_note(json_t *notes, size_t candidate, const char *what, const char *why, const char *of);

/* The notes as [{"what","why"}]; a new reference. */
json_t *table_notes(const struct table *table, const json_t *notes);

/* A candidate; which metric a row is about; what a cell says of it (without "candidate"), as in
 * seatrial.comparison/1. New references. */
json_t *table_candidate(const struct candidate *candidate);
json_t *table_key(const struct metric_row *row);
json_t *table_cell(const struct table *table, const struct cell *cell);

/* The repetitions of two cells. While there are fewer runs than evidence by run takes, each repeat
 * of a run (`seatrial run --repeat`) counts as one: it began anew as much as a run does. */
struct difference_sides table_sides(const struct cell *baseline, const struct cell *candidate);

/* The events of two cells: false when one of them counts none. */
bool table_rates(
	const struct cell *baseline, const struct cell *candidate, struct rate_sides *rates);

/* Which runs a comparison with the baseline goes without, of the baseline and of the candidate: one
 * that both have says nothing of a difference between them. Where one side has no run alone, all of
 * its runs are compared with what the other has alone. */
struct shared {
	size_t count;     /* runs that both have */
	bool *dropped[2]; /* marks of their runs */
};

/* Finds and notes them; the caller frees them with shared_clear(). False when both sides are the
 * same runs: there is nothing to compare. */
bool shared_find(struct table *table, size_t which, struct shared *shared);
void shared_clear(struct shared *shared);

/* The cells of the baseline and of a candidate without these runs: copies, to be freed with
 * table_clear_cell(). False, with none made, when one has nothing; noted when that is for want of
 * runs that are not shared. */
bool shared_part(struct table *table, const struct metric_row *row, size_t which,
	const struct shared *shared, struct cell pair[2]);

/* Adds to what table_cell() says how the repetitions of a metric that a profile judges spread. */
void spread_add(const struct metric_row *row, const struct cell *cell, json_t *json);

/* Frees the repetitions of a cell, or all cells of a row. */
void table_clear_cell(struct cell *cell);
void table_free_row(const struct table *table, struct metric_row *row);

/* The metrics as JSON, which frees their cells, and the rankings; new references. */
json_t *table_metrics(struct table *table);
json_t *ranking_make(struct table *table);

/* The worst verdict of a candidate's runs by each of their profiles; a new reference. */
json_t *ranking_verdicts(const struct candidate *candidate);

/* Whether a requirement of a profile asks for the reading of this key. */
bool ranking_asks_for(const json_t *profile, const struct sample_key *key);

/* Adds to the verdicts of a candidate, as table_candidate() describes it, how each requirement was
 * judged by the run that it is judged worst by. With very many candidates it is left out, which
 * lines_note() says. */
void lines_add(const struct table *table, size_t which, json_t *json);
void lines_note(struct table *table);

/* JSON of a number; null when it is not finite. */
json_t *comparison_number(double value);
