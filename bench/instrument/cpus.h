/*
 * cpus: which processors the two ends of a measurement run on.
 */
#pragma once

#include <stddef.h>

/* Two CPUs that this process may run on: of different cores where there are such, since two threads
 * of one core slow each other down; the same one twice where there is but one. The last ones are
 * preferred, as interrupts tend to be served by the first. */
void cpus_pair(int pair[2]);
