#include "address.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

const char *address_text(const struct sockaddr_storage *address, char text[ADDRESS_TEXT])
{
	const struct sockaddr_in6 *six = (const struct sockaddr_in6 *)address;
	const struct sockaddr_in *four = (const struct sockaddr_in *)address;
	bool is_six = address->ss_family == AF_INET6;
	char host[INET6_ADDRSTRLEN] = "?";

	inet_ntop(address->ss_family,
		is_six ? (const void *)&six->sin6_addr : (const void *)&four->sin_addr, host,
		sizeof(host));
	snprintf(text, ADDRESS_TEXT, is_six ? "[%s]:%u" : "%s:%u", host, address_port(address));
	return text;
}

uint16_t address_port(const struct sockaddr_storage *address)
{
	/* Both families have it at the same place. */
	return ntohs(((const struct sockaddr_in *)address)->sin_port);
}

void address_set_port(struct sockaddr_storage *address, uint16_t port)
{
	((struct sockaddr_in *)address)->sin_port = htons(port);
}

socklen_t address_size(const struct sockaddr_storage *address)
{
	return address->ss_family == AF_INET6 ? sizeof(struct sockaddr_in6)
					      : sizeof(struct sockaddr_in);
}

bool address_same_host(const struct sockaddr *one, const struct sockaddr_storage *other)
{
	if (one->sa_family != other->ss_family)
		return false;
	if (one->sa_family == AF_INET)
		return ((const struct sockaddr_in *)one)->sin_addr.s_addr ==
		       ((const struct sockaddr_in *)other)->sin_addr.s_addr;
	return one->sa_family == AF_INET6 &&
	       IN6_ARE_ADDR_EQUAL(&((const struct sockaddr_in6 *)one)->sin6_addr,
		       &((const struct sockaddr_in6 *)other)->sin6_addr);
}

bool address_near(const struct sockaddr_storage *one, const struct sockaddr_storage *other)
{
	if (one->ss_family != AF_INET6 || other->ss_family != AF_INET6)
		return address_same_host((const struct sockaddr *)one, other);
	return memcmp(&((const struct sockaddr_in6 *)one)->sin6_addr,
		       &((const struct sockaddr_in6 *)other)->sin6_addr, 8) == 0;
}

void address_plain(struct sockaddr_storage *address)
{
	const struct sockaddr_in6 six = *(const struct sockaddr_in6 *)address;
	struct sockaddr_in four = {.sin_family = AF_INET, .sin_port = six.sin6_port};

	if (address->ss_family != AF_INET6 || !IN6_IS_ADDR_V4MAPPED(&six.sin6_addr))
		return;
	memcpy(&four.sin_addr, &six.sin6_addr.s6_addr[12], sizeof(four.sin_addr));
	memset(address, 0, sizeof(*address));
	memcpy(address, &four, sizeof(four));
}
