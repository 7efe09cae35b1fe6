/*
 * Mode uring: appends through io_uring, a write linked to an fdatasync, with up to `depth` of these
 * chains in flight. Shows whether a disk (and the file system above it) merges flushes of
 * concurrent writers.
 */
#include "fsync.h"

#include "clock.h"
#include "interrupt.h"

#include <errno.h>
#include <liburing.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { LATENCY_APPEND };

struct appender {
	struct fsync_trial *trial;
	struct io_uring ring;
	int64_t *starts_ns; /* of each chain in flight */
	const char *payload;
	uint64_t file_bytes;
	int64_t offset;
	int file;
};

/* One chain is two completions; the low bit of user_data tells which. */
static void submit_chain(struct appender *appender, size_t index)
{
	struct fsync_trial *trial = appender->trial;
	struct io_uring_sqe *write = io_uring_get_sqe(&appender->ring);
	struct io_uring_sqe *sync = io_uring_get_sqe(&appender->ring);

	if (appender->offset + (int64_t)trial->payload > (int64_t)appender->file_bytes)
		appender->offset = 0;
	io_uring_prep_write(write, appender->file, appender->payload, (unsigned int)trial->payload,
		(uint64_t)appender->offset);
	write->flags |= IOSQE_IO_LINK;
	write->user_data = index << 1;
	io_uring_prep_fsync(sync, appender->file, IORING_FSYNC_DATASYNC);
	sync->user_data = index << 1 | 1;
	appender->offset += (int64_t)trial->payload;
	appender->starts_ns[index] = clock_now_ns();
}

static int check_completion(
	const struct appender *appender, const struct io_uring_cqe *cqe, struct problem *problem)
{
	bool is_sync = cqe->user_data & 1;
	const char *what = is_sync ? "fdatasync" : "writing";

	if (cqe->res < 0)
		return problem_set(problem, cqe->res, "%s through io_uring failed: %s", what,
			strerror(-cqe->res));
	if (!is_sync && (uint64_t)cqe->res != appender->trial->payload)
		return problem_set(problem, -ENOSPC, "io_uring wrote only %d of %llu bytes",
			cqe->res, (unsigned long long)appender->trial->payload);
	return 0;
}

/* Takes one completion; returns 1 when it ended a chain, 0 when not, or a negative errno. */
static int take_completion(struct appender *appender, size_t *index, struct problem *problem)
{
	struct io_uring_cqe *cqe;
	int result = io_uring_wait_cqe(&appender->ring, &cqe);

	if (result == -EINTR)
		return 0;
	if (result < 0)
		return problem_set(
			problem, result, "waiting for io_uring failed: %s", strerror(-result));
	int64_t now_ns = clock_now_ns();
	*index = cqe->user_data >> 1;
	bool is_sync = cqe->user_data & 1;
	result = check_completion(appender, cqe, problem);
	io_uring_cqe_seen(&appender->ring, cqe);
	if (result < 0 || !is_sync)
		return result;
	int64_t start_ns = appender->starts_ns[*index];
	fsync_note(&appender->trial->latency[LATENCY_APPEND], start_ns, now_ns - start_ns);
	appender->trial->writes++;
	return 1;
}

static int append_until(struct appender *appender, int64_t end_ns, struct problem *problem)
{
	uint64_t in_flight = appender->trial->depth;
	int result = 0;

	for (size_t i = 0; i < in_flight; i++)
		submit_chain(appender, i);
	while (in_flight > 0) {
		size_t index = 0;

		result = io_uring_submit(&appender->ring);
		if (result < 0 && result != -EINTR)
			return problem_set(
				problem, result, "io_uring took no request: %s", strerror(-result));
		result = take_completion(appender, &index, problem);
		if (result < 0)
			return result; /* the rest ends with the ring */
		if (result == 0)
			continue;
		if (clock_now_ns() < end_ns && !interrupt_pending())
			submit_chain(appender, index);
		else
			in_flight--;
	}
	return 0;
}

int fsync_uring_probe(struct problem *problem)
{
	struct io_uring ring;
	int result = io_uring_queue_init(2, &ring, 0);

	if (result < 0)
		return problem_set(
			problem, result, "the kernel gives us no io_uring: %s", strerror(-result));
	/* Linux 5.1 to 5.5 have rings, but no plain write for them, and cannot be asked. */
	struct io_uring_probe *probe = io_uring_get_probe_ring(&ring);
	if (!probe || !io_uring_opcode_supported(probe, IORING_OP_WRITE))
		result = problem_set(
			problem, -EOPNOTSUPP, "io_uring of this kernel is too old to write");
	io_uring_free_probe(probe);
	io_uring_queue_exit(&ring);
	return result;
}

int fsync_uring_run(struct fsync_trial *trial, const struct fsync_config *config,
	const struct scratch *scratch, int64_t duration_ns, struct problem *problem)
{
	struct appender appender = {.trial = trial, .file_bytes = config->file_bytes};
	char *payload = malloc(trial->payload);
	int result;

	appender.starts_ns = calloc(trial->depth, sizeof(*appender.starts_ns));
	appender.file = scratch_file(scratch, "uring", config->file_bytes, problem);
	if (!payload || !appender.starts_ns) {
		result = problem_set(problem, -ENOMEM, "no memory for payloads");
		goto out;
	}
	if (appender.file < 0) {
		result = appender.file;
		goto out;
	}
	fsync_fill(payload, trial->payload, bench_common.seed);
	appender.payload = payload;
	result = io_uring_queue_init((unsigned int)trial->depth * 2, &appender.ring, 0);
	if (result < 0) {
		problem_set(
			problem, result, "the kernel gives us no io_uring: %s", strerror(-result));
		goto out;
	}
	int64_t start_ns = clock_now_ns();
	result = append_until(&appender, start_ns + duration_ns, problem);
	trial->elapsed_s += (double)(clock_now_ns() - start_ns) / 1e9;
	io_uring_queue_exit(&appender.ring);
out:
	if (appender.file >= 0)
		close(appender.file);
	free(appender.starts_ns);
	free(payload);
	return result;
}
