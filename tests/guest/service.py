"""seatrial-service in a kernel that has IPVS: a line through what iptables costs, and none through IPVS."""
import statistics

import guest

GROWING, FLAT = "iptables-legacy", "ipvs"


class Service(guest.Test):
    script, seconds = "inside_service.py", 500
    tools = ("ip", "iptables-legacy-restore", "ipvsadm", "ipset")

    def setUp(self):
        super().setUp()
        self.document = self.results.document(self.results.json("sharpest"))

    def reading(self, name, mode):
        found = [metric["summary"] for metric in self.document["metrics"]
                 if metric["name"] == name and metric["labels"]["mode"] == mode]
        self.assertEqual(len(found), 1, (name, mode))
        return found[0]

    def test_it_is_complete(self):
        self.assertEqual((self.document["status"], self.document["errors"]), ("complete", []))
        self.assertEqual({metric["labels"]["mode"] for metric in self.document["metrics"]}, {"none", GROWING, FLAT})
        self.assertEqual([text for text in self.document["warnings"] if "no answer" in text], [])

    def need_calm(self):
        """Where other programs had the processor, the guest saw little but them."""
        width = self.results.json("width")
        if width > 0.1:
            self.skipTest(f"the sharpest interval of IPVS's slope is {width:.0%} of iptables' slope wide")

    def medians(self, question, mode):
        """Numbers of Services and what a lookup costs there."""
        return zip(*((int(metric["labels"]["services"]), metric["summary"]["value"])
                     for metric in self.document["metrics"]
                     if metric["name"] == f"lookup.{question}" and metric["labels"]["mode"] == mode))

    def test_iptables_costs_in_proportion_to_the_number_of_services(self):
        self.need_calm()
        for question in ("last", "miss"):
            self.assertGreater(self.reading(f"slope.{question}", GROWING)["low"], 0, question)
            # Of blocks' lines, other programs bend each; of their medians, hardly.
            services, costs = self.medians(question, GROWING)
            self.assertEqual(len(services), 4)
            fit = statistics.correlation(services, costs) ** 2
            print(f"{question}: R² {fit:.4f}", flush=True)
            self.assertGreaterEqual(fit, 0.99, (question, services, costs))

    def test_ipvs_does_not(self):
        """It has 256 lists of Services (IP_VS_SVC_TAB_BITS in ip_vs_ctl.c): at 10,000 the entry of a Service has 39
        beside it, so that what a Service adds is not nothing, but a hundredth or two of what a rule does. An address
        that is none leads to a list, too."""
        self.need_calm()
        for question in ("last", "miss"):
            whole = self.reading(f"slope.{question}", GROWING)["value"]
            slope = self.reading(f"slope.{question}", FLAT)
            low, high = slope["low"] / whole, slope["high"] / whole
            print(f"{question}: IPVS {low:.2%} to {high:.2%} of iptables", flush=True)
            self.assertLess(low, 0.02, question)
            self.assertGreater(low, -0.05, question)
            self.assertLess(high, 0.06, question)


if __name__ == "__main__":
    guest.suite.main()
