"""seatrial-fsync on real disks that misbehave, in a guest kernel: what was injected is what it reads.

A reading, always a median, may differ from the truth by 5 % and a floor: what the same does not exceed
nine times in ten in the same guest with nothing injected. The median of that would not do, for a guest
that sleeps wakes up late; how late, on a machine with other work, an observer on the same disk tells.
"""
import base64
import re
import struct
import zlib

import guest


# A file system that cannot write its journal forbids writes, and may do so first.
DISK_FAILED = "Input/output error|Read-only file system"


def summary(document, name):
    found = [metric["summary"] for metric in document["metrics"] if metric["name"] == name]
    assert len(found) == 1, f"{len(found)} metrics {name}"
    return found[0]["value"]


def floor_of(document, latency):
    return summary(document, f"{latency}.p90")


def fact(document, name):
    return next(fact for fact in document["facts"] if fact["id"] == name)


def histogram(document, name):
    """Of a latency: [(highest value of a slot in s, count)], decoded from HdrHistogram's V2 encoding."""
    text = next(entry["pooled"] for entry in document["distributions"] if entry["name"] == name)
    data = zlib.decompress(base64.b64decode(text)[8:])
    length, _, digits = struct.unpack(">iii", data[4:16])
    assert digits == 3, "2,048 slots a bucket"
    data, at, slot, slots = data[40:40 + length], 0, 0, []
    while at < len(data):
        value = shift = 0
        while True:
            byte = data[at]
            at += 1
            value |= (byte if shift == 56 else byte & 0x7f) << shift
            shift += 7
            if byte < 0x80 or shift > 56:
                break
        value = value >> 1 ^ -(value & 1)
        if value < 0:
            slot -= value
            continue
        bucket = max(0, slot // 1024 - 1)
        if value:
            slots.append((((slot - bucket * 1024 + 1 << bucket) - 1) / 1e9, value))
        slot += 1
    return slots


def quantile(slots, share):
    rank, total = 0, sum(count for _, count in slots)
    for value, count in slots:
        rank += count
        if rank >= share * total:
            return value
    raise AssertionError("no values")


class Disks(guest.Test):
    script, seconds = "inside_disk.py", 450
    tools = ("dmsetup", "mkfs.ext4", "mkfs.xfs", "mkfs.btrfs", "strace")

    def assert_recovered(self, reading, truth, floor, what, observed=0):
        self.assertGreaterEqual(reading, 0.95 * truth, what)
        self.assertLessEqual(reading, 1.05 * max(truth, observed) + floor,
                             f"{what}; floor {floor}, observer {observed}")


class Delays(Disks):
    def test_back_to_back_flushes_take_what_the_disk_takes(self):
        floor = floor_of(self.results.document("delay.0"), "wal.fsync")
        for milliseconds in (2, 10, 40):
            reading = summary(self.results.document(f"delay.{milliseconds}"), "wal.fsync.p50")
            self.assert_recovered(reading, milliseconds / 1000, floor, f"{milliseconds} ms",
                                  self.results.json("delays")[str(milliseconds)]["p50"])

    def test_flushes_of_the_log_wait_for_those_of_the_database_and_no_longer(self):
        # This disk does one flush at a time. With 2 ms a good part of them finds it idle, with 40 ms most find the other's.
        floor = floor_of(self.results.document("delay.0"), "etcd.wal_fsync")
        for milliseconds in (2, 10, 40):
            reading = summary(self.results.document(f"delay.{milliseconds}"), "etcd.wal_fsync.p50")
            self.assertGreaterEqual(reading, 0.95 * milliseconds / 1000)
            self.assertLessEqual(reading, 1.05 * 2 * milliseconds / 1000 + floor, f"{milliseconds} ms")
        self.assertLessEqual(quantile(histogram(self.results.document("delay.2"), "etcd.wal_fsync"), 0.25),
                             1.05 * 0.002 + floor)

    def test_an_observer_of_the_same_device_sees_the_same(self):
        observed, undelayed = self.results.json("mapper"), self.results.document("mapper.0")
        for milliseconds in (10, 40):
            document = self.results.document(f"mapper.{milliseconds}")
            truth = observed[str(milliseconds)]["p50"]
            self.assert_recovered(summary(document, "wal.fsync.p50"), truth, floor_of(undelayed, "wal.fsync"),
                                  f"{milliseconds} ms")
            # Back to back, each flush begins with a tick. One that begins between two takes up to a tick
            # less, but never less than the table says.
            reading = summary(document, "etcd.wal_fsync.p50")
            self.assertGreaterEqual(reading, milliseconds / 1000)
            self.assertLessEqual(reading, 1.05 * truth + floor_of(undelayed, "etcd.wal_fsync"))

    def test_one_slow_flush_in_a_hundred(self):
        document, observed = self.results.document("spikes"), self.results.json("spikes.observed")
        slots = histogram(document, "wal.fsync")
        count = sum(count for _, count in slots)
        self.assertEqual(count, next(entry["count"] for entry in document["distributions"]
                                     if entry["name"] == "wal.fsync"), "the histogram was decoded")
        self.assertLess(quantile(slots, 0.98), 0.025)
        self.assert_recovered(quantile(slots, 0.995), 0.05, quantile(slots, 0.5), "99.5th percentile")
        # A call that takes two flushes is twice as likely to meet a slow one. Four standard deviations.
        slow, share = sum(count for value, count in slots if value > 0.045), observed["flushes_each"] / 100
        self.assertLess(abs(slow - count * share), 4 * (count * share * (1 - share)) ** 0.5 + 1,
                        f"{slow} of {count} were slow")

    def test_each_file_system_takes_as_long_as_its_flushes(self):
        observed = self.results.json("file_systems")
        for kind in ("ext4", "xfs", "btrfs"):
            each = observed[f"{kind}.10"]["flushes"]
            self.assertAlmostEqual(each, round(each), delta=0.1, msg=f"{kind}: all calls are alike")
            document = self.results.document(f"{kind}.10")
            floor = floor_of(self.results.document(f"{kind}.0"), "wal.fsync")
            self.assert_recovered(summary(document, "wal.fsync.p50"), 0.01 * round(each), floor, kind,
                                  observed[f"{kind}.10"]["p50"])
            self.assertGreaterEqual(summary(document, "etcd.wal_fsync.p50"), 0.0095, kind)
            self.assertEqual(fact(document, "durability.flush")["status"], "pass", kind)


class Caps(Disks):
    def test_a_cap_on_requests_is_the_rate_of_appends(self):
        observed = self.results.json("throttled")
        charged = observed["100"]["charged"]
        self.assertGreater(summary(self.results.document("throttled.max"), "wal.rate") * charged, 200,
                           "it is the cap that limits")
        rate = summary(self.results.document("throttled.100"), "wal.rate") * charged
        self.assertGreater(rate, 95)
        self.assertLess(rate, 105)


class Lies(Disks):
    def test_a_file_system_that_sends_no_flush_is_found_out(self):
        observed, found = self.results.json("dropped"), 0
        for name in ("barrier", "journal"):
            if observed[name]["flushes"] > 0.5:
                continue  # a later kernel mended it
            found += 1
            document = self.results.document(f"dropped.{name}")
            self.assertEqual(fact(document, "durability.flush")["status"], "fail", name)
            self.assertTrue(document["warnings"], name)
        self.assertTrue(found)


class Errors(Disks):
    def assert_refused(self, name):
        """One failed flush ends it all, with what that means."""
        document = self.results.document(name)
        self.assertEqual(document["status"], "failed")
        self.assertRegex(document["errors"][0], DISK_FAILED)
        errors = fact(document, "durability.errors")
        self.assertEqual((errors["status"], errors["topic"]), ("fail", "Durability"))
        self.assertRegex(errors["value"], DISK_FAILED)
        self.assertTrue(errors["remedy"])
        return document

    def assert_last_flush(self, name):
        """No file is flushed again after a flush of it failed, and nothing is begun after that."""
        calls = re.findall(r"^\d+ +(?:<\.\.\. )?(?:fsync|fdatasync)(.*)= (-?\d+)",
                           self.results.text(f"{name}.strace"), re.MULTILINE)
        self.assertGreater(len(calls), 100)
        failed = [index for index, (_, code) in enumerate(calls) if code != "0"]
        # Those that the other half of mode etcd had begun may fail too.
        self.assertTrue(failed)
        self.assertGreaterEqual(failed[0], len(calls) - 2, calls[-5:])
        files = [re.search(r"/\w+>", calls[index][0]) for index in failed]
        names = [found.group() for found in files if found]
        self.assertEqual(len(names), len(set(names)), calls[-5:])

    def test_a_disk_that_begins_to_fail(self):
        for mode, code in self.results.json("errors").items():
            with self.subTest(mode):
                self.assertEqual(code, 1)
                document = self.assert_refused(f"errors.{mode}")
                if mode != "uring":
                    self.assert_last_flush(f"errors.{mode}")
                    rate = next(metric for metric in document["metrics"] if metric["name"] == f"{mode}.rate")
                    self.assertGreater(rate["summary"]["value"], 0, "what was measured is kept")

    def test_a_disk_that_fails_from_the_start(self):
        self.assertEqual(self.results.json("errors.probe.code"), 1)
        self.assertEqual(self.assert_refused("errors.probe")["metrics"], [])

    def test_an_error_is_not_retried_away(self):
        seen = self.results.json("errors.once.seen")
        self.assertEqual(seen["said"], ["EIO", "OK"], "asked twice, this kernel says that all is well")
        self.assertEqual(seen["code"], 1)
        self.assert_refused("errors.once")
        self.assert_last_flush("errors.once")

    def test_where_nothing_failed_it_says_so(self):
        self.assertEqual(fact(self.results.document("delay.0"), "durability.errors")["status"], "pass")


if __name__ == "__main__":
    guest.suite.main()
