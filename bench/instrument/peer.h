/*
 * peer: another machine that runs `seatrial serve`, as benches use it: one end of a load is here,
 * the other there.
 *
 *   struct peer *peer = peer_connect("192.0.2.1", NULL, problem);
 *   peer_tunnel_up(peer, WAY_VXLAN, 0, problem);
 *   struct peer_load *load = peer_load_open(peer, &plan, WAY_VXLAN, PEER_TO, problem);
 *   peer_load_slice(load, warm_ns, duration_ns, &result, problem);
 *
 * What crosses the network in clear: the server's kernel release, version, limits and MTU, the
 * plans of loads, and their results; no host name, no token (peer_wire.h). Each call but
 * peer_connect() takes a round trip or two. After an error in the conversation itself (not one that
 * the server reports) the peer is of no more use: every call fails with the same sentence.
 *
 * Not for several threads at a time.
 */
#pragma once

#include "cluster.h"
#include "load.h"
#include "peer_message.h"

struct peer;
struct peer_load;

enum peer_direction {
	PEER_TO,   /* this machine sends, or asks */
	PEER_FROM, /* the peer does */
};

/* Connects to "HOST" or "HOST:PORT" and proves the token (peer_token_get(): from `token_file` or,
 * when that is NULL, from SEATRIAL_TOKEN). NULL with a sentence. */
struct peer *peer_connect(const char *where, const char *token_file, struct problem *problem);

/* Hangs up, which ends the session there; NULL is allowed. Close loads first. */
void peer_close(struct peer *peer);

int peer_describe(struct peer *peer, struct peer_description *description, struct problem *problem);

/* The MTU, in bytes, of this machine's interface towards the peer; 0: not known. */
uint32_t peer_mtu(const struct peer *peer);

/* AF_INET or AF_INET6: of the control connection, and so of all that goes between the machines. */
int peer_family(const struct peer *peer);

/* Bytes of the IP and UDP headers of a load's own datagrams on a way: those within the tunnel,
 * where it has one, which are IPv4 always. */
uint32_t peer_udp_headers(const struct peer *peer, enum way way);

/* A round trip of the control connection, which is idle but for this, in ns. */
int peer_echo(struct peer *peer, int64_t *rtt_ns, struct problem *problem);

/* Makes both ends of a tunnel; `mtu` is that of its devices, or 0 for the right one by what both
 * interfaces have. Call it while no load is open. One that is up already is made anew. */
int peer_tunnel_up(struct peer *peer, enum way way, uint32_t mtu, struct problem *problem);
int peer_tunnel_down(struct peer *peer, enum way way, struct problem *problem);

/* This machine's end of a tunnel: a borrowed descriptor of its namespace, or -1. */
int peer_tunnel_here(const struct peer *peer, enum way way);

/* Opens both ends of a load on a way whose tunnel is up (WAY_NATIVE needs none). Up to PEER_LOADS
 * may be open. This end is pinned to the last CPU, as the peer's is. */
struct peer_load *peer_load_open(struct peer *peer, const struct load_plan *plan, enum way way,
	enum peer_direction direction, struct problem *problem);

/* As load_slice(). The two windows are apart by half a round trip. */
int peer_load_slice(struct peer_load *load, int64_t warm_ns, int64_t duration_ns,
	struct load_result *result, struct problem *problem);

/* NULL is allowed. */
void peer_load_close(struct peer_load *load);
