/*
 * cluster: the rig's standard topology, as a CNI plugin builds it, and the ways between its nodes.
 *
 *   pod-a --veth-- node-a --underlay-- node-b --veth-- pod-b
 *
 * All ways exist at once. Each has pod addresses of its own (10.200.W.2 on pod-a, 10.201.W.2 on
 * pod-b, fd00:200:W::2 and fd00:201:W::2), which the nodes route through its tunnel, so that the
 * destination alone chooses the way and nothing is changed between two measurements. For the same
 * reason a way's pod MTU is that of the pods' routes to its addresses, which TCP takes its segment
 * size from, and of their nodes' routes to them; the interfaces between them have the largest.
 *
 * The underlay is the interface "under" of node-a and node-b, 192.168.200.1 and 192.168.201.1,
 * fd00:192:168:200::1 and fd00:192:168:201::1. Tunnels run over IPv4. The pods' interface is "eth0"
 * to them and "pod" to their node.
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
	const char *device;            /* its interface on the nodes, "flannel.1" */
	const char *leftovers;         /* interfaces that its module adds to the machine, or NULL */
	uint32_t overhead4, overhead6; /* bytes; 0 in overhead6: not over IPv6 here */
	bool inner6;                   /* carries IPv6 pods over an IPv4 underlay */
};
extern const struct way_row way_rows[WAYS];

/* What a way adds to each packet, in bytes, over an underlay of a family, AF_INET or AF_INET6. */
uint32_t way_overhead(enum way way, int family);

/* Whether this kernel has what a way needs, already loaded or built in; loads nothing. 0, or a
 * negative errno with the reason in `why` and what to ask for in `enable`. */
struct obstacle;
int way_supported(enum way way, struct obstacle *obstacle);

enum cluster_link { CLUSTER_ROUTE, CLUSTER_BRIDGE }; /* of pods to their node: Calico, Flannel */

/* As way_supported(), for a link. */
int cluster_link_supported(enum cluster_link link, struct obstacle *obstacle);

/*
 * What the underlay's interfaces do for the kernel.
 *
 * With GRO, a veth receives by NAPI, in a ring of 256 packets, as virtio_net does; without, through
 * the backlog of its CPU. ALL and PLAIN have it, for they stand for a NIC. What PLAIN cannot have
 * of virtio_net: a veth hands on a packet whose inner checksum is yet to be computed, so that
 * neither end pays for that.
 */
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
	uint32_t underlay_mtu;    /* bytes, as the others */
	uint32_t path_mtu;        /* 0: none; else a host "router" is between the nodes, and this
				     the MTU of its link to node-b, unknown to node-a */
	uint32_t pod_mtu[WAYS];   /* 0: the right one, underlay_mtu - overhead */
	uint32_t pod_mtu_b[WAYS]; /* of pod-b, where it differs; 0: the same */
	bool ipv6;                /* pods get IPv6 addresses too */
};

/* As way_supported(), for IPv6 addresses. */
int cluster_ipv6_supported(struct obstacle *obstacle);

/* Adds the topology to a plan. */
void cluster_plan(const struct cluster *cluster, struct rig_plan *plan);

/* Adds the batch that changes the underlay's offloads, for rig_apply(). */
void cluster_plan_offload(enum cluster_offload offload, struct rig_plan *plan);

/* The right MTU of a pod's interface for a way. It knows nothing of `path_mtu`, as no CNI plugin
 * does. */
uint32_t cluster_pod_mtu(const struct cluster *cluster, enum way way);

/* Address of pod-a (side 0) or pod-b (side 1) on a way, without port. */
void cluster_address(enum way way, int side, int family, struct sockaddr_storage *address);

/* Adds the loss of packets on the router's link to node-b, each by chance and, where a packet has
 * become fragments, each of those: by netem or, without it, nftables. A `ratio` of 0.01 is 1 %.
 * Needs `path_mtu`, and cluster_loss_supported(). */
void cluster_plan_loss(double ratio, struct rig_plan *plan);

/* As way_supported(), for that. */
int cluster_loss_supported(struct obstacle *obstacle);

/* Adds a filter that keeps the router from telling anybody that an IPv4 packet was too large, as
 * firewalls do that drop ICMP; IPv6 is left alone. Needs `path_mtu`. */
void cluster_plan_silence(struct rig_plan *plan);

/* For the benches that measure on it. */
struct record;
struct option_list;

/* Names of the ways, NULL-terminated, for option tables. */
extern const char *const way_names[WAYS + 1];

/* Whether the hosts can be made here, with this link and at least one way of a mask (struct bench's
 * `supported`). Building what is not supported would have the kernel load modules. */
bool cluster_supported(uint64_t asked, enum cluster_link link, struct obstacle *obstacle);

/* Those ways of a mask that this kernel has; the others are recorded as skipped, unless `record` is
 * NULL. */
uint32_t cluster_ways_here(uint64_t asked, struct record *record);

/* Whether CPUs but those of the two ends work for a way: what it costs is not seen on them. */
bool cluster_works_elsewhere(enum way way, const int cpus[2]);

/* Records for which ways of a mask CPU time is left out for that. */
void cluster_skip_cpu_time(uint32_t ways, const int cpus[2], struct record *record);

/* An option that names the CPUs of sender and receiver: none, or two. */
int cluster_check_cpus(const struct option_list *cpus, struct problem *problem);
void cluster_choose_cpus(const struct option_list *cpus, int pair[2]);
