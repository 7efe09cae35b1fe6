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

    def test_iptables_costs_in_proportion_to_the_number_of_services(self):
        self.need_calm()
        for question in ("last", "miss"):
            low, _ = pooled.interval(pooled.values(self.documents, f"slope.{question}", mode=GROWING))
            self.assertGreater(low, 0, question)
            costs = [statistics.median(pooled.values(self.documents, f"lookup.{question}", mode=GROWING,
                                                     services=str(services))) for services in SERVICES]
            fit = statistics.correlation(SERVICES, costs) ** 2
            print(f"{question}: R² {fit:.4f}", flush=True)
            # Half a minute passes from one number to the next, in which the host may become slower or faster.
            self.assertGreaterEqual(fit, 0.97, (question, costs))

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
