/* A load with one end here and the other at the peer. */
#include "cpus.h"
#include "peer_address.h"
#include "peer_private.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct peer_load {
	struct peer *peer;
	struct load_half *half;
	uint32_t id; /* at the peer */
	enum peer_direction direction;
	struct load_plan plan;
	struct histogram *latency; /* the last that came from the peer */
};

/* Tells the peer to open its end; `port` is this end's when that receives, and becomes the peer's
 * when the peer does. */
static int open_there(struct peer_load *load, enum way way, uint16_t *port, struct problem *problem)
{
	struct peer_message *message = peer_request(load->peer, PEER_OPEN);

	message->open.plan = load->plan;
	message->open.receiver = load->direction == PEER_TO;
	message->open.way = way;
	message->open.port = load->direction == PEER_TO ? 0 : *port;
	int failure = peer_ask(load->peer, PEER_OPENED, 0, problem);
	if (failure < 0)
		return failure;
	load->id = message->opened.load;
	*port = (uint16_t)message->opened.port;
	return 0;
}

static void close_there(struct peer_load *load)
{
	peer_request(load->peer, PEER_CLOSE)->close.load = load->id;
	peer_ask(load->peer, PEER_DONE, 0, NULL);
}

/* The receiver of the two is opened first. */
static int open_to(struct peer_load *load, enum way way, struct load_end *end,
	const struct sockaddr_storage *local, const struct sockaddr_storage *remote,
	struct problem *problem)
{
	uint16_t port = 0;
	int failure = open_there(load, way, &port, problem);

	if (failure < 0)
		return failure;
	end->address = *remote;
	end->from = *local;
	address_set_port(&end->address, port);
	address_set_port(&end->from, 0);
	load->half = load_half_open(&load->plan, false, end, problem);
	if (load->half)
		return 0;
	close_there(load);
	return -EIO;
}

/* Whoever guards this machine by a firewall has to open the same ports here as there. */
static struct load_half *open_receiver(
	const struct load_plan *plan, struct load_end *end, uint16_t port, struct problem *problem)
{
	struct load_half *half = NULL;

	for (uint16_t i = 0; i < PEER_LOADS && !half; i++) {
		address_set_port(&end->address, (uint16_t)(port + 1 + i));
		half = load_half_open(plan, true, end, problem);
	}
	return half;
}

static int open_from(struct peer_load *load, enum way way, struct load_end *end,
	const struct sockaddr_storage *local, const struct sockaddr_storage *remote,
	struct problem *problem)
{
	end->address = *local;
	end->from = *remote;
	load->half = open_receiver(&load->plan, end, load->peer->port, problem);
	if (!load->half)
		return -EIO;
	uint16_t port = ntohs(load_half_port(load->half));
	return open_there(load, way, &port, problem);
}

static int open_ends(struct peer_load *load, enum way way, struct problem *problem)
{
	struct load_end end = {.netns = -1, .cpu = cpus_last()};
	struct sockaddr_storage local = load->peer->local, remote = load->peer->remote;

	if (way != WAY_NATIVE) {
		end.netns = peer_tunnel_here(load->peer, way);
		if (end.netns < 0)
			return problem_set(problem, -ENOENT, "the %s tunnel to the peer is not up",
				way_rows[way].title);
		peer_tunnel_address(way, 1, &local);
		peer_tunnel_address(way, 0, &remote);
	}
	return load->direction == PEER_TO ? open_to(load, way, &end, &local, &remote, problem)
					  : open_from(load, way, &end, &local, &remote, problem);
}

struct peer_load *peer_load_open(struct peer *peer, const struct load_plan *plan, enum way way,
	enum peer_direction direction, struct problem *problem)
{
	struct peer_load *load = calloc(1, sizeof(*load));

	if (!load) {
		problem_set(problem, -ENOMEM, "no memory for a load");
		return NULL;
	}
	load->peer = peer;
	load->plan = *plan;
	load->direction = direction;
	if (open_ends(load, way, problem) == 0)
		return load;
	load_half_close(load->half);
	free(load);
	return NULL;
}

static int begin_there(
	struct peer_load *load, int64_t warm_ns, int64_t duration_ns, struct problem *problem)
{
	struct peer_message *message = peer_request(load->peer, PEER_BEGIN);

	message->begin.load = load->id;
	message->begin.warm_ns = warm_ns;
	message->begin.duration_ns = duration_ns;
	return peer_ask(load->peer, PEER_DONE, 0, problem);
}

static int wait_there(struct peer_load *load, int64_t within_ns, struct load_side *side,
	uint64_t *whole, struct problem *problem)
{
	struct peer_message *message = peer_request(load->peer, PEER_WAIT);

	message->wait.load = load->id;
	histogram_free(load->latency);
	load->latency = NULL;
	int failure = peer_ask(load->peer, PEER_MEASURED, within_ns, problem);
	if (failure < 0)
		return failure;
	*side = message->measured.side;
	*whole = message->measured.messages;
	if (!*message->measured.latency)
		return 0;
	return histogram_decode(message->measured.latency, &load->latency, problem);
}

/* The receiver begins first: what is sent before would be missing. Datagrams carry the slice's
 * number: when one end begins and the other does not, they would never agree again. */
static int begin(
	struct peer_load *load, int64_t warm_ns, int64_t duration_ns, struct problem *problem)
{
	bool to = load->direction == PEER_TO;
	int failure;

	if (!load->half)
		return problem_set(
			problem, -EPIPE, "the load to the peer ended by an error before");
	failure = to ? begin_there(load, warm_ns, duration_ns, problem)
		     : load_half_begin(load->half, warm_ns, duration_ns, problem);
	if (failure < 0)
		return failure;
	failure = to ? load_half_begin(load->half, warm_ns, duration_ns, problem)
		     : begin_there(load, warm_ns, duration_ns, problem);
	if (failure < 0) {
		load_half_close(load->half);
		load->half = NULL;
	}
	return failure;
}

/* As load_slice() has it. */
static uint64_t lost(enum load_kind kind, const struct load_result *result, uint64_t received)
{
	if (kind != LOAD_TCP_STREAM && kind != LOAD_UDP_STREAM)
		return result->sender.timeouts;
	return result->sent > received ? result->sent - received : 0;
}

int peer_load_slice(struct peer_load *load, int64_t warm_ns, int64_t duration_ns,
	struct load_result *result, struct problem *problem)
{
	bool to = load->direction == PEER_TO;
	const struct histogram *latency = NULL;
	uint64_t here = 0, there = 0;
	struct problem why = {""};

	memset(result, 0, sizeof(*result));
	int failure = begin(load, warm_ns, duration_ns, problem);
	if (failure < 0)
		return failure;
	failure = load_half_wait(
		load->half, to ? &result->sender : &result->receiver, &here, &latency, problem);
	int far = wait_there(load, warm_ns + duration_ns, to ? &result->receiver : &result->sender,
		&there, &why);
	/* When the peer is gone, that is why this end failed too. */
	if (far < 0 && (failure == 0 || load->peer->broken))
		return problem_set(problem, far, "%s", why.text);
	result->sent = to ? here : there;
	result->lost = lost(load->plan.kind, result, to ? there : here);
	result->latency = to ? latency : load->latency;
	return failure;
}

void peer_load_close(struct peer_load *load)
{
	if (!load)
		return;
	load_half_close(load->half);
	close_there(load);
	histogram_free(load->latency);
	free(load);
}
