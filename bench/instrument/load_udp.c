/* UDP stream, the sending side, and what a datagram begins with. */
#include "load_udp.h"

#include <errno.h>
#include <linux/udp.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>

/* Messages handed to the kernel by one call: as many as pay, and no more than it deals with in a
 * small part of a window. */
#define BATCH       64
#define BATCH_BYTES (256 << 10)

struct sending {
	struct mmsghdr message[BATCH];
	struct iovec part[BATCH];
	uint32_t next[LOAD_FLOWS_MAX]; /* sequence numbers */
	uint32_t segments;
	unsigned batch; /* of BATCH, what is used */
};

int load_udp_prepare(struct load_half *half, struct problem *problem)
{
	uint32_t segments = half->plan.segments > 1 ? half->plan.segments : 1;
	size_t message_bytes = (size_t)half->plan.message_bytes * segments;

	if (half->receiver)
		return load_udp_prepare_receiver(half, problem);
	struct sending *sending = half->state = calloc(1, sizeof(*sending));
	half->buffer = calloc(BATCH, message_bytes);
	if (!sending || !half->buffer)
		return problem_set(problem, -ENOMEM, "no memory for %d datagrams", BATCH);
	sending->segments = segments;
	sending->batch = (unsigned)(BATCH_BYTES / message_bytes);
	sending->batch = sending->batch < 1 ? 1 : sending->batch > BATCH ? BATCH : sending->batch;
	for (int i = 0; i < BATCH; i++) {
		sending->part[i].iov_base = half->buffer + (size_t)i * message_bytes;
		sending->part[i].iov_len = message_bytes;
		sending->message[i].msg_hdr.msg_iov = &sending->part[i];
		sending->message[i].msg_hdr.msg_iovlen = 1;
	}
	int size = (int)half->plan.message_bytes;
	for (uint32_t i = 0; segments > 1 && i < half->sockets; i++)
		if (setsockopt(half->fd[i], IPPROTO_UDP, UDP_SEGMENT, &size, sizeof(size)) != 0)
			return problem_errno(problem, "cannot have datagrams of %u bytes segmented",
				half->plan.message_bytes);
	return 0;
}

/* Numbers and times the first `count` messages. `interval_ns` is the schedule's, or 0. */
static void stamp(
	struct load_half *half, uint32_t flow, unsigned count, double sent_ns, double interval_ns)
{
	struct sending *sending = half->state;
	uint32_t sequence = sending->next[flow];

	for (unsigned i = 0; i < count; i++)
		for (uint32_t k = 0; k < sending->segments; k++, sequence++) {
			struct load_number number = {.slice = (uint16_t)half->slice,
				.flow = (uint16_t)flow,
				.sequence = sequence,
				.sent_ns = (int64_t)sent_ns};

			memcpy((char *)sending->part[i].iov_base +
					(size_t)k * half->plan.message_bytes,
				&number, sizeof(number));
			sent_ns += interval_ns;
		}
}

/* Whether the socket's buffer is full. */
static bool is_full(int fd)
{
	struct pollfd room = {.fd = fd, .events = POLLOUT};

	return poll(&room, 1, 0) == 0;
}

/* Hands over `count` messages, and tells how many of them are dealt with: sent, or refused. */
static unsigned hand_over(struct load_half *half, uint32_t flow, unsigned count)
{
	struct sending *sending = half->state;
	int sent = sendmmsg(half->fd[flow], sending->message, count, MSG_NOSIGNAL);

	if (sent > 0) {
		uint64_t datagrams = (uint64_t)sent * sending->segments;

		sending->next[flow] += (uint32_t)datagrams;
		half->counts.messages += datagrams;
		half->counts.bytes += datagrams * half->plan.message_bytes;
		/* Why it stopped short is lost (sendmmsg(2)): when not for want of room, that
		 * nobody listens, as a rule. */
		half->counts.errors += (unsigned)sent < count && !is_full(half->fd[flow]);
		return (unsigned)sent;
	}
	if (load_not_now(errno))
		return 0;
	half->counts.errors++;
	load_pause();
	return 1;
}

static void send_unpaced(struct load_half *half)
{
	const struct sending *sending = half->state;
	uint32_t flow = 0;
	int64_t now_ns = clock_now_ns();

	do {
		stamp(half, flow, sending->batch, (double)now_ns, 0);
		hand_over(half, flow, sending->batch);
		flow = (flow + 1) % half->sockets;
		now_ns = clock_now_ns();
	} while (load_runs(half, now_ns));
}

/* The k-th message is due at the start plus k intervals, whatever became of those before. It is
 * sent as soon as the CPU and the kernel let it; none is left out. */
static void send_paced(struct load_half *half)
{
	struct sending *sending = half->state;
	double datagram_ns = 1e9 / half->plan.rate;
	double message_ns = datagram_ns * sending->segments;
	int64_t begun_ns = half->begun_ns, now_ns = clock_now_ns();
	uint64_t done = 0;
	uint32_t flow = 0;

	do {
		uint64_t due = (uint64_t)((double)(now_ns - begun_ns) / message_ns) + 1;
		uint64_t count = due - done < sending->batch ? due - done : sending->batch;

		if (due > done) {
			stamp(half, flow, (unsigned)count,
				(double)begun_ns + (double)done * message_ns, datagram_ns);
			done += hand_over(half, flow, (unsigned)count);
			flow = (flow + 1) % half->sockets;
		} else {
			int64_t next_ns = begun_ns + (int64_t)((double)done * message_ns) + 1;
			int64_t latest_ns = now_ns + LOAD_BLOCK_MS * INT64_C(1000000);

			if (next_ns > half->edge_ns && half->edge_ns > now_ns)
				next_ns = half->edge_ns;
			clock_sleep_until_ns(next_ns < latest_ns ? next_ns : latest_ns);
		}
		now_ns = clock_now_ns();
	} while (load_runs(half, now_ns));
}

void load_udp_send(struct load_half *half)
{
	struct sending *sending = half->state;

	memset(sending->next, 0, sizeof(sending->next));
	if (half->plan.rate > 0)
		send_paced(half);
	else
		send_unpaced(half);
}
