/*
 * A node, a pod on it and a backend, whose node is told of Services as standard input says, for
 * tests that look at what came of it.
 *
 *   rules_hold MODE ENDPOINTS PROTOCOLS [SCHEDULER]   holds them: "HOST DESCRIPTOR" lines, "ready"
 *   rules_hold print MODE ENDPOINTS PROTOCOLS [SCHEDULER]
 *   rules_hold modes                                  "NAME TAB WHY TAB ENABLE TAB IPTABLES" lines
 *
 * PROTOCOLS: "tcp", "udp" or "tcp,udp". Then, a line each: begin; add FROM TO; resync COUNT; change
 * COUNT SERVICE TURN; remove COUNT; clean SERVICE [TURN]; end COUNT; policies COUNT. Each is
 * answered by "done SECONDS" or "failed SENTENCE", or printed; "text" says how many seconds the
 * last text took to write.
 */
#include "bench.h"
#include "clock.h"
#include "rules.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static enum mode mode;
static struct rules rules;

/* The node's own packets for Services leave with an address that the backend does not answer to:
 * only when they are masqueraded does an answer come. */
static void make_site(struct rig_plan *plan)
{
	const char *node = mode_rows[mode].node, *pod = mode_rows[mode].pod;

	rig_plan_host(plan, node);
	rig_plan_host(plan, pod);
	rig_plan_host(plan, "backend");
	rig_plan_add(plan, node, RIG_SYSCTL, "net.ipv4.ip_forward=1\n");
	rig_plan_add(plan, node, RIG_IP,
		"link add pod type veth peer name eth0 netns {%s}\n"
		"link add backend type veth peer name eth0 netns {backend}\n"
		"address add 10.128.0.1/24 dev pod\n"
		"address add 192.168.77.1/24 dev backend\n"
		"link set dev pod up\n"
		"link set dev backend up\n"
		"address add 192.0.2.7/32 dev lo\n"
		"route add 10.128.0.0/9 via 192.168.77.2\n"
		"route add 198.51.100.0/24 via 192.168.77.2\n"
		"route add 10.96.0.0/12 via 192.168.77.2 src 192.0.2.7\n",
		pod);
	rig_plan_add(plan, pod, RIG_IP,
		"address add 10.128.0.2/24 dev eth0\nlink set dev eth0 up\n"
		"route add default via 10.128.0.1\n");
	rig_plan_add(plan, "backend", RIG_IP,
		"address add 192.168.77.2/24 dev eth0\nlink set dev eth0 up\n"
		"route add 10.128.0.0/24 via 192.168.77.1\n"
		"route add local 10.129.0.0/16 dev lo\n"
		"route add local 10.224.0.0/16 dev lo\n"
		"route add local 198.51.100.0/24 dev lo\n");
}

/* Adds what a line says; false when it says nothing known. */
static bool take(const char *line, struct rig_plan *plan)
{
	unsigned int first = 0, second = 0, third = 0;
	char verb[16] = "";

	int fields = sscanf(line, "%15s %u %u %u", verb, &first, &second, &third);
	if (fields < 1)
		return false;
	if (!strcmp(verb, "begin"))
		rules_begin(&rules, mode, plan);
	else if (!strcmp(verb, "add"))
		rules_add(&rules, mode, first, second, plan);
	else if (!strcmp(verb, "resync"))
		rules_resync(&rules, mode, first, plan);
	else if (!strcmp(verb, "change"))
		rules_change(&rules, mode, first, second, third, plan);
	else if (!strcmp(verb, "remove"))
		rules_remove_last(&rules, mode, first, plan);
	else if (!strcmp(verb, "clean"))
		rules_clean(&rules, mode, first, fields > 2 ? second : RULES_GONE, plan);
	else if (!strcmp(verb, "end"))
		rules_end(&rules, mode, first, plan);
	else if (!strcmp(verb, "policies"))
		rules_policies(mode, mode_iptables(mode), first, plan);
	else
		return false;
	return true;
}

static double seconds_since(int64_t start)
{
	return (double)(clock_now_ns() - start) / 1e9;
}

static void answer(struct rig *rig, const char *line)
{
	struct rig_plan *plan = rig_plan_new();
	struct problem problem = {0};
	int64_t start = clock_now_ns();
	bool known = take(line, plan);
	double text_s = seconds_since(start);

	start = clock_now_ns();
	if (!known)
		puts("failed what is this?");
	else if (!rig)
		rig_plan_print(plan, stdout);
	else if (rig_apply(rig, plan, &problem) < 0)
		printf("failed %s\n", problem.text);
	else
		printf("done %.4f %.4f\n", seconds_since(start), text_s);
	fflush(stdout);
	rig_plan_free(plan);
}

static int print_modes(void)
{
	static const char *const tools[RIG_TOOLS + 1] = {
		[RIG_IPTABLES_LEGACY] = "legacy", [RIG_IPTABLES_NFT] = "nft", [RIG_TOOLS] = "none"};

	for (enum mode each = 0; each < MODES; each++) {
		struct obstacle obstacle = {0};

		if (mode_supported(each, &obstacle) == 0)
			obstacle = (struct obstacle){0};
		printf("%s\t%s\t%s\t%s\n", mode_rows[each].name, obstacle.why, obstacle.enable,
			tools[mode_iptables(each)]);
	}
	return 0;
}

static struct rig *build(void)
{
	struct rig_plan *plan = rig_plan_new();
	struct problem problem = {0};

	make_site(plan);
	struct rig *rig = rig_build(plan, &problem);
	rig_plan_free(plan);
	if (!rig) {
		fprintf(stderr, "rules_hold: %s\n", problem.text);
		exit(1);
	}
	printf("node %d\npod %d\nbackend %d\nready\n", rig_host(rig, mode_rows[mode].node),
		rig_host(rig, mode_rows[mode].pod), rig_host(rig, "backend"));
	fflush(stdout);
	return rig;
}

int main(int argc, char **argv)
{
	bool print = argc > 1 && !strcmp(argv[1], "print");
	char line[256];

	if (argc == 2 && !strcmp(argv[1], "modes"))
		return print_modes();
	argc -= print;
	argv += print;
	while (argc > 3 && mode < MODES && strcmp(mode_rows[mode].name, argv[1]) != 0)
		mode++;
	if (argc < 4 || mode == MODES) {
		fputs("rules_hold: see the head of rules_hold.c\n", stderr);
		return 2;
	}
	rules.endpoints = (uint32_t)atoi(argv[2]);
	rules.tcp = strstr(argv[3], "tcp") != NULL;
	rules.udp = strstr(argv[3], "udp") != NULL;
	rules.scheduler = argc > 4 ? argv[4] : "rr";
	struct rig *rig = print ? NULL : build();
	while (fgets(line, sizeof(line), stdin))
		answer(rig, line);
	rig_free(rig);
	return 0;
}
