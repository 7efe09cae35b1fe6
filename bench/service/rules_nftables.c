/*
 * The nftables mode: one look-up in a map leads to a Service's chain (Kubernetes,
 * pkg/proxy/nftables/proxier.go, and the commands that its library knftables writes).
 *
 * An update has what is new alone; writing everything again empties chains, sets and maps first. A
 * chain that is no longer wanted is emptied: kube-proxy removes it seconds later, as kernels before
 * 6.2 may hold it for a while.
 */
#include "rules_private.h"

#include <stdlib.h>

#define NAME_MAX_LENGTH 128

/* What stands for the node's own address, where NodePorts are taken. */
#define NODE_ADDRESS "192.0.2.1"

#define TABLE "ip kube-proxy "

static const char *const base_chains[][2] = {
	{"filter-prerouting-pre-dnat", "type filter hook prerouting priority -110"},
	{"filter-output-pre-dnat", "type filter hook output priority -110"},
	{"filter-input", "type filter hook input priority 0"},
	{"filter-forward", "type filter hook forward priority 0"},
	{"filter-output", "type filter hook output priority 0"},
	{"nat-prerouting", "type nat hook prerouting priority -100"},
	{"nat-output", "type nat hook output priority -100"},
	{"nat-postrouting", "type nat hook postrouting priority 100"},
};

static const char *const chains[] = {"nodeport-endpoints-check", "service-endpoints-check",
	"firewall-check", "services", "masquerading", "cluster-ips-check", "mark-for-masquerade"};

static const char *const containers[][3] = {
	{"set", "cluster-ips", "type ipv4_addr ; comment \"Active ClusterIPs\""},
	{"set", "nodeport-ips", "type ipv4_addr ; comment \"IPs that accept NodePort traffic\""},
	{"map", "no-endpoint-services",
		"type ipv4_addr . inet_proto . inet_service : verdict ; comment \"vmap to drop or reject "
		"packets to services with no endpoints\""},
	{"map", "no-endpoint-nodeports",
		"type inet_proto . inet_service : verdict ; comment \"vmap to drop or reject packets to "
		"service nodeports with no endpoints\""},
	{"map", "firewall-ips",
		"type ipv4_addr . inet_proto . inet_service : verdict ; comment \"destinations that are "
		"subject to LoadBalancerSourceRanges\""},
	{"map", "service-ips",
		"type ipv4_addr . inet_proto . inet_service : verdict ; comment \"ClusterIP, ExternalIP "
		"and LoadBalancer IP traffic\""},
	{"map", "service-nodeports",
		"type inet_proto . inet_service : verdict ; comment \"NodePort traffic\""},
};

static const char *const first_rules[] = {
	"filter-input ct state new jump nodeport-endpoints-check",
	"filter-input ct state new jump service-endpoints-check",
	"filter-forward ct state new jump service-endpoints-check",
	"filter-output ct state new jump service-endpoints-check",
	"filter-prerouting-pre-dnat ct state new jump firewall-check",
	"filter-output-pre-dnat ct state new jump firewall-check",
	"nat-output jump services",
	"nat-prerouting jump services",
	"nat-postrouting jump masquerading",
	"filter-forward ct state new jump cluster-ips-check",
	"filter-output ct state new jump cluster-ips-check",
	"mark-for-masquerade mark set mark or " RULES_MARK,
	"masquerading mark and " RULES_MARK " == 0 return",
	"masquerading mark set mark xor " RULES_MARK,
	"masquerading masquerade fully-random",
	"cluster-ips-check ip daddr @cluster-ips reject comment "
	"\"Reject traffic to invalid ports of ClusterIPs\"",
	"cluster-ips-check ip daddr { " RULES_SERVICE_CIDR
	" } drop comment \"Drop traffic to unallocated ClusterIPs\"",
	"reject-chain reject",
	"service-endpoints-check ip daddr . meta l4proto . th dport vmap @no-endpoint-services",
	"nodeport-endpoints-check ip daddr @nodeport-ips meta l4proto . th dport vmap "
	"@no-endpoint-nodeports",
	"firewall-check ip daddr . meta l4proto . th dport vmap @firewall-ips",
	"services ip daddr . meta l4proto . th dport vmap @service-ips",
	"services ip daddr @nodeport-ips meta l4proto . th dport vmap @service-nodeports",
};

#define COUNT(array) (sizeof(array) / sizeof(*(array)))

static void write_setup(FILE *out)
{
	fputs("add table ip kube-proxy { comment \"rules for kube-proxy\" ; }\n", out);
	for (size_t i = 0; i < COUNT(base_chains); i++)
		fprintf(out, "add chain " TABLE "%s { %s ; }\nflush chain " TABLE "%s\n",
			base_chains[i][0], base_chains[i][1], base_chains[i][0]);
	for (size_t i = 0; i < COUNT(chains); i++)
		fprintf(out, "add chain " TABLE "%s\nflush chain " TABLE "%s\n", chains[i],
			chains[i]);
	fputs("add chain " TABLE "reject-chain { comment \"helper for @no-endpoint-services / "
	      "@no-endpoint-nodeports\" ; }\nflush chain " TABLE "reject-chain\n",
		out);
	for (size_t i = 0; i < COUNT(containers); i++)
		fprintf(out, "add %s " TABLE "%s { %s ; }\nflush %s " TABLE "%s\n",
			containers[i][0], containers[i][1], containers[i][2], containers[i][0],
			containers[i][1]);
	fputs("add element " TABLE "nodeport-ips { " NODE_ADDRESS " }\n", out);
	for (size_t i = 0; i < COUNT(first_rules); i++)
		fprintf(out, "add rule " TABLE "%s\n", first_rules[i]);
}

/* "ns-7/svc-7/tcp/p80" with its hash. */
static void service_chain(const struct rules_service *service, char name[NAME_MAX_LENGTH])
{
	char base[96], digest[9];

	snprintf(base, sizeof(base), "%s/%s/p%d", service->place, service->protocol, RULES_PORT);
	rules_hash8(base, digest);
	snprintf(name, NAME_MAX_LENGTH, "service-%s-%s", digest, base);
}

static void endpoint_chain(
	const struct rules_service *service, const char *address, char name[NAME_MAX_LENGTH])
{
	char base[96], digest[9];

	snprintf(base, sizeof(base), "%s/%s/p%d__%s/%d", service->place, service->protocol,
		RULES_PORT, address, RULES_TARGET_PORT);
	rules_hash8(base, digest);
	snprintf(name, NAME_MAX_LENGTH, "endpoint-%s-%s", digest, base);
}

static void write_chain(const char *name, FILE *out)
{
	fprintf(out, "add chain " TABLE "%s\nflush chain " TABLE "%s\n", name, name);
}

static void write_elements(
	const char *verb, const struct rules_service *service, const char *chain, FILE *out)
{
	fprintf(out, "%s element " TABLE "cluster-ips { %s }\n", verb, service->address);
	fprintf(out, "%s element " TABLE "service-ips { %s . %s . %d%s%s }\n", verb,
		service->address, service->protocol, RULES_PORT, chain ? " : goto " : "",
		chain ? chain : "");
}

static void write_endpoint_rules(
	const struct rules *rules, const struct rules_service *service, uint32_t turn, FILE *out)
{
	for (uint32_t i = 0; i < rules->endpoints; i++) {
		char address[16], name[NAME_MAX_LENGTH];

		rules_endpoint_text(rules, service->number, i, turn, address);
		endpoint_chain(service, address, name);
		fprintf(out, "add rule " TABLE "%s ip saddr %s jump mark-for-masquerade\n", name,
			address);
		fprintf(out, "add rule " TABLE "%s meta l4proto %s dnat to %s:%d\n", name,
			service->protocol, address, RULES_TARGET_PORT);
	}
}

static void write_choice(const struct rules *rules, const struct rules_service *service,
	const char *chain, uint32_t turn, FILE *out)
{
	fprintf(out, "add rule " TABLE "%s numgen random mod %u vmap {", chain, rules->endpoints);
	for (uint32_t i = 0; i < rules->endpoints; i++) {
		char address[16], name[NAME_MAX_LENGTH];

		rules_endpoint_text(rules, service->number, i, turn, address);
		endpoint_chain(service, address, name);
		fprintf(out, "%s %u : goto %s", i ? " ," : "", i, name);
	}
	fputs(" }\n", out);
}

static void write_service(
	const struct rules *rules, uint32_t number, uint32_t turn, bool is_new, FILE *out)
{
	struct rules_service service;
	char chain[NAME_MAX_LENGTH];

	rules_service(rules, number, &service);
	service_chain(&service, chain);
	for (uint32_t i = 0; i < rules->endpoints; i++) {
		char address[16], name[NAME_MAX_LENGTH];

		rules_endpoint_text(rules, number, i, turn, address);
		endpoint_chain(&service, address, name);
		write_chain(name, out);
	}
	write_chain(chain, out);
	if (is_new)
		write_elements("add", &service, chain, out);
	fprintf(out,
		"add rule " TABLE "%s ip daddr %s %s dport %d ip saddr != " RULES_CLUSTER
		" jump mark-for-masquerade\n",
		chain, service.address, service.protocol, RULES_PORT);
	write_choice(rules, &service, chain, turn, out);
	write_endpoint_rules(rules, &service, turn, out);
}

static void finish(struct rules_text *text, enum mode mode, struct rig_plan *plan)
{
	rules_text_close(text);
	rig_plan_add(plan, mode_rows[mode].node, RIG_NFT, "%s", text->memory);
	free(text->memory);
}

static void write_some(const struct rules *rules, enum mode mode, uint32_t from, uint32_t to,
	bool setup, struct rig_plan *plan)
{
	struct rules_text text;

	rules_text_open(&text);
	if (setup)
		write_setup(text.out);
	for (uint32_t i = from; i < to; i++)
		write_service(rules, i, 0, true, text.out);
	finish(&text, mode, plan);
}

static void begin(const struct rules *rules, enum mode mode, struct rig_plan *plan)
{
	write_some(rules, mode, 0, 0, true, plan);
}

static void add(const struct rules *rules, enum mode mode, uint32_t from, uint32_t to,
	struct rig_plan *plan)
{
	write_some(rules, mode, from, to, false, plan);
}

static void resync(const struct rules *rules, enum mode mode, uint32_t count, struct rig_plan *plan)
{
	write_some(rules, mode, 0, count, true, plan);
}

/* "flush" or "delete" */
static void drop_endpoint(const char *verb, const struct rules *rules,
	const struct rules_service *service, uint32_t endpoint, uint32_t turn, FILE *out)
{
	char address[16], name[NAME_MAX_LENGTH];

	rules_endpoint_text(rules, service->number, endpoint, turn, address);
	endpoint_chain(service, address, name);
	fprintf(out, "%s chain " TABLE "%s\n", verb, name);
}

static void drop_chains(
	const char *verb, const struct rules *rules, const struct rules_service *service, FILE *out)
{
	char chain[NAME_MAX_LENGTH];

	service_chain(service, chain);
	fprintf(out, "%s chain " TABLE "%s\n", verb, chain);
	for (uint32_t i = 0; i < rules->endpoints; i++)
		drop_endpoint(verb, rules, service, i, 0, out);
}

static void change(const struct rules *rules, enum mode mode, uint32_t count, uint32_t service,
	uint32_t turn, struct rig_plan *plan)
{
	struct rules_service words;
	struct rules_text text;

	(void)count;
	rules_text_open(&text);
	rules_service(rules, service, &words);
	write_service(rules, service, turn, false, text.out);
	drop_endpoint("flush", rules, &words, rules->endpoints - 1, turn + 1, text.out);
	finish(&text, mode, plan);
}

static void remove_last(
	const struct rules *rules, enum mode mode, uint32_t count, struct rig_plan *plan)
{
	struct rules_service service;
	struct rules_text text;

	rules_text_open(&text);
	rules_service(rules, count - 1, &service);
	drop_chains("flush", rules, &service, text.out);
	write_elements("delete", &service, NULL, text.out);
	finish(&text, mode, plan);
}

static void clean(const struct rules *rules, enum mode mode, uint32_t service, uint32_t turn,
	struct rig_plan *plan)
{
	struct rules_service words;
	struct rules_text text;

	rules_text_open(&text);
	rules_service(rules, service, &words);
	if (turn == RULES_GONE)
		drop_chains("delete", rules, &words, text.out);
	else
		drop_endpoint("delete", rules, &words, rules->endpoints - 1, turn + 1, text.out);
	finish(&text, mode, plan);
}

static void end(const struct rules *rules, enum mode mode, uint32_t count, struct rig_plan *plan)
{
	(void)rules;
	(void)count;
	rig_plan_add(plan, mode_rows[mode].node, RIG_NFT, "delete table ip kube-proxy\n");
}

const struct rules_writer rules_nftables = {begin, add, resync, change, remove_last, end, clean};
