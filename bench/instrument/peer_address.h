/*
 * peer_address: addresses of machines, with and without ports.
 */
#pragma once

#include "problem.h"

#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>

/* "[2001:db8::1]:7512" */
#define PEER_ADDRESS_TEXT 64
const char *peer_address_text(const struct sockaddr_storage *address, char text[PEER_ADDRESS_TEXT]);

/* Its port, host byte order. */
uint16_t peer_address_port(const struct sockaddr_storage *address);
void peer_address_set_port(struct sockaddr_storage *address, uint16_t port);

socklen_t peer_address_size(const struct sockaddr_storage *address);

/* Whether two plain addresses may well be one machine's: the same over IPv4, of one network of 64
 * bits over IPv6, where a machine has as many as it likes. */
bool peer_address_near(const struct sockaddr_storage *one, const struct sockaddr_storage *other);

/* Makes an IPv4 address of an IPv6 one that only stands for it (::ffff:192.0.2.1). */
void peer_address_plain(struct sockaddr_storage *address);

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
