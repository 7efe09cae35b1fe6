/*
 * rig_hold: builds a cluster, says so and holds it until its standard input ends.
 *
 *   rig_hold [WORD]...
 *
 * Words: a way's name (default: those this machine has); bridge, ipv6; plain, none (offloads);
 * mtu=N, path=N, WAY=N (pods' MTU), b:WAY=N (pod-b's); HOST:TOOL:TEXT (a batch to run when all is
 * built). "print" prints the plan instead, "ways" says of each way whether it is supported,
 * "supported" whether hosts are.
 *
 * Before "ready" comes a line "HOST DESCRIPTOR" for each host, so that nsenter(1) finds it below
 * /proc/PID/fd.
 */
#include "bench.h"
#include "cluster.h"
#include "rig.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const tools[RIG_TOOLS] = {
	[RIG_IP] = "ip",
	[RIG_BRIDGE] = "bridge",
	[RIG_TC] = "tc",
	[RIG_SYSCTL] = "sysctl",
	[RIG_ETHTOOL] = "ethtool",
	[RIG_IPTABLES] = "iptables",
	[RIG_IPTABLES_LEGACY] = "iptables-legacy",
	[RIG_IPTABLES_NFT] = "iptables-nft",
	[RIG_IP6TABLES] = "ip6tables",
	[RIG_NFT] = "nft",
	[RIG_IPSET] = "ipset",
	[RIG_IPVSADM] = "ipvsadm",
	[RIG_WG] = "wg",
};

static const char *const hosts[] = {"router", "node-a", "node-b", "pod-a", "pod-b"};

static void print_ways(void)
{
	for (int way = 0; way < WAYS; way++) {
		struct obstacle obstacle = {0};
		int failure = way_supported(way, &obstacle);

		printf("%s\t%d\t%s\t%s\n", way_rows[way].name, failure, obstacle.why,
			obstacle.enable);
	}
}

static uint32_t supported_ways(void)
{
	struct obstacle obstacle;
	uint32_t ways = 0;

	for (int way = 0; way < WAYS; way++)
		if (way_supported(way, &obstacle) == 0)
			ways |= 1U << way;
	return ways;
}

static int find_way(const char *name, size_t length)
{
	for (int way = 0; way < WAYS; way++)
		if (strlen(way_rows[way].name) == length &&
			!strncmp(way_rows[way].name, name, length))
			return way;
	return -1;
}

/* "vxlan", "vxlan=1500" or "b:vxlan=1400". */
static bool take_way(const char *word, struct cluster *cluster)
{
	bool second = !strncmp(word, "b:", 2);
	const char *name = word + (second ? 2 : 0), *equals = strchr(name, '=');
	int way = find_way(name, equals ? (size_t)(equals - name) : strlen(name));

	if (way < 0)
		return false;
	if (!equals)
		cluster->ways |= 1U << way;
	else
		(second ? cluster->pod_mtu_b : cluster->pod_mtu)[way] = (uint32_t)atoi(equals + 1);
	return true;
}

static bool take_text(const char *word, struct rig_plan *extra)
{
	char host[64], tool[16];
	int used = 0;

	if (sscanf(word, "%63[^:]:%15[^:]:%n", host, tool, &used) != 2 || !used)
		return false;
	for (int i = 0; i < RIG_TOOLS; i++)
		if (tools[i] && !strcmp(tools[i], tool)) {
			rig_plan_add(extra, host, i, "%s\n", word + used);
			return true;
		}
	return false;
}

static void take(const char *word, struct cluster *cluster, struct rig_plan *extra)
{
	if (!strcmp(word, "bridge"))
		cluster->link = CLUSTER_BRIDGE;
	else if (!strcmp(word, "ipv6"))
		cluster->ipv6 = true;
	else if (!strcmp(word, "plain"))
		cluster->offload = CLUSTER_OFFLOAD_PLAIN;
	else if (!strcmp(word, "none"))
		cluster->offload = CLUSTER_OFFLOAD_NONE;
	else if (!strncmp(word, "mtu=", 4))
		cluster->underlay_mtu = (uint32_t)atoi(word + 4);
	else if (!strncmp(word, "path=", 5))
		cluster->path_mtu = (uint32_t)atoi(word + 5);
	else if (!take_way(word, cluster) && !take_text(word, extra)) {
		fprintf(stderr, "rig_hold: what is \"%s\"?\n", word);
		exit(2);
	}
}

static int hold(const struct rig_plan *plan, const struct rig_plan *extra)
{
	struct problem problem = {0};
	struct rig *rig = rig_build(plan, &problem);
	char line[64];

	if (!rig || rig_apply(rig, extra, &problem) < 0) {
		fprintf(stderr, "rig_hold: %s\n", problem.text);
		rig_free(rig);
		return 1;
	}
	for (size_t i = 0; i < sizeof(hosts) / sizeof(*hosts); i++)
		if (rig_host(rig, hosts[i]) >= 0)
			printf("%s %d\n", hosts[i], rig_host(rig, hosts[i]));
	puts("ready");
	fflush(stdout);
	while (fgets(line, sizeof(line), stdin))
		;
	rig_free(rig);
	return 0;
}

static int ask_supported(void)
{
	struct obstacle obstacle = {0};
	int failure = rig_supported(&obstacle);

	if (failure)
		printf("%s; %s\n", obstacle.why, obstacle.enable);
	else
		puts("yes");
	return failure != 0;
}

int main(int argc, char **argv)
{
	struct cluster cluster = {.underlay_mtu = 1500};
	bool print = false;
	int code = 0;

	if (argc == 2 && !strcmp(argv[1], "ways")) {
		print_ways();
		return 0;
	}
	if (argc == 2 && !strcmp(argv[1], "supported"))
		return ask_supported();

	struct rig_plan *plan = rig_plan_new(), *extra = rig_plan_new();
	for (int i = 1; i < argc; i++)
		if (!strcmp(argv[i], "print"))
			print = true;
		else
			take(argv[i], &cluster, extra);
	if (!cluster.ways)
		cluster.ways = supported_ways();
	cluster_plan(&cluster, plan);
	if (print)
		rig_plan_print(plan, stdout);
	else
		code = hold(plan, extra);
	rig_plan_free(plan);
	rig_plan_free(extra);
	return code;
}
