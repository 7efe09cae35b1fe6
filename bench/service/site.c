#include "site.h"

#include "rig.h"
#include "rules.h"

#include <arpa/inet.h>

#define ELSEWHERE "198.51.100.1" /* TEST-NET-2 of RFC 5737: nobody's */

/*
 * The pods' addresses are in RULES_CLUSTER, behind all that endpoints can have. The links to the
 * backend are not, so that a node that speaks for itself is masqueraded, as kube-proxy has it.
 */
#define POD_NET  "10.255.%d."
#define LINK_NET "192.168.%d."

/* The two ends of each link have the last bytes 1 (pod - node) and 2 (node - backend). */
#define MAC "02:00:00:%02x:%d:%d"

/*
 * Every exchange leaves an entry in the node's table of connections, and the hash table below it is
 * the machine's. A sweep makes thousands a second, and with the usual 30 s to 120 s they would fill
 * any. So they go 2 s after a datagram, and 1 s after a reset, with which all of our connections
 * end: longer than a turn, in which an established one has to stay. Some ten thousand a node is
 * what is left at a time, as the kernel is slow to collect them (nf_conntrack_max is 65,536 or more
 * on machines of 1 GB). Not where there is no conntrack, or where it is root's alone.
 */
static const char settings[] = "net.ipv4.ip_forward=1\n"
			       "-net.netfilter.nf_conntrack_udp_timeout=2\n"
			       "-net.netfilter.nf_conntrack_udp_timeout_stream=2\n"
			       "-net.netfilter.nf_conntrack_tcp_timeout_syn_sent=2\n"
			       "-net.netfilter.nf_conntrack_tcp_timeout_syn_recv=2\n"
			       "-net.netfilter.nf_conntrack_tcp_timeout_established=10\n"
			       "-net.netfilter.nf_conntrack_tcp_timeout_fin_wait=1\n"
			       "-net.netfilter.nf_conntrack_tcp_timeout_close_wait=1\n"
			       "-net.netfilter.nf_conntrack_tcp_timeout_last_ack=1\n"
			       "-net.netfilter.nf_conntrack_tcp_timeout_time_wait=1\n"
			       "-net.netfilter.nf_conntrack_tcp_timeout_close=1\n";

/* The same of IPVS, which would remember for 300 s: TCP, TCP after FIN, UDP, in s. What was reset
 * it remembers for 10 s whatever it is told (tcp_timeouts in net/netfilter/ipvs/ip_vs_proto_tcp.c).
 */
static const char ipvs_timeouts[] = "--set 10 2 2\n";

/* Neighbours are permanent: nobody asks for an address while a packet waits and is measured. */
static void plan_pod(enum mode mode, struct rig_plan *plan)
{
	const struct mode_row *row = &mode_rows[mode];

	rig_plan_add(plan, row->node, RIG_IP,
		"# the pod\n"
		"link add pod address " MAC " type veth peer name eth0 address " MAC " netns {%s}\n"
		"address add " POD_NET "1/24 dev pod\n"
		"link set dev pod up\n"
		"neigh add " POD_NET "2 lladdr " MAC " dev pod nud permanent\n",
		mode, 1, 1, mode, 1, 2, row->pod, mode, mode, mode, 1, 2);
	rig_plan_add(plan, row->pod, RIG_IP,
		"address add " POD_NET "2/24 dev eth0\n"
		"link set dev eth0 up\n"
		"neigh add " POD_NET "1 lladdr " MAC " dev eth0 nud permanent\n"
		"route add default via " POD_NET "1\n",
		mode, mode, mode, 1, 1, mode);
}

/* The backend's table of local addresses holds all of RULES_CLUSTER, and is looked at first: the
 * way back to a pod has to be in there. */
static void plan_link(enum mode mode, struct rig_plan *plan)
{
	const struct mode_row *row = &mode_rows[mode];

	rig_plan_add(plan, row->node, RIG_IP,
		"# the backend\n"
		"link add backend address " MAC " type veth peer name node%d address " MAC
		" netns {" SITE_BACKEND "}\n"
		"address add " LINK_NET "1/24 dev backend\n"
		"link set dev backend up\n"
		"neigh add " LINK_NET "2 lladdr " MAC " dev backend nud permanent\n"
		"route add default via " LINK_NET "2\n",
		mode, 2, 1, mode, mode, 2, 2, mode, mode, mode, 2, 2, mode);
	rig_plan_add(plan, SITE_BACKEND, RIG_IP,
		"address add " LINK_NET "2/24 dev node%d\n"
		"link set dev node%d up\n"
		"neigh add " LINK_NET "1 lladdr " MAC " dev node%d nud permanent\n"
		"route add " POD_NET "0/24 via " LINK_NET "1 table local\n",
		mode, mode, mode, mode, mode, 2, 1, mode, mode, mode);
}

void site_plan(uint32_t modes, struct rig_plan *plan)
{
	modes |= UINT32_C(1) << MODE_NONE;
	for (enum mode mode = 0; mode < MODES; mode++) {
		if (!(modes & UINT32_C(1) << mode))
			continue;
		rig_plan_host(plan, mode_rows[mode].node);
		rig_plan_host(plan, mode_rows[mode].pod);
		rig_plan_add(plan, mode_rows[mode].node, RIG_SYSCTL, "%s", settings);
		if (mode == MODE_IPVS)
			rig_plan_add(plan, mode_rows[mode].node, RIG_IPVSADM, "%s", ipvs_timeouts);
	}
	/* The last host: its ends of the links are made with the nodes'. */
	rig_plan_host(plan, SITE_BACKEND);
	rig_plan_add(plan, SITE_BACKEND, RIG_IP,
		"# the endpoints\n"
		"route add local " RULES_CLUSTER " dev lo\n"
		"address add " ELSEWHERE "/32 dev lo\n");
	for (enum mode mode = 0; mode < MODES; mode++) {
		if (modes & UINT32_C(1) << mode) {
			plan_pod(mode, plan);
			plan_link(mode, plan);
		}
	}
}

struct in_addr site_elsewhere(void)
{
	struct in_addr address;

	inet_pton(AF_INET, ELSEWHERE, &address);
	return address;
}
