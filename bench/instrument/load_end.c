/* The thread of one end: it sleeps, runs a slice, tells that it did, and sleeps again. */
#include "cpus.h"
#include "load_internal.h"

#include <errno.h>
#include <poll.h>
#include <sched.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#define MS INT64_C(1000000)
/* The sender goes on for so long after its window: what the two ends' clocks, or the words that
 * start ends on two machines, may be apart. */
#define TAIL_NEAR_NS (20 * MS)
#define TAIL_FAR_NS  (250 * MS)
/* The receiver of a stream goes on until nothing came for QUIET_NS, DRAIN_NS at most. */
#define QUIET_NS (50 * MS)
#define DRAIN_NS (500 * MS)

static void take_edge(struct load_half *half, struct load_edge *edge, int64_t now_ns)
{
	struct timespec used = {0};
	struct rusage usage = {0};

	half->counts.retransmits = load_retransmits(half);
	edge->time_ns = now_ns;
	edge->counts = half->counts;
	edge->cpu_known =
		half->end.cpu >= 0 && cost_cpu_sample(half->stat, half->end.cpu, &edge->cpu);
	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &used);
	edge->thread_s = (double)used.tv_sec + (double)used.tv_nsec / 1e9;
	getrusage(RUSAGE_THREAD, &usage);
	edge->thread_user_s = (double)usage.ru_utime.tv_sec + (double)usage.ru_utime.tv_usec / 1e6;
}

static bool peer_is_done(const struct load_half *half)
{
	return !half->peer || !atomic_load(&half->peer->busy);
}

/* After the window: a sender has its tail, a receiver waits for what may still come. */
static bool runs_on(struct load_half *half, int64_t now_ns)
{
	int64_t tail_ns = half->peer ? TAIL_NEAR_NS : TAIL_FAR_NS;
	uint64_t arrived = half->counts.messages + half->counts.bytes;
	bool stream = half->plan.kind == LOAD_TCP_STREAM || half->plan.kind == LOAD_UDP_STREAM;
	bool over = now_ns >= half->end_ns + tail_ns || atomic_load(&half->stop);

	if (!half->receiver || !over)
		return !over;
	if (!peer_is_done(half))
		return true;
	if (half->peer && !stream)
		return false;
	if (half->over_ns == 0)
		half->over_ns = now_ns;
	if (arrived != half->arrived || half->quiet_ns == 0)
		half->quiet_ns = now_ns;
	half->arrived = arrived;
	return now_ns < half->quiet_ns + QUIET_NS && now_ns < half->over_ns + DRAIN_NS;
}

bool load_edge(struct load_half *half, int64_t now_ns)
{
	bool stop = atomic_load(&half->stop);

	if (half->phase == LOAD_BEFORE && (now_ns >= half->start_ns || stop)) {
		take_edge(half, &half->opened, now_ns);
		/* Reading the counters took time that belongs to no side of the edge. */
		half->opened.time_ns = clock_now_ns();
		half->edge_ns = half->end_ns;
		half->phase = LOAD_WITHIN;
	}
	if (half->phase == LOAD_WITHIN && (now_ns >= half->end_ns || stop)) {
		take_edge(half, &half->closed,
			now_ns > half->opened.time_ns ? now_ns : half->opened.time_ns);
		half->edge_ns = half->end_ns; /* past: every call looks from now on */
		half->phase = LOAD_AFTER;
	}
	return half->phase != LOAD_AFTER || runs_on(half, now_ns);
}

void load_fail(struct load_half *half, const char *tried)
{
	char address[64];

	half->result = problem_errno(&half->problem, "%s, %s, %s %s",
		load_kind_rows[half->plan.kind].name, tried, half->receiver ? "at" : "to",
		address_text(&half->end.address, address));
	atomic_store(&half->stop, true);
}

bool load_not_now(int code)
{
	return code == EAGAIN || code == EINTR;
}

void load_pause(void)
{
	nanosleep(&(struct timespec){.tv_nsec = MS}, NULL);
}

static void slice_reset(struct load_half *half)
{
	half->result = 0;
	half->phase = LOAD_BEFORE;
	half->edge_ns = half->start_ns;
	half->over_ns = half->quiet_ns = 0;
	half->arrived = 0;
	half->unique = half->duplicates = half->reordered = half->stalled = 0;
	half->jitter_s = half->plan.kind == LOAD_UDP_STREAM && half->receiver ? -1 : 0;
	memset(&half->counts, 0, sizeof(half->counts));
	memset(&half->opened, 0, sizeof(half->opened));
	memset(&half->closed, 0, sizeof(half->closed));
	if (half->latency)
		histogram_reset(half->latency);
}

static void slice_run(struct load_half *half)
{
	const struct load_kind_row *kind = &load_kind_rows[half->plan.kind];

	slice_reset(half);
	if (half->receiver && kind->type == SOCK_STREAM && half->plan.kind != LOAD_TCP_CRR)
		half->result = load_accept_rest(half, clock_now_ns() + 1000 * MS);
	if (half->result == 0)
		(half->receiver ? kind->receive : kind->send)(half);
	if (half->phase != LOAD_AFTER) { /* failed on the way */
		atomic_store(&half->stop, true);
		load_edge(half, clock_now_ns());
	}
}

static int enter(struct load_half *half, struct problem *problem)
{
	const struct load_end *end = &half->end;

	if (end->netns >= 0 && setns(end->netns, CLONE_NEWNET) != 0)
		return problem_errno(problem, "cannot enter the network namespace of one end");
	if (end->cpu >= 0) {
		int failure = cpus_pin(end->cpu);
		if (failure < 0)
			return problem_set(problem, failure, "cannot run on CPU %d alone: %s",
				end->cpu, strerror(-failure));
	}
	/* A paced sender sleeps exactly, not up to 50 us longer. */
	prctl(PR_SET_TIMERSLACK, 1);
	int result = load_sockets_open(half, problem);
	return result ? result : load_kind_rows[half->plan.kind].prepare(half, problem);
}

/* Sleeps until there is a slice to run, and accepts the connections that arrive meanwhile. */
static bool await_order(struct load_half *half)
{
	uint64_t count;

	for (;;) {
		bool accepts = half->listener >= 0 && half->plan.kind != LOAD_TCP_CRR &&
			       half->sockets < half->plan.flows;
		struct pollfd ready[] = {{.fd = half->wake, .events = POLLIN},
			{.fd = accepts ? half->listener : -1, .events = POLLIN}};

		if (poll(ready, 2, -1) < 0)
			continue;
		if (ready[0].revents && read(half->wake, &count, sizeof(count)) == sizeof(count))
			return !atomic_load(&half->leave);
		if (ready[1].revents && load_accept(half) != 0)
			load_pause();
	}
}

void load_tell(int eventfd)
{
	while (write(eventfd, &(uint64_t){1}, sizeof(uint64_t)) < 0 && errno == EINTR)
		;
}

void *load_end_main(void *end)
{
	struct load_half *half = end;

	half->result = enter(half, &half->problem);
	for (;;) {
		atomic_store(&half->busy, false);
		load_tell(half->done);
		if (!await_order(half))
			break;
		slice_run(half);
	}
	load_sockets_close(half);
	return NULL;
}
