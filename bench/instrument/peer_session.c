/* What a server does for the client that it admitted. */
#include "clock.h"
#include "cpus.h"
#include "peer_address.h"
#include "peer_private.h"
#include "version.h"

#include <errno.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>

/* A far end that is gone without a word (power, route) is noticed by TCP after so long. */
#define GONE_MS 30000

struct session {
	struct peer_wire *wire;
	const struct peer_limits *limits;
	struct sockaddr_storage local, remote;
	uint16_t port;
	struct load_half *loads[PEER_LOADS];
	struct load_plan plans[PEER_LOADS];
	bool running[PEER_LOADS];
	struct peer_tunnel *tunnels[WAYS];
	atomic_ullong *bytes;
	struct peer_message request, reply;
};

static int describe(struct session *session, struct problem *problem)
{
	struct peer_description *reply = &session->reply.description;
	struct utsname names;

	session->reply.kind = PEER_DESCRIPTION;
	if (uname(&names) < 0)
		return problem_errno(problem, "cannot tell the kernel's release");
	snprintf(reply->version, sizeof(reply->version), "%s", SEATRIAL_VERSION);
	snprintf(reply->kernel, sizeof(reply->kernel), "%s", names.release);
	reply->mtu = peer_address_mtu(&session->local);
	for (int way = 0; way < WAYS; way++)
		if (peer_tunnel_supported(way, session->local.ss_family, NULL) == 0)
			reply->ways |= 1U << way;
	reply->limits = *session->limits;
	return 0;
}

static int echo(struct session *session, struct problem *problem)
{
	(void)session;
	(void)problem;
	return 0;
}

static int tunnel(struct session *session, struct problem *problem)
{
	uint32_t way = session->request.tunnel.way;
	const struct peer_tunnel_plan plan = {.way = way,
		.local = &session->local,
		.remote = &session->remote,
		.id = session->request.tunnel.id,
		.mtu = session->request.tunnel.mtu,
		.port = peer_tunnel_port(way, session->port),
		.side = 0};

	if (way == WAY_NATIVE || way >= WAYS)
		return problem_set(problem, -EINVAL, "there is no such tunnel");
	for (size_t i = 0; i < PEER_LOADS; i++)
		if (session->loads[i])
			return problem_set(
				problem, -EBUSY, "a tunnel cannot change while a load is open");
	peer_tunnel_close(session->tunnels[way]);
	session->tunnels[way] = NULL;
	if (!session->request.tunnel.up)
		return 0;
	session->tunnels[way] = peer_tunnel_open(&plan, problem);
	return session->tunnels[way] ? 0 : -EIO;
}

/* Both ends, by addresses: the machines' own, or those in the tunnel. */
static int find_ends(struct session *session, struct load_end *end, struct sockaddr_storage *local,
	struct sockaddr_storage *remote, struct problem *problem)
{
	uint32_t way = session->request.open.way;

	*local = session->local;
	*remote = session->remote;
	if (way == WAY_NATIVE)
		return 0;
	if (way >= WAYS || !session->tunnels[way])
		return problem_set(problem, -ENOENT, "there is no such tunnel yet");
	end->netns = peer_tunnel_netns(session->tunnels[way]);
	peer_tunnel_address(way, 0, local);
	peer_tunnel_address(way, 1, remote);
	return 0;
}

static int open_load(struct session *session, struct problem *problem)
{
	const struct load_plan *plan = &session->request.open.plan;
	bool receiver = session->request.open.receiver;
	struct load_end end = {.netns = -1, .cpu = cpus_last()};
	struct sockaddr_storage local, remote;
	uint32_t id = 0;
	int failure = find_ends(session, &end, &local, &remote, problem);

	while (id < PEER_LOADS && session->loads[id])
		id++;
	if (failure == 0 && id == PEER_LOADS)
		failure = problem_set(
			problem, -EMFILE, "it has %d loads open, which is the limit", PEER_LOADS);
	if (failure == 0 && plan->flows > session->limits->flows)
		failure = problem_set(problem, -EPERM, "it allows %u flows (--max-flows), not %u",
			session->limits->flows, plan->flows);
	if (failure < 0)
		return failure;
	address_set_port(&local, receiver ? (uint16_t)(session->port + 1 + id) : 0);
	address_set_port(&remote, receiver ? 0 : (uint16_t)session->request.open.port);
	end.address = receiver ? local : remote;
	end.from = receiver ? remote : local;
	session->loads[id] = load_half_open(plan, receiver, &end, problem);
	if (!session->loads[id])
		return -EIO;
	session->plans[id] = *plan;
	session->running[id] = false;
	session->reply.kind = PEER_OPENED;
	session->reply.opened.load = id;
	session->reply.opened.port = receiver ? ntohs(load_half_port(session->loads[id])) : 0;
	return 0;
}

static int begin(struct session *session, struct problem *problem)
{
	uint32_t id = session->request.begin.load;
	int64_t warm_ns = session->request.begin.warm_ns;
	int64_t duration_ns = session->request.begin.duration_ns;

	if (!session->loads[id] || session->running[id])
		return problem_set(problem, -EINVAL, "there is no such load that could begin");
	if ((uint64_t)(warm_ns + duration_ns) > session->limits->slice_ns)
		return problem_set(problem, -EPERM,
			"it allows slices of %.3g s (--max-slice), not of %.3g s",
			(double)session->limits->slice_ns / 1e9,
			(double)(warm_ns + duration_ns) / 1e9);
	if (atomic_load(session->bytes) >= session->limits->bytes)
		return problem_set(problem, -EDQUOT,
			"the %.3g GB that it allows in a session (--max-bytes) are used up",
			(double)session->limits->bytes / 1e9);
	int failure = load_half_begin(session->loads[id], warm_ns, duration_ns, problem);
	session->running[id] = failure == 0;
	return failure;
}

static int put_latency(
	const struct histogram *latency, struct peer_message *reply, struct problem *problem)
{
	char *text = latency && latency->total ? histogram_encode(latency) : NULL;
	size_t length = text ? strlen(text) : 0;
	bool fits = length < sizeof(reply->measured.latency);

	if (length && fits)
		memcpy(reply->measured.latency, text, length);
	free(text);
	return fits ? 0
		    : problem_set(problem, -EMSGSIZE,
			      "the latencies of the slice do not fit into a message");
}

/* Payload of a whole slice, its edges included. */
static uint64_t slice_bytes(const struct load_plan *plan, uint64_t messages)
{
	return plan->kind == LOAD_TCP_STREAM
		       ? messages
		       : messages * ((uint64_t)plan->message_bytes + plan->response_bytes);
}

static int wait_load(struct session *session, struct problem *problem)
{
	struct peer_message *reply = &session->reply;
	const struct histogram *latency = NULL;
	uint32_t id = session->request.wait.load;

	if (!session->loads[id] || !session->running[id])
		return problem_set(problem, -EINVAL, "there is no such load that has begun");
	reply->kind = PEER_MEASURED;
	int failure = load_half_wait(session->loads[id], &reply->measured.side,
		&reply->measured.messages, &latency, problem);
	session->running[id] = false;
	atomic_fetch_add(
		session->bytes, slice_bytes(&session->plans[id], reply->measured.messages));
	return failure ? failure : put_latency(latency, reply, problem);
}

static int close_load(struct session *session, struct problem *problem)
{
	uint32_t id = session->request.close.load;

	(void)problem;
	load_half_close(session->loads[id]);
	session->loads[id] = NULL;
	session->running[id] = false;
	return 0;
}

static int (*const handlers[PEER_KINDS])(struct session *session, struct problem *problem) = {
	[PEER_DESCRIBE] = describe,
	[PEER_ECHO] = echo,
	[PEER_TUNNEL] = tunnel,
	[PEER_OPEN] = open_load,
	[PEER_BEGIN] = begin,
	[PEER_WAIT] = wait_load,
	[PEER_CLOSE] = close_load,
};

static int answer(struct session *session)
{
	struct problem problem = {""};
	enum peer_kind kind = session->request.kind;

	memset(&session->reply, 0, sizeof(session->reply));
	session->reply.kind = PEER_DONE;
	int failure = handlers[kind] ? handlers[kind](session, &problem)
				     : problem_set(&problem, -EINVAL, "that is no request");
	if (failure == 0)
		return peer_wire_send(session->wire, &session->reply, NULL);
	peer_wire_refuse(session->wire, "%s", problem.text);
	return 0;
}

static void run(struct session *session, int64_t end_ns)
{
	int failure = 0;

	while (failure == 0) {
		struct problem problem = {""};
		int64_t idle_ns = clock_now_ns() + (int64_t)session->limits->idle_ns;

		failure = peer_wire_receive(session->wire, &session->request,
			idle_ns < end_ns ? idle_ns : end_ns, &problem);
		if (failure == 0)
			failure = answer(session);
		else if (failure == -ETIMEDOUT)
			peer_wire_refuse(session->wire, "%s",
				clock_now_ns() < end_ns ? "the session was idle for too long"
							: "the session's time is up");
		else if (failure != -EPIPE)
			peer_wire_refuse(session->wire, "%s", problem.text);
	}
}

void peer_session(struct peer_wire *wire, const struct peer_limits *limits, uint16_t port,
	atomic_ullong *bytes)
{
	struct session *session = calloc(1, sizeof(*session));
	unsigned gone_ms = GONE_MS;
	int on = 1;

	if (!session)
		return;
	session->wire = wire;
	session->limits = limits;
	session->port = port;
	session->bytes = bytes;
	setsockopt(wire->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	setsockopt(wire->fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof(on));
	setsockopt(wire->fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &gone_ms, sizeof(gone_ms));
	if (peer_address_ends(wire->fd, &session->local, &session->remote, NULL) == 0)
		run(session, clock_now_ns() + (int64_t)limits->session_ns);
	for (size_t i = 0; i < PEER_LOADS; i++)
		load_half_close(session->loads[i]);
	for (size_t i = 0; i < WAYS; i++)
		peer_tunnel_close(session->tunnels[i]);
	free(session);
}
