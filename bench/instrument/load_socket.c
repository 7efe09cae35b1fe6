#include "load_internal.h"
#include "procfs.h"

#include <errno.h>
#include <linux/tcp.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define PACED_BUFFER_BYTES (8 << 20)

#define OPEN_MS 5000

static int set_number(int fd, int level, int option, int value)
{
	return setsockopt(fd, level, option, &value, sizeof(value));
}

/* The kernel would load a module for a congestion control that root asks for. */
static int check_congestion(const char *name, struct problem *problem)
{
	static const char path[] = "/proc/sys/net/ipv4/tcp_available_congestion_control";
	char all[1024], *rest = NULL;

	if (procfs_line("/", all, sizeof(all), "%s", path) == 0)
		for (char *word = strtok_r(all, " ", &rest); word;
			word = strtok_r(NULL, " ", &rest))
			if (strcmp(word, name) == 0)
				return 0;
	return problem_set(problem, -ENOENT,
		"there is no congestion control \"%s\" here; those in %s are", name, path);
}

static int set_tcp(const struct load_half *half, int fd, struct problem *problem)
{
	const struct load_plan *plan = &half->plan;
	const struct linger none = {.l_onoff = 1};

	/* Ends at once when its process does: what the kernel still tries to send would keep the
	 * connection's namespace, and the devices in it. */
	if (plan->kind != LOAD_TCP_CRR)
		setsockopt(fd, SOL_SOCKET, SO_LINGER, &none, sizeof(none));
	if (plan->kind != LOAD_TCP_STREAM)
		set_number(fd, IPPROTO_TCP, TCP_NODELAY, 1);
	if (plan->mss && set_number(fd, IPPROTO_TCP, TCP_MAXSEG, (int)plan->mss) != 0)
		return problem_errno(problem, "cannot set an MSS of %u", plan->mss);
	if (plan->congestion[0] && setsockopt(fd, IPPROTO_TCP, TCP_CONGESTION, plan->congestion,
					   (socklen_t)strlen(plan->congestion)) != 0)
		return problem_errno(
			problem, "cannot use the congestion control \"%s\"", plan->congestion);
	return 0;
}

static int set_udp(const struct load_half *half, int fd, struct problem *problem)
{
	const struct load_plan *plan = &half->plan;
	bool is_v6 = half->end.address.ss_family == AF_INET6;

	/* PROBE: with DF, and without belief in what is known of the path's MTU (ip(7)). */
	if (plan->dont_fragment &&
		(is_v6 ? set_number(fd, IPPROTO_IPV6, IPV6_MTU_DISCOVER, IPV6_PMTUDISC_PROBE)
		       : set_number(fd, IPPROTO_IP, IP_MTU_DISCOVER, IP_PMTUDISC_PROBE)) != 0)
		return problem_errno(problem, "cannot forbid that datagrams are fragmented");
	/* The default of 208 KiB holds some 90 large datagrams: at a rate, those that come while
	 * the receiver waits for its CPU would be called lost on their way. Without root, what
	 * rmem_max allows has to do. */
	if (half->receiver && plan->rate > 0 &&
		set_number(fd, SOL_SOCKET, SO_RCVBUFFORCE, PACED_BUFFER_BYTES) != 0)
		set_number(fd, SOL_SOCKET, SO_RCVBUF, PACED_BUFFER_BYTES);
	return 0;
}

/* A socket that is bound to `local`, if to anything, with the plan's options. */
int load_socket_new(
	const struct load_half *half, const struct sockaddr_storage *local, struct problem *problem)
{
	int type = load_kind_rows[half->plan.kind].type;
	int fd = socket(half->end.address.ss_family, type | SOCK_CLOEXEC, 0);
	struct timeval limit = {.tv_usec = LOAD_BLOCK_MS * 1000};
	char text[64];

	if (fd < 0)
		return problem_errno(problem, "cannot make a socket");
	int result = type == SOCK_STREAM ? set_tcp(half, fd, problem) : set_udp(half, fd, problem);
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit));
	if (half->receiver)
		set_number(fd, SOL_SOCKET, SO_REUSEADDR, 1);
	if (result == 0 && half->receiver && half->end.from.ss_family != AF_UNSPEC)
		result = load_filter(fd, type, &half->end.from, problem);
	/* Ports are chosen by connect(), which knows more of them to be free than bind() does. */
	if (!half->receiver && local->ss_family != AF_UNSPEC)
		set_number(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, 1);
	if (result == 0 && local->ss_family != AF_UNSPEC &&
		bind(fd, (const struct sockaddr *)local, address_size(local)) != 0)
		result = problem_errno(
			problem, "cannot bind a socket to %s", address_text(local, text));
	if (result == 0)
		return fd;
	close(fd);
	return result;
}

static int add_socket(struct load_half *half, int fd)
{
	struct epoll_event event = {
		.events = EPOLLIN | EPOLLOUT | EPOLLET, .data.u32 = half->sockets};

	/* A stream is ready in one direction only, and stays so until it is served. */
	if (half->plan.kind == LOAD_TCP_STREAM)
		event.events = half->receiver ? EPOLLIN : EPOLLOUT;
	if (half->epoll >= 0 && epoll_ctl(half->epoll, EPOLL_CTL_ADD, fd, &event) != 0)
		return -errno;
	half->fd[half->sockets++] = fd;
	return 0;
}

static int open_receiver(struct load_half *half, struct problem *problem)
{
	struct sockaddr_storage *address = &half->end.address;
	socklen_t size = sizeof(*address);
	int fd = load_socket_new(half, address, problem);
	char text[64];

	if (fd < 0)
		return fd;
	if (load_kind_rows[half->plan.kind].type == SOCK_DGRAM)
		half->fd[half->sockets++] = fd;
	else
		half->listener = fd;
	if (half->listener >= 0 && listen(fd, 4096) != 0)
		return problem_errno(problem, "cannot listen on %s", address_text(address, text));
	if (getsockname(fd, (struct sockaddr *)address, &size) != 0)
		return problem_errno(problem, "cannot tell the port of a socket");
	half->port = address->ss_family == AF_INET6 ? ((struct sockaddr_in6 *)address)->sin6_port
						    : ((struct sockaddr_in *)address)->sin_port;
	return 0;
}

/* connect() ends with SO_SNDTIMEO, but goes on in the kernel; a few of these make the limit. */
static int connect_within(int fd, const struct sockaddr_storage *address, int64_t limit_ns)
{
	struct pollfd ready = {.fd = fd, .events = POLLOUT};
	int error = 0;
	socklen_t size = sizeof(error);

	if (connect(fd, (const struct sockaddr *)address, address_size(address)) == 0)
		return 0;
	if (errno != EINPROGRESS)
		return -errno;
	int64_t left_ns = limit_ns - clock_now_ns();
	if (left_ns <= 0 || poll(&ready, 1, (int)(left_ns / 1000000) + 1) == 0)
		return -ETIMEDOUT;
	getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size);
	return -error;
}

static int open_sender(struct load_half *half, struct problem *problem)
{
	int64_t limit_ns = clock_now_ns() + OPEN_MS * INT64_C(1000000);
	char text[64];

	if (half->plan.kind == LOAD_TCP_CRR)
		return 0;
	for (uint32_t i = 0; i < half->plan.flows; i++) {
		int fd = load_socket_new(half, &half->end.from, problem);

		if (fd < 0)
			return fd;
		int result = connect_within(fd, &half->end.address, limit_ns);
		if (result == 0)
			result = add_socket(half, fd);
		if (result != 0) {
			close(fd);
			errno = -result;
			return problem_errno(problem, "cannot connect to %s",
				address_text(&half->end.address, text));
		}
	}
	return 0;
}

int load_sockets_open(struct load_half *half, struct problem *problem)
{
	const struct load_kind_row *kind = &load_kind_rows[half->plan.kind];
	/* The server of CRR serves one connection after the other, that of datagrams has one
	 * socket for all flows. */
	bool single =
		half->receiver && (half->plan.kind == LOAD_TCP_CRR || kind->type == SOCK_DGRAM);

	if (kind->type == SOCK_STREAM && half->plan.congestion[0]) {
		int result = check_congestion(half->plan.congestion, problem);
		if (result < 0)
			return result;
	}
	if (half->plan.flows > 1 && kind->epoll && !single) {
		half->epoll = epoll_create1(EPOLL_CLOEXEC);
		if (half->epoll < 0)
			return problem_errno(problem, "cannot make an epoll descriptor");
	}
	return half->receiver ? open_receiver(half, problem) : open_sender(half, problem);
}

int load_accept_one(const struct load_half *half)
{
	struct sockaddr_storage from = {.ss_family = AF_UNSPEC};
	socklen_t size = sizeof(from);
	/* The listener's options are inherited, its limits of time too. */
	int fd = accept4(half->listener, (struct sockaddr *)&from, &size, SOCK_CLOEXEC);

	if (fd < 0 || load_admits(half, &from))
		return fd;
	close(fd);
	errno = EAGAIN;
	return -1;
}

int load_accept(struct load_half *half)
{
	int fd = load_accept_one(half);

	if (fd < 0)
		return load_not_now(errno) ? 0 : -errno;
	int result = add_socket(half, fd);
	if (result != 0)
		close(fd);
	return result;
}

int load_accept_rest(struct load_half *half, int64_t limit_ns)
{
	while (half->sockets < half->plan.flows) {
		int result = load_accept(half);

		if (result == 0 && clock_now_ns() > limit_ns)
			result = -ENOTCONN;
		if (result != 0)
			return problem_set(&half->problem, result,
				"%u of %u connections arrived: %s", half->sockets, half->plan.flows,
				strerror(-result));
	}
	return 0;
}

void load_sockets_close(struct load_half *half)
{
	for (uint32_t i = 0; i < half->sockets; i++)
		close(half->fd[i]);
	if (half->listener >= 0)
		close(half->listener);
	if (half->epoll >= 0)
		close(half->epoll);
}

uint64_t load_retransmits(const struct load_half *half)
{
	uint64_t sum = 0;

	if (half->receiver || load_kind_rows[half->plan.kind].type != SOCK_STREAM)
		return 0;
	for (uint32_t i = 0; i < half->sockets; i++) {
		struct tcp_info info = {0};
		socklen_t size = sizeof(info);

		if (getsockopt(half->fd[i], IPPROTO_TCP, TCP_INFO, &info, &size) == 0)
			sum += info.tcpi_total_retrans;
	}
	return sum;
}

void load_tcp_look(const struct load_half *half, struct load_side *side)
{
	struct tcp_info info = {0};
	socklen_t size = sizeof(info);

	if (half->receiver || half->sockets == 0 ||
		getsockopt(half->fd[0], IPPROTO_TCP, TCP_INFO, &info, &size) != 0)
		return;
	side->rtt_s = info.tcpi_rtt / 1e6;
	side->mss = info.tcpi_snd_mss;
}
