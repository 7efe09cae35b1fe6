#include "peer_tunnel.h"

#include "bench.h"
#include "rig_private.h"
#include "text.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define HOST   "tunnel"
#define DEVICE "tunnel0"

struct peer_tunnel {
	struct rig *rig;
};

/* How iproute2 names it, by the underlay's family; NULL: not over that family. */
static const struct {
	const char *type[2];
	bool id, port;
} types[WAYS] = {
	[WAY_VXLAN] = {{"vxlan", "vxlan"}, true, true},
	[WAY_IPIP] = {{"ipip", NULL}, false, false},
	[WAY_GENEVE] = {{"geneve", "geneve"}, true, true},
	[WAY_GRE] = {{"gre", NULL}, false, false},
};

static const char *type_of(enum way way, int family)
{
	return types[way].type[family == AF_INET6];
}

int peer_tunnel_supported(enum way way, int family, struct problem *problem)
{
	struct obstacle obstacle = {"", ""};

	if (way == WAY_NATIVE)
		return 0;
	if (!type_of(way, family))
		return problem_set(problem, -EOPNOTSUPP,
			"%s%s is not measured between two machines", way_rows[way].title,
			family == AF_INET6 ? " over IPv6" : "");
	if (!rig_privileged())
		return problem_set(problem, -EPERM,
			"a tunnel to another machine needs root (CAP_NET_ADMIN and CAP_SYS_ADMIN)");
	int failure = way_supported(way, &obstacle);
	return failure ? problem_set(
				 problem, failure, "%.350s; %.350s", obstacle.why, obstacle.enable)
		       : 0;
}

void peer_tunnel_address(enum way way, int side, struct sockaddr_storage *address)
{
	struct sockaddr_in *four = (struct sockaddr_in *)address;

	memset(address, 0, sizeof(*address));
	four->sin_family = AF_INET;
	four->sin_addr.s_addr = htonl(0x0aca0001U + ((uint32_t)way << 8) + (uint32_t)side);
}

uint32_t peer_tunnel_mtu(enum way way, int family, uint32_t mtu)
{
	/* Loopback's 65,536 is more than a packet can say of itself. */
	if (mtu > 65535)
		mtu = 65535;
	return mtu - way_overhead(way, family);
}

static const char *bare(const struct sockaddr_storage *address, char text[INET6_ADDRSTRLEN])
{
	return inet_ntop(address->ss_family,
		address->ss_family == AF_INET6
			? (const void *)&((const struct sockaddr_in6 *)address)->sin6_addr
			: (const void *)&((const struct sockaddr_in *)address)->sin_addr,
		text, INET6_ADDRSTRLEN);
}

static int make_device(
	const struct rig *rig, const struct peer_tunnel_plan *plan, struct problem *problem)
{
	char local[INET6_ADDRSTRLEN], remote[INET6_ADDRSTRLEN], id[24] = "", from[80] = "";
	char port[24] = "", line[400];

	if (types[plan->way].id)
		snprintf(id, sizeof(id), " id %u", plan->id);
	if (types[plan->way].port)
		snprintf(port, sizeof(port), " dstport %u", plan->port);
	if (plan->way != WAY_GENEVE) /* has no address of its own to bind to */
		snprintf(from, sizeof(from), " local %s", bare(plan->local, local));
	snprintf(line, sizeof(line),
		"link add " DEVICE " mtu %u netns /proc/self/fd/%d type %s%s%s"
		" remote %s%s%s\n",
		plan->mtu, rig_host(rig, HOST), type_of(plan->way, plan->local->ss_family), id,
		from, bare(plan->remote, remote), port,
		plan->way == WAY_VXLAN ? " nolearning" : "");
	return rig_outside(rig, line, problem);
}

/* Before Linux 6.15, IPIP and GRE took for their underlay the namespace that the device is put
 * into, not the one that it is made from (ip_tunnel_newlink() in net/ipv4/ip_tunnel.c), and would
 * send nothing out. Only a device whose underlay is elsewhere has a "link_netnsid". */
static int check_underlay(const struct rig *rig, enum way way, struct problem *problem)
{
	const char *argv[] = {
		rig_tool_path(RIG_IP, problem), "-j", "link", "show", "dev", DEVICE, NULL};
	char said[4096] = "", clean[300];
	const struct rig_call call = {.path = argv[0],
		.argv = argv,
		.input = "",
		.netns = rig_host(rig, HOST),
		.rig = rig,
		.said = said,
		.said_size = sizeof(said)};

	if (way != WAY_IPIP && way != WAY_GRE)
		return 0;
	if (!argv[0])
		return -ENOENT;
	int failure = rig_call(&call);
	if (failure < 0)
		return problem_set(problem, failure, "ip cannot show the device: %s",
			text_printable(text_strip(said), clean, sizeof(clean)));
	if (strstr(said, "\"link_netnsid\""))
		return 0;
	return problem_set(problem, -EOPNOTSUPP,
		"this kernel cannot have the device of %s in one network namespace and its "
		"underlay in another from the start; use Linux 6.15 or newer",
		way_rows[way].title);
}

static int raise_device(
	struct rig *rig, const struct peer_tunnel_plan *plan, struct problem *problem)
{
	struct rig_plan *batch = rig_plan_new();
	char here[INET6_ADDRSTRLEN];
	struct sockaddr_storage address;

	peer_tunnel_address(plan->way, plan->side, &address);
	rig_plan_add(
		batch, HOST, RIG_IP, "address add %s/24 dev " DEVICE "\n", bare(&address, here));
	rig_plan_add(batch, HOST, RIG_IP, "link set dev " DEVICE " up\n");
	/* A connection that outlives its process keeps its namespace; when the other end is gone by
	 * then, for the 100 s that 8 more tries take. */
	rig_plan_add(batch, HOST, RIG_SYSCTL, "net.ipv4.tcp_orphan_retries=1\n");
	int failure = rig_apply(rig, batch, problem);
	rig_plan_free(batch);
	return failure;
}

struct peer_tunnel *peer_tunnel_open(const struct peer_tunnel_plan *plan, struct problem *problem)
{
	struct problem why = {""};

	if (peer_tunnel_supported(plan->way, plan->local->ss_family, problem) < 0)
		return NULL;
	struct peer_tunnel *tunnel = rig_need(calloc(1, sizeof(*tunnel)));
	struct rig_plan *host = rig_plan_new();

	rig_plan_host(host, HOST);
	tunnel->rig = rig_build(host, problem);
	rig_plan_free(host);
	if (tunnel->rig && make_device(tunnel->rig, plan, &why) == 0 &&
		check_underlay(tunnel->rig, plan->way, &why) == 0 &&
		raise_device(tunnel->rig, plan, &why) == 0)
		return tunnel;
	if (tunnel->rig)
		problem_set(problem, -EIO, "cannot make a %s tunnel: %.600s",
			way_rows[plan->way].title, why.text);
	peer_tunnel_close(tunnel);
	return NULL;
}

int peer_tunnel_netns(const struct peer_tunnel *tunnel)
{
	return rig_host(tunnel->rig, HOST);
}

void peer_tunnel_close(struct peer_tunnel *tunnel)
{
	if (!tunnel)
		return;
	rig_free(tunnel->rig);
	free(tunnel);
}
