#include "load.h"

#include "interrupt.h"
#include "load_internal.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

const struct load_kind_row load_kind_rows[] = {
	[LOAD_TCP_STREAM] = {"TCP stream", SOCK_STREAM, load_tcp_prepare, load_tcp_send,
		load_tcp_receive, true},
	[LOAD_UDP_STREAM] = {"UDP stream", SOCK_DGRAM, load_udp_prepare, load_udp_send,
		load_udp_receive, false},
	[LOAD_TCP_RR] = {"TCP request/response", SOCK_STREAM, load_rr_prepare, load_rr_send,
		load_rr_receive, true},
	[LOAD_UDP_RR] = {"UDP request/response", SOCK_DGRAM, load_rr_prepare, load_udp_rr_send,
		load_udp_rr_receive, true},
	[LOAD_TCP_CRR] = {"TCP connect/request/response", SOCK_STREAM, load_rr_prepare,
		load_crr_send, load_crr_receive, true},
};

struct load {
	struct load_half *sender, *receiver;
};

/* Waits for the thread to be idle; sees to an interrupt meanwhile. */
static int half_join(struct load_half *half, struct problem *problem)
{
	struct pollfd done = {.fd = half->done, .events = POLLIN};
	uint64_t count;

	while (poll(&done, 1, LOAD_BLOCK_MS) <= 0)
		if (interrupt_pending())
			atomic_store(&half->stop, true);
	if (read(half->done, &count, sizeof(count)) < 0 || half->result == 0)
		return 0;
	return problem_set(problem, half->result, "%s", half->problem.text);
}

static int half_start(struct load_half *half, struct problem *problem)
{
	sigset_t all, before;

	half->wake = eventfd(0, EFD_CLOEXEC);
	half->done = eventfd(0, EFD_CLOEXEC);
	half->stat = cost_cpu_open();
	if (half->wake < 0 || half->done < 0)
		return problem_errno(problem, "cannot make an eventfd for a load");
	atomic_store(&half->busy, true);
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	int error = pthread_create(&half->thread, NULL, load_end_main, half);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (error)
		return problem_set(
			problem, -error, "cannot start a thread for a load: %s", strerror(error));
	half->started = true;
	return half_join(half, problem);
}

static int check_plan(const struct load_plan *plan, struct problem *problem)
{
	bool known = plan->kind >= LOAD_TCP_STREAM && plan->kind <= LOAD_TCP_CRR;
	bool udp = known && load_kind_rows[plan->kind].type == SOCK_DGRAM;
	bool answered = plan->kind != LOAD_TCP_STREAM && plan->kind != LOAD_UDP_STREAM;
	uint32_t least = udp ? LOAD_NUMBER_MIN : 1, most = udp ? 65507 : 1 << 30;

	if (!known || plan->flows < 1 || plan->flows > LOAD_FLOWS_MAX)
		return problem_set(problem, -EINVAL, "a load has 1 to %d flows, not %u",
			LOAD_FLOWS_MAX, plan->flows);
	if (plan->message_bytes < least || plan->message_bytes > most)
		return problem_set(problem, -EINVAL, "a %s has messages of %u to %u bytes, not %u",
			load_kind_rows[plan->kind].name, least, most, plan->message_bytes);
	if (answered && (plan->response_bytes < least || plan->response_bytes > most))
		return problem_set(problem, -EINVAL, "a %s has responses of %u to %u bytes, not %u",
			load_kind_rows[plan->kind].name, least, most, plan->response_bytes);
	if (plan->kind == LOAD_UDP_STREAM && plan->segments > 1 &&
		(plan->segments > 64 || (uint64_t)plan->segments * plan->message_bytes > 65507))
		return problem_set(problem, -EINVAL,
			"the kernel takes at most 64 datagrams and 65,507 bytes as one, not %u of %u",
			plan->segments, plan->message_bytes);
	if (!(plan->rate >= 0 && plan->rate <= 1e9))
		return problem_set(
			problem, -EINVAL, "a load has at most 1e9 datagrams/s, not %g", plan->rate);
	return 0;
}

static struct load_half *half_open(const struct load_plan *plan, bool receiver,
	const struct load_end *end, bool near, struct problem *problem)
{
	/* The one-way delay needs one clock. */
	bool timed = plan->kind == LOAD_UDP_STREAM ? receiver && near
						   : !receiver && plan->kind != LOAD_TCP_STREAM;

	if (check_plan(plan, problem) != 0)
		return NULL;
	struct load_half *half = calloc(1, sizeof(*half));
	if (!half) {
		problem_set(problem, -ENOMEM, "no memory for a load");
		return NULL;
	}
	half->plan = *plan;
	half->end = *end;
	half->receiver = receiver;
	half->wake = half->done = half->stat = half->listener = half->epoll = -1;
	half->latency = timed ? histogram_new() : NULL;
	if (timed && !half->latency)
		problem_set(problem, -ENOMEM, "no memory for a histogram of latencies");
	else if (half_start(half, problem) == 0)
		return half;
	load_half_close(half);
	return NULL;
}

struct load_half *load_half_open(const struct load_plan *plan, bool receiver,
	const struct load_end *end, struct problem *problem)
{
	return half_open(plan, receiver, end, false, problem);
}

in_port_t load_half_port(const struct load_half *half)
{
	return half->port;
}

static void half_begin(
	struct load_half *half, int64_t begun_ns, int64_t warm_ns, int64_t duration_ns)
{
	half->slice++;
	half->begun_ns = begun_ns;
	half->start_ns = begun_ns + warm_ns;
	half->end_ns = half->start_ns + duration_ns;
	atomic_store(&half->stop, false);
	atomic_store(&half->busy, true);
}

int load_half_begin(
	struct load_half *half, int64_t warm_ns, int64_t duration_ns, struct problem *problem)
{
	if (atomic_load(&half->busy))
		return problem_set(problem, -EBUSY, "a slice of this load is still under way");
	half_begin(half, clock_now_ns(), warm_ns, duration_ns);
	load_tell(half->wake);
	return 0;
}

static void fill_cost(const struct load_half *half, struct load_cost *cost)
{
	const struct load_edge *opened = &half->opened, *closed = &half->closed;
	bool known = opened->cpu_known && closed->cpu_known;

	cost->user_s = known ? closed->thread_user_s - opened->thread_user_s : -1;
	cost->system_s = known ? closed->cpu.system_s - opened->cpu.system_s : -1;
	cost->softirq_s = known ? closed->cpu.softirq_s - opened->cpu.softirq_s : -1;
	cost->cpu_user_s = known ? closed->cpu.user_s - opened->cpu.user_s : -1;
	cost->thread_s = closed->thread_s - opened->thread_s;
}

static void fill_side(const struct load_half *half, struct load_side *side)
{
	const struct load_edge *opened = &half->opened, *closed = &half->closed;

	memset(side, 0, sizeof(*side));
	side->elapsed_s = (double)(closed->time_ns - opened->time_ns) / 1e9;
	side->bytes = closed->counts.bytes - opened->counts.bytes;
	side->messages = closed->counts.messages - opened->counts.messages;
	side->errors = closed->counts.errors - opened->counts.errors;
	side->timeouts = half->counts.timeouts;
	side->stalled = half->stalled;
	side->retransmits = closed->counts.retransmits - opened->counts.retransmits;
	side->duplicates = half->duplicates;
	side->reordered = half->reordered;
	side->jitter_s = half->jitter_s;
	fill_cost(half, &side->cost);
	load_tcp_look(half, side);
}

static uint64_t whole_slice(const struct load_half *half)
{
	if (half->plan.kind == LOAD_TCP_STREAM)
		return half->counts.bytes;
	if (half->plan.kind == LOAD_UDP_RR && !half->receiver)
		return half->counts.messages + half->counts.timeouts;
	return half->plan.kind == LOAD_UDP_STREAM && half->receiver ? half->unique
								    : half->counts.messages;
}

int load_half_wait(struct load_half *half, struct load_side *side, uint64_t *messages,
	const struct histogram **latency, struct problem *problem)
{
	int result = half_join(half, problem);

	fill_side(half, side);
	*messages = whole_slice(half);
	*latency = half->latency;
	return result;
}

void load_half_close(struct load_half *half)
{
	if (!half)
		return;
	if (half->started) {
		atomic_store(&half->stop, true);
		atomic_store(&half->leave, true);
		load_tell(half->wake);
		pthread_join(half->thread, NULL);
	}
	for (int i = 0; i < 3; i++) {
		int fd = (int[]){half->wake, half->done, half->stat}[i];

		if (fd >= 0)
			close(fd);
	}
	histogram_free(half->latency);
	free(half->buffer);
	free(half->state);
	free(half);
}

struct load *load_open(const struct load_plan *plan, const struct load_end *receiver,
	const struct load_end *sender, struct problem *problem)
{
	struct load *load = calloc(1, sizeof(*load));
	struct load_end to = *sender;

	if (!load) {
		problem_set(problem, -ENOMEM, "no memory for a load");
		return NULL;
	}
	load->receiver = half_open(plan, true, receiver, true, problem);
	if (load->receiver) {
		address_set_port(&to.address, ntohs(load->receiver->port));
		load->sender = half_open(plan, false, &to, true, problem);
	}
	if (!load->sender) {
		load_close(load);
		return NULL;
	}
	load->receiver->peer = load->sender;
	load->sender->peer = load->receiver;
	return load;
}

/* When one end fails, the other has nobody to talk to. */
static void wait_for_both(struct load_half *const halves[2])
{
	struct pollfd done[] = {{halves[0]->done, POLLIN, 0}, {halves[1]->done, POLLIN, 0}};
	int left = 2;
	bool stop = false;

	while (left > 0) {
		poll(done, 2, LOAD_BLOCK_MS);
		for (int i = 0; i < 2; i++)
			if (done[i].fd >= 0 && done[i].revents) {
				done[i].fd = -1;
				left--;
				stop |= !atomic_load(&halves[i]->busy) && halves[i]->result != 0;
			}
		if (stop || interrupt_pending()) {
			atomic_store(&halves[0]->stop, true);
			atomic_store(&halves[1]->stop, true);
		}
	}
}

int load_slice(struct load *load, int64_t warm_ns, int64_t duration_ns, struct load_result *result,
	struct problem *problem)
{
	struct load_half *halves[] = {load->receiver, load->sender};
	int64_t begun_ns = clock_now_ns();
	uint64_t received;
	const struct histogram *latency[2];

	memset(result, 0, sizeof(*result));
	for (int i = 0; i < 2; i++)
		half_begin(halves[i], begun_ns, warm_ns, duration_ns);
	for (int i = 0; i < 2; i++)
		load_tell(halves[i]->wake);
	wait_for_both(halves);
	struct problem second = {""};
	int from_receiver =
		load_half_wait(load->receiver, &result->receiver, &received, &latency[0], &second);
	int code =
		load_half_wait(load->sender, &result->sender, &result->sent, &latency[1], problem);
	result->latency = latency[0] ? latency[0] : latency[1];
	if (load->sender->plan.kind <= LOAD_UDP_STREAM)
		result->lost = result->sent > received ? result->sent - received : 0;
	else
		result->lost = load->sender->counts.timeouts;
	if (code == 0 && from_receiver != 0)
		code = problem_set(problem, from_receiver, "%s", second.text);
	return code;
}

void load_close(struct load *load)
{
	if (!load)
		return;
	load_half_close(load->sender);
	load_half_close(load->receiver);
	free(load);
}
