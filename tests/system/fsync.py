"""seatrial-fsync: known latencies recovered, lies found out, nothing left behind."""
import json
import os
import re
import shutil
import signal
import subprocess
import tempfile
import time
import unittest
from pathlib import Path

import suite

QUICK = ("--preset=quick", "--repetitions=2", "--duration=150ms", "--etcd-duration=400ms",
         "--segment-size=8MiB", "--database-size=4MiB", "--keep-free=0")


def summary(document, name, **labels):
    found = [metric["summary"] for metric in document["metrics"]
             if metric["name"] == name and labels.items() <= metric["labels"].items()]
    assert len(found) == 1, f"{len(found)} metrics {name} {labels}"
    return found[0]


def fact(document, name):
    return next(fact for fact in document["facts"] if fact["id"] == name)


def injected(**variables):
    """The environment of a program whose disk has a known latency."""
    return {**os.environ, "LD_PRELOAD": str(suite.BIN / "libdelay_sync.so"),
            "ASAN_OPTIONS": "verify_asan_link_order=0:detect_leaks=0", **variables}


class Place(unittest.TestCase):
    """Each test has a directory of its own, which must be empty again at its end."""

    def setUp(self):
        # Not below /tmp, which may be in memory.
        self.place = tempfile.TemporaryDirectory(dir=suite.BIN.parent)
        self.dir = Path(self.place.name)
        self.addCleanup(self.place.cleanup)

    def assert_clean(self, seconds=10):
        end = time.monotonic() + seconds
        while list(self.dir.iterdir()) and time.monotonic() < end:
            time.sleep(0.05)
        self.assertEqual(list(self.dir.iterdir()), [])

    def fsync(self, *options, **keywords):
        return suite.document("seatrial-fsync", *QUICK, f"--dir={self.dir}", *options, **keywords)


class Documents(Place):
    def test_each_mode_gives_a_valid_document_and_leaves_nothing(self):
        document = self.fsync("--mode=wal,etcd,uring", "--depth=1,4")
        self.assertEqual(document["status"], "complete")
        names = {entry["name"] for entry in document["distributions"]}
        self.assertLessEqual({"wal.fsync", "wal.append", "etcd.wal_fsync", "etcd.append",
                              "etcd.backend_commit"}, names)
        if not document["skipped"]:
            self.assertIn("uring.append", names)
            summary(document, "uring.append.p50", depth="4")
        self.assertGreater(document["instrument"]["loop_s"], 0)
        self.assert_clean()

    def test_lists_are_swept(self):
        document = self.fsync("--mode=wal,etcd", "--payload=512,64KiB", "--value-size=100,1KiB",
                              "--rate=50,200")
        for payload in ("512", "65536"):
            summary(document, "wal.fsync.p99", payload=payload)
        for size in ("100", "1024"):
            for rate in ("50", "200"):
                pace = summary(document, "etcd.rate", value_size=size, rate=rate)["value"]
                self.assertLess(pace, int(rate) * 1.1, "an open loop does not run ahead")

    def test_every_metric_was_described(self):
        document = self.fsync("--mode=wal,etcd,uring")
        description = suite.document("seatrial-fsync", "--describe", f"--dir={self.dir}")
        plain = {metric["name"] for metric in description["metrics"]}
        latencies = {entry["name"] for entry in description["distributions"]}
        for metric in document["metrics"]:
            self.assertTrue(metric["name"] in plain or metric.get("distribution") in latencies, metric["name"])

    def test_repetitions_go_on_until_limits_are_settled(self):
        def run(limits):
            document = self.fsync("--mode=wal", "--repetitions=3", "--most-repetitions=5", f"--limits={limits}",
                                  "--duration=20ms", env=injected(DELAY_US="1000"))
            return summary(document, "wal.rate")["n"], document["warnings"]
        self.assertEqual(run("wal.fsync.p50<=10,wal.rate>=0.1"), (3, []))
        # 20 ms hold too few flushes of 1 ms to bound the 99.9th percentile.
        repetitions, (warning,) = run("wal.fsync.p999<=10")
        self.assertEqual(repetitions, 5)
        self.assertIn("after 5 repetitions it is still not clear: ", warning)

    def test_the_same_seed_is_recorded(self):
        self.assertEqual(self.fsync("--mode=wal", "--seed=42")["seed"], 42)

    def test_a_stop_keeps_what_was_measured(self):
        command = [suite.BIN / "seatrial-fsync", *QUICK, "--mode=wal", "--repetitions=500", f"--dir={self.dir}"]
        with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as child:
            time.sleep(2)
            child.send_signal(signal.SIGINT)
            out, _ = child.communicate(timeout=30)
        document = suite.validate(suite.parse(out))
        self.assertEqual(child.returncode, 130)
        self.assertEqual(document["status"], "interrupted")
        self.assertGreater(summary(document, "wal.fsync.p50")["value"], 0)
        self.assert_clean()

    def test_sigkill_leaves_nothing(self):
        command = [suite.BIN / "seatrial-fsync", *QUICK, "--mode=wal", "--repetitions=500", f"--dir={self.dir}"]
        with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as child:
            end = time.monotonic() + 20
            while not list(self.dir.glob(".seatrial-*/*")) and time.monotonic() < end:
                time.sleep(0.02)
            self.assertTrue(list(self.dir.glob(".seatrial-*/*")), "it was at work")
            child.kill()
        self.assert_clean()


class KnownTruths(Place):
    def test_a_delay_of_every_flush_is_recovered(self):
        delay = 0.008
        document = self.fsync("--mode=wal,etcd", "--rate=20", "--duration=500ms", env=injected(DELAY_US="8000"))
        for name in ("wal.fsync.p50", "etcd.wal_fsync.p50"):
            reading = summary(document, name)
            self.assertGreaterEqual(reading["value"], delay, name)
            self.assertLess(reading["value"], 2.5 * delay, name)
        self.assertGreaterEqual(summary(document, "etcd.backend_commit.p50")["value"], 2 * delay,
                                "a commit flushes twice")
        self.assertLess(summary(document, "wal.rate")["value"], 1 / delay)

    def test_a_stall_reaches_the_entries_that_were_due_meanwhile(self):
        # One flush in 41 takes 0.2 s: at 200 entries a second 40 more were due in that time. The flush's own
        # 90th percentile does not see it; that of the entries, counted from when they were due, must.
        document = self.fsync("--mode=etcd", "--rate=200", "--etcd-duration=2s", "--repetitions=3",
                              env=injected(STALL_EVERY="41", STALL_US="200000"))
        flush, entry = summary(document, "etcd.wal_fsync.p90"), summary(document, "etcd.append.p90")
        self.assertLess(flush["value"], 0.1)
        self.assertGreater(entry["value"], 0.1)
        self.assertGreater(summary(document, "etcd.rate")["value"], 150, "batches keep up")

    def test_a_stall_that_costs_the_leader_is_counted(self):
        # Entry by entry, each 11th flush takes 2 s: longer than any follower waits for a heartbeat.
        document = self.fsync("--mode=etcd", "--rate=20", "--etcd-duration=3s", "--repetitions=2",
                              env=injected(STALL_EVERY="11", STALL_US="2000000"))
        flushes = next(entry for entry in document["distributions"] if entry["name"] == "etcd.wal_fsync")
        for members in ("3", "5"):
            metric = next(metric for metric in document["metrics"]
                          if metric["name"] == "etcd.leader_changes" and metric["labels"]["members"] == members)
            self.assertAlmostEqual(metric["events"], round(metric["events"]))
            self.assertGreaterEqual(metric["events"], 1)
            self.assertLessEqual(metric["events"], flushes["count"] / 11 + 1)
            self.assertGreater(metric["summary"]["low"], 1, "a day")
        harmless = self.fsync("--mode=etcd", "--rate=20", "--etcd-duration=2s", "--repetitions=2",
                              env=injected(STALL_EVERY="11", STALL_US="300000"))
        self.assertEqual(summary(harmless, "etcd.leader_changes", members="3")["value"], 0)
        self.assertGreater(summary(harmless, "etcd.stalls")["low"], 1, "a day")
        self.assertIn("chance of one or more in a day is 0 %", fact(harmless, "etcd.members.3")["value"])
        self.assertIn("in a day is 100 % (100 to 100 %)", fact(harmless, "etcd.members.1")["value"])
        self.assertIn("in a day is 100 % (100 to 100 %)", fact(document, "etcd.members.5")["value"])

    def test_the_knee_is_where_flushes_begin_to_queue(self):
        # Flushes of 6 ms: at more than 1 / 6 ms they never pause, and an entry that is due early in one waits
        # for nearly two, longer than the 10 ms allowed.
        document = self.fsync("--mode=knee", "--repetitions=3", "--probe-duration=100ms",
                              env=injected(DELAY_US="6000"))
        values = next(metric["values"] for metric in document["metrics"] if metric["name"] == "etcd.sustainable")
        self.assertLess(max(values), 1 / 0.006)
        self.assertGreater(max(values), 10)

    def test_the_knee_of_few_clients_is_what_their_flushes_carry(self):
        # Eight clients have eight puts in a flush of 4 ms at most; an entry waits for two, less than 10 ms.
        document = self.fsync("--mode=knee", "--repetitions=2", "--probe-duration=100ms", "--clients=8",
                              "--knee-p99=50ms", env=injected(DELAY_US="4000"))
        values = next(metric["values"] for metric in document["metrics"] if metric["name"] == "etcd.sustainable")
        self.assertLess(max(values), 8 / 0.004)
        self.assertGreater(max(values), 1 / 0.004, "they share flushes")

    def test_a_knee_below_all_rates_is_none(self):
        document = self.fsync("--mode=knee", "--repetitions=2", "--probe-duration=100ms",
                              env=injected(DELAY_US="12000"))
        self.assertEqual(summary(document, "etcd.sustainable")["value"], 0)

    def test_a_knee_above_all_rates_ends_at_the_highest(self):
        document = self.fsync("--mode=knee", "--repetitions=2", "--probe-duration=100ms", "--knee-most=50",
                              "--knee-p99=50s")
        self.assertAlmostEqual(summary(document, "etcd.sustainable")["value"], 50, delta=5)

    def test_a_disk_that_cannot_keep_up_ends_in_time(self):
        # 500,000 puts in batches of at most 256, each flushed in 5 ms: the flushes alone would take 9.8 s.
        document = self.fsync("--mode=etcd", "--rate=1000000", "--value-size=16", "--clients=256",
                              "--etcd-duration=500ms", "--repetitions=1", env=injected(DELAY_US="5000"))
        self.assertLess(document["duration_s"], 9)
        self.assertLess(summary(document, "etcd.rate")["value"], 256 / 0.005)
        entries = next(entry for entry in document["distributions"] if entry["name"] == "etcd.append")
        self.assertEqual(entries["count"], 500000, "those that still wait count too")
        self.assertGreater(summary(document, "etcd.append.p50")["value"], 0.25)

    def test_clients_bound_a_batch(self):
        # No more puts than clients are in flight, and a flush makes them durable in 20 ms at best.
        for clients in (1, 8):
            document = self.fsync("--mode=etcd", "--rate=1000", f"--clients={clients}", "--etcd-duration=1s",
                                  env=injected(DELAY_US="20000"))
            pace = summary(document, "etcd.rate")["value"]
            self.assertLessEqual(pace, clients / 0.02)
            # A commit of the database, of two flushes every 140 ms, holds up to two of a batch's time.
            self.assertGreater(pace, clients / 0.02 / 3)

    def test_a_rate_is_not_exceeded_however_low(self):
        document = self.fsync("--mode=etcd", "--rate=2", "--etcd-duration=1s", "--repetitions=1")
        self.assertLess(summary(document, "etcd.rate")["value"], 2.1)
        changes = next(metric for metric in document["metrics"] if metric["name"] == "etcd.leader_changes")
        self.assertGreater(changes["exposure"] * 86400, 0.99)

    def test_a_snapshot_that_fails_is_an_error_of_the_disk(self):
        document = self.fsync("--mode=etcd", "--rate=100", "--snapshot-count=10", "--repetitions=1", code=1,
                              env=injected(FAIL_FSYNC=".snap"))
        self.assertEqual(document["status"], "failed")
        self.assertEqual(fact(document, "durability.errors")["status"], "fail")

    def test_a_limit_on_file_sizes_is_no_error_of_the_disk(self):
        done = subprocess.run(["sh", "-c", 'ulimit -f 4096; exec "$@"', "sh", suite.BIN / "seatrial-fsync", *QUICK,
                               "--mode=etcd", "--database-size=1MiB", "--segment-size=1MiB", f"--dir={self.dir}"],
                              capture_output=True, text=True, check=False, timeout=60)
        document = suite.validate(suite.parse(done.stdout))
        self.assertEqual(document["status"], "failed", done.stderr)
        self.assertNotIn("durability.errors", [fact["id"] for fact in document["facts"]])

    def test_half_a_search_for_the_knee_is_no_reading(self):
        with subprocess.Popen([suite.BIN / "seatrial-fsync", *QUICK, "--mode=knee", "--probe-duration=1s",
                               f"--dir={self.dir}"], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                              text=True) as child:
            time.sleep(3)
            child.send_signal(signal.SIGINT)
            out, _ = child.communicate(timeout=30)
        self.assertEqual(suite.validate(suite.parse(out))["metrics"], [])

    def test_a_limit_on_file_sizes_ends_in_a_document(self):
        done = subprocess.run(["sh", "-c", 'ulimit -f 100; exec "$@"', "sh", suite.BIN / "seatrial-fsync", *QUICK,
                               "--mode=wal", f"--dir={self.dir}"], capture_output=True, text=True, check=False,
                              timeout=60)
        self.assertEqual(done.returncode, 1, done.stderr)
        self.assertEqual(suite.validate(suite.parse(done.stdout))["status"], "failed")
        self.assert_clean()

    def test_a_flush_that_is_none_is_found_out(self):
        document = self.fsync("--mode=wal", env=injected(DELAY_US="lie"))
        self.assertIn(fact(document, "durability.speed")["status"], ("warn", "fail"))
        self.assertTrue(document["warnings"])
        if document["target"].get("write cache") == "write back":
            self.assertIn(fact(document, "durability.flush")["status"], ("fail", "unknown"))

    def test_memory_is_no_disk(self):
        kind = subprocess.run(["stat", "-f", "-c", "%T", "/dev/shm"], capture_output=True, text=True, check=False)
        if kind.stdout.strip() != "tmpfs":
            self.skipTest("/dev/shm is no tmpfs here")
        with tempfile.TemporaryDirectory(dir="/dev/shm") as place:
            document = self.fsync("--mode=wal", f"--dir={place}")
            self.assertEqual(os.listdir(place), [])
        self.assertEqual(fact(document, "durability.flush")["status"], "fail")
        self.assertTrue(document["warnings"])


class Calls(Place):
    """What mode etcd asks of the disk, seen from outside: files are named as etcd names them."""

    CALL = re.compile(r"^\d+ +(?P<name>\w+)\((?P<arguments>.*)\) += (?P<result>\d+)$", re.MULTILINE)

    def calls(self, *options, names="pwrite64,fdatasync,fsync,ftruncate,renameat"):
        trace = self.dir.parent / f"{self.dir.name}.trace"
        command = ["strace", "-f", "-y", "-e", f"trace={names}", "-e", "signal=none", "-qq", "-s", "0", "-o", trace,
                   suite.BIN / "seatrial-fsync", *QUICK, "--mode=etcd", "--repetitions=1", f"--dir={self.dir}",
                   *options]
        try:
            done = subprocess.run([str(word) for word in command], capture_output=True, text=True, check=False,
                                  timeout=120, env={**os.environ, "ASAN_OPTIONS": "detect_leaks=0"})
            text = trace.read_text(errors="replace")
        except FileNotFoundError:
            self.skipTest("strace is not installed")
        finally:
            trace.unlink(missing_ok=True)
        if done.returncode and "PTRACE" in done.stderr:
            self.skipTest(done.stderr.strip())
        self.assertEqual(done.returncode, 0, done.stderr)
        document = suite.validate(suite.parse(done.stdout))
        # A call that another thread's interrupted takes two lines.
        started, whole = {}, []
        for line in text.splitlines():
            thread, _, rest = line.partition(" ")
            if rest.endswith(" <unfinished ...>"):
                started[thread] = line.removesuffix(" <unfinished ...>")
            elif "resumed>" in rest:
                whole.append(started.pop(thread) + rest.partition("resumed>")[2])
            else:
                whole.append(line)
        return document, list(self.CALL.finditer("\n".join(whole)))

    def pages(self, calls):
        """Of each page write: the number of its first page, and of pages."""
        begin = max(i for i, call in enumerate(calls) if call["name"] == "fsync" and "/db>" in call["arguments"])
        found = [call for call in calls[begin:] if call["name"] == "pwrite64" and "/db>" in call["arguments"]]
        return [(int(call["arguments"].rsplit(", ", 1)[1]) // 4096, int(call["result"]) // 4096) for call in found]

    def test_the_pages_of_a_commit_follow_the_puts(self):
        # Two puts of 1,353 bytes fill a leaf of 4 KiB; the edge of the tree, a branch or two and the root of the
        # buckets are written with every commit, and a meta page.
        for rate in (100, 1000):
            document, calls = self.calls(f"--rate={rate}", "--etcd-duration=2s")
            pages = self.pages(calls)
            commits = sum(1 for page, _ in pages if page < 2)
            leaves = sum(count for _, count in pages) - commits
            self.assertGreater(commits, 8)
            # The puts after the last commit are in none.
            self.assertGreater(leaves, rate * 0.75)
            self.assertLess(leaves, rate * 1.5 + 6 * commits)
            entry = next(entry for entry in document["distributions"] if entry["name"] == "etcd.append")
            self.assertEqual(entry["count"], rate * 2)

    def test_pages_are_used_again_after_a_compaction(self):
        end = {}
        for interval in ("0", "500ms"):
            _, calls = self.calls("--rate=1000", "--etcd-duration=3s", f"--compaction-interval={interval}")
            pages = self.pages(calls)
            end[interval] = max(page + count for page, count in pages) - 1024
        self.assertGreater(end["0"], 1200, "3,000 puts, 2 a page, stay")
        self.assertLess(end["500ms"], end["0"] * 0.7)

    def test_segments_and_snapshots(self):
        _, calls = self.calls("--rate=1000", "--etcd-duration=2s", "--segment-size=1MiB", "--snapshot-count=500")
        # 2,000 entries of 1,352 bytes and a state of 40 each fill two segments of a mebibyte.
        cuts = [i for i, call in enumerate(calls) if call["name"] == "ftruncate" and ".wal>" in call["arguments"]]
        self.assertEqual(len(cuts), 2)
        snapshots = [call for call in calls if call["name"] == "fsync" and ".snap>" in call["arguments"]]
        self.assertEqual(len(snapshots), 4)
        for cut in cuts:
            # Of the threads' calls those on the log: flush the old segment, begin the next, name it.
            after = [call["name"] for call in calls[cut + 1:]
                     if "/db>" not in call["arguments"] and ".snap>" not in call["arguments"]]
            self.assertEqual(after[:6], ["pwrite64", "fdatasync", "pwrite64", "fdatasync", "renameat", "fsync"])


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
        document = self.soak(12, "--rate=100", env=injected(FALL_AFTER_MS="6000", FALL_US="8000"))
        fall = fact(document, "soak.etcd.wal_fsync")
        self.assertEqual(fall["status"], "warn", fall["value"])
        found = re.search(r"until ([0-9.]+) s after the start, then ([0-9.]+) ms", fall["value"])
        # The first flushes are those of the probe of durability, at most 1.5 s before the soak.
        self.assertTrue(4 < float(found[1]) < 8, fall["value"])
        self.assertTrue(8 <= float(found[2]) < 16, fall["value"])
        steady = self.soak(5, "--rate=100", env=injected(DELAY_US="8000"))
        self.assertEqual(fact(steady, "soak.etcd.wal_fsync")["status"], "pass")

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


class Obstacles(Place):
    def test_no_space_is_refused_before_anything_is_written(self):
        document = self.fsync("--keep-free=100000GiB", code=77)
        self.assertEqual(document["status"], "skipped")
        self.assertIn("--keep-free", document["reason"])

    def test_a_full_file_system_ends_in_a_document(self):
        with tempfile.TemporaryDirectory(dir="/dev/shm") as place:
            mount = f"mount -t tmpfs -o size=6m none {place} && cd {place} || exit 9\n"
            measure = (f"{suite.BIN}/seatrial-fsync --preset=quick --mode=wal --file-size=4MiB --keep-free=0 "
                       "--dir=. --duration=100ms --repetitions=")
            command = ["unshare", "--mount", "--map-root-user", "sh", "-c"]
            if subprocess.run([*command, mount], capture_output=True, check=False).returncode:
                self.skipTest("no mount namespace may be made here")
            fits = subprocess.run([*command, mount + measure + "2"], capture_output=True, text=True,
                                  check=False, timeout=60)
            self.assertEqual(suite.validate(suite.parse(fits.stdout))["status"], "complete")
            # The file fits by the books, but something fills the disk while the test runs.
            filler = ("(sleep 1; while :; do head -c 100000 /dev/zero >> fill || sleep 0.01; done) 2>/dev/null &\n")
            full = subprocess.run([*command, mount + filler + measure + "200; code=$?; kill $!; exit $code"],
                                  capture_output=True, text=True, check=False, timeout=120)
        document = suite.validate(suite.parse(full.stdout))
        self.assertEqual((full.returncode, document["status"]), (1, "failed"), full.stderr)
        self.assertTrue(document["errors"])
        self.assertNotIn("durability.errors", [entry["id"] for entry in document["facts"]], "it is no fault of the disk")
        self.assertGreater(summary(document, "wal.fsync.p50")["n"], 0, "what was measured is kept")

    def test_a_directory_that_cannot_be_written_in(self):
        document = self.fsync("--dir=/proc", code=77)
        self.assertEqual(document["status"], "skipped")
        self.assertTrue(document["skipped"][0]["enable"])
        self.assertIn("/nonexistent", self.fsync("--dir=/nonexistent", code=77)["reason"])

    def test_without_root(self):
        if os.geteuid() != 0:
            self.skipTest("this is a run without root already")
        os.chown(self.dir, 65534, 65534)
        for parent in self.dir.parents:
            if not parent.stat().st_mode & 0o001:
                self.skipTest(f"{parent} may not be entered by others")
        document = self.fsync(user=65534, group=65534, extra_groups=[])
        self.assertEqual((document["status"], document["host"]["root"]), ("complete", False))
        self.assert_clean()

    def test_bad_options(self):
        for options in (["--mode=wal,nothing"], ["--payload=0"], ["--rate=1e99"], ["--payload=64MiB"],
                        ["--payload=16MiB", "--file-size=1MiB"], ["word"], ["--duration=-1s"],
                        ["--depth=" + ",".join(["1"] * 17)], ["--repetitions=1000"],
                        ["--mode=etcd", "--rate=1", "--etcd-duration=100ms"], ["--election-timeout=400ms"],
                        ["--limits=wal.rate"], ["--soak=1s"], ["--soak=2s", "--mode=knee"], ["--state=x"],
                        ["--soak=2s", "--rate=1"]):
            done = suite.program("seatrial-fsync", *options)
            self.assertEqual(done.returncode, 2, options)
            self.assertEqual(done.stdout, "")
            self.assertEqual(len(done.stderr.splitlines()), 1, done.stderr)


if __name__ == "__main__":
    suite.main()
