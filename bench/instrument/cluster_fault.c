/* What goes wrong on a path: packets lost, and ICMP kept back. */
#include "cluster_private.h"

#include "bench.h"

#include <errno.h>

int cluster_plan_loss(double ratio, struct rig_plan *plan, struct problem *problem)
{
	struct obstacle obstacle;

	if (cluster_module_ready("sch_netem", "NET_SCH_NETEM", NULL, &obstacle) == 0 &&
		rig_tool_path(RIG_TC, NULL)) {
		rig_plan_add(plan, "router", RIG_TC,
			"qdisc replace dev to-b root netem limit 100000 loss %.3f%%\n",
			ratio * 100);
		return 0;
	}
	if (!rig_tool_path(RIG_NFT, problem))
		return -ENOENT;
	rig_plan_add(plan, "node-b", RIG_NFT,
		"table netdev loss {\n"
		"\tchain in {\n"
		"\t\ttype filter hook ingress device \"under\" priority 0;\n"
		"\t\tnumgen random mod 100000 < %.0f drop\n"
		"\t}\n"
		"}\n",
		ratio * 100000);
	return 0;
}

/* Packets of the router's own have the loopback interface as their input one. */
void cluster_plan_silence(struct rig_plan *plan)
{
	rig_plan_add(plan, "router", RIG_IP, "# silence\nrule add pref 1 iif lo blackhole\n");
}
