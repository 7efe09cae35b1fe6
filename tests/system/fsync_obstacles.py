"""seatrial-fsync where the disk, its limits or the command line are in the way; lies found out."""
import os
import signal
import subprocess
import tempfile
import time

import suite
from fsync_place import QUICK, Place, fact, injected, summary


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
            for seconds in (1, 5):
                filler = (f"(sleep {seconds}; while :; do head -c 100000 /dev/zero >> fill || sleep 0.01; done) "
                          "2>/dev/null &\n")
                full = subprocess.run([*command, mount + filler + measure + "200; code=$?; kill $!; exit $code"],
                                      capture_output=True, text=True, check=False, timeout=120)
                document = suite.validate(suite.parse(full.stdout))
                if document["metrics"]:
                    break
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


if __name__ == "__main__":
    suite.main()
