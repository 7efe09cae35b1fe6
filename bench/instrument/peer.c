#include "peer.h"

#include "clock.h"
#include "peer_address.h"
#include "peer_private.h"

#include <errno.h>
#include <netinet/ip.h>
#include <netinet/ip6.h>
#include <netinet/udp.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define GREET_NS  INT64_C(5000000000)
#define ANSWER_NS INT64_C(15000000000) /* opening a load may take 5 s, a tunnel 10 s */

struct peer_message *peer_request(struct peer *peer, enum peer_kind kind)
{
	memset(&peer->message, 0, sizeof(peer->message));
	peer->message.kind = kind;
	return &peer->message;
}

static int break_off(struct peer *peer, int failure, struct problem *problem)
{
	peer->broken = failure;
	if (problem)
		*problem = peer->why;
	return failure;
}

int peer_ask(struct peer *peer, enum peer_kind wanted, int64_t within_ns, struct problem *problem)
{
	enum peer_kind asked = peer->message.kind;

	if (peer->broken)
		return problem_set(problem, peer->broken, "%s", peer->why.text);
	int failure = peer_wire_send(&peer->wire, &peer->message, &peer->why);
	if (failure == 0)
		failure = peer_wire_receive(&peer->wire, &peer->message,
			clock_now_ns() + ANSWER_NS + within_ns, &peer->why);
	if (failure < 0)
		return break_off(peer, failure, problem);
	if (peer->message.kind == PEER_ERROR)
		return problem_set(
			problem, -EREMOTEIO, "the peer says: %s", peer->message.error.text);
	if (peer->message.kind == wanted)
		return 0;
	problem_set(&peer->why, -EPROTO, "the peer answered \"%s\" to \"%s\"",
		peer_message_name(peer->message.kind), peer_message_name(asked));
	return break_off(peer, -EPROTO, problem);
}

static int start(struct peer *peer, const char *where, const char *token, struct problem *problem)
{
	struct peer_key key;

	peer->fd = peer_address_connect(where, PEER_PORT, problem);
	if (peer->fd < 0)
		return peer->fd;
	int failure = peer_address_ends(peer->fd, &peer->local, &peer->remote, problem);
	if (failure < 0)
		return failure;
	peer->port = address_port(&peer->remote);
	if (peer->port > 65535 - PEER_PORTS)
		return problem_set(problem, -EINVAL, "port %u leaves no room for the data's ports",
			peer->port);
	peer_key_of(token, &key);
	peer_wire_start(&peer->wire, peer->fd);
	failure = peer_wire_greet(&peer->wire, &key, clock_now_ns() + GREET_NS, problem);
	sodium_memzero(&key, sizeof(key));
	return failure;
}

struct peer *peer_connect(const char *where, const char *token_file, struct problem *problem)
{
	char token[PEER_TOKEN_SIZE];

	if (peer_token_get(token_file, token, problem) < 0)
		return NULL;
	struct peer *peer = calloc(1, sizeof(*peer));
	int failure = peer ? start(peer, where, token, problem)
			   : problem_set(problem, -ENOMEM, "no memory for a peer");
	sodium_memzero(token, sizeof(token));
	if (failure == 0)
		return peer;
	peer_close(peer);
	return NULL;
}

void peer_close(struct peer *peer)
{
	if (!peer)
		return;
	for (size_t way = 0; way < WAYS; way++)
		peer_tunnel_close(peer->tunnels[way]);
	if (peer->fd >= 0)
		close(peer->fd);
	sodium_memzero(peer, sizeof(*peer));
	free(peer);
}

int peer_describe(struct peer *peer, struct peer_description *description, struct problem *problem)
{
	peer_request(peer, PEER_DESCRIBE);
	int failure = peer_ask(peer, PEER_DESCRIPTION, 0, problem);

	if (failure == 0)
		*description = peer->message.description;
	return failure;
}

uint32_t peer_mtu(const struct peer *peer)
{
	return peer_address_mtu(&peer->local);
}

int peer_family(const struct peer *peer)
{
	return peer->remote.ss_family;
}

uint32_t peer_udp_headers(const struct peer *peer, enum way way)
{
	size_t ip = way == WAY_NATIVE && peer_family(peer) == AF_INET6 ? sizeof(struct ip6_hdr)
								       : sizeof(struct iphdr);

	return (uint32_t)(ip + sizeof(struct udphdr));
}

int peer_echo(struct peer *peer, int64_t *rtt_ns, struct problem *problem)
{
	peer_request(peer, PEER_ECHO);
	int64_t start_ns = clock_now_ns();
	int failure = peer_ask(peer, PEER_DONE, 0, problem);

	*rtt_ns = clock_now_ns() - start_ns;
	return failure;
}

int peer_tunnel_here(const struct peer *peer, enum way way)
{
	return peer->tunnels[way] ? peer_tunnel_netns(peer->tunnels[way]) : -1;
}

static int right_mtu(struct peer *peer, enum way way, uint32_t *mtu, struct problem *problem)
{
	struct peer_description far = {.mtu = 0};
	uint32_t near_mtu = peer_mtu(peer);
	int failure = peer_describe(peer, &far, problem);

	if (failure < 0)
		return failure;
	if (!far.mtu || !near_mtu)
		return problem_set(problem, -ENODEV,
			"the MTU between the two machines is not known: an address is no interface's");
	*mtu = peer_tunnel_mtu(way, peer->local.ss_family, far.mtu < near_mtu ? far.mtu : near_mtu);
	return 0;
}

int peer_tunnel_down(struct peer *peer, enum way way, struct problem *problem)
{
	struct peer_message *request = peer_request(peer, PEER_TUNNEL);

	peer_tunnel_close(peer->tunnels[way]);
	peer->tunnels[way] = NULL;
	request->tunnel.way = way;
	request->tunnel.id = 1;
	request->tunnel.mtu = 1500;
	return peer_ask(peer, PEER_DONE, 0, problem);
}

int peer_tunnel_up(struct peer *peer, enum way way, uint32_t mtu, struct problem *problem)
{
	struct peer_tunnel_plan plan = {.way = way,
		.local = &peer->local,
		.remote = &peer->remote,
		.id = 1 + randombytes_uniform((1 << 24) - 1),
		.mtu = mtu,
		.port = peer_tunnel_port(way, peer->port),
		.side = 1};
	int failure = peer_tunnel_supported(way, peer->local.ss_family, problem);

	if (failure == 0 && mtu == 0)
		failure = right_mtu(peer, way, &plan.mtu, problem);
	if (failure < 0)
		return failure;
	peer_tunnel_close(peer->tunnels[way]);
	peer->tunnels[way] = NULL;
	struct peer_message *request = peer_request(peer, PEER_TUNNEL);
	request->tunnel.way = way;
	request->tunnel.id = plan.id;
	request->tunnel.mtu = plan.mtu;
	request->tunnel.up = true;
	failure = peer_ask(peer, PEER_DONE, 0, problem);
	if (failure < 0)
		return failure;
	peer->tunnels[way] = peer_tunnel_open(&plan, problem);
	if (peer->tunnels[way])
		return 0;
	peer_tunnel_down(peer, way, NULL);
	return -EIO;
}
