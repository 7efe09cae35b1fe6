/*
 * mode: the ways in which kube-proxy has the kernel find a Service's endpoint, and whether this
 * kernel can.
 */
#pragma once

#include "rig.h"

#include <stdint.h>

enum mode {
	MODE_NONE, /* no rules at all: what the others are compared with */
	MODE_IPTABLES_LEGACY,
	MODE_IPTABLES_NFT,
	MODE_IPVS,
	MODE_NFTABLES,
	MODES,
};

struct mode_row {
	const char *name;  /* "iptables-legacy": label and option; hosts are node-NAME, pod-NAME */
	const char *title; /* "iptables (legacy)" */
	const char *node, *pod; /* hosts of the rig: "node-iptables-legacy", ... */
};
extern const struct mode_row mode_rows[MODES];

/* Names of the modes, NULL-terminated, for option tables. */
extern const char *const mode_names[MODES + 1];

/* Whether this kernel has all that a mode's rules need, loaded or built in, and this machine the
 * tools; loads nothing. 0, or a negative errno with the reason and what to ask for. */
struct obstacle;
int mode_supported(enum mode mode, struct obstacle *obstacle);

/* The same of what rules_policies() adds to the node of a mode. */
int mode_policies_supported(enum mode mode, struct obstacle *obstacle);

/* Which iptables a mode's rules are written with, those beside IPVS and of policies too: RIG_TOOLS
 * where it is none, or none works here. */
enum rig_tool mode_iptables(enum mode mode);
