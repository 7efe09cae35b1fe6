"""seatrial-service in a kernel that has IPVS: a line through what iptables costs, and none through IPVS."""
import guest

GROWING, FLAT = "iptables-legacy", "ipvs"


class Service(guest.Test):
    script, seconds = "inside_service.py", 120
    tools = ("ip", "iptables-legacy-restore", "ipvsadm", "ipset")

    def setUp(self):
        super().setUp()
        self.document = self.results.document("sweep")

    def reading(self, name, mode):
        found = [metric["summary"] for metric in self.document["metrics"]
                 if metric["name"] == name and metric["labels"]["mode"] == mode]
        self.assertEqual(len(found), 1, (name, mode))
        return found[0]

    def test_it_is_complete(self):
        self.assertEqual((self.document["status"], self.document["errors"]), ("complete", []))
        self.assertEqual({metric["labels"]["mode"] for metric in self.document["metrics"]}, {"none", GROWING, FLAT})
        self.assertEqual([text for text in self.document["warnings"] if "no answer" in text], [])

    def test_iptables_costs_in_proportion_to_the_number_of_services(self):
        for question in ("last", "miss"):
            slope = self.reading(f"slope.{question}", GROWING)
            self.assertGreater(slope["low"], 0, question)
            self.assertGreaterEqual(self.reading(f"fit.{question}", GROWING)["value"], 0.99, question)

    def test_ipvs_does_not(self):
        for question in ("last", "miss"):
            room = 0.02 * self.reading(f"slope.{question}", GROWING)["value"]
            slope = self.reading(f"slope.{question}", FLAT)
            self.assertLess(-room, slope["low"], question)
            self.assertLess(slope["high"], room, question)


if __name__ == "__main__":
    guest.suite.main()
