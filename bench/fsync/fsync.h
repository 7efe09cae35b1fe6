/*
 * fsync: what the modules of this benchmark share.
 *
 * A trial is one mode with one setting of what it depends on (a point of the sweeps). Trials take
 * turns: each repetition runs all of them once, in an order that reverses every time, so that a
 * disk that slows down or recovers meanwhile does it to all of them alike.
 */
#pragma once

#include "bench.h"
#include "disk.h"
#include "scratch.h"
#include "settle.h"

enum fsync_mode { FSYNC_WAL, FSYNC_ETCD, FSYNC_URING, FSYNC_KNEE, FSYNC_MODES };

struct fsync_config {
	const char *dir;
	uint64_t modes; /* mask over enum fsync_mode */
	struct option_list payloads, value_sizes, rates, depths;
	uint64_t duration_ns, etcd_duration_ns, repetitions, most_repetitions;
	const char *limits;
	struct settle settle; /* what `limits` says */
	uint64_t key_bytes, clients, snapshot_count;
	uint64_t batch_interval_ns, batch_limit, compaction_interval_ns;
	uint64_t file_bytes, segment_bytes, database_bytes;
	uint64_t keep_free_bytes;
	uint64_t probe_ns, knee_p99_ns, knee_most; /* FSYNC_KNEE */
	uint64_t soak_ns;                          /* 0: no soak */
	bool soaks_no_knee;                        /* though asked for */
	int64_t give_up_ns; /* no repetition beyond those asked for begins after this */
	const char *state;  /* file; NULL: none */
	uint64_t heartbeat_ns, election_ns; /* of the cluster that the readings are for */
};

/* Where one latency of a trial goes. */
struct fsync_latency {
	const struct distribution_spec *spec;
	struct histogram *histogram; /* of this repetition */
	struct series *series;
};

#define FSYNC_LATENCIES 3
#define FSYNC_LABELS    2

#define FSYNC_CLUSTERS 2 /* of 3 and of 5 members */

/* What the flushes of all repetitions would have done to a leader; FSYNC_ETCD only. */
struct fsync_stability {
	double stalls,
		lost[FSYNC_CLUSTERS]; /* of a heartbeat interval or more; leaders, expected */
	double exposure_s;
	uint64_t flushes;
	int64_t longest_ns;
};

struct fsync_trial {
	enum fsync_mode mode;
	uint64_t payload; /* bytes an append; of the value in FSYNC_ETCD */
	uint64_t rate;    /* appends a second; FSYNC_ETCD only */
	uint64_t depth;   /* appends in flight; FSYNC_URING only */
	struct label labels[FSYNC_LABELS + 1];
	struct fsync_latency latency[FSYNC_LATENCIES];
	size_t latencies;

	/* What the last repetition did. */
	uint64_t writes; /* appends made durable */
	double elapsed_s;
	double user_s, system_s; /* CPU time; FSYNC_WAL only */

	struct fsync_stability stability;
	double knee; /* FSYNC_KNEE: the last rate found, where the next search starts */
	int64_t knee_spent_ns;
};

/* Each runs its trial for duration_ns on files in `scratch`, fills the trial's histograms, `writes`
 * and `elapsed_s`. An interrupt ends them early without error. Return 0 or a negative errno with a
 * sentence. */
int fsync_wal_run(struct fsync_trial *trial, const struct fsync_config *config,
	const struct scratch *scratch, int64_t duration_ns, struct problem *problem);
int fsync_etcd_run(struct fsync_trial *trial, const struct fsync_config *config,
	const struct scratch *scratch, int64_t duration_ns, struct problem *problem);
int fsync_uring_run(struct fsync_trial *trial, const struct fsync_config *config,
	const struct scratch *scratch, int64_t duration_ns, struct problem *problem);

/* As the others, but `duration_ns` is that of a probe, and `writes` and `elapsed_s` are those of
 * the best. */
int fsync_knee_run(struct fsync_trial *trial, const struct fsync_config *config,
	const struct scratch *scratch, int64_t duration_ns, struct problem *problem);

/* 0 when io_uring works here, else a negative errno with a sentence. */
int fsync_uring_probe(struct problem *problem);

#define FSYNC_TRIALS_MAX 64

extern const struct distribution_spec fsync_distributions[];
extern const struct metric_spec fsync_metrics[];

bool fsync_has_mode(const struct fsync_config *use, enum fsync_mode mode);

/* How many settings of a mode the lists ask for; 0 when the mode is not wanted. */
size_t fsync_count_trials(const struct fsync_config *use, enum fsync_mode mode);

/* Length of one repetition. */
uint64_t fsync_duration_ns(const struct fsync_config *use, enum fsync_mode mode);

/* Bytes of scratch files that all modes together keep at a time. */
uint64_t fsync_bytes(const struct fsync_config *use);

/* How many repetitions there may be: more than asked for when limits are to be settled. */
uint64_t fsync_most_repetitions(const struct fsync_config *use);

/* The largest value of a list; 0 of an empty one. */
uint64_t fsync_largest(const struct option_list *list);

/* Bytes by which mode etcd's database may grow in one repetition. */
uint64_t fsync_growth_bytes(const struct fsync_config *config);

/* Bytes of memory that the latencies of all trials take until the end. */
uint64_t fsync_memory(const struct fsync_config *use);

/* Fills `trials` (of FSYNC_TRIALS_MAX) with every combination asked for; returns how many. */
size_t fsync_list_trials(const struct fsync_config *use, struct fsync_trial *trials);

/* Gives a trial its labels, histograms (the caller frees them) and series. Returns 0 or -ENOMEM. */
int fsync_prepare_trial(struct fsync_trial *trial, struct record *record, struct problem *problem);

/* Runs all repetitions of all trials and records them, also what came before an error or an
 * interrupt. */
int fsync_run_trials(struct fsync_trial *trials, size_t count, const struct fsync_config *use,
	const struct scratch *scratch, struct record *record, struct problem *problem);

/* The probability that a cluster of so many members replaces a leader whose flush lasts so long. */
double fsync_election_odds(int cluster, double stall_s, double heartbeat_s, double election_s);

/* Records what the flushes of the last repetition of an etcd trial would have done to leaders, and
 * adds it to the trial's stability. */
void fsync_note_elections(struct fsync_trial *trial, const struct fsync_config *use,
	const struct metric_spec *stalls, const struct metric_spec *changes, struct record *record);

/* Records as facts what the etcd trial with the longest stall means for clusters of 1, 3 and 5. */
void fsync_record_stability(const struct fsync_trial *trials, size_t count,
	const struct fsync_config *use, struct record *record);

/* Fills `bytes` of memory with what no disk compresses or deduplicates; the seed decides what. */
void fsync_fill(void *memory, size_t bytes, uint64_t seed);

/* Writes all of it; -errno with a sentence. A short write counts as -ENOSPC. */
int fsync_write(
	int file, const void *memory, size_t bytes, int64_t offset, struct problem *problem);

static inline void fsync_note(struct fsync_latency *latency, int64_t at_ns, int64_t latency_ns)
{
	histogram_record(latency->histogram, latency_ns);
	if (latency->series)
		series_add(latency->series, at_ns, latency_ns);
}

/* The steps of a repetition: forget the last, measure for a slice (several add up), record what
 * they measured. */
void fsync_begin_repetition(struct fsync_trial *trial);
int fsync_run_slice(struct fsync_trial *trial, const struct fsync_config *use,
	const struct scratch *scratch, struct problem *problem);
void fsync_end_repetition(
	struct fsync_trial *trial, const struct fsync_config *use, struct record *record);

/* In place of fsync_run_trials(): lets the trials take turns for --soak, from the --state that is
 * there on. */
#define FSYNC_SOAK_PARTS 16 /* repetitions at most */
int fsync_soak(struct fsync_trial *trials, size_t count, const struct fsync_config *use,
	const struct scratch *scratch, struct record *record, struct problem *problem);

/* Removes a state, and the lock beside it, after its document is out. */
void fsync_forget_soak(const char *state);

/* What a soak was asked to do: a state with another answer is none of its own. A new reference. */
json_t *fsync_soak_asked(const struct fsync_config *use);

/* Tells whether "durable" is true here: probes with a few writes, then records the facts
 * durability.*. */
int fsync_check_durability(const struct fsync_config *config, const struct disk *disk,
	const struct scratch *scratch, struct record *record, struct problem *problem);

/* Records the fact durability.errors: what `result` of all that was written and flushed, 0 or
 * a negative errno with a sentence, says about the disk. Errors that are none of the disk, a full
 * one among them, say nothing. */
void fsync_record_errors(struct record *record, int result, const struct problem *problem);
