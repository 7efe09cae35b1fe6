#include "mode.h"

#include "bench.h"

#include <errno.h>
#include <stdio.h>

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

int mode_supported(enum mode mode, struct obstacle *obstacle)
{
	(void)mode;
	snprintf(obstacle->why, sizeof(obstacle->why), "not written");
	snprintf(obstacle->enable, sizeof(obstacle->enable), "write it");
	return -ENOTSUP;
}

enum rig_tool mode_iptables(enum mode mode)
{
	(void)mode;
	return RIG_TOOLS;
}
