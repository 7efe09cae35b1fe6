#include "memory.h"

#include "bench.h"
#include "rig.h"

/* Before the kernel's headers, which then leave out what it has. */
#include <netinet/in.h>

#include <criterion/criterion.h>
#include <errno.h>
#include <linux/netfilter_ipv4/ip_tables.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define RULES 40000

/* Beside others it takes some more rounds until the middle one is none of theirs. */
#define ROUNDS_MIN 3
#define ROUNDS_MAX 31

/* Of a table of nat, as the kernel itself tells (IPT_SO_GET_INFO). */
static int ask_size(void *argument)
{
	struct ipt_getinfo info = {.name = "nat"};
	socklen_t size = sizeof(info);
	int fd = socket(AF_INET, SOCK_RAW, IPPROTO_RAW);
	int failure = getsockopt(fd, IPPROTO_IP, IPT_SO_GET_INFO, &info, &size);

	close(fd);
	*(int64_t *)argument = failure ? 0 : info.size;
	return 0;
}

static int64_t table_size(const struct rig *rig)
{
	struct problem problem;
	int64_t bytes = 0;

	cr_assert_eq(rig_in(rig, "one", ask_size, &bytes, &problem), 0, "%s", problem.text);
	return bytes;
}

static struct rig *build(void)
{
	struct rig_plan *plan = rig_plan_new();
	struct problem problem;
	struct obstacle obstacle;

	if (rig_supported(&obstacle) < 0 || rig_tool_supported(RIG_IPTABLES_LEGACY, &obstacle) < 0)
		cr_skip_test("%s", obstacle.why);
	rig_plan_host(plan, "one");
	struct rig *rig = rig_build(plan, &problem);
	rig_plan_free(plan);
	cr_assert_not_null(rig, "%s", problem.text);
	return rig;
}

static void restore(struct rig *rig, size_t count)
{
	struct rig_plan *plan = rig_plan_new();
	struct problem problem;

	rig_plan_add(plan, "one", RIG_IPTABLES_LEGACY, "*nat\n:LONG - [0:0]\n");
	for (size_t i = 0; i < count; i++)
		rig_plan_add(plan, "one", RIG_IPTABLES_LEGACY,
			"-A LONG -d 10.%zu.%zu.%zu/32 -p tcp -m tcp --dport 80 -j RETURN\n",
			i >> 16, i >> 8 & 255, i & 255);
	rig_plan_add(plan, "one", RIG_IPTABLES_LEGACY, "COMMIT\n");
	int failure = rig_apply(rig, plan, &problem);
	rig_plan_free(plan);
	cr_assert_eq(failure, 0, "%s", problem.text);
}

static int compare(const void *one, const void *other)
{
	const int64_t *a = one, *b = other;

	return (*a > *b) - (*a < *b);
}

static int64_t median(const int64_t *of, size_t count)
{
	int64_t sorted[ROUNDS_MAX];

	memcpy(sorted, of, count * sizeof(*of));
	qsort(sorted, count, sizeof(*sorted), compare);
	return sorted[count / 2];
}

static bool within(int64_t bytes, int64_t table)
{
	/* Beside the table there is a counter for each rule and CPU. */
	int64_t counters = RULES * 16 * sysconf(_SC_NPROCESSORS_CONF);

	return bytes >= table - table / 8 && bytes <= table + table / 4 + counters + table / 8;
}

/* One round: what was taken, and given back. Returns the size of the table. */
static int64_t measure(struct rig *rig, int64_t *taken, int64_t *given)
{
	int64_t before = memory_settled();

	restore(rig, RULES);
	int64_t table = table_size(rig);
	int64_t with = memory_settled();
	restore(rig, 0);
	int64_t after = memory_settled();
	cr_assert_gt(before, 0);
	*taken = with - before;
	*given = with - after;
	return table;
}

Test(memory, finds_the_table_that_the_kernel_says_it_has_and_that_it_is_gone_again)
{
	struct rig *rig = build();
	int64_t taken[ROUNDS_MAX], given[ROUNDS_MAX], table = 0;
	bool agree = false;
	size_t rounds = 0;

	restore(rig, 0);
	while (rounds < ROUNDS_MIN || (rounds < ROUNDS_MAX && !agree)) {
		table = measure(rig, &taken[rounds], &given[rounds]);
		rounds++;
		agree = within(median(taken, rounds), table) &&
			within(median(given, rounds), table);
	}
	rig_free(rig);
	if (!table)
		cr_skip_test("this kernel has no legacy table");
	cr_expect(agree, "%ld B taken and %ld B given of %ld B", median(taken, rounds),
		median(given, rounds), table);
}

Test(memory, allows_half_of_what_is_available)
{
	struct problem problem = {0};

	cr_expect_eq(memory_allows(4096, "a page", &problem), 0);
	cr_expect_eq(memory_allows(1e18, "an exabyte", &problem), -ENOMEM);
	cr_expect(strstr(problem.text, "an exabyte would take about "), "%s", problem.text);
}
