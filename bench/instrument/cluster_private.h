/* cluster_private: what cluster.c and cluster_way.c share. */
#pragma once

#include "cluster.h"

static const char *const cluster_nodes[] = {"node-a", "node-b"};
static const char *const cluster_pods[] = {"pod-a", "pod-b"};
static const char *const cluster_underlay[] = {"192.168.200.1", "192.168.201.1"};
static const char *const cluster_underlay6[] = {"fd00:192:168:200::1", "fd00:192:168:201::1"};

/* The MTU that is configured for a way on one side: of the pod's routes and the tunnel. */
uint32_t cluster_mtu(const struct cluster *cluster, enum way way, int side);

/* Adds a way's tunnel and routes to both nodes. */
void cluster_plan_way(const struct cluster *cluster, enum way way, struct rig_plan *plan);

/* Whether the kernel has a module loaded or built in: 0, or with `obstacle` filled -EAGAIN when it
 * may be loaded, -ENOTSUP when there is none and -ENODATA when nothing tells. `leftovers` are the
 * interfaces that loading it adds to the machine, or NULL. */
struct obstacle;
int cluster_module_ready(
	const char *name, const char *option, const char *leftovers, struct obstacle *obstacle);
