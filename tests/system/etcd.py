"""seatrial-fsync's mode etcd predicts a real etcd on the same disk, where fio's recipe does not."""
import importlib.machinery
import importlib.util
import json
import os
import shutil
import signal
import statistics
import subprocess
import tempfile
import time
import unittest
from pathlib import Path

import documents
import suite

SCRIPT = suite.SOURCE / "scripts" / "validate-etcd"


def load_script():
    loader = importlib.machinery.SourceFileLoader("validate_etcd", str(SCRIPT))
    spec = importlib.util.spec_from_loader(loader.name, loader)
    module = importlib.util.module_from_spec(spec)
    loader.exec_module(module)
    return module


class Buckets(unittest.TestCase):
    """Both sides' histograms as etcd exports them."""

    def test_latencies_land_in_their_buckets(self):
        script = load_script()
        values = [0.0005] * 60 + [0.003] * 30 + [0.1] * 10
        pooled = documents.histogram([round(value * 1e9) for value in values])
        shown = script.exported_by_prediction({"pooled": pooled, "mean": sum(values) / 100, "count": 100})
        self.assertEqual(shown.cumulative[:3], [60, 60, 90])
        self.assertEqual(shown.cumulative[6:8], [90, 100])
        # Prometheus: linear from 0 to 1 ms, of which 50 of 60; from 2 to 4 ms, of which 15 of 30.
        self.assertAlmostEqual(shown.quantile(0.5), 0.001 * 50 / 60)
        self.assertAlmostEqual(shown.quantile(0.75), 0.003)
        self.assertAlmostEqual((shown + shown).quantile(0.75), 0.003)
        self.assertEqual((shown - shown).count, 0)

    def test_flushes_are_told_apart(self):
        script = load_script()
        trace = "\n".join((
            "10 100.0 fdatasync(4</d/db>) = 0 <0.5>",  # of setting up: no commit
            "11 101.0 fdatasync(7</d/0.wal> <unfinished ...>",
            "10 101.1 fdatasync(4</d/db>) = 0 <0.2>",
            "11 101.2 <... fdatasync resumed>) = 0 <0.25>",
            "10 101.301 fdatasync(4</d/db>) = 0 <0.1>",
            "11 102.0 fdatasync(7</d/1.tmp>) = 0 <0.125>"))
        found = script.split_flushes(trace)
        self.assertEqual(found["wal_fsync"], [0.25, 0.125])
        self.assertEqual([round(seconds, 6) for seconds in found["backend_commit"]], [0.301])


class Running(unittest.TestCase):
    def test_what_outlives_its_parent_ends_with_the_block(self):
        # As etcd does when strace ends first.
        words = "(trap 'sleep 1; exit' TERM; echo up; while :; do sleep 0.1; done) & wait"
        with load_script().running(["sh", "-c", words], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as child:
            self.assertEqual(child.stdout.readline(), "up\n")
        child.stdout.close()
        with self.assertRaises(ProcessLookupError):
            os.killpg(child.pid, 0)


class Etcd(unittest.TestCase):
    def setUp(self):
        for tool in ("etcd", "strace", "fio"):
            if not shutil.which(tool):
                self.skipTest(f"{tool} is not installed")
        # Not below /tmp, which may be in memory.
        place = tempfile.TemporaryDirectory(dir=suite.BIN.parent)
        self.dir = Path(place.name)
        self.addCleanup(place.cleanup)

    def command(self, *options):
        return [str(word) for word in (SCRIPT, "--program", suite.BIN / "seatrial-fsync", "--dir", self.dir, *options)]

    def validate(self, *options, code=0):
        figures = self.dir.parent / f"{self.dir.name}.json"
        self.addCleanup(figures.unlink, missing_ok=True)
        done = subprocess.run(self.command("--json", figures, *options), capture_output=True, text=True, check=False,
                              timeout=280)
        print(done.stdout)
        self.assertEqual((done.returncode, done.stderr), (code, ""))
        self.assertEqual(list(self.dir.iterdir()), [])
        return json.loads(figures.read_text())


class Prediction(Etcd):
    def test_a_real_etcd_is_predicted(self):
        """Within bounds that are wider than what five longer rounds on a quiet disk are held to. Where other programs'
        writes came and went meanwhile, another try."""
        names, rounds = ("wal_fsync", "backend_commit"), []
        for _ in range(3):
            rounds += self.validate("--rounds=2", "--seconds=3")["rounds"]
            medians = {name: [each["etcd"][name]["p50"] for each in rounds] for name in names}
            ratios, counts = ({name: statistics.median(each["predicted"][name][what] / each["etcd"][name][what]
                                                       for each in rounds) for name in names}
                              for what in ("p50", "count"))
            if all(0.5 < ratios[name] < 2 and abs(counts[name] - 1) <= 0.2 for name in names):
                break
        else:
            if any(max(each) > 2 * min(each) for each in medians.values()):
                self.skipTest(f"the disk changed meanwhile: etcd's own medians were {medians} s")
        for name in names:
            self.assertGreater(ratios[name], 0.5, name)
            self.assertLess(ratios[name], 2, name)
            self.assertAlmostEqual(counts[name], 1, delta=0.2, msg="as many flushes as etcd")

    def test_a_prediction_of_another_disk_is_outside(self):
        # The program is made to write to memory, while etcd writes to the disk.
        memory = tempfile.TemporaryDirectory(dir="/dev/shm")
        self.addCleanup(memory.cleanup)
        program = Path(memory.name) / "seatrial-fsync"
        program.write_text('#!/bin/sh\n'
                           'for word do shift; case $word in --dir=*) ;; *) set -- "$@" "$word";; esac; done\n'
                           f'exec {suite.BIN / "seatrial-fsync"} "$@" --dir={memory.name}\n')
        program.chmod(0o755)
        figures = self.validate("--rounds=1", "--seconds=2", "--check", "--equal-cpu", f"--program={program}",
                                code=1)
        self.assertIs(figures["verdicts"][0]["ratios"]["p50"]["inside"], False)
        self.assertLess(figures["verdicts"][0]["ratios"]["p50"]["ratio"], 0.5)


class Stop(Etcd):
    def wait_until(self, true, seconds):
        end = time.monotonic() + seconds
        while not true() and time.monotonic() < end:
            time.sleep(0.05)
        return true()

    def test_a_stop_cleans_up(self):
        memory = Path("/dev/shm")
        before = set(memory.glob(".seatrial-validate-*"))
        # Stopped with etcd on the disk; the last time beside a prediction, with etcd in memory.
        log = ".seatrial-validate-*/etcd/member/wal/*.wal"
        for number, busy in ((signal.SIGINT, False), (signal.SIGTERM, False), (signal.SIGHUP, False),
                             (signal.SIGKILL, False), (signal.SIGKILL, True)):
            with self.subTest(number.name, busy=busy):
                with subprocess.Popen(self.command("--rounds=9", "--seconds=1", "--equal-cpu"), text=True,
                                      stdout=subprocess.PIPE, stderr=subprocess.PIPE) as child:
                    self.assertTrue(self.wait_until(lambda: any(
                        busy == (path.parents[4] == memory) and path.parents[3] not in before
                        for path in (*self.dir.glob(log), *memory.glob(log))), 60), "it was at work")
                    time.sleep(0.5)
                    child.send_signal(number)
                    _, error = child.communicate(timeout=60)
                kill = number == signal.SIGKILL
                self.assertEqual((child.returncode, error), (-number if kill else 128 + number, ""))
                made = set(memory.glob(".seatrial-validate-*")) - before
                names = "|".join(map(str, (self.dir, SCRIPT.with_name("etcd-load"), *made)))
                self.wait_until(lambda: not subprocess.run(["pgrep", "-f", names], check=False,
                                                           capture_output=True).stdout, 20 if kill else 0)
                left = subprocess.run(["pgrep", "-f", names], capture_output=True, text=True, check=False).stdout
                subprocess.run(["kill", "-9", *left.split()], check=False, stderr=subprocess.DEVNULL)
                self.assertEqual(left, "", "no process is left")
                self.assertEqual(list(self.dir.iterdir()), [])
                self.assertEqual([path for path in made if path.exists()], [])


if __name__ == "__main__":
    suite.main()
