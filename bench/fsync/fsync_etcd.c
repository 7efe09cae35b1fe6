/*
 * Mode etcd: what etcd asks of a disk under a steady load; README.md tells how that is known.
 *
 * The log: entries arrive at a fixed rate whatever the disk does (open loop). Those that are due
 * are appended in one write to a preallocated segment, then fdatasync: raft saves all that has
 * queued up in one go, so a slow flush makes the next batch larger. No more than --clients are in
 * flight: a client waits until its put is durable and applied, and nothing is applied while the
 * backend commits. The flush alone is what etcd exports as etcd_disk_wal_fsync_duration_seconds;
 * the latency of an append counts from the moment its entry was due, all waiting included. A disk
 * that cannot keep up even so ends the trial after twice its time: what still waits then counts
 * with what it has waited.
 *
 * A thread for the clients keeps the pace and wakes the log, as a put's arrival wakes etcd. With a
 * timer of its own the log's thread would be alone on processors that have just woken for it.
 *
 * Beside it the backend commits, segments are made ahead and snapshots written. All share the disk,
 * and so each other's flushes.
 */
#include "fsync_etcd.h"

#include "clock.h"
#include "interrupt.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <unistd.h>

enum { LATENCY_APPEND = 1 };

struct load {
	struct fsync_trial *trial;
	struct etcd_log log;
	struct etcd_backend backend;
	pthread_t clients;
	int arrivals; /* an eventfd */
	atomic_bool stop;
	int64_t start_ns, gap_ns;
	uint64_t total, done, snapshot_at; /* entries */
};

static int64_t due_ns(const struct load *load, uint64_t entry)
{
	return load->start_ns + (int64_t)entry * load->gap_ns;
}

static void *run_clients(void *argument)
{
	struct load *load = argument;
	uint64_t sent = 0;

	while (sent < load->total && !load->stop) {
		if (clock_sleep_until_ns(due_ns(load, sent)) != 0)
			continue;
		uint64_t more =
			1 + (uint64_t)((clock_now_ns() - due_ns(load, sent)) / load->gap_ns);
		/* Fails only when 2^64 arrivals wait. */
		sent += eventfd_write(load->arrivals, more) == 0 ? more : 0;
	}
	return NULL;
}

static int append(struct load *load, uint64_t count, struct problem *problem)
{
	struct fsync_latency *latency = &load->trial->latency[LATENCY_APPEND];
	int result = etcd_log_append(&load->log, count, problem);

	if (result < 0)
		return result;
	int64_t now_ns = clock_now_ns();
	for (uint64_t i = load->done; i < load->done + count; i++)
		fsync_note(latency, due_ns(load, i), now_ns - due_ns(load, i));
	load->done += count;
	load->trial->writes += count;
	if (etcd_backend_apply(&load->backend, count) >= load->snapshot_at) {
		etcd_backend_commit_soon(&load->backend);
		etcd_log_snapshot(&load->log);
		load->snapshot_at += load->log.config->snapshot_count;
	}
	return 0;
}

static int run_load(struct load *load, int64_t duration_ns, struct problem *problem)
{
	int64_t give_up_ns = load->start_ns + 2 * duration_ns;

	while (load->done < load->total && clock_now_ns() < give_up_ns && !interrupt_pending()) {
		int64_t next_ns = due_ns(load, load->done);

		if (clock_now_ns() < next_ns) {
			eventfd_t more; /* the clock tells how many */
			eventfd_read(load->arrivals, &more);
			continue;
		}
		uint64_t room = etcd_backend_room(&load->backend, load->log.config->clients);
		if (room == 0)
			return 0; /* etcd_backend_stop() tells why */
		uint64_t count = 1 + (uint64_t)((clock_now_ns() - next_ns) / load->gap_ns);
		if (count > load->total - load->done)
			count = load->total - load->done;
		if (count > room)
			count = room;
		int result = append(load, count, problem);
		if (result < 0)
			return result;
	}
	/* Leaving them out would make the slowest disk look better. */
	int64_t now_ns = clock_now_ns();
	for (; load->done < load->total && !interrupt_pending(); load->done++)
		fsync_note(&load->trial->latency[LATENCY_APPEND], due_ns(load, load->done),
			now_ns - due_ns(load, load->done));
	return 0;
}

/* The log's thread is the caller's, which signals interrupt. */
static int run_all(struct load *load, int64_t duration_ns, struct problem *problem)
{
	struct problem ignored;

	/* Sleeps end when they should, not up to 50 us later (prctl(2)): it counts in what an entry
	 * waits. */
	prctl(PR_SET_TIMERSLACK, 1UL);
	load->start_ns = clock_now_ns();
	int error = pthread_create(&load->clients, NULL, run_clients, load);
	if (error)
		return problem_set(problem, -error, "cannot start a thread: %s", strerror(error));
	int result = etcd_backend_start(&load->backend, problem);
	if (result == 0)
		result = run_load(load, duration_ns, problem);
	/* Until the next entry would be due: n entries take n gaps, not n - 1. */
	if (result == 0 && load->done == load->total && !interrupt_pending())
		clock_sleep_until_ns(due_ns(load, load->total));
	load->trial->elapsed_s += (double)(clock_now_ns() - load->start_ns) / 1e9;
	int stopped = etcd_backend_stop(&load->backend, result < 0 ? &ignored : problem);
	load->stop = true;
	pthread_join(load->clients, NULL);
	return result < 0 ? result : stopped;
}

int fsync_etcd_run(struct fsync_trial *trial, const struct fsync_config *config,
	const struct scratch *scratch, int64_t duration_ns, struct problem *problem)
{
	struct load *load = calloc(1, sizeof(*load));

	if (!load)
		return problem_set(problem, -ENOMEM, "no memory for a trial");
	load->trial = trial;
	load->log = (struct etcd_log){.trial = trial, .config = config, .scratch = scratch};
	load->backend.file = -1;
	load->backend.trial = trial;
	load->backend.config = config;
	load->gap_ns = INT64_C(1000000000) / (int64_t)trial->rate;
	load->total = (uint64_t)(duration_ns / load->gap_ns);
	load->snapshot_at = config->snapshot_count;
	load->arrivals = eventfd(0, EFD_CLOEXEC);
	int result = load->arrivals < 0 ? problem_errno(problem, "cannot make an eventfd")
					: etcd_backend_open(&load->backend, scratch, problem);
	if (result == 0) {
		result = etcd_log_open(&load->log, problem);
		if (result == 0 && !interrupt_pending())
			result = run_all(load, duration_ns, problem);
		int closed = etcd_log_close(&load->log, result < 0 ? NULL : problem);
		result = result < 0 ? result : closed;
	}
	etcd_backend_close(&load->backend);
	if (load->arrivals >= 0)
		close(load->arrivals);
	free(load);
	return result;
}
