"""A cluster whose underlay delays, loses, doubles, reorders and shapes as told; truth.py holds what the load
reads on it to what it was told. What a machine with other work does is in every reading: slices are repeated,
more often where none of them had the machine to itself, and an observer, ping, tells how late this guest wakes up.
"""
import json
import statistics
import subprocess
import sys
from pathlib import Path

import inside

sys.path.insert(0, str(Path(__file__).parents[1] / "system"))

from cluster import Cluster, address  # pylint: disable=wrong-import-position

POD = address("native")
# More than any of this puts on its way: a full queue would lose packets.
ENDLESS = ("limit", "100000")
LOSSES = (0, 0.1, 1, 3)  # %
DUPLICATES = (1, 5)
REORDERED = 5
TRIALS = 100
# Rounds of slices, at most, until a reading is as sharp as it is on a machine without other work.
ROUNDS = 5


def shape(held, *words, hosts=("node-a",)):
    """What a packet meets when it leaves a node; without words, nothing."""
    for host in hosts:
        held.run(host, "tc", "qdisc", "del", "dev", "under", "root")
        if words:
            done = held.run(host, "tc", "qdisc", "add", "dev", "under", "root", *words)
            assert done.returncode == 0, done.stderr


def start(held, kind, milliseconds, *words):
    """Starts a load from pod-a to pod-b. Its lines go to a file, since a full pipe would hold it up."""
    ends = (f"netns={held.namespace('pod-b')}", f"netns2={held.namespace('pod-a')}", f"address={POD}")
    # Of no use once the guest is gone, and more than its console should see.
    out = open(f"/run/tmp/{id(held)}.{kind}", "w+", encoding="utf-8")  # pylint: disable=consider-using-with
    process = subprocess.Popen([inside.BIN / "load_tool", kind, str(milliseconds), *ends, *words], stdout=out)
    return process, out


def finish(started):
    process, out = started
    assert process.wait() == 0
    with out:
        out.seek(0)
        return [json.loads(line) for line in out]


def load(held, *words):
    return finish(start(held, *words))


def ping(held):
    """Round trips in s, the fastest first."""
    out = held.run("pod-a", "ping", "-n", "-q", "-c", "1", POD).stdout  # ARP is over with
    out = held.run("pod-a", "ping", "-n", "-c", "15", "-i", "0.02", POD).stdout
    return sorted(float(line.split("time=")[1].split()[0]) / 1e3 for line in out.splitlines() if "time=" in line)


def dropped(held):
    """Packets that netem says it dropped."""
    rows = json.loads(held.run("node-a", "tc", "-s", "-j", "qdisc", "show", "dev", "under").stdout)
    return sum(row["drops"] for row in rows)


def no_room(held):
    """Datagrams that pod-b's kernel says it dropped since their socket was full."""
    lines = held.run("pod-b", "grep", "^Udp:", "/proc/net/snmp").stdout.splitlines()
    return int(dict(zip(*(line.split() for line in lines)))["RcvbufErrors"])


def chances():
    """All that happens to a datagram by chance, each on a cluster of its own and all at the same time: the
    trials wait most of the time."""
    shapes = {f"loss {percent}": (("netem", "loss", f"{percent}%"), 2000) for percent in LOSSES}
    shapes |= {f"duplicate {percent}": (("netem", "duplicate", f"{percent}%"), 1000) for percent in DUPLICATES}
    # Of datagrams 10 ms apart, one that is not delayed by 15 ms overtakes the one before it and no other.
    shapes[f"reorder {REORDERED}"] = (("netem", "delay", "15ms", "reorder", f"{REORDERED}%"), 100)
    clusters, loads = [], {}
    for name, (words, rate) in shapes.items():
        held = Cluster("native")
        clusters.append(held)
        shape(held, *words, *ENDLESS)
        ping(held)
        loads[name] = (held, rate)
    # Pings may have been, too.
    before = {name: dropped(held) for name, (held, _) in loads.items()}
    loads = {name: start(held, "udp-stream", 150, "warm=0", f"rate={rate}", f"slices={TRIALS}")
             for name, (held, rate) in loads.items()}
    for (name, started), held in zip(loads.items(), clusters):
        trials = [{"sent": row["sent"], "lost": row["lost"], "loss": row["loss rate"],
                   "duplicates": row["receiver"]["duplicates"], "duplicate": row["duplicate rate"],
                   "reorder events": row["receiver"]["reordered"], "reorder": row["reordered rate"]}
                  for row in finish(started)]
        inside.write(name, {"trials": trials, "dropped": dropped(held) - before[name], "no room": no_room(held)})
    for held in clusters:
        held.__exit__()


def medians(held, kind, rate, sharp):
    """Of the latencies of each slice that had any."""
    found = []
    for _ in range(ROUNDS):
        found += [row["p50"] for row in load(held, kind, 120, "warm=20", "slices=6", f"rate={rate}") if row["p50"]]
        if found and min(found) <= sharp:
            break
    return found


def delays(held):
    seen = {}
    for milliseconds in (0, 5, 20):
        shape(held, *(("netem", "delay", f"{milliseconds}ms", *ENDLESS) if milliseconds else ()),
              hosts=("node-a", "node-b"))
        reading = {"ping": ping(held)}
        for name, kind, rate, times in (("tcp", "tcp-rr", 0, 2), ("udp", "udp-rr", 0, 2),
                                        ("one way", "udp-stream", 500, 1)):
            base = min(seen[0][name]) if seen else 0.001
            reading[name] = medians(held, kind, rate, 1.02 * (times * milliseconds / 1e3 + base))
        reading["ping"] += ping(held)
        seen[milliseconds] = reading
    inside.write("delays", seen)


def jitters(held):
    """Ten flows whose datagrams are 12.5 ms apart, more than the jitter's whole range, so that none overtakes."""
    seen = {}
    for milliseconds in (0, 5):
        shape(held, "netem", "delay", "20ms", f"{milliseconds}ms", *ENDLESS)
        for _ in range(ROUNDS):
            seen[milliseconds] = [row["receiver"]["jitter"] for row in
                                  load(held, "udp-stream", 800, "warm=0", "slices=5", "flows=10", "rate=800")]
            if not milliseconds or abs(statistics.median(seen[milliseconds]) / (milliseconds / 1500) - 1) < 0.07:
                break
    inside.write("jitters", seen)


def rates(held):
    """By netem, which makes up for waking up late; tbf does not."""
    for _ in range(ROUNDS):
        seen = {0: through(held, 200)}
        if min(max(seen[0][name]) for name in ("tcp", "udp")) > 220e6:
            break
    for megabits in (10, 50, 200):
        shape(held, "netem", "rate", f"{megabits}mbit", "limit", "100")
        for _ in range(ROUNDS):
            seen[megabits] = through(held, megabits)
            # 2.8 or 4.4 % are headers.
            if all(sum(0.945 <= reading / megabits / 1e6 <= 0.985 for reading in seen[megabits][name]) >= 3
                   for name in ("tcp", "udp")):
                break
    inside.write("rates", seen)


def through(held, megabits):
    """Payload received, in bit/s. UDP is sent at 1.3 times what the path takes."""
    # Segments that go on their way together arrive together: no more of them than this guest needs.
    segments = max(2, megabits // 25)
    held.run("pod-a", "ip", "link", "set", "dev", "eth0", "gso_max_segs", str(segments)).check_returncode()
    rate = 1.3 * megabits * 1e6 / 8 / 1514
    slices = ("warm=80", "slices=6")
    tcp = load(held, "tcp-stream", 250, "message=131072", *slices)
    udp = load(held, "udp-stream", 250, "message=1472", *slices, f"segments={segments}", f"rate={rate}")
    seen = {name: [row["receiver"]["bytes"] * 8 / row["receiver"]["elapsed"] for row in rows]
            for name, rows in (("tcp", tcp), ("udp", udp))}
    return {"mss": tcp[0]["sender"]["mss"], **seen}


inside.load("veth", "sch_netem")
inside.say("chances")
chances()
with Cluster("native") as cluster:
    for part in (delays, jitters, rates):
        inside.say(part.__name__)
        part(cluster)
inside.say("done")
