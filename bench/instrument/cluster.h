/*
 * cluster: the rig's standard topology, as a CNI plugin builds it, and the ways between its nodes.
 *
 *   pod-a --veth-- node-a --underlay-- node-b --veth-- pod-b
 *
 * All ways exist at once. Each has pod addresses of its own (10.200.W.2 on pod-a, 10.201.W.2 on
 * pod-b, fd00:200:W::2 and fd00:201:W::2), which the nodes route through its tunnel, so that the
 * destination alone chooses the way and nothing is changed between two measurements.
 */
#pragma once

#include "problem.h"
#include "rig.h"

#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>

enum way { WAY_NATIVE, WAY_VXLAN, WAY_IPIP, WAY_GENEVE, WAY_GRE, WAY_WIREGUARD, WAYS };

/* Bytes that a way adds to each packet of the underlay, by the underlay's family. */
struct way_row {
	const char *name;              /* "vxlan" */
	const char *title;             /* "VXLAN" */
	const char *used_by;           /* "Flannel, Calico (VXLAN mode)" */
	const char *module;            /* kernel module that it needs, or NULL; "vxlan" */
	const char *option;            /* the kernel's configuration option, "VXLAN" */
	uint32_t overhead4, overhead6; /* bytes; 0 in overhead6: not over IPv6 here */
	bool inner6;                   /* carries IPv6 pods over an IPv4 underlay */
};
extern const struct way_row way_rows[WAYS];

/* Whether this kernel has what a way needs, already loaded or built in; loads nothing. 0, or a
 * negative errno with the reason in `why` and what to ask for in `enable`. */
struct obstacle;
int way_supported(enum way way, struct obstacle *obstacle);

enum cluster_link { CLUSTER_ROUTE, CLUSTER_BRIDGE }; /* of pods to their node: Calico, Flannel */

/* What the underlay's interfaces do for the kernel. */
enum cluster_offload {
	CLUSTER_OFFLOAD_ALL,   /* segments of tunnelled traffic too: a NIC that knows tunnels */
	CLUSTER_OFFLOAD_PLAIN, /* TCP segments and checksums, none inside tunnels: virtio and most
				  others */
	CLUSTER_OFFLOAD_NONE,  /* no segmentation, no checksums, no GRO */
};

struct cluster {
	uint32_t ways; /* bit mask of 1 << WAY_... */
	enum cluster_link link;
	enum cluster_offload offload;
	uint32_t underlay_mtu;
	uint32_t pod_mtu[WAYS]; /* 0: the right one, underlay_mtu - overhead */
	bool ipv6;              /* pods get IPv6 addresses too */
};

/* Adds the topology to a plan. */
void cluster_plan(const struct cluster *cluster, struct rig_plan *plan);

/* Adds the batch that changes the underlay's offloads, for rig_apply(). */
void cluster_plan_offload(enum cluster_offload offload, struct rig_plan *plan);

/* The right MTU of a pod's interface for a way. */
uint32_t cluster_pod_mtu(const struct cluster *cluster, enum way way);

/* Address of pod-a (side 0) or pod-b (side 1) on a way, without port. */
void cluster_address(enum way way, int side, int family, struct sockaddr_storage *address);
