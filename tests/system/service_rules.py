"""The rules of Services: they look like kube-proxy's, load, and take packets where they should.

What is planted into the kernel is in a sandbox (sandbox.py).
"""
import collections
import os
import re
import unittest

import rules
import sandbox
from rules import Node

# The address of a Service, by its number; with two endpoints, theirs.
FIRST, SECOND = "10.96.0.10", "10.96.0.11"
ENDPOINTS = {FIRST: {"10.129.0.0", "10.129.0.1"}, SECOND: {"10.129.0.2", "10.129.0.3"}}

# Facts of Kubernetes' pkg/proxy/iptables/proxier_test.go, TestOverallIPTablesRules, of a Service that has a
# cluster IP and two endpoints: what each kind of chain has, as matches in their order and where it leads to.
# (MASQUERADE is --random-fully where the tool can, which the test's cannot; iptablesJumpChains, for the rest,
# is in proxier.go.)
IPTABLES = {
    "nat KUBE-SERVICES": [
        ("comment NAME cluster IP, PROTOCOL, to SERVICE, port 80", "SVC"),
        ("comment kubernetes service nodeports; NOTE: this must be the last rule in this chain, to a LOCAL address",
         "KUBE-NODEPORTS")],
    "nat SVC": [
        ("comment NAME cluster IP, PROTOCOL, to SERVICE, port 80, not from CLUSTER", "KUBE-MARK-MASQ"),
        ("comment NAME -> ENDPOINT:8080, chance 0.5000000000", "SEP"),
        ("comment NAME -> ENDPOINT:8080", "SEP")],
    "nat SEP": [
        ("comment NAME, from ENDPOINT", "KUBE-MARK-MASQ"),
        ("comment NAME, PROTOCOL", "DNAT --to-destination ENDPOINT:8080")],
    "nat KUBE-MARK-MASQ": [("", "MARK --or-mark 0x4000")],
    "nat KUBE-POSTROUTING": [
        ("mark not 0x4000/0x4000", "RETURN"),
        ("", "MARK --xor-mark 0x4000"),
        ("comment kubernetes service traffic requiring SNAT", "MASQUERADE --random-fully")],
    "nat KUBE-NODEPORTS": [],
    "filter KUBE-FORWARD": [
        ("state INVALID", "DROP"),
        ("comment kubernetes forwarding rules, mark 0x4000/0x4000", "ACCEPT"),
        ("comment kubernetes forwarding conntrack rule, state RELATED,ESTABLISHED", "ACCEPT")],
    "filter KUBE-FIREWALL": [
        ("comment block incoming localnet connections, to 127.0.0.0/8, not from 127.0.0.0/8, "
         "state not RELATED,ESTABLISHED,DNAT", "DROP")],
    **{f"filter KUBE-{name}": [] for name in ("SERVICES", "EXTERNAL-SERVICES", "NODEPORTS", "PROXY-FIREWALL")},
}
# From the tables' own chains, first to last: kube-proxy puts each new one first.
JUMPS = {
    "nat": ["OUTPUT KUBE-SERVICES", "PREROUTING KUBE-SERVICES", "POSTROUTING KUBE-POSTROUTING"],
    "filter": ["INPUT KUBE-PROXY-FIREWALL NEW", "INPUT KUBE-NODEPORTS", "INPUT KUBE-EXTERNAL-SERVICES NEW",
               "INPUT KUBE-FIREWALL",
               "FORWARD KUBE-PROXY-FIREWALL NEW", "FORWARD KUBE-FORWARD", "FORWARD KUBE-SERVICES NEW",
               "FORWARD KUBE-EXTERNAL-SERVICES NEW",
               "OUTPUT KUBE-PROXY-FIREWALL NEW", "OUTPUT KUBE-SERVICES NEW", "OUTPUT KUBE-FIREWALL"],
}

# Facts of pkg/proxy/nftables/proxier_test.go: its base rules, with the choice of a node's own addresses for
# NodePorts, and the Services ns1/svc1 (one endpoint) and ns4/svc4 (two).
NFTABLES = """
filter-prerouting-pre-dnat: ct state new jump firewall-check
filter-output-pre-dnat: ct state new jump firewall-check
filter-forward: ct state new jump service-endpoints-check
filter-forward: ct state new jump cluster-ips-check
filter-input: ct state new jump nodeport-endpoints-check
filter-input: ct state new jump service-endpoints-check
filter-output: ct state new jump service-endpoints-check
filter-output: ct state new jump cluster-ips-check
nat-output: jump services
nat-prerouting: jump services
nat-postrouting: jump masquerading
firewall-check: ip daddr . meta l4proto . th dport vmap @firewall-ips
cluster-ips-check: ip daddr @cluster-ips reject comment "Reject traffic to invalid ports of ClusterIPs"
cluster-ips-check: ip daddr { SERVICES } drop comment "Drop traffic to unallocated ClusterIPs"
mark-for-masquerade: mark set mark or 0x4000
masquerading: mark and 0x4000 == 0 return
masquerading: mark set mark xor 0x4000
masquerading: masquerade fully-random
service-endpoints-check: ip daddr . meta l4proto . th dport vmap @no-endpoint-services
nodeport-endpoints-check: ip daddr @nodeport-ips meta l4proto . th dport vmap @no-endpoint-nodeports
reject-chain: reject
services: ip daddr . meta l4proto . th dport vmap @service-ips
services: ip daddr @nodeport-ips meta l4proto . th dport vmap @service-nodeports
service-HASH-PLACE: ip daddr SERVICE PROTOCOL dport 80 ip saddr != CLUSTER jump mark-for-masquerade
service-HASH-PLACE: numgen random mod 2 vmap { 0 : goto endpoint-HASH-PLACE__ENDPOINT/8080 , 1 : goto endpoint-HASH-PLACE__ENDPOINT/8080 }
endpoint-HASH-PLACE__ENDPOINT/8080: ip saddr ENDPOINT jump mark-for-masquerade
endpoint-HASH-PLACE__ENDPOINT/8080: meta l4proto PROTOCOL dnat to ENDPOINT:8080
cluster-ips { SERVICE }
service-ips { SERVICE . PROTOCOL . 80 : goto service-HASH-PLACE }
"""
NFTABLES_BASES = {
    "filter-prerouting-pre-dnat": "filter prerouting -110", "filter-output-pre-dnat": "filter output -110",
    "filter-input": "filter input 0", "filter-forward": "filter forward 0", "filter-output": "filter output 0",
    "nat-prerouting": "nat prerouting -100", "nat-output": "nat output -100", "nat-postrouting": "nat postrouting 100"}

# Facts of pkg/proxy/ipvs/proxier.go, writeIptablesRules(), where no Service has more than a cluster IP.
IPVS = {
    "nat KUBE-SERVICES": [
        ("from 127.0.0.0/8", "RETURN"),
        ("comment Kubernetes service cluster ip + port for masquerade purpose, set KUBE-CLUSTER-IP dst,dst, "
         "not from CLUSTER", "KUBE-MARK-MASQ"),
        ("to a LOCAL address", "KUBE-NODE-PORT"),
        ("set KUBE-CLUSTER-IP dst,dst", "ACCEPT")],
    "nat KUBE-LOAD-BALANCER": [("", "KUBE-MARK-MASQ")],
    "nat KUBE-NODE-PORT": [],
    "nat KUBE-MARK-MASQ": IPTABLES["nat KUBE-MARK-MASQ"],
    "nat KUBE-POSTROUTING": IPTABLES["nat KUBE-POSTROUTING"],
    "filter KUBE-FORWARD": IPTABLES["filter KUBE-FORWARD"][1:],
    "filter KUBE-NODE-PORT": [
        ("comment Kubernetes health check node port, set KUBE-HEALTH-CHECK-NODE-PORT dst", "ACCEPT")],
    "filter KUBE-PROXY-FIREWALL": [],
    "filter KUBE-SOURCE-RANGES-FIREWALL": [("", "DROP")],
    "filter KUBE-IPVS-FILTER": [
        ("set KUBE-LOAD-BALANCER dst,dst", "RETURN"),
        ("set KUBE-CLUSTER-IP dst,dst", "RETURN"),
        ("set KUBE-EXTERNAL-IP dst,dst", "RETURN"),
        ("set KUBE-EXTERNAL-IP-LOCAL dst,dst", "RETURN"),
        ("set KUBE-HEALTH-CHECK-NODE-PORT dst", "RETURN"),
        ("state NEW, set KUBE-IPVS-IPS dst", "REJECT")],
    "filter KUBE-IPVS-OUT-FILTER": [],
}


def plain(text):
    """Without what differs from Service to Service."""
    for pattern, word in ((r"KUBE-(SVC|SEP)-[A-Z2-7]{16}", r"\1"), (r"10\.96\.0\.0/12", "SERVICES"),
                          (r"10\.128\.0\.0/9", "CLUSTER"), (r"10\.96\.\d+\.\d+", "SERVICE"),
                          (r"10\.129\.\d+\.\d+", "ENDPOINT"), (r"ns-\d+/svc-\d+:p80", "NAME"),
                          (r"-[A-Z2-7]{8}-ns-\d+/svc-\d+/(tcp|udp)/p80", "-HASH-PLACE"), (r"\b(tcp|udp)\b", "PROTOCOL")):
        text = re.sub(pattern, word, text)
    return text


def matched(rule):
    """A rule of iptables as its matches, in their order, and its target."""
    matches, _, target = f" {plain(rule)}".rpartition(" -j ")
    for pattern, words in ((r' -m comment --comment (?:"([^"]*)"|(\S+))', r", comment \1\2"),
                           (" -m PROTOCOL -p PROTOCOL", ", PROTOCOL"), (r" ! -s (\S+)", r", not from \1"),
                           (r" -s (\S+)", r", from \1"), (r" -d (\S+)", r", to \1"), (r" --dport (\d+)", r", port \1"),
                           (r" -m statistic --mode random --probability (\S+)", r", chance \1"),
                           (r" -m conntrack ! --ctstate (\S+)", r", state not \1"),
                           (r" -m conntrack --ctstate (\S+)", r", state \1"),
                           (r" -m mark ! --mark (\S+)", r", mark not \1"), (r" -m mark --mark (\S+)", r", mark \1"),
                           (r" -m addrtype --dst-type (\S+)", r", to a \1 address"),
                           (r" -m set --match-set (\S+ \S+)", r", set \1")):
        matches = re.sub(pattern, words, matches)
    return matches.removeprefix(", ").strip(), target


class Shapes(unittest.TestCase):
    maxDiff = None

    def shapes(self, mode, *lines):
        """Kind of chain -> the rules of the first one of it; all others must be alike."""
        kinds = {}
        for chain, lines in rules.iptables_rules(rules.printed(mode, *lines)).items():
            # What is one of many in KUBE-SERVICES is one here.
            found = list(dict.fromkeys(matched(rule) for rule in lines))
            self.assertEqual(kinds.setdefault(plain(chain), found), found, chain)
        return kinds

    def test_iptables(self):
        self.assertEqual(self.shapes("iptables-legacy", "add 0 4"), IPTABLES)

    def test_both_variants_of_iptables_are_told_the_same(self):
        legacy, nft = (rules.printed(f"iptables-{each}", "begin", "add 0 2") for each in ("legacy", "nft"))
        self.assertEqual(legacy.replace("legacy", "nft"), nft)

    def test_many_endpoints_leave_comments_out(self):
        """largeClusterEndpointsThreshold, 1000: appendServiceCommentLocked() in proxier.go."""
        for services, comments in ((500, True), (501, False)):
            chains = rules.iptables_rules(rules.printed("iptables-legacy", f"add {services - 1} {services}"))
            for chain, lines in chains.items():
                name = plain(chain)
                if name in ("nat SVC", "nat SEP"):
                    for line in lines[1:]:
                        self.assertEqual("--comment" in line, comments, line)
                    self.assertIn("--comment" if name == "nat SVC" or comments else "-s", lines[0])

    def test_nftables(self):
        text = rules.printed("nftables", "resync 2", protocols="tcp")
        lines = [plain(line).replace("ip kube-proxy ", "") for line in text.splitlines()]
        seen = [re.sub(r"add rule (\S+) ", r"\1: ", line) for line in lines if line.startswith("add rule ")]
        seen += [line.removeprefix("add element ") for line in lines if line.startswith("add element ")]
        # Only within a chain the order matters.
        for name in {line.split(":")[0].split(" {")[0] for line in NFTABLES.strip().splitlines()}:
            def of(among, name=name):
                return list(dict.fromkeys(line for line in among if re.match(rf"{re.escape(name)}(:| {{)", line)))
            self.assertEqual(of(seen), of(NFTABLES.splitlines()), name)
        for line in seen:
            self.assertIn(line, [*NFTABLES.splitlines(), "nodeport-ips { 192.0.2.1 }"])
        bases = re.findall(r"add chain ip kube-proxy (\S+) \{ type (\S+) hook (\S+) priority (\S+) ; \}", text)
        self.assertEqual({name: " ".join(words) for name, *words in bases}, NFTABLES_BASES)

    def test_ipvs(self):
        if rules.modes()["ipvs"][2] == "none":
            self.skipTest("no iptables that the rules could be written with")
        self.assertEqual(self.shapes("ipvs", "add 0 4"), IPVS)
        text = rules.printed("ipvs", "add 0 1")
        for line in (f"-A -t {FIRST}:80 -s rr", f"-a -t {FIRST}:80 -r 10.129.0.1:8080 -m -w 1",
                     f"address add {FIRST}/32 dev kube-ipvs0", f"add KUBE-CLUSTER-IP {FIRST},tcp:80",
                     f"add KUBE-IPVS-IPS {FIRST}"):
            self.assertIn(f"{line}\n", text)


class Kernel(sandbox.Test):
    """On the kernel that runs."""
    maxDiff = None

    def modes(self):
        found = [mode for mode in rules.MODES if not rules.modes()[mode][0]]
        if not found:
            self.skipTest(f"no mode can be had here: {rules.modes()}")
        return found

    def test_what_is_not_there_says_why_and_what_to_do(self):
        found = rules.modes()
        self.assertEqual(list(found), ["none", *rules.MODES])
        self.assertEqual(found["none"][0], "")
        for mode, (reason, remedy, _) in found.items():
            self.assertEqual(not reason, not remedy, mode)
        if not os.path.exists("/proc/net/ip_vs") and not os.path.exists("/proc/modules"):
            self.assertIn("ip_vs", found["ipvs"][0])

    def test_services_are_as_many_as_were_added(self):
        for mode in self.modes():
            with self.subTest(mode), Node(mode, endpoints=3) as node:
                node.tell("begin", "add 0 7", "add 7 20")
                self.count(mode, node.rules(), 20, 3)

    def count(self, mode, seen, services, endpoints):
        kinds = collections.Counter(re.sub(r"-[A-Z2-7]{8,16}.*", "", name) for name in seen)
        if mode == "nftables":
            self.assertEqual(kinds["chain service"], services)
            self.assertEqual(kinds["chain endpoint"], services * endpoints)
            self.assertEqual(len(seen["map service-ips"]) - 1, services)
            self.assertEqual(len(seen["set cluster-ips"]) - 1, services)
        elif mode == "ipvs":
            self.assertEqual(len(seen["servers"]), services * (1 + endpoints))
            self.assertEqual(len(seen["sets"]), 2 * services)
        else:
            self.assertEqual(kinds["nat KUBE-SVC"], services)
            self.assertEqual(kinds["nat KUBE-SEP"], services * endpoints)
            self.assertEqual(len(seen["nat KUBE-SERVICES"]), services + 1)

    def test_tables_lead_to_them_in_kube_proxys_order(self):
        for mode in self.modes():
            if not mode.startswith("iptables"):
                continue
            with self.subTest(mode), Node(mode) as node:
                node.tell("begin")
                seen = node.rules()
            for table, jumps in JUMPS.items():
                found = {chain: seen[f"{table} {chain}"]
                         for chain in ("INPUT", "FORWARD", "OUTPUT", "PREROUTING", "POSTROUTING")
                         if f"{table} {chain}" in seen}
                words = [f"{chain} {rule.rpartition('-j ')[2]}{' NEW' if '--ctstate NEW' in rule else ''}"
                         for chain, lines in found.items() for rule in lines]
                self.assertEqual(sorted(words), sorted(jumps))
                for chain in found:
                    self.assertEqual([word for word in words if word.startswith(chain)],
                                     [jump for jump in jumps if jump.startswith(chain)])
            for table in ("nat", "filter", "mangle"):
                self.assertEqual(seen[f"{table} KUBE-PROXY-CANARY"], [])

    def test_updates_come_to_the_same_as_all_at_once(self):
        for mode in self.modes():
            with self.subTest(mode), Node(mode) as node, Node(mode) as fresh:
                fresh.tell("begin", "add 0 9")
                expected = fresh.rules()
                node.tell("begin", "add 0 5", "add 5 9")
                self.assertEqual(node.rules(), expected)
                node.tell("change 9 3 1")
                changed = node.rules()
                self.assertNotEqual(changed, expected)
                self.assertIn("10.224.0.3", str(changed))
                self.assertNotIn("10.129.0.7:", str(changed))
                for lines in (("change 9 3 2",), ("add 9 10", "remove 10"), ("resync 9",), ("add 9 10", "remove 10")):
                    node.tell(*lines)
                    self.assertEqual(node.rules(), expected, lines)

    def test_no_chain_is_left_of_a_service_that_went_or_an_endpoint_that_changed(self):
        if "nftables" not in self.modes():
            self.skipTest("no nftables here")

        def chains(node):
            return set(re.findall(r"chain (\S+)", node.run("node", "nft", "list", "ruleset")))
        with Node("nftables") as node:
            node.tell("begin", "add 0 9")
            before = chains(node)
            node.tell("add 9 10", "remove 10")
            self.assertEqual(len(chains(node) - before), 3, "emptied")
            node.tell("clean 9")
            self.assertEqual(chains(node), before)
            node.tell("change 9 3 1", "clean 3 1", "change 9 3 2", "clean 3 2")
            self.assertEqual(chains(node), before)

    def test_the_end_leaves_nothing(self):
        for mode in self.modes():
            with self.subTest(mode), Node(mode) as node:
                node.tell("begin", "add 0 50", "end 50")
                left = node.rules()
                own = {name: lines for name, lines in left.items()
                       if name.split()[-1] not in ("INPUT", "OUTPUT", "FORWARD", "PREROUTING", "POSTROUTING")}
                if mode == "ipvs":
                    self.assertNotIn("10.96.", str(own.pop("addresses")))
                self.assertFalse(any(left.values()) and any(own.values()), left)
                self.assertEqual({name for name in own if name not in ("servers", "sets")}, set())
                # And again.
                node.tell("begin", "add 0 2", "end 2")

    def test_packets_reach_each_endpoint_and_are_masqueraded_from_outside_the_cluster(self):
        for mode in self.modes():
            with self.subTest(mode), Node(mode) as node, node.serve():
                node.tell("begin", "add 0 1", "add 1 2")
                for host, source in (("pod", "10.128.0.2"), ("node", "192.168.77.1")):
                    for address, protocol in ((FIRST, "tcp"), (SECOND, "udp")):
                        answers = node.ask(host, address, protocol, count=200)
                        self.assertNotIn(None, answers, (host, protocol))
                        reached = collections.Counter(endpoint for endpoint, _ in answers)
                        self.assertEqual(set(reached), ENDPOINTS[address])
                        # Half of 200, within six standard deviations.
                        for number in reached.values():
                            self.assertLess(abs(number - 100), 43, reached)
                        self.assertEqual({seen for _, seen in answers}, {source}, (host, protocol))
                # Not of the Service's protocol; no Service's; nobody's; a Service's, after it went.
                self.assertEqual(node.ask("pod", FIRST, "udp"), [None])
                self.assertEqual(node.ask("pod", "10.96.0.99", "tcp"), [None])
                self.assertEqual(node.ask("pod", "198.51.100.7", "udp", port=rules.TARGET_PORT),
                                 [["198.51.100.7", "10.128.0.2"]])
                node.tell("change 2 0 1")
                self.assertEqual({endpoint for endpoint, _ in node.ask("pod", FIRST, "tcp", count=40)},
                                 {"10.129.0.0", "10.224.0.0"})
                node.tell("remove 2")
                # A port of those above may come again, which conntrack still knows; not twice.
                self.assertIn(None, node.ask("pod", SECOND, "udp", count=2))


class Policies(sandbox.Test):
    def test_the_last_policy_lets_a_pod_reach_port_8080_of_pods_and_nothing_else(self):
        for mode in [mode for mode in rules.MODES if not rules.modes()[mode][0]]:
            for policies in (1, 5):
                with self.subTest(mode, policies=policies), Node(mode) as node, node.serve(), node.serve(9090):
                    self.assertNotIn(None, node.ask("pod", "10.129.0.0", "udp", port=9090))
                    node.tell("begin", "add 0 1", f"policies {policies}")
                    for protocol in ("tcp", "udp"):
                        self.assertNotIn(None, node.ask("pod", "10.129.0.0", protocol, port=8080))
                        self.assertNotIn(None, node.ask("node", "10.129.0.0", protocol, port=9090))
                        self.assertEqual(node.ask("pod", "10.129.0.0", protocol, port=9090), [None])
                        self.assertEqual(node.ask("pod", "198.51.100.7", protocol, port=8080), [None])
                    self.assertNotIn(None, node.ask("pod", FIRST, "tcp"))
                    chains = node.iptables(rules.modes()[mode][2])
                    self.assertEqual(len([name for name in chains if name.startswith("filter cali-po-")]), policies)
                    self.assertEqual(len(node.run("node", "ipset", "-n", "list").split()), policies)


if __name__ == "__main__":
    sandbox.main()
