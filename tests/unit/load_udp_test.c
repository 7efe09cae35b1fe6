#include "load_udp.h"

#include "load_ends.h"

#include <pthread.h>

Test(load_udp, a_full_buffer_loses_exactly_what_did_not_come)
{
	struct load_plan plan = plan_of(LOAD_UDP_STREAM, 2, 1400);
	struct load_end end = loopback(AF_INET);
	struct problem problem = {""};
	struct load_side side;
	const struct histogram *latency;
	uint64_t sent, received;
	struct load_half *receiver = load_half_open(&plan, true, &end, &problem);

	end = at_port(AF_INET, load_half_port(receiver));
	struct load_half *sender = load_half_open(&plan, false, &end, &problem);
	cr_assert_not_null(sender, "%s", problem.text);
	/* Nobody reads while it sends: what the socket's buffer takes arrives, the rest is lost. */
	load_half_begin(sender, 0, 50 * MS, &problem);
	cr_expect_eq(load_half_wait(sender, &side, &sent, &latency, &problem), 0);
	load_half_begin(receiver, 0, 50 * MS, &problem);
	cr_expect_eq(load_half_wait(receiver, &side, &received, &latency, &problem), 0);
	int size = 0;
	int fd = socket(AF_INET, SOCK_DGRAM, 0);
	getsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, &(socklen_t){sizeof(size)});
	close(fd);
	cr_expect_gt(received, 0);
	cr_expect_leq(received, (uint64_t)size / 1400 + 1);
	cr_expect_gt(sent, received);
	cr_expect_eq(side.duplicates + side.reordered, 0);
	load_half_close(sender);
	load_half_close(receiver);
}

/* A way between the ends that drops every tenth datagram, doubles every seventh of the others and
 * swaps the 1st and 2nd of each eleven. */
struct relay {
	int in, out;
	uint64_t dropped, doubled, swapped;
};

static void *relay_main(void *argument)
{
	struct relay *relay = argument;
	char held[2048], data[2048];
	ssize_t held_size = 0, size;
	uint64_t count = 0;

	while ((size = recv(relay->in, data, sizeof(data), 0)) > 1) {
		count++;
		if (count % 11 == 1) {
			memcpy(held, data, (size_t)size);
			held_size = size;
			continue;
		}
		if (count % 10 == 0 && held_size == 0) {
			relay->dropped++;
			continue;
		}
		send(relay->out, data, (size_t)size, 0);
		if (held_size > 0) {
			send(relay->out, held, (size_t)held_size, 0);
			held_size = 0;
			relay->swapped++;
		} else if (count % 7 == 0) {
			send(relay->out, data, (size_t)size, 0);
			relay->doubled++;
		}
	}
	relay->dropped += held_size > 0;
	return NULL;
}

/* One slice by way of a relay. Returns whether what it did was counted. */
static bool recovers(void)
{
	struct load_plan plan = plan_of(LOAD_UDP_STREAM, 1, 100);
	struct load_end end = loopback(AF_INET);
	struct problem problem = {""};
	struct relay relay = {
		socket(AF_INET, SOCK_DGRAM, 0), socket(AF_INET, SOCK_DGRAM, 0), 0, 0, 0};
	struct load_side sides[2];
	const struct histogram *latency;
	uint64_t sent, received;
	pthread_t thread;

	plan.rate = 2000;
	struct load_half *receiver = load_half_open(&plan, true, &end, &problem);
	cr_assert_not_null(receiver, "%s", problem.text);
	struct load_end to = at_port(AF_INET, load_half_port(receiver));
	cr_assert_eq(connect(relay.out, (void *)&to.address, sizeof(struct sockaddr_in)), 0);
	end = at_port(AF_INET, free_port(SOCK_DGRAM));
	cr_assert_eq(bind(relay.in, (void *)&end.address, sizeof(struct sockaddr_in)), 0);
	pthread_create(&thread, NULL, relay_main, &relay);
	struct load_half *sender = load_half_open(&plan, false, &end, &problem);
	cr_assert_not_null(sender, "%s", problem.text);
	load_half_begin(receiver, 20 * MS, 300 * MS, &problem);
	load_half_begin(sender, 20 * MS, 300 * MS, &problem);
	cr_expect_eq(load_half_wait(sender, &sides[1], &sent, &latency, &problem), 0);
	cr_expect_eq(load_half_wait(receiver, &sides[0], &received, &latency, &problem), 0);
	cr_assert_eq(
		sendto(relay.out, "", 1, 0, (void *)&end.address, sizeof(struct sockaddr_in)), 1);
	pthread_join(thread, NULL);
	load_half_close(sender);
	load_half_close(receiver);
	close(relay.in);
	close(relay.out);
	cr_log_info("%lu of %lu lost, %lu twice, %lu reordered, not %lu, %lu and %lu",
		sent - received, sent, sides[0].duplicates, sides[0].reordered, relay.dropped,
		relay.doubled, relay.swapped);
	return relay.dropped > 0 && relay.doubled > 0 && relay.swapped > 0 &&
	       sent - received == relay.dropped && sides[0].duplicates == relay.doubled &&
	       sides[0].reordered == relay.swapped;
}

/* What the machine holds up past the end of a slice is lost: then once more. */
Test(load_udp, what_a_way_does_to_datagrams_is_recovered)
{
	int failed = 0;

	while (failed < 4 && !recovers())
		failed++;
	cr_expect_lt(failed, 4);
}

Test(load_udp, the_window_of_what_was_seen_slides)
{
	static struct load_seen seen;

	cr_expect_eq(load_seen_note(&seen, 0), LOAD_NEW);
	cr_expect_eq(load_seen_note(&seen, 0), LOAD_TWICE);
	cr_expect_eq(load_seen_note(&seen, 5), LOAD_NEW);
	cr_expect_eq(load_seen_note(&seen, 3), LOAD_LATE);
	cr_expect_eq(load_seen_note(&seen, 3), LOAD_TWICE);
	/* A whole window later, the same bits mean other datagrams. */
	cr_expect_eq(load_seen_note(&seen, 5 + LOAD_SEEN), LOAD_NEW);
	cr_expect_eq(load_seen_note(&seen, 3 + LOAD_SEEN), LOAD_LATE);
	cr_expect_eq(load_seen_note(&seen, 6), LOAD_LATE);
	cr_expect_eq(load_seen_note(&seen, 5), LOAD_LATE, "before the window");
	cr_expect_eq(load_seen_note(&seen, 10 * LOAD_SEEN), LOAD_NEW);
	cr_expect_eq(load_seen_note(&seen, 9 * LOAD_SEEN + 1), LOAD_LATE);
	cr_expect_eq(load_seen_note(&seen, 9 * LOAD_SEEN + 1), LOAD_TWICE);
}
