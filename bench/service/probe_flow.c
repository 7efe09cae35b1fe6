/* Flows: their sockets, and what goes over them while the clock runs. */
#include "probe_private.h"

#include "clock.h"
#include "interrupt.h"
#include "ports.h"
#include "procfs.h"

#include <errno.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define MS_NS INT64_C(1000000)

static bool is_tcp(enum probe_kind kind)
{
	return kind == PROBE_TCP_FIRST || kind == PROBE_TCP_ESTABLISHED;
}

int probe_open_flow(
	struct probe *probe, enum probe_kind kind, struct flow *flow, struct problem *problem)
{
	const struct linger reset = {.l_onoff = 1};
	const int on = 1;

	*flow = (struct flow){.server = is_tcp(kind) ? -1 : probe->udp,
		.size = is_tcp(kind) ? 1 : sizeof(probe->number)};
	flow->client = socket(AF_INET,
		(is_tcp(kind) ? SOCK_STREAM : SOCK_DGRAM) | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (flow->client < 0)
		return problem_errno(problem, "cannot open a socket for an exchange");
	if (is_tcp(kind) &&
		(setsockopt(flow->client, SOL_SOCKET, SO_LINGER, &reset, sizeof(reset)) < 0 ||
			setsockopt(flow->client, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on)) < 0))
		return problem_errno(problem, "cannot set up a socket for an exchange");
	if (ports_bind_next(flow->client) < 0)
		return problem_errno(problem, "cannot give a socket a port for an exchange");
	return 0;
}

void probe_close_flow(const struct probe *probe, const struct flow *flow)
{
	if (flow->client >= 0)
		close(flow->client);
	if (flow->server >= 0 && flow->server != probe->udp)
		close(flow->server);
}

/* How long this thread has waited for its CPU (Documentation/scheduler/sched-stats.rst): exact,
 * where a CPU's own times come in ticks. */
int64_t probe_waited_ns(void)
{
	char text[128];
	long long waited = 0;

	if (procfs_line("/", text, sizeof(text), "/proc/thread-self/schedstat") < 0 ||
		sscanf(text, "%*d %lld", &waited) != 1)
		return 0;
	return waited;
}

/* Waits for a packet that did not come with the call that sent it. False: for long enough. */
static bool wait_for(struct probe *probe, int socket, int64_t *deadline_ns)
{
	int64_t now_ns = clock_now_ns();
	struct pollfd watched = {socket, POLLIN, 0};

	probe->waited = true;
	if (!*deadline_ns)
		*deadline_ns = now_ns + PROBE_WAIT_MS * MS_NS;
	if (now_ns >= *deadline_ns || interrupt_pending())
		return false;
	int64_t waited_ns = probe->times_sleep ? probe_waited_ns() : 0;
	poll(&watched, 1, (int)((*deadline_ns - now_ns) / MS_NS) + 1);
	if (probe->times_sleep) /* not until the CPU was free after that */
		probe->asleep_ns += clock_now_ns() - now_ns - (probe_waited_ns() - waited_ns);
	return true;
}

/* Who sent a datagram, and to which of the backend's addresses. */
struct arrival {
	struct sockaddr_in from;
	struct in_pktinfo at;
};

union control {
	struct cmsghdr align;
	char space[CMSG_SPACE(sizeof(struct in_pktinfo))];
};

static struct msghdr message_of(struct arrival *arrival, struct iovec *text, union control *control)
{
	return (struct msghdr){.msg_name = &arrival->from,
		.msg_namelen = sizeof(arrival->from),
		.msg_iov = text,
		.msg_iovlen = 1,
		.msg_control = control,
		.msg_controllen = sizeof(*control)};
}

static void read_arrival(struct msghdr *message, struct arrival *arrival)
{
	for (struct cmsghdr *part = CMSG_FIRSTHDR(message); part; part = CMSG_NXTHDR(message, part))
		if (part->cmsg_level == IPPROTO_IP && part->cmsg_type == IP_PKTINFO)
			memcpy(&arrival->at, CMSG_DATA(part), sizeof(arrival->at));
}

/* Takes the message of this exchange; what is left of an earlier one goes. */
static bool take(struct probe *probe, int socket, size_t size, struct arrival *arrival)
{
	uint64_t number = 0;
	struct iovec text = {&number, size};
	union control control;
	int64_t deadline_ns = 0;

	for (;;) {
		struct msghdr message = message_of(arrival, &text, &control);
		ssize_t got = recvmsg(socket, &message, 0);

		if (got == (ssize_t)size && memcmp(&number, &probe->number, size) == 0) {
			read_arrival(&message, arrival);
			return true;
		}
		if (got == 0 && size == 1) /* the connection is over */
			return false;
		if (got < 0 && (errno != EAGAIN || !wait_for(probe, socket, &deadline_ns)))
			return false;
	}
}

/* Answers from the address that was asked. */
static bool answer(struct probe *probe, const struct flow *flow, struct arrival *arrival)
{
	struct iovec text = {&probe->number, flow->size};
	union control control = {.align = {.cmsg_len = CMSG_LEN(sizeof(struct in_pktinfo)),
					 .cmsg_level = IPPROTO_IP,
					 .cmsg_type = IP_PKTINFO}};
	const struct in_pktinfo from = {.ipi_spec_dst = arrival->at.ipi_addr};
	struct msghdr message = message_of(arrival, &text, &control);

	if (flow->server != probe->udp)
		return send(flow->server, &probe->number, flow->size, MSG_NOSIGNAL) ==
		       (ssize_t)flow->size;
	memcpy(CMSG_DATA(&control.align), &from, sizeof(from));
	return sendmsg(flow->server, &message, 0) == (ssize_t)flow->size;
}

static int64_t end(struct probe *probe, int64_t start_ns, bool answered)
{
	int64_t latency_ns = clock_now_ns() - start_ns;

	probe->exchanges++;
	probe->unanswered += !answered;
	probe->lost = answered ? 0 : probe->lost + 1;
	probe->late += answered && probe->waited;
	return answered ? latency_ns : -1;
}

int64_t probe_exchange(struct probe *probe, const struct flow *flow)
{
	struct arrival there, back;

	probe->number++;
	probe->waited = false;
	int64_t start_ns = clock_now_ns();
	bool answered = send(flow->client, &probe->number, flow->size, MSG_NOSIGNAL) ==
				(ssize_t)flow->size &&
			take(probe, flow->server, flow->size, &there) &&
			answer(probe, flow, &there) && take(probe, flow->client, flow->size, &back);

	return end(probe, start_ns, answered);
}

int64_t probe_establish(struct probe *probe, struct flow *flow, const struct sockaddr_in *to)
{
	int64_t deadline_ns = 0;
	bool going = true;

	probe->waited = false;
	int64_t start_ns = clock_now_ns();
	if (connect(flow->client, (const struct sockaddr *)to, sizeof(*to)) < 0)
		going = errno == EINPROGRESS;
	while (going && flow->server < 0) {
		flow->server = accept4(probe->listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
		if (flow->server < 0)
			going = errno == EAGAIN && wait_for(probe, probe->listener, &deadline_ns);
	}
	return end(probe, start_ns, flow->server >= 0);
}

void probe_drain(const struct probe *probe)
{
	int late;

	while ((late = accept4(probe->listener, NULL, NULL, SOCK_CLOEXEC)) >= 0)
		close(late);
}

int64_t probe_begin_flow(struct probe *probe, struct flow *flow, const struct sockaddr_in *to)
{
	if (flow->server < 0)
		return probe_establish(probe, flow, to);
	if (connect(flow->client, (const struct sockaddr *)to, sizeof(*to)) < 0)
		return end(probe, 0, false);
	return probe_exchange(probe, flow);
}
