/*
 * NetworkPolicy as Calico's Felix renders it for iptables (projectcalico/calico, felix/rules): what
 * a pod sends goes through a chain of its interface, where each policy that selects the pod has a
 * turn, until one marks the packet as accepted.
 *
 * The policies' set of addresses is an ipset each. All but the last one's hold an address that is
 * nobody's.
 */
#include "rules_private.h"

#include <stdlib.h>

#define ACCEPT "0x10000" /* accepted by a policy or a profile */
#define PASS   "0x20000" /* to be looked at by the next tier */

static const char head[] = "# NetworkPolicy\n"
			   "*filter\n"
			   ":cali-FORWARD - [0:0]\n"
			   ":cali-from-hep-forward - [0:0]\n"
			   ":cali-to-hep-forward - [0:0]\n"
			   ":cali-cidr-block - [0:0]\n"
			   ":cali-from-wl-dispatch - [0:0]\n"
			   ":cali-to-wl-dispatch - [0:0]\n"
			   ":cali-fw-pod - [0:0]\n"
			   ":cali-tw-pod - [0:0]\n"
			   ":cali-pri-kns.default - [0:0]\n"
			   ":cali-pro-kns.default - [0:0]\n"
			   ":cali-pri-ksa.default.default - [0:0]\n"
			   ":cali-pro-ksa.default.default - [0:0]\n";

static const char dispatch[] =
	"-I FORWARD -m comment --comment cali:forward -j cali-FORWARD\n"
	"-A FORWARD -m comment --comment cali:accepted -m comment --comment "
	"\"Policy explicitly accepted packet.\" -m mark --mark " ACCEPT "/" ACCEPT " -j ACCEPT\n"
	"-A FORWARD -m comment --comment cali:mark -j MARK --set-xmark " ACCEPT "/" ACCEPT "\n"
	"-A cali-FORWARD -j MARK --set-xmark 0x0/0xe0000\n"
	"-A cali-FORWARD -m mark --mark 0x0/" ACCEPT " -j cali-from-hep-forward\n"
	"-A cali-FORWARD -i pod -j cali-from-wl-dispatch\n"
	"-A cali-FORWARD -o pod -j cali-to-wl-dispatch\n"
	"-A cali-FORWARD -j cali-to-hep-forward\n"
	"-A cali-FORWARD -j cali-cidr-block\n"
	"-A cali-from-wl-dispatch -i pod -g cali-fw-pod\n"
	"-A cali-from-wl-dispatch -m comment --comment \"Unknown interface\" -j DROP\n"
	"-A cali-to-wl-dispatch -o pod -g cali-tw-pod\n"
	"-A cali-to-wl-dispatch -m comment --comment \"Unknown interface\" -j DROP\n"
	"-A cali-pri-kns.default -j MARK --set-xmark " ACCEPT "/" ACCEPT "\n"
	"-A cali-pri-kns.default -m mark --mark " ACCEPT "/" ACCEPT " -j RETURN\n"
	"-A cali-pro-kns.default -j MARK --set-xmark " ACCEPT "/" ACCEPT "\n"
	"-A cali-pro-kns.default -m mark --mark " ACCEPT "/" ACCEPT " -j RETURN\n";

/* What comes to the pod is selected by no policy: its profiles let it in. */
static const char to_pod[] =
	"-A cali-tw-pod -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT\n"
	"-A cali-tw-pod -m conntrack --ctstate INVALID -j DROP\n"
	"-A cali-tw-pod -j MARK --set-xmark 0x0/" ACCEPT "\n"
	"-A cali-tw-pod -j cali-pri-kns.default\n"
	"-A cali-tw-pod -m comment --comment \"Return if profile accepted\" -m mark --mark " ACCEPT
	"/" ACCEPT " -j RETURN\n"
	"-A cali-tw-pod -j cali-pri-ksa.default.default\n"
	"-A cali-tw-pod -m comment --comment \"Return if profile accepted\" -m mark --mark " ACCEPT
	"/" ACCEPT " -j RETURN\n"
	"-A cali-tw-pod -m comment --comment \"Drop if no profiles matched\" -j DROP\n";

static const char from_pod[] =
	"-A cali-fw-pod -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT\n"
	"-A cali-fw-pod -m conntrack --ctstate INVALID -j DROP\n"
	"-A cali-fw-pod -j MARK --set-xmark 0x0/" ACCEPT "\n"
	"-A cali-fw-pod -p udp -m comment --comment \"Drop VXLAN encapped packets originating in "
	"workloads\" -m multiport --dports 4789 -j DROP\n"
	"-A cali-fw-pod -p 4 -m comment --comment \"Drop IPinIP encapped packets originating "
	"in workloads\" -j DROP\n"
	"-A cali-fw-pod -m comment --comment \"Start of policies\" -j MARK --set-xmark 0x0/" PASS
	"\n";

static const char from_pod_end[] =
	"-A cali-fw-pod -m comment --comment \"Drop if no policies passed packet\" -m mark --mark "
	"0x0/" PASS " -j DROP\n"
	"-A cali-fw-pod -j cali-pro-kns.default\n"
	"-A cali-fw-pod -m comment --comment \"Return if profile accepted\" -m mark --mark " ACCEPT
	"/" ACCEPT " -j RETURN\n"
	"-A cali-fw-pod -j cali-pro-ksa.default.default\n"
	"-A cali-fw-pod -m comment --comment \"Return if profile accepted\" -m mark --mark " ACCEPT
	"/" ACCEPT " -j RETURN\n"
	"-A cali-fw-pod -m comment --comment \"Drop if no profiles matched\" -j DROP\n";

/* Felix shortens names that are too long for a chain or a set by a hash. */
static void name_policy(uint32_t number, char chain[32], char set[32])
{
	char text[32], digest[17];

	snprintf(text, sizeof(text), "default/policy-%u", number);
	rules_hash16(text, digest);
	snprintf(chain, 32, "cali-po-_%s", digest);
	snprintf(set, 32, "cali40s:%s", digest);
}

static void write_policy(const char *chain, const char *set, FILE *out)
{
	static const char *const protocols[] = {"tcp", "udp"};

	for (size_t i = 0; i < 2; i++)
		fprintf(out,
			"-A %s -p %s -m set --match-set %s dst -m multiport --dports %d -j MARK "
			"--set-xmark " ACCEPT "/" ACCEPT "\n"
			"-A %s -m mark --mark " ACCEPT "/" ACCEPT " -j RETURN\n",
			chain, protocols[i], set, RULES_TARGET_PORT, chain);
}

void rules_policies(enum mode mode, enum rig_tool iptables, uint32_t count, struct rig_plan *plan)
{
	struct rules_text sets, chains, turns, policies;

	rules_text_open(&sets);
	rules_text_open(&chains);
	rules_text_open(&turns);
	rules_text_open(&policies);
	for (uint32_t i = 0; i < count; i++) {
		char chain[32], set[32];

		name_policy(i, chain, set);
		fprintf(sets.out, "create %s hash:net family inet maxelem 1048576\n", set);
		if (i + 1 == count)
			fprintf(sets.out, "add %s " RULES_CLUSTER "\n", set);
		else
			fprintf(sets.out, "add %s 198.18.%u.%u/32\n", set, i / 256, i % 256);
		fprintf(chains.out, ":%s - [0:0]\n", chain);
		fprintf(turns.out,
			"-A cali-fw-pod -m mark --mark 0x0/" PASS " -j %s\n"
			"-A cali-fw-pod -m comment --comment \"Return if policy accepted\" -m mark "
			"--mark " ACCEPT "/" ACCEPT " -j RETURN\n",
			chain);
		write_policy(chain, set, policies.out);
	}
	rules_text_close(&sets);
	rules_text_close(&chains);
	rules_text_close(&turns);
	rules_text_close(&policies);
	rig_plan_add(plan, mode_rows[mode].node, RIG_IPSET, "%s", sets.memory);
	rig_plan_add(plan, mode_rows[mode].node, iptables, "%s%s%s%s%s%s%s%sCOMMIT\n", head,
		chains.memory, dispatch, to_pod, from_pod, turns.memory, from_pod_end,
		policies.memory);
	free(sets.memory);
	free(chains.memory);
	free(turns.memory);
	free(policies.memory);
}

void rules_tracking(enum mode mode, enum rig_tool iptables, struct rig_plan *plan)
{
	rig_plan_add(plan, mode_rows[mode].node, iptables,
		"*filter\n-A FORWARD -m conntrack --ctstate INVALID -j DROP\nCOMMIT\n");
}
