/*
 * peer_server: the end that waits for another machine's benchmarks (seatrial serve).
 *
 * One process listens and admits; each session is a child of its own that dies with it, with its
 * client, or when its time is up, and the kernel then takes its sockets, tunnels and namespaces.
 * One session runs at a time. Data goes to no other address than that of the session's control
 * connection, and loads take it from no other; their ports are open only while they are. A tunnel's
 * device takes what has its port and number, whoever sent it.
 *
 * Ports, from the control connection's on: + 0 control (TCP); + 1 to PEER_LOADS data (TCP and UDP),
 * the same at the client when that receives; then VXLAN and Geneve (UDP).
 */
#pragma once

#include "peer_wire.h"

#include <stdatomic.h>

/* In what IANA's registry of service names and ports has unassigned (7512 to 7541); outside Linux's
 * ephemeral ports (32768 on) and Kubernetes' node ports (30000 to 32767). */
#define PEER_PORT   7512
#define PEER_VXLAN  (PEER_LOADS + 1)
#define PEER_GENEVE (PEER_LOADS + 2)
#define PEER_PORTS  (PEER_LOADS + 3) /* in all */

struct peer_server {
	const char *listen; /* a numeric address; NULL: all */
	uint16_t port;
	const char *token;
	bool once;       /* end after the first session */
	uint64_t for_ns; /* end after that time; 0: never */
	struct peer_limits limits;
	void (*say)(const char *text); /* what happens, for a person */
};

/* Serves until interrupted (interrupt.h) or until `once` or `for_ns` say so. Returns 0 or a
 * negative errno with a sentence. */
int peer_serve(const struct peer_server *server, struct problem *problem);

/* One session on an admitted connection: answers until the client hangs up, is silent for too long,
 * or says what cannot be understood. `port` is the control connection's; `bytes` becomes the
 * payload of the loads, as it grows. */
void peer_session(struct peer_wire *wire, const struct peer_limits *limits, uint16_t port,
	atomic_ullong *bytes);
