/*
 * clock: monotonic time, what it costs to read it, and whether it can be trusted during a
 * measurement.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <time.h>

/* CLOCK_MONOTONIC in ns. */
static inline int64_t clock_now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * INT64_C(1000000000) + now.tv_nsec;
}

/* CLOCK_REALTIME in ns. */
int64_t clock_utc_ns(void);

/* The time of day in UTC, "2026-11-23T08:30:59.719Z". Returns `buffer`. */
#define CLOCK_UTC_SIZE 32
const char *clock_utc(char buffer[CLOCK_UTC_SIZE]);

/* CPU time that this process has used, in seconds. */
struct clock_cpu {
	double user_s, system_s;
};
struct clock_cpu clock_cpu(void);

/* Sleeps until an absolute CLOCK_MONOTONIC time. Returns 0, or -EINTR when a signal came first. */
int clock_sleep_until_ns(int64_t deadline_ns);

/* What measuring itself costs. */
struct clock_cost {
	double read_ns;       /* mean cost of one clock_now_ns(), back to back */
	double resolution_ns; /* smallest non-zero difference seen between two reads */
	double loop_ns; /* clock pair + histogram_record(): what a measured operation pays at least
			 */
};
struct clock_cost clock_calibrate(void);

/* Spins for duration_ns reading the clock; a gap between two reads is time in which this CPU ran
 * something else: an interrupt, another task, or (on a virtual machine) another guest. */
struct clock_spin {
	uint64_t reads;
	uint64_t gaps;         /* gaps of at least CLOCK_GAP_NS */
	int64_t gaps_total_ns; /* time lost in them */
	int64_t gap_max_ns;
};
#define CLOCK_GAP_NS 50000
struct clock_spin clock_spin(int64_t duration_ns);

/* Watches for steps of the wall clock and drift between MONOTONIC and MONOTONIC_RAW. */
struct clock_watch {
	int64_t monotonic_ns, realtime_ns, raw_ns;
};
struct clock_verdict {
	double step_s;    /* wall clock against monotonic since start, seconds; steps show here */
	double drift_ppm; /* MONOTONIC against MONOTONIC_RAW, parts per million */
};
void clock_watch_start(struct clock_watch *watch);
struct clock_verdict clock_watch_finish(const struct clock_watch *watch);
