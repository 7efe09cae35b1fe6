#include "ports.h"

#include <errno.h>
#include <netinet/in.h>

#define PORT_FIRST 10000
#define PORT_LAST  60999
#define PORT_TRIES 100

int ports_bind_next(int socket)
{
	static in_port_t port = PORT_LAST;
	struct sockaddr_in any = {.sin_family = AF_INET};

	for (int i = 0; i < PORT_TRIES; i++) {
		port = port == PORT_LAST ? PORT_FIRST : port + 1;
		any.sin_port = htons(port);
		if (bind(socket, (const struct sockaddr *)&any, sizeof(any)) == 0)
			return 0;
		if (errno != EADDRINUSE)
			break;
	}
	return -errno;
}
