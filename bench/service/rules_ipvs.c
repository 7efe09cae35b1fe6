/*
 * The IPVS mode: a virtual server for each Service, its address on a dummy interface, and iptables
 * rules that match sets, the same for any number of Services (Kubernetes, pkg/proxy/ipvs).
 *
 * kube-proxy talks netlink where this has ipvsadm and ip; it writes the iptables rules whole at
 * each update, and of the rest only what differs. kube-proxy leaves conn_reuse_mode as it is since
 * Linux 5.9, and sets arp_ignore and arp_announce when it is told to be strict about ARP.
 */
#include "rules_private.h"

#include <stdlib.h>

static const char *const sets[][2] = {
	{"KUBE-LOOP-BACK", "hash:ip,port,ip"},
	{"KUBE-CLUSTER-IP", "hash:ip,port"},
	{"KUBE-EXTERNAL-IP", "hash:ip,port"},
	{"KUBE-EXTERNAL-IP-LOCAL", "hash:ip,port"},
	{"KUBE-LOAD-BALANCER", "hash:ip,port"},
	{"KUBE-LOAD-BALANCER-FW", "hash:ip,port"},
	{"KUBE-LOAD-BALANCER-LOCAL", "hash:ip,port"},
	{"KUBE-LOAD-BALANCER-SOURCE-IP", "hash:ip,port,ip"},
	{"KUBE-LOAD-BALANCER-SOURCE-CIDR", "hash:ip,port,net"},
	{"KUBE-NODE-PORT-TCP", "bitmap:port"},
	{"KUBE-NODE-PORT-LOCAL-TCP", "bitmap:port"},
	{"KUBE-NODE-PORT-UDP", "bitmap:port"},
	{"KUBE-NODE-PORT-LOCAL-UDP", "bitmap:port"},
	{"KUBE-NODE-PORT-SCTP-HASH", "hash:ip,port"},
	{"KUBE-NODE-PORT-LOCAL-SCTP-HASH", "hash:ip,port"},
	{"KUBE-HEALTH-CHECK-NODE-PORT", "bitmap:port"},
	{"KUBE-IPVS-IPS", "hash:ip"},
};

#define SETS (sizeof(sets) / sizeof(*sets))

static const char jumps[] =
	"*nat\n"
	":KUBE-SERVICES - [0:0]\n"
	":KUBE-POSTROUTING - [0:0]\n"
	"-I OUTPUT -m comment --comment \"kubernetes service portals\" -j KUBE-SERVICES\n"
	"-I PREROUTING -m comment --comment \"kubernetes service portals\" -j KUBE-SERVICES\n"
	"-I POSTROUTING -m comment --comment \"kubernetes postrouting rules\" -j "
	"KUBE-POSTROUTING\n"
	"COMMIT\n"
	"*filter\n"
	":KUBE-FORWARD - [0:0]\n"
	":KUBE-NODE-PORT - [0:0]\n"
	":KUBE-PROXY-FIREWALL - [0:0]\n"
	":KUBE-IPVS-FILTER - [0:0]\n"
	":KUBE-IPVS-OUT-FILTER - [0:0]\n"
	"-I FORWARD -m comment --comment \"kubernetes forwarding rules\" -j KUBE-FORWARD\n"
	"-I INPUT -m comment --comment \"kubernetes health check rules\" -j KUBE-NODE-PORT\n"
	"-I INPUT -m comment --comment \"kube-proxy firewall rules\" -j KUBE-PROXY-FIREWALL\n"
	"-I FORWARD -m comment --comment \"kube-proxy firewall rules\" -j KUBE-PROXY-FIREWALL\n"
	"-I INPUT -m comment --comment \"kubernetes ipvs access filter\" -j KUBE-IPVS-FILTER\n"
	"-I OUTPUT -m comment --comment \"kubernetes ipvs access filter\" -j "
	"KUBE-IPVS-OUT-FILTER\n"
	"COMMIT\n";

static const char nat_chains[] = "*nat\n"
				 ":KUBE-SERVICES - [0:0]\n"
				 ":KUBE-POSTROUTING - [0:0]\n"
				 ":KUBE-NODE-PORT - [0:0]\n"
				 ":KUBE-LOAD-BALANCER - [0:0]\n"
				 ":KUBE-MARK-MASQ - [0:0]\n"
				 "-A KUBE-SERVICES -s 127.0.0.0/8 -j RETURN\n";

/* Where there are Services. */
static const char masquerade[] =
	"-A KUBE-SERVICES -m comment --comment \"Kubernetes service cluster ip + port for "
	"masquerade purpose\" -m set --match-set KUBE-CLUSTER-IP dst,dst ! -s " RULES_CLUSTER
	" -j KUBE-MARK-MASQ\n";
static const char take[] =
	"-A KUBE-SERVICES -m set --match-set KUBE-CLUSTER-IP dst,dst -j ACCEPT\n";

static const char node_port[] = "-A KUBE-SERVICES -m addrtype --dst-type LOCAL -j KUBE-NODE-PORT\n"
				"-A KUBE-LOAD-BALANCER -j KUBE-MARK-MASQ\n";

static const char rest[] =
	"-A KUBE-POSTROUTING -m mark ! --mark " RULES_MARK "/" RULES_MARK " -j RETURN\n"
	"-A KUBE-POSTROUTING -j MARK --xor-mark " RULES_MARK "\n"
	"-A KUBE-POSTROUTING -m comment --comment \"kubernetes service traffic requiring SNAT\" -j "
	"MASQUERADE --random-fully\n"
	"-A KUBE-MARK-MASQ -j MARK --or-mark " RULES_MARK "\n"
	"COMMIT\n"
	"*filter\n"
	":KUBE-FORWARD - [0:0]\n"
	":KUBE-NODE-PORT - [0:0]\n"
	":KUBE-PROXY-FIREWALL - [0:0]\n"
	":KUBE-SOURCE-RANGES-FIREWALL - [0:0]\n"
	":KUBE-IPVS-FILTER - [0:0]\n"
	":KUBE-IPVS-OUT-FILTER - [0:0]\n"
	"-A KUBE-SOURCE-RANGES-FIREWALL -j DROP\n"
	"-A KUBE-FORWARD -m comment --comment \"kubernetes forwarding rules\" -m mark --mark " RULES_MARK
	"/" RULES_MARK " -j ACCEPT\n"
	"-A KUBE-FORWARD -m comment --comment \"kubernetes forwarding conntrack rule\" -m "
	"conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT\n"
	"-A KUBE-NODE-PORT -m comment --comment \"Kubernetes health check node port\" -m set "
	"--match-set KUBE-HEALTH-CHECK-NODE-PORT dst -j ACCEPT\n"
	"-A KUBE-IPVS-FILTER -m set --match-set KUBE-LOAD-BALANCER dst,dst -j RETURN\n"
	"-A KUBE-IPVS-FILTER -m set --match-set KUBE-CLUSTER-IP dst,dst -j RETURN\n"
	"-A KUBE-IPVS-FILTER -m set --match-set KUBE-EXTERNAL-IP dst,dst -j RETURN\n"
	"-A KUBE-IPVS-FILTER -m set --match-set KUBE-EXTERNAL-IP-LOCAL dst,dst -j RETURN\n"
	"-A KUBE-IPVS-FILTER -m set --match-set KUBE-HEALTH-CHECK-NODE-PORT dst -j RETURN\n"
	"-A KUBE-IPVS-FILTER -m conntrack --ctstate NEW -m set --match-set KUBE-IPVS-IPS dst -j "
	"REJECT\n"
	"COMMIT\n";

static void write_iptables(enum mode mode, uint32_t count, struct rig_plan *plan)
{
	rig_plan_add(plan, mode_rows[mode].node, mode_iptables(mode), "%s%s%s%s%s", nat_chains,
		count ? masquerade : "", node_port, count ? take : "", rest);
}

static void begin(const struct rules *rules, enum mode mode, struct rig_plan *plan)
{
	const char *node = mode_rows[mode].node;

	(void)rules;
	rig_plan_add(plan, node, RIG_SYSCTL,
		"net.ipv4.vs.conntrack=1\n"
		"net.ipv4.vs.expire_nodest_conn=1\n"
		"net.ipv4.vs.expire_quiescent_template=1\n"
		"net.ipv4.ip_forward=1\n");
	rig_plan_add(plan, node, RIG_IP, "link add kube-ipvs0 type dummy\n");
	for (size_t i = 0; i < SETS; i++)
		rig_plan_add(plan, node, RIG_IPSET, "create %s %s %s\n", sets[i][0], sets[i][1],
			sets[i][1][0] == 'b' ? "range 0-65535"
					     : "family inet hashsize 1024 maxelem 65536");
	rig_plan_add(plan, node, mode_iptables(mode), "%s", jumps);
	write_iptables(mode, 0, plan);
}

static void add(const struct rules *rules, enum mode mode, uint32_t from, uint32_t to,
	struct rig_plan *plan)
{
	const char *node = mode_rows[mode].node;
	struct rules_text servers, addresses, entries;

	rules_text_open(&servers);
	rules_text_open(&addresses);
	rules_text_open(&entries);
	for (uint32_t i = from; i < to; i++) {
		struct rules_service service;

		rules_service(rules, i, &service);
		fprintf(servers.out, "-A -%c %s:%d -s %s\n", service.protocol[0], service.address,
			RULES_PORT, rules->scheduler);
		for (uint32_t at = 0; at < rules->endpoints; at++) {
			char endpoint[16];

			rules_endpoint_text(rules, i, at, 0, endpoint);
			fprintf(servers.out, "-a -%c %s:%d -r %s:%d -m -w 1\n", service.protocol[0],
				service.address, RULES_PORT, endpoint, RULES_TARGET_PORT);
		}
		fprintf(addresses.out, "address add %s/32 dev kube-ipvs0\n", service.address);
		fprintf(entries.out, "add KUBE-CLUSTER-IP %s,%s:%d\nadd KUBE-IPVS-IPS %s\n",
			service.address, service.protocol, RULES_PORT, service.address);
	}
	rules_text_close(&servers);
	rules_text_close(&addresses);
	rules_text_close(&entries);
	rig_plan_add(plan, node, RIG_IPVSADM, "%s", servers.memory);
	rig_plan_add(plan, node, RIG_IP, "%s", addresses.memory);
	rig_plan_add(plan, node, RIG_IPSET, "%s", entries.memory);
	write_iptables(mode, to, plan);
	free(servers.memory);
	free(addresses.memory);
	free(entries.memory);
}

/* Nothing differs. */
static void resync(const struct rules *rules, enum mode mode, uint32_t count, struct rig_plan *plan)
{
	(void)rules;
	write_iptables(mode, count, plan);
}

static void change(const struct rules *rules, enum mode mode, uint32_t count, uint32_t service,
	uint32_t turn, struct rig_plan *plan)
{
	char after[16], before[16];
	struct rules_service words;

	rules_service(rules, service, &words);
	rules_endpoint_text(rules, service, rules->endpoints - 1, turn, after);
	rules_endpoint_text(rules, service, rules->endpoints - 1, turn + 1, before);
	rig_plan_add(plan, mode_rows[mode].node, RIG_IPVSADM,
		"-a -%c %s:%d -r %s:%d -m -w 1\n-d -%c %s:%d -r %s:%d\n", words.protocol[0],
		words.address, RULES_PORT, after, RULES_TARGET_PORT, words.protocol[0],
		words.address, RULES_PORT, before, RULES_TARGET_PORT);
	write_iptables(mode, count, plan);
}

static void remove_last(
	const struct rules *rules, enum mode mode, uint32_t count, struct rig_plan *plan)
{
	const char *node = mode_rows[mode].node;
	struct rules_service service;

	rules_service(rules, count - 1, &service);
	rig_plan_add(plan, node, RIG_IPSET, "del KUBE-CLUSTER-IP %s,%s:%d\ndel KUBE-IPVS-IPS %s\n",
		service.address, service.protocol, RULES_PORT, service.address);
	write_iptables(mode, count - 1, plan);
	rig_plan_add(plan, node, RIG_IP, "address del %s/32 dev kube-ipvs0\n", service.address);
	rig_plan_add(plan, node, RIG_IPVSADM, "-D -%c %s:%d\n", service.protocol[0],
		service.address, RULES_PORT);
}

static void end(const struct rules *rules, enum mode mode, uint32_t count, struct rig_plan *plan)
{
	const char *node = mode_rows[mode].node;

	(void)rules;
	(void)count;
	rig_plan_add(plan, node, RIG_IPVSADM, "-C\n");
	rig_plan_add(plan, node, RIG_IP, "link del kube-ipvs0\n");
	rules_flush_iptables(mode, mode_iptables(mode), plan);
	for (size_t i = 0; i < SETS; i++)
		rig_plan_add(plan, node, RIG_IPSET, "destroy %s\n", sets[i][0]);
	rig_plan_add(plan, node, RIG_SYSCTL,
		"net.ipv4.vs.conntrack=0\n"
		"net.ipv4.vs.expire_nodest_conn=0\n"
		"net.ipv4.vs.expire_quiescent_template=0\n");
}

const struct rules_writer rules_ipvs = {begin, add, resync, change, remove_last, end, NULL};
