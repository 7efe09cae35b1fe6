"""seatrial-service in a kernel that has IPVS: a line through what iptables costs, and none through IPVS."""
import statistics

import guest
import pooled

GROWING, FLAT = "iptables-legacy", "ipvs"
SERVICES = (100, 2000, 5000, 10000)


class Service(guest.Test):
    script, seconds = "inside_service.py", 500
    tools = ("ip", "iptables-legacy-restore", "ipvsadm", "ipset")

    def setUp(self):
        super().setUp()
        self.documents = [self.results.document(name) for name in self.results.json("sweeps")]

    def test_it_is_complete(self):
        for document in self.documents:
            self.assertEqual((document["status"], document["errors"]), ("complete", []))
            self.assertEqual({metric["labels"]["mode"] for metric in document["metrics"]}, {"none", GROWING, FLAT})
            self.assertEqual([text for text in document["warnings"] if "no answer" in text], [])

    def need_calm(self):
        """Where other programs had the processor, the guest saw little but them."""
        width = self.results.json("width")
        if width > 0.1:
            self.skipTest(f"the interval of IPVS's slope is {width:.0%} of iptables' slope wide")

    def cost(self, question, services):
        return statistics.median(pooled.values(self.documents, f"lookup.{question}", mode=GROWING,
                                               services=str(services)))

    def test_iptables_costs_in_proportion_to_the_number_of_services(self):
        """Half a minute passes from one number to the next, in which the host may change by a half: what a Service adds
        differs by less than a factor of three, where a logarithm would have it differ by 3.4 and a square by 4.8."""
        self.need_calm()
        for question in ("last", "miss"):
            low, _ = pooled.interval(pooled.values(self.documents, f"slope.{question}", mode=GROWING))
            self.assertGreater(low, 0, question)
            few, *many = (self.cost(question, services) for services in SERVICES)
            added = [(cost - few) / (services - SERVICES[0]) for cost, services in zip(many, SERVICES[1:])]
            print(f"{question}: {', '.join(f'{each * 1e9:.2f}' for each in added)} ns a Service", flush=True)
            self.assertGreater(min(added), max(added) / 3, (question, added))

    def test_iptables_costs_in_proportion_to_the_place_among_the_services(self):
        """The first, the middle and the last Service are asked for in turn within a block, so that the host is the same
        for all: half of what the last one costs, where a root would have 0.71, a square 0.25 and a hash nothing."""
        self.need_calm()
        for services in SERVICES[1:]:
            first, middle, last = (self.cost(question, services) for question in ("first", "middle", "last"))
            share = (middle - first) / (last - first)
            print(f"{services}: the middle costs {share:.3f} of the last", flush=True)
            self.assertGreater(share, 0.3, services)
            self.assertLess(share, 0.7, services)

    def test_ipvs_does_not(self):
        """It has 256 lists of Services (IP_VS_SVC_TAB_BITS in ip_vs_ctl.c): at 10,000 the entry of a Service has 39
        beside it, so that what a Service adds is not nothing, but a hundredth or two of what a rule does. An address
        that is none leads to a list, too."""
        self.need_calm()
        for question in ("last", "miss"):
            whole = statistics.median(pooled.values(self.documents, f"slope.{question}", mode=GROWING))
            low, high = (side / whole for side in
                         pooled.interval(pooled.values(self.documents, f"slope.{question}", mode=FLAT)))
            print(f"{question}: IPVS {low:.2%} to {high:.2%} of iptables", flush=True)
            self.assertLess(low, 0.02, question)
            self.assertGreater(low, -0.06, question)
            self.assertLess(high, 0.06, question)


if __name__ == "__main__":
    guest.suite.main()
