/*
 * cost: what a measurement cost in CPU time, and what disturbed it meanwhile.
 */
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

/* A snapshot of counters; opaque to benches but small enough for the stack. */
struct cost_sample {
	int64_t time_ns;                  /* CLOCK_MONOTONIC */
	double user_s, system_s;          /* this process and its reaped children */
	int64_t switches;                 /* involuntary context switches of this process */
	double cpu_total_s, cpu_steal_s;  /* whole machine, /proc/stat; negative: not available */
	double cpu_softirq_s, cpu_idle_s; /* whole machine, /proc/stat */
	double pressure_s[3]; /* "some" stall time: cpu, io, memory; negative: not available */
	double load1;         /* at the sample; negative: not available */
	int64_t throttled;    /* periods in which our cgroup was throttled; negative: unknown */
};

void cost_sample(struct cost_sample *sample);

/* The difference of two samples as the record's "conditions" (results/schema/result-1.json): CPU
 * seconds, steal, busy and softirq ratios, pressure, load, throttling. What the system does not
 * tell is left out, never zero. A new reference. */
json_t *cost_difference(const struct cost_sample *before, const struct cost_sample *after);

/* Steal as a share of all CPU time between two samples, 0..1; negative when unknown. */
double cost_steal_ratio(const struct cost_sample *before, const struct cost_sample *after);

/* What one CPU did since boot, whoever asked for it: the kernel's network work belongs to nobody. A
 * CPU's time is known in ticks, 10 ms as a rule. */
struct cost_cpu {
	double user_s, system_s, softirq_s; /* with nice; with hard interrupts */
};

/* Opens /proc/stat for that. -1 when there is none, or one that is made up for a container (lxcfs),
 * whose CPUs are not the kernel's. */
int cost_cpu_open(void);

/* Reads it from `stat`, a descriptor of /proc/stat kept open, without allocation. False, and zeros,
 * when the system does not tell or has no such CPU. */
bool cost_cpu_sample(int stat, int cpu, struct cost_cpu *sample);
