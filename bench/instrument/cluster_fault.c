/* What goes wrong on a path: packets lost, and ICMP kept back. */
#include "cluster_private.h"

#include "bench.h"
#include "modules.h"

#include <errno.h>
#include <stdio.h>
#include <sys/utsname.h>

static bool has_netem(void)
{
	struct obstacle obstacle;

	return cluster_module_ready("sch_netem", "NET_SCH_NETEM", NULL, &obstacle) == 0 &&
	       rig_tool_supported(RIG_TC, &obstacle) == 0;
}

/* Parts of nftables that are no modules: only a configuration that lacks them is evidence. */
static int check_options(struct obstacle *obstacle)
{
	static const char *const options[] = {"NETFILTER_INGRESS", "NF_TABLES_NETDEV"};
	struct utsname kernel = {0};
	struct modules modules;
	int failure = 0;

	uname(&kernel);
	modules_read(&modules, "/", kernel.release);
	for (size_t i = 0; i < sizeof(options) / sizeof(*options) && failure == 0; i++) {
		if (modules_option(&modules, options[i]) != 'n')
			continue;
		snprintf(obstacle->why, sizeof(obstacle->why), "this kernel has no CONFIG_%s",
			options[i]);
		snprintf(obstacle->enable, sizeof(obstacle->enable),
			"use a kernel with CONFIG_%s or with netem (module sch_netem)", options[i]);
		failure = -ENOTSUP;
	}
	modules_free(&modules);
	return failure;
}

int cluster_loss_supported(struct obstacle *obstacle)
{
	static const char *const modules[][2] = {{"nfnetlink", "NETFILTER_NETLINK"},
		{"nf_tables", "NF_TABLES"}, {"nft_numgen", "NFT_NUMGEN"}};

	if (has_netem())
		return 0;
	int failure = rig_tool_supported(RIG_NFT, obstacle);
	for (size_t i = 0; i < sizeof(modules) / sizeof(*modules) && failure == 0; i++)
		failure = cluster_module_ready(modules[i][0], modules[i][1], NULL, obstacle);
	return failure < 0 ? failure : check_options(obstacle);
}

void cluster_plan_loss(double ratio, struct rig_plan *plan)
{
	if (has_netem()) {
		rig_plan_add(plan, "router", RIG_TC,
			"qdisc replace dev to-b root netem limit 100000 loss %.3f%%\n",
			ratio * 100);
		return;
	}
	rig_plan_add(plan, "node-b", RIG_NFT,
		"table netdev loss {\n"
		"\tchain in {\n"
		"\t\ttype filter hook ingress device \"under\" priority 0;\n"
		"\t\tnumgen random mod 100000 < %.0f drop\n"
		"\t}\n"
		"}\n",
		ratio * 100000);
}

/* Packets of the router's own have the loopback interface as their input one. */
void cluster_plan_silence(struct rig_plan *plan)
{
	rig_plan_add(plan, "router", RIG_IP, "# silence\nrule add pref 1 iif lo blackhole\n");
}
