/*
 * fsync_etcd: the parts of mode etcd. What etcd does and where that is known from: README.md.
 *
 * The log (raft's write-ahead log) belongs to the thread that paces the entries, the backend
 * (bbolt's file) to a thread of its own. Neither allocates memory once it is open.
 */
#pragma once

#include "fsync.h"

#include <pthread.h>

#define ETCD_PAGE_BYTES   4096
#define ETCD_KEY_OVERHEAD 20 /* of mvccpb.KeyValue, README.md */

/* Free pages of a bbolt file, as ordered runs that do not touch. */
#define PAGES_RUNS_MAX 1024
struct pages {
	struct pages_run {
		uint64_t first, count;
	} runs[PAGES_RUNS_MAX];
	size_t count;
};

/* Puts in `count` pages. When there is no room for another run they are lost, as if in use. */
void pages_add(struct pages *pages, uint64_t first, uint64_t count);

/* Puts in all that is in `other` and empties that. */
void pages_move(struct pages *pages, struct pages *other);

/* Takes the first run of `count` pages, as bbolt's default free list does. Returns its first page,
 * or 0, which is never free, when there is none. */
uint64_t pages_take(struct pages *pages, uint64_t count);

#define LOG_HELPERS 2
struct etcd_log {
	struct fsync_trial *trial;
	const struct fsync_config *config;
	const struct scratch *scratch;
	uint64_t entry_bytes, used, segment; /* number of the segment that is written to */
	int file;
	char *buffer; /* what is written in one go */

	/* Between the threads. */
	pthread_mutex_t write;  /* who writes to the log */
	pthread_mutex_t lock;   /* the fields below */
	pthread_cond_t changed; /* one of them */
	pthread_t helper[LOG_HELPERS];
	size_t helpers; /* that were started */
	bool begun;     /* the log's own beginning has been written */
	bool stop, wants_snapshot;
	int next_file; /* the next segment, or -1 while it is being made */
	uint64_t snapshots;
	int result; /* of the helpers */
	struct problem problem;
};

/* Makes the first segment and starts the helpers: one makes the others, one writes snapshots. On
 * error, too, etcd_log_close() is due. */
int etcd_log_open(struct etcd_log *log, struct problem *problem);

/* Returns the error of a helper, with a sentence. */
int etcd_log_close(struct etcd_log *log, struct problem *problem);

/* Writes `count` entries and makes them durable; records how long each flush took. */
int etcd_log_append(struct etcd_log *log, uint64_t count, struct problem *problem);

/* Asks for a snapshot, which a helper makes meanwhile; one at a time. */
void etcd_log_snapshot(struct etcd_log *log);

struct etcd_backend {
	struct fsync_trial *trial;
	const struct fsync_config *config;
	int file;
	uint64_t item_bytes; /* of a put in a leaf page */
	char *node, *source; /* of node_bytes each: what is written, and what to fill it with */
	uint64_t node_bytes, random;

	/* The B+tree of puts in the order of their revisions: it grows at its right edge only. */
	uint64_t leaves, tail; /* nodes, and puts in the last of them */
	uint64_t next, end;    /* first page never used, and of the file */
	uint64_t commits;
	struct pages free, freed, edge; /* now, from the next commit on, when the edge changes */
	struct pages live;              /* full leaves since the last compaction */

	/* Between the threads. */
	pthread_mutex_t lock;
	pthread_cond_t changed;
	pthread_t thread;
	bool has_thread, stop, committing, wants_commit;
	uint64_t durable, applied, committed; /* puts so far */
	int result;
	struct problem problem;
};

/* Writes the database file through. On error, too, etcd_backend_close() is due. */
int etcd_backend_open(
	struct etcd_backend *backend, const struct scratch *scratch, struct problem *problem);
void etcd_backend_close(struct etcd_backend *backend);

/* Starts and ends the thread that commits. Stopping returns its error, with a sentence. */
int etcd_backend_start(struct etcd_backend *backend, struct problem *problem);
int etcd_backend_stop(struct etcd_backend *backend, struct problem *problem);

/* Gives it `count` puts that the log has made durable. While a commit runs they are not applied,
 * so that their clients have no answer yet. Returns how many puts were applied in all. */
uint64_t etcd_backend_apply(struct etcd_backend *backend, uint64_t count);

/* Waits until fewer than `clients` puts are without an answer; returns how many more there may be,
 * or 0 when the backend has failed. */
uint64_t etcd_backend_room(struct etcd_backend *backend, uint64_t clients);

/* Commits now, as etcd does before a snapshot. */
void etcd_backend_commit_soon(struct etcd_backend *backend);

/* Flushes a file's data; `what` names it in the sentence. */
int etcd_sync(int file, const char *what, struct problem *problem);
