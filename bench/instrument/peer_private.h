/* peer_private: what the files of both ends share. */
#pragma once

#include "peer.h"
#include "peer_server.h"
#include "peer_tunnel.h"

struct peer {
	int fd;
	uint16_t port; /* the control connection's, at the server */
	struct sockaddr_storage local, remote;
	struct peer_tunnel *tunnels[WAYS];
	int broken; /* the negative errno that ended the conversation, with its sentence */
	struct problem why;
	struct peer_message message; /* the request, then its reply */
	struct peer_wire wire;
};

/* Sends peer->message, which becomes the reply, of kind `wanted`. `within_ns` is how long the peer
 * may take for the work, beside the time for the words. A reply of another kind, but for errors,
 * breaks the peer. */
int peer_ask(struct peer *peer, enum peer_kind wanted, int64_t within_ns, struct problem *problem);

/* Empties peer->message and makes it a request. */
struct peer_message *peer_request(struct peer *peer, enum peer_kind kind);

/* The UDP port of a way's tunnel, given that of the control connection. */
static inline uint16_t peer_tunnel_port(enum way way, uint16_t port)
{
	return (uint16_t)(port + (way == WAY_VXLAN ? PEER_VXLAN : PEER_GENEVE));
}
