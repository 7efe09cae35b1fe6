#include "load.h"

#include "interrupt.h"
#include "load_ends.h"

#include <errno.h>
#include <math.h>
#include <pthread.h>
#include <signal.h>

static struct load *open_load(const struct load_plan *plan, int family)
{
	struct load_end end = loopback(family);
	struct problem problem = {""};
	struct load *load = load_open(plan, &end, &end, &problem);

	cr_assert_not_null(load, "%s", problem.text);
	return load;
}

static bool loses_nothing(const struct load_plan *plan)
{
	if (plan->kind == LOAD_UDP_STREAM)
		return plan->rate > 0;
	/* The default buffer of a socket holds two datagrams of 64 KiB. */
	return plan->kind != LOAD_UDP_RR || plan->flows * plan->message_bytes < 64 << 10;
}

/* By the machine, for longer than a window or than an answer is waited for. */
static bool is_held_up(const struct load_plan *plan, const struct load_result *result)
{
	return result->sender.bytes == 0 || result->receiver.bytes == 0 ||
	       result->sender.stalled > 0 || (loses_nothing(plan) && result->lost > 0);
}

/* One slice; when it was held up, another. */
#define TRIES 4
static struct load_result run_slice(
	struct load *load, const struct load_plan *plan, int64_t warm_ns, int64_t duration_ns)
{
	struct problem problem = {""};
	struct load_result result;

	for (int i = 0; i < TRIES; i++) {
		cr_assert_eq(load_slice(load, warm_ns, duration_ns, &result, &problem), 0, "%s",
			problem.text);
		if (!is_held_up(plan, &result))
			break;
	}
	return result;
}

/* Runs one slice and closes the load; the latency does not outlive it. */
static struct load_result run(const struct load_plan *plan, int family, int64_t duration_ns)
{
	struct load *load = open_load(plan, family);
	struct load_result result = run_slice(load, plan, 20 * MS, duration_ns);
	load_close(load);
	return result;
}

static bool has_ipv6(void)
{
	struct load_end end = loopback(AF_INET6);
	int fd = socket(AF_INET6, SOCK_DGRAM, 0);
	bool bound = fd >= 0 &&
		     bind(fd, (struct sockaddr *)&end.address, sizeof(struct sockaddr_in6)) == 0;

	close(fd);
	return bound;
}

/* What each kind must have counted when its messages are of `bytes`. */
static void expect_sums(const struct load_plan *plan, const struct load_result *result)
{
	const struct load_side *sender = &result->sender, *receiver = &result->receiver;
	uint64_t bytes = plan->message_bytes;

	cr_expect_gt(sender->bytes, 0, "kind %d flows %u bytes %u", plan->kind, plan->flows,
		plan->message_bytes);
	cr_expect_gt(receiver->bytes, 0);
	cr_expect_eq(sender->errors, 0);
	cr_expect_eq(receiver->errors, 0);
	cr_expect_geq(sender->elapsed_s, 0);
	cr_expect_geq(receiver->elapsed_s, 0);
	if (plan->kind != LOAD_TCP_STREAM && plan->kind != LOAD_UDP_STREAM)
		bytes += plan->response_bytes;
	if (plan->kind != LOAD_TCP_STREAM) {
		cr_expect_eq(sender->bytes, sender->messages * bytes);
		cr_expect_eq(receiver->bytes, receiver->messages * bytes);
	}
	if (loses_nothing(plan))
		cr_expect_eq(result->lost, 0, "%lu of %lu lost", result->lost, result->sent);
	cr_expect_eq(receiver->duplicates, 0);
}

static void every_kind(int family)
{
	static const uint32_t sizes[] = {1, 64 << 10, 64, 1400};
	/* One family is enough for sizes between. */
	size_t count = family == AF_INET ? 4 : 2;

	for (int kind = LOAD_TCP_STREAM; kind <= LOAD_TCP_CRR; kind++)
		for (size_t i = 0; i < count; i++)
			for (uint32_t flows = 1; flows <= 8; flows += 7) {
				bool udp = kind == LOAD_UDP_STREAM || kind == LOAD_UDP_RR;
				uint32_t size = udp && sizes[i] == 1      ? LOAD_NUMBER_MIN
						: udp && sizes[i] > 65507 ? 65507
									  : sizes[i];
				struct load_plan plan = plan_of((enum load_kind)kind, flows, size);
				struct load_result result = run(&plan, family, 40 * MS);

				expect_sums(&plan, &result);
			}
}

Test(load, every_kind_over_ipv4)
{
	every_kind(AF_INET);
}

Test(load, every_kind_over_ipv6)
{
	if (!has_ipv6())
		cr_skip_test("this host has no IPv6 on its loopback");
	every_kind(AF_INET6);
}

Test(load, many_slices_over_the_same_connections)
{
	for (int kind = LOAD_TCP_STREAM; kind <= LOAD_TCP_CRR; kind++) {
		struct load_plan plan = plan_of((enum load_kind)kind, 4, 200);
		struct load *load = open_load(&plan, AF_INET);

		for (int slice = 0; slice < 5; slice++) {
			struct load_result result =
				run_slice(load, &plan, slice % 2 * 10 * MS, 40 * MS);

			expect_sums(&plan, &result);
			if (kind >= LOAD_TCP_RR) {
				/* At the edges, what was made and what was answered differ. */
				cr_expect_leq(result.latency->total, result.sender.messages + 4);
				cr_expect_geq(result.latency->total + 4, result.sender.messages);
				cr_expect_eq(result.sender.stalled, 0);
				cr_expect_lt(result.latency->max_ns, 1000 * MS);
			}
		}
		load_close(load);
	}
}

Test(load, segments_are_counted_as_datagrams)
{
	for (uint32_t segments = 2; segments <= 40; segments += 38) {
		struct load_plan plan = plan_of(LOAD_UDP_STREAM, 2, 1000);

		plan.segments = segments;
		plan.rate = 4000;
		struct load_result result = run(&plan, AF_INET, 100 * MS);
		expect_sums(&plan, &result);
		cr_expect_eq(result.sent % segments, 0);
	}
}

/* Open loop: what a pause delays is made up for; at the edges a batch may be on either side, and a
 * tick of 10 ms at most is slept through. Of the whole there are 20 ms of warming, 300 of window,
 * 20 of going on. */
static bool is_kept(double rate, const struct load_result *result)
{
	double due = rate * result->sender.elapsed_s;

	return fabs((double)result->sender.messages - due) < 64 + rate * 0.03 &&
	       (double)result->sent >= floor(rate * 0.34 * 0.9);
}

Test(load, a_rate_is_kept)
{
	static const double rates[] = {40, 1000, 20000};

	for (size_t i = 0; i < sizeof(rates) / sizeof(rates[0]); i++) {
		struct load_plan plan = plan_of(LOAD_UDP_STREAM, 3, 64);

		plan.rate = rates[i];
		struct load_result result = run(&plan, AF_INET, 300 * MS);
		/* A sender that is held up at the end has no time to make up for it. */
		for (int k = 1; k < TRIES && !is_kept(rates[i], &result); k++)
			result = run(&plan, AF_INET, 300 * MS);
		cr_expect(is_kept(rates[i], &result), "%lu of %lu at %g/s in %g s",
			result.sender.messages, result.sent, rates[i], result.sender.elapsed_s);
		cr_expect_eq(result.lost, 0);
	}
}

Test(load, what_cannot_be_is_refused)
{
	struct load_plan plans[] = {plan_of(LOAD_TCP_RR, 0, 1), plan_of(LOAD_TCP_RR, 257, 1),
		plan_of(LOAD_UDP_STREAM, 1, 15), plan_of(LOAD_UDP_STREAM, 1, 65508),
		plan_of(LOAD_TCP_RR, 1, 0), plan_of((enum load_kind)9, 1, 64)};
	struct load_end end = loopback(AF_INET);

	for (size_t i = 0; i < sizeof(plans) / sizeof(plans[0]); i++) {
		struct problem problem = {""};

		cr_expect_null(load_open(&plans[i], &end, &end, &problem));
		cr_expect_str_neq(problem.text, "");
	}
	struct load_plan plan = plan_of(LOAD_TCP_STREAM, 1, 64);
	struct problem problem = {""};
	strcpy(plan.congestion, "no-such");
	cr_expect_null(load_open(&plan, &end, &end, &problem));
	cr_expect(strstr(problem.text, "no-such"), "%s", problem.text);
	plan.congestion[0] = '\0';
	end.cpu = 1023;
	cr_expect_null(load_open(&plan, &end, &end, &problem));
	cr_expect(strstr(problem.text, "CPU 1023"), "%s", problem.text);
}

static struct load_side half_slice(struct load_half *half, int code, const char *text)
{
	struct problem problem = {""};
	const struct histogram *latency;
	struct load_side side;
	uint64_t messages;

	cr_assert_eq(load_half_begin(half, 0, 100 * MS, &problem), 0);
	cr_expect_eq(load_half_begin(half, 0, 100 * MS, &problem), -EBUSY);
	problem.text[0] = '\0';
	cr_expect_eq(load_half_wait(half, &side, &messages, &latency, &problem), code, "%s",
		problem.text);
	cr_expect(strstr(problem.text, text), "%s", problem.text);
	return side;
}

Test(load, nobody_listens)
{
	struct load_plan plan = plan_of(LOAD_TCP_STREAM, 1, 64);
	struct load_end end = at_port(AF_INET, free_port(SOCK_STREAM));
	struct problem problem = {""};

	cr_expect_null(load_half_open(&plan, false, &end, &problem));
	cr_expect(strstr(problem.text, "refused"), "%s", problem.text);
	for (int i = 0; i < 3; i++) {
		static const enum load_kind kinds[] = {LOAD_UDP_STREAM, LOAD_UDP_RR, LOAD_TCP_CRR};
		struct load_side side;

		plan.kind = kinds[i];
		end = at_port(AF_INET, free_port(i < 2 ? SOCK_DGRAM : SOCK_STREAM));
		struct load_half *half = load_half_open(&plan, false, &end, &problem);
		cr_assert_not_null(half, "%s", problem.text);
		side = half_slice(half, 0, "");
		cr_expect_gt(side.errors, 0, "kind %d", plan.kind);
		load_half_close(half);
	}
}

Test(load, an_answer_that_does_not_come_is_given_up)
{
	struct load_plan plan = plan_of(LOAD_UDP_RR, 2, 64);
	struct load_end end = loopback(AF_INET);
	struct problem problem = {""};
	struct load_half *server = load_half_open(&plan, true, &end, &problem);
	struct load_side side;
	uint64_t messages;
	const struct histogram *latency;

	/* The server sleeps: its socket takes requests that nobody answers. */
	end = at_port(AF_INET, load_half_port(server));
	struct load_half *client = load_half_open(&plan, false, &end, &problem);
	cr_assert_not_null(client, "%s", problem.text);
	load_half_begin(client, 0, 500 * MS, &problem);
	cr_expect_eq(load_half_wait(client, &side, &messages, &latency, &problem), 0);
	cr_expect_eq(side.messages, 0);
	cr_expect_geq(side.timeouts, 2 * 2);
	cr_expect_geq(latency->total, 2 * 2);
	cr_expect_leq(latency->total, side.timeouts);
	cr_expect_geq(latency->min_ns, LOAD_ANSWER_NS);
	load_half_close(client);
	load_half_close(server);
}

/* One slice of a receiver and a sender. Returns whether each had something and both the same. */
static bool is_whole(struct load_half *const half[2], int kind)
{
	struct problem problem = {""};
	uint64_t messages[2];
	bool whole = true;

	for (int i = 0; i < 2; i++)
		cr_assert_eq(load_half_begin(half[i], 20 * MS, 50 * MS, &problem), 0);
	for (int i = 1; i >= 0; i--) {
		const struct histogram *latency;
		struct load_side side;

		cr_expect_eq(load_half_wait(half[i], &side, &messages[i], &latency, &problem), 0,
			"%s", problem.text);
		whole = whole && side.bytes > 0;
		bool timed = i == 1 && kind >= LOAD_TCP_RR;
		cr_expect_eq(latency != NULL, timed);
	}
	return whole && (kind == LOAD_TCP_CRR || messages[0] == messages[1]);
}

Test(load, halves_make_a_whole)
{
	for (int kind = LOAD_TCP_STREAM; kind <= LOAD_TCP_CRR; kind++) {
		struct load_plan plan = plan_of((enum load_kind)kind, 3, 512);
		struct load_end end = loopback(AF_INET);
		struct problem problem = {""};
		struct load_half *half[2];
		int whole = 0;

		plan.rate = 5000;
		half[0] = load_half_open(&plan, true, &end, &problem);
		cr_assert_not_null(half[0], "%s", problem.text);
		end = at_port(AF_INET, load_half_port(half[0]));
		half[1] = load_half_open(&plan, false, &end, &problem);
		cr_assert_not_null(half[1], "%s", problem.text);
		/* One that begins while the other is held up may see nothing of it. */
		for (int slice = 0; slice < 2 * TRIES && whole < 2; slice++)
			whole += is_whole(half, kind);
		cr_expect_eq(whole, 2, "kind %d", kind);
		load_half_close(half[0]);
		load_half_close(half[1]);
	}
}

Test(load, a_receiver_that_goes_is_an_error)
{
	struct load_plan plan = plan_of(LOAD_TCP_STREAM, 2, 4096);
	struct problem problem = {""};

	for (int kind = LOAD_TCP_STREAM; kind <= LOAD_TCP_RR; kind += 2) {
		struct load_end end = loopback(AF_INET);

		plan.kind = (enum load_kind)kind;
		struct load_half *server = load_half_open(&plan, true, &end, &problem);
		end = at_port(AF_INET, load_half_port(server));
		struct load_half *client = load_half_open(&plan, false, &end, &problem);
		cr_assert_not_null(client, "%s", problem.text);
		load_half_begin(client, 0, 300 * MS, &problem);
		load_half_close(server);

		struct load_side side;
		uint64_t messages;
		const struct histogram *latency;
		cr_expect_lt(load_half_wait(client, &side, &messages, &latency, &problem), 0);
		cr_expect(strstr(problem.text, "127.0.0.1"), "%s", problem.text);
		load_half_close(client);
	}
}

/* A receiver that stays but does not read: windows without a byte, no error. */
Test(load, a_stalled_connection_is_an_empty_window)
{
	struct load_plan plan = plan_of(LOAD_TCP_STREAM, 1, 1 << 20);
	struct load_end end = loopback(AF_INET);
	struct problem problem = {""};
	struct load_half *server = load_half_open(&plan, true, &end, &problem);

	end = at_port(AF_INET, load_half_port(server));
	struct load_half *client = load_half_open(&plan, false, &end, &problem);
	cr_assert_not_null(client, "%s", problem.text);
	half_slice(client, 0, "");
	cr_expect_eq(half_slice(client, 0, "").bytes, 0);
	load_half_close(client);
	load_half_close(server);
}

static void *interrupt_soon(void *process)
{
	usleep(100000);
	kill(*(pid_t *)process, SIGTERM);
	return NULL;
}

Test(load, an_interrupt_ends_a_slice_early)
{
	pid_t process = getpid();

	interrupt_catch();
	for (int kind = LOAD_TCP_STREAM; kind <= LOAD_TCP_CRR; kind++) {
		struct load_plan plan = plan_of((enum load_kind)kind, 2, 64);
		struct load *load = open_load(&plan, AF_INET);
		struct problem problem = {""};
		struct load_result result;
		pthread_t thread;

		/* The first is interrupted on its way, the others before they begin. */
		if (kind == LOAD_TCP_STREAM)
			pthread_create(&thread, NULL, interrupt_soon, &process);
		cr_expect_eq(load_slice(load, 0, 3600 * 1000 * MS, &result, &problem), 0, "%s",
			problem.text);
		if (kind == LOAD_TCP_STREAM) {
			pthread_join(thread, NULL);
			cr_expect_gt(result.receiver.bytes, 0);
		}
		load_close(load);
	}
}
