/* The ways between nodes: what each needs, and how CNI plugins set it up. */
#include "cluster_private.h"

#include "bench.h"
#include "modules.h"
#include "procfs.h"

#include <errno.h>
#include <stdio.h>
#include <sys/utsname.h>

/* Overheads: RFC 7348 (14 + 8 + 8 + 20 or 40), RFC 2003, RFC 8926 without options, RFC 2784, and
 * WireGuard's data message. */
const struct way_row way_rows[WAYS] = {
	[WAY_NATIVE] = {.name = "native",
		.title = "Native routing",
		.used_by = "Flannel (host-gw), Calico (BGP), Cilium (native)",
		.device = "under",
		.inner6 = true},
	[WAY_VXLAN] = {.name = "vxlan",
		.title = "VXLAN",
		.used_by = "Flannel, Cilium, Calico (VXLAN mode)",
		.module = "vxlan",
		.option = "VXLAN",
		.device = "flannel.1",
		.overhead4 = 50,
		.overhead6 = 70,
		.inner6 = true},
	[WAY_IPIP] = {.name = "ipip",
		.title = "IP-in-IP",
		.used_by = "Calico, kube-router, Flannel (ipip)",
		.module = "ipip",
		.option = "NET_IPIP",
		.device = "ipip.1",
		.leftovers = "tunl0",
		.overhead4 = 20},
	[WAY_GENEVE] = {.name = "geneve",
		.title = "Geneve",
		.used_by = "Antrea, OVN-Kubernetes, Cilium (Geneve mode)",
		.module = "geneve",
		.option = "GENEVE",
		.device = "geneve.1",
		.overhead4 = 50,
		.overhead6 = 70,
		.inner6 = true},
	[WAY_GRE] = {.name = "gre",
		.title = "GRE",
		.used_by = "Antrea (GRE mode)",
		.module = "ip_gre",
		.option = "NET_IPGRE",
		.device = "gre.1",
		.leftovers = "gre0, gretap0 and erspan0",
		.overhead4 = 24,
		.inner6 = true},
	[WAY_WIREGUARD] = {.name = "wireguard",
		.title = "WireGuard",
		.used_by = "Flannel, Calico and Cilium with encryption",
		.module = "wireguard",
		.option = "WIREGUARD",
		.device = "wg0",
		.overhead4 = 60,
		.inner6 = true},
};

uint32_t way_overhead(enum way way, int family)
{
	return family == AF_INET6 ? way_rows[way].overhead6 : way_rows[way].overhead4;
}

static void require_module(const char *name, const char *leftovers, struct obstacle *obstacle)
{
	snprintf(obstacle->why, sizeof(obstacle->why),
		"the kernel's module %s is not loaded, and is not loaded for a measurement", name);
	if (leftovers)
		snprintf(obstacle->enable, sizeof(obstacle->enable),
			"modprobe %s, which adds %s to this machine's interfaces", name, leftovers);
	else
		snprintf(obstacle->enable, sizeof(obstacle->enable), "modprobe %s", name);
}

/* Read once: a run asks some twenty times, and what is loaded meanwhile is not this process's
 * doing. */
static const struct modules *evidence(void)
{
	static struct modules modules;
	static bool read;
	struct utsname kernel = {0};

	if (!read) {
		uname(&kernel);
		modules_read(&modules, "/", kernel.release);
		read = true;
	}
	return &modules;
}

/* Making a link of a kind has the kernel load its module, so that only evidence may tell. */
int cluster_module_ready(
	const char *name, const char *option, const char *leftovers, struct obstacle *obstacle)
{
	switch (modules_state(evidence(), name, option, NULL)) {
	case MODULE_LOADED:
	case MODULE_BUILT_IN:
		return 0;
	case MODULE_LOADABLE:
		require_module(name, leftovers, obstacle);
		return -EAGAIN;
	case MODULE_ABSENT:
		snprintf(obstacle->why, sizeof(obstacle->why), "this kernel has no %s (CONFIG_%s)",
			name, option);
		snprintf(obstacle->enable, sizeof(obstacle->enable),
			"use a kernel with CONFIG_%s, or ask the provider for the module %s",
			option, name);
		return -ENOTSUP;
	default:
		snprintf(obstacle->why, sizeof(obstacle->why),
			"nothing tells whether this kernel has %s (CONFIG_%s)", name, option);
		snprintf(obstacle->enable, sizeof(obstacle->enable),
			"modprobe %s%s%s%s, if there is such a module", name,
			leftovers ? ", which adds " : "", leftovers ? leftovers : "",
			leftovers ? " to this machine's interfaces" : "");
		return -ENODATA;
	}
}

int way_supported(enum way way, struct obstacle *obstacle)
{
	const struct way_row *row = &way_rows[way];
	int failure = cluster_module_ready("veth", "VETH", NULL, obstacle);

	if (failure == 0 && row->module)
		failure = cluster_module_ready(row->module, row->option, row->leftovers, obstacle);
	if (failure == 0 && way == WAY_WIREGUARD)
		failure = rig_tool_supported(RIG_WG, obstacle);
	if (failure == 0 && way == WAY_VXLAN)
		failure = rig_tool_supported(RIG_BRIDGE, obstacle);
	return failure;
}

int cluster_link_supported(enum cluster_link link, struct obstacle *obstacle)
{
	int failure = cluster_module_ready("veth", "VETH", NULL, obstacle);

	if (failure == 0 && link == CLUSTER_BRIDGE)
		failure = cluster_module_ready("bridge", "BRIDGE", NULL, obstacle);
	return failure;
}

int cluster_ipv6_supported(struct obstacle *obstacle)
{
	if (procfs_exists("/", "/proc/sys/net/ipv6"))
		return 0;
	snprintf(obstacle->why, sizeof(obstacle->why), "this kernel has no IPv6 running");
	snprintf(obstacle->enable, sizeof(obstacle->enable),
		"modprobe ipv6, or start the kernel without ipv6.disable=1");
	return -ENOTSUP;
}

/* Where the routes of a way on one side lead: to the next hop of each family, or NULL for a link
 * that has but one other end. */
static void add_routes(const struct cluster *cluster, enum way way, int side, const char *via,
	const char *via6, struct rig_plan *plan)
{
	const char *device = way_rows[way].device, *node = cluster_nodes[side];
	int there = 201 - side;

	rig_plan_add(plan, node, RIG_IP, "route add 10.%d.%d.0/24%s%s dev %s%s\n", there, way,
		via ? " via " : "", via ? via : "", device, via ? " onlink" : "");
	if (cluster->ipv6 && way_rows[way].inner6)
		rig_plan_add(plan, node, RIG_IP, "route add fd00:%d:%d::/64%s%s dev %s%s\n", there,
			way, via6 ? " via " : "", via6 ? via6 : "", device, via6 ? " onlink" : "");
}

static void plan_native(const struct cluster *cluster, int side, struct rig_plan *plan)
{
	static const char *const routers[] = {"192.168.200.254", "192.168.201.254"};
	static const char *const routers6[] = {"fd00:192:168:200::254", "fd00:192:168:201::254"};
	bool routed = cluster->path_mtu != 0;

	add_routes(cluster, WAY_NATIVE, side, routed ? routers[side] : cluster_underlay[!side],
		routed ? routers6[side] : cluster_underlay6[!side], plan);
	if (!routed)
		return;
	rig_plan_add(plan, "router", RIG_IP, "route add 10.20%d.0.0/24 via %s\n", side,
		cluster_underlay[side]);
	if (cluster->ipv6)
		rig_plan_add(plan, "router", RIG_IP, "route add fd00:20%d:0::/64 via %s\n", side,
			cluster_underlay6[side]);
}

/* The first address of a side's pods stands for its tunnel, as Flannel has it; the last byte of its
 * MAC address tells the side. */
static void add_neighbour(
	const struct cluster *cluster, enum way way, int side, struct rig_plan *plan)
{
	const char *device = way_rows[way].device, *node = cluster_nodes[side];
	int there = 201 - side;
	char via[32], via6[32];

	snprintf(via, sizeof(via), "10.%d.%d.0", there, way);
	snprintf(via6, sizeof(via6), "fd00:%d:%d::", there, way);
	rig_plan_add(plan, node, RIG_IP,
		"neigh add %s lladdr 02:00:00:00:%02x:%02x dev %s nud permanent\n", via, way, there,
		device);
	if (cluster->ipv6)
		rig_plan_add(plan, node, RIG_IP,
			"neigh add %s lladdr 02:00:00:00:%02x:%02x dev %s nud permanent\n", via6,
			way, there, device);
	add_routes(cluster, way, side, via, via6, plan);
}

/* A VXLAN device takes no more than its underlay's interface has room for; other tunnels do. */
static uint32_t tunnel_mtu(const struct cluster *cluster, enum way way, int side)
{
	bool small = side == 1 && cluster->path_mtu;
	uint32_t underlay = small ? cluster->path_mtu : cluster->underlay_mtu;
	uint32_t most = underlay - way_rows[way].overhead4, mtu = cluster_mtu(cluster, way, side);

	return way == WAY_VXLAN && mtu > most ? most : mtu;
}

/* What every tunnel gets: its MTU and an own address, for the node's ICMP. */
static void raise(const struct cluster *cluster, enum way way, int side, struct rig_plan *plan)
{
	const char *device = way_rows[way].device, *node = cluster_nodes[side];

	rig_plan_add(plan, node, RIG_IP, "link set dev %s mtu %u up\n", device,
		tunnel_mtu(cluster, way, side));
	rig_plan_add(plan, node, RIG_IP, "address add 10.20%d.%d.0/32 dev %s\n", side, way, device);
	if (cluster->ipv6 && way_rows[way].inner6)
		rig_plan_add(plan, node, RIG_IP, "address add fd00:20%d:%d::/128 dev %s nodad\n",
			side, way, device);
}

/* Flannel's backend vxlan: no learning, and no UDP checksum, which its netlink library leaves off
 * (flannel, pkg/backend/vxlan/device.go). */
static void plan_vxlan(const struct cluster *cluster, int side, struct rig_plan *plan)
{
	const char *node = cluster_nodes[side];

	rig_plan_add(plan, node, RIG_IP,
		"link add flannel.1 address 02:00:00:00:%02x:%02x type vxlan id 1 local %s "
		"dev under dstport 8472 nolearning noudpcsum\n",
		WAY_VXLAN, 200 + side, cluster_underlay[side]);
	raise(cluster, WAY_VXLAN, side, plan);
	add_neighbour(cluster, WAY_VXLAN, side, plan);
	rig_plan_add(plan, node, RIG_BRIDGE,
		"fdb add 02:00:00:00:%02x:%02x dev flannel.1 dst %s self permanent\n", WAY_VXLAN,
		201 - side, cluster_underlay[!side]);
}

/* Calico uses the module's own tunl0, which has no fixed other end and takes DF from the inner
 * packet; this is the same under another name (felix, dataplane/linux/ipip_mgr.go). */
static void plan_ipip(const struct cluster *cluster, int side, struct rig_plan *plan)
{
	rig_plan_add(plan, cluster_nodes[side], RIG_IP,
		"link add ipip.1 type ipip local %s ttl inherit nopmtudisc\n",
		cluster_underlay[side]);
	raise(cluster, WAY_IPIP, side, plan);
	add_routes(cluster, WAY_IPIP, side, cluster_underlay[!side], NULL, plan);
}

static void plan_geneve(const struct cluster *cluster, int side, struct rig_plan *plan)
{
	rig_plan_add(plan, cluster_nodes[side], RIG_IP,
		"link add geneve.1 address 02:00:00:00:%02x:%02x type geneve id 1 remote %s\n",
		WAY_GENEVE, 200 + side, cluster_underlay[!side]);
	raise(cluster, WAY_GENEVE, side, plan);
	add_neighbour(cluster, WAY_GENEVE, side, plan);
}

static void plan_gre(const struct cluster *cluster, int side, struct rig_plan *plan)
{
	rig_plan_add(plan, cluster_nodes[side], RIG_IP,
		"link add gre.1 type gre local %s remote %s ttl inherit nopmtudisc\n",
		cluster_underlay[side], cluster_underlay[!side]);
	raise(cluster, WAY_GRE, side, plan);
	add_routes(cluster, WAY_GRE, side, NULL, NULL, plan);
}

/* Made by wg genkey, once: nothing secret goes between two throw-away hosts, and the plan of
 * tomorrow is that of today. */
static const struct {
	const char *private, *public;
} keys[] = {
	{"iNi/DNTkjTuN8mK8chsND5gu+OzeTV10mPmz04YGa3Y=",
		"jKUgCl1SHS6EwkMO1fY0NwZFSmurIEtW/O4amgsJkmg="},
	{"SNdl2QWEQ1q/9uBfyfh/0QWROss/b4pqqgzBDLSqrUs=",
		"6w7N4BlTNmJZNqIJoZATGmNCKKcx5lBDFYKVfbd87ns="},
};

static void plan_wireguard(const struct cluster *cluster, int side, struct rig_plan *plan)
{
	const char *node = cluster_nodes[side];
	int there = 201 - side;

	rig_plan_add(plan, node, RIG_IP, "link add wg0 type wireguard\n");
	raise(cluster, WAY_WIREGUARD, side, plan);
	add_routes(cluster, WAY_WIREGUARD, side, NULL, NULL, plan);
	rig_plan_add(plan, node, RIG_WG,
		"# WireGuard\n[Interface]\nPrivateKey = %s\nListenPort = 51820\n"
		"[Peer]\nPublicKey = %s\nEndpoint = %s:51820\n"
		"AllowedIPs = 10.%d.%d.0/24, fd00:%d:%d::/64\n",
		keys[side].private, keys[!side].public, cluster_underlay[!side], there,
		WAY_WIREGUARD, there, WAY_WIREGUARD);
}

void cluster_plan_way(const struct cluster *cluster, enum way way, struct rig_plan *plan)
{
	static void (*const plans[WAYS])(
		const struct cluster *cluster, int side, struct rig_plan *plan) = {
		plan_native, plan_vxlan, plan_ipip, plan_geneve, plan_gre, plan_wireguard};

	for (int side = 0; side < 2; side++) {
		rig_plan_add(plan, cluster_nodes[side], RIG_IP, "# %s\n", way_rows[way].title);
		plans[way](cluster, side, plan);
	}
}
