"""Runs seatrial-fsync on disks that misbehave; disk.py boots the guest and holds the results to the truth."""
import errno
import json
import os
import time

from inside import RESULTS, Group, Mapped, Mounted, SlowDisk, fsync, load, observe, say, start_fsync, write

# Most appends of 512 bytes go to a block that has been written before, and take one flush.
ONE_FLUSH = "--payload=512"
# Every append of 4 KiB goes to a new block, which a file system also has to note in its journal.
NEW_BLOCK = "--payload=4KiB"
PACED = "--rate=20"
NO_JOURNAL = ("-O", "^has_journal")
ROUNDS = 4
WRITES_FAIL = "flakey {} 0 0 3600 1 error_writes"


def value(name, metric):
    """Of a document that is there already."""
    metrics = json.loads((RESULTS / f"{name}.json").read_text())["metrics"]
    return next(each["summary"]["value"] for each in metrics if each["name"] == metric)


def delays():
    """Disks whose every flush takes as long as it says. A burst of what the machine does beside this is in all of what
    it met: then once more."""
    observed = {}
    for milliseconds in (0, 2, 10, 40):
        name = f"delay.{milliseconds}"
        with SlowDisk(0, flush_us=milliseconds * 1000) as disk, Mounted(disk.device) as place:
            for _ in range(ROUNDS):
                fsync(name, place, ONE_FLUSH, PACED)
                observed[milliseconds] = observe(place, disk, 512)
                floor = value("delay.0", "etcd.wal_fsync.p90")
                if value(name, "etcd.wal_fsync.p50") <= 1.05 * 2 * milliseconds / 1000 + floor:
                    break
    write("delays", observed)


def mapper_delays():
    """The same by device mapper. It counts in jiffies, rounds up and waits for the end of the last: at 100
    a second, 10 ms become up to 20, and 40 up to 50. What it does here, an observer tells."""
    observed = {}
    for milliseconds in (0, 10, 40):
        table = f"delay {{}} 0 0 {{}} 0 0 {{}} 0 {milliseconds}"
        with SlowDisk(0) as disk, Mapped("slow", disk, table) as mapped, Mounted(mapped.device) as place:
            for _ in range(ROUNDS):
                fsync(f"mapper.{milliseconds}", place, ONE_FLUSH, PACED)
                observed[milliseconds] = observe(place, disk, 512)
                most = 1.05 * observed[milliseconds]["p50"]
                if all(value(f"mapper.{milliseconds}", f"{each}.p50") <= most + value("mapper.0", f"{each}.p90")
                       for each in ("etcd.wal_fsync", "wal.fsync")):
                    break
    write("mapper", observed)


def spikes():
    """One flush in a hundred is slow."""
    with SlowDisk(0, slow_every=100, slow_us=50000) as disk:
        with Mounted(disk.device) as place:
            fsync("spikes", place, ONE_FLUSH, "--mode=wal", "--duration=1s")
            observed = observe(place, disk, 512)
        write("spikes.observed", {"flushes_each": observed["flushes"], **disk.close()})


def dropped():
    """File systems that never flush: by an option, and, until some later kernel, without a journal."""
    served = {}
    for name, options, mount in (("barrier", (), "barrier=0"), ("journal", NO_JOURNAL, "defaults")):
        with SlowDisk(0) as disk:
            with Mounted(disk.device, "ext4", *options, mount=mount) as place:
                fsync(f"dropped.{name}", place, ONE_FLUSH, "--mode=wal", "--repetitions=1")
                served[name] = observe(place, disk, 512)
    write("dropped", served)


def fail_later(name, place, fail, *options):
    """Starts seatrial-fsync and lets the disk fail in its midst, with a log of the calls that flush."""
    trace = ("strace", "-f", "-y", "-qq", "-e", "trace=fsync,fdatasync", "-e", "signal=none",
             "-o", RESULTS / f"{name}.strace")
    program = start_fsync(name, place, "--repetitions=30", *options, below=trace)
    while not {path.name.split(".")[-1] for path in place.glob(".seatrial-*/*")} & {"wal", "uring"}:
        time.sleep(0.1)
    time.sleep(1)
    fail()
    return program.wait(timeout=60)


def errors_later():
    """Every write fails from some moment on."""
    codes = {}
    for mode in ("wal", "etcd", "uring"):
        with SlowDisk(0) as disk, Mapped("failing", disk, "linear {} 0") as mapped:
            with Mounted(mapped.device) as place:
                codes[mode] = fail_later(f"errors.{mode}", place, lambda: mapped.switch(WRITES_FAIL),
                                         ONE_FLUSH, "--rate=100", f"--mode={mode}", "--depth=4")
    write("errors", codes)


def errors_at_once():
    """Every write fails before the first flush, which is one of the check of durability."""
    with SlowDisk(0) as disk, Mapped("failing", disk, "linear {} 0") as mapped:
        with Mounted(mapped.device) as place:
            mapped.switch(WRITES_FAIL)
            write("errors.probe.code", fsync("errors.probe", place, ONE_FLUSH))


def doom_each_once(dust, disk):
    """Each block of 1 MiB shall fail one write, once that is enabled: it takes its time to say so of all."""
    dust.message("clearbadblocks")
    for block in range(disk.sectors // 2048):
        dust.message("addbadblock", block, 1)


def flush_twice(file):
    """What two flushes of the same file say."""
    said = []
    for _ in range(2):
        try:
            os.fdatasync(file)
            said.append("OK")
        except OSError as error:
            said.append(errno.errorcode[error.errno])
    return said


def errors_once():
    """A disk that fails one write and takes the next. The kernel says so once: a second flush of the same
    file succeeds, and the data is lost. Without a journal, ext4 goes on as if nothing had been."""
    with SlowDisk(0, mebibytes=64) as disk, Mapped("dust", disk, "dust {} 0 1048576") as dust:
        dust.message("quiet")
        with Mounted(dust.device, "ext4", *NO_JOURNAL) as place:
            doom_each_once(dust, disk)
            code = fail_later("errors.once", place, lambda: dust.message("enable"), ONE_FLUSH, "--mode=wal")
            dust.message("disable")
            file = os.open(place / "trap", os.O_RDWR | os.O_CREAT)
            os.pwrite(file, bytes(4096), 0)
            os.fsync(file)
            doom_each_once(dust, disk)
            dust.message("enable")
            os.pwrite(file, bytes(4096), 0)
            write("errors.once.seen", {"code": code, "said": flush_twice(file)})
            os.close(file)


def throttled():
    """A cap on requests, as a container or a provider's volume may have one."""
    observed = {}
    for cap in ("max", 100):
        with SlowDisk(0) as disk, Mounted(disk.device) as place, Group("capped") as group:
            group.cap(disk, f"wiops={cap}")
            for _ in range(ROUNDS):
                fsync(f"throttled.{cap}", place, NEW_BLOCK, "--mode=wal", "--duration=1s")
                before = group.writes()
                observed[cap] = observe(place, disk, 4096)
                observed[cap]["charged"] = (group.writes() - before) / observed[cap]["count"]
                rate = value(f"throttled.{cap}", "wal.rate") * observed[cap]["charged"]
                if rate > 200 if cap == "max" else 95 < rate < 105:
                    break
    write("throttled", observed)


def file_systems():
    observed = {}
    for kind in ("ext4", "xfs", "btrfs"):
        for milliseconds in (0, 10):
            with SlowDisk(0, flush_us=milliseconds * 1000) as disk, Mounted(disk.device, kind) as place:
                modes = "--mode=wal,etcd" if milliseconds else "--mode=wal"
                fsync(f"{kind}.{milliseconds}", place, NEW_BLOCK, PACED, modes)
                observed[f"{kind}.{milliseconds}"] = observe(place, disk, 4096)
    write("file_systems", observed)


if __name__ == "__main__":
    load("nbd", "dm-mod", "dm-delay", "dm-flakey", "dm-dust")
    for part in (delays, mapper_delays, spikes, dropped, errors_later, errors_at_once, errors_once, throttled,
                 file_systems):
        say(part.__name__)
        part()
