/* What a bench asks before it builds a cluster: which part of it this machine can have. */
#include "cluster_private.h"

#include "bench.h"
#include "cpus.h"

#include <errno.h>
#include <stdio.h>
#include <unistd.h>

const char *const way_names[WAYS + 1] = {
	"native", "vxlan", "ipip", "geneve", "gre", "wireguard", NULL};

bool cluster_supported(uint64_t asked, enum cluster_link link, struct obstacle *obstacle)
{
	if (rig_supported(obstacle) < 0 || rig_tool_supported(RIG_ETHTOOL, obstacle) < 0 ||
		cluster_link_supported(link, obstacle) < 0)
		return false;
	/* The last way that is not there tells why. */
	for (enum way way = 0; way < WAYS; way++)
		if (asked & UINT64_C(1) << way && way_supported(way, obstacle) == 0)
			return true;
	return false;
}

uint32_t cluster_ways_here(uint64_t asked, struct record *record)
{
	uint32_t ways = 0;

	for (enum way way = 0; way < WAYS; way++) {
		struct obstacle obstacle;
		char what[64];

		if (!(asked & UINT64_C(1) << way))
			continue;
		if (way_supported(way, &obstacle) == 0) {
			ways |= UINT32_C(1) << way;
		} else if (record) {
			snprintf(what, sizeof(what), "encapsulation %s", way_rows[way].title);
			record_skip(record, what, obstacle.why, obstacle.enable);
		}
	}
	return ways;
}

/* WireGuard has packets en- and decrypted on all CPUs in turn (drivers/net/wireguard/queueing.h).
 */
bool cluster_works_elsewhere(enum way way, const int cpus[2])
{
	long seen = cpus[0] == cpus[1] ? 1 : 2;

	return way == WAY_WIREGUARD && sysconf(_SC_NPROCESSORS_ONLN) > seen;
}

void cluster_skip_cpu_time(uint32_t ways, const int cpus[2], struct record *record)
{
	for (enum way way = 0; way < WAYS; way++) {
		char what[64];

		if (!(ways & UINT32_C(1) << way) || !cluster_works_elsewhere(way, cpus))
			continue;
		snprintf(what, sizeof(what), "CPU time of %s", way_rows[way].title);
		record_skip(record, what,
			"it works on all CPUs, of which this machine has more than the two ends use",
			"measure on a machine with two CPUs");
	}
}

int cluster_check_cpus(const struct option_list *cpus, struct problem *problem)
{
	if (cpus->count == 0 || cpus->count == 2)
		return 0;
	return problem_set(problem, -EINVAL,
		"--cpus names %zu: give two, the sender's and the receiver's, such as --cpus=2,3",
		cpus->count);
}

void cluster_choose_cpus(const struct option_list *cpus, int pair[2])
{
	cpus_pair(pair);
	for (size_t i = 0; i < cpus->count; i++)
		pair[i] = (int)cpus->at[i];
}
