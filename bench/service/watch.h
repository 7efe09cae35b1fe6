/*
 * watch: what new connections feel while something is done to a node.
 *
 * A thread begins a UDP flow at each tick of a schedule, whatever became of those before, and is
 * its other end, too (as in probe.h). An answer's delay counts from the tick, so that a flow which
 * could not even begin, because the CPU was taken, is late like one that was held up on its way. A
 * flow without an answer in WATCH_WAIT_NS, or that an error ended, is lost.
 */
#pragma once

#include "histogram.h"
#include "problem.h"

#include <netinet/in.h>
#include <stdint.h>

#define WATCH_WAIT_NS INT64_C(100000000)

struct watch;

struct watch_aim {
	int pod_netns, backend_netns; /* borrowed descriptors */
	int cpu;                      /* that both ends run on; -1: any */
	struct sockaddr_in to;        /* leads to port RULES_TARGET_PORT of the backend */
	int64_t every_ns;
};

struct watch_seen {
	uint64_t begun, lost;
};

/* Begins; the first flow has been answered, or is lost, when this returns. NULL with a sentence. */
struct watch *watch_begin(const struct watch_aim *aim, struct problem *problem);

/* Ends it: waits for the flows of all ticks until now. Adds the delays of those answered to
 * `delay`, and says how many there were; the first one, which warms up, is left out. Frees it. 0 or
 * a negative errno with a sentence. */
int watch_end(struct watch *watch, struct watch_seen *seen, struct histogram *delay,
	struct problem *problem);
