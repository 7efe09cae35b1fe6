"""Benchmark programs whose behaviour is known, because it is written here: what the harness is tested against."""
import json
import os
import sys
import tempfile
from pathlib import Path

SUITE = {"version": "0.1.0", "commit": "unknown"}
HOST = {"id": "0123456789abcdef", "kernel": "6.1.0", "machine": "x86_64", "os": "Test", "cpu": "Test", "cpus": 2,
        "memory_bytes": 4 << 30, "hypervisor": None, "clocksource": "tsc"}


def description(name, **changes):
    return {"schema": "seatrial.bench/1", "name": name, "question": f"What does {name} do?", "method": "It pretends.",
            "suite": SUITE, "options": [], "metrics": [], "distributions": [], "available": True,
            "estimate_s": 0.5} | changes


def result(name, **changes):
    return {"schema": "seatrial.result/1", "bench": {"name": name, "question": "What?", "method": "So."},
            "suite": SUITE, "status": "complete", "started": "2026-11-23T02:56:07Z", "duration_s": 0.1, "host": HOST,
            "target": {}, "parameters": {}, "preset": "quick", "seed": 1,
            "instrument": {"clock_read_s": 2e-8, "clock_resolution_s": 1e-9, "loop_s": 5e-8}, "conditions": {},
            "metrics": [], "distributions": [], "series": [], "facts": [], "skipped": [], "warnings": [],
            "errors": []} | changes


def metric(name="speed", values=(5.0, 5.1, 5.2, 4.9, 5.0, 5.1), **changes):
    values = sorted(values)
    return {"name": name, "title": name.capitalize(), "unit": "s", "better": "lower", "labels": {},
            "values": values, "summary": {"n": len(values), "value": values[len(values) // 2], "low": values[0],
                                          "high": values[-1], "confidence": 0.96,
                                          "method": "median-order-statistics"}} | changes


def profile(*benches, **limits):
    limits = limits or {"max": 10}
    return {"schema": "seatrial.profile/1", "name": "test", "title": "Test", "description": "For tests.",
            "requirements": [{"id": f"{name}.speed", "title": f"Speed of {name}", "bench": name, "metric": "speed",
                              "unit": "s", "severity": "required", "source": "https://example.org/",
                              "why": "Things would be slow.", "do": "Choose another."} | limits for name in benches]}


class Benches:
    """A folder of fake benches. Each is a Python program; `body` runs when it is to measure, with `doc` as the text
    of its valid result."""

    def __init__(self):
        self._folder = tempfile.TemporaryDirectory()
        self.path = Path(self._folder.name)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._folder.cleanup()

    def add(self, name, body="print(doc)", describe=None, **changes):
        if describe is None:
            describe = f"print({json.dumps(description(name, **changes))!r})"
        doc = json.dumps(result(name, metrics=[metric()]))
        self.raw(name, f"import os, signal, sys, time\ndoc = {doc!r}\n"
                       f"if '--describe' in sys.argv:\n    {describe}\n    sys.exit(0)\n{body}\n")

    def raw(self, name, text):
        program = self.path / f"seatrial-{name}"
        program.write_text(f"#!{sys.executable} -IS\n{text}")
        program.chmod(0o755)

    def profile(self, *benches, **limits):
        path = self.path / "test.json"
        path.write_text(json.dumps(profile(*benches, **limits)))
        return str(path)


def living(mark):
    """The process ids whose environment or command line has `mark`."""
    found = []
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit() or int(entry.name) == os.getpid():
            continue
        try:
            state = (entry / "stat").read_text().rsplit(")", 1)[1].split()[0]
            if state != "Z" and mark.encode() in (entry / "environ").read_bytes():
                found.append(int(entry.name))
        except (OSError, IndexError):
            continue
    return found
