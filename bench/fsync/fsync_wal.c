/*
 * Mode wal: append and fdatasync, back to back; the recipe that etcd's users know from fio
 * (--rw=write --ioengine=sync --fdatasync=1 --size=22m --bs=2300), so that readings compare with
 * theirs. As fio does, the file's blocks are reserved first and written in order.
 */
#include "fsync.h"

#include "clock.h"
#include "interrupt.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

enum { LATENCY_FSYNC, LATENCY_APPEND };

static int append_until(struct fsync_trial *trial, int file, const char *payload,
	uint64_t file_bytes, int64_t end_ns, struct problem *problem)
{
	uint64_t room = file_bytes / trial->payload;
	int64_t offset = 0;

	for (uint64_t i = 0; i < room && !interrupt_pending(); i++) {
		int64_t start_ns = clock_now_ns();
		int result = fsync_write(file, payload, trial->payload, offset, problem);

		if (result < 0)
			return result;
		int64_t written_ns = clock_now_ns();
		if (fdatasync(file) < 0)
			return problem_errno(problem, "fdatasync failed");
		int64_t now_ns = clock_now_ns();

		fsync_note(&trial->latency[LATENCY_FSYNC], written_ns, now_ns - written_ns);
		fsync_note(&trial->latency[LATENCY_APPEND], start_ns, now_ns - start_ns);
		trial->writes++;
		offset += (int64_t)trial->payload;
		if (now_ns >= end_ns)
			break;
	}
	return 0;
}

int fsync_wal_run(struct fsync_trial *trial, const struct fsync_config *config,
	const struct scratch *scratch, int64_t duration_ns, struct problem *problem)
{
	int result = 0;
	char *payload = malloc(trial->payload);

	if (!payload)
		return problem_set(problem, -ENOMEM, "no memory for a payload");
	fsync_fill(payload, trial->payload, bench_common.seed);

	/* When a file is full the next begins; making it counts neither as time nor as latency. */
	for (int64_t left_ns = duration_ns; result == 0 && left_ns > 0 && !interrupt_pending();) {
		int file = scratch_file(scratch, "wal", config->file_bytes, problem);
		if (file < 0) {
			result = file;
			break;
		}
		int64_t start_ns = clock_now_ns();
		struct clock_cpu before = clock_cpu();
		result = append_until(
			trial, file, payload, config->file_bytes, start_ns + left_ns, problem);
		int64_t took_ns = clock_now_ns() - start_ns;
		left_ns -= took_ns;
		struct clock_cpu after = clock_cpu();
		trial->user_s += after.user_s - before.user_s;
		trial->system_s += after.system_s - before.system_s;
		trial->elapsed_s += (double)took_ns / 1e9;
		close(file);
	}
	free(payload);
	return result;
}
