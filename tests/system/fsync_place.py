"""A place on a disk for tests of seatrial-fsync, and what they ask of its documents."""
import os
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


def known(**variables):
    """The same, where nothing of the disk's own latency, and of what other programs do to it, is left."""
    return injected(INSTEAD="1", **variables)


def until(sharp, measure, tries=4):
    """What was measured, as soon as `sharp` of it: what other programs do to the disk is in every reading, but not in
    each of some tries. The last one, when none was."""
    for _ in range(tries):
        found = measure()
        if sharp(found):
            break
    return found


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
