"""Soaks of seatrial-fsync."""
import json
import re
import shutil
import signal
import subprocess
import time

import suite
from fsync_place import QUICK, Place, fact, known, summary, until


class Soak(Place):
    """Slices of a second or less in place of minutes; all else is as in a soak of days."""

    def soak(self, seconds, *options, **keywords):
        return self.fsync("--mode=etcd", f"--soak={seconds}s", "--duration=50ms", "--database-size=1MiB", *options,
                          **keywords)

    def state(self):
        return self.dir / "state"

    def start(self, seconds, *options):
        command = [suite.BIN / "seatrial-fsync", *QUICK, "--mode=etcd", f"--soak={seconds}s", "--database-size=1MiB",
                   f"--dir={self.dir}", f"--state={self.state()}", *options]
        return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

    def spent(self):
        try:
            return json.loads(self.state().read_text())["spent_ns"] / 1e9
        except FileNotFoundError:
            return 0

    def wait_until(self, condition, seconds=60):
        end = time.monotonic() + seconds
        while not condition():
            self.assertLess(time.monotonic(), end, "it did not get that far")
            time.sleep(0.05)

    @staticmethod
    def count(document):
        return next(entry["count"] for entry in document["distributions"] if entry["name"] == "etcd.wal_fsync")

    def test_parts_do_not_grow_in_number(self):
        document = self.soak(12, "--rate=50")
        repetitions = summary(document, "etcd.wal_fsync.p50")["n"]
        self.assertLessEqual(repetitions, 17)
        self.assertGreater(self.count(document), 100)
        self.assertLess(len(json.dumps(document)), 1_000_000)

    def test_a_fall_in_speed_is_found_and_dated(self):
        """What other programs do to the disk may rise and fall as well: of some tries, one is enough."""
        def said(seconds, **delays):
            found = fact(self.soak(seconds, "--rate=100", env=known(**delays)), "soak.etcd.wal_fsync")
            return found["status"], found["value"]

        def is_dated(answer):
            found = re.search(r"until ([0-9.]+) s after the start, then ([0-9.]+) ms", answer[1])
            # The first flushes are those of the probe of durability, at most 1.5 s before the soak.
            return answer[0] == "warn" and found and 4 < float(found[1]) < 8 and 8 <= float(found[2]) < 16

        fall = until(is_dated, lambda: said(12, FALL_AFTER_MS="6000", FALL_US="8000"))
        self.assertTrue(is_dated(fall), fall)
        steady = until(lambda answer: answer[0] == "pass", lambda: said(5, DELAY_US="8000"))
        self.assertEqual(steady[0], "pass", steady)

    def test_it_is_stopped_and_goes_on(self):
        with self.start(8) as child:
            self.wait_until(lambda: self.spent() > 2)
            child.send_signal(signal.SIGINT)
            out, _ = child.communicate(timeout=30)
        first = suite.validate(suite.parse(out))
        self.assertEqual((child.returncode, first["status"]), (130, "interrupted"))
        time.sleep(2)
        second = self.fsync("--mode=etcd", "--soak=8s", "--database-size=1MiB", f"--state={self.state()}")
        self.assertEqual(second["started"], first["started"])
        self.assertGreater(self.count(second), self.count(first))
        self.assertIn("2 sittings", fact(second, "soak.time")["value"])
        times = [row[0] for row in second["series"][0]["rows"]]
        gaps = [after - before for before, after in zip(times, times[1:])]
        self.assertGreater(max(gaps), 1.5, "the time between is a gap")
        self.assertGreater(second["duration_s"], 10)
        for metric in second["metrics"]:
            if metric["name"] == "etcd.leader_changes":
                self.assertAlmostEqual(metric["exposure"] * 86400, 8, delta=4)
        self.assert_clean()

    def test_sigkill_costs_a_minute_at_most(self):
        with self.start(6) as child:
            self.wait_until(lambda: self.spent() > 2)
            child.kill()
            child.communicate()
        kept = self.spent()
        with self.start(6) as child:
            out, err = child.communicate(timeout=60)
        document = suite.validate(suite.parse(out))
        self.assertEqual(child.returncode, 0, err)
        self.assertLess(document["duration_s"], 6 - kept + 30)
        self.assertIn("2 sittings", fact(document, "soak.time")["value"])
        self.assertFalse(self.state().exists(), "a soak that has ended leaves no state")

    def test_the_harness_goes_on_where_it_was_stopped(self):
        store = self.dir / "store"
        command = [suite.BIN / "seatrial", "run", "--soak=8s", "--only=fsync", "--profile=etcd", "--json",
                   f"--store={store}", f"--dir={self.dir}", "--set=fsync.mode=etcd", "--set=fsync.database-size=1MiB",
                   "--set=fsync.keep-free=0"]
        with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as child:
            state = store / "soak-fsync.json"
            self.wait_until(lambda: state.exists() and json.loads(state.read_text())["spent_ns"] > 1e9)
            child.send_signal(signal.SIGINT)
            child.communicate(timeout=30)
        self.assertEqual(child.returncode, 130)
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
        suite.validate(suite.parse(done.stdout))
        self.assertFalse(state.exists())
        first, second = (suite.validate(json.loads(path.read_text()))["results"][0]
                         for path in sorted(store.glob("2*.json")))
        self.assertEqual((first["status"], second["status"]), ("interrupted", "complete"))
        self.assertIn("2 sittings", fact(second, "soak.time")["value"])
        shutil.rmtree(store)

    def test_one_state_is_of_one_soak(self):
        with self.start(30) as first:
            self.wait_until(lambda: self.spent() > 0)
            with self.start(30) as second:
                _, err = second.communicate(timeout=30)
            self.assertEqual(second.returncode, 1)
            self.assertIn("another soak is under way", err)
            first.send_signal(signal.SIGINT)
            first.communicate(timeout=30)

    def test_a_document_that_is_lost_can_be_had_again(self):
        command = [suite.BIN / "seatrial-fsync", *QUICK, "--mode=etcd", "--soak=2s", "--database-size=1MiB",
                   f"--dir={self.dir}", f"--state={self.state()}"]
        with open("/dev/full", "w") as full:
            done = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, check=False, timeout=60)
        self.assertEqual(done.returncode, 1)
        again = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60)
        document = suite.validate(suite.parse(again.stdout))
        self.assertGreater(self.count(document), 100)
        self.assertLess(document["conditions"]["cpu_system_s"], 2)
        self.assert_clean()

    def test_a_state_that_contradicts_itself_is_refused(self):
        with self.start(30) as child:
            self.wait_until(lambda: self.spent() > 4)
            child.send_signal(signal.SIGINT)
            child.communicate(timeout=30)
        state = json.loads(self.state().read_text())

        def changed(path, value):
            copy = json.loads(json.dumps(state))
            place = copy
            for key in path[:-1]:
                place = place[key]
            place[path[-1]] = value
            return copy

        histogram = ("record", "distributions", 0, "repetitions", 0)
        cells = ("record", "series", 0, "state", "cells", 0)
        for path, value in (((*histogram, "max_ns"), 1 << 62), ((*histogram, "max_ns"), -5),
                            ((*histogram, "min_ns"), -1), ((*histogram, "encoded"), "HISTFAAAAAAA"),
                            (("record", "metrics", 0, "values"), []), (("record", "metrics", 0, "name"), "x"),
                            (("record", "distributions", 0, "repetitions"), []), (("spent_ns",), -1),
                            ((*cells, 0), 600), ((*cells, 2), 1 << 40), ((*cells, 3), 1 << 40), ((*cells, 3), 0),
                            (("record", "series", 0, "state", "interval_ns"), 1), (("slices_a_part",), 0),
                            (("trials",), []), (("trials", 0, "histograms"), []), (("asked", "rate"), [7])):
            with self.subTest(path=path, value=value):
                self.state().write_text(json.dumps(changed(path, value)))
                with self.start(30) as child:
                    _, err = child.communicate(timeout=30)
                self.assertEqual(child.returncode, 1, err)
                self.assertIn("remove it to begin anew", err)

    def test_a_state_that_is_not_its_own_is_refused(self):
        for text in ("", "[]", "{", "{}", '{"schema": "seatrial.soak/1"}',
                     '{"schema": "seatrial.soak/1", "slices_a_part": 1, "asked": {}, "trials": []}'):
            self.state().write_text(text)
            done = suite.program("seatrial-fsync", *QUICK, "--mode=wal", "--soak=2s", f"--dir={self.dir}",
                                 f"--state={self.state()}")
            self.assertEqual(done.returncode, 1, text)
            self.assertIn("remove it to begin anew", done.stderr)
            self.assertEqual(suite.validate(suite.parse(done.stdout))["status"], "failed")
            self.assertEqual(self.state().read_text(), text, "what is not ours is left alone")
        self.state().unlink()


if __name__ == "__main__":
    suite.main()
