"""A test leaves no guest, whatever stops it, and what makes a system of a guest does so nowhere else."""
import contextlib
import os
import shutil
import signal
import subprocess
import sys
import time
import unittest
from pathlib import Path

import guest

BIN = guest.suite.BIN


def processes(place):
    """Those that are of a guest, by its directory."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if str(place) in os.readlink(process / "cwd") + (process / "cmdline").read_text():
                found.append(process.name)
        except OSError:
            pass  # it has ended
    return found


def wait_until(true, seconds):
    end = time.monotonic() + seconds
    while not true() and time.monotonic() < end:
        time.sleep(0.1)
    return true()


class Stop(unittest.TestCase):
    def stop(self, number):
        before = set(BIN.parent.glob("guest.*"))
        # Like a test in a terminal: its signals go to all of the process group.
        with subprocess.Popen([sys.executable, "-c", "import guest; guest.run('inside_wait.py', seconds=100)"],
                              cwd=guest.HERE, stderr=subprocess.PIPE, text=True, start_new_session=True) as test:
            up = wait_until(lambda: test.poll() is not None or
                            [path for path in BIN.parent.glob("guest.*/results/up.json") if
                             path.parents[1] not in before], 100)
            with contextlib.suppress(ProcessLookupError):
                os.killpg(test.pid, number)
            error = test.stderr.read()
        if "SkipTest" in error:
            self.skipTest(error.splitlines()[-1])
        self.assertTrue(up, error)
        place, = {path.parents[1] for path in up}
        self.addCleanup(shutil.rmtree, place, ignore_errors=True)
        try:
            self.assertTrue(wait_until(lambda: not processes(place), 10), "no process is left")
            self.assertTrue(wait_until(lambda: not place.exists(), 10), "no directory is left")
        finally:
            for process in processes(place):
                os.kill(int(process), signal.SIGKILL)

    def test_nothing_is_left(self):
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGKILL):
            with self.subTest(number.name):
                self.stop(number)


class Init(unittest.TestCase):
    def test_the_machine_is_none_of_its_business(self):
        # Where it could do no harm: it may mount in a name space that ends with it, and switch off nothing.
        apart = ["unshare", "--user", "--map-root-user", "--mount", "--pid", "--fork"]
        if subprocess.run([*apart, "true"], capture_output=True, check=False).returncode:
            self.skipTest("unshare makes no name spaces here")
        marker = BIN.parent / "init-ran"
        self.addCleanup(marker.unlink, missing_ok=True)
        init = str(guest.HERE / "init")
        for name, command in {"a process": ["sh", "-c", f"sh {init}; exit $?"], "process 1": ["sh", init]}.items():
            with self.subTest(name):
                done = subprocess.run([*apart, *command], capture_output=True, text=True, check=False, timeout=60,
                                      env={**os.environ, "GUEST_COMMAND": f"touch {marker}",
                                           "GUEST_RESULTS": "/dev/null"})
                self.assertEqual((done.returncode, done.stdout), (1, ""), done.stderr)
                self.assertRegex(done.stderr, r"\A[^\n]+ guest kernel[^\n]*\.\n\Z")
                self.assertFalse(marker.exists())


if __name__ == "__main__":
    guest.suite.main()
