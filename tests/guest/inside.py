"""What the scripts in a guest share: disks of known misbehaviour, file systems on them, and an observer.

Everything here runs in a guest kernel (guest.py) as its root, and would do harm elsewhere.
"""
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

if Path("/proc/sys/kernel/hostname").read_text().strip() != "(none)" or os.path.exists("/sys/class/dmi"):
    sys.exit("this is no guest kernel")

BIN = Path(os.environ["SEATRIAL_BIN"])
RESULTS = Path(os.environ["GUEST_RESULTS"])


def load(*modules):
    subprocess.run(["modprobe", "--all", *modules], check=True)


def write(name, value):
    """One JSON file among the results."""
    (RESULTS / f"{name}.json").write_text(json.dumps(value))


def say(*words):
    """On the console, with the time: where a guest hung or was slow."""
    print(f"[{time.monotonic():8.2f}]", *words, flush=True)


class Group:
    """A control group with limits on input and output; as a context, what runs in the meantime is in it."""

    def __init__(self, name):
        self._root = Path("/sys/fs/cgroup")
        # Without the memory controller, nobody knows whose a write from the page cache is.
        (self._root / "cgroup.subtree_control").write_text("+io +memory")
        self.directory = self._root / name
        self.directory.mkdir(exist_ok=True)

    def cap(self, disk, limits):
        number = Path(f"/sys/block/{disk.name}/dev").read_text().strip()
        (self.directory / "io.max").write_text(f"{number} {limits}")

    def writes(self):
        """Requests that were charged to it."""
        words = (self.directory / "io.stat").read_text().split()
        return sum(int(word.removeprefix("wios=")) for word in words if word.startswith("wios="))

    def __enter__(self):
        (self.directory / "cgroup.procs").write_text(str(os.getpid()))
        return self

    def __exit__(self, *_):
        (self._root / "cgroup.procs").write_text(str(os.getpid()))


class SlowDisk:
    """A /dev/nbdN by slow_disk; its settings are slow_disk.c's."""

    def __init__(self, number, mebibytes=512, **settings):
        self.name, self.device = f"nbd{number}", f"/dev/nbd{number}"
        words = [f"{key}={value}" for key, value in settings.items()]
        self._server = subprocess.Popen([BIN / "slow_disk", self.device, str(mebibytes), *words],
                                        stdout=subprocess.PIPE, text=True)
        line = self._server.stdout.readline()
        assert line == "ready\n", line
        self.sectors = mebibytes * 2048
        self.served = None

    def close(self):
        """Returns how many requests of each kind it served."""
        if self.served is None:
            self._server.send_signal(signal.SIGTERM)
            self.served = json.loads(self._server.stdout.read())
            self._server.wait()
        return self.served

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


class Mapped:
    """A device-mapper device; a table is the target's name and parameters for all of a SlowDisk, with {}
    for its device."""

    def __init__(self, name, disk, table):
        self.name, self.device, self._disk = name, f"/dev/mapper/{name}", disk
        subprocess.run(["dmsetup", "create", name, "--noudevsync", "--table", self._table(table)], check=True)
        subprocess.run(["dmsetup", "mknodes"], check=True)

    def _table(self, table):
        return f"0 {self._disk.sectors} {table.replace('{}', self._disk.device)}"

    def switch(self, table):
        """To another table, at once: what is in flight stays in flight, and nothing is flushed before."""
        subprocess.run(["dmsetup", "load", self.name, "--table", self._table(table)], check=True)
        subprocess.run(["dmsetup", "suspend", "--nolockfs", "--noflush", self.name], check=True)
        subprocess.run(["dmsetup", "resume", "--noudevsync", self.name], check=True)

    def message(self, *words):
        subprocess.run(["dmsetup", "message", self.name, "0", *map(str, words)], check=True,
                       stdout=subprocess.DEVNULL)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        subprocess.run(["dmsetup", "remove", "--noudevsync", "--retry", self.name], check=True)


class Mounted:
    """A new file system on a device, mounted; as a context, its directory."""

    def __init__(self, device, kind="ext4", *options, mount="defaults"):
        quiet = [] if kind == "xfs" else ["-q"]
        force = [] if kind == "ext4" else ["-f"]
        subprocess.run([f"mkfs.{kind}", *quiet, *force, *options, device], check=True,
                       stdout=subprocess.DEVNULL)
        self.directory = Path("/run/mnt") / Path(device).name
        self.directory.mkdir(exist_ok=True)
        subprocess.run(["mount", "-t", kind, "-o", mount, device, self.directory], check=True)

    def __enter__(self):
        return self.directory

    def __exit__(self, *_):
        subprocess.run(["umount", self.directory], check=True)


def flushes(name):
    """Completed by a whole disk since it was there: the 16th field of its stat (admin-guide/iostats.rst)."""
    return int(Path(f"/sys/block/{name}/stat").read_text().split()[15])


def observe(directory, disk, payload, seconds=0.6):
    """Appends and flushes as `seatrial-fsync --mode=wal` does, without a line of its code. Returns the median
    time of an fdatasync in s, and how many flushes of the disk each took."""
    times = []
    file = os.open(directory / "observer", os.O_RDWR | os.O_CREAT | os.O_EXCL)
    os.posix_fallocate(file, 0, 2 << 20)
    data = os.urandom(payload)
    before, end = flushes(disk.name), time.monotonic() + seconds
    while time.monotonic() < end and (len(times) + 1) * payload < 2 << 20:
        os.pwrite(file, data, len(times) * payload)
        start = time.monotonic()
        os.fdatasync(file)
        times.append(time.monotonic() - start)
    count = flushes(disk.name) - before
    os.close(file)
    os.unlink(directory / "observer")
    return {"p50": sorted(times)[len(times) // 2], "flushes": count / len(times), "count": len(times)}


# Small files: what is written before the measurement takes its time on a slow disk.
SMALL = ("--preset=quick", "--mode=wal,etcd", "--repetitions=3", "--duration=500ms", "--etcd-duration=1s",
         "--segment-size=2MiB", "--database-size=1MiB", "--file-size=2MiB", "--keep-free=0")


def start_fsync(name, directory, *options, below=(), **keywords):
    """Starts seatrial-fsync, `below` the words of another program; its document becomes the result `name`."""
    say(name, *options)
    with open(RESULTS / f"{name}.json", "wb") as out:
        return subprocess.Popen([*below, BIN / "seatrial-fsync", *SMALL, f"--dir={directory}", *options],
                                stdout=out, **keywords)


def fsync(name, directory, *options, **keywords):
    return start_fsync(name, directory, *options, **keywords).wait()
