"""Example runs with their verdicts, valid by the schemas: what the tests of the report feed on.

Run as a program it writes them as files, to look at the pages: documents.py FOLDER
"""
import base64
import itertools
import json
import math
import random
import struct
import sys
import zlib
from pathlib import Path

import suite

HOSTILE = [
    "<script>document.title='owned'</script>",
    "\"><img src=x onerror=alert(1)>",
    "' onmouseover='alert(1)' x='",
    "</style><script>alert(1)</script>",
    "</title><svg onload=alert(1)>",
    "javascript:alert(1)",
    "\x1b]0;owned\x07\x1b[31mred\x1b[0m\x9b1m",
    "\u202egnirts\u202c \u2066isolate\u2069 \u200f",
    "`touch /tmp/owned` $(touch /tmp/owned)",
    "\"; system(\"touch /tmp/owned\"); print \"",
    "'\nset output '|touch /tmp/owned'\n",
    "END\nplot '< touch /tmp/owned'\nEND",
    "&lt;script&gt; &amp;amp; &#60;",
    "%s%n%d %1$s",
    "{/=400 big} ^{x} _{y} @a &{b}",
    "line one\nline two\r\nline three\ttab",
    "العربية עברית 日本語 🚢 é",
    "x" * 3000,
    "--preset=full; rm -rf /",
]


def slot(value):
    """The index of a value in an HdrHistogram of 1 ns to 1 h with 3 digits (2,048 sub-buckets)."""
    bucket = max(0, value.bit_length() - 11)
    return (bucket << 10) + (value >> bucket)


def zigzag(number):
    bits = (number << 1) ^ (number >> 63)
    out = bytearray()
    while bits > 0x7F and len(out) < 8:
        out.append(bits & 0x7F | 0x80)
        bits >>= 7
    out.append(bits)
    return bytes(out)


def histogram(samples_ns):
    """HdrHistogram V2, compressed, in base64."""
    counts = {}
    for value in samples_ns:
        counts[slot(value)] = counts.get(slot(value), 0) + 1
    payload, at = b"", 0
    for index in sorted(counts):
        if index > at:
            payload += zigzag(-(index - at)) if index - at > 1 else zigzag(0)
        payload += zigzag(counts[index])
        at = index + 1
    plain = struct.pack(">iiiiqqd", 0x1C849313, len(payload), 0, 3, 1, 3_600_000_000_000, 1.0) + payload
    packed = zlib.compress(plain)
    return base64.b64encode(struct.pack(">ii", 0x1C849314, len(packed)) + packed).decode()


def latencies(rng, count, median_s, spread, stall=0.0, stall_s=0.02):
    """Log-normal latencies in ns, with a share of stalls."""
    samples = []
    for _ in range(count):
        value = rng.lognormvariate(math.log(median_s), spread)
        if rng.random() < stall:
            value += rng.expovariate(1 / stall_s)
        samples.append(max(1, int(value * 1e9)))
    return samples


def quantile(samples, q):
    ordered = sorted(samples)
    return ordered[min(len(ordered) - 1, math.ceil(q * len(ordered)) - 1)] / 1e9


def latency(name, title, repetitions, labels=None):
    """A distribution and the metrics of its quantiles."""
    labels = labels or {}
    pooled = [value for repetition in repetitions for value in repetition]
    distribution = {
        "name": name, "title": title, "unit": "s", "labels": labels, "count": len(pooled), "beyond_range": 0,
        "min": min(pooled) / 1e9, "max": max(pooled) / 1e9, "mean": sum(pooled) / len(pooled) / 1e9,
        "pooled": histogram(pooled), "repetitions": [histogram(repetition) for repetition in repetitions]}
    metrics = []
    for q, suffix, word in ((0.5, "p50", "median"), (0.9, "p90", "90th percentile"),
                            (0.99, "p99", "99th percentile"), (0.999, "p999", "99.9th percentile")):
        values = [quantile(repetition, q) for repetition in repetitions]
        value = quantile(pooled, q)
        bounded = len(pooled) * (1 - q) > 4
        metrics.append({
            "name": f"{name}.{suffix}", "title": f"{title}, {word}", "unit": "s", "better": "lower",
            "labels": labels, "values": values, "distribution": name, "quantile": q,
            "summary": {"n": len(values), "value": value, "low": min(values + [value]) * 0.97,
                        "high": max(values + [value]) * 1.04 if bounded else None, "confidence": 0.95,
                        "method": "pooled-quantile"}})
    return distribution, metrics


def level(latency_s):
    """Four an octave; the number of the one that holds a latency."""
    return math.floor(4 * math.log2(latency_s))


def course(name, title, interval_s, intervals, labels=None):
    """A series of intervals {index: latencies in s}."""
    rows, counted = [], []
    for index, samples in sorted(intervals.items()):
        samples = sorted(samples)
        rows.append([round(index * interval_s, 3), len(samples), samples[(len(samples) - 1) // 2],
                     samples[math.ceil(0.99 * len(samples)) - 1], samples[-1]])
        counts = [0] * (level(samples[-1]) - level(samples[0]) + 1)
        for latency_s in samples:
            counts[level(latency_s) - level(samples[0])] += 1
        counted.append([level(samples[0]), *counts])
    lowest = min(row[0] for row in counted)
    highest = max(row[0] + len(row) - 2 for row in counted)
    return {"name": name, "title": title, "labels": labels or {}, "unit": "s", "interval_s": interval_s,
            "columns": ["time", "count", "p50", "p99", "max"], "rows": rows,
            "levels_s": [2 ** (i / 4) for i in range(lowest, highest + 2)],
            "levels": [[row[0] - lowest, *row[1:]] for row in counted]}


def series(rng, name, title, seconds, median_s, labels=None, interval_s=0.1):
    intervals = {}
    for i in range(min(600, int(seconds / interval_s))):
        if 0.4 < i * interval_s / seconds < 0.44:
            continue
        middle = median_s * rng.uniform(0.93, 1.08)
        intervals[i] = [middle * rng.lognormvariate(0, 0.35) for _ in range(rng.randint(12, 16))]
        if rng.random() < 0.03:
            intervals[i][0] *= rng.uniform(5, 30)
    return course(name, title, interval_s, intervals, labels)


def metric(name, title, unit, better, values, labels=None, **hints):
    ordered = sorted(values)
    several = len(values) > 1
    return {"name": name, "title": title, "unit": unit, "better": better, "labels": labels or {}, **hints,
            "values": values,
            "summary": {"n": len(values), "value": ordered[len(ordered) // 2],
                        "low": ordered[0] if several else None, "high": ordered[-1] if several else None,
                        "confidence": 1 - 2 ** (1 - len(values)), "method": "median-order-statistics"}}


def fact(topic, title, status, value, unit=None, why=None, remedy=None, source=None):
    made = {"id": title.lower().replace(" ", "."), "topic": topic, "title": title, "status": status, "value": value,
            "unit": unit, "why": why, "remedy": remedy, "source": source}
    return {key: content for key, content in made.items() if content is not None or key == "value"}


HOST = {"id": "0123456789abcdef", "kernel": "6.1.0-18-cloud-amd64", "machine": "x86_64",
        "os": "Debian GNU/Linux 12 (bookworm)", "cpu": "AMD EPYC 7713 64-Core Processor", "cpus": 4,
        "memory_bytes": 8 * 1024 ** 3, "hypervisor": "kvm", "container": None, "clocksource": "kvm-clock",
        "root": True}
SUITE = {"version": "0.1.0", "commit": "0123456789ab"}


def result(name, question, method, **changes):
    return {
        "schema": "seatrial.result/1", "bench": {"name": name, "question": question, "method": method},
        "suite": SUITE, "status": "complete", "started": "2026-01-20T15:04:05.123Z", "duration_s": 63.2,
        "host": HOST, "target": {}, "parameters": {}, "preset": "standard", "seed": 42,
        "instrument": {"clock_read_s": 2.3e-8, "clock_resolution_s": 1e-9, "loop_s": 5.1e-8},
        "conditions": {"cpu_user_s": 0.41, "cpu_system_s": 2.2, "involuntary_switches": 82, "busy_ratio": 0.061,
                       "steal_ratio": 0.002, "softirq_ratio": 0.004, "pressure_cpu_ratio": 0.011,
                       "pressure_io_ratio": 0.72, "pressure_memory_ratio": 0, "load1_before": 0.12,
                       "load1_after": 0.94, "throttled_periods": 0, "clock_step_s": 1.2e-5,
                       "clock_drift_ppm": -11.4},
        "metrics": [], "distributions": [], "series": [], "facts": [], "skipped": [], "warnings": [], "errors": [],
        **changes}


def line(title, status, bench, reading, limit, text, **changes):
    return {"id": title.lower().replace(" ", "."), "title": title, "status": status, "severity": "required",
            "bench": bench, "reading": reading, "limit": limit, "text": text,
            "why": "The control plane stalls when its log cannot be made durable in time; leaders are lost and "
                   "every change to the cluster waits.",
            "do": "Choose a plan with local NVMe storage, or give the data its own disk.",
            "source": "etcd documentation, hardware recommendations, https://etcd.io/docs/v3.5/op-guide/hardware/",
            **changes}


def run(results, profiles, **changes):
    return {"schema": "seatrial.run/1", "id": "20260120T150405Z-0a1b2c3d", "suite": SUITE, "state": "complete",
            "started": "2026-01-20T15:04:05Z", "finished": "2026-01-20T15:08:11Z", "preset": "standard", "seed": 42,
            "repeat": 1, "host": HOST, "profiles": profiles, "results": results, "notes": [], **changes}


def profile(name, title, description):
    return {"schema": "seatrial.profile/1", "name": name, "title": title, "description": description,
            "requirements": [{"id": "any", "title": "Any", "bench": "fsync", "metric": "wal.p99", "max": 0.01,
                              "unit": "s", "severity": "required", "source": "s", "why": "w", "do": "d"}]}


def verdict(overall, profiles, **changes):
    return {"schema": "seatrial.verdict/1", "run": "20260120T150405Z-0a1b2c3d", "state": "complete",
            "started": "2026-01-20T15:04:05Z", "overall": overall, "profiles": profiles, **changes}


CONTROL_PLANE = profile("control-plane", "Control plane with etcd",
                        "A host that runs etcd and the API server for a small cluster.")


def disk_result(rng, median_s=0.0006, stall=0.004):
    wal, wal_metrics = latency("wal", "Log append made durable",
                               [latencies(rng, 2000, median_s, 0.35, stall) for _ in range(5)])
    commit, commit_metrics = latency("commit", "Database commit",
                                     [latencies(rng, 500, 4 * median_s, 0.3, stall) for _ in range(5)])
    method = ("Appends of 1,392 bytes to a preallocated file, each made durable before the next, 150 a second; every "
              "100 ms a commit of a dozen scattered pages.\n\nEach append keeps its intended start, so that a stall "
              "counts for every append that waited behind it.")
    return result(
        "fsync", "Is the disk quick enough for etcd?", method,
        target={"path": "/var/lib/etcd", "file system": "ext4", "device": "vda", "size": 82678120448,
                "rotational": False},
        parameters={"dir": "/var/lib/etcd", "rate": 150, "duration": "60s", "repetitions": 5, "direct": False,
                    "sizes": [1392, 4096]},
        distributions=[wal, commit],
        series=[series(rng, "wal", "Log append made durable", 60, median_s),
                series(rng, "commit", "Database commit", 60, 4 * median_s)],
        metrics=wal_metrics + commit_metrics + [
            metric("rate", "Durable appends a second, back to back", "writes/s", "higher",
                   [1411.2, 1388.9, 1402.5, 1377.1, 1420.8]),
            metric("kept", "Share of appends that started on time", "ratio", "higher",
                   [0.9991, 0.9987, 0.9993, 0.9990, 0.9971])])


def host_result():
    return result(
        "host", "Does the kernel have what Kubernetes needs?",
        "Reads files under /proc and /sys and asks the kernel; changes nothing.", duration_s=0.8,
        conditions={"steal_ratio": 0.061, "load1_before": 6.2, "clock_step_s": 0.0, "pressure_cpu_ratio": 0.3},
        facts=[
            fact("Kernel", "Kernel version", "pass", "6.1.0-18-cloud-amd64", why="Recent enough for every feature.",
                 source="https://kubernetes.io/docs/reference/node/kernel-version-requirements/"),
            fact("Kernel", "IPVS load balancing", "warn", False,
                 why="kube-proxy's IPVS mode is not available.",
                 remedy="Load the modules ip_vs and ip_vs_rr, or use the nftables mode.",
                 source="kube-proxy documentation"),
            fact("Kernel", "Overlay file system", "pass", True),
            fact("Memory", "Swap", "fail", 2147483648, "B", "The kubelet refuses to start with swap by default.",
                 "Turn it off with `swapoff -a` and remove it from /etc/fstab."),
            fact("Memory", "Memory", "info", 8 * 1024 ** 3, "B"),
            fact("Network", "Forwarding", "unknown", None, why="The setting cannot be read here."),
        ],
        skipped=[{"what": "Clock stability", "why": "the container hides /dev/rtc",
                  "enable": "run on the host itself"}],
        warnings=["The host has been up for 4 minutes only; its caches are cold."])


def wal_line(status="met", reading="4.10 ms (3.60 to 4.70 ms)"):
    return line("Log append, 99th percentile", status, "fsync", reading, "below 10 ms",
                "Of 100 log appends, 99 were durable within 4.10 ms, well below the limit of 10 ms.",
                metric="wal.p99", labels={}, unit="s", value=0.0041, low=0.0036, high=0.0047, max=0.01, n=5,
                samples=10000, confidence=0.95)


def good():
    rng = random.Random(1)
    lines = [wal_line(), line("Commit, 99th percentile", "met", "fsync", "8.30 ms (7.9 to 9.1 ms)", "below 25 ms",
                              "Of 100 commits, 99 took at most 8.30 ms; the limit is 25 ms.", metric="commit.p99",
                              labels={}, unit="s", value=0.0083, low=0.0079, high=0.0091, max=0.025, n=5,
                              samples=2500)]
    return (run([disk_result(rng, 0.0004, 0.0005)], [CONTROL_PLANE], label="NVMe plan, Frankfurt"),
            verdict("suitable", [{"name": "control-plane", "title": CONTROL_PLANE["title"], "overall": "suitable",
                                  "summary": "All 2 requirements are met.", "lines": lines}]))


def mixed():
    """A bit of everything that can honestly happen."""
    rng = random.Random(2)
    lines = [
        wal_line("marginal", "9.10 ms (7.60 to 12.7 ms)"),
        line("Commit, 99th percentile", "not met", "fsync", "31.4 ms (28.0 to 36.2 ms)", "below 25 ms",
             "Of 100 commits, one took longer than 31.4 ms; the limit is 25 ms.", metric="commit.p99", labels={},
             unit="s", value=0.0314, low=0.028, high=0.0362, max=0.025, n=5, samples=2500),
        line("Swap is off", "not met", "host", "2.00 GiB", "none", "Swap is on.", fact="swap", severity="advised"),
        line("Time in a stall", "not measured", "stall", "not measured", "below 5 ms",
             "The benchmark that would tell did not run."),
        line("Overlay file system", "met", "host", "yes", "yes", "The kernel has it.", fact="overlay.file.system")]
    worker = profile("worker", "Worker node", "A host that runs containers.")
    return (run([disk_result(rng), host_result(),
                 result("stall", "Does the host stop?", "Spins and looks at the clock.", status="failed",
                        reason="The program was killed by signal 9 (out of memory?).", conditions={},
                        errors=["Cannot allocate 64 MiB: Cannot allocate memory"])],
                [CONTROL_PLANE, worker],
                notes=[{"bench": "stall", "what": "was killed by signal 9",
                        "stderr": "stall: warming up\nstall: cannot allocate memory\n"}]),
            verdict("unsuitable", [
                {"name": "control-plane", "title": CONTROL_PLANE["title"], "overall": "unsuitable",
                 "summary": "1 of 4 requirements is not met: Commit, 99th percentile.", "lines": lines},
                {"name": "worker", "title": "Worker node", "overall": "marginal",
                 "summary": "Every requirement is met, one of them barely.", "lines": [wal_line("marginal")]}]))


def soak(hours=30, credits=7, start=15):
    """A disk whose burst credits last `credits` hours, and whose neighbours are busy by day (UTC)."""
    rng = random.Random(6)
    interval_s = 0.05 * 2 ** max(0, math.ceil(math.log2(hours * 3600 / 600 / 0.05)))
    intervals, of_day = {}, {}
    for i in range(int(hours * 3600 / interval_s)):
        at_h = i * interval_s / 3600
        hour = int(start + at_h) % 24
        median_s = (0.0008 if at_h < credits else 0.014) * (1.6 if 8 <= hour < 18 else 1)
        intervals[i] = [value / 1e9 for value in latencies(rng, 300, median_s, 0.3, 0.006)]
        of_day.setdefault(hour, []).extend(intervals[i])
    made = course("wal", "Log append made durable", interval_s, intervals)
    made["hours"] = [[hour, len(samples), quantile([1e9 * s for s in samples], 0.5),
                      quantile([1e9 * s for s in samples], 0.99), max(samples)]
                     for hour, samples in sorted(of_day.items())]
    everything = [int(1e9 * value) for samples in intervals.values() for value in samples]
    wal, metrics = latency("wal", "Log append made durable", [everything])
    measured = result("fsync", "Does the disk stay quick enough for etcd?", "Appends for hours.",
                      duration_s=hours * 3600, distributions=[wal], series=[made], metrics=metrics)
    rows = [line("Log append, 99th percentile", "not met", "fsync", "31.0 ms", "below 10 ms",
                 "Of 100 log appends, one took longer than 31.0 ms; the limit is 10 ms.", metric="wal.p99", labels={},
                 unit="s", value=0.031, max=0.01)]
    return (run([measured], [CONTROL_PLANE]),
            verdict("unsuitable", [{"name": "control-plane", "title": "Control plane", "overall": "unsuitable",
                                    "summary": "1 of 1 requirements is not met.", "lines": rows}]))


def sweep():
    """Twenty distributions of one name, and readings that depend on two labels."""
    rng = random.Random(3)
    distributions, metrics, courses = [], [], []
    for i in range(20):
        labels = {"services": str(500 * i), "mode": "iptables"}
        distribution, own = latency("rtt", "First packet of a flow",
                                    [latencies(rng, 400, 28e-6 + 5e-9 * 500 * i, 0.15) for _ in range(3)], labels)
        distributions.append(distribution)
        metrics += own + [metric("rate", "Packets a second", "packets/s", "higher", [2.2e5 - 4000 * i] * 3, labels)]
        courses.append(series(rng, "rtt", "First packet of a flow", 4, 3e-5, labels))
    rows = [line("First packet at 5,000 services", "met", "service", "41.0 µs", "below 1 ms", "Quick enough.",
                 metric="rtt.p99", labels={"services": "5000"}, unit="s", value=4.1e-5, max=0.001)]
    return (run([result("service", "What do many services cost?", "Sends.", distributions=distributions,
                        metrics=metrics, series=courses)], [CONTROL_PLANE]),
            verdict("marginal", [{"name": "control-plane", "title": "Control plane", "overall": "marginal",
                                  "summary": "Nearly.", "lines": rows}]))


WAYS = {"vxlan": 0.61, "ipip": 0.88, "geneve": 0.58, "gre": 0.86, "wireguard": 0.24}


def shares_of(rng, name, title, better, labels, scale=lambda share: share, repetitions=6, spread=0.02):
    """Shares of native, for each way between nodes."""
    return [metric(name, title, "ratio", better, [scale(share) * rng.lognormvariate(0, spread)
                                                  for _ in range(repetitions)],
                   {"encap": way, **labels}, relative_to="native") for way, share in WAYS.items()]


def overlay():
    """Encapsulations against native, in many settings."""
    rng = random.Random(9)
    metrics, distributions = [], []
    for offload, gain in (("plain", 1), ("all", 1.5), ("none", 0.7)):
        for family in ("ipv4", "ipv6"):
            for flows in ("1", "4", "16"):
                labels = {"offload": offload, "family": family, "flows": flows}
                metrics += shares_of(rng, "ratio.stream", "TCP throughput, share of native", "higher", labels,
                                     lambda share, gain=gain: min(1, share * gain))
                for way, share in {"native": 1, **WAYS}.items():
                    values = [2.1e10 * share * gain * rng.lognormvariate(0, 0.03) for _ in range(6)]
                    own = {"encap": way, **labels}
                    metrics += [
                        metric("stream.throughput", "TCP throughput between pods", "bit/s", "higher", values, own),
                        metric("stream.cpu", "CPU time for a GB of TCP, both ends", "s/GB", "lower",
                               [8e9 / value for value in values], own),
                        metric("stream.retransmits", "TCP segments sent again", "segments/GB", "lower",
                               [rng.choice((0, 0, 1.25)) for _ in values], own)]
    plain = {"offload": "plain", "family": "ipv4"}
    metrics += shares_of(rng, "ratio.stream.cpu", "CPU time for a GB, share of native", "lower",
                         {**plain, "flows": "1"}, lambda share: 2 / share, spread=0.08)
    metrics += shares_of(rng, "ratio.packets", "UDP packets a second, share of native", "higher",
                         {**plain, "size": "64"}, repetitions=5)
    metrics += shares_of(rng, "ratio.crr", "Connections a second, share of native", "higher",
                         {**plain, "size": "64"}, lambda share: share ** 0.2, spread=0.09)
    metrics += shares_of(rng, "ratio.rr.p99", "Round trip p99, share of native", "lower", {**plain, "size": "64"},
                         lambda share: share ** -0.5, repetitions=1)
    for way, share in {"native": 1, **WAYS}.items():
        values = [4.2e5 * share * rng.lognormvariate(0, 0.02) for _ in range(6)]
        own = {"encap": way, **plain, "size": "64"}
        metrics += [
            metric("packets.rate", "UDP packets between pods", "packets/s", "higher", values, own),
            metric("packets.cpu", "CPU time for a million UDP packets, both ends", "s/Mpacket", "lower",
                   [2e6 / value for value in values], own),
            metric("crr.rate", "Connections with one request each", "connections/s", "higher",
                   [value / 21.3 for value in values], own)]
        made, summed = latency("rr.latency", "Round trip between pods",
                               [latencies(rng, 500, 28e-6 / share ** 0.5, 0.2, 0.001, 0.0004) for _ in range(6)], own)
        distributions.append(made)
        metrics += summed
    rows = [line("TCP throughput over VXLAN", "met", "encap", "12.8 Gbit/s", "at least 1 Gbit/s", "Enough.",
                 metric="stream.throughput", labels={"encap": "vxlan", "offload": "plain"}, unit="bit/s",
                 value=1.28e10, min=1e9, severity="advised")]
    return (run([result("encap", "What does the overlay network of a cluster cost here?", "Compares in turns.",
                        target={"underlay MTU": 1500, "pod link": "route"}, metrics=metrics,
                        distributions=distributions)], [CONTROL_PLANE]),
            verdict("suitable", [{"name": "worker", "title": "Worker", "overall": "suitable", "summary": "Met.",
                                  "lines": rows}]))


def cliff():
    """Throughput by packet size: it rises, and falls by half where a packet becomes two fragments."""
    rng = random.Random(10)
    metrics, distributions, marks = [], [], []
    for way, largest, rate in (("native", 1472, 4.1e5), ("vxlan", 1422, 2.6e5), ("wireguard", 1392, 1.1e5)):
        for size in (64, 256, 512, 1024, largest - 1, largest, largest + 1, 1800, 2400, 2800):
            packets = 1 if size <= largest else 2
            own = {"encap": way, "family": "ipv4", "size": str(size)}
            values = [8 * size * rate / packets * rng.lognormvariate(0, 0.025) for _ in range(6)]
            metrics.append(metric("udp.throughput", "UDP throughput between pods", "bit/s", "higher", values, own,
                                  against="size"))
            metrics.append(metric("udp.rate", "Datagrams between pods", "packets/s", "higher",
                                  [value / size / 8 for value in values], own, against="size"))
            made, summed = latency("rtt", "Round trip of one datagram",
                                   [latencies(rng, 300, 2e-5 * packets + 9 / rate, 0.15) for _ in range(3)], own)
            distributions.append(made)
            metrics += [{**each, "against": "size"} for each in summed]
        marks.append({"against": "size", "at": largest, "text": "largest packet without fragments",
                      "labels": {"encap": way}})
    marks += [{"against": "size", "at": 1200, "text": "what you asked about", "labels": {}},
              {"against": "size", "at": 65000, "text": "largest datagram", "labels": {}},
              {"against": "entries", "at": 100, "text": "of another sweep", "labels": {}}]
    for entries in (0, 10, 100, 1000, 10000, 100000):
        for hash_size in ("default", "large"):
            # One repetition bounds nothing.
            metrics.append(metric("lookup", "Time to find a connection", "s", "lower",
                                  [1.8e-6 * (1 + entries / (2000 if hash_size == "default" else 40000))],
                                  {"entries": str(entries + 1), "hash": hash_size}, against="entries"))
            metrics.append(metric("kept", "Rate, share of an empty table", "ratio", "higher",
                                  [(1 / (1 + entries / 50000)) * rng.lognormvariate(0, 0.02) for _ in range(6)],
                                  {"entries": str(entries + 1), "hash": hash_size}, against="entries",
                                  relative_to="an empty table"))
    metrics.append(metric("alone", "A sweep of one place", "1", "lower", [3.0] * 6, {"entries": "1"},
                          against="entries"))
    return (run([result("mtu", "Where do packets become fragments?", "Sends.", metrics=metrics, marks=marks,
                        distributions=distributions)], [CONTROL_PLANE]),
            verdict("suitable", []))


MODES = {"iptables-legacy": (1.6e-6, 7.1e-9), "iptables-nft": (2.4e-6, 1.2e-8), "ipvs": (1.9e-6, 0),
         "nftables": (1.3e-6, 0)}


def services():
    """What Services cost in four modes: growing with their number or not, and down to what is lost in noise."""
    rng = random.Random(12)
    metrics = []
    sizes = (1, 100, 1000, 2000, 5000, 10000)

    def read(name, title, unit, better, value, labels, spread, noise):
        metrics.append(metric(name, title, unit, better, [value * rng.lognormvariate(0, spread) + rng.gauss(0, noise)
                                                          for _ in range(15)], labels, against="services"))

    for protocol in ("udp", "tcp"):
        for origin in ("pod", "node"):
            for size in sizes:
                for mode, (fixed, each) in MODES.items():
                    own = {"mode": mode, "services": str(size), "protocol": protocol, "from": origin}
                    for name, share in (("first", 0), ("random", 0.5), ("last", 1), ("miss", 1.1)):
                        read(f"lookup.{name}", f"Added to a connection's first packet, {name} Service", "s", "lower",
                             fixed + share * each * size, own, 0.03, 1e-7)
                    read("lookup.established", "Added to a round trip of an established connection", "s", "lower",
                         0 if mode == "nftables" else 2e-8, own, 0.1, 2e-8)
    for size in sizes:
        for mode, (fixed, each) in {"none": (0, 0), **MODES}.items():
            own = {"mode": mode, "services": str(size)}
            read("connect.rate", "TCP connections on one CPU", "connections/s", "higher",
                 1 / (4e-5 + fixed + each * size / 2), own, 0.02, 0)
            if mode == "none":
                continue
            read("program.add", "Time to add a Service", "s", "lower", 0.004 + 2e-3 * each * 1e9 * size / 1e3, own, 0.1, 0)
            read("program.memory", "Kernel memory taken", "B", "lower", 4000 * size + 50000, own, 0.01, 0)
            read("update.lost", "First packets lost while rules are written", "ratio", "lower", 0, own, 0, 0)
    for mode, (fixed, each) in MODES.items():
        metrics.append(metric("slope.last", "Added for each Service, last Service", "s/service", "lower",
                              [each + rng.gauss(0, 4e-11) for _ in range(15)], {"mode": mode}))
    why = ("With 5,000 Services, the first packet of a connection to any of them takes longer by 19.4 \u00b5s with "
           "iptables (legacy), 1.30 \u00b5s with nftables. nftables costs least, and measurably.")
    facts = [{"id": "service.reach.nftables", "topic": "Services", "title": "nftables adds 100 \u00b5s to a first packet",
              "status": "info", "value": "not reached up to 10,000 Services"},
             {"id": "service.recommendation", "topic": "Services", "title": "Mode for kube-proxy at 5,000 Services",
              "status": "info", "value": "nftables", "why": why}]
    marks = [{"against": "services", "at": 5000, "text": "your 5,000 Services", "labels": {}}]
    return (run([result("service", "What does a Service's address cost here?", "Sends.", metrics=metrics, marks=marks,
                        facts=facts)], [CONTROL_PLANE]),
            verdict("suitable", []))


def empty():
    """A harness that died before anything was measured."""
    document = run([], [], state="running")
    del document["finished"]
    return document, verdict("not enough evidence", [], state="running")


def interrupted():
    rng = random.Random(4)
    first = disk_result(rng)
    first.update(status="interrupted", reason="SIGTERM came.")
    for distribution in first["distributions"]:
        distribution.update(count=0, pooled=histogram([]), repetitions=[histogram([])])
        for key in ("min", "max", "mean"):
            del distribution[key]
    first["series"][0]["rows"] = []
    skipped = result("encap", "What does the overlay cost?", "Compares.", status="skipped", conditions={},
                     reason="This kernel has no VXLAN.",
                     skipped=[{"what": "VXLAN", "why": "the kernel has no module", "enable": ""}])
    return (run([first, skipped], [CONTROL_PLANE], state="interrupted"),
            verdict("not enough evidence",
                    [{"name": "control-plane", "title": CONTROL_PLANE["title"], "overall": "not enough evidence",
                      "summary": "The run was cut short.",
                      "lines": [line("Log append, 99th percentile", "not enough evidence", "fsync", "not measured",
                                     "below 10 ms", "Too little was measured.")]}], state="interrupted"))


def hostile():
    """Every string that the schema leaves open says something nasty; numbers are as large as they get."""
    pick = iter(range(10 ** 6))

    def nasty():
        return HOSTILE[next(pick) % len(HOSTILE)]

    rng = random.Random(5)
    bad, bad_metrics = latency("x", nasty(), [[1, 1, 3_600_000_000_000], [5]], {"label": nasty()})
    other, _ = latency("x", nasty(), [[10 ** 9] * 3], {"label": nasty()})
    bad["beyond_range"] = 2 ** 62
    huge = metric("huge", nasty(), "s", "lower", [1e308, -1e308, 5e-324], {"label": nasty()})
    huge["summary"].update(value=1e308, low=-1e308, high=None)
    rows = series(rng, "x", nasty(), 4, 1e300, {"label": nasty()})
    rows["rows"] += [[1e300, 0, 0, 0, 0], [0, 1e18, 0, 1e-300, 1e308]]
    evil = result("x", nasty(), nasty(), status="failed", reason=nasty(), target={nasty(): nasty(), nasty(): None},
                  parameters={nasty(): nasty(), "list": [nasty(), {"a": nasty()}]}, distributions=[bad, other],
                  metrics=bad_metrics + [huge] + [
                      metric("all", text, "1", "higher", [1.0], {"label": text}) for text in HOSTILE],
                  series=[rows], facts=[fact(nasty(), nasty(), "fail", nasty(), "s", nasty(), nasty(),
                                             "https://example.invalid/\"onclick=alert(1) javascript:alert(2)")
                                        for _ in range(25)],
                  skipped=[{"what": nasty(), "why": nasty(), "enable": nasty()} for _ in range(7)],
                  warnings=list(HOSTILE), errors=list(HOSTILE),
                  conditions={"load1_before": 1e308, "clock_step_s": -1e308, "throttled_periods": 2 ** 62})
    for i, entry in enumerate(evil["facts"]):
        entry["id"] = f"id{i}"
    evil["metrics"] += [metric("share", nasty(), "ratio", "lower", [value] * 3, {"label": text, "other": nasty()},
                               relative_to=nasty())
                        for text, value in zip(HOSTILE, [0, 1e308, -1e308, 5e-324, 1, 1e-9, 7e5] * 3)]
    evil["metrics"] += [metric("swept", nasty(), "evil", "lower", [value] * 3, {"label": text, "n": at},
                               against="n")
                        for text in HOSTILE
                        for at, value in (("1", 2.0), ("5", 3.5), ("1e3", 1e6), ("9; exit", 1), ("0x10", 1), ("", 1))]
    evil["metrics"] += [metric("wild", nasty(), "s", "lower", [value] * 3, {"n": at}, against="n")
                        for at, value in (("0", 5e-324), ("1e-320", -1e308), ("1e308", 1e308), ("1e999", 1))]
    evil["marks"] = [{"against": "n", "at": at, "text": text, "labels": {} if at else {"label": text}}
                     for at, text in zip([3, 0, 1e308, -1e308, 5e-324] * 4, HOSTILE)]
    lines = [line(text, "not met", "x", nasty(), nasty(), nasty(), why=nasty(), do=nasty(), source=text,
                  metric="x.p99", labels={}, max=(1e308, 1e-300, 0.5, 2, -1)[i % 5])
             for i, text in enumerate(HOSTILE)]
    for i, entry in enumerate(lines):
        entry["id"] = f"id{i}"
    named = profile("x", nasty(), nasty())
    return (run([evil], [named], label="".join(HOSTILE[:9]), host={**HOST, "cpu": nasty(), "os": nasty(),
                                                                  "kernel": "x" * 3000, "hypervisor": nasty()},
                notes=[{"bench": nasty(), "what": nasty(), "stderr": "\n".join(HOSTILE)}]),
            verdict("not enough evidence", [{"name": "x", "title": nasty(), "overall": "marginal",
                                             "summary": text, "lines": lines if i == 0 else []}
                                            for i, text in enumerate(HOSTILE)]))


def reading(metric, candidate, rng, centre, n=10, spread=0.05):
    """What a candidate reads of a metric of a comparison: a centre known to the caller."""
    half = centre * spread * (0.5 + rng.random()) / 2
    return {"candidate": candidate, "n": n, "runs": 2, "value": centre, "low": centre - half, "high": centre + half}


def judged(index, run):
    """How a candidate of a comparison fares by each requirement: the first breaks one; the third has not measured one."""
    def line(name, title, severity, status, limit, **parts):
        return {"id": f"test.{name}", "title": title, "severity": severity, "status": status, "limit": limit,
                "bench": "fsync", "run": run, **parts}

    latency = 0.031 if index == 0 else 0.0041
    return [line("processors", "Processors", "required", "met", "at least 2", fact="cpu.count", value=4, min=2, unit="1",
                 reading="4"),
            line("commit", "Commit, 99th percentile", "required", "not met" if index == 0 else "met", "at most 25 ms",
                 metric="commit.p99", unit="s", max=0.025, value=latency, low=latency * 0.9,
                 high=None if index == 1 else latency * 1.1, confidence=0.95, n=5, samples=5000,
                 reading="4.10 ms", labels={"payload": "1392"}),
            line("soak", "Stalls in a day", "advised", "not measured" if index == 2 else "marginal" if index == 0 else
                 "presumed", "at most 1 stall/day", metric="stalls", unit="stalls/day", max=1,
                 **({"reading": "not measured"} if index == 2 else
                    {"value": 0.9, "low": 0.1, "high": 1.8, "reading": "0.9 stalls/day"}))]


def comparison(candidates=3, metrics=8, seed=5):
    """Candidates of which the second reads twice as well, the third alike; the third costs most."""
    rng = random.Random(seed)
    names = ["rented-a", "rented-b", "owned"] + [f"host-{i}" for i in range(3, candidates)]
    document = {"schema": "seatrial.comparison/1", "suite": dict(SUITE), "created": "2026-02-03T04:05:06Z",
                "candidates": [], "baseline": 0, "settings": {"threshold": 0.05, "mixed": True}, "metrics": [],
                "caveat": "Of so few runs nobody knows how far others would differ.",
                "mixed": [{"what": "fsync, reading 3", "why": "owned used a payload of 4096."}], "not_compared": [
                    {"what": "etcd write rate", "why": "rented-b measured it with other parameters (2 clients)."}],
                "rankings": []}
    for index, name in enumerate(names[:candidates]):
        fits = index != 0
        document["candidates"].append({
            "name": name, "source": f"results/{name}.json", "provider": "Example Hosting", "region": "fsn1",
            "link": "https://hosting.invalid/offers/cx22",
            "price": {"amount": 0.0274, "currency": "EUR", "per": "hour"} if index == 3 else
                     {"amount": 4.99 * (index + 1), "currency": "EUR", "per": "month"},
            "runs": [{"id": f"20260120T15040{r}Z-0a1b2c3d", "started": f"2026-01-20T15:04:0{r}Z", "label": name,
                      "state": "complete", "suite": dict(SUITE), "preset": "standard", "host": {
                          "id": f"{index:016x}", "kernel": "6.1.0-18-cloud-amd64", "machine": "x86_64", "cpus": 4,
                          "memory_bytes": 8 << 30, "clocksource": "tsc", "cpu": "AMD EPYC 7713",
                          "os": "Debian GNU/Linux 12 (bookworm)"},
                      "sha256": f"{index:02x}{r:02x}" * 16} for r in range(2)],
            "verdicts": [{"profile": "control-plane", "title": "Control plane with etcd",
                          "overall": "suitable" if fits else "unsuitable",
                          "why": "Every requirement is met, and clearly so." if fits else
                          "1 of 4 requirements is not met: Commit, 99th percentile.",
                          "lines": judged(index, "20260120T150401Z-0a1b2c3d")}]})
    for number in range(metrics):
        unit, better = (("s", "lower"), ("writes/s", "higher"))[number % 2]
        base = 0.0031 * (number + 1) if unit == "s" else 900.0 * (number + 1)
        metric = {"bench": "fsync", "name": f"metric.{number}", "title": f"Flushes, reading {number}", "unit": unit,
                  "better": better, "labels": {"depth": str(1 << number)}, "values": [], "differences": []}
        for index in range(candidates):
            factor = 1 if index != 1 else 0.5 if better == "lower" else 2.0
            metric["values"].append(reading(metric, index, rng, base * factor * (1 + rng.gauss(0, 0.004))))
            if index:
                ratio = metric["values"][index]["value"] / metric["values"][0]["value"]
                metric["differences"].append({
                    "candidate": index, "ratio": ratio, "low": ratio * 0.96, "high": ratio * 1.04,
                    "shift": base * (ratio - 1), "by_run": False,
                    "effect": 1.0 if index == 1 else 0.1, "p": 0.0001 if index == 1 else 0.4,
                    "p_adjusted": 0.001 if index == 1 else 1.0,
                    "class": "real" if index == 1 else "noise", "direction": "better" if index == 1 else "none"})
        document["metrics"].append(metric)
    for metric in document["metrics"][:-1]:
        for value in metric["values"]:
            value["quartiles"] = [value["value"] * factor ** (1 + value["candidate"] % 2)
                                  for factor in (0.93, 0.98, 1, 1.01, 1.08)]
    for number, values in (1, [880.0, 900.0, 905.0, 1010.0]), (2, [0.0093]):
        del document["metrics"][number]["values"][2]["quartiles"]
        document["metrics"][number]["values"][2].update(n=len(values), repetitions=values)
    document["metrics"][2]["values"][2].update(low=None, high=None)
    document["metrics"][2]["differences"][1].update(
        {"low": None, "high": None, "p": None, "p_adjusted": None, "class": "not enough evidence"})
    document["metrics"][3]["differences"][1].update(
        {"ratio": 0.93, "low": 0.88, "high": 0.99, "class": "likely", "direction": "worse"})
    order = [1, 2, 0] + list(range(3, candidates))
    document["rankings"].append({
        "profile": "control-plane", "title": "Control plane with etcd", "suitable": [i for i in order if i],
        "cheapest": 1, "order": [{"candidate": i, "rank": rank + 1, "overall": "suitable" if i else "unsuitable",
                                  "readings": metrics, "score": 2.0 / (rank + 1),
                                  "score_low": 1.9 / (rank + 1), "score_high": 2.1 / (rank + 1),
                                  "monthly": 20.002 if i == 3 else 4.99 * (i + 1),
                                  "per_money": 2.0 / (rank + 1) / (20.002 if i == 3 else 4.99 * (i + 1))}
                                 for rank, i in enumerate(order) if i < candidates]})
    return document


def history(runs=40, seed=6):
    """One series that gets slower at run 25, one that gets faster at run 12, two that do not change."""
    rng = random.Random(seed)
    document = {"schema": "seatrial.history/1", "suite": dict(SUITE), "created": "2026-02-03T04:05:06Z", "runs": runs,
                "p": 0.01, "series": [],
                "not_compared": [{"what": "20260101T000000Z-00000000", "why": "It was measured by version 0.0.9."}]}
    shapes = [("Commit, 99th percentile", "s", "lower", 0.004, {25: 1.3}),
              ("Writes a second", "writes/s", "higher", 900, {12: 1.2}), ("Commit, median", "s", "lower", 0.001, {}),
              ("Share of native throughput", "ratio", "higher", 0.92, {})]
    for number, (title, unit, better, centre, steps) in enumerate(shapes):
        series = {"bench": "fsync", "name": f"series.{number}", "title": title, "unit": unit, "better": better,
                  "labels": {"disk": "vda"}, "host": "node-1", "preset": "standard", "suite": "0.1",
                  "points": [], "changes": []}
        level = centre
        for run in range(runs):
            started = f"2026-01-{1 + run % 28:02}T{run // 28:02}:04:05Z"
            identity = f"202601{1 + run % 28:02}T{run // 28:02}0405Z-{run:08x}"
            if run in steps:
                series["changes"].append({"index": run, "run": identity, "started": started, "before": level,
                                          "after": level * steps[run], "ratio": steps[run], "p": 0.0004,
                                          "direction": "worse" if better == "lower" else "better"})
                level *= steps[run]
            value = level * (1 + rng.gauss(0, 0.02))
            series["points"].append({"run": identity, "started": started, "n": 10, "value": value,
                                     "low": value * 0.97, "high": value * 1.03})
        document["series"].append(series)
    return document


def poison(document, longest=4000):
    """A copy with hostile text in place of every string that a reader does not choose by."""
    payloads = (text[:longest] for text in itertools.cycle(HOSTILE))
    chosen = {"overall", "class", "direction", "status", "better", "unit", "schema"}

    def walk(node):
        if isinstance(node, dict):
            return {key: child if key in chosen else walk(child) for key, child in node.items()}
        if isinstance(node, list):
            return [walk(child) for child in node]
        return next(payloads) if isinstance(node, str) else node

    return walk(document)


EXAMPLES = {make.__name__: make for make in (
    good, mixed, soak, sweep, overlay, cliff, services, empty, interrupted, hostile)}


def write(folder, name):
    """Writes an example as two valid files; returns their paths."""
    paths = []
    for kind, document in zip(("run", "verdict"), EXAMPLES[name]()):
        path = Path(folder) / f"{name}.{kind}.json"
        path.write_text(json.dumps(suite.validate(document)))
        paths.append(path)
    return paths


if __name__ == "__main__":
    for example in EXAMPLES:
        print(*write(sys.argv[1], example))
