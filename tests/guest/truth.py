"""What a path does to packets, as netem does it in a guest kernel, is what the load reads.

Rates by chance: each of 100 trials has a 95 % interval of its own, which holds the truth with a probability
of at least 0.95 (interval_of_rate()). How many of the trials must hold it follows from that: so many that
an instrument that is right fails once in 10,000 runs, by the binomial distribution; of 100, that is 85.
All trials' events together must be within 4.5 standard deviations of what was to be expected; of losses,
those that the kernel itself counted, where a busy machine held up the receiver, are not chance's.

Other readings have a floor, the same without netem, and room for how late this guest wakes up. Every test
also holds the same readings to another truth, and that must fail.
"""
import math
import statistics

import guest

UNLUCKY = 1e-4
DEVIATIONS = 4.5
ETHERNET, IP, TCP, UDP = 14, 20, 32, 8  # headers in bytes; TCP's with time stamps


def fewest(trials, coverage=0.95):
    """The most hits that so many trials have or exceed but for one in 1 / UNLUCKY times."""
    below = hits = 0
    while True:
        below += math.comb(trials, hits) * coverage ** hits * (1 - coverage) ** (trials - hits)
        if below > UNLUCKY:
            return hits
        hits += 1


def recovered(trials, name, events, truth, others=0):
    """Whether the trials' intervals, and their sum but for so many others, tell that events are so frequent."""
    inside = sum(row[name][1] <= truth <= row[name][2] for row in trials)
    expected = truth * sum(row["sent"] for row in trials)
    total = sum(row[events] for row in trials) - others
    return (inside >= fewest(len(trials)) and abs(total - expected) <= DEVIATIONS * math.sqrt(expected),
            f"{name}: {inside} of {len(trials)} intervals hold {truth}; {total} events, {expected:.1f} expected")


class Truth(guest.Test):
    script, seconds = "inside_truth.py", 400
    tools = ("ip", "tc", "nsenter", "ping", "ethtool")

    def by_chance(self, shaped, name, events, truth, wrong):
        seen = self.results.json(shaped)
        trials = seen["trials"]
        others = seen["no room"] if events == "lost" else 0
        self.assertTrue(*recovered(trials, name, events, truth, others))
        self.assertFalse(*recovered(trials, name, events, wrong, others))
        for other in {"duplicates", "reorder events"} - {events}:
            self.assertEqual(sum(row[other] for row in trials), 0, other)

    def test_the_bound_of_trials(self):
        self.assertEqual(fewest(100), 85)

    def test_what_the_kernel_dropped_is_lost(self):
        """A question for a neighbour's address may be dropped, too."""
        for percent in (0, 0.1, 1, 3):
            seen = self.results.json(f"loss {percent}")
            lost = sum(row["lost"] for row in seen["trials"])
            self.assertIn(seen["dropped"] + seen["no room"] - lost, range(4), (percent, lost, seen["dropped"]))
            self.assertEqual(seen["dropped"] > 0, percent > 0)
            self.assertGreater(sum(row["sent"] for row in seen["trials"]), 10000)

    def test_loss(self):
        for percent, wrong in ((0.1, 0.3), (1, 2), (3, 4)):
            self.by_chance(f"loss {percent}", "loss", "lost", percent / 100, wrong / 100)

    def test_duplicates(self):
        for percent in (1, 5):
            self.by_chance(f"duplicate {percent}", "duplicate", "duplicates", percent / 100, 2 * percent / 100)

    def test_reordering(self):
        """What counts is the one that was overtaken, not the one that overtook (RFC 4737): 5 % overtake the
        one before, of which 95 % were there to be overtaken, and a slice's last one never is."""
        slices = self.results.json("reorder 5")["trials"]
        datagrams = statistics.fmean(row["sent"] for row in slices)
        truth = 0.05 * 0.95 * (datagrams - 1) / datagrams
        self.by_chance("reorder 5", "reorder", "reorder events", truth, 2 * truth)

    def test_delay(self):
        """Within 2 % and what the ninth decile of pings tells of waking up late, 10 % at most. The fastest
        slice stands for all: nothing makes a packet early."""
        seen = self.results.json("delays")
        floor = seen["0"]
        for delay in (5, 20):
            for name, times in (("tcp", 2), ("udp", 2), ("one way", 1)):
                late = self.ninth_decile(seen[str(delay)]["ping"]) - 2e-3 * delay - statistics.median(floor["ping"])

                def within(truth, reading=min(seen[str(delay)][name]), base=min(floor[name]),
                           late=max(0, late) * times / 2):
                    most = 1.02 * (truth + base) + min(late, 0.1 * truth)
                    return 0.98 * truth <= reading <= most, f"{name}: {reading} for {truth}"

                self.assertTrue(*within(times * delay / 1e3))
                self.assertFalse(*within(times * delay * 0.8 / 1e3))
                self.assertFalse(*within(times * delay * 1.2 / 1e3))

    @staticmethod
    def ninth_decile(values):
        return sorted(values)[len(values) * 9 // 10]

    def test_jitter(self):
        """Delays are uniform between 15 and 25 ms: two of them are 10 / 3 ms apart, on average. What RFC 3550
        averages is some 16 differences, of a standard deviation of 2.4 ms; ten flows make that 0.13 ms, and
        of the median of five slices 0.07 ms. Four of those are 9 %."""
        seen = self.results.json("jitters")
        reading, floor = statistics.median(seen["5"]), min(seen["0"])

        def within(jitter):
            return 0.9 * jitter <= reading <= 1.1 * jitter + floor, f"{seen} for {jitter}"

        self.assertTrue(*within(0.01 / 3))
        self.assertFalse(*within(0.01 / 3 / 2))
        self.assertFalse(*within(0.01 / 3 * 2))

    def test_rate(self):
        """netem counts a packet with its Ethernet header. In a slice in which this guest or its machine did
        other things it is another rate, but never the same other one: two within 3 % tell."""
        seen = self.results.json("rates")
        mss = seen["0"]["mss"]
        shares = {"tcp": mss / (mss + TCP + IP + ETHERNET), "udp": 1472 / (1472 + UDP + IP + ETHERNET)}
        for name, share in shares.items():
            most = max(seen["0"][name])
            self.assertGreater(most, 1.1 * share * 10e6)
            for megabits in (10, 50, 200):
                slices = seen[str(megabits)][name]

                def within(truth, slices=slices):
                    return sum(abs(reading / truth - 1) <= 0.03 for reading in slices) >= 2, f"{slices} for {truth}"

                with self.subTest(name, megabits=megabits):
                    if most < 1.1 * share * megabits * 1e6:
                        self.skipTest(f"without netem, this guest had {most / 1e6:.0f} Mbit/s of {name} at most")
                    self.assertTrue(*within(share * megabits * 1e6))
                    self.assertFalse(*within(1.1 * share * megabits * 1e6))


if __name__ == "__main__":
    guest.suite.main()
