/*
 * peer_tunnel: one end of a tunnel between two machines, in a namespace of ours.
 *
 * The device is made from the machine's namespace right into a new one: its packets go out by the
 * machine's interface as those of a CNI plugin's tunnel do, while the device, its address and its
 * routes are never seen on the machine. The kernel takes all of it when this process ends. Needs
 * root.
 */
#pragma once

#include "cluster.h"
#include "problem.h"

#include <stdint.h>
#include <sys/socket.h>

/* Between which machines; the same at both but for local and remote. */
struct peer_tunnel_plan {
	enum way way;
	const struct sockaddr_storage *local, *remote; /* of one family */
	uint32_t id;                                   /* 24 bits: VNI of VXLAN and Geneve */
	uint32_t mtu;                                  /* of the device, bytes */
	uint16_t port;                                 /* UDP, of VXLAN and Geneve */
	int side;                                      /* 0 server, 1 client */
};

struct peer_tunnel;

/* Whether this process can make a way's tunnel over a family; changes nothing, loads nothing. 0 or
 * a negative errno with the reason. */
int peer_tunnel_supported(enum way way, int family, struct problem *problem);

/* Call it while no load is open: it may start programs. NULL with a sentence. */
struct peer_tunnel *peer_tunnel_open(const struct peer_tunnel_plan *plan, struct problem *problem);

/* The namespace of its end: a descriptor, borrowed. */
int peer_tunnel_netns(const struct peer_tunnel *tunnel);

/* NULL is allowed. */
void peer_tunnel_close(struct peer_tunnel *tunnel);

/* The address of a side within a way's tunnel, without port. */
void peer_tunnel_address(enum way way, int side, struct sockaddr_storage *address);

/* The right MTU within a way's tunnel over an interface of `mtu` bytes. */
uint32_t peer_tunnel_mtu(enum way way, int family, uint32_t mtu);
