#include "rules.h"

#include "bench.h"
#include "rules_private.h"

#include <arpa/inet.h>
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

/* Of real clusters, and of kube-proxy's own tests (pkg/proxy/iptables/proxier_test.go). */
Test(rules, names_chains_as_kube_proxy_does)
{
	static const struct {
		const char *port, *protocol, *chain;
	} known[] = {
		{"default/kubernetes:https", "tcp", "KUBE-SVC-NPX46M4PTMTKRN6Y"},
		{"kube-system/kube-dns:dns", "udp", "KUBE-SVC-TCOU7JCQXEZGVUNU"},
		{"kube-system/kube-dns:dns-tcp", "tcp", "KUBE-SVC-ERIFXISQEP7F7OF4"},
		{"kube-system/kube-dns:metrics", "tcp", "KUBE-SVC-JD5MR3NA4I4DYORP"},
		{"ns1/svc1:p80", "tcp", "KUBE-SVC-XPGD46QRK7WJZT7O"},
		{"ns2/svc2:p80", "tcp", "KUBE-SVC-GNZBNJ2PO5MGZ6GT"},
		{"ns4/svc4:p80", "tcp", "KUBE-SVC-4SW47YFZTEDKD3PK"},
	};

	for (size_t i = 0; i < sizeof(known) / sizeof(*known); i++) {
		char name[RULES_CHAIN_MAX];

		rules_service_chain(known[i].port, known[i].protocol, name);
		cr_expect_str_eq(name, known[i].chain);
	}
}

/* Of the tests of both proxies: endpoints' chains, and nftables' names. */
Test(rules, hashes_as_kube_proxy_does)
{
	char hash[17];

	rules_hash16("ns1/svc1:p80tcp10.180.0.1:80", hash);
	cr_expect_str_eq(hash, "SXIVWICOYRO3J4NJ");
	rules_hash16("ns4/svc4:p80tcp10.180.0.5:80", hash);
	cr_expect_str_eq(hash, "C6EBXVWJJZMIWKLZ");
	rules_hash8("ns1/svc1/tcp/p80", hash);
	cr_expect_str_eq(hash, "ULMVA6XW");
	rules_hash8("ns1/svc1/tcp/p80__10.180.0.1/80", hash);
	cr_expect_str_eq(hash, "5OJB2KTY");
}

Test(rules, alternate_protocols_only_when_both_are_wanted)
{
	const struct rules both = {.tcp = true, .udp = true};
	const struct rules tcp = {.tcp = true}, udp = {.udp = true};

	for (uint32_t i = 0; i < 4; i++) {
		cr_expect_eq(rules_is_udp(&both, i), i % 2);
		cr_expect(!rules_is_udp(&tcp, i));
		cr_expect(rules_is_udp(&udp, i));
	}
}

static bool is_in(const char *address, uint32_t network, unsigned int bits)
{
	return (ntohl(inet_addr(address)) ^ network) >> (32 - bits) == 0;
}

Test(rules, give_every_endpoint_an_address_of_its_own)
{
	const struct rules rules = {.endpoints = RULES_ENDPOINTS_MAX};
	uint32_t services = RULES_ADDRESSES / RULES_ENDPOINTS_MAX, last = RULES_ENDPOINTS_MAX - 1;
	uint32_t previous = 0;
	char first_other[16], text[16];

	rules_endpoint_text(&rules, 0, last, 1, first_other);
	for (uint32_t i = 0; i < services; i++) {
		struct rules_service service;
		uint32_t begin = ntohl(rules_endpoint(&rules, i, 0).s_addr);
		uint32_t end = ntohl(rules_endpoint(&rules, i, last).s_addr);

		rules_service(&rules, i, &service);
		cr_assert(is_in(service.address, 0x0a600000, 12), "%s", service.address);
		cr_assert_gt(begin, previous);
		cr_assert_eq(end - begin, last);
		previous = end;
		rules_endpoint_text(&rules, i, last, 1, text);
		cr_assert_eq(ntohl(inet_addr(text)), ntohl(inet_addr(first_other)) + i);
		cr_assert(is_in(text, 0x0a800000, 9), "%s", text);
	}
	cr_expect_lt(previous, ntohl(inet_addr(first_other)));
	rules_endpoint_text(&rules, 0, 0, 0, text);
	cr_expect(is_in(text, 0x0a800000, 9), "%s", text);
}

/* How often a part is in what a plan prints. */
static size_t count(const struct rig_plan *plan, const char *part)
{
	char *text = NULL;
	size_t size = 0, found = 0;
	FILE *out = open_memstream(&text, &size);

	rig_plan_print(plan, out);
	fclose(out);
	for (const char *at = text; (at = strstr(at, part)); at += strlen(part))
		found++;
	free(text);
	return found;
}

static struct rig_plan *added(enum mode mode, uint32_t from, uint32_t to)
{
	const struct rules rules = {.endpoints = 3, .tcp = true, .scheduler = "wrr"};
	struct rig_plan *plan = rig_plan_new();

	rules_add(&rules, mode, from, to, plan);
	return plan;
}

Test(rules, write_every_service_but_only_new_chains_for_iptables)
{
	struct rig_plan *plan = added(MODE_IPTABLES_LEGACY, 5, 7);

	cr_expect_eq(count(plan, "-A KUBE-SERVICES "), 7 + 1);
	cr_expect_eq(count(plan, "\n:KUBE-SVC-"), 2);
	cr_expect_eq(count(plan, "-A KUBE-SVC-"), 2 * (1 + 3));
	cr_expect_eq(count(plan, "\n:KUBE-SEP-"), 2 * 3);
	cr_expect_eq(count(plan, "-A KUBE-SEP-"), 2 * 3 * 2);
	cr_expect_eq(count(plan, "--probability 0.3333333333 "), 2);
	cr_expect_eq(count(plan, "--probability 0.5000000000 "), 2);
	cr_expect_eq(count(plan, "COMMIT\n"), 2, "a transaction for each table");
	rig_plan_free(plan);
}

Test(rules, write_only_what_is_new_for_nftables)
{
	struct rig_plan *plan = added(MODE_NFTABLES, 5, 7);

	cr_expect_eq(count(plan, "add element ip kube-proxy service-ips "), 2);
	cr_expect_eq(count(plan, "add element ip kube-proxy cluster-ips "), 2);
	cr_expect_eq(count(plan, "add chain "), 2 * (1 + 3));
	cr_expect_eq(count(plan, "flush chain "), 2 * (1 + 3));
	cr_expect_eq(count(plan, "add rule "), 2 * (2 + 3 * 2));
	rig_plan_free(plan);
}

Test(rules, have_no_rules_without_a_mode)
{
	struct rig_plan *plan = added(MODE_NONE, 0, 10);

	cr_expect_eq(count(plan, "ip netns"), 0);
	rig_plan_free(plan);
}

Test(rules, a_mode_that_is_not_there_says_why_and_what_to_do)
{
	for (enum mode mode = 0; mode < MODES; mode++) {
		struct obstacle obstacle = {0};

		if (mode_supported(mode, &obstacle))
			cr_expect(
				obstacle.why[0] && obstacle.enable[0], "%s", mode_rows[mode].name);
	}
}
