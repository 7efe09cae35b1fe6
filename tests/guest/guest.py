"""Guest kernels: a second Linux, booted from this machine's own files as a process of a test.

It has what the machine's kernel may lack and what must not be done to the machine: device mapper, slow
disks, network emulation, IPVS. Debian packages it as user-mode-linux. It boots in seconds, needs neither
virtualisation nor root, and has one processor. System calls take 10 us or more in it, so it is for known
truths well above that; each is measured beside its floor, the same without what was injected.

The machine's files are its root directory, read only. It runs one command and may write in one directory;
no more of it reaches the machine, and nothing of it outlives the test, even a killed one.
"""
import contextlib
import os
import select
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import unittest
from pathlib import Path

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent / "system"))

import suite  # pylint: disable=wrong-import-position

KERNEL = "linux.uml"
_PATH = "/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
_BOOTED = "as init process"


def _memory():
    """Where the guest's memory is: a file, removed once it is open, that should not be written to a disk."""
    kind = subprocess.run(["stat", "-f", "-c", "%T", "/dev/shm"], capture_output=True, text=True, check=False)
    return "/dev/shm" if kind.stdout.strip() == "tmpfs" and os.access("/dev/shm", os.W_OK) else None


def _keep(place, command):
    """Runs a kernel until it ends or until standard input does, which is when a test that waits for it has
    ended in any way; nothing of it is left then."""
    # Whatever stops the test shall not stop this. A handler, since the kernel would inherit that they are ignored.
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda *_: None)
    # Its kernel and its programs are processes that take turns: between two processors that is slow.
    os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
    # Waking up late would be taken for the disk's doing. Only root may ask for that.
    with contextlib.suppress(PermissionError):
        os.setpriority(os.PRIO_PROCESS, 0, -10)
    waiting = True
    try:
        with subprocess.Popen(command, stdin=subprocess.DEVNULL, cwd=place, start_new_session=True) as kernel:
            try:
                while waiting and kernel.poll() is None:
                    waiting = not select.select([0], [], [], 0.1)[0]
            finally:
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(kernel.pid, signal.SIGKILL)
    finally:
        if not waiting:
            shutil.rmtree(place, ignore_errors=True)


def _listen(keeper, seconds):
    """Returns what a guest printed, and whether it had to be stopped."""
    end, out = time.monotonic() + seconds, b""
    while select.select([keeper.stdout], [], [], max(0, end - time.monotonic()))[0]:
        block = os.read(keeper.stdout.fileno(), 65536)
        if not block:
            break
        out += block
    late = time.monotonic() >= end
    keeper.stdin.close()
    return out.decode(errors="replace").replace("\r", ""), late


class Results:
    """What a guest left: the text on its console and the files that its command wrote."""

    def __init__(self, console, place):
        self.console = console
        self._texts = {path.name: path.read_text() for path in place.glob("*") if path.is_file()}

    def text(self, name):
        return self._texts.get(name, "")

    def json(self, name):
        return suite.parse(self._texts[f"{name}.json"])

    def document(self, name):
        """The document of a benchmark that ran in the guest, held to its schema."""
        return suite.validate(self.json(name))


def run(script, *arguments, seconds, tools=(), memory="1G"):
    """Runs a Python script of this directory, which needs some of the machine's tools, in a guest that is
    given so many seconds. Returns its Results when it exited with 0, raises AssertionError with its console's
    end when not. Skips where there are no guests or tools."""
    for tool in (KERNEL, "modprobe", *tools):
        if not shutil.which(tool, path=_PATH):
            raise unittest.SkipTest(f"{tool} is not installed; scripts/setup --test does it")
    with tempfile.TemporaryDirectory("", "guest.", suite.BIN.parent, ignore_cleanup_errors=True) as name:
        place = Path(name)
        shared = place / "results"
        shared.mkdir()
        words = " ".join(["/usr/bin/python3", str(HERE / script), *map(str, arguments)])
        environment = {key: value for key, value in os.environ.items() if not key.startswith("LD_")}
        with subprocess.Popen(
                [sys.executable, __file__, place, shutil.which(KERNEL, path=_PATH), f"mem={memory}",
                 f"uml_dir={place}/uml/", "umid=guest", "con=null", "con0=null,fd:1", "rootfstype=hostfs",
                 "rootflags=/", "ro", "init=/bin/sh", f"GUEST_RESULTS={shared}",
                 f'GUEST_COMMAND="{words}"', f"SEATRIAL_BIN={suite.BIN}", f"SEATRIAL_SOURCE={suite.SOURCE}",
                 "PYTHONDONTWRITEBYTECODE=1", "--", HERE / "init"],
                env={**environment, "TMPDIR": _memory() or name}, stdin=subprocess.PIPE,
                # In a session of its own: what stops the test is for a whole process group, as a rule.
                stdout=subprocess.PIPE, stderr=subprocess.STDOUT, start_new_session=True) as keeper:
            console, late = _listen(keeper, seconds)
        results = Results(console, shared)
    tail = "\n".join(console.splitlines()[-40:])
    if _BOOTED not in console:
        raise unittest.SkipTest(f"no guest kernel boots here: {tail[-300:]}")
    if late:
        raise AssertionError(f"{script} did not end within {seconds} s:\n{tail}")
    if results.text("status").strip() != "0":
        raise AssertionError(f"{script} failed in the guest:\n{tail}")
    return results


_outcomes = {}


class Test(unittest.TestCase):
    """Tests of one script: it runs once in a guest, whose results all of them share."""
    script, seconds, tools = None, 0, ()

    def setUp(self):
        if self.script not in _outcomes:
            try:
                _outcomes[self.script] = run(self.script, seconds=self.seconds, tools=self.tools)
            except (unittest.SkipTest, AssertionError) as outcome:
                _outcomes[self.script] = outcome
        self.results = _outcomes[self.script]
        if isinstance(self.results, Exception):
            raise self.results


if __name__ == "__main__":
    _keep(sys.argv[1], sys.argv[2:])
