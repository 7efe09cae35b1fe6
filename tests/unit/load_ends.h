/* Ends of loads on the loopback, and plans, for the tests of load. */
#pragma once

#include "load.h"

#include <arpa/inet.h>
#include <criterion/criterion.h>
#include <string.h>
#include <unistd.h>

#define MS INT64_C(1000000)

static inline struct load_end loopback(int family)
{
	struct load_end end = {.netns = -1, .cpu = -1};

	end.address.ss_family = (sa_family_t)family;
	if (family == AF_INET6)
		((struct sockaddr_in6 *)&end.address)->sin6_addr = in6addr_loopback;
	else
		((struct sockaddr_in *)&end.address)->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	return end;
}

static inline struct load_end at_port(int family, in_port_t port)
{
	struct load_end end = loopback(family);

	if (family == AF_INET6)
		((struct sockaddr_in6 *)&end.address)->sin6_port = port;
	else
		((struct sockaddr_in *)&end.address)->sin_port = port;
	return end;
}

static inline struct load_plan plan_of(enum load_kind kind, uint32_t flows, uint32_t bytes)
{
	return (struct load_plan){.kind = kind,
		.flows = flows,
		.message_bytes = bytes,
		.response_bytes = bytes,
		.segments = 1};
}

/* A port of the loopback that nobody has: bound, its number taken, closed. */
static inline in_port_t free_port(int type)
{
	struct load_end end = loopback(AF_INET);
	struct sockaddr_in *address = (struct sockaddr_in *)&end.address;
	socklen_t size = sizeof(*address);
	int fd = socket(AF_INET, type, 0);

	cr_assert_eq(bind(fd, (struct sockaddr *)address, size), 0);
	getsockname(fd, (struct sockaddr *)address, &size);
	close(fd);
	return address->sin_port;
}
