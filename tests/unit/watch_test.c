#include "watch.h"

#include "bench.h"
#include "clock.h"
#include "rig.h"

#include <arpa/inet.h>
#include <criterion/criterion.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#define MS INT64_C(1000000)

/* pod - node - backend, the node being no more than a router. */
static struct rig *build(void)
{
	struct rig_plan *plan = rig_plan_new();
	struct problem problem;
	struct obstacle obstacle;

	if (rig_supported(&obstacle) < 0 || rig_tool_supported(RIG_NFT, &obstacle) < 0)
		cr_skip_test("%s", obstacle.why);
	rig_plan_host(plan, "node");
	rig_plan_host(plan, "pod");
	rig_plan_host(plan, "backend");
	rig_plan_add(plan, "node", RIG_SYSCTL, "net.ipv4.ip_forward=1\n");
	rig_plan_add(plan, "node", RIG_IP,
		"link add pod type veth peer name eth0 netns {pod}\n"
		"address add 10.1.0.1/24 dev pod\nlink set dev pod up\n"
		"link add backend type veth peer name eth0 netns {backend}\n"
		"address add 10.2.0.1/24 dev backend\nlink set dev backend up\n");
	rig_plan_add(plan, "pod", RIG_IP,
		"address add 10.1.0.2/24 dev eth0\nlink set dev eth0 up\n"
		"route add default via 10.1.0.1\n");
	rig_plan_add(plan, "backend", RIG_IP,
		"address add 10.2.0.2/24 dev eth0\nlink set dev eth0 up\n"
		"route add default via 10.2.0.1\n");
	struct rig *rig = rig_build(plan, &problem);
	rig_plan_free(plan);
	cr_assert_not_null(rig, "%s", problem.text);
	return rig;
}

static struct watch *begin(const struct rig *rig, in_port_t port)
{
	struct problem problem;
	struct watch_aim aim = {.pod_netns = rig_host(rig, "pod"),
		.backend_netns = rig_host(rig, "backend"),
		.cpu = -1,
		.to = {.sin_family = AF_INET, .sin_port = htons(port)},
		.every_ns = MS};
	inet_pton(AF_INET, "10.2.0.2", &aim.to.sin_addr);
	struct watch *watch = watch_begin(&aim, &problem);

	cr_assert_not_null(watch, "%s", problem.text);
	return watch;
}

static struct watch_seen end(struct watch *watch, struct histogram *delay)
{
	struct watch_seen seen;
	struct problem problem;

	cr_assert_eq(watch_end(watch, &seen, delay, &problem), 0, "%s", problem.text);
	return seen;
}

static void tell_nft(struct rig *rig, const char *text)
{
	struct rig_plan *plan = rig_plan_new();
	struct problem problem;

	rig_plan_add(plan, "node", RIG_NFT, "%s", text);
	int failure = rig_apply(rig, plan, &problem);
	rig_plan_free(plan);
	cr_assert_eq(failure, 0, "%s", problem.text);
}

static double ms_since(int64_t begin_ns)
{
	return (double)(clock_now_ns() - begin_ns) / MS;
}

/* Answers that the machine holds up for longer than they are waited for are lost: then once more.
 */
#define TRIES 4

static void expect_soon(bool (*is_so)(void))
{
	int failed = 0;

	while (failed < TRIES && !is_so())
		failed++;
	cr_expect_lt(failed, TRIES);
}

static bool begins_at_every_tick(void)
{
	struct rig *rig = build();
	struct histogram *delay = histogram_new();
	int64_t begin_ns = clock_now_ns();
	struct watch *watch = begin(rig, 8080);
	int64_t begun_ns = clock_now_ns();
	clock_sleep_until_ns(begun_ns + 300 * MS);
	double least = ms_since(begun_ns);
	struct watch_seen seen = end(watch, delay);

	cr_expect_geq(seen.begun, (uint64_t)least);
	cr_expect_leq(seen.begun, (uint64_t)ms_since(begin_ns) + 1);
	cr_expect_eq(delay->total + seen.lost, seen.begun);
	cr_expect_gt(delay->min_ns, 0);
	histogram_free(delay);
	rig_free(rig);
	return seen.lost == 0;
}

Test(watch, begins_a_flow_at_every_tick_and_loses_none)
{
	expect_soon(begins_at_every_tick);
}

/* Stops this process for a time, from another one. */
static void stand_still(int64_t for_ns)
{
	pid_t parent = getpid(), other = fork();

	if (other == 0) {
		kill(parent, SIGSTOP);
		clock_sleep_until_ns(clock_now_ns() + for_ns);
		kill(parent, SIGCONT);
		_exit(0);
	}
	waitpid(other, NULL, 0);
}

static bool counts_delays(void)
{
	struct rig *rig = build();
	struct histogram *delay = histogram_new();
	struct watch *watch = begin(rig, 8080);

	clock_sleep_until_ns(clock_now_ns() + 50 * MS);
	stand_still(80 * MS);
	struct watch_seen seen = end(watch, delay);
	cr_expect_eq(delay->total + seen.lost, seen.begun);
	/* A tick each millisecond: half of those in it waited for more than half of it. */
	bool counted = seen.lost == 0 && delay->max_ns >= 78 * MS &&
		       histogram_count_above(delay, 40 * MS) >= 35;
	histogram_free(delay);
	rig_free(rig);
	return counted;
}

Test(watch, counts_delays_from_the_schedule_that_it_could_not_keep)
{
	expect_soon(counts_delays);
}

static bool loses_what_is_dropped(void)
{
	struct rig *rig = build();
	struct histogram *delay = histogram_new();
	struct watch *watch = begin(rig, 8080);

	clock_sleep_until_ns(clock_now_ns() + 200 * MS);
	int64_t asked_ns = clock_now_ns();
	tell_nft(rig, "table ip t { chain c { type filter hook forward priority 0; drop; }; }\n");
	int64_t drops_ns = clock_now_ns();
	clock_sleep_until_ns(drops_ns + 300 * MS);
	double least = ms_since(drops_ns);
	tell_nft(rig, "delete table ip t\n");
	double most = ms_since(asked_ns);
	clock_sleep_until_ns(clock_now_ns() + 200 * MS);
	struct watch_seen seen = end(watch, delay);

	cr_log_info("%lu of %g to %g", seen.lost, least, most);
	cr_expect_eq(delay->total + seen.lost, seen.begun);
	histogram_free(delay);
	rig_free(rig);
	/* One on either side may be on its way. */
	return (double)seen.lost >= least - 2 && (double)seen.lost <= most + 2;
}

Test(watch, loses_what_is_begun_while_everything_is_dropped_and_nothing_else)
{
	expect_soon(loses_what_is_dropped);
}

Test(watch, counts_what_an_error_answers_as_lost)
{
	struct rig *rig = build();
	struct histogram *delay = histogram_new();
	struct watch *watch = begin(rig, 9);
	clock_sleep_until_ns(clock_now_ns() + 50 * MS);
	struct watch_seen seen = end(watch, delay);

	cr_expect_gt(seen.begun, 0);
	cr_expect_eq(seen.lost, seen.begun);
	cr_expect_eq(delay->total, 0);
	histogram_free(delay);
	rig_free(rig);
}
