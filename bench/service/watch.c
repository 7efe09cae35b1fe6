#include "watch.h"

#include "clock.h"
#include "cpus.h"
#include "ports.h"
#include "rules.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

/* Under way at once: those of WATCH_WAIT_NS when all are lost, and more after a stall. */
#define FLOWS_MAX 512

struct flow {
	int client;
	int64_t due_ns, begun_ns;
};

struct watch {
	struct watch_aim aim;
	pthread_t thread;
	sem_t warm;
	_Atomic int64_t end_ns; /* of the schedule */
	int backend;
	struct flow next;             /* its socket is open */
	struct flow flows[FLOWS_MAX]; /* under way: a ring, oldest first */
	size_t first, count;
	struct watch_seen seen;
	struct histogram *delay;
	struct problem problem;
	int failure;
};

static int fail(struct watch *watch, const char *what)
{
	return watch->failure = problem_errno(&watch->problem, "%s", what);
}

static int open_backend(struct watch *watch)
{
	const struct sockaddr_in any = {
		.sin_family = AF_INET, .sin_port = htons(RULES_TARGET_PORT)};
	const int on = 1;

	if (setns(watch->aim.backend_netns, CLONE_NEWNET) < 0)
		return fail(watch, "cannot enter the backend");
	watch->backend = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (watch->backend < 0 ||
		setsockopt(watch->backend, IPPROTO_IP, IP_PKTINFO, &on, sizeof(on)) < 0 ||
		bind(watch->backend, (const struct sockaddr *)&any, sizeof(any)) < 0)
		return fail(watch, "cannot open the backend's socket");
	return 0;
}

/* Ahead of its time, so that none of this is in a delay. */
static int open_next(struct watch *watch)
{
	int client = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	if (client < 0 || ports_bind_next(client) < 0 ||
		connect(client, (const struct sockaddr *)&watch->aim.to, sizeof(watch->aim.to)) <
			0) {
		fail(watch, "cannot open a socket for a new flow");
		if (client >= 0)
			close(client);
		return watch->failure;
	}
	watch->next.client = client;
	return 0;
}

/* Answers all that has come to the backend, from the address that was asked. */
static void serve(const struct watch *watch)
{
	char text[16], control[CMSG_SPACE(sizeof(struct in_pktinfo))]
		__attribute__((aligned(sizeof(size_t))));
	struct sockaddr_in from;
	struct iovec part = {text, sizeof(text)};
	struct msghdr message = {.msg_name = &from, .msg_iov = &part, .msg_iovlen = 1};
	ssize_t got;

	for (;;) {
		message.msg_namelen = sizeof(from);
		message.msg_control = control;
		message.msg_controllen = sizeof(control);
		part.iov_len = sizeof(text);
		got = recvmsg(watch->backend, &message, 0);
		if (got < 0)
			return;
		struct cmsghdr *head = CMSG_FIRSTHDR(&message);
		if (!head)
			continue;
		struct in_pktinfo *at = (struct in_pktinfo *)CMSG_DATA(head);
		*at = (struct in_pktinfo){.ipi_spec_dst = at->ipi_addr};
		part.iov_len = (size_t)got;
		sendmsg(watch->backend, &message, 0);
	}
}

/* Takes the answers, oldest flow first, which may stay behind younger ones. */
static void collect(struct watch *watch)
{
	for (size_t i = 0; i < watch->count; i++) {
		struct flow *flow = &watch->flows[(watch->first + i) % FLOWS_MAX];
		char text[16];

		if (flow->client < 0)
			continue;
		ssize_t got = recv(flow->client, text, sizeof(text), 0);
		int64_t now_ns = clock_now_ns();
		bool waits = got < 0 && errno == EAGAIN;
		if (waits && now_ns - flow->begun_ns < WATCH_WAIT_NS)
			continue;
		if (got >= 0)
			histogram_record(watch->delay, now_ns - flow->due_ns);
		else
			watch->seen.lost++;
		close(flow->client);
		flow->client = -1;
	}
	while (watch->count && watch->flows[watch->first].client < 0) {
		watch->first = (watch->first + 1) % FLOWS_MAX;
		watch->count--;
	}
}

/* Sent into the open: what the kernel refuses at once is lost as well. */
static void begin_flow(struct watch *watch)
{
	struct flow flow = watch->next;

	watch->next.client = -1;
	watch->next.due_ns += watch->aim.every_ns;
	watch->seen.begun++;
	flow.begun_ns = clock_now_ns();
	if (send(flow.client, &watch->seen.begun, sizeof(watch->seen.begun), 0) < 0) {
		watch->seen.lost++;
		close(flow.client);
		return;
	}
	watch->flows[(watch->first + watch->count++) % FLOWS_MAX] = flow;
}

/* Until something comes, or `until_ns`. */
static void wait_until(const struct watch *watch, int64_t until_ns)
{
	struct pollfd watched[FLOWS_MAX + 1] = {{watch->backend, POLLIN, 0}};
	int64_t left_ns = until_ns - clock_now_ns();
	nfds_t count = 1;

	for (size_t i = 0; i < watch->count; i++) {
		const struct flow *flow = &watch->flows[(watch->first + i) % FLOWS_MAX];

		if (flow->client >= 0)
			watched[count++] = (struct pollfd){flow->client, POLLIN, 0};
	}
	if (left_ns > 0)
		ppoll(watched, count, &(struct timespec){0, left_ns}, NULL);
}

/* One look at everything. With `more`, flows that are due begin. */
static int step(struct watch *watch, bool more)
{
	int64_t look_ns = clock_now_ns() + watch->aim.every_ns;

	more = more && watch->count < FLOWS_MAX;
	if (more && watch->next.client < 0 && open_next(watch) < 0)
		return watch->failure;
	if (more && clock_now_ns() >= watch->next.due_ns)
		begin_flow(watch);
	serve(watch);
	collect(watch);
	if (!more || watch->next.due_ns > look_ns)
		wait_until(watch, look_ns);
	else
		wait_until(watch, watch->next.due_ns);
	return 0;
}

static int prepare(struct watch *watch)
{
	int failure = watch->aim.cpu < 0 ? 0 : cpus_pin(watch->aim.cpu);

	if (failure < 0) {
		errno = -failure;
		return fail(watch, "cannot run on the CPU for exchanges");
	}
	prctl(PR_SET_TIMERSLACK, 1); /* ns; 50 us otherwise, and all of it in the delay */
	if (open_backend(watch) < 0)
		return watch->failure;
	if (setns(watch->aim.pod_netns, CLONE_NEWNET) < 0)
		return fail(watch, "cannot enter the pod");
	if (open_next(watch) < 0)
		return watch->failure;
	/* The first one finds all that is fetched but once. */
	begin_flow(watch);
	while (watch->count && step(watch, false) == 0)
		;
	watch->seen = (struct watch_seen){0};
	histogram_reset(watch->delay);
	return watch->failure;
}

static void *run(void *argument)
{
	struct watch *watch = argument;
	bool ready = prepare(watch) == 0;

	watch->next.due_ns = clock_now_ns();
	sem_post(&watch->warm);
	/* Ticks that a stall held up come still, though it lasted until the end. */
	while (ready && (watch->next.due_ns < watch->end_ns || watch->count))
		ready = step(watch, watch->next.due_ns < watch->end_ns) == 0;
	for (; watch->count; watch->count--, watch->first++)
		if (watch->flows[watch->first % FLOWS_MAX].client >= 0)
			close(watch->flows[watch->first % FLOWS_MAX].client);
	if (watch->next.client >= 0)
		close(watch->next.client);
	if (watch->backend >= 0)
		close(watch->backend);
	return NULL;
}

static void drop(struct watch *watch)
{
	sem_destroy(&watch->warm);
	histogram_free(watch->delay);
	free(watch);
}

struct watch *watch_begin(const struct watch_aim *aim, struct problem *problem)
{
	struct watch *watch = calloc(1, sizeof(*watch));

	if (!watch || !(watch->delay = histogram_new())) {
		problem_set(problem, -ENOMEM, "no memory to watch connections with");
		free(watch);
		return NULL;
	}
	watch->aim = *aim;
	watch->backend = watch->next.client = -1;
	watch->end_ns = INT64_MAX;
	sem_init(&watch->warm, 0, 0);
	int failure = pthread_create(&watch->thread, NULL, run, watch);
	if (failure) {
		problem_set(problem, -failure, "cannot start a thread: %s", strerror(failure));
		drop(watch);
		return NULL;
	}
	while (sem_wait(&watch->warm) < 0 && errno == EINTR)
		;
	if (watch->failure) {
		watch_end(watch, &(struct watch_seen){0}, NULL, problem);
		return NULL;
	}
	return watch;
}

int watch_end(struct watch *watch, struct watch_seen *seen, struct histogram *delay,
	struct problem *problem)
{
	watch->end_ns = clock_now_ns();
	pthread_join(watch->thread, NULL);
	int failure = watch->failure;

	*seen = watch->seen;
	if (delay)
		histogram_merge(delay, watch->delay);
	if (failure)
		problem_set(problem, failure, "%s", watch->problem.text);
	drop(watch);
	return failure;
}
