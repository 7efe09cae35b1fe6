/* Stalls that outlast a slice: a server of our own holds back an answer. */
#include "load_ends.h"

#include "clock.h"

#include <pthread.h>
#include <stdatomic.h>

#define BYTES  64
#define WINDOW (50 * MS)

struct server {
	enum load_kind kind;
	int listener;
	unsigned every; /* n-th answer that is held back, and ... */
	bool once;      /* ... only that one */
	int64_t hold_ns;
	unsigned asked, held;
	pthread_t thread;
};

static void hold_back(struct server *server)
{
	bool holds = ++server->asked % server->every == 0 && !(server->once && server->held);

	if (!holds)
		return;
	server->held++;
	clock_sleep_until_ns(clock_now_ns() + server->hold_ns);
}

static void *answer_datagrams(struct server *server)
{
	struct sockaddr_storage from;
	socklen_t size = sizeof(from);
	char data[BYTES];

	while (recvfrom(server->listener, data, BYTES, 0, (void *)&from, &size) == BYTES) {
		hold_back(server);
		sendto(server->listener, data, BYTES, 0, (void *)&from, size);
	}
	return NULL;
}

static void *server_main(void *argument)
{
	struct server *server = argument;
	char data[BYTES];
	int fd;

	if (server->kind == LOAD_UDP_RR)
		return answer_datagrams(server);
	while ((fd = accept(server->listener, NULL, NULL)) >= 0) {
		while (recv(fd, data, BYTES, MSG_WAITALL) == BYTES) {
			hold_back(server);
			send(fd, data, BYTES, MSG_NOSIGNAL);
			if (server->kind == LOAD_TCP_CRR)
				break;
		}
		close(fd);
	}
	return NULL;
}

static struct load_half *open_client(struct server *server)
{
	struct load_plan plan = plan_of(server->kind, 1, BYTES);
	int type = server->kind == LOAD_UDP_RR ? SOCK_DGRAM : SOCK_STREAM;
	struct load_end end = at_port(AF_INET, free_port(type));
	struct problem problem = {""};

	server->listener = socket(AF_INET, type, 0);
	cr_assert_eq(bind(server->listener, (void *)&end.address, sizeof(struct sockaddr_in)), 0);
	if (type == SOCK_STREAM)
		cr_assert_eq(listen(server->listener, 8), 0);
	pthread_create(&server->thread, NULL, server_main, server);
	struct load_half *client = load_half_open(&plan, false, &end, &problem);
	cr_assert_not_null(client, "%s", problem.text);
	return client;
}

static void close_both(struct load_half *client, struct server *server)
{
	load_half_close(client);
	shutdown(server->listener, SHUT_RDWR);
	pthread_join(server->thread, NULL);
	close(server->listener);
}

static struct load_side run_slice(struct load_half *client, struct histogram *merged)
{
	const struct histogram *latency;
	struct problem problem = {""};
	struct load_side side;
	uint64_t messages;

	cr_assert_eq(load_half_begin(client, 0, WINDOW, &problem), 0);
	cr_assert_eq(load_half_wait(client, &side, &messages, &latency, &problem), 0, "%s",
		problem.text);
	histogram_merge(merged, latency);
	return side;
}

/* What the machine holds up is a stall, too: then once more. */
#define TRIES 4

/* Each slice has a stall of its own, longer than its window; most begin within it. */
static bool sees_stalls(enum load_kind kind, int64_t hold_ns, int64_t seen_ns)
{
	struct server server = {.kind = kind, .every = 20, .hold_ns = hold_ns};
	struct load_half *client = open_client(&server);
	struct histogram *merged = histogram_new();

	for (int i = 0; i < 4; i++)
		run_slice(client, merged);
	close_both(client, &server);
	uint64_t seen = histogram_count_above(merged, seen_ns - 10 * MS);
	histogram_free(merged);
	cr_log_info("kind %d: %lu seen of %u", kind, seen, server.held);
	return seen >= 1 && seen <= server.held;
}

static void expect_stalls(enum load_kind kind, int64_t hold_ns, int64_t seen_ns)
{
	int failed = 0;

	while (failed < TRIES && !sees_stalls(kind, hold_ns, seen_ns))
		failed++;
	cr_expect_lt(failed, TRIES, "kind %d, %ld ns", kind, hold_ns);
}

Test(load_rr, a_stall_longer_than_the_window_is_in_the_latencies)
{
	expect_stalls(LOAD_TCP_RR, 300 * MS, 300 * MS);
	expect_stalls(LOAD_TCP_CRR, 300 * MS, 300 * MS);
	expect_stalls(LOAD_UDP_RR, 150 * MS, 150 * MS);
	expect_stalls(LOAD_UDP_RR, 300 * MS, LOAD_ANSWER_NS);
}

static bool counts_once(void)
{
	struct server server = {
		.kind = LOAD_TCP_RR, .every = 20, .once = true, .hold_ns = 1500 * MS};
	struct load_half *client = open_client(&server);
	struct histogram *merged = histogram_new();
	uint64_t stalled = 0, empty = 0;

	for (int i = 0; i < 6; i++) {
		struct load_side side = run_slice(client, merged);

		cr_expect_leq(side.stalled, 1);
		stalled += side.stalled;
		empty += side.messages == 0;
	}
	close_both(client, &server);
	uint64_t counted = histogram_count_above(merged, 250 * MS);
	histogram_free(merged);
	cr_log_info("%lu counted, %lu stalled, %lu empty", counted, stalled, empty);
	/* A window without answers is told. */
	return counted == 1 && stalled >= 1 && empty <= stalled;
}

Test(load_rr, a_stall_over_many_slices_counts_once)
{
	int failed = 0;

	while (failed < TRIES && !counts_once())
		failed++;
	cr_expect_lt(failed, TRIES);
}
