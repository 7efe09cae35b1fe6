/*
 * rig: throw-away hosts. Each is a network namespace without a name, held by nothing but this
 * process's descriptors: when the process ends, in whatever way, the kernel takes hosts, links,
 * tunnels and rules away. The machine's own namespace is never changed.
 *
 * A rig is first a plan, which is data: hosts, and batches of what the tools are told that CNI
 * plugins and kube-proxy rest on. A plan can be printed, for a person to repeat it by hand, or
 * built. Without root, the process moves into a user namespace of its own first, as its root.
 *
 * One thread at a time may use these functions. A tool dies with the thread that runs it.
 */
#pragma once

#include "problem.h"

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

enum rig_tool {
	RIG_IP,       /* ip -batch - */
	RIG_BRIDGE,   /* bridge -batch - */
	RIG_TC,       /* tc -batch - */
	RIG_SYSCTL,   /* lines "net.ipv4.ip_forward=1", written to the host's own /proc/sys */
	RIG_ETHTOOL,  /* lines of arguments, one call each: "-K under gso off" */
	RIG_IPTABLES, /* iptables-restore --noflush, of the variant that is the machine's default */
	RIG_IPTABLES_LEGACY, /* iptables-legacy-restore --noflush --counters, as kube-proxy runs it
			      */
	RIG_IPTABLES_NFT,    /* the same of iptables-nft-restore */
	RIG_IP6TABLES,       /* ip6tables-restore --noflush */
	RIG_NFT,             /* nft -f - */
	RIG_IPSET,           /* ipset restore */
	RIG_IPVSADM,         /* ipvsadm -R */
	RIG_WG,              /* wg setconf wg0: the configuration of that interface */
	RIG_TOOLS,
};

struct rig_plan;
struct rig;

struct rig_plan *rig_plan_new(void);
void rig_plan_free(struct rig_plan *plan); /* NULL is allowed */

/* Adds a host. Out of memory is fatal, as in record.h. */
void rig_plan_host(struct rig_plan *plan, const char *host);

/* Adds text for a tool in a host; what follows for the same host and tool goes into the same batch.
 * Batches run in the order in which they were begun, but RIG_SYSCTL's before all others, so that
 * interfaces are made with them; a setting of one interface needs a plan of its own (rig_apply()).
 * A line "# VXLAN" says what the lines after it are for: it becomes part of the sentence when one
 * fails.
 * "{HOST}" in the text stands for another host's namespace: ip takes it after "netns".
 * printf-style.
 */
void rig_plan_add(struct rig_plan *plan, const char *host, enum rig_tool tool, const char *format,
	...) __attribute__((format(printf, 4, 5)));

/* Prints it as a shell script that makes the same with named namespaces. */
void rig_plan_print(const struct rig_plan *plan, FILE *out);

/* The program of a tool (absolute path), or NULL with a sentence that says what to install. */
const char *rig_tool_path(enum rig_tool tool, struct problem *problem);

/* Whether hosts can be made here at all: 0, or a negative errno with the reason and what to do
 * about it. Changes nothing in this process (tries in a child). */
struct obstacle;
int rig_supported(struct obstacle *obstacle);

/* The same of a tool. */
int rig_tool_supported(enum rig_tool tool, struct obstacle *obstacle);

/* Makes the plan's hosts and runs its batches. Call it before any thread is started. NULL with a
 * sentence that names the host, the tool and what it said. */
struct rig *rig_build(const struct rig_plan *plan, struct problem *problem);

/* Runs further batches in hosts that exist. 0 or a negative errno with such a sentence: -EMSGSIZE
 * where a tool had more to send at once than this user's netlink buffers may hold. */
int rig_apply(struct rig *rig, const struct rig_plan *plan, struct problem *problem);

/* Until when tools may take from now on (clock_now_ns()), instead of what their text allows for:
 * rig_apply() returns -ETIME when one did not end by then. 0: by their text again. */
void rig_deadline(struct rig *rig, int64_t at_ns);

/* The descriptor of a host's namespace, borrowed; -1 for a name that is none. */
int rig_host(const struct rig *rig, const char *host);

/* Runs a function in a host's namespace, on a thread that ends with it. Returns what it returns. */
int rig_in(const struct rig *rig, const char *host, int (*work)(void *argument), void *argument,
	struct problem *problem);

/* The text of a file as a host sees it ("/proc/net/snmp", "/proc/sys/net/..."); free() it. NULL
 * with errno when it cannot be read. */
char *rig_read(const struct rig *rig, const char *host, const char *path);

/* Runs a batch of ip in this process's own namespace, which it must not change: for links that are
 * made there right into a host ("link add ... netns /proc/self/fd/N type vxlan ...", N being
 * rig_host()), so that their underlay is the machine's. */
int rig_outside(const struct rig *rig, const char *text, struct problem *problem);

/* Takes it all down; NULL is allowed. */
void rig_free(struct rig *rig);
