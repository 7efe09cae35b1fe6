/*
 * load: traffic between two ends, measured at both.
 *
 * An end is one thread in one network namespace on one CPU. A load keeps its connections open over
 * many slices, so that slices of different loads can be interleaved without paying for slow start,
 * and an idle load costs nothing. Within a slice, only what happens inside its window counts: the
 * load runs before it (warm-up) and after it, so that neither end's start is measured.
 *
 * Both ends may be in this process (load_open), or one of them on another machine (load_half_open;
 * peer.h carries the words between the two).
 */
#pragma once

#include "histogram.h"
#include "problem.h"

#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>

enum load_kind {
	LOAD_TCP_STREAM, /* bytes one way, as fast as they go */
	LOAD_UDP_STREAM, /* numbered datagrams one way, as fast as they go or at a rate */
	LOAD_TCP_RR,     /* request, response, and so on, over a connection that stays */
	LOAD_UDP_RR,
	LOAD_TCP_CRR, /* a connection for each request and response */
};

#define LOAD_FLOWS_MAX  256
#define LOAD_ANSWER_NS  INT64_C(200000000) /* UDP_RR: how long a request may go unanswered */
#define LOAD_NUMBER_MIN 16                 /* bytes of UDP payload that the numbering takes */

/* What to send; plain data that the other end must know too. */
struct load_plan {
	enum load_kind kind;
	uint32_t flows;          /* sockets, 1..LOAD_FLOWS_MAX; of CRR, connections at a time */
	uint32_t message_bytes;  /* of a write, a datagram's payload, or a request; UDP: at least
				    LOAD_NUMBER_MIN, TCP: 1 */
	uint32_t response_bytes; /* RR and CRR; the same limits */
	double rate;        /* UDP stream: datagrams/s by an open-loop schedule; 0: as many as go */
	uint32_t segments;  /* UDP stream: datagrams handed to the kernel as one (UDP_SEGMENT), and
			       taken so (UDP_GRO); 1: each by itself */
	bool dont_fragment; /* UDP: set DF and ignore what the path MTU is thought to be */
	uint32_t mss;       /* TCP_MAXSEG; 0: the kernel's choice */
	char congestion[16]; /* TCP_CONGESTION; "": the host's default */
};

/* Where an end is. The address is the receiver's own, or where the sender connects to; `from` is
 * the sender's address: what that binds to, and the only one that a receiver hears; or AF_UNSPEC. A
 * receiver given port 0 chooses one. */
struct load_end {
	int netns; /* borrowed descriptor of the namespace, or -1: this thread's */
	int cpu;   /* pinned to this CPU, or -1 */
	struct sockaddr_storage address, from;
};

/* CPU time in seconds, within the window. The kernel's network work belongs to no process, so that
 * system and softirq time are all that the end's CPU had (/proc/stat), others' included. It is
 * never user time: that is the thread's own, and what the CPU had of it beside tells how much
 * others ran there. Negative: not known (end not pinned). */
struct load_cost {
	double user_s;              /* the end's thread */
	double system_s, softirq_s; /* its CPU */
	double cpu_user_s;          /* its CPU, others included */
	double thread_s;            /* the end's thread, in the kernel or not */
};

/* What one end saw within the window. Fields that a kind has no use for are 0. */
struct load_side {
	double elapsed_s;  /* as long as it really was; 0 when the end was held up for all of it */
	uint64_t bytes;    /* payload handed to, or got from, the kernel */
	uint64_t messages; /* datagrams; transactions of RR and CRR */
	uint64_t errors;   /* system calls that failed for other reasons than "not now" */
	uint64_t timeouts; /* UDP_RR: requests without an answer in LOAD_ANSWER_NS, given up; of the
			      whole slice, as a window may be shorter than that */
	uint64_t stalled;  /* RR and CRR, asking: requests that were open for all of the window */
	struct load_cost cost;
	/* TCP sender, summed over flows (TCP_INFO) */
	uint64_t retransmits; /* segments */
	double rtt_s;         /* smoothed, of the first flow */
	uint32_t mss;         /* of the first flow */
	/* UDP stream receiver: of the datagrams whose number says that they were sent in the slice,
	 * edges included. Reordered (RFC 4737): one that arrives, for the first time, after one of
	 * its flow that was sent later. One that comes 65,536 or more behind the foremost of its
	 * flow is taken for reordered, never for a duplicate. */
	uint64_t duplicates, reordered;
	double jitter_s; /* RFC 3550 section 6.4.1, mean of the flows of which two came; negative:
			    there are none */
};

struct load_result {
	struct load_side sender, receiver;
	/* The whole slice, edges included, so that nothing on its way is called lost: datagrams of
	 * a UDP stream, bytes of a TCP stream, transactions else (of UDP_RR, with the timeouts,
	 * which are those lost). */
	uint64_t sent, lost;
	/* UDP stream between ends on one machine: one-way delay, at a rate from the time that the
	 * schedule says. RR and CRR: time from request to response (CRR: from connect() on), of the
	 * requests that were made within the window or open for all of it, whenever the answer
	 * came: a stall must not hide by outlasting the window. A request that is given up, or open
	 * when the slice ends (LOAD_ANSWER_NS after its last), counts with its age then, which is
	 * less than its latency, and never again, however many slices later it is answered. One
	 * that is open when the window ends and answered within the next millisecond does not
	 * count: reading the counters may have delayed it. ns. Owned by the load, valid until its
	 * next slice. */
	const struct histogram *latency;
};

struct load;

/* Opens sockets at both ends, connects them and starts the two threads, which then sleep. NULL with
 * a sentence when that fails or takes more than 5 s. */
struct load *load_open(const struct load_plan *plan, const struct load_end *receiver,
	const struct load_end *sender, struct problem *problem);

/* Runs one slice: `warm_ns` uncounted, then a window of `duration_ns`. Ends early when interrupted
 * (interrupt.h), with what was counted until then. Returns 0 or a negative errno with a sentence; a
 * stalled TCP connection is no error but a window with no bytes. */
int load_slice(struct load *load, int64_t warm_ns, int64_t duration_ns, struct load_result *result,
	struct problem *problem);

/* NULL is allowed. */
void load_close(struct load *load);

/* One end alone, the other being elsewhere. The receiver is opened first; its port then goes to the
 * sender. begin() returns at once; each side's window starts `warm_ns` after it was told to, and
 * the sender goes on for 250 ms after its own, which is what the two may be told apart. Datagrams
 * carry the slice's number: both ends must begin the same slices. */
struct load_half;
struct load_half *load_half_open(const struct load_plan *plan, bool receiver,
	const struct load_end *end, struct problem *problem);
in_port_t load_half_port(const struct load_half *half);
int load_half_begin(
	struct load_half *half, int64_t warm_ns, int64_t duration_ns, struct problem *problem);
/* Waits for the end of the slice; fills `side`, what was sent (or received, each datagram once) in
 * the whole slice in the units of load_result.sent, and the latency histogram (NULL where this end
 * has none). */
int load_half_wait(struct load_half *half, struct load_side *side, uint64_t *messages,
	const struct histogram **latency, struct problem *problem);
/* NULL is allowed. */
void load_half_close(struct load_half *half);
