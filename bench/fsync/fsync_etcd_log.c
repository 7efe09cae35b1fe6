/*
 * etcd's write-ahead log: appends to segments of reserved blocks, the cut from one to the next, and
 * snapshots. README.md tells what was seen and read of etcd.
 */
#include "fsync_etcd.h"

#include "clock.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define ENTRY_OVERHEAD 48 /* of a put without its key and value, before rounding */
#define FRAME_ALIGN    8
#define STATE_BYTES    40           /* raft's hard state, written with each batch */
#define HEAD_BYTES     96           /* checksum, identity and state at a segment's beginning */
#define RECORD_BYTES   24           /* a snapshot's mark in the log */
#define BUFFER_BYTES   (128 * 1024) /* etcd's page writer flushes when it holds more */
#define SNAPSHOT_BYTES 7116
#define SNAPSHOTS_KEPT 5 /* --max-snapshots */

enum { LATENCY_FSYNC };

struct name {
	char text[48];
};

static struct name tmp_name(uint64_t segment)
{
	struct name name;

	snprintf(name.text, sizeof(name.text), "%llu.tmp", (unsigned long long)segment);
	return name;
}

static struct name segment_name(uint64_t segment)
{
	struct name name;

	snprintf(name.text, sizeof(name.text), "%016llx.wal", (unsigned long long)segment);
	return name;
}

static struct name snapshot_name(uint64_t snapshot)
{
	struct name name;

	snprintf(name.text, sizeof(name.text), "%016llx.snap", (unsigned long long)snapshot);
	return name;
}

int etcd_sync(int file, const char *what, struct problem *problem)
{
	return fdatasync(file) < 0 ? problem_errno(problem, "fdatasync of the %s failed", what) : 0;
}

/* What etcd exports as etcd_disk_wal_fsync_duration_seconds. Needs log->write. */
static int sync_log(struct etcd_log *log, int file, struct problem *problem)
{
	int64_t start_ns = clock_now_ns();
	int result = etcd_sync(file, "log", problem);

	if (result == 0 && log->begun)
		fsync_note(
			&log->trial->latency[LATENCY_FSYNC], start_ns, clock_now_ns() - start_ns);
	return result;
}

static int write_log(struct etcd_log *log, uint64_t bytes, struct problem *problem)
{
	int result = 0;

	while (bytes > 0 && result == 0) {
		uint64_t piece = bytes < BUFFER_BYTES ? bytes : BUFFER_BYTES;

		result = fsync_write(log->file, log->buffer, piece, (int64_t)log->used, problem);
		log->used += piece;
		bytes -= piece;
	}
	return result;
}

/* Takes the segment that the helper has made; waits for it when the disk was too slow for that. */
static int take_next(struct etcd_log *log, struct problem *problem)
{
	pthread_mutex_lock(&log->lock);
	while (log->next_file < 0 && log->result == 0)
		pthread_cond_wait(&log->changed, &log->lock);
	int file = log->next_file;
	if (file < 0)
		file = problem_set(problem, log->result, "%s", log->problem.text);
	else
		log->segment++;
	log->next_file = -1;
	pthread_cond_broadcast(&log->changed);
	pthread_mutex_unlock(&log->lock);
	return file;
}

/* Gives a segment its beginning and its name. */
static int begin_segment(struct etcd_log *log, int file, struct problem *problem)
{
	struct name from = tmp_name(log->segment), to = segment_name(log->segment);
	int directory = log->scratch->directory;

	if (log->file >= 0)
		close(log->file);
	log->file = file;
	log->used = 0;
	int result = write_log(log, HEAD_BYTES, problem);
	if (result == 0)
		result = sync_log(log, file, problem);
	if (result < 0)
		return result;
	if (renameat(directory, from.text, directory, to.text) < 0)
		return problem_errno(problem, "cannot rename a log segment");
	return fsync(directory) < 0 ? problem_errno(problem, "fsync of a directory failed") : 0;
}

int etcd_log_append(struct etcd_log *log, uint64_t count, struct problem *problem)
{
	int result = 0;

	pthread_mutex_lock(&log->write);
	/* etcd looks at the size before it writes out, so that a segment ends one batch later. */
	bool is_full = log->used >= log->config->segment_bytes;
	if (is_full && ftruncate(log->file, (off_t)log->used) < 0)
		result = problem_errno(problem, "cannot end a log segment");
	if (result == 0)
		result = write_log(log, count * log->entry_bytes + STATE_BYTES, problem);
	if (result == 0)
		result = sync_log(log, log->file, problem);
	if (result == 0 && is_full) {
		int file = take_next(log, problem);
		result = file < 0 ? file : begin_segment(log, file, problem);
	}
	pthread_mutex_unlock(&log->write);
	return result;
}

void etcd_log_snapshot(struct etcd_log *log)
{
	pthread_mutex_lock(&log->lock);
	log->wants_snapshot = true;
	pthread_cond_broadcast(&log->changed);
	pthread_mutex_unlock(&log->lock);
}

/* The state's file, then its mark in the log. */
static int write_snapshot(struct etcd_log *log, struct problem *problem)
{
	if (log->snapshots >= SNAPSHOTS_KEPT)
		unlinkat(log->scratch->directory,
			snapshot_name(log->snapshots - SNAPSHOTS_KEPT).text, 0);
	int file = scratch_file(log->scratch, snapshot_name(log->snapshots).text, 0, problem);
	if (file < 0)
		return file;
	int result = fsync_write(file, log->buffer, SNAPSHOT_BYTES, 0, problem);
	if (result == 0 && fsync(file) < 0)
		result = problem_errno(problem, "fsync of a snapshot failed");
	close(file);
	if (result < 0)
		return result;
	log->snapshots++;
	pthread_mutex_lock(&log->write);
	result = write_log(log, RECORD_BYTES, problem);
	if (result == 0)
		result = sync_log(log, log->file, problem);
	pthread_mutex_unlock(&log->write);
	return result;
}

static int make_next(struct etcd_log *log, uint64_t segment, struct problem *problem)
{
	/* etcd keeps five; here one is kept, so that a long test does not fill the disk. */
	if (segment >= 3)
		unlinkat(log->scratch->directory, segment_name(segment - 3).text, 0);
	return scratch_file(
		log->scratch, tmp_name(segment).text, log->config->segment_bytes, problem);
}

/* Keeps what a helper's work came to; the first error ends the log. Needs log->lock. */
static void keep_result(struct etcd_log *log, int result, const struct problem *problem)
{
	if (result < 0 && log->result == 0) {
		log->result = result;
		log->problem = *problem;
	}
	pthread_cond_broadcast(&log->changed);
}

/* etcd's file pipeline: one segment is always in reserve. */
static void *make_segments(void *argument)
{
	struct etcd_log *log = argument;
	struct problem problem;

	pthread_mutex_lock(&log->lock);
	while (!log->stop && log->result == 0) {
		if (log->next_file >= 0) {
			pthread_cond_wait(&log->changed, &log->lock);
			continue;
		}
		uint64_t segment = log->segment + 1;
		pthread_mutex_unlock(&log->lock);
		int file = make_next(log, segment, &problem);
		pthread_mutex_lock(&log->lock);
		log->next_file = file;
		keep_result(log, file, &problem);
	}
	pthread_mutex_unlock(&log->lock);
	return NULL;
}

static void *make_snapshots(void *argument)
{
	struct etcd_log *log = argument;
	struct problem problem;

	pthread_mutex_lock(&log->lock);
	while (!log->stop && log->result == 0) {
		if (!log->wants_snapshot) {
			pthread_cond_wait(&log->changed, &log->lock);
			continue;
		}
		pthread_mutex_unlock(&log->lock);
		int result = write_snapshot(log, &problem);
		pthread_mutex_lock(&log->lock);
		log->wants_snapshot = false;
		keep_result(log, result, &problem);
	}
	pthread_mutex_unlock(&log->lock);
	return NULL;
}

static int start_helpers(struct etcd_log *log, struct problem *problem)
{
	void *(*const jobs[LOG_HELPERS])(void *) = {make_segments, make_snapshots};

	for (; log->helpers < LOG_HELPERS; log->helpers++) {
		int error =
			pthread_create(&log->helper[log->helpers], NULL, jobs[log->helpers], log);
		if (error)
			return problem_set(
				problem, -error, "cannot start a thread: %s", strerror(error));
	}
	return 0;
}

int etcd_log_open(struct etcd_log *log, struct problem *problem)
{
	uint64_t bytes = log->trial->payload + log->config->key_bytes + ENTRY_OVERHEAD;

	log->entry_bytes = (bytes + FRAME_ALIGN - 1) / FRAME_ALIGN * FRAME_ALIGN;
	log->file = log->next_file = -1;
	pthread_mutex_init(&log->write, NULL);
	pthread_mutex_init(&log->lock, NULL);
	pthread_cond_init(&log->changed, NULL);
	log->buffer = malloc(BUFFER_BYTES);
	if (!log->buffer)
		return problem_set(problem, -ENOMEM, "no memory for the log");
	fsync_fill(log->buffer, BUFFER_BYTES, bench_common.seed);
	int file = make_next(log, 0, problem);
	if (file < 0)
		return file;
	int result = begin_segment(log, file, problem);
	if (result < 0)
		return result;
	log->begun = true;
	result = start_helpers(log, problem);
	if (result < 0)
		return result;
	/* etcd has started, and made a segment in reserve, long before the load comes. */
	pthread_mutex_lock(&log->lock);
	while (log->next_file < 0 && log->result == 0)
		pthread_cond_wait(&log->changed, &log->lock);
	if (log->result < 0)
		result = problem_set(problem, log->result, "%s", log->problem.text);
	pthread_mutex_unlock(&log->lock);
	return result;
}

int etcd_log_close(struct etcd_log *log, struct problem *problem)
{
	pthread_mutex_lock(&log->lock);
	log->stop = true;
	pthread_cond_broadcast(&log->changed);
	pthread_mutex_unlock(&log->lock);
	while (log->helpers > 0)
		pthread_join(log->helper[--log->helpers], NULL);
	if (log->next_file >= 0)
		close(log->next_file);
	if (log->file >= 0)
		close(log->file);
	/* The next trial's files must not find the disk fuller. */
	for (uint64_t i = log->segment < 2 ? 0 : log->segment - 2; i <= log->segment; i++)
		unlinkat(log->scratch->directory, segment_name(i).text, 0);
	for (uint64_t i = 0; i < SNAPSHOTS_KEPT && i < log->snapshots; i++)
		unlinkat(log->scratch->directory, snapshot_name(log->snapshots - 1 - i).text, 0);
	unlinkat(log->scratch->directory, tmp_name(log->segment).text, 0);
	unlinkat(log->scratch->directory, tmp_name(log->segment + 1).text, 0);
	pthread_cond_destroy(&log->changed);
	pthread_mutex_destroy(&log->lock);
	pthread_mutex_destroy(&log->write);
	free(log->buffer);
	return log->result < 0 ? problem_set(problem, log->result, "%s", log->problem.text) : 0;
}
