/*
 * address: addresses of sockets, IPv4 or IPv6, with and without ports.
 */
#pragma once

#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>

/* "[2001:db8::1]:7512" */
#define ADDRESS_TEXT 64
const char *address_text(const struct sockaddr_storage *address, char text[ADDRESS_TEXT]);

/* Its port, host byte order. */
uint16_t address_port(const struct sockaddr_storage *address);
void address_set_port(struct sockaddr_storage *address, uint16_t port);

socklen_t address_size(const struct sockaddr_storage *address);

/* Whether the two are the same but for the port. */
bool address_same_host(const struct sockaddr *one, const struct sockaddr_storage *other);

/* Whether the two may well be one machine's: the same over IPv4, of one network of 64 bits over
 * IPv6, where a machine has as many as it likes. */
bool address_near(const struct sockaddr_storage *one, const struct sockaddr_storage *other);

/* Makes an IPv4 address of an IPv6 one that only stands for it (::ffff:192.0.2.1). */
void address_plain(struct sockaddr_storage *address);
