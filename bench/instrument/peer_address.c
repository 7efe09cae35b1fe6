#include "peer_address.h"

#include <arpa/inet.h>
#include <errno.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <netdb.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define CONNECT_MS 5000
#define WAITING    16 /* connections that wait to be accepted */

int peer_address_ends(int fd, struct sockaddr_storage *local, struct sockaddr_storage *remote,
	struct problem *problem)
{
	socklen_t size = sizeof(*local), remote_size = sizeof(*remote);

	memset(local, 0, sizeof(*local));
	memset(remote, 0, sizeof(*remote));
	if (getsockname(fd, (struct sockaddr *)local, &size) < 0 ||
		getpeername(fd, (struct sockaddr *)remote, &remote_size) < 0)
		return problem_errno(problem, "cannot tell the addresses of a connection");
	address_plain(local);
	address_plain(remote);
	return 0;
}

uint32_t peer_address_mtu(const struct sockaddr_storage *local)
{
	struct ifaddrs *all = NULL;
	struct ifreq request = {.ifr_mtu = 0};
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (fd >= 0 && getifaddrs(&all) == 0)
		for (const struct ifaddrs *at = all; at && !request.ifr_mtu; at = at->ifa_next)
			if (at->ifa_addr && address_same_host(at->ifa_addr, local)) {
				snprintf(request.ifr_name, sizeof(request.ifr_name), "%s",
					at->ifa_name);
				if (ioctl(fd, SIOCGIFMTU, &request) < 0)
					request.ifr_mtu = 0;
			}
	freeifaddrs(all);
	if (fd >= 0)
		close(fd);
	return request.ifr_mtu > 0 ? (uint32_t)request.ifr_mtu : 0;
}

/* Cuts "HOST:PORT" in place; a bare IPv6 address has more than one colon and no port. */
static const char *cut_port(char *host, const char **name)
{
	char *colon = strrchr(host, ':'), *bracket = strchr(host, ']');

	*name = host;
	if (*host == '[' && bracket) {
		*bracket = '\0';
		*name = host + 1;
		return bracket[1] == ':' ? bracket + 2 : NULL;
	}
	if (!colon || strchr(host, ':') != colon)
		return NULL;
	*colon = '\0';
	return colon + 1;
}

/* Waits for the end of a connect(); 0 or the errno it ended with. */
static int connected(int fd)
{
	struct pollfd ready = {.fd = fd, .events = POLLOUT};
	socklen_t size = sizeof(int);
	int error = ETIMEDOUT;

	if (poll(&ready, 1, CONNECT_MS) > 0)
		getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size);
	return error;
}

static int connect_one(const struct addrinfo *to)
{
	int fd = socket(to->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	int on = 1, error = 0;

	if (fd < 0)
		return -errno;
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	if (connect(fd, to->ai_addr, to->ai_addrlen) < 0)
		error = errno == EINPROGRESS ? connected(fd) : errno;
	if (error == 0)
		return fd;
	close(fd);
	return -error;
}

int peer_address_connect(const char *where, uint16_t port, struct problem *problem)
{
	const struct addrinfo hints = {.ai_socktype = SOCK_STREAM};
	struct addrinfo *found = NULL;
	char host[300], digits[8];
	const char *name, *service;
	int fd = -EINVAL;

	if ((size_t)snprintf(host, sizeof(host), "%s", where) >= sizeof(host))
		return problem_set(problem, -EINVAL, "the name of the peer is too long");
	snprintf(digits, sizeof(digits), "%u", port);
	service = cut_port(host, &name);
	int failure = getaddrinfo(name, service ? service : digits, &hints, &found);
	if (failure)
		return problem_set(problem, -EINVAL, "cannot find the peer %s: %s", where,
			gai_strerror(failure));
	for (const struct addrinfo *at = found; at && fd < 0; at = at->ai_next)
		fd = connect_one(at);
	freeaddrinfo(found);
	if (fd >= 0)
		return fd;
	errno = -fd;
	return problem_errno(problem,
		"cannot connect to the peer %s (is seatrial serve running there, and does no "
		"firewall forbid it?)",
		where);
}

static int listen_on(const struct sockaddr_storage *address, struct problem *problem)
{
	int fd = socket(address->ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	int on = 1, off = 0, failure = 0;
	char text[ADDRESS_TEXT];

	if (fd < 0)
		return problem_errno(problem, "cannot make a socket");
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (address->ss_family == AF_INET6)
		setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof(off));
	if (bind(fd, (const struct sockaddr *)address, address_size(address)) < 0 ||
		listen(fd, WAITING) < 0)
		failure =
			problem_errno(problem, "cannot listen on %s", address_text(address, text));
	if (!failure)
		return fd;
	close(fd);
	return failure;
}

int peer_address_listen(const char *address, uint16_t port, struct problem *problem)
{
	struct sockaddr_storage to = {.ss_family = AF_INET6};

	if (address && inet_pton(AF_INET, address, &((struct sockaddr_in *)&to)->sin_addr) == 1)
		to.ss_family = AF_INET;
	else if (address &&
		 inet_pton(AF_INET6, address, &((struct sockaddr_in6 *)&to)->sin6_addr) != 1)
		return problem_set(problem, -EINVAL,
			"%s is no address; --listen takes one of this machine's, such as "
			"192.0.2.1",
			address);
	address_set_port(&to, port);
	int fd = listen_on(&to, problem);
	if (fd == -EAFNOSUPPORT && !address) { /* no IPv6 here */
		to.ss_family = AF_INET;
		fd = listen_on(&to, problem);
	}
	return fd;
}
