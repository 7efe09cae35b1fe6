/*
 * peer_address: the addresses of two machines that are connected, and how they come to be.
 */
#pragma once

#include "address.h"
#include "problem.h"

/* Addresses of both ends of a connected socket, plain. */
int peer_address_ends(int fd, struct sockaddr_storage *local, struct sockaddr_storage *remote,
	struct problem *problem);

/* The MTU, in bytes, of the interface that has an address; 0 when none has. */
uint32_t peer_address_mtu(const struct sockaddr_storage *local);

/* Connects to "HOST", "HOST:PORT", "ADDRESS" or "[IPv6]:PORT" within 5 s. A non-blocking socket or
 * a negative errno with a sentence. */
int peer_address_connect(const char *where, uint16_t port, struct problem *problem);

/* Listens on a numeric address, or on all when it is NULL. */
int peer_address_listen(const char *address, uint16_t port, struct problem *problem);
