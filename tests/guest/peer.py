"""Tunnels between two machines in a guest kernel, which has more of them than the machine's may have."""
import guest


class Tunnels(guest.Test):
    script, seconds = "inside_peer.py", 120
    tools = ("ip", "nsenter", "ss")

    def test_each_carries_traffic_over_the_machines_wire(self):
        self.assertEqual(self.results.json("ways"), 0b11111)
        for way in "native", "vxlan", "ipip", "geneve", "gre":
            seen = self.results.json(way)
            if way in ("ipip", "gre") and isinstance(seen["to"], str):
                self.assertIn("use Linux 6.15 or newer", seen["to"])
                continue
            self.assertNotIsInstance(seen["to"], str, seen["to"])
            self.assertGreater(seen["to"]["receiver"]["bytes"], 0, way)
            self.assertEqual(seen["to"]["lost"], 0, way)
            self.assertGreater(seen["from"]["sender"]["messages"], 0, way)
            self.assertGreater(seen["wire"], seen["to"]["receiver"]["bytes"] / 100, way)

    def test_no_interface_of_theirs_is_left_on_the_machine(self):
        before, after = self.results.json("links")
        self.assertEqual(after, before)


if __name__ == "__main__":
    guest.suite.main()
