#include "mode.h"

#include "bench.h"
#include "cluster_private.h"
#include "rig_private.h"

#include <errno.h>
#include <stdio.h>
#include <sys/stat.h>

#define ROW(name, title)                                                                           \
	{                                                                                          \
		name, title, "node-" name, "pod-" name                                             \
	}

const struct mode_row mode_rows[MODES] = {
	[MODE_NONE] = ROW("none", "No rules"),
	[MODE_IPTABLES_LEGACY] = ROW("iptables-legacy", "iptables (legacy)"),
	[MODE_IPTABLES_NFT] = ROW("iptables-nft", "iptables (nft)"),
	[MODE_IPVS] = ROW("ipvs", "IPVS"),
	[MODE_NFTABLES] = ROW("nftables", "nftables"),
};

const char *const mode_names[MODES + 1] = {
	"none", "iptables-legacy", "iptables-nft", "ipvs", "nftables", NULL};

/* What the kernel must have. A file may be missing where its option is older than it. */
struct need {
	const char *module, *option;
};

/* In Linux 6.17 and later, what makes iptable_nat also says whether there are such tables at all.
 */
static const struct need iptables_needs[] = {
	{"nf_conntrack", "NF_CONNTRACK"},
	{"xt_tcpudp", "NETFILTER_XTABLES"},
	{"xt_comment", "NETFILTER_XT_MATCH_COMMENT"},
	{"xt_mark", "NETFILTER_XT_MARK"},
	{"xt_conntrack", "NETFILTER_XT_MATCH_CONNTRACK"},
	{"xt_addrtype", "NETFILTER_XT_MATCH_ADDRTYPE"},
	{"xt_statistic", "NETFILTER_XT_MATCH_STATISTIC"},
	{"xt_nat", "NETFILTER_XT_NAT"},
	{"xt_MASQUERADE", "NETFILTER_XT_TARGET_MASQUERADE"},
	{NULL, NULL},
};

static const struct need legacy_needs[] = {
	{"iptable_filter", "IP_NF_FILTER"},
	{"iptable_nat", "IP_NF_NAT"},
	{"iptable_mangle", "IP_NF_MANGLE"},
	{NULL, NULL},
};

static const struct need nft_needs[] = {
	{"nf_tables", "NF_TABLES"},
	{"nft_chain_nat", "NFT_NAT"},
	{"nft_compat", "NFT_COMPAT"},
	{NULL, NULL},
};

static const struct need nftables_needs[] = {
	{"nf_conntrack", "NF_CONNTRACK"},
	{"nf_tables", "NF_TABLES"},
	{"nft_chain_nat", "NFT_NAT"},
	{"nft_nat", "NFT_NAT"},
	{"nft_masq", "NFT_MASQ"},
	{"nft_numgen", "NFT_NUMGEN"},
	{"nft_ct", "NFT_CT"},
	{"nft_reject", "NFT_REJECT"},
	{"nft_reject_ipv4", "NFT_REJECT_IPV4"},
	{NULL, NULL},
};

static const struct need ipvs_needs[] = {
	{"ip_vs", "IP_VS"},
	{"ip_vs_rr", "IP_VS_RR"},
	{"ip_vs_wrr", "IP_VS_WRR"},
	{"ip_vs_sh", "IP_VS_SH"},
	{"ip_set", "IP_SET"},
	{"ip_set_hash_ip", "IP_SET_HASH_IP"},
	{"ip_set_hash_ipport", "IP_SET_HASH_IPPORT"},
	{"ip_set_hash_ipportip", "IP_SET_HASH_IPPORTIP"},
	{"ip_set_hash_ipportnet", "IP_SET_HASH_IPPORTNET"},
	{"ip_set_bitmap_port", "IP_SET_BITMAP_PORT"},
	{"xt_set", "NETFILTER_XT_SET"},
	{"ipt_REJECT", "IP_NF_TARGET_REJECT"},
	{"dummy", "DUMMY"},
	{NULL, NULL},
};

static int check_needs(const struct need *needs, struct obstacle *obstacle)
{
	int failure = 0;

	for (; needs->module && failure == 0; needs++)
		failure = cluster_module_ready(needs->module, needs->option, NULL, obstacle);
	return failure;
}

static int check_iptables(enum rig_tool tool, struct obstacle *obstacle)
{
	int failure = rig_tool_supported(tool, obstacle);

	if (failure == 0)
		failure = check_needs(
			tool == RIG_IPTABLES_LEGACY ? legacy_needs : nft_needs, obstacle);
	if (failure == 0)
		failure = check_needs(iptables_needs, obstacle);
	return failure;
}

/* The first that can be had, found once; RIG_TOOLS with the reason of the first one. */
static enum rig_tool find_iptables(struct obstacle *obstacle)
{
	static enum rig_tool found = RIG_TOOLS;
	struct obstacle other;

	if (found == RIG_TOOLS && check_iptables(RIG_IPTABLES_LEGACY, obstacle) == 0)
		found = RIG_IPTABLES_LEGACY;
	if (found == RIG_TOOLS && check_iptables(RIG_IPTABLES_NFT, &other) == 0)
		found = RIG_IPTABLES_NFT;
	return found;
}

/*
 * The kernel's commands of IPVS want the privilege in the machine's own user namespace
 * (GENL_ADMIN_PERM in net/netfilter/ipvs/ip_vs_ctl.c), and its settings are not in others. The
 * number of that namespace is fixed: PROC_USER_INIT_INO in include/linux/proc_ns.h.
 */
static bool is_the_machines_root(void)
{
	struct stat here;

	return rig_privileged() && stat("/proc/self/ns/user", &here) == 0 &&
	       here.st_ino == 0xeffffffdU;
}

static int check_ipvs(struct obstacle *obstacle)
{
	int failure = check_needs(ipvs_needs, obstacle);

	if (failure == 0)
		failure = rig_tool_supported(RIG_IPVSADM, obstacle);
	if (failure == 0)
		failure = rig_tool_supported(RIG_IPSET, obstacle);
	if (failure == 0 && find_iptables(obstacle) == RIG_TOOLS)
		failure = -ENOTSUP;
	if (failure == 0 && !is_the_machines_root()) {
		snprintf(obstacle->why, sizeof(obstacle->why),
			"IPVS takes its commands from the machine's own root alone, and not from the "
			"root of a user namespace");
		snprintf(obstacle->enable, sizeof(obstacle->enable),
			"run this as root, outside of rootless containers");
		failure = -EPERM;
	}
	return failure;
}

int mode_supported(enum mode mode, struct obstacle *obstacle)
{
	int failure;

	switch (mode) {
	case MODE_IPTABLES_LEGACY:
		return check_iptables(RIG_IPTABLES_LEGACY, obstacle);
	case MODE_IPTABLES_NFT:
		return check_iptables(RIG_IPTABLES_NFT, obstacle);
	case MODE_IPVS:
		return check_ipvs(obstacle);
	case MODE_NFTABLES:
		failure = rig_tool_supported(RIG_NFT, obstacle);
		return failure ? failure : check_needs(nftables_needs, obstacle);
	default:
		return 0;
	}
}

enum rig_tool mode_iptables(enum mode mode)
{
	struct obstacle obstacle;

	switch (mode) {
	case MODE_IPTABLES_LEGACY:
		return RIG_IPTABLES_LEGACY;
	case MODE_IPTABLES_NFT:
		return RIG_IPTABLES_NFT;
	default:
		return find_iptables(&obstacle);
	}
}
