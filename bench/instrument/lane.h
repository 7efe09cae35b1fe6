/*
 * lane: loads that take turns. What is compared runs in slices, there and back (A B C, C B A),
 * which make one block, so that a machine that slows down or recovers does it to all alike. The
 * block is the repetition: compare what two lanes read in the same one.
 */
#pragma once

#include "load.h"
#include "peer.h"

/* A load and what it read in the last block. */
struct lane {
	struct load *load;     /* both ends here, or */
	struct peer_load *far; /* one of them on another machine */
	struct histogram *latency;
	double elapsed_s;
	double bytes, messages; /* where they are received; of RR and CRR, answers */
	double sent, lost, duplicates, reordered; /* UDP stream */
	double jitter_s;    /* UDP stream: mean of the slices that have one; NAN: none has */
	double retransmits; /* TCP stream: segments */
	double cpu_s;       /* both ends' own user time, and all system and softirq time of
			       their CPUs; NAN: not known */
	double sending_s;   /* the sender's part of it; NAN: not known, or both share a CPU */
	double errors;      /* calls that failed, at both ends */
	double timeouts;    /* UDP_RR */
	unsigned jitters;   /* slices that have one */
	bool asks;          /* RR and CRR: the sender counts */
	bool one_cpu;       /* both ends share it */
	bool elsewhere;     /* set by who opens it: other CPUs work for this load too, so that
			       what it costs is not known */
	/* Of all blocks since it was opened. */
	double failures, tried;      /* messages that failed, or got no answer, of so many */
	double stalled;              /* RR and CRR: requests open for all of a slice's window */
	double foreign_s, watched_s; /* others' user time on the ends' CPUs, in so much time */
};

/* How much others ran on the CPUs of many lanes. */
struct lane_company {
	double foreign_s, watched_s;
};

/* Returns 0 or a negative errno with a sentence; close it in either case. */
int lane_open(struct lane *lane, const struct load_plan *plan, const struct load_end *receiver,
	const struct load_end *sender, struct problem *problem);

/* As lane_open(), with the other end at a peer. */
int lane_open_peer(struct lane *lane, struct peer *peer, const struct load_plan *plan, enum way way,
	enum peer_direction direction, struct problem *problem);
void lane_close(struct lane *lane);

/* What a reader must know of a lane when it has run: warnings when more messages failed than a
 * notice of the path's MTU explains, and when requests stood still, with `what` they were for
 * ("stream over VXLAN"). Adds to `company`. */
struct record;
void lane_look_back(const struct lane *lane, const char *what, struct lane_company *company,
	struct record *record);

/* A warning when others had a share of the CPUs that is worth one. */
void lane_warn_of_company(const struct lane_company *company, struct record *record);

/* Runs one block of `count` lanes. Ends early when interrupted. Returns 0 or a negative errno with
 * a sentence. */
int lane_run_block(struct lane *lanes, size_t count, int64_t warm_ns, int64_t slice_ns,
	struct problem *problem);

/* How long a block takes, in seconds: each slice ends with a wait for what is still on its way, a
 * longer one when an end is `far`, at a peer. */
double lane_block_s(size_t count, uint64_t warm_ns, uint64_t slice_ns, bool far);

/* What the last block says; NAN where it says nothing, as when calls failed and no message came.
 * Payload only. */
double lane_bits_per_s(const struct lane *lane);
double lane_messages_per_s(const struct lane *lane);
double lane_cpu_per_gigabyte(const struct lane *lane);
double lane_sender_cpu_per_gigabyte(const struct lane *lane);
double lane_cpu_per_million(const struct lane *lane); /* messages */
double lane_retransmits_per_gigabyte(const struct lane *lane);
double lane_loss(const struct lane *lane); /* 0..1 */
