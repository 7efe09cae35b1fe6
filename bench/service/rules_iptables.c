/*
 * The iptables mode: a chain for each Service and each endpoint, and one rule for each Service in
 * KUBE-SERVICES, tried in turn (Kubernetes, pkg/proxy/iptables/proxier.go).
 *
 * An update writes the chains that every Service is in whole, and those of a Service only when it
 * is new or other than before.
 */
#include "rules_private.h"

#include <stdlib.h>

/* With more endpoints, rules beyond KUBE-SERVICES have no comments: largeClusterEndpointsThreshold.
 */
#define COMMENTS_MAX 1000

#define NONE UINT32_MAX

/* One update. */
struct sync {
	const struct rules *rules;
	uint32_t count;            /* of Services that are there afterwards */
	uint32_t from, to;         /* those whose chains are written */
	uint32_t turn;             /* of the last endpoints of these; the other turn's are stale */
	bool stale;                /* whether there are such */
	uint32_t gone;             /* the Service whose chains are stale; NONE */
	FILE *chains, *nat, *ends; /* ":CHAIN" lines, rules, and "-X" lines */
};

static const char jumps[] =
	"*mangle\n"
	":KUBE-PROXY-CANARY - [0:0]\n"
	"COMMIT\n"
	"*filter\n"
	":KUBE-PROXY-CANARY - [0:0]\n"
	":KUBE-EXTERNAL-SERVICES - [0:0]\n"
	":KUBE-FIREWALL - [0:0]\n"
	":KUBE-FORWARD - [0:0]\n"
	":KUBE-NODEPORTS - [0:0]\n"
	":KUBE-PROXY-FIREWALL - [0:0]\n"
	":KUBE-SERVICES - [0:0]\n"
	"-I INPUT -j KUBE-FIREWALL\n"
	"-I OUTPUT -j KUBE-FIREWALL\n"
	"-I INPUT -m conntrack --ctstate NEW -m comment --comment \"kubernetes externally-visible "
	"service portals\" -j KUBE-EXTERNAL-SERVICES\n"
	"-I FORWARD -m conntrack --ctstate NEW -m comment --comment \"kubernetes "
	"externally-visible service portals\" -j KUBE-EXTERNAL-SERVICES\n"
	"-I INPUT -m comment --comment \"kubernetes health check service ports\" -j "
	"KUBE-NODEPORTS\n"
	"-I FORWARD -m conntrack --ctstate NEW -m comment --comment \"kubernetes service portals\" "
	"-j KUBE-SERVICES\n"
	"-I OUTPUT -m conntrack --ctstate NEW -m comment --comment \"kubernetes service portals\" "
	"-j KUBE-SERVICES\n"
	"-I FORWARD -m comment --comment \"kubernetes forwarding rules\" -j KUBE-FORWARD\n"
	"-I INPUT -m conntrack --ctstate NEW -m comment --comment \"kubernetes load balancer "
	"firewall\" -j KUBE-PROXY-FIREWALL\n"
	"-I OUTPUT -m conntrack --ctstate NEW -m comment --comment \"kubernetes load balancer "
	"firewall\" -j KUBE-PROXY-FIREWALL\n"
	"-I FORWARD -m conntrack --ctstate NEW -m comment --comment \"kubernetes load balancer "
	"firewall\" -j KUBE-PROXY-FIREWALL\n"
	"COMMIT\n"
	"*nat\n"
	":KUBE-PROXY-CANARY - [0:0]\n"
	":KUBE-POSTROUTING - [0:0]\n"
	":KUBE-SERVICES - [0:0]\n"
	"-I OUTPUT -m comment --comment \"kubernetes service portals\" -j KUBE-SERVICES\n"
	"-I PREROUTING -m comment --comment \"kubernetes service portals\" -j KUBE-SERVICES\n"
	"-I POSTROUTING -m comment --comment \"kubernetes postrouting rules\" -j "
	"KUBE-POSTROUTING\n"
	"COMMIT\n";

static const char filter[] =
	"*filter\n"
	":KUBE-NODEPORTS - [0:0]\n"
	":KUBE-SERVICES - [0:0]\n"
	":KUBE-EXTERNAL-SERVICES - [0:0]\n"
	":KUBE-FIREWALL - [0:0]\n"
	":KUBE-FORWARD - [0:0]\n"
	":KUBE-PROXY-FIREWALL - [0:0]\n"
	"-A KUBE-FIREWALL -m comment --comment \"block incoming localnet connections\" -d "
	"127.0.0.0/8 ! -s 127.0.0.0/8 -m conntrack ! --ctstate RELATED,ESTABLISHED,DNAT -j DROP\n"
	"-A KUBE-FORWARD -m conntrack --ctstate INVALID -j DROP\n"
	"-A KUBE-FORWARD -m comment --comment \"kubernetes forwarding rules\" -m mark --mark " RULES_MARK
	"/" RULES_MARK " -j ACCEPT\n"
	"-A KUBE-FORWARD -m comment --comment \"kubernetes forwarding conntrack rule\" -m "
	"conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT\n"
	"COMMIT\n";

static const char nat_chains[] = "*nat\n"
				 ":KUBE-SERVICES - [0:0]\n"
				 ":KUBE-NODEPORTS - [0:0]\n"
				 ":KUBE-POSTROUTING - [0:0]\n"
				 ":KUBE-MARK-MASQ - [0:0]\n";

static const char nat_begin[] =
	"-A KUBE-POSTROUTING -m mark ! --mark " RULES_MARK "/" RULES_MARK " -j RETURN\n"
	"-A KUBE-POSTROUTING -j MARK --xor-mark " RULES_MARK "\n"
	"-A KUBE-POSTROUTING -m comment --comment \"kubernetes service traffic requiring SNAT\" -j "
	"MASQUERADE --random-fully\n"
	"-A KUBE-MARK-MASQ -j MARK --or-mark " RULES_MARK "\n";

static const char nat_end[] =
	"-A KUBE-SERVICES -m comment --comment \"kubernetes service nodeports; NOTE: this must be "
	"the last rule in this chain\" -m addrtype --dst-type LOCAL -j KUBE-NODEPORTS\n";

static void endpoint_chain(
	const struct rules_service *service, const char *address, char name[RULES_CHAIN_MAX])
{
	char text[128], digest[17];

	snprintf(text, sizeof(text), "%s%s%s:%d", service->name, service->protocol, address,
		RULES_TARGET_PORT);
	rules_hash16(text, digest);
	snprintf(name, RULES_CHAIN_MAX, "KUBE-SEP-%s", digest);
}

static bool has_comments(const struct sync *sync)
{
	return (uint64_t)sync->count * sync->rules->endpoints <= COMMENTS_MAX;
}

/* How a Service's chain chooses among its endpoints: each takes its share of what is left. */
static void write_choices(
	const struct sync *sync, const struct rules_service *service, const char *chain)
{
	uint32_t endpoints = sync->rules->endpoints;

	for (uint32_t i = 0; i < endpoints; i++) {
		char address[16], name[RULES_CHAIN_MAX];

		rules_endpoint_text(sync->rules, service->number, i, sync->turn, address);
		endpoint_chain(service, address, name);
		fprintf(sync->nat, "-A %s", chain);
		if (has_comments(sync))
			fprintf(sync->nat, " -m comment --comment \"%s -> %s:%d\"", service->name,
				address, RULES_TARGET_PORT);
		if (i + 1 < endpoints)
			fprintf(sync->nat, " -m statistic --mode random --probability %.10f",
				1.0 / (endpoints - i));
		fprintf(sync->nat, " -j %s\n", name);
	}
}

static void write_endpoint(
	const struct sync *sync, const struct rules_service *service, uint32_t endpoint)
{
	char address[16], name[RULES_CHAIN_MAX], comment[80] = "";

	rules_endpoint_text(sync->rules, service->number, endpoint, sync->turn, address);
	endpoint_chain(service, address, name);
	if (has_comments(sync))
		snprintf(comment, sizeof(comment), " -m comment --comment %s", service->name);
	fprintf(sync->chains, ":%s - [0:0]\n", name);
	fprintf(sync->nat, "-A %s%s -s %s -j KUBE-MARK-MASQ\n", name, comment, address);
	fprintf(sync->nat, "-A %s%s -m %s -p %s -j DNAT --to-destination %s:%d\n", name, comment,
		service->protocol, service->protocol, address, RULES_TARGET_PORT);
}

static void write_chains(
	const struct sync *sync, const struct rules_service *service, const char *chain)
{
	const char *protocol = service->protocol;

	fprintf(sync->chains, ":%s - [0:0]\n", chain);
	fprintf(sync->nat,
		"-A %s -m comment --comment \"%s cluster IP\" -m %s -p %s -d %s --dport %d "
		"! -s " RULES_CLUSTER " -j KUBE-MARK-MASQ\n",
		chain, service->name, protocol, protocol, service->address, RULES_PORT);
	write_choices(sync, service, chain);
	for (uint32_t i = 0; i < sync->rules->endpoints; i++)
		write_endpoint(sync, service, i);
}

/* A chain that is none of those wanted is emptied, and then removed. */
static void drop_chain(const struct sync *sync, const char *name)
{
	fprintf(sync->chains, ":%s - [0:0]\n", name);
	fprintf(sync->ends, "-X %s\n", name);
}

static void drop_endpoint(const struct sync *sync, const struct rules_service *service,
	uint32_t endpoint, uint32_t turn)
{
	char address[16], name[RULES_CHAIN_MAX];

	rules_endpoint_text(sync->rules, service->number, endpoint, turn, address);
	endpoint_chain(service, address, name);
	drop_chain(sync, name);
}

static void drop_stale(const struct sync *sync)
{
	struct rules_service service;
	char chain[RULES_CHAIN_MAX];

	if (sync->stale) {
		rules_service(sync->rules, sync->from, &service);
		drop_endpoint(sync, &service, sync->rules->endpoints - 1, sync->turn + 1);
	}
	if (sync->gone == NONE)
		return;
	rules_service(sync->rules, sync->gone, &service);
	rules_service_chain(service.name, service.protocol, chain);
	drop_chain(sync, chain);
	for (uint32_t i = 0; i < sync->rules->endpoints; i++)
		drop_endpoint(sync, &service, i, 0);
}

static void write_services(const struct sync *sync)
{
	for (uint32_t i = 0; i < sync->count; i++) {
		struct rules_service service;
		char chain[RULES_CHAIN_MAX];

		rules_service(sync->rules, i, &service);
		rules_service_chain(service.name, service.protocol, chain);
		fprintf(sync->nat,
			"-A KUBE-SERVICES -m comment --comment \"%s cluster IP\" -m %s -p %s -d %s "
			"--dport %d -j %s\n",
			service.name, service.protocol, service.protocol, service.address,
			RULES_PORT, chain);
		if (i >= sync->from && i < sync->to)
			write_chains(sync, &service, chain);
	}
}

static void write_sync(struct sync *sync, enum mode mode, struct rig_plan *plan)
{
	struct rules_text chains, nat, ends;

	rules_text_open(&chains);
	rules_text_open(&nat);
	rules_text_open(&ends);
	sync->chains = chains.out;
	sync->nat = nat.out;
	sync->ends = ends.out;
	write_services(sync);
	drop_stale(sync);
	rules_text_close(&chains);
	rules_text_close(&nat);
	rules_text_close(&ends);
	rig_plan_add(plan, mode_rows[mode].node, mode_iptables(mode), "%s%s%s%s%s%s%sCOMMIT\n",
		filter, nat_chains, chains.memory, nat_begin, nat.memory, nat_end, ends.memory);
	free(chains.memory);
	free(nat.memory);
	free(ends.memory);
}

static void begin(const struct rules *rules, enum mode mode, struct rig_plan *plan)
{
	struct sync sync = {.rules = rules, .gone = NONE};

	rig_plan_add(plan, mode_rows[mode].node, mode_iptables(mode), "%s", jumps);
	write_sync(&sync, mode, plan);
}

static void add(const struct rules *rules, enum mode mode, uint32_t from, uint32_t to,
	struct rig_plan *plan)
{
	struct sync sync = {.rules = rules, .count = to, .from = from, .to = to, .gone = NONE};

	write_sync(&sync, mode, plan);
}

static void resync(const struct rules *rules, enum mode mode, uint32_t count, struct rig_plan *plan)
{
	add(rules, mode, 0, count, plan);
}

static void change(const struct rules *rules, enum mode mode, uint32_t count, uint32_t service,
	uint32_t turn, struct rig_plan *plan)
{
	struct sync sync = {.rules = rules,
		.count = count,
		.from = service,
		.to = service + 1,
		.turn = turn,
		.stale = true,
		.gone = NONE};

	write_sync(&sync, mode, plan);
}

static void remove_last(
	const struct rules *rules, enum mode mode, uint32_t count, struct rig_plan *plan)
{
	struct sync sync = {.rules = rules, .count = count - 1, .gone = count - 1};

	write_sync(&sync, mode, plan);
}

void rules_flush_iptables(enum mode mode, enum rig_tool tool, struct rig_plan *plan)
{
	rig_plan_add(plan, mode_rows[mode].node, tool,
		"*filter\n-F\n-X\nCOMMIT\n*nat\n-F\n-X\nCOMMIT\n");
}

static void end(const struct rules *rules, enum mode mode, uint32_t count, struct rig_plan *plan)
{
	(void)rules;
	(void)count;
	rules_flush_iptables(mode, mode_iptables(mode), plan);
	rig_plan_add(plan, mode_rows[mode].node, mode_iptables(mode),
		"*mangle\n-X KUBE-PROXY-CANARY\nCOMMIT\n");
}

const struct rules_writer rules_iptables = {begin, add, resync, change, remove_last, end, NULL};
