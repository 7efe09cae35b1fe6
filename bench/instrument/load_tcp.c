/* TCP stream: one flow by blocking calls, more by epoll, as programs do. */
#include "load_internal.h"

#include <errno.h>
#include <stdlib.h>

/* What a receiver asks for at once. Senders do best with messages of 256 KiB or so: of 16 KiB, 64
 * KiB, 128 KiB, 256 KiB and 1 MiB, interleaved over a veth pair, the last two were fastest. */
#define RECEIVE_BYTES (128 << 10)
#define EVENTS        64

int load_tcp_prepare(struct load_half *half, struct problem *problem)
{
	half->buffer_bytes = half->receiver ? RECEIVE_BYTES : half->plan.message_bytes;
	if (posix_memalign((void **)&half->buffer, 4096, half->buffer_bytes) != 0)
		return problem_set(problem, -ENOMEM, "no memory for a buffer of %zu bytes",
			half->buffer_bytes);
	for (size_t i = 0; i < half->buffer_bytes; i++)
		half->buffer[i] = (char)i;
	return 0;
}

/* The flows that can be served: all there is when there is one, whose calls block themselves. */
static int ready_flows(const struct load_half *half, struct epoll_event events[EVENTS])
{
	if (half->epoll >= 0)
		return epoll_wait(half->epoll, events, EVENTS, LOAD_BLOCK_MS);
	events[0].data.u32 = 0;
	return 1;
}

void load_tcp_send(struct load_half *half)
{
	int flags = MSG_NOSIGNAL | (half->epoll >= 0 ? MSG_DONTWAIT : 0);
	struct epoll_event events[EVENTS];

	do {
		int count = ready_flows(half, events);

		for (int i = 0; i < count; i++) {
			ssize_t sent = send(half->fd[events[i].data.u32], half->buffer,
				half->buffer_bytes, flags);

			if (sent >= 0) {
				half->counts.bytes += (uint64_t)sent;
				half->counts.messages++;
			} else if (!load_not_now(errno)) {
				load_fail(half, "sending");
				return;
			}
		}
	} while (load_runs(half, clock_now_ns()));
}

void load_tcp_receive(struct load_half *half)
{
	int flags = half->epoll >= 0 ? MSG_DONTWAIT : 0;
	struct epoll_event events[EVENTS];

	do {
		int count = ready_flows(half, events);

		for (int i = 0; i < count; i++) {
			ssize_t got = recv(half->fd[events[i].data.u32], half->buffer,
				half->buffer_bytes, flags);

			if (got > 0) {
				half->counts.bytes += (uint64_t)got;
				half->counts.messages++;
			} else if (got == 0 || !load_not_now(errno)) {
				errno = got == 0 ? ECONNRESET : errno;
				load_fail(half, "receiving");
				return;
			}
		}
	} while (load_runs(half, clock_now_ns()));
}
