#include "mode.h"

#include "bench.h"
#include "cluster_private.h"
#include "rig_private.h"

#include <errno.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/utsname.h>

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

/* What the kernel must have. */
struct need {
	const char *module, *option;
};

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

/* These have ip_tables with them, whose option changed its name in Linux 6.10. */
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

static const struct need policy_needs[] = {
	{"ip_set", "IP_SET"},
	{"ip_set_hash_net", "IP_SET_HASH_NET"},
	{"xt_set", "NETFILTER_XT_SET"},
	{"xt_multiport", "NETFILTER_XT_MATCH_MULTIPORT"},
	{NULL, NULL},
};

static int check_needs(const struct need *needs, struct obstacle *obstacle)
{
	int failure = 0;

	for (; needs->module && failure == 0; needs++)
		failure = cluster_module_ready(needs->module, needs->option, NULL, obstacle);
	return failure;
}

/* From Linux 4.18 to 6.7, each call of iptables-legacy has the kernel ask for this module until it
 * is there (net/ipv4/bpfilter/sockopt.c); nothing needs it. */
static bool kernel_knows_bpfilter(void)
{
	struct utsname kernel = {0};
	int major = 0, minor = 0;

	uname(&kernel);
	if (sscanf(kernel.release, "%d.%d", &major, &minor) != 2)
		return true;
	return (major > 4 || (major == 4 && minor >= 18)) &&
	       (major < 6 || (major == 6 && minor < 8));
}

static int check_bpfilter(struct obstacle *obstacle)
{
	struct obstacle found = {0};
	int failure = kernel_knows_bpfilter()
			      ? cluster_module_ready("bpfilter", "BPFILTER_UMH", NULL, &found)
			      : 0;

	if (failure != -EAGAIN && failure != -ENODATA)
		return 0;
	*obstacle = found;
	if (failure == -ENODATA)
		snprintf(obstacle->enable, sizeof(obstacle->enable),
			"modprobe bpfilter or, if there is no such module, let this program see "
			"/lib/modules, which tells");
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
	if (failure == 0 && tool == RIG_IPTABLES_LEGACY)
		failure = check_bpfilter(obstacle);
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

int mode_policies_supported(enum mode mode, struct obstacle *obstacle)
{
	enum rig_tool tool = mode_iptables(mode);
	/* Where there is none, the reason is that of the one preferred. */
	int failure = check_iptables(tool == RIG_TOOLS ? RIG_IPTABLES_LEGACY : tool, obstacle);

	if (failure == 0)
		failure = rig_tool_supported(RIG_IPSET, obstacle);
	return failure ? failure : check_needs(policy_needs, obstacle);
}
