#include "rig.h"

#include "bench.h"
#include "clock.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <net/if.h>
#include <stdlib.h>
#include <string.h>

static char *printed(const struct rig_plan *plan)
{
	char *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);

	rig_plan_print(plan, out);
	fclose(out);
	return text;
}

/* Where `part` is in `text`, and that it is there. */
static size_t place(const char *text, const char *part)
{
	const char *at = strstr(text, part);

	cr_assert(at, "\"%s\" is not in:\n%s", part, text);
	return (size_t)(at - text);
}

Test(rig, prints_batches_in_the_order_they_were_begun_and_settings_first)
{
	struct rig_plan *plan = rig_plan_new();

	rig_plan_host(plan, "one");
	rig_plan_host(plan, "two");
	rig_plan_add(plan, "two", RIG_NFT, "add table ip %s\n", "t");
	rig_plan_add(plan, "one", RIG_IP, "link add a type veth peer name b netns {two}\n");
	rig_plan_add(plan, "two", RIG_SYSCTL, "net.ipv4.ip_forward=1\n");
	char *text = printed(plan);

	size_t settings = place(text, "net.ipv4.ip_forward=1\nEND\n");
	size_t first = place(text, "ip netns exec one ip -batch - <<'END'\nlink set dev lo up\n"
				   "link add a type veth peer name b netns two\nEND\n");
	size_t second =
		place(text, "ip netns exec two ip -batch - <<'END'\nlink set dev lo up\nEND\n");
	size_t third = place(text, "ip netns exec two nft -f - <<'END'\nadd table ip t\nEND\n");
	cr_expect_lt(place(text, "ip netns add two\n"), settings);
	cr_expect_lt(settings, first);
	cr_expect_lt(first, second);
	cr_expect_lt(second, third);
	free(text);
	rig_plan_free(plan);
}

Test(rig, prints_a_call_for_each_line_of_ethtool)
{
	struct rig_plan *plan = rig_plan_new();

	rig_plan_add(plan, "one", RIG_ETHTOOL, "# none\n-K a gso off\n\n-K b gso off\n");
	char *text = printed(plan);
	place(text,
		"\n# none\nip netns exec one ethtool -K a gso off\n\nip netns exec one ethtool -K b gso "
		"off\n");
	free(text);
	rig_plan_free(plan);
}

Test(rig, leaves_braces_that_name_no_host)
{
	struct rig_plan *plan = rig_plan_new();

	rig_plan_host(plan, "one");
	rig_plan_add(
		plan, "one", RIG_NFT, "add set ip t s { type ipv4_addr; }\nelements {a} {one}\n");
	char *text = printed(plan);
	place(text, "add set ip t s { type ipv4_addr; }\nelements {a} one\n");
	free(text);
	rig_plan_free(plan);
}

static int index_of(void *name)
{
	return (int)if_nametoindex(name);
}

static struct rig *build(void)
{
	struct obstacle obstacle = {0};
	struct problem problem = {0};

	if (rig_supported(&obstacle))
		cr_skip_test("%s", obstacle.why);
	struct rig_plan *plan = rig_plan_new();
	rig_plan_host(plan, "one");
	rig_plan_host(plan, "two");
	struct rig *rig = rig_build(plan, &problem);
	rig_plan_free(plan);
	cr_assert(rig, "%s", problem.text);
	return rig;
}

Test(rig, works_in_a_host_and_only_there)
{
	struct problem problem = {0};
	struct rig *rig = build();

	cr_expect_eq(rig_in(rig, "one", index_of, (void *)"lo", &problem), 1);
	cr_expect_eq(rig_in(rig, "three", index_of, (void *)"lo", &problem), -ENOENT);
	cr_expect_str_eq(problem.text, "no host is named three");
	cr_expect_geq(rig_host(rig, "two"), 0);
	cr_expect_eq(rig_host(rig, "three"), -1);
	rig_free(rig);
}

Test(rig, reads_what_a_host_sees)
{
	struct rig *rig = build();
	struct rig_plan *plan = rig_plan_new();
	struct problem problem = {0};

	rig_plan_add(plan, "two", RIG_SYSCTL, "net.ipv4.ip_forward=1\n");
	cr_assert_eq(rig_apply(rig, plan, &problem), 0, "%s", problem.text);
	rig_plan_add(plan, "two", RIG_IP, "address add 10.1.2.3/32 dev lo\n");
	cr_assert_eq(rig_apply(rig, plan, &problem), 0, "%s", problem.text);

	char *one = rig_read(rig, "one", "/proc/net/fib_trie");
	char *two = rig_read(rig, "two", "/proc/net/fib_trie");
	cr_assert(one && two);
	cr_expect_not(strstr(one, "10.1.2.3"));
	cr_expect(strstr(two, "10.1.2.3"));
	free(one);
	free(two);
	two = rig_read(rig, "two", "/proc/sys/net/ipv4/ip_forward");
	cr_expect_str_eq(two, "1\n");
	free(two);
	cr_expect_null(rig_read(rig, "two", "/proc/net/nothing"));
	cr_expect_eq(errno, ENOENT);
	rig_plan_free(plan);
	rig_free(rig);
}

Test(rig, ends_a_tool_at_the_deadline)
{
	struct rig *rig = build();
	struct rig_plan *plan = rig_plan_new();
	struct problem problem = {0};

	rig_plan_add(plan, "one", RIG_IP, "link show\n");
	rig_deadline(rig, clock_now_ns());
	cr_expect_eq(rig_apply(rig, plan, &problem), -ETIME, "%s", problem.text);
	rig_deadline(rig, 0);
	cr_expect_eq(rig_apply(rig, plan, &problem), 0, "%s", problem.text);
	rig_plan_free(plan);
	rig_free(rig);
}

Test(rig, says_what_to_install_for_a_tool)
{
	struct problem problem = {0};
	const char *path = rig_tool_path(RIG_IPVSADM, &problem);

	if (path)
		cr_expect_eq(path[0], '/');
	else
		cr_expect(strstr(problem.text, "install it (Debian's package ipvsadm)"));
}
