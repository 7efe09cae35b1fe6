/*
 * Request and response over sockets that stay. One flow: blocking calls, as the simplest program
 * does. More: epoll, edge-triggered, with one request under way on each.
 */
#include "load_rr.h"

/* Closing a window takes some 0.1 ms, in which nobody looks at what is answered. */
#define CLOSING_NS INT64_C(1000000)

#include <errno.h>
#include <stdlib.h>
#include <string.h>

int load_rr_prepare(struct load_half *half, struct problem *problem)
{
	uint32_t request = half->plan.message_bytes, response = half->plan.response_bytes;

	half->buffer_bytes = request > response ? request : response;
	half->buffer = calloc(2, half->buffer_bytes);
	struct load_rr_flow *flows = half->state = calloc(half->plan.flows, sizeof(*flows));
	if (!half->buffer || !flows)
		return problem_set(problem, -ENOMEM, "no memory for %u flows", half->plan.flows);
	for (uint32_t i = 0; i < half->plan.flows; i++) {
		flows[i].fd = -1;
		flows[i].out = !half->receiver;
	}
	return 0;
}

int load_rr_move(struct load_half *half, struct load_rr_flow *flow, int fd)
{
	int flags = MSG_NOSIGNAL | (half->epoll >= 0 ? MSG_DONTWAIT : 0);
	uint32_t bytes =
		flow->out != half->receiver ? half->plan.message_bytes : half->plan.response_bytes;
	char *in = half->buffer + half->buffer_bytes;

	do {
		ssize_t moved = flow->out ? send(fd, half->buffer, bytes - flow->moved, flags)
					  : recv(fd, in, bytes - flow->moved, flags & MSG_DONTWAIT);
		if (moved < 0)
			return load_not_now(errno) ? 0 : -errno;
		if (moved == 0)
			return -ECONNRESET;
		flow->moved += (uint32_t)moved;
	} while (flow->moved < bytes);
	flow->moved = 0;
	flow->out = !flow->out;
	return 1;
}

void load_rr_tell(struct load_half *half, struct load_rr_flow *flow, int64_t now_ns)
{
	int64_t since_ns = flow->since_ns;
	bool counts = since_ns != 0 && since_ns >= half->opened.time_ns;

	if (half->phase == LOAD_BEFORE)
		return;
	if (half->phase == LOAD_AFTER) {
		if (since_ns >= half->closed.time_ns)
			return;
		half->stalled += since_ns < half->opened.time_ns &&
				 half->opened.time_ns < half->closed.time_ns;
		counts = since_ns != 0 && now_ns >= half->closed.time_ns + CLOSING_NS;
	}
	if (counts)
		histogram_record(half->latency, now_ns - since_ns);
	flow->since_ns = 0;
}

void load_rr_finish(struct load_half *half, struct load_rr_flow *flow)
{
	int64_t now_ns = half->receiver ? 0 : clock_now_ns();

	half->counts.messages++;
	half->counts.bytes += (uint64_t)half->plan.message_bytes + half->plan.response_bytes;
	if (!half->receiver)
		load_rr_tell(half, flow, now_ns);
	flow->since_ns = now_ns;
}

/* Goes on with a flow until it has to wait; a single one, until its request is answered. */
static int go_on(struct load_half *half, uint32_t index, bool ending)
{
	struct load_rr_flow *flow = (struct load_rr_flow *)half->state + index;
	bool single_client = half->epoll < 0 && !half->receiver;

	for (;;) {
		int moved = load_rr_move(half, flow, half->fd[index]);

		if (moved <= 0)
			return moved;
		bool finished = flow->out != half->receiver;
		if (finished)
			load_rr_finish(half, flow);
		if (finished && (ending || single_client))
			return 0;
		if (!flow->out && !single_client)
			return 0;
	}
}

/* One round over the flows that can go on; false when one failed. */
static bool serve(struct load_half *half, bool ending)
{
	struct epoll_event events[LOAD_RR_EVENTS] = {{.data.u32 = 0}};
	int count = half->epoll >= 0
			    ? epoll_wait(half->epoll, events, LOAD_RR_EVENTS, LOAD_BLOCK_MS)
			    : 1;

	for (int i = 0; i < count; i++) {
		struct load_rr_flow *flow = (struct load_rr_flow *)half->state + events[i].data.u32;

		if (ending && load_rr_idle(flow))
			continue;
		int result = go_on(half, events[i].data.u32, ending);
		if (result < 0) {
			errno = -result;
			load_fail(half, "exchanging messages");
			return false;
		}
	}
	return true;
}

bool load_rr_idle(const struct load_rr_flow *flow)
{
	return flow->out && flow->moved == 0;
}

/* Starts those that have nothing under way from a slice before. */
static bool start(struct load_half *half)
{
	struct load_rr_flow *flows = half->state;

	for (uint32_t i = 0; i < half->sockets; i++) {
		bool idle = load_rr_idle(&flows[i]);

		if (idle)
			flows[i].since_ns = clock_now_ns();
		int result = idle && half->epoll >= 0 ? go_on(half, i, false) : 0;
		if (result < 0) {
			errno = -result;
			load_fail(half, "sending a request");
			return false;
		}
	}
	return true;
}

static bool under_way(const struct load_half *half)
{
	const struct load_rr_flow *flows = half->state;

	for (uint32_t i = 0; i < half->sockets; i++)
		if (!load_rr_idle(&flows[i]))
			return true;
	return false;
}

static void tell_open(struct load_half *half)
{
	struct load_rr_flow *flows = half->state;

	for (uint32_t i = 0; i < half->sockets; i++)
		if (!load_rr_idle(&flows[i]))
			load_rr_tell(half, &flows[i], clock_now_ns());
}

void load_rr_send(struct load_half *half)
{
	if (!start(half))
		return;
	while (serve(half, false) && load_runs(half, clock_now_ns()))
		;
	/* The next slice begins with nothing under way, unless it is stalled. */
	int64_t limit_ns = clock_now_ns() + LOAD_ANSWER_NS;
	while (half->result == 0 && under_way(half) && clock_now_ns() < limit_ns)
		serve(half, true);
	tell_open(half);
}

void load_rr_receive(struct load_half *half)
{
	while (serve(half, false) && load_runs(half, clock_now_ns()))
		;
}
