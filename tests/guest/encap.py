"""seatrial-encap and seatrial-mtu with all the tunnels that a guest's kernel has.

Its path takes what it is told to, drops what it is told to and keeps back ICMP; sizes of headers are those
of the protocols. Of figures, only what chance does is looked at here: a guest has one processor.
"""
import math

import guest
from truth import DEVIATIONS, fewest

TUNNELS = ("vxlan", "ipip", "geneve", "gre")
WAYS = ("native", *TUNNELS)
# Bytes that a way adds: IPv4 20, UDP 8, VXLAN or Geneve 8, Ethernet 14; GRE 4.
HEADERS = {"native": 0, "vxlan": 50, "ipip": 20, "geneve": 50, "gre": 24}


def readings(document, name, **labels):
    return {metric["labels"]["encap"]: metric["summary"] for metric in document["metrics"]
            if metric["name"] == name and labels.items() <= metric["labels"].items()}


class Encap(guest.Test):
    script, seconds = "inside_encap.py", 300
    tools = ("ip", "bridge", "tc", "ethtool")

    def facts(self, name, prefix):
        """id without the prefix -> fact"""
        return {fact["id"].removeprefix(prefix): fact for fact in self.results.document(name)["facts"]
                if fact["id"].startswith(prefix)}

    def test_every_tunnel_is_compared_with_native_routing(self):
        document = self.results.document("encap")
        self.assertEqual(document["status"], "complete")
        for family in ("ipv4", "ipv6"):
            there = {way for way in TUNNELS if family == "ipv4" or way != "ipip"}
            for name in ("stream.throughput", "packets.rate", "rr.latency.p50", "crr.rate"):
                found = readings(document, name, family=family)
                self.assertEqual(set(found), {"native", *there}, (name, family))
                self.assertTrue(all(summary["value"] > 0 for summary in found.values()), (name, found))
            for name in ("stream", "packets", "rr.p50", "crr"):
                self.assertEqual(set(readings(document, f"ratio.{name}", family=family)), there, (name, family))

    def test_what_the_headers_take_is_found_by_sending(self):
        for path in (1400, 1500):
            found = self.facts(f"search.{path}", "mtu.")
            self.assertEqual({way: path - fact["value"] for way, fact in found.items()}, HEADERS, path)
            for fact in found.values():
                self.assertEqual(fact["status"], "pass", fact["why"])

    def test_a_hole_swallows_what_must_not_be_fragmented(self):
        """IP-in-IP and GRE take DF from the packet inside, as their plugins have it; VXLAN and Geneve leave it
        out."""
        documents = [self.results.document(f"hole.{ways}") for ways in ("native,vxlan,geneve", "ipip", "gre")]
        found = {fact["id"].removeprefix("blackhole."): fact for document in documents
                 for fact in document["facts"] if fact["id"].startswith("blackhole.")}
        recovery = {}
        for document in documents:
            recovery |= readings(document, "blackhole.recovery")
        self.assertEqual({way: fact["value"] for way, fact in found.items()},
                         {way: "flows" if way in ("vxlan", "geneve") else "stalls" for way in WAYS})
        self.assertEqual(set(recovery), {"native", "ipip", "gre"})
        for way, summary in recovery.items():
            self.assertIn("tcp_mtu_probing=1 in the pod it flows", found[way]["why"])
            # The first timeout that comes 3 s after the last answer: at 3 or 6.2 s, and the next at 12.6 s.
            self.assertTrue(2 < summary["value"] < 11, summary)

    def test_nodes_of_different_mtu(self):
        found = self.facts("mismatch", "mismatch.")
        self.assertEqual(set(found), set(WAYS))
        for fact in found.values():
            self.assertEqual(fact["value"], "TCP flows", fact["why"])
            self.assertIn("arrives in fragments", fact["why"])

    def test_a_lost_fragment_loses_the_datagram(self):
        """Of 1 % of the packets: 1 % of whole datagrams, and 1 - 0.99^2 of those in two fragments."""
        document = self.results.document("loss")
        whole = [summary for setting in ("right MTU", "too small")
                 for summary in readings(document, "datagram.loss", mtu=setting).values()]
        cut = list(readings(document, "datagram.loss", mtu="too large").values())
        self.assertEqual((len(whole), len(cut)), (2 * len(WAYS), len(WAYS)))

        def recovered(summaries, truth):
            # Some 2,160 datagrams each; a flow's first may be lost to finding out that they are too large.
            inside = sum(summary["low"] <= truth <= summary["high"] for summary in summaries)
            mean = sum(summary["value"] for summary in summaries) / len(summaries)
            room = DEVIATIONS * math.sqrt(truth / (2160 * len(summaries)))
            return inside >= fewest(len(summaries)) and abs(mean - truth) <= room, f"{summaries} for {truth}"

        self.assertTrue(*recovered(whole, 0.01))
        self.assertTrue(*recovered(cut, 1 - 0.99 ** 2))
        self.assertFalse(*recovered(whole, 1 - 0.99 ** 2))
        self.assertFalse(*recovered(cut, 0.01))


if __name__ == "__main__":
    guest.suite.main()
