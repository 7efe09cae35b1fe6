/* probe between hosts of a rig: what it times, and what it does not take for an answer. */
#include "probe.h"

#include "bench.h"
#include "cpus.h"
#include "rig.h"
#include "rules.h"
#include "site.h"

#include <arpa/inet.h>
#include <criterion/criterion.h>
#include <errno.h>
#include <math.h>
#include <string.h>

#define COUNT ((size_t)200)

struct place {
	struct rig *rig;
	struct probe *probe;
	struct sockaddr_in to;
};

/* One node without rules, its pod and the backend. */
static struct place build(void)
{
	struct obstacle obstacle = {0};
	struct problem problem = {0};
	struct place place = {.to = {.sin_family = AF_INET, .sin_port = htons(RULES_TARGET_PORT)}};

	if (rig_supported(&obstacle))
		cr_skip_test("%s", obstacle.why);
	struct rig_plan *plan = rig_plan_new();
	site_plan(0, plan);
	place.rig = rig_build(plan, &problem);
	rig_plan_free(plan);
	cr_assert(place.rig, "%s", problem.text);
	place.probe = probe_open(rig_host(place.rig, SITE_BACKEND), cpus_last(), &problem);
	cr_assert(place.probe, "%s", problem.text);
	inet_pton(AF_INET, "10.130.7.9", &place.to.sin_addr);
	return place;
}

static void demolish(struct place *place)
{
	probe_close(place->probe);
	rig_free(place->rig);
}

/* Skips where the tool, or what it asks the kernel for, is not there. */
static void apply(const struct place *place, const char *host, enum rig_tool tool, const char *text)
{
	struct rig_plan *plan = rig_plan_new();
	struct problem problem = {0};

	rig_plan_add(plan, host, tool, "%s", text);
	if (rig_apply(place->rig, plan, &problem) < 0)
		cr_skip_test("%s", problem.text);
	rig_plan_free(plan);
}

/* How many of the exchanges had an answer, and how long the median one took. */
static size_t turn(const struct place *place, const char *host, enum probe_kind kind, size_t count,
	int64_t *median_ns)
{
	const struct probe_aim aim = {kind, rig_host(place->rig, host), &place->to, 1};
	static int64_t latency_ns[1000];
	struct problem problem = {0};
	size_t unanswered;

	cr_assert_eq(
		probe_turn(place->probe, &aim, count, latency_ns, &problem), 0, "%s", problem.text);
	double median_s = probe_median_s(latency_ns, count, &unanswered);
	*median_ns = isnan(median_s) ? -1 : (int64_t)(median_s * 1e9);
	return count - unanswered;
}

/* Of a turn, or of another where a busy machine held up an answer for longer than it is waited for.
 * Adds what had none. */
static size_t answered(
	struct place *place, const char *from, enum probe_kind kind, size_t count, size_t *missing)
{
	size_t found = 0;
	int64_t median_ns;

	for (int try = 0; try < 4 && found < count; try++) {
		found = turn(place, from, kind, count, &median_ns);
		*missing += count - found;
	}
	cr_expect_gt(median_ns, 0);
	return found;
}

Test(probe, has_the_median_of_what_was_answered)
{
	int64_t odd[] = {700, -1, 300, -1, 200}, even[] = {400, 100, -1, 300, 200},
		none[] = {-1, -1};
	size_t unanswered;

	cr_expect_float_eq(probe_median_s(odd, 5, &unanswered), 300e-9, 1e-15);
	cr_expect_eq(unanswered, 2);
	cr_expect_float_eq(probe_median_s(even, 5, NULL), 250e-9, 1e-15);
	cr_expect(isnan(probe_median_s(none, 2, &unanswered)));
	cr_expect_eq(unanswered, 2);
}

Test(probe, has_an_answer_to_everything_from_pod_and_node)
{
	struct place place = build();
	const char *pod = mode_rows[MODE_NONE].pod, *node = mode_rows[MODE_NONE].node;
	size_t missing = 0;

	for (enum probe_kind kind = 0; kind < PROBE_KINDS; kind++) {
		cr_expect_eq(answered(&place, pod, kind, COUNT, &missing), COUNT, "%d", kind);
		cr_expect_eq(answered(&place, node, kind, COUNT, &missing), COUNT, "%d", kind);
	}
	place.to.sin_addr = site_elsewhere();
	cr_expect_eq(answered(&place, pod, PROBE_UDP_FIRST, COUNT, &missing), COUNT);
	cr_expect_eq(probe_unanswered(place.probe), missing);
	cr_expect_geq(probe_exchanges(place.probe), 9 * COUNT);
	demolish(&place);
}

Test(probe, takes_a_dropped_packet_for_no_answer)
{
	struct place place = build();
	int64_t median_ns;
	const char *pod = mode_rows[MODE_NONE].pod;

	apply(&place, mode_rows[MODE_NONE].node, RIG_IP, "route add blackhole 10.130.7.9/32\n");
	cr_expect_eq(turn(&place, pod, PROBE_UDP_FIRST, 2, &median_ns), 0);
	cr_expect_eq(turn(&place, pod, PROBE_TCP_FIRST, 2, &median_ns), 0);
	cr_expect_eq(probe_unanswered(place.probe), 4);
	inet_pton(AF_INET, "10.130.7.10", &place.to.sin_addr);
	size_t missing = 0;
	cr_expect_eq(answered(&place, pod, PROBE_UDP_FIRST, COUNT, &missing), COUNT);
	cr_expect_eq(answered(&place, pod, PROBE_TCP_FIRST, COUNT, &missing), COUNT);
	demolish(&place);
}

Test(probe, gives_up_where_nothing_gets_through)
{
	struct place place = build();
	struct probe_aim aim = {.netns = rig_host(place.rig, mode_rows[MODE_NONE].pod),
		.to = &place.to,
		.to_count = 1};
	int64_t latency_ns[COUNT];
	struct problem problem = {0};
	struct probe_rate rate;

	apply(&place, mode_rows[MODE_NONE].node, RIG_IP, "route add blackhole 10.130.7.9/32\n");
	for (aim.kind = 0; aim.kind < PROBE_KINDS; aim.kind++) {
		uint64_t before = probe_exchanges(place.probe);

		cr_expect_eq(
			probe_turn(place.probe, &aim, COUNT, latency_ns, &problem), -ETIMEDOUT);
		cr_expect_eq(probe_exchanges(place.probe) - before, PROBE_LOST_MAX);
		cr_expect_lt(latency_ns[COUNT - 1], 0);
	}
	cr_expect_eq(probe_connections(place.probe, &aim, INT64_C(100000000000), &rate, &problem),
		-ETIMEDOUT);
	demolish(&place);
}

/* A connection that has no answer takes sleep, which is no CPU time, and hardly anything else. */
Test(probe, takes_no_sleep_for_cpu_time)
{
	struct place place = build();
	const struct probe_aim aim = {
		PROBE_TCP_FIRST, rig_host(place.rig, mode_rows[MODE_NONE].pod), &place.to, 1};
	struct problem problem = {0};
	struct probe_rate rate = {0};

	apply(&place, mode_rows[MODE_NONE].node, RIG_IP, "route add blackhole 10.130.7.9/32\n");
	cr_assert_eq(probe_connections(place.probe, &aim, INT64_C(150000000), &rate, &problem), 0,
		"%s", problem.text);
	cr_expect_eq(rate.connections, 0);
	cr_expect_geq(rate.elapsed_ns, INT64_C(200000000));
	cr_expect_leq(rate.asleep_ns + rate.waiting_ns, rate.elapsed_ns);
	cr_expect_gt(rate.asleep_ns + rate.waiting_ns, rate.elapsed_ns * 9 / 10);
	demolish(&place);
}

/* What conntrack takes for a later packet of a flow is dropped: of first ones, none. */
Test(probe, begins_flows_that_are_new_to_conntrack)
{
	struct place place = build();
	const char *node = mode_rows[MODE_NONE].node, *pod = mode_rows[MODE_NONE].pod;
	size_t missing = 0;
	int64_t median_ns;

	apply(&place, node, RIG_NFT,
		"table ip t { chain c { type filter hook prerouting priority 0; "
		"meta l4proto udp ct direction original ct state established drop; }; }\n");
	for (size_t i = 0; i < 5; i++) {
		struct problem problem = {0};

		cr_expect_eq(answered(&place, pod, PROBE_UDP_FIRST, 1000, &missing), 1000);
		probe_close(place.probe);
		place.probe = probe_open(rig_host(place.rig, SITE_BACKEND), cpus_last(), &problem);
		cr_assert(place.probe, "%s", problem.text);
	}
	cr_expect_eq(turn(&place, pod, PROBE_UDP_ESTABLISHED, 2, &median_ns), 0);
	demolish(&place);
}

Test(probe, counts_connections)
{
	struct place place = build();
	const struct probe_aim aim = {
		PROBE_TCP_FIRST, rig_host(place.rig, mode_rows[MODE_NONE].pod), &place.to, 1};
	struct problem problem = {0};
	struct probe_rate rate = {0};

	size_t missing = 1, before = 0;
	for (int try = 0; try < 4 && missing > before; try++) {
		before = probe_unanswered(place.probe);
		cr_assert_eq(
			probe_connections(place.probe, &aim, INT64_C(50000000), &rate, &problem), 0,
			"%s", problem.text);
		missing = probe_unanswered(place.probe);
	}
	cr_expect_gt(rate.connections, 0);
	cr_expect_geq(rate.elapsed_ns, INT64_C(50000000));
	cr_expect_lt(rate.waiting_ns, rate.elapsed_ns);
	cr_expect_eq(missing, before);
	demolish(&place);
}
