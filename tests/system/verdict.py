"""Verdicts on runs whose truth is known, by the profiles that come with the suite: latencies drawn here, encoded by
an HdrHistogram writer of this language, judged by the program."""
import json
import random
import tempfile
import unittest
from pathlib import Path

import documents
import suite

EXIT_CODES = {"suitable": 0, "unsuitable": 3, "not enough evidence": 4, "marginal": 5}
LABELS = {"payload": "1392", "rate": "150"}


def profile(name):
    return suite.parse((suite.SOURCE / "harness" / "profiles" / f"{name}.json").read_text())


def repetitions(count, samples, median_s, spread=0.1, seed=7):
    rng = random.Random(seed)
    return [documents.latencies(rng, samples, median_s, spread) for _ in range(count)]


def fsync(log, commits=None, back_to_back=None, rate=2000.0, lost=0, **changes):
    """What seatrial-fsync would say, given the latencies of each repetition."""
    parts = [documents.latency("etcd.wal_fsync", "WAL fsync", log, LABELS),
             documents.latency("etcd.append", "Append", log, LABELS),
             documents.latency("etcd.backend_commit", "Commit", commits or repetitions(6, 100, 0.002), LABELS),
             documents.latency("wal.fsync", "Flush", back_to_back or repetitions(6, 1000, 0.0005), {"payload": "2300"})]
    values = [rate * (1 + i / 100) for i in range(6)]
    leaders = documents.metric("etcd.leader_changes", "Leaders lost", "changes/day", "lower", [lost / 0.0005] * 6,
                               {**LABELS, "members": "3"})
    leaders.update(events=6 * lost, exposure=0.003)
    return documents.result(
        "fsync", "How long?", "So.", distributions=[distribution for distribution, _ in parts],
        metrics=[metric for _, metrics in parts for metric in metrics] + [
            documents.metric("wal.rate", "Rate", "writes/s", "higher", values, {"payload": "2300"}),
            documents.metric("etcd.rate", "Rate", "writes/s", "higher", [149.9] * 6, LABELS), leaders,
            documents.metric("etcd.sustainable", "Rate", "writes/s", "higher", values, {"payload": "1392"})],
        facts=[fact("durability.flush", "2 flushes"), fact("durability.errors", "yes"), fact("durability.speed", "yes")], **changes)


def fact(name, value, status="pass", unit=None):
    made = {"id": name, "topic": "T", "title": name, "status": status, "value": value, "why": "So."}
    if unit:
        made["unit"] = unit
    if status in ("warn", "fail"):
        made["remedy"] = "Do."
    return made


def host(**changes):
    facts = {"cpu.count": (4, "1"), "memory.total": (8 << 30, "B"), "disk.free": (50 << 30, "B")}
    made = {name: fact(name, value, unit=unit) for name, (value, unit) in facts.items()}
    for name in ("virt.kernel_control", "cgroup.version", "kernel.version", "kernel.module.overlay", "swap.active",
                 "clock.synchronized", "cgroup.throttling", "cpu.steal", "sysctl.writable",
                 "kernel.module.nf_conntrack"):
        made[name] = fact(name, "good")
    made.update((name.replace("__", "."), change) for name, change in changes.items())
    return documents.result("host", "What?", "So.", facts=list(made.values()))


def encap(throughput, round_trip_s, status="complete", **changes):
    """What seatrial-encap would say: native is quick, and VXLAN as given, in two settings."""
    metrics, distributions = [], []
    for way, share in (("native", 20), ("vxlan", 1)):
        for offload, gain in (("plain", 1), ("none", 0.1)):
            labels = {"encap": way, "offload": offload, "family": "ipv4"}
            values = [throughput * share * gain * (1 + i / 100) for i in range(6)]
            metrics.append(documents.metric("stream.throughput", "TCP", "bit/s", "higher", values, {**labels, "flows": "1"}))
            made, summed = documents.latency("rr.latency", "Round trip", repetitions(6, 1000, round_trip_s / gain / share),
                                             {**labels, "size": "64"})
            distributions.append(made)
            metrics += summed
    return documents.result("encap", "What?", "So.", metrics=metrics, distributions=distributions, status=status, **changes)


def services(costs_s, change_s=0.1):
    """What seatrial-service would say: what each mode adds, in two settings, and how long a change takes."""
    metrics = []
    for mode, cost_s in costs_s.items():
        for size, share in (("100", 0.1), ("1000", 1), ("5000", 5)):
            labels = {"mode": mode, "services": size}
            for protocol in ("udp", "tcp"):
                metrics.append(documents.metric(
                    "lookup.random", "Added", "s", "lower", [cost_s * share * (1 + i / 100) for i in range(8)],
                    {**labels, "protocol": protocol, "from": "pod"}, against="services"))
            metrics.append(documents.metric("program.change", "Change", "s", "lower",
                                            [change_s * share * (1 + i / 100) for i in range(8)], labels,
                                            against="services"))
    return documents.result("service", "What?", "So.", metrics=metrics)


class Verdict(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)

    def judge(self, run):
        """The verdict of a valid run."""
        path = Path(self.folder.name, "run.json")
        path.write_text(json.dumps(suite.validate(run)))
        return suite.document("seatrial", "show", "--json", path)

    def judge_as(self, name, *results, **changes):
        """The verdict by one profile, and its lines by id."""
        verdict = self.judge(documents.run(list(results), [profile(name)], **changes))
        only, = verdict["profiles"]
        self.assertEqual(only["overall"], verdict["overall"])
        done = suite.program("seatrial", "show", "--exit-code", "--quiet", Path(self.folder.name, "run.json"))
        self.assertEqual(done.returncode, EXIT_CODES[verdict["overall"]], done.stderr)
        return only, {line["id"]: line for line in only["lines"]}


class Known(Verdict):
    def test_quick_disk_is_suitable_for_etcd(self):
        verdict, lines = self.judge_as("etcd", fsync(repetitions(6, 1000, 0.001)), host())
        self.assertEqual(verdict["summary"],
                         "Suitable: all 9 requirements are met, 1 of them as far as a run of this length can tell.")
        self.assertEqual({line["status"] for name, line in lines.items() if name != "etcd.leader"}, {"met"})
        self.assertEqual(lines["etcd.leader"]["status"], "presumed")
        self.assertIn("takes 3.69 days of measuring", lines["etcd.leader"]["text"])

    def test_what_is_presumed_in_spite_of_its_reading_is_said_to_be_and_not_ticked_off(self):
        result = fsync(repetitions(6, 1000, 0.001))
        place = next(i for i, metric in enumerate(result["metrics"]) if metric["name"] == "etcd.leader_changes")
        seen = documents.metric("etcd.leader_changes", "Leaders lost", "changes/day", "lower", [12.0] + [0.0] * 5,
                                {**LABELS, "members": "3"})
        result["metrics"][place] = {**seen, "events": 1, "exposure": 0.5}
        verdict, lines = self.judge_as("etcd", result, host())
        self.assertEqual((verdict["overall"], lines["etcd.leader"]["status"]), ("suitable", "presumed"))
        words = "what was seen lies beyond the limit, but is too little to refute it"
        run, page = Path(self.folder.name, "run.json"), Path(self.folder.name, "page.html")
        text = suite.program("seatrial", "show", run).stdout
        self.assertRegex(text, r"(?m)^ +~ presumed +The cluster keeps its leader: must be at most 1 change/day;")
        self.assertIn(words, " ".join(text.split()))
        self.assertNotIn("Why:", text)
        row, = (row for row in suite.program("seatrial", "export", "markdown", run).stdout.splitlines()
                if "presumed" in row)
        self.assertTrue(row.startswith("| ➖ presumed") and words in row, row)
        suite.program("seatrial", "report", run, "-o", page)
        row = page.read_text().split(">Presumed</span></td>")[0].split("<tr")[-1]
        self.assertTrue(row.startswith(' class="note"') and ">~</span" in row, row)
        self.assertIn(words, page.read_text())

    def test_a_disk_that_costs_the_leader_is_unsuitable_however_good_the_rest(self):
        verdict, lines = self.judge_as("etcd", fsync(repetitions(6, 1000, 0.001), lost=1), host())
        self.assertEqual((verdict["overall"], lines["etcd.leader"]["status"]), ("unsuitable", "not met"))
        self.assertIn("Each lost leader stops all changes", verdict["summary"])

    def test_quick_disk_is_suitable_for_a_control_plane(self):
        verdict, _ = self.judge_as("control-plane", fsync(repetitions(6, 1000, 0.001)), host())
        self.assertEqual(verdict["overall"], "suitable", verdict["summary"])

    def test_good_host_is_suitable_for_pods_without_its_disk_being_measured(self):
        for name in ("worker", "ingress"):
            verdict, _ = self.judge_as(name, host())
            self.assertEqual(verdict["overall"], "suitable", verdict["summary"])

    def test_overlay_is_judged_by_vxlan_in_its_usual_setting(self):
        for name in ("worker", "ingress"):
            verdict, lines = self.judge_as(name, host(), encap(5e9, 0.0001))
            self.assertEqual(verdict["overall"], "suitable", verdict["summary"])
            self.assertEqual([lines[line]["status"] for line in ("overlay.throughput", "overlay.latency")], ["met"] * 2)
            self.assertEqual(lines["overlay.throughput"]["labels"],
                             {"encap": "vxlan", "offload": "plain", "family": "ipv4", "flows": "1"})

    def test_slow_overlay_is_advised_against_and_says_why(self):
        verdict, lines = self.judge_as("worker", host(), encap(4e8, 0.01))
        self.assertEqual(verdict["overall"], "marginal")
        self.assertEqual([lines[line]["status"] for line in ("overlay.throughput", "overlay.latency")], ["not met"] * 2)
        self.assertIn("must be at least 1 Gbit/s", lines["overlay.throughput"]["text"])

    def test_kernel_without_vxlan_leaves_the_overlay_unmeasured(self):
        document = encap(5e9, 0.0001)
        for key in ("metrics", "distributions"):
            document[key] = [each for each in document[key] if each["labels"]["encap"] == "native"]
        document["skipped"] = [{"what": "encapsulation VXLAN", "why": "this kernel has no VXLAN", "enable": "modprobe vxlan"}]
        verdict, lines = self.judge_as("worker", host(), document)
        self.assertEqual((verdict["overall"], lines["overlay.throughput"]["status"]), ("suitable", "not measured"))

    def test_services_are_judged_by_the_slowest_mode_at_a_thousand(self):
        quick = {"iptables-legacy": 6e-6, "nftables": 1e-6}
        for name in ("worker", "ingress"):
            verdict, lines = self.judge_as(name, host(), services(quick))
            self.assertEqual(verdict["overall"], "suitable", verdict["summary"])
            self.assertEqual([lines[line]["status"] for line in ("services.first", "services.change")], ["met"] * 2)
            self.assertEqual(lines["services.first"]["labels"],
                             {"mode": "iptables-legacy", "services": "1000", "protocol": "udp", "from": "pod"})
            verdict, lines = self.judge_as(name, host(), services({**quick, "ipvs": 2e-4}, change_s=1.5))
            self.assertEqual(verdict["overall"], "marginal")
            self.assertEqual([lines[line]["status"] for line in ("services.first", "services.change")], ["not met"] * 2)
            self.assertIn("must be at most 100 µs", lines["services.first"]["text"])

    def test_services_that_nothing_can_measure_fail_nothing(self):
        document = documents.result("service", "What?", "So.", status="skipped", reason="this kernel has no iptables")
        verdict, lines = self.judge_as("worker", host(), document)
        self.assertEqual((verdict["overall"], lines["services.first"]["status"]), ("suitable", "not measured"))
        self.assertIn("this kernel has no iptables", lines["services.first"]["text"])

    def test_slow_disk_is_unsuitable_and_says_why(self):
        log = repetitions(6, 1000, 0.030)
        verdict, lines = self.judge_as("etcd", fsync(log), host())
        self.assertEqual(lines["etcd.log"]["status"], "not met")
        self.assertTrue(verdict["summary"].startswith("Unsuitable: etcd would miss heartbeats and lose its leader"))
        self.assertIn("99 % must finish within 10 ms; here that takes", verdict["summary"])
        pooled = sorted(sum(log, []))
        self.assertAlmostEqual(lines["etcd.log"]["value"], pooled[5939] / 1e9, delta=0.00005)

    def test_limit_inside_the_interval_is_marginal(self):
        log = [repetition for i in range(6) for repetition in repetitions(1, 1000, 0.006 + 0.001 * i, 0.05, seed=i)]
        verdict, lines = self.judge_as("etcd", fsync(log), host())
        line = lines["etcd.log"]
        self.assertEqual((verdict["overall"], line["status"]), ("marginal", "marginal"))
        self.assertLess(line["low"], 0.010)
        self.assertGreater(line["high"], 0.010)

    def test_too_few_samples_are_not_enough_evidence(self):
        verdict, lines = self.judge_as("etcd", fsync(repetitions(6, 20, 0.001)), host())
        self.assertEqual(verdict["overall"], "not enough evidence")
        self.assertIsNone(lines["etcd.log"]["high"])
        self.assertIn("at least 368 are needed", verdict["summary"])

    def test_repeated_runs_count_together(self):
        few = fsync(repetitions(6, 40, 0.001, seed=1))
        more = fsync(repetitions(6, 40, 0.001, seed=2))
        alone, _ = self.judge_as("etcd", few, host())
        _, lines = self.judge_as("etcd", few, host(), more, host(), repeat=2)
        self.assertEqual(alone["overall"], "not enough evidence")
        self.assertEqual(lines["etcd.log"]["status"], "met")
        self.assertEqual((lines["etcd.log"]["n"], lines["etcd.log"]["samples"]), (12, 480))

    def test_worst_point_of_a_sweep_decides(self):
        document = fsync(repetitions(6, 1000, 0.001))
        slow, metrics = documents.latency("etcd.wal_fsync", "WAL fsync", repetitions(6, 1000, 0.05),
                                          {"payload": "1392", "rate": "1000"})
        document["distributions"].append(slow)
        document["metrics"] += metrics
        verdict, lines = self.judge_as("etcd", document, host())
        self.assertEqual(verdict["overall"], "unsuitable")
        self.assertEqual(lines["etcd.log"]["labels"], {"payload": "1392", "rate": "1000"})
        self.assertIn("rate 1000 (the worst of 2)", lines["etcd.log"]["text"])

    def test_lost_flushes_outweigh_good_latencies(self):
        document = fsync(repetitions(6, 1000, 0.001))
        document["facts"][0] = fact("durability.flush", "nothing reached the device", "fail")
        verdict, _ = self.judge_as("etcd", document, host())
        self.assertEqual(verdict["overall"], "unsuitable")
        self.assertIn("A power cut could take back", verdict["summary"])

    def test_a_disk_that_failed_the_benchmark_is_unsuitable(self):
        document = fsync(repetitions(6, 1000, 0.001), status="failed", reason="fdatasync failed: Input/output error")
        document["facts"][1] = fact("durability.errors", "no: fdatasync failed", "fail")
        verdict, lines = self.judge_as("etcd", document, host())
        self.assertEqual((verdict["overall"], lines["etcd.errors"]["status"]), ("unsuitable", "not met"))
        self.assertEqual(lines["etcd.log"]["status"], "not measured", "a failed run has no readings")

    def test_small_host_is_unsuitable(self):
        small = host(cpu__count=fact("cpu.count", 1, unit="1"))
        for name in ("etcd", "control-plane", "ingress"):
            verdict, _ = self.judge_as(name, fsync(repetitions(6, 1000, 0.001)), small)
            self.assertEqual(verdict["overall"], "unsuitable")
            self.assertIn("must be at least 2; here it is 1", verdict["summary"])
        verdict, _ = self.judge_as("worker", small)
        self.assertEqual(verdict["overall"], "marginal")

    def test_skipped_bench_leaves_its_reason(self):
        skipped = documents.result("fsync", "How long?", "So.", status="skipped", reason="No disk.", skipped=[
            {"what": "fsync", "why": "the directory cannot be written to", "enable": "give --dir"}])
        verdict, lines = self.judge_as("etcd", skipped, host())
        self.assertEqual(verdict["overall"], "not enough evidence")
        self.assertIn("the directory cannot be written to; to enable it: give --dir", lines["etcd.log"]["text"])


class Any(Verdict):
    def test_every_example_run_has_a_valid_verdict(self):
        for make in (documents.good, documents.mixed, documents.sweep, documents.overlay, documents.cliff,
                     documents.empty, documents.interrupted, documents.hostile):
            with self.subTest(run=make.__name__):
                run, _ = make()
                self.judge(run)
                run["profiles"] = [profile(name) for name in ("etcd", "control-plane", "worker", "ingress")]
                self.judge(run)


if __name__ == "__main__":
    suite.main()
