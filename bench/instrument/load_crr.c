/*
 * A connection for each request and response. The server closes first, so that the connections
 * that TIME_WAIT remembers are its own and the client does not run out of ports.
 */
#include "load_rr.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

static void hang_up(struct load_rr_flow *flow)
{
	if (flow->fd >= 0)
		close(flow->fd);
	*flow = (struct load_rr_flow){.fd = -1, .out = true};
}

static int dial(struct load_half *half, uint32_t index)
{
	struct load_rr_flow *flow = (struct load_rr_flow *)half->state + index;
	struct epoll_event event = {.events = EPOLLIN | EPOLLOUT | EPOLLET, .data.u32 = index};

	flow->since_ns = clock_now_ns();
	flow->fd = load_socket_new(half, &half->end.from, NULL);
	if (flow->fd < 0)
		return flow->fd;
	if (half->epoll >= 0 && (fcntl(flow->fd, F_SETFL, O_NONBLOCK) != 0 ||
					epoll_ctl(half->epoll, EPOLL_CTL_ADD, flow->fd, &event)))
		return -errno;
	return 0;
}

/* connect() called again tells how an attempt goes that was not done at once. */
static int connect_on(struct load_half *half, struct load_rr_flow *flow)
{
	const struct sockaddr_storage *to = &half->end.address;

	if (connect(flow->fd, (const struct sockaddr *)to, address_size(to)) == 0 ||
		errno == EISCONN) {
		flow->connected = true;
		return 1;
	}
	return errno == EINPROGRESS || errno == EALREADY || load_not_now(errno) ? 0 : -errno;
}

/* Waits for the server to close. */
static int close_on(struct load_half *half, struct load_rr_flow *flow)
{
	char more;
	ssize_t got = recv(flow->fd, &more, 1, half->epoll >= 0 ? MSG_DONTWAIT : 0);

	if (got < 0)
		return load_not_now(errno) ? 0 : -errno;
	hang_up(flow);
	return 1;
}

/* Goes on with a connection until it has to wait, or is over: 1. */
static int go_on(struct load_half *half, uint32_t index)
{
	struct load_rr_flow *flow = (struct load_rr_flow *)half->state + index;
	int result = flow->fd < 0 ? dial(half, index) : 0;

	if (result < 0)
		return result;
	if (!flow->connected && (result = connect_on(half, flow)) <= 0)
		return result;
	while (!flow->answered) {
		result = load_rr_move(half, flow, flow->fd);
		if (result <= 0)
			return result;
		if (flow->out) {
			load_rr_finish(half, flow);
			flow->answered = true;
		}
	}
	return close_on(half, flow);
}

static void serve(struct load_half *half, uint32_t index, bool ending)
{
	struct load_rr_flow *flow = (struct load_rr_flow *)half->state + index;
	int result;

	if (ending && flow->fd < 0)
		return;

	/* The next connection begins at once: no event tells of it. */
	do {
		result = go_on(half, index);
	} while (result > 0 && half->epoll >= 0 && !ending);
	if (result < 0) {
		half->counts.errors++;
		hang_up(flow);
		load_pause();
	}
}

static bool under_way(const struct load_half *half)
{
	const struct load_rr_flow *flows = half->state;

	for (uint32_t i = 0; i < half->plan.flows; i++)
		if (flows[i].fd >= 0)
			return true;
	return false;
}

static void serve_ready(struct load_half *half, bool ending)
{
	struct epoll_event events[LOAD_RR_EVENTS] = {{.data.u32 = 0}};
	int count = half->epoll >= 0
			    ? epoll_wait(half->epoll, events, LOAD_RR_EVENTS, LOAD_BLOCK_MS)
			    : 1;

	for (int i = 0; i < count; i++)
		serve(half, events[i].data.u32, ending);
}

void load_crr_send(struct load_half *half)
{
	struct load_rr_flow *flows = half->state;

	do {
		for (uint32_t i = 0; half->epoll >= 0 && i < half->plan.flows; i++)
			if (flows[i].fd < 0)
				serve(half, i, false);
		serve_ready(half, false);
	} while (load_runs(half, clock_now_ns()));
	/* What is under way ends in peace: a reset would be an error at the server. */
	int64_t limit_ns = clock_now_ns() + LOAD_ANSWER_NS;
	while (under_way(half) && clock_now_ns() < limit_ns)
		serve_ready(half, true);
	for (uint32_t i = 0; i < half->plan.flows; i++) {
		if (flows[i].fd >= 0 && !flows[i].answered)
			load_rr_tell(half, &flows[i], clock_now_ns());
		hang_up(&flows[i]);
	}
}

/* Answers one connection. Its request is on its way, so one at a time is enough. */
static void answer(struct load_half *half, int fd)
{
	struct load_rr_flow flow = {.fd = fd};
	int64_t limit_ns = clock_now_ns() + LOAD_ANSWER_NS;
	int result;

	do {
		result = load_rr_move(half, &flow, fd);
	} while (result >= 0 && (result == 0 || flow.out) && clock_now_ns() < limit_ns &&
		 load_runs(half, clock_now_ns()));
	if (result > 0 && !flow.out)
		load_rr_finish(half, &flow);
	else if (result < 0)
		half->counts.errors++;
}

void load_crr_receive(struct load_half *half)
{
	do {
		int fd = load_accept_one(half);

		if (fd >= 0) {
			answer(half, fd);
			close(fd);
		} else if (!load_not_now(errno)) {
			half->counts.errors++;
			load_pause();
		}
	} while (load_runs(half, clock_now_ns()));
}
