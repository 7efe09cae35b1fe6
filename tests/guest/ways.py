"""The ways between nodes in a guest kernel, which has more of them than the machine's may have."""
import guest

TUNNELS = ("vxlan", "ipip", "geneve", "gre")


class Ways(guest.Test):
    script, seconds = "inside_ways.py", 180
    tools = ("ip", "ethtool", "nsenter", "ping")

    def test_nothing_makes_the_kernel_load_a_module(self):
        lacks = {"encap-without": "veth", "mtu-without": "veth", "encap-bridge": "bridge", "mtu-tunnels": "ip_gre",
                 "mtu-loss": "nfnetlink"}
        self.assertIn("rtnl-link-dummy", self.results.json("request"), "it would be seen")
        for name in (*lacks, "encap-with", "mtu-with"):
            with self.subTest(name):
                code, said, requests = self.results.json(name)
                self.assertEqual(requests, [])
                self.assertEqual(code, 77 if name in lacks else 0, said)
                if name in lacks:
                    self.assertRegex(said, rf" {lacks[name]}\b")

    def test_a_way_is_there_once_its_module_is_loaded(self):
        before, after = self.results.json("before"), self.results.json("after")
        for way in TUNNELS:
            if way in before:
                self.assertFalse(before[way][0], way)
                self.assertIn("modprobe", before[way][2], way)
            self.assertTrue(after[way][0], after[way])
        for way, devices in (("ipip", "tunl0"), ("gre", "gre0, gretap0 and erspan0")):
            self.assertIn(f"which adds {devices} to this machine's interfaces", before[way][2])

    def test_each_carries_each_family_over_each_link(self):
        for link in ("route", "bridge"):
            for way, seen in self.results.json(link).items():
                self.assertTrue(*seen["ipv4"])
                self.assertEqual(seen["ipv6"][0], way != "ipip", (link, way, seen["ipv6"][1]))

    def test_plain_offloads_segment_what_goes_into_a_tunnel(self):
        """Bytes with the Ethernet header, 14; of a full packet, 1514."""
        whole, plain = self.results.json("all"), self.results.json("plain")
        self.assertGreater(plain["native"], 2 * 1514)
        for way in TUNNELS:
            self.assertGreater(whole[way], 2 * 1514, way)
            self.assertLessEqual(plain[way], 1514, way)
            self.assertGreater(plain[way], 1200, way)


if __name__ == "__main__":
    guest.suite.main()
