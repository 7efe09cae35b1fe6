/*
 * probe: exchanges of one message and its answer, both ends in one thread.
 *
 * What a send() has the kernel do, up to the other end's socket, is done when it returns, wherever
 * the path is made of veth: the sending CPU takes the packet all the way. So the same thread takes
 * it there, answers, and takes the answer: the time for that holds the path twice and no wake-up of
 * another thread, which costs more than what is looked for and varies more. Where a packet is late
 * all the same, as the kernel may leave it to ksoftirqd, the thread waits for it.
 *
 * Each call runs on a thread of its own, pinned to the probe's CPU, in the client's namespace; the
 * caller, and the tools that it starts, stay where they are. One call at a time. All end early, and
 * return 0, when interrupted (interrupt.h).
 */
#pragma once

#include "problem.h"

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct probe;

enum probe_kind {
	PROBE_UDP_FIRST,       /* the first datagram of a flow and its answer */
	PROBE_UDP_ESTABLISHED, /* those after it */
	PROBE_TCP_FIRST,       /* connect() until the other end's accept() has it */
	PROBE_TCP_ESTABLISHED, /* a byte and its answer */
	PROBE_KINDS,
};

/* How long an exchange waits for a packet before it counts as one without an answer. */
#define PROBE_WAIT_MS 100

/* So many of a turn in a row without an answer end it: the path is broken. */
#define PROBE_LOST_MAX 8

/* Where to, and from where. */
struct probe_aim {
	enum probe_kind kind;
	int netns;                    /* the client's: borrowed descriptor */
	const struct sockaddr_in *to; /* taken in turn; of established ones, a flow for each */
	size_t to_count;
};

/* Opens the backend's sockets in its namespace, on port RULES_TARGET_PORT of every address; all
 * exchanges run on `cpu`. NULL with a sentence. */
struct probe *probe_open(int backend_netns, int cpu, struct problem *problem);

/* Makes `count` exchanges one after another. Fills how long each took, in ns; negative: none came
 * in PROBE_WAIT_MS. A flow is opened before it is timed and closed after; each has a port that no
 * recent one had, so that its first packet is one to conntrack too. 0 or a negative errno with a
 * sentence: -ETIMEDOUT after PROBE_LOST_MAX in a row. */
int probe_turn(struct probe *probe, const struct probe_aim *aim, size_t count, int64_t *latency_ns,
	struct problem *problem);

/* The median of such times, in s; NAN where none was answered. Sorts them; `unanswered` is how many
 * were not, and may be NULL. */
double probe_median_s(int64_t *latency_ns, size_t count, size_t *unanswered);

/* What a time of nothing but TCP connections came to. */
struct probe_rate {
	uint64_t connections;
	int64_t elapsed_ns;
	int64_t waiting_ns; /* of it, when the CPU was another thread's; 0 where Linux does not tell
			     */
	int64_t asleep_ns;  /* of it, when a packet was waited for */
};

/* Opens and closes connections for a time. The rest of what elapsed is what the CPU spent on them;
 * one that is not accepted in PROBE_WAIT_MS is not counted, but in probe_unanswered(). Fails as
 * probe_turn() does. */
int probe_connections(struct probe *probe, const struct probe_aim *aim, int64_t duration_ns,
	struct probe_rate *rate, struct problem *problem);

/* Since it was opened: exchanges, those of them for which a packet was waited for, and those that
 * no packet came for. */
uint64_t probe_exchanges(const struct probe *probe);
uint64_t probe_late(const struct probe *probe);
uint64_t probe_unanswered(const struct probe *probe);

/* NULL is allowed. */
void probe_close(struct probe *probe);
