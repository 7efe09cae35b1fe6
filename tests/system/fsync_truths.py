"""seatrial-fsync: known latencies recovered."""
import suite
from fsync_place import Place, fact, known, summary, until


def value(document, name, **labels):
    return summary(document, name, **labels)["value"]


def knee(document):
    """The highest of the rates found."""
    return max(next(metric["values"] for metric in document["metrics"] if metric["name"] == "etcd.sustainable"))


class KnownTruths(Place):
    def test_a_delay_of_every_flush_is_recovered(self):
        delay = 0.008
        names = ("wal.fsync.p50", "etcd.wal_fsync.p50")
        document = until(lambda found: max(value(found, name) for name in names) < 2.5 * delay,
                         lambda: self.fsync("--mode=wal,etcd", "--rate=20", "--duration=500ms",
                                            env=known(DELAY_US="8000")))
        for name in names:
            reading = summary(document, name)
            self.assertGreaterEqual(reading["value"], delay, name)
            self.assertLess(reading["value"], 2.5 * delay, name)
        self.assertGreaterEqual(summary(document, "etcd.backend_commit.p50")["value"], 2 * delay,
                                "a commit flushes twice")
        self.assertLess(summary(document, "wal.rate")["value"], 1 / delay)

    def test_a_stall_reaches_the_entries_that_were_due_meanwhile(self):
        # One flush in 41 takes 0.2 s: at 200 entries a second 40 more were due in that time. The flush's own
        # 90th percentile does not see it; that of the entries, counted from when they were due, must.
        document = until(lambda found: value(found, "etcd.wal_fsync.p90") < 0.1 and value(found, "etcd.rate") > 150,
                         lambda: self.fsync("--mode=etcd", "--rate=200", "--etcd-duration=2s", "--repetitions=3",
                                            env=known(STALL_EVERY="41", STALL_US="200000")))
        flush, entry = summary(document, "etcd.wal_fsync.p90"), summary(document, "etcd.append.p90")
        self.assertLess(flush["value"], 0.1)
        self.assertGreater(entry["value"], 0.1)
        self.assertGreater(summary(document, "etcd.rate")["value"], 150, "batches keep up")

    def test_a_stall_that_costs_the_leader_is_counted(self):
        # Entry by entry, each 11th flush takes 2 s: longer than any follower waits for a heartbeat.
        document = self.fsync("--mode=etcd", "--rate=20", "--etcd-duration=3s", "--repetitions=2",
                              env=known(STALL_EVERY="11", STALL_US="2000000"))
        flushes = next(entry for entry in document["distributions"] if entry["name"] == "etcd.wal_fsync")
        for members in ("3", "5"):
            metric = next(metric for metric in document["metrics"]
                          if metric["name"] == "etcd.leader_changes" and metric["labels"]["members"] == members)
            self.assertAlmostEqual(metric["events"], round(metric["events"]))
            self.assertGreaterEqual(metric["events"], 1)
            self.assertLessEqual(metric["events"], flushes["count"] / 11 + 1)
            self.assertGreater(metric["summary"]["low"], 1, "a day")
        # Where the disk itself stalls for longer than that, another try.
        harmless = until(lambda found: value(found, "etcd.leader_changes", members="3") == 0,
                         lambda: self.fsync("--mode=etcd", "--rate=20", "--etcd-duration=2s", "--repetitions=2",
                                            env=known(STALL_EVERY="11", STALL_US="300000")))
        self.assertEqual(summary(harmless, "etcd.leader_changes", members="3")["value"], 0)
        self.assertGreater(summary(harmless, "etcd.stalls")["low"], 1, "a day")
        self.assertIn("chance of one or more in a day is 0 %", fact(harmless, "etcd.members.3")["value"])
        self.assertIn("in a day is 100 % (100 to 100)", fact(harmless, "etcd.members.1")["value"])
        self.assertIn("in a day is 100 % (100 to 100)", fact(document, "etcd.members.5")["value"])

    def test_the_knee_is_where_flushes_begin_to_queue(self):
        # Flushes of 6 ms: at more than 1 / 6 ms they never pause, and an entry that is due early in one waits
        # for nearly two, longer than the 10 ms allowed.
        found = until(lambda rate: rate > 10, lambda: knee(self.fsync(
            "--mode=knee", "--repetitions=3", "--probe-duration=100ms", env=known(DELAY_US="6000"))))
        self.assertLess(found, 1 / 0.006)
        self.assertGreater(found, 10)

    def test_the_knee_of_few_clients_is_what_their_flushes_carry(self):
        # Eight clients have eight puts in a flush of 4 ms at most; an entry waits for two, less than 10 ms.
        found = until(lambda rate: rate > 1 / 0.004, lambda: knee(self.fsync(
            "--mode=knee", "--repetitions=2", "--probe-duration=100ms", "--clients=8", "--knee-p99=50ms",
            env=known(DELAY_US="4000"))))
        self.assertLess(found, 8 / 0.004)
        self.assertGreater(found, 1 / 0.004, "they share flushes")

    def test_a_knee_below_all_rates_is_none(self):
        document = self.fsync("--mode=knee", "--repetitions=2", "--probe-duration=100ms",
                              env=known(DELAY_US="12000"))
        self.assertEqual(summary(document, "etcd.sustainable")["value"], 0)

    def test_a_knee_above_all_rates_ends_at_the_highest(self):
        found = until(lambda rate: abs(rate - 50) <= 5, lambda: value(self.fsync(
            "--mode=knee", "--repetitions=2", "--probe-duration=100ms", "--knee-most=50", "--knee-p99=50s"),
            "etcd.sustainable"))
        self.assertAlmostEqual(found, 50, delta=5)

    def test_a_disk_that_cannot_keep_up_ends_in_time(self):
        # 500,000 puts in batches of at most 256, each flushed in 5 ms: the flushes alone would take 9.8 s.
        document = until(lambda found: found["duration_s"] < 9, lambda: self.fsync(
            "--mode=etcd", "--rate=1000000", "--value-size=16", "--clients=256", "--etcd-duration=500ms",
            "--repetitions=1", env=known(DELAY_US="5000")))
        self.assertLess(document["duration_s"], 9)
        self.assertLess(summary(document, "etcd.rate")["value"], 256 / 0.005)
        entries = next(entry for entry in document["distributions"] if entry["name"] == "etcd.append")
        self.assertEqual(entries["count"], 500000, "those that still wait count too")
        self.assertGreater(summary(document, "etcd.append.p50")["value"], 0.25)

    def test_clients_bound_a_batch(self):
        # No more puts than clients are in flight, and a flush makes them durable in 20 ms at best.
        for clients in (1, 8):
            pace = until(lambda rate, least=clients / 0.02 / 3: rate > least, lambda clients=clients: value(self.fsync(
                "--mode=etcd", "--rate=1000", f"--clients={clients}", "--etcd-duration=1s",
                env=known(DELAY_US="20000")), "etcd.rate"))
            self.assertLessEqual(pace, clients / 0.02)
            # A commit of the database, of two flushes every 140 ms, holds up to two of a batch's time.
            self.assertGreater(pace, clients / 0.02 / 3)

    def test_a_rate_is_not_exceeded_however_low(self):
        document = self.fsync("--mode=etcd", "--rate=2", "--etcd-duration=1s", "--repetitions=1")
        self.assertLess(summary(document, "etcd.rate")["value"], 2.1)
        changes = next(metric for metric in document["metrics"] if metric["name"] == "etcd.leader_changes")
        self.assertGreater(changes["exposure"] * 86400, 0.99)


if __name__ == "__main__":
    suite.main()
