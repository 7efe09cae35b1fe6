/* probe_private: what probe.c, which takes turns, and probe_flow.c, whose exchanges they are made
 * of, share. */
#pragma once

#include "probe.h"

struct probe {
	int cpu;
	int udp, listener; /* the backend's */
	uint64_t number;   /* of the exchange: what it sends, so that no stray is taken for it */
	bool waited;       /* in this exchange */
	unsigned int lost; /* exchanges without an answer since the last one that had one */
	bool times_sleep;  /* in this turn */
	int64_t asleep_ns; /* in such a turn: until a packet came, or none */
	uint64_t exchanges, late, unanswered;
};

/* Both ends of one; of UDP, all have the same server. */
struct flow {
	int client, server; /* -1: none yet */
	size_t size; /* of a message: a datagram that holds the whole number, or one byte of it */
};

/* Opens the client's end of a flow, which sends nothing yet. Closed, it resets a connection, so
 * that nothing of it is left to either end. 0 or a negative errno with a sentence; close it in
 * either case. */
int probe_open_flow(
	struct probe *probe, enum probe_kind kind, struct flow *flow, struct problem *problem);
void probe_close_flow(const struct probe *probe, const struct flow *flow);

/* How long they took, in ns; negative: no answer. Begins with a first packet: connects, and of UDP
 * makes an exchange. */
int64_t probe_begin_flow(struct probe *probe, struct flow *flow, const struct sockaddr_in *to);

/* Connects, until the other end has accepted. */
int64_t probe_establish(struct probe *probe, struct flow *flow, const struct sockaddr_in *to);

/* A message and its answer. */
int64_t probe_exchange(struct probe *probe, const struct flow *flow);

/* How long this thread has waited for its CPU, all in all; 0 where Linux does not tell. */
int64_t probe_waited_ns(void);

/* What failed must not be accepted in the place of the next. */
void probe_drain(const struct probe *probe);
