"""seatrial-encap and seatrial-mtu on this machine's kernel: what they find, and what they leave behind.

Figures are compared within a run alone. The known truths of a network are in tests/guest.
"""
import os
import random
import signal
import subprocess
import time

import host_state
import sandbox
import suite

ENCAP = ("seatrial-encap", "--preset=quick", "--slice=30ms", "--warm-up=10ms")
MTU = ("seatrial-mtu", "--slice=30ms", "--warm-up=10ms", "--blocks=6")


def readings(document, name, **labels):
    return [metric for metric in document["metrics"]
            if metric["name"] == name and labels.items() <= metric.get("labels", {}).items()]


def reading(document, name, **labels):
    found = readings(document, name, **labels)
    if len(found) != 1:
        raise AssertionError(f"{len(found)} readings {name} {labels}")
    return found[0]["summary"]


def fact(document, name):
    return next(fact for fact in document["facts"] if fact["id"] == name)


class Encap(sandbox.Test):
    def need_vxlan(self, document):
        for skipped in document["skipped"]:
            if "VXLAN" in skipped["what"]:
                self.skipTest(skipped["why"])

    def test_every_test_has_readings_and_a_ratio(self):
        # A slice that is held up whole has no reading, nor its block a ratio: then once more.
        for _ in range(4):
            document = suite.document(*ENCAP, "--blocks=3", "--family=ipv4,ipv6", "--pod-link=bridge")
            self.need_vxlan(document)
            if all(metric["summary"]["n"] == 3 for metric in document["metrics"]
                   if metric["name"].startswith("ratio.")):
                break
        self.assertEqual(document["status"], "complete")
        for family in ("ipv4", "ipv6"):
            for way in ("native", "vxlan"):
                ends = [metric["values"] for end in (".sender", ".receiver", "")
                        for metric in readings(document, f"stream.cpu{end}", encap=way, family=family)]
                for sender, receiver, both in zip(*ends) if len(ends) == 3 else ():
                    self.assertAlmostEqual(sender + receiver, both, delta=1e-6 * both)
                for name in ("stream.throughput", "stream.cpu", "packets.rate", "packets.cpu", "rr.latency.p50",
                             "rr.latency.p999", "crr.rate"):
                    self.assertGreater(reading(document, name, encap=way, family=family)["value"], 0, name)
            for name in ("stream", "stream.cpu", "packets", "packets.cpu", "rr.p50", "crr"):
                summary = reading(document, f"ratio.{name}", encap="vxlan", family=family)
                self.assertEqual(summary["n"], 3)
                self.assertLessEqual(summary["low"], summary["value"])
                self.assertLessEqual(summary["value"], summary["high"])
        self.assertEqual([metric for metric in document["metrics"]
                          if metric["name"].startswith("ratio.") and metric["labels"]["encap"] == "native"], [])

    def test_segments_cut_before_the_underlay_cost_throughput(self):
        """Some 45 packets in place of one: several times, far outside of both intervals. Beside other programs those
        are narrow only after more blocks."""
        for blocks in (8, 24, 72):
            document = suite.document(*ENCAP, f"--blocks={blocks}", "--test=stream", "--offload=all,plain",
                                      "--encap=vxlan")
            self.need_vxlan(document)
            whole, plain = (reading(document, "ratio.stream", encap="vxlan", offload=offload)
                            for offload in ("all", "plain"))
            if plain["high"] < whole["low"]:
                break
        self.assertLess(plain["high"], whole["low"])
        cpu = [reading(document, "ratio.stream.cpu", offload=level)["value"] for level in ("all", "plain")]
        self.assertGreater(cpu[1], cpu[0])

    def test_sweeps_are_told_apart(self):
        document = suite.document(*ENCAP, "--blocks=1", "--encap=native", "--flows=1,3", "--packet-size=64,1000",
                                  "--request-size=1,4096", "--test=stream,packets,rr")
        for name, label, values in (("stream.throughput", "flows", ("1", "3")), ("packets.rate", "size", ("64", "1000")),
                                    ("rr.latency.p50", "size", ("1", "4096"))):
            self.assertEqual(tuple(metric["labels"][label] for metric in readings(document, name)), values)

    def test_what_the_kernel_lacks_is_skipped_with_a_reason(self):
        document = suite.document(*ENCAP, "--blocks=1", "--test=rr")
        ways = {metric["labels"]["encap"] for metric in document["metrics"]}
        self.assertEqual(len(ways) + len(document["skipped"]), 6)
        for skipped in document["skipped"]:
            self.assertTrue(skipped["why"] and skipped["enable"])

    def test_bad_options(self):
        for words, said in ((("--cpus=1",), "give two"), (("--encap=ipsec",), "ipsec"), (("--packet-size=8",), "16"),
                            (("--cpus=0,1", "--peer=192.0.2.1"), "leave it out"), (("--write-size=5M",), "write-size")):
            done = suite.program("seatrial-encap", *words)
            self.assertEqual((done.returncode, done.stdout), (2, ""))
            self.assertIn(said, done.stderr)
            self.assertEqual(len(done.stderr.splitlines()), 1)

    def test_a_cpu_that_is_not_there(self):
        done = suite.program(*ENCAP, "--blocks=1", "--cpus=0,1023")
        self.assertEqual(done.returncode, 1)
        self.assertIn("1023", done.stderr)


class Mtu(sandbox.Test):
    def test_the_right_mtu_is_found_by_sending(self):
        for path in (1400, 9000):
            document = suite.document(*MTU, "--test=search", f"--path-mtu={path}", "--encap=native,vxlan")
            for way, header in (("native", 0), ("vxlan", 50)):
                if way == "native" or not document["skipped"]:
                    found = fact(document, f"mtu.{way}")
                    self.assertEqual((found["value"], found["status"]), (path - header, "pass"), found["why"])

    def test_fragments_cost(self):
        """Two packets and their putting together for each: by packet counts alone a half. Beside other programs it takes
        more blocks to see."""
        for blocks in (3, 12, 36):
            document = suite.document("seatrial-mtu", "--slice=30ms", "--warm-up=10ms", f"--blocks={blocks}",
                                      "--test=penalty,cliff", "--path-mtu=1500", "--encap=native")
            share = reading(document, "share.datagram", mtu="too large")
            sizes = {int(metric["labels"]["size"]): metric["summary"]["value"]
                     for metric in readings(document, "cliff.throughput")}
            if share["high"] < 1 and sizes[1501] < sizes[1500]:
                break
        self.assertLess(share["high"], 1)
        self.assertLess(sizes[1501], sizes[1500])
        self.assertLess(sizes[700], sizes[1500])

    def test_a_black_hole_is_named(self):
        document = suite.document(*MTU, "--test=hole", "--encap=native,vxlan")
        hole = fact(document, "blackhole.native")
        self.assertEqual(hole["value"], "stalls")
        self.assertIn("PMTU black hole", hole["why"])
        # 3 s and 6.2 s are the kernel's; no less, and the next would be 12.6 s.
        recovery = reading(document, "blackhole.recovery", encap="native")["value"]
        self.assertGreater(recovery, 2)
        self.assertLess(recovery, 11)
        if not document["skipped"]:
            self.assertEqual(fact(document, "blackhole.vxlan")["value"], "flows")

    def test_nodes_of_different_mtu(self):
        document = suite.document(*MTU, "--test=mismatch", "--encap=native")
        found = fact(document, "mismatch.native")
        self.assertEqual(found["value"], "TCP flows")
        self.assertIn("in fragments", found["why"])

    def test_lost_fragments_lose_the_whole(self):
        """What does not find room while other programs hold up the receiver is lost, too: then once more."""
        for _ in range(3):
            document = suite.document(*MTU, "--test=loss", "--encap=native", "--loss=50", "--loss-time=2s",
                                      "--loss-rate=2k", "--path-mtu=1500")
            if any("datagram.loss" in skipped["what"] for skipped in document["skipped"]):
                self.skipTest(document["skipped"][0]["why"])
            right, large = (reading(document, "datagram.loss", mtu=setting) for setting in ("right MTU", "too large"))
            if right["high"] < large["low"]:
                break
        self.assertLess(right["high"], large["low"])

    def test_settings_for_plugins(self):
        document = suite.document(*MTU, "--test=search", "--path-mtu=1400", "--encap=native")
        self.assertEqual(fact(document, "setting.flannel.vxlan")["value"], '"Backend": {"Type": "vxlan", "MTU": 1400}')
        self.assertEqual(fact(document, "setting.calico.vxlan")["value"], 'veth_mtu: "1350"')


class Remains(sandbox.Test):
    def test_nothing_is_left_however_they_are_killed(self):
        kinds = (host_state.processes, host_state.namespaces, host_state.links)
        quiet = host_state.snapshot(kinds)
        commands = ([suite.BIN / "seatrial-encap", "--preset=quick", "--blocks=1", "--slice=20ms"],
                    [suite.BIN / "seatrial-mtu", "--test=search,hole,loss"])
        for number in range(30):
            delay = random.uniform(0, 0.6)
            with subprocess.Popen(commands[number % 2], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                  stderr=subprocess.DEVNULL) as process:
                time.sleep(delay)
                process.send_signal(signal.SIGKILL)
            self.assertEqual(host_state.left_over(quiet, kinds), [], f"killed after {delay:.3f} s")

    def test_a_run_cut_short_keeps_what_it_has(self):
        document = suite.interrupted("seatrial-encap", "--preset=full", "--slice=20ms")
        self.assertTrue(document["metrics"])

    def test_an_ordinary_user(self):
        if os.geteuid() != 0:
            self.skipTest("these tests are an ordinary user's already")
        done = suite.program("seatrial-encap", "--blocks=1", "--slice=20ms", "--test=rr", "--encap=native,vxlan",
                             user=65534, group=65534, extra_groups=[])
        if done.returncode == 77:
            self.skipTest(suite.parse(done.stdout)["reason"])
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertTrue(reading(suite.validate(suite.parse(done.stdout)), "rr.latency.p50", encap="native"))


if __name__ == "__main__":
    sandbox.main()
