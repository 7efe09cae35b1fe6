#include "probe_private.h"

#include "clock.h"
#include "cpus.h"
#include "interrupt.h"
#include "rules.h"

#include <errno.h>
#include <math.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define BACKLOG 128

/* Exchanges of a flow before it is established: conntrack has then seen packets both ways, and an
 * answer to the answer. */
#define WARM_UPS 2

struct visit {
	struct probe *probe;
	int netns;
	int (*work)(struct visit *visit);
	struct problem *problem;
	int result;
	/* What the work is about. */
	const struct probe_aim *aim;
	size_t count;
	int64_t *latency_ns;
	int64_t duration_ns;
	struct probe_rate *rate;
};

static void *go(void *argument)
{
	struct visit *visit = argument;
	int cpu = visit->probe->cpu;

	visit->result = cpu < 0 ? 0 : cpus_pin(cpu);
	if (visit->result < 0) {
		errno = -visit->result;
		problem_errno(visit->problem, "cannot run on CPU %d", cpu);
	} else if (setns(visit->netns, CLONE_NEWNET) < 0) {
		visit->result = problem_errno(visit->problem, "cannot enter a host for exchanges");
	} else {
		visit->result = visit->work(visit);
	}
	return NULL;
}

static int run(struct visit *visit)
{
	pthread_t thread;
	int failure = pthread_create(&thread, NULL, go, visit);

	if (failure)
		return problem_set(
			visit->problem, -failure, "cannot start a thread: %s", strerror(failure));
	pthread_join(thread, NULL);
	return visit->result;
}

static int open_backend(struct visit *visit)
{
	struct probe *probe = visit->probe;
	const struct sockaddr_in any = {
		.sin_family = AF_INET, .sin_port = htons(RULES_TARGET_PORT)};
	const struct linger reset = {.l_onoff = 1};
	const int on = 1, type = SOCK_CLOEXEC | SOCK_NONBLOCK;

	probe->udp = socket(AF_INET, SOCK_DGRAM | type, 0);
	probe->listener = socket(AF_INET, SOCK_STREAM | type, 0);
	/* What is accepted takes over the listener's options. */
	if (probe->udp < 0 || probe->listener < 0 ||
		setsockopt(probe->udp, IPPROTO_IP, IP_PKTINFO, &on, sizeof(on)) < 0 ||
		setsockopt(probe->listener, SOL_SOCKET, SO_LINGER, &reset, sizeof(reset)) < 0 ||
		setsockopt(probe->listener, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on)) < 0 ||
		bind(probe->udp, (const struct sockaddr *)&any, sizeof(any)) < 0 ||
		bind(probe->listener, (const struct sockaddr *)&any, sizeof(any)) < 0 ||
		listen(probe->listener, BACKLOG) < 0)
		return problem_errno(visit->problem, "cannot open the backend's sockets on port %d",
			RULES_TARGET_PORT);
	return 0;
}

static int look_for_losses(const struct visit *visit)
{
	if (visit->probe->lost < PROBE_LOST_MAX)
		return 0;
	return problem_set(visit->problem, -ETIMEDOUT,
		"%d exchanges in a row had no answer within %d ms: packets do not get through",
		PROBE_LOST_MAX, PROBE_WAIT_MS);
}

static int turn_of_first(struct visit *visit)
{
	const struct probe_aim *aim = visit->aim;
	struct probe *probe = visit->probe;

	for (size_t i = 0; i < visit->count && !interrupt_pending(); i++) {
		struct flow flow;
		int failure = probe_open_flow(probe, aim->kind, &flow, visit->problem);

		if (failure == 0)
			visit->latency_ns[i] =
				probe_begin_flow(probe, &flow, &aim->to[i % aim->to_count]);
		probe_close_flow(probe, &flow);
		if (failure < 0)
			return failure;
		if (visit->latency_ns[i] < 0)
			probe_drain(probe);
		failure = look_for_losses(visit);
		if (failure < 0)
			return failure;
	}
	return 0;
}

static int establish_all(struct visit *visit, struct flow *flows, size_t count)
{
	const struct probe_aim *aim = visit->aim;

	for (size_t i = 0; i < count && !interrupt_pending(); i++) {
		int failure = probe_open_flow(visit->probe, aim->kind, &flows[i], visit->problem);

		if (failure < 0)
			return failure;
		if (look_for_losses(visit) < 0)
			return -ETIMEDOUT;
		int64_t latency_ns = probe_begin_flow(visit->probe, &flows[i], &aim->to[i]);
		for (int warm = 0; warm < WARM_UPS && latency_ns >= 0; warm++)
			latency_ns = probe_exchange(visit->probe, &flows[i]);
	}
	return 0;
}

static int turn_of_established(struct visit *visit)
{
	size_t count = visit->aim->to_count < visit->count ? visit->aim->to_count : visit->count;
	struct flow *flows = calloc(count, sizeof(*flows));
	int failure = flows ? 0 : -ENOMEM;

	if (!flows)
		return problem_set(visit->problem, failure, "no memory for %zu flows", count);
	for (size_t i = 0; i < count; i++)
		flows[i] = (struct flow){-1, -1, 0};
	failure = establish_all(visit, flows, count);
	for (size_t i = 0; i < visit->count && failure == 0 && !interrupt_pending(); i++) {
		visit->latency_ns[i] = probe_exchange(visit->probe, &flows[i % count]);
		failure = look_for_losses(visit);
	}
	for (size_t i = 0; i < count; i++)
		probe_close_flow(visit->probe, &flows[i]);
	probe_drain(visit->probe);
	free(flows);
	return failure;
}

static int connect_for_a_time(struct visit *visit)
{
	const struct probe_aim *aim = visit->aim;
	struct probe *probe = visit->probe;
	int64_t waited_before_ns = probe_waited_ns(), start_ns = clock_now_ns(), elapsed_ns = 0;
	int failure = 0;

	probe->times_sleep = true;
	probe->asleep_ns = 0;
	*visit->rate = (struct probe_rate){0};
	for (size_t i = 0; failure == 0 && elapsed_ns < visit->duration_ns && !interrupt_pending();
		i++) {
		struct flow flow;
		bool counts = false;

		failure = probe_open_flow(probe, PROBE_TCP_FIRST, &flow, visit->problem);
		if (failure == 0)
			counts = probe_establish(probe, &flow, &aim->to[i % aim->to_count]) >= 0;
		probe_close_flow(probe, &flow);
		if (failure == 0 && !counts) {
			probe_drain(probe);
			failure = look_for_losses(visit);
		}
		visit->rate->connections += counts;
		elapsed_ns = clock_now_ns() - start_ns;
	}
	visit->rate->elapsed_ns = elapsed_ns;
	visit->rate->asleep_ns = probe->asleep_ns;
	visit->rate->waiting_ns = probe_waited_ns() - waited_before_ns;
	probe->times_sleep = false;
	return failure;
}

struct probe *probe_open(int backend_netns, int cpu, struct problem *problem)
{
	struct probe *probe = malloc(sizeof(*probe));
	struct visit visit = {
		.probe = probe, .netns = backend_netns, .work = open_backend, .problem = problem};

	if (!probe) {
		problem_set(problem, -ENOMEM, "no memory for a probe");
		return NULL;
	}
	*probe = (struct probe){.cpu = cpu, .udp = -1, .listener = -1};
	if (run(&visit) < 0) {
		probe_close(probe);
		return NULL;
	}
	return probe;
}

int probe_turn(struct probe *probe, const struct probe_aim *aim, size_t count, int64_t *latency_ns,
	struct problem *problem)
{
	bool first = aim->kind == PROBE_UDP_FIRST || aim->kind == PROBE_TCP_FIRST;
	struct visit visit = {.probe = probe,
		.netns = aim->netns,
		.work = first ? turn_of_first : turn_of_established,
		.problem = problem,
		.aim = aim,
		.count = count,
		.latency_ns = latency_ns};

	for (size_t i = 0; i < count; i++)
		latency_ns[i] = -1;
	probe->lost = 0;
	return run(&visit);
}

static int compare(const void *one, const void *other)
{
	const int64_t *a = one, *b = other;

	return (*a > *b) - (*a < *b);
}

double probe_median_s(int64_t *latency_ns, size_t count, size_t *unanswered)
{
	size_t first = 0;

	qsort(latency_ns, count, sizeof(*latency_ns), compare);
	while (first < count && latency_ns[first] < 0)
		first++;
	if (unanswered)
		*unanswered = first;
	if (first == count)
		return NAN;
	size_t low = first + (count - first - 1) / 2, high = first + (count - first) / 2;
	return (double)(latency_ns[low] + latency_ns[high]) / 2e9;
}

int probe_connections(struct probe *probe, const struct probe_aim *aim, int64_t duration_ns,
	struct probe_rate *rate, struct problem *problem)
{
	struct visit visit = {.probe = probe,
		.netns = aim->netns,
		.work = connect_for_a_time,
		.problem = problem,
		.aim = aim,
		.duration_ns = duration_ns,
		.rate = rate};

	probe->lost = 0;
	return run(&visit);
}

uint64_t probe_exchanges(const struct probe *probe)
{
	return probe->exchanges;
}

uint64_t probe_late(const struct probe *probe)
{
	return probe->late;
}

uint64_t probe_unanswered(const struct probe *probe)
{
	return probe->unanswered;
}

void probe_close(struct probe *probe)
{
	if (!probe)
		return;
	if (probe->udp >= 0)
		close(probe->udp);
	if (probe->listener >= 0)
		close(probe->listener);
	free(probe);
}
