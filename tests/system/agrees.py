"""scripts/quick-agrees, when it is stopped and when it goes on: it takes hours."""
import json
import signal
import subprocess
import tempfile
import time
import unittest
from pathlib import Path

import suite

SCRIPT = suite.SOURCE / "scripts" / "quick-agrees"


class Agrees(unittest.TestCase):
    def setUp(self):
        place = tempfile.TemporaryDirectory(dir=suite.BIN.parent)
        self.dir = Path(place.name)
        self.addCleanup(place.cleanup)
        self.out = self.dir / "readings"
        self.command = [str(word) for word in (SCRIPT, "--bin", suite.BIN, "--dir", self.dir, "--out", self.out)]

    def processes(self):
        return subprocess.run(["pgrep", "-f", f"seatrial.*--dir={self.dir}"], capture_output=True, text=True,
                              check=False).stdout

    def wait_until(self, true):
        end = time.monotonic() + 60
        while not true() and time.monotonic() < end:
            time.sleep(0.05)
        return true()

    def test_a_stop_ends_the_measurement(self):
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGKILL):
            with self.subTest(number.name):
                with subprocess.Popen(self.command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as child:
                    self.assertTrue(self.wait_until(lambda: list(self.dir.glob(".seatrial*"))), "it was at work")
                    child.send_signal(number)
                    _, error = child.communicate(timeout=60)
                if number == signal.SIGKILL:
                    self.wait_until(lambda: not self.processes())
                else:
                    self.assertEqual((child.returncode, error), (128 + number, ""))
                left = self.processes()
                subprocess.run(["kill", *left.split()], check=False, stderr=subprocess.DEVNULL)
                self.assertEqual(left, "", "no process is left")
                self.assertTrue(self.wait_until(lambda: not list(self.dir.iterdir())), "nor a file")

    def test_a_line_that_was_cut_off_is_measured_again(self):
        run = {"overall": "met", "seconds": 1, "lines": {}, "readings": {}}
        full, quick = (json.dumps({"preset": preset, **run}) + "\n" for preset in ("full", "quick"))
        self.out.write_text(full + quick + quick[:30])
        done = subprocess.run([*self.command, "--full=1", "--quick=1"], capture_output=True, text=True, check=False,
                              timeout=120)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        self.assertIn("1 of 1", done.stdout)
        self.assertEqual(self.out.read_text(), full + quick)


if __name__ == "__main__":
    suite.main()
