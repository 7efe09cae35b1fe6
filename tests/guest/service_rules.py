"""The rules of Services in a guest kernel, which has IPVS, and modules that nothing may have it load."""
import guest

MODES = ("iptables-legacy", "ipvs")


class ServiceRules(guest.Test):
    script, seconds = "inside_service_rules.py", 300
    tools = ("ip", "nsenter", "iptables-legacy-restore", "ipset", "ipvsadm")

    def test_nothing_makes_the_kernel_load_a_module(self):
        self.assertIn("rtnl-link-vxlan", self.results.json("request"), "it would be seen")
        self.assertEqual(self.results.json("requests"), [])

    def test_a_mode_is_there_once_its_modules_are_loaded(self):
        before, after = self.results.json("before"), self.results.json("after")
        for mode in MODES:
            self.assertRegex(before[mode][1], "^modprobe ")
            self.assertEqual(after[mode][:2], ["", ""])
        self.assertEqual(after["ipvs"][2], "legacy")
        # Each of them is asked for, in turn, and nothing else.
        self.assertEqual(self.results.json("missing"), [])
        # This kernel has no NAT for nftables.
        for mode in ("iptables-nft", "nftables"):
            self.assertRegex(after[mode][0], "nf_tables|nft_chain_nat")

    def test_ipvs_wants_the_machines_own_root(self):
        reason, remedy, _ = self.results.json("user")["ipvs"]
        self.assertIn("not from the root of a user namespace", reason)
        self.assertIn("run this as root", remedy)
        self.assertNotEqual(self.results.json("ipvsadm-user"), 0, "the kernel would not take it")

    def test_updates_come_to_the_same_as_all_at_once(self):
        for mode in MODES:
            seen = self.results.json(f"rules-{mode}")
            for name, found in seen.items():
                if name == "changed":
                    self.assertNotEqual(found, seen["fresh"], mode)
                    self.assertIn("10.224.0.3", str(found))
                elif name != "end":
                    self.assertEqual(found, seen["fresh"], (mode, name))
            for name, found in seen["end"].items():
                self.assertNotIn("KUBE-", name, mode)
                self.assertNotIn("10.96.", str(found), mode)
        fresh = self.results.json("rules-ipvs")["fresh"]
        self.assertEqual(len(fresh["servers"]), 9 * (1 + 2))
        self.assertEqual(len([word for word in fresh["addresses"] if word.startswith("10.96.")]), 9)
        self.assertEqual(len(fresh["sets"]), 9 * 2)

    def test_packets_reach_each_endpoint_and_are_masqueraded_from_outside_the_cluster(self):
        for mode in MODES:
            for host, source in (("pod", "10.128.0.2"), ("node", "192.168.77.1")):
                for protocol, endpoints in (("tcp", ("10.129.0.0", "10.129.0.1")), ("udp", ("10.129.0.2", "10.129.0.3"))):
                    answers = self.results.json(f"{mode}-{host}-{protocol}")
                    self.assertNotIn(None, answers, (mode, host, protocol))
                    reached = [endpoint for endpoint, _ in answers]
                    self.assertEqual(set(reached), set(endpoints))
                    if mode == "ipvs":
                        # In turn; a packet that is sent again takes a turn, too.
                        twice = sum(one == other for one, other in zip(reached, reached[1:]))
                        self.assertLessEqual(twice, 3, reached)
                    # Half of 100, within six standard deviations.
                    self.assertLessEqual(abs(reached.count(endpoints[0]) - 50), 30, reached)
                    self.assertEqual({seen for _, seen in answers}, {source}, (mode, host, protocol))
            # A port that conntrack still knows may come again, but not twice.
            self.assertIn(None, self.results.json(f"{mode}-gone"))

    def test_policies(self):
        for mode in MODES:
            reached, kept = self.results.json(f"{mode}-policies")
            self.assertNotIn(None, reached)
            self.assertEqual(kept, [None])


if __name__ == "__main__":
    guest.suite.main()
