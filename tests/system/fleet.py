"""Runs of hosts whose true differences are known: what comparisons are tested on.

Run as a program it writes some as files, to look at: fleet.py FOLDER
"""
import itertools
import json
import math
import random
import sys
from pathlib import Path

import documents
import suite

UNNUMBERED = itertools.count(1 << 31)
LABELS = {"payload": "1392", "rate": "150"}


def profile(name):
    return suite.parse((suite.SOURCE / "harness" / "profiles" / f"{name}.json").read_text())


def noisy(rng, middle, noise, count):
    """Repetitions of something that reads `middle` on average, with a relative noise."""
    return [middle * rng.lognormvariate(0, noise) for _ in range(count)]


def host(number):
    return {**documents.HOST, "id": f"{number:016x}"}


def host_result(cpus=4, **changes):
    facts = {"cpu.count": (cpus, "1"), "memory.total": (8 << 30, "B"), "disk.free": (50 << 30, "B")}
    made = [{"id": name, "topic": "T", "title": name, "status": "pass", "value": value, "unit": unit, "why": "So."}
            for name, (value, unit) in facts.items()]
    made += [{"id": name, "topic": "T", "title": name, "status": "pass", "value": "good", "why": "So."}
             for name in ("virt.kernel_control", "cgroup.version", "kernel.version", "kernel.module.overlay",
                          "swap.active", "clock.synchronized", "cgroup.throttling", "cpu.steal", "sysctl.writable",
                          "kernel.module.nf_conntrack")]
    return documents.result("host", "What is this?", "Looks.", facts=made, parameters={"dir": ".", "root": "/"}, **changes)


def fsync_result(rng, speed=1.0, noise=0.03, repetitions=10, samples=200, metrics=(), **changes):
    """A disk that is `speed` times as fast as the usual one: in 10 readings that are distributions' quantiles or
    rates, and a rate of rare events."""
    parts = []
    for name, title, middle in (("etcd.wal_fsync", "Log made durable (WAL fsync)", 0.001),
                                ("etcd.backend_commit", "Database commit", 0.004)):
        levels = noisy(rng, middle / speed, noise, repetitions)
        parts.append(documents.latency(name, title, [documents.latencies(rng, samples, level, 0.1) for level in levels],
                                       LABELS))
    rates = {"wal.rate": ("Durable writes one after the other", {"payload": "2300"}, 900),
             "etcd.rate": ("Writes kept up with", LABELS, 149.9),
             "etcd.sustainable": ("Writes a second that the disk carries", {"payload": "1392"}, 800)}
    made = [metric for _, several in parts for metric in several]
    made += [documents.metric(name, title, "writes/s", "higher",
                              noisy(rng, middle * (1 if name == "etcd.rate" else speed), noise, repetitions), labels)
             for name, (title, labels, middle) in rates.items()]
    leaders = documents.metric("etcd.leader_changes", "Leaders lost", "changes/day", "lower", [0.0] * repetitions,
                               {**LABELS, "members": "3"})
    leaders.update(events=0, exposure=0.003)
    facts = [{"id": name, "topic": "Disk", "title": name, "status": "pass", "value": "yes", "why": "So."}
             for name in ("durability.flush", "durability.errors", "durability.speed")]
    return documents.result("fsync", "How long does a flush take?", "Writes.", facts=facts,
                            distributions=[distribution for distribution, _ in parts],
                            metrics=made + [leaders] + list(metrics),
                            **{"parameters": {"dir": ".", "duration": 2.0, "payload": [2300]}, **changes})


def null_result(rng, ratios, noise=0.03, repetitions=10, better="lower", unit="s", **changes):
    """Readings of 1 s each times their ratio: [ratio, ...]."""
    return documents.result(
        "null", "Does it work?", "Counts.",
        metrics=[documents.metric(f"reading.{i}", f"Reading {i}", unit, better, noisy(rng, ratio, noise, repetitions),
                                  {"number": str(i)}) for i, ratio in enumerate(ratios)],
        **{"parameters": {"duration": 0.1, "dir": "/srv"}, **changes})


def rare_result(events, better="lower", **changes):
    """A rate of rare events: so many in each repetition of a minute."""
    made = documents.metric("stalls", "Stalls", "stalls/s", better, [count / 60 for count in events], {"payload": "1392"})
    made.update(events=sum(events), exposure=60 * len(events))
    return documents.result("rare", "Does it stall?", "Counts.", metrics=[made],
                            **{"parameters": {"duration": 60.0}, **changes})


def run(results, number=None, profiles=("etcd",), **changes):
    """A run with an id of its own; later numbers are later runs, and those without one are the first of all."""
    suffix = next(UNNUMBERED) if number is None else number
    number = number or 0
    minutes = number % 1440
    day = 1 + number // 1440 % 28
    stamp = f"202601{day:02}T{minutes // 60:02}{minutes % 60:02}00Z-{suffix:08x}"
    started = f"2026-01-{day:02}T{minutes // 60:02}:{minutes % 60:02}:00Z"
    return documents.run(results, [profile(name) for name in profiles], id=stamp, started=started, **changes)


def save(folder, document, name=None):
    """Writes a valid run as a file, under its id as in a store; returns its path."""
    path = Path(folder) / f"{name or document['id']}.json"
    path.write_text(json.dumps(suite.validate(document)))
    return path


def geometric_mean(values):
    return math.exp(sum(map(math.log, values)) / len(values))


def examples(folder):
    """Three plans of a provider and what they cost: one twice as fast, one unsuitable."""
    Path(folder).mkdir(parents=True, exist_ok=True)
    paths = []
    for number, (name, speed, cpus) in enumerate((("small", 1.0, 2), ("large", 2.0, 8), ("spinning", 0.06, 4))):
        rng = random.Random(number)
        paths.append(save(folder, run([fsync_result(rng, speed, samples=1000), host_result(cpus)], number,
                                      ("etcd", "control-plane"), label=name, host=host(number)), name))
    return paths


if __name__ == "__main__":
    print(*examples(sys.argv[1]), sep="\n")
