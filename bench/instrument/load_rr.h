/*
 * load_rr: what the kinds with requests and responses share.
 */
#pragma once

#include "load_internal.h"

#define LOAD_RR_EVENTS 64

struct load_rr_flow {
	int fd;           /* CRR: the connection under way, or -1 */
	bool out;         /* a message is being sent, else received */
	bool connected;   /* CRR */
	bool answered;    /* CRR: the server's close is waited for */
	uint32_t moved;   /* bytes of the message */
	uint32_t number;  /* UDP: of the request */
	int64_t since_ns; /* when the request began; 0: it counted in a slice before */
};

/* Moves what can be moved of a flow's message: 1 when that is all of it (and turns the flow round),
 * 0 when the rest has to wait, or a negative errno. */
int load_rr_move(struct load_half *half, struct load_rr_flow *flow, int fd);

/* Tells, at a client, the age of a request that was answered or given up, or that the slice leaves
 * open; it counts if it was made in the window or open at its end (load_result.latency). */
void load_rr_tell(struct load_half *half, struct load_rr_flow *flow, int64_t now_ns);

/* Counts a transaction, and tells its age; the time is the next one's start. */
void load_rr_finish(struct load_half *half, struct load_rr_flow *flow);

/* Whether a client's flow has nothing under way. */
bool load_rr_idle(const struct load_rr_flow *flow);
