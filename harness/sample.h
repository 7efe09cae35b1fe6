/*
 * sample: run documents flattened to what statistics needs: one sample a metric and label set, with
 * the value of every repetition. A set holds the samples of many runs; what they share (keys,
 * meanings, settings, hosts, profiles) is there once, so that two samples are of one metric when
 * their `key` is the same pointer, and may be compared when `setting` is, too.
 *
 * The documents may hold anything. What is not whole is left out with a reason, never guessed.
 * Strings stay as they are: whoever shows one encodes it for where it lands.
 */
#pragma once

#include "judge.h"
#include "problem.h"

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Which metric it is. */
struct sample_key {
	const char *bench, *name;
	const char *labels; /* "a=b,c=d" by name; '\\', ',' and '=' in texts have a '\\' before */
	size_t index;       /* of all keys of the set, from 0 */
};

/* The value of a run is what its verdicts say of it (reading.h): the quantile of the pooled
 * histograms of all repetitions, the rate of all events, or the median of all values. A run with
 * one result has it as the summary; one with several whose histograms are not whole has none. */

/* What its values mean. Samples of one key whose unit, better or quantile differ are not
 * comparable; a title may change. */
struct sample_meaning {
	const char *title, *unit, *better; /* "lower" or "higher" */
	const char *relative_to, *against; /* "" for none */
	double quantile;                   /* 0 for none */
	size_t index;
};

/* How it was measured. */
struct sample_setting {
	const char *bench;
	const char *suite;      /* "0.1": major and minor version */
	const char *preset;     /* "quick" */
	const char *parameters; /* those that matter, as compact JSON sorted by name */
	uint64_t fingerprint;   /* of all of these */
	size_t index;
};

struct sample {
	const struct sample_key *key;
	const struct sample_meaning *meaning;
	const struct sample_setting *setting;
	double value, low, high; /* the run's; -INFINITY and INFINITY where a side is open */
	double events, exposure; /* of a rate of rare events; exposure 0 for none */
	const double *values;    /* one a repetition, finite */
	size_t count;            /* of them, at least 1 */
	size_t repeats;          /* how many results of the run they are from, one after another */
	const double *ends; /* `repeats` counts: of values up to and with each of these results;
			       NULL when they have as many each */
};

/* One run. */
struct sample_run {
	/* {"id","started","state","host","label"?,"suite","preset","sha256"?}: as in the run. */
	json_t *header;
	const char *id, *started, *label, *host; /* in `header`; label "" for none, host its id */
	const struct sample *samples;            /* sorted by their keys' index */
	size_t count;
	const json_t *profiles; /* an array: as they were used, unchecked */
	const json_t *verdicts; /* [{"profile","title","overall","why"}], by these profiles */
	const char *lines;      /* for sample_next_line(): there may be very many runs */
	const json_t *left_out; /* [{"what","why"}] */
};

struct sample_set;

/* Appends {"what","why"} to such a list; both texts may be hostile. */
void sample_note(json_t *notes, const char *what, const char *why);

/* An empty set. Running out of memory ends the program, here and in all of these. */
struct sample_set *sample_set_new(void);
void sample_set_free(struct sample_set *set);

/* Has runs that are added judged by these profiles (an array, already checked) in place of their
 * own. */
void sample_set_judge_by(struct sample_set *set, json_t *profiles);
json_t *sample_set_judges(const struct sample_set *set); /* borrowed; NULL for none */

/* Flattens a run that document_check_run() has found whole, and judges it by its profiles. `sha256`
 * (hexadecimal, of its file) may be NULL. Borrowed from the set. Keeps nothing of `run`. */
const struct sample_run *sample_set_add(
	struct sample_set *set, const json_t *run, const char *sha256);

/* As sample_set_add() for a run document as text, or as a file, which must be one; `what` names it
 * in sentences. NULL with a sentence. */
const struct sample_run *sample_run_parse(struct sample_set *set, const char *text, size_t length,
	const char *what, struct problem *problem);
const struct sample_run *sample_run_read(
	struct sample_set *set, const char *path, struct problem *problem);

/* Why a run may lack readings although it says nothing of them: a sentence; NULL when it is
 * complete. */
const char *sample_run_unfinished(const struct sample_run *run);

/* The run's sample of a key, or NULL. */
const struct sample *sample_find(const struct sample_run *run, const struct sample_key *key);

/* Frees a run of the set; quick for the one that was added last. */
void sample_set_forget(struct sample_set *set, const struct sample_run *run);

/* Frees the samples and the `lines` of all runs, which have none from then on: they are most of
 * what runs take. */
void sample_set_strip(struct sample_set *set);

/* How one requirement was judged. */
struct sample_line {
	enum status status;
	double excess;    /* how far the reading is on the bad side: judge_excess() */
	const char *text; /* JSON: what seatrial.verdict/1 says beside what its requirement says */
	size_t length;    /* of it; 0 when there is none */
};

enum sample_lines { SAMPLE_LINES_LINE, SAMPLE_LINES_NEXT_PROFILE, SAMPLE_LINES_END };

/* Reads a run's `lines` from the start: a line for each requirement of the first of `profiles`, in
 * their order, then those of the next; none for a profile that could not be used. */
enum sample_lines sample_next_line(const char **at, struct sample_line *line);

/* How many keys the set has: every key's index is less. */
size_t sample_set_keys(const struct sample_set *set);

/* The key's labels as an object of texts; a new reference. */
json_t *sample_labels(const struct sample_key *key);

/* What keeps two samples of one key from being compared: "the preset is quick in one and full in
 * the other". Returns false, with nothing written, when they can be. */
bool sample_differs(
	const struct sample *one, const struct sample *other, char *buffer, size_t size);

/* Finds or makes what samples share; `index` and `fingerprint` of the argument are ignored. */
struct sample_key *sample_set_key(struct sample_set *set, const struct sample_key *key);
struct sample_meaning *sample_set_meaning(
	struct sample_set *set, const struct sample_meaning *meaning);
struct sample_setting *sample_set_setting(
	struct sample_set *set, const struct sample_setting *setting);

/* The value of a JSON text, parsed once however often it is asked for; borrowed. NULL when it is
 * none. */
json_t *sample_set_json(struct sample_set *set, const char *text);

/* Adds a run from its parts: takes the references `header`, `profiles`, `verdicts` and `left_out`,
 * and `lines`, `samples` and `values`, each one allocation (`values` holds the values of all
 * samples). */
const struct sample_run *sample_set_adopt(struct sample_set *set, json_t *header, json_t *profiles,
	json_t *verdicts, char *lines, json_t *left_out, struct sample *samples, size_t count,
	double *values);
