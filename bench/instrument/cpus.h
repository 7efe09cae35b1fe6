/*
 * cpus: which processors the two ends of a measurement run on.
 */
#pragma once

#include <stdbool.h>

/* Two CPUs that this process may run on: of different cores where there are such, since two threads
 * of one core slow each other down; the same one twice where there is but one. The last ones are
 * preferred, as interrupts tend to be served by the first. */
void cpus_pair(int pair[2]);

/* The last CPU that this thread may run on; -1: not known. */
int cpus_last(void);

/* Has this thread run on one CPU alone. Returns 0 or a negative errno. */
int cpus_pin(int cpu);

/* Has this thread, and what it starts, run on all CPUs that it may run on but one. False: it may
 * run on no other, and goes on as before. */
bool cpus_leave(int cpu);
