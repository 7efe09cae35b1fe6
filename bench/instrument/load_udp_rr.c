/* Request and response in single datagrams. An answer that does not come is given up after
 * LOAD_ANSWER_NS; one that comes later than that is known by its number, and ignored. */
#include "load_rr.h"
#include "load_udp.h"

#include <errno.h>
#include <string.h>

static void give_up(struct load_half *half, struct load_rr_flow *flow, uint64_t *counter)
{
	(*counter)++;
	flow->out = true;
	if (counter == &half->counts.errors)
		load_pause();
}

static void ask(struct load_half *half, uint32_t index)
{
	struct load_rr_flow *flow = (struct load_rr_flow *)half->state + index;
	struct load_number number = {.slice = (uint16_t)half->slice,
		.flow = (uint16_t)index,
		.sequence = ++flow->number,
		.sent_ns = flow->since_ns};

	memcpy(half->buffer, &number, sizeof(number));
	flow->out = false;
	if (send(half->fd[index], half->buffer, half->plan.message_bytes, MSG_NOSIGNAL) < 0)
		give_up(half, flow, &half->counts.errors);
}

/* Takes what came for a flow: true when it was the answer to its request. */
static bool take(struct load_half *half, uint32_t index)
{
	struct load_rr_flow *flow = (struct load_rr_flow *)half->state + index;
	char *in = half->buffer + half->buffer_bytes;
	struct load_number number;

	while (!flow->out) {
		ssize_t got = recv(half->fd[index], in, half->buffer_bytes,
			half->epoll >= 0 ? MSG_DONTWAIT : 0);

		if (got < 0 && load_not_now(errno))
			return false;
		if (got < 0) {
			give_up(half, flow, &half->counts.errors);
			return false;
		}
		memcpy(&number, in, sizeof(number));
		if (got == half->plan.response_bytes && number.sequence == flow->number &&
			number.slice == (uint16_t)half->slice)
			flow->out = true;
	}
	return true;
}

/* Gives up what was not answered in time, and asks again. */
static void look_after(struct load_half *half, int64_t now_ns, bool ending)
{
	struct load_rr_flow *flows = half->state;

	for (uint32_t i = 0; i < half->sockets; i++) {
		if (!flows[i].out && now_ns - flows[i].since_ns >= LOAD_ANSWER_NS) {
			load_rr_tell(half, &flows[i], now_ns);
			give_up(half, &flows[i], &half->counts.timeouts);
		}
		if (flows[i].out && !ending) {
			flows[i].since_ns = now_ns;
			ask(half, i);
		}
	}
}

static void serve(struct load_half *half, bool ending)
{
	struct load_rr_flow *flows = half->state;
	struct epoll_event events[LOAD_RR_EVENTS] = {{.data.u32 = 0}};
	int count = half->epoll >= 0
			    ? epoll_wait(half->epoll, events, LOAD_RR_EVENTS, LOAD_BLOCK_MS)
			    : 1;

	for (int i = 0; i < count; i++) {
		uint32_t index = events[i].data.u32;

		if (flows[index].out || !take(half, index))
			continue;
		load_rr_finish(half, &flows[index]);
		if (!ending && half->epoll >= 0)
			ask(half, index);
	}
}

static bool under_way(const struct load_half *half)
{
	const struct load_rr_flow *flows = half->state;

	for (uint32_t i = 0; i < half->sockets; i++)
		if (!flows[i].out)
			return true;
	return false;
}

void load_udp_rr_send(struct load_half *half)
{
	struct load_rr_flow *flows = half->state;
	int64_t now_ns = clock_now_ns(), looked_ns = 0;

	for (uint32_t i = 0; i < half->sockets; i++)
		flows[i].out = true;
	do {
		if (now_ns - looked_ns >= LOAD_BLOCK_MS * INT64_C(1000000)) {
			look_after(half, now_ns, false);
			looked_ns = now_ns;
		} else if (half->epoll < 0 && flows[0].out) {
			flows[0].since_ns = now_ns;
			ask(half, 0);
		}
		serve(half, false);
		now_ns = clock_now_ns();
	} while (load_runs(half, now_ns));
	while (under_way(half)) {
		serve(half, true);
		look_after(half, clock_now_ns(), true);
	}
}

void load_udp_rr_receive(struct load_half *half)
{
	char *in = half->buffer + half->buffer_bytes;

	do {
		struct sockaddr_storage from;
		socklen_t size = sizeof(from);
		ssize_t got = recvfrom(
			half->fd[0], in, half->buffer_bytes, 0, (struct sockaddr *)&from, &size);

		if (got == half->plan.message_bytes) {
			memcpy(half->buffer, in, LOAD_NUMBER_MIN);
			if (sendto(half->fd[0], half->buffer, half->plan.response_bytes,
				    MSG_NOSIGNAL, (struct sockaddr *)&from, size) < 0)
				half->counts.errors++;
			else
				load_rr_finish(half, half->state);
		} else if (got < 0 && !load_not_now(errno)) {
			half->counts.errors++;
		}
	} while (load_runs(half, clock_now_ns()));
}
