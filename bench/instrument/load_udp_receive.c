/* UDP stream, the receiving side: what came, what did not, and in which order. */
#include "load_udp.h"

#include <errno.h>
#include <linux/udp.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define BATCH     64
#define BATCH_GRO 16
/* A receiver that keeps up with an unpaced sender sleeps, and is woken by it, for each datagram,
 * which slows the sender more than anything else. After it has taken all there was it lets some
 * gather: seen to be a fifth to a third faster with 50 us, which is far from filling a socket's
 * buffer. At a rate, it waits for each as programs do, since there the delay is looked at. */
#define NAP_NS      50000
#define JOINED_MAX  65536 /* what UDP_GRO makes of many */
#define CACHE_LINES 64

union control {
	struct cmsghdr align;
	char bytes[CMSG_SPACE(sizeof(int))];
};

struct receiving {
	struct mmsghdr message[BATCH];
	struct iovec part[BATCH];
	union control control[BATCH];
	unsigned batch;
	bool joined;
	struct load_seen seen[]; /* of each flow */
};

int load_udp_prepare_receiver(struct load_half *half, struct problem *problem)
{
	bool joined = half->plan.segments > 1;
	size_t size =
		joined ? JOINED_MAX
		       : (half->plan.message_bytes + CACHE_LINES - 1) / CACHE_LINES * CACHE_LINES;
	unsigned batch = joined ? BATCH_GRO : BATCH;
	struct receiving *receiving = half->state =
		calloc(1, sizeof(*receiving) + half->plan.flows * sizeof(struct load_seen));

	half->buffer = calloc(batch, size);
	if (!receiving || !half->buffer)
		return problem_set(problem, -ENOMEM, "no memory for %u datagrams", batch);
	receiving->batch = batch;
	receiving->joined = joined;
	for (unsigned i = 0; i < batch; i++) {
		struct msghdr *header = &receiving->message[i].msg_hdr;

		receiving->part[i].iov_base = half->buffer + i * size;
		receiving->part[i].iov_len = size;
		header->msg_iov = &receiving->part[i];
		header->msg_iovlen = 1;
		header->msg_control = joined ? &receiving->control[i] : NULL;
	}
	if (joined && setsockopt(half->fd[0], IPPROTO_UDP, UDP_GRO, &(int){1}, sizeof(int)) != 0)
		return problem_errno(problem, "cannot take datagrams joined (UDP_GRO, Linux 5.0)");
	return 0;
}

static void set_bit(struct load_seen *seen, uint64_t sequence)
{
	seen->bits[sequence % LOAD_SEEN / 64] |= UINT64_C(1) << sequence % 64;
}

static bool has_bit(const struct load_seen *seen, uint64_t sequence)
{
	return seen->bits[sequence % LOAD_SEEN / 64] >> sequence % 64 & 1;
}

enum load_arrival load_seen_note(struct load_seen *seen, uint32_t sequence)
{
	if (sequence < seen->next) {
		if (sequence + (uint64_t)LOAD_SEEN < seen->next)
			return LOAD_LATE;
		if (has_bit(seen, sequence))
			return LOAD_TWICE;
		set_bit(seen, sequence);
		return LOAD_LATE;
	}
	if (sequence - seen->next >= LOAD_SEEN)
		memset(seen->bits, 0, sizeof(seen->bits));
	else
		for (uint64_t i = seen->next; i < sequence; i++)
			seen->bits[i % LOAD_SEEN / 64] &= ~(UINT64_C(1) << i % 64);
	set_bit(seen, sequence);
	seen->next = (uint64_t)sequence + 1;
	return LOAD_NEW;
}

static void note(struct load_half *half, const char *datagram, int64_t now_ns)
{
	struct receiving *receiving = half->state;
	struct load_number number;

	memcpy(&number, datagram, sizeof(number));
	half->counts.messages++;
	half->counts.bytes += half->plan.message_bytes;
	if (number.slice != (uint16_t)half->slice || number.flow >= half->plan.flows)
		return;
	struct load_seen *seen = &receiving->seen[number.flow];
	enum load_arrival arrival = load_seen_note(seen, number.sequence);
	if (arrival == LOAD_TWICE) {
		half->duplicates++;
		return;
	}
	half->unique++;
	half->reordered += arrival == LOAD_LATE;
	int64_t transit_ns = now_ns - number.sent_ns;
	if (seen->transits++ > 0)
		seen->jitter_ns +=
			(fabs((double)(transit_ns - seen->transit_ns)) - seen->jitter_ns) / 16;
	seen->transit_ns = transit_ns;
	if (half->latency)
		load_latency(half, transit_ns);
}

/* The size of the datagrams that a message is joined of. */
static size_t joined_size(struct mmsghdr *message)
{
	struct cmsghdr *control = CMSG_FIRSTHDR(&message->msg_hdr);
	int size = 0;

	if (control && control->cmsg_level == IPPROTO_UDP && control->cmsg_type == UDP_GRO)
		memcpy(&size, CMSG_DATA(control), sizeof(size));
	return size > 0 ? (size_t)size : message->msg_len;
}

static void note_message(struct load_half *half, unsigned index, int64_t now_ns)
{
	struct receiving *receiving = half->state;
	struct mmsghdr *message = &receiving->message[index];
	const char *data = receiving->part[index].iov_base;
	size_t size = receiving->joined ? joined_size(message) : message->msg_len;

	/* Datagrams of another size are not ours. */
	if (size != half->plan.message_bytes)
		return;
	for (size_t at = 0; at + size <= message->msg_len; at += size)
		note(half, data + at, now_ns);
}

static void reset_seen(struct load_half *half)
{
	struct receiving *receiving = half->state;

	memset(receiving->seen, 0, half->plan.flows * sizeof(*receiving->seen));
}

void load_udp_receive(struct load_half *half)
{
	struct receiving *receiving = half->state;
	bool naps = half->plan.rate == 0;
	int64_t now_ns;

	reset_seen(half);
	do {
		/* MSG_WAITFORONE: takes what is there, and waits only when nothing is. */
		for (unsigned i = 0; receiving->joined && i < receiving->batch; i++)
			receiving->message[i].msg_hdr.msg_controllen = sizeof(union control);
		int count = recvmmsg(
			half->fd[0], receiving->message, receiving->batch, MSG_WAITFORONE, NULL);
		now_ns = clock_now_ns();
		for (int i = 0; i < count; i++)
			note_message(half, (unsigned)i, now_ns);
		if (count < 0 && !load_not_now(errno))
			half->counts.errors++;
		if (naps && count < (int)receiving->batch)
			nanosleep(&(struct timespec){.tv_nsec = NAP_NS}, NULL);
	} while (load_runs(half, now_ns));

	double jitter_ns = 0;
	uint32_t flows = 0;
	for (uint32_t i = 0; i < half->plan.flows; i++)
		if (receiving->seen[i].transits > 1) {
			jitter_ns += receiving->seen[i].jitter_ns;
			flows++;
		}
	half->jitter_s = flows ? jitter_ns / flows / 1e9 : -1;
}
