#include "cluster_private.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

uint32_t cluster_pod_mtu(const struct cluster *cluster, enum way way)
{
	return cluster->underlay_mtu - way_rows[way].overhead4;
}

uint32_t cluster_mtu(const struct cluster *cluster, enum way way, int side)
{
	if (side == 1 && cluster->pod_mtu_b[way])
		return cluster->pod_mtu_b[way];
	return cluster->pod_mtu[way] ? cluster->pod_mtu[way] : cluster_pod_mtu(cluster, way);
}

static bool has(const struct cluster *cluster, enum way way)
{
	return cluster->ways & 1U << way;
}

static bool has6(const struct cluster *cluster, enum way way)
{
	return cluster->ipv6 && way_rows[way].inner6;
}

/* A pod's interface takes what any of its ways may send. */
static uint32_t interface_mtu(const struct cluster *cluster, int side)
{
	uint32_t mtu = cluster->underlay_mtu;

	for (int way = 0; way < WAYS; way++)
		if (has(cluster, way) && cluster_mtu(cluster, way, side) > mtu)
			mtu = cluster_mtu(cluster, way, side);
	return mtu;
}

void cluster_address(enum way way, int side, int family, struct sockaddr_storage *address)
{
	struct sockaddr_in *v4 = (struct sockaddr_in *)address;
	struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)address;
	char text[INET6_ADDRSTRLEN];

	memset(address, 0, sizeof(*address));
	address->ss_family = (sa_family_t)family;
	snprintf(text, sizeof(text), family == AF_INET ? "10.20%d.%d.2" : "fd00:20%d:%d::2", side,
		way);
	inet_pton(family, text, family == AF_INET ? (void *)&v4->sin_addr : (void *)&v6->sin6_addr);
}

static void add_underlay_address(const struct cluster *cluster, const char *host,
	const char *device, int side, int last, struct rig_plan *plan)
{
	/* Without a router, one prefix holds both ends. */
	bool routed = cluster->path_mtu != 0;

	rig_plan_add(plan, host, RIG_IP, "address add 192.168.20%d.%d/%d dev %s\n", side, last,
		routed ? 24 : 23, device);
	if (cluster->ipv6)
		rig_plan_add(plan, host, RIG_IP,
			"address add fd00:192:168:20%d::%d/%d dev %s nodad\n", side, last,
			routed ? 64 : 48, device);
}

static void plan_underlay(const struct cluster *cluster, struct rig_plan *plan)
{
	rig_plan_add(plan, "node-a", RIG_IP,
		"# the underlay\nlink add under mtu %u type veth peer name under mtu %u "
		"netns {node-b}\n",
		cluster->underlay_mtu, cluster->underlay_mtu);
	rig_plan_add(plan, "node-b", RIG_IP, "# the underlay\n");
	for (int side = 0; side < 2; side++) {
		add_underlay_address(cluster, cluster_nodes[side], "under", side, 1, plan);
		rig_plan_add(plan, cluster_nodes[side], RIG_IP, "link set dev under up\n");
	}
}

/* One end of the router's two. Between node-b and the router, both have the small MTU, as on a link
 * that carries no more. */
static void plan_routed_side(const struct cluster *cluster, int side, struct rig_plan *plan)
{
	const char *node = cluster_nodes[side];
	const char *device = side ? "to-b" : "to-a";
	uint32_t mtu = side ? cluster->path_mtu : cluster->underlay_mtu;

	rig_plan_add(plan, "router", RIG_IP,
		"# the underlay\nlink add name %s mtu %u type veth peer name under mtu %u netns {%s}\n",
		device, mtu, mtu, node);
	add_underlay_address(cluster, "router", device, side, 254, plan);
	rig_plan_add(plan, "router", RIG_IP, "link set dev %s up\n", device);
	rig_plan_add(plan, node, RIG_IP, "# the underlay\n");
	add_underlay_address(cluster, node, "under", side, 1, plan);
	rig_plan_add(plan, node, RIG_IP,
		"link set dev under up\nroute add 192.168.20%d.0/24 via 192.168.20%d.254\n", !side,
		side);
	if (cluster->ipv6)
		rig_plan_add(plan, node, RIG_IP,
			"route add fd00:192:168:20%d::/64 via fd00:192:168:20%d::254\n", !side,
			side);
}

/*
 * Calico: the node's end has no address; pods reach it as 169.254.1.1, which it answers ARP for,
 * and by its link-local address, which its MAC address makes. A permanent neighbour does for the
 * ARP.
 */
#define CALICO_MAC     "ee:ee:ee:ee:ee:ee"
#define CALICO_GATEWAY "169.254.1.1"
#define CALICO_LOCAL   "fe80::ecee:eeff:feee:eeee"

static void plan_route_link(const struct cluster *cluster, int side, struct rig_plan *plan)
{
	const char *node = cluster_nodes[side], *pod = cluster_pods[side];

	rig_plan_add(plan, node, RIG_IP, "link set dev pod address " CALICO_MAC " up\n");
	rig_plan_add(plan, pod, RIG_IP,
		"link set dev eth0 up\n"
		"route add " CALICO_GATEWAY " dev eth0 scope link\n"
		"neigh add " CALICO_GATEWAY " lladdr " CALICO_MAC " dev eth0 nud permanent\n");
	if (cluster->ipv6)
		rig_plan_add(plan, pod, RIG_IP,
			"neigh add " CALICO_LOCAL " lladdr " CALICO_MAC
			" dev eth0 nud permanent\n");
}

/* Flannel's bridge plugin, as its manifest configures it: hairpin mode on. */
static void plan_bridge_link(int side, uint32_t mtu, struct rig_plan *plan)
{
	rig_plan_add(plan, cluster_nodes[side], RIG_IP,
		"link add cni0 mtu %u type bridge\n"
		"link set dev pod master cni0\n"
		"link set dev pod type bridge_slave hairpin on\n"
		"link set dev pod up\nlink set dev cni0 up\n",
		mtu);
	rig_plan_add(plan, cluster_pods[side], RIG_IP, "link set dev eth0 up\n");
}

/*
 * A node's route to a pod's address on a way. It takes no larger packets than the pod's MTU there,
 * as an interface of that MTU would not; IPv6 heeds that when it forwards only if it is locked.
 */
static void plan_node_route(const struct cluster *cluster, enum way way, int side,
	const char *prefix, struct rig_plan *plan)
{
	const char *node = cluster_nodes[side];
	bool six = strchr(prefix, ':') != NULL, bridge = cluster->link == CLUSTER_BRIDGE;
	const char *scope = six ? "" : " scope link", *last = six ? "" : "0";

	if (bridge)
		rig_plan_add(plan, node, RIG_IP, "address add %s1/%d dev cni0 noprefixroute%s\n",
			prefix, six ? 64 : 24, six ? " nodad" : "");
	rig_plan_add(plan, node, RIG_IP, "route add %s%s/%d dev %s%s mtu lock %u\n", prefix,
		bridge ? last : "2", bridge ? (six ? 64 : 24) : (six ? 128 : 32),
		bridge ? "cni0" : "pod", scope, cluster_mtu(cluster, way, side));
}

/* A pod's address on a way, and its route to the other side. */
static void plan_address(
	const struct cluster *cluster, enum way way, int side, bool six, struct rig_plan *plan)
{
	const char *pod = cluster_pods[side], *gateway = six ? CALICO_LOCAL : CALICO_GATEWAY;
	char here[32], there[32], bridge[64];
	int bits = six ? 128 : 32;

	snprintf(here, sizeof(here), six ? "fd00:20%d:%d::" : "10.20%d.%d.", side, way);
	snprintf(there, sizeof(there), six ? "fd00:20%d:%d::" : "10.20%d.%d.", !side, way);
	plan_node_route(cluster, way, side, here, plan);
	if (cluster->link == CLUSTER_BRIDGE) {
		snprintf(bridge, sizeof(bridge), "%s1", here);
		gateway = bridge;
		bits = six ? 64 : 24;
	}
	rig_plan_add(plan, pod, RIG_IP, "address add %s2/%d dev eth0%s\n", here, bits,
		six ? " nodad" : "");
	rig_plan_add(plan, pod, RIG_IP, "route add %s%s/%d via %s dev eth0 src %s2 mtu %u\n", there,
		six ? "" : "0", six ? 64 : 24, gateway, here, cluster_mtu(cluster, way, side));
}

static void plan_pod(const struct cluster *cluster, int side, struct rig_plan *plan)
{
	const char *node = cluster_nodes[side], *pod = cluster_pods[side];
	uint32_t mtu = interface_mtu(cluster, side);

	rig_plan_add(plan, node, RIG_IP,
		"# the pod\nlink add pod mtu %u type veth peer name eth0 mtu %u netns {%s}\n", mtu,
		mtu, pod);
	rig_plan_add(plan, pod, RIG_IP, "# the pod\n");
	if (cluster->link == CLUSTER_BRIDGE)
		plan_bridge_link(side, mtu, plan);
	else
		plan_route_link(cluster, side, plan);
	for (int way = 0; way < WAYS; way++) {
		if (!has(cluster, way))
			continue;
		plan_address(cluster, way, side, false, plan);
		if (has6(cluster, way))
			plan_address(cluster, way, side, true, plan);
	}
}

static void plan_forwarding(const char *host, struct rig_plan *plan)
{
	rig_plan_host(plan, host);
	rig_plan_add(
		plan, host, RIG_SYSCTL, "net.ipv4.ip_forward=1\n-net.ipv6.conf.all.forwarding=1\n");
}

void cluster_plan(const struct cluster *cluster, struct rig_plan *plan)
{
	/* A link is made by the host that comes first. */
	if (cluster->path_mtu)
		plan_forwarding("router", plan);
	for (int side = 0; side < 2; side++)
		plan_forwarding(cluster_nodes[side], plan);
	for (int side = 0; side < 2; side++)
		rig_plan_host(plan, cluster_pods[side]);

	if (cluster->path_mtu) {
		plan_routed_side(cluster, 0, plan);
		plan_routed_side(cluster, 1, plan);
	} else {
		plan_underlay(cluster, plan);
	}
	plan_pod(cluster, 0, plan);
	plan_pod(cluster, 1, plan);
	for (int way = 0; way < WAYS; way++)
		if (has(cluster, way))
			cluster_plan_way(cluster, way, plan);
	cluster_plan_offload(cluster->offload, plan);
}

#define TUNNELS(state)                                                                             \
	"tx-udp_tnl-segmentation " state " tx-udp_tnl-csum-segmentation " state                    \
	" tx-gre-segmentation " state " tx-gre-csum-segmentation " state                           \
	" tx-ipxip4-segmentation " state " tx-ipxip6-segmentation " state

void cluster_plan_offload(enum cluster_offload offload, struct rig_plan *plan)
{
	static const char *const features[] = {
		[CLUSTER_OFFLOAD_ALL] = "rx on tx on sg on tso on gso on gro on " TUNNELS("on"),
		[CLUSTER_OFFLOAD_PLAIN] = "rx on tx on sg on tso on gso on gro on " TUNNELS("off"),
		[CLUSTER_OFFLOAD_NONE] =
			"gro off tso off gso off sg off tx off rx off " TUNNELS("off"),
	};

	for (int side = 0; side < 2; side++)
		rig_plan_add(
			plan, cluster_nodes[side], RIG_ETHTOOL, "-K under %s\n", features[offload]);
}
