/*
 * Mode etcd: what etcd asks of a disk under a steady load.
 *
 * The write-ahead log: entries arrive at a fixed rate whatever the disk does (open loop). Those
 * that are due are appended in one write to a preallocated segment, then fdatasync: raft saves all
 * that has queued up in one go, so a slow flush makes the next batch larger, not the queue endless.
 * The flush alone is what etcd exports as etcd_disk_wal_fsync_duration_seconds; the latency of an
 * append counts from the moment its entry was due, queueing included. A disk that cannot keep up
 * even so ends the trial after twice its time: what still waits then counts with what it has
 * waited.
 *
 * The backend: 100 ms after each commit (etcd's default batch interval) bbolt writes the next:
 * about five pages of 4 KiB in place of those that an earlier commit gave up, about five at the
 * end, where the file has no blocks yet (seen with strace at 150 puts of 1 KiB a second),
 * fdatasync, a meta page, fdatasync; together they are etcd_disk_backend_commit_duration_seconds.
 * When the end is reached the file grows by 16 MiB (bbolt's AllocSize). Both share the disk, and so
 * each other's flushes.
 */
#include "fsync.h"

#include "clock.h"
#include "interrupt.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#define PAGE_BYTES         4096
#define RUN_PAGES          5
#define META_PAGES         2 /* bbolt's first two pages take turns */
#define COMMIT_INTERVAL_NS INT64_C(100000000)
#define BATCH_BYTES        (UINT64_C(1) << 20)
#define BATCH_ENTRIES      256

enum { LATENCY_FSYNC, LATENCY_APPEND, LATENCY_COMMIT };

struct backend {
	struct fsync_trial *trial;
	int file;
	uint64_t pages; /* written through before */
	uint64_t next;  /* page at the end that has no block yet */
	uint64_t end;   /* of the file, in pages */
	uint64_t random, commits;
	char *page;
	int64_t end_ns;
	atomic_bool stop; /* by the log: end */
	atomic_int result;
	struct problem problem;
};

/* xorshift64*: enough to scatter pages. */
static uint64_t next_random(uint64_t *state)
{
	*state ^= *state >> 12;
	*state ^= *state << 25;
	*state ^= *state >> 27;
	return *state * UINT64_C(0x2545f4914f6cdd1d);
}

static int sync_file(int file, const char *what, struct problem *problem)
{
	return fdatasync(file) < 0 ? problem_errno(problem, "fdatasync of the %s failed", what) : 0;
}

static int grow(struct backend *backend)
{
	backend->end += FSYNC_GROWTH_BYTES / PAGE_BYTES;
	if (ftruncate(backend->file, (off_t)(backend->end * PAGE_BYTES)) < 0)
		return problem_errno(&backend->problem, "cannot make the database larger");
	return fsync(backend->file) < 0
		       ? problem_errno(&backend->problem, "fsync of the database failed")
		       : 0;
}

static int write_pages(struct backend *backend, uint64_t first, uint64_t count)
{
	int result = 0;

	for (uint64_t i = first; i < first + count && result == 0; i++)
		result = fsync_write(backend->file, backend->page, PAGE_BYTES,
			(int64_t)i * PAGE_BYTES, &backend->problem);
	return result;
}

/* One bbolt commit. */
static int commit(struct backend *backend)
{
	uint64_t reused = META_PAGES +
			  next_random(&backend->random) % (backend->pages - META_PAGES - RUN_PAGES);
	int result = 0;

	/* Pages with other content than before, as changed ones have. */
	memcpy(backend->page, &backend->random, sizeof(backend->random));
	int64_t start_ns = clock_now_ns();
	if (backend->next + RUN_PAGES > backend->end)
		result = grow(backend);
	if (result == 0)
		result = write_pages(backend, reused, RUN_PAGES);
	if (result == 0)
		result = write_pages(backend, backend->next, RUN_PAGES);
	if (result == 0)
		result = sync_file(backend->file, "database", &backend->problem);
	if (result == 0)
		result = write_pages(backend, backend->commits % META_PAGES, 1);
	if (result == 0)
		result = sync_file(backend->file, "database", &backend->problem);
	if (result == 0)
		fsync_note(&backend->trial->latency[LATENCY_COMMIT], start_ns,
			clock_now_ns() - start_ns);
	backend->next += RUN_PAGES;
	backend->commits++;
	return result;
}

static void *run_backend(void *argument)
{
	struct backend *backend = argument;

	while (backend->result == 0 && !backend->stop) {
		int64_t next_ns = clock_now_ns() + COMMIT_INTERVAL_NS;

		if (next_ns >= backend->end_ns)
			break;
		clock_sleep_until_ns(next_ns);
		if (!backend->stop)
			backend->result = commit(backend);
	}
	return NULL;
}

struct log {
	const struct scratch *scratch;
	uint64_t segment_bytes, used;
	int file;
};

/* etcd cuts a segment when it is full and goes on in the next. The old one has no readers here. */
static int cut_segment(struct log *log, struct problem *problem)
{
	if (log->file >= 0)
		close(log->file);
	log->used = 0;
	log->file = scratch_file(log->scratch, "segment", log->segment_bytes, problem);
	if (log->file < 0)
		return log->file;
	return fsync(log->file) < 0 ? problem_errno(problem, "fsync of a new segment failed") : 0;
}

/* Appends `count` entries that were due from `due_ns` on, `gap_ns` apart. */
static int append(struct fsync_trial *trial, struct log *log, const char *entries, uint64_t count,
	int64_t due_ns, int64_t gap_ns, struct problem *problem)
{
	uint64_t bytes = count * trial->payload;
	int result = 0;

	if (log->used + bytes > log->segment_bytes)
		result = cut_segment(log, problem);
	if (result == 0)
		result = fsync_write(log->file, entries, bytes, (int64_t)log->used, problem);
	if (result < 0)
		return result;
	log->used += bytes;
	int64_t written_ns = clock_now_ns();
	result = sync_file(log->file, "log", problem);
	if (result < 0)
		return result;
	int64_t now_ns = clock_now_ns();

	fsync_note(&trial->latency[LATENCY_FSYNC], written_ns, now_ns - written_ns);
	for (uint64_t i = 0; i < count; i++, due_ns += gap_ns)
		fsync_note(&trial->latency[LATENCY_APPEND], due_ns, now_ns - due_ns);
	trial->writes += count;
	return 0;
}

static int run_log(struct fsync_trial *trial, struct log *log, struct backend *backend,
	const char *entries, uint64_t batch, int64_t start_ns, int64_t duration_ns,
	struct problem *problem)
{
	int64_t gap_ns = INT64_C(1000000000) / (int64_t)trial->rate;
	int64_t give_up_ns = start_ns + 2 * duration_ns;
	uint64_t total = (uint64_t)(duration_ns / gap_ns), done = 0;

	while (done < total && clock_now_ns() < give_up_ns && backend->result == 0 &&
		!interrupt_pending()) {
		int64_t due_ns = start_ns + (int64_t)done * gap_ns;

		/* Meanwhile the backend may have failed. */
		if (clock_now_ns() < due_ns) {
			clock_sleep_until_ns(due_ns);
			continue;
		}
		uint64_t count = 1 + (uint64_t)((clock_now_ns() - due_ns) / gap_ns);
		if (count > total - done)
			count = total - done;
		if (count > batch)
			count = batch;
		int result = append(trial, log, entries, count, due_ns, gap_ns, problem);
		if (result < 0)
			return result;
		done += count;
	}
	/* Leaving them out would make the slowest disk look better. */
	int64_t now_ns = clock_now_ns();
	for (; done < total && backend->result == 0 && !interrupt_pending(); done++) {
		int64_t due_ns = start_ns + (int64_t)done * gap_ns;

		fsync_note(&trial->latency[LATENCY_APPEND], due_ns, now_ns - due_ns);
	}
	return 0;
}

/* The database, written through once: pages that a commit changes have been on the disk before. */
static int open_database(const struct scratch *scratch, uint64_t bytes, struct problem *problem)
{
	enum { CHUNK = 1 << 20 };
	static char chunk[CHUNK];
	int result = 0, file = scratch_file(scratch, "database", bytes, problem);

	if (file < 0)
		return file;
	fsync_fill(chunk, CHUNK, bench_common.seed);
	for (uint64_t at = 0; at < bytes && result == 0 && !interrupt_pending(); at += CHUNK) {
		result = fsync_write(
			file, chunk, bytes - at < CHUNK ? bytes - at : CHUNK, (int64_t)at, problem);
		/* In pieces: one flush of it all could not be interrupted. */
		if (result == 0 && at % (64 * CHUNK) == 0)
			result = sync_file(file, "database", problem);
	}
	if (result == 0 && fsync(file) < 0)
		result = problem_errno(problem, "fsync of the database failed");
	if (result < 0) {
		close(file);
		return result;
	}
	return file;
}

static int run_both(struct fsync_trial *trial, struct log *log, struct backend *backend,
	const char *entries, uint64_t batch, int64_t duration_ns, struct problem *problem)
{
	pthread_t thread;

	/* Sleeps end when they should, not up to 50 us later (prctl(2)): it counts in what an entry
	 * waits. */
	prctl(PR_SET_TIMERSLACK, 1UL);
	int64_t start_ns = clock_now_ns();
	backend->end_ns = start_ns + duration_ns;
	int error = pthread_create(&thread, NULL, run_backend, backend);
	if (error)
		return problem_set(problem, -error, "cannot start a thread: %s", strerror(error));
	int result = run_log(trial, log, backend, entries, batch, start_ns, duration_ns, problem);
	backend->stop = result < 0 || interrupt_pending();
	pthread_join(thread, NULL);
	trial->elapsed_s += (double)(clock_now_ns() - start_ns) / 1e9;
	if (result == 0 && backend->result < 0)
		result = problem_set(problem, backend->result, "%s", backend->problem.text);
	return result;
}

int fsync_etcd_run(struct fsync_trial *trial, const struct fsync_config *config,
	const struct scratch *scratch, int64_t duration_ns, struct problem *problem)
{
	struct log log = {.scratch = scratch, .segment_bytes = config->segment_bytes, .file = -1};
	struct backend backend = {
		.trial = trial,
		.pages = config->database_bytes / PAGE_BYTES,
		.random = bench_common.seed | 1,
		.file = -1,
	};
	uint64_t batch = BATCH_BYTES / trial->payload;
	int result;

	batch = batch < 1 ? 1 : batch > BATCH_ENTRIES ? BATCH_ENTRIES : batch;
	char *entries = malloc(batch * trial->payload);
	backend.page = malloc(PAGE_BYTES);
	if (!entries || !backend.page) {
		result = problem_set(problem, -ENOMEM, "no memory for a batch of entries");
		goto out;
	}
	fsync_fill(entries, batch * trial->payload, bench_common.seed);
	fsync_fill(backend.page, PAGE_BYTES, bench_common.seed);
	backend.next = backend.end = backend.pages;
	result = backend.file = open_database(scratch, config->database_bytes, problem);
	if (result >= 0 && (result = grow(&backend)) < 0)
		problem_set(problem, result, "%s", backend.problem.text);
	if (result >= 0)
		result = cut_segment(&log, problem);
	if (result >= 0)
		result = run_both(trial, &log, &backend, entries, batch, duration_ns, problem);
out:
	if (log.file >= 0)
		close(log.file);
	if (backend.file >= 0)
		close(backend.file);
	free(backend.page);
	free(entries);
	return result < 0 ? result : 0;
}
