"""What a program could leave behind on a host, as sorted lines of text: two snapshots are the same when
nothing of it is left. Reading it changes nothing and has no module loaded.

    host_state.py    prints it
"""
import contextlib
import json
import os
import re
import subprocess
import sys
import time
from pathlib import Path

# Counters and such: different whenever one looks.
_VOLATILE_SETTINGS = ("nf_conntrack_count", "stable_secret")
_VOLATILE_FIELDS = ("valid_life_time", "preferred_life_time", "expires", "cache", "age")
# What the rig's tools have in their environment, and nothing else.
_MARK = b"XTABLES_LOCKFILE=/run/seatrial.lock"


def _json(kind, *argv):
    """One line for each object that iproute2 prints."""
    out = subprocess.run(argv, capture_output=True, text=True, check=False).stdout

    def steady(value):
        if isinstance(value, dict):
            return {key: steady(each) for key, each in value.items() if key not in _VOLATILE_FIELDS}
        return [steady(each) for each in value] if isinstance(value, list) else value

    return [f"{kind} {json.dumps(steady(each), sort_keys=True)}" for each in json.loads(out or "[]") if each]


def links():
    return _json("link", "ip", "-d", "-j", "link") + [f"class {name}" for name in os.listdir("/sys/class/net")]


def addresses():
    return _json("address", "ip", "-d", "-j", "address")


def rules():
    return [line for six in ("-4", "-6") for line in _json(f"rule {six}", "ip", six, "-d", "-j", "rule")]


def routes():
    return [line for six in ("-4", "-6")
            for line in _json(f"route {six}", "ip", six, "-d", "-j", "route", "show", "table", "all")]


def filters():
    """Packet rules; nft is only asked where nf_tables is there already, since asking loads it."""
    lines = []
    for name in ("ip_tables_names", "ip6_tables_names"):
        with contextlib.suppress(OSError):
            lines += [f"{name} {table}" for table in Path("/proc/net", name).read_text().split()]
    if os.path.exists("/sys/module/nf_tables/initstate") or not os.path.exists("/proc/modules"):
        with contextlib.suppress(FileNotFoundError):
            done = subprocess.run(["nft", "-s", "list", "ruleset"], capture_output=True, text=True, check=False)
            lines += [f"nft {number} {line}" for number, line in enumerate(done.stdout.splitlines())]
    return lines


def modules():
    path = Path("/proc/modules")
    return [f"module {line.split()[0]}" for line in path.read_text().splitlines()] if path.exists() else []


def settings():
    lines = []
    for directory, _, names in os.walk("/proc/sys/net"):
        for name in names:
            if name in _VOLATILE_SETTINGS:
                continue
            try:
                text = Path(directory, name).read_text(errors="replace").strip()
            except OSError:
                continue
            lines.append(f"setting {directory}/{name} {text!r}")
    return lines


def sockets():
    done = subprocess.run(["ss", "-H", "-l", "-n", "-t", "-u", "-x", "-w"], capture_output=True, text=True, check=False)
    return [f"socket {words[0]} {words[4]}" for words in map(str.split, done.stdout.splitlines()) if len(words) > 4]


def _processes():
    """All others; a dead one that waits for its parent is none."""
    found = []
    for name in os.listdir("/proc"):
        try:
            if name.isdigit() and int(name) != os.getpid() and \
                    Path(f"/proc/{name}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX":
                found.append(int(name))
        except OSError:
            continue
    return found


def namespaces():
    """How many there are of each kind, held by processes or their descriptors."""
    found = {"net": set(), "user": set(), "mnt": set()}
    for process in _processes():
        for place in ("ns", "fd"):
            try:
                names = os.listdir(f"/proc/{process}/{place}")
            except OSError:
                continue
            for name in names:
                try:
                    kind, _, number = os.readlink(f"/proc/{process}/{place}/{name}").partition(":[")
                except OSError:
                    continue
                if kind in found and number:
                    found[kind].add(number)
    return [f"namespaces {kind} {len(numbers)}" for kind, numbers in found.items()]


def processes():
    """Those of the build under test and the tools that they run."""
    lines, ours = [], os.environ.get("SEATRIAL_BIN", "/nowhere") + "/"
    for process in _processes():
        try:
            program = os.readlink(f"/proc/{process}/exe")
            environment = Path(f"/proc/{process}/environ").read_bytes()
        except OSError:
            continue
        if program.startswith(ours) or _MARK in environment.split(b"\0"):
            lines.append(f"process {process} {program}")
    return lines


# What tests keep in /tmp while they run: Python's, Criterion's, R's, Java's and Chromium's.
_OTHERS = re.compile(r"tmp\w{8}|criterion_\d+\.sock|Rtmp\w+|hsperfdata_\w+|\.?org\.chromium\..*|\.com\.google\..*")


def files():
    return [f"file {place}/{name}" for place in ("/run", "/tmp", "/run/netns") if os.path.isdir(place)
            for name in os.listdir(place) if not _OTHERS.fullmatch(name)]


def mounts():
    return [f"mount {line}" for line in Path("/proc/self/mountinfo").read_text().splitlines()]


KINDS = (links, addresses, rules, routes, filters, modules, settings, sockets, namespaces, processes, files, mounts)


def snapshot(kinds=KINDS):
    return sorted(line for kind in kinds for line in kind())


def difference(before, after):
    return [f"- {line}" for line in before if line not in set(after)] + \
        [f"+ {line}" for line in after if line not in set(before)]


def left_over(before, kinds=KINDS, seconds=5):
    """What differs from a snapshot, once what ends by itself had time to."""
    end = time.monotonic() + seconds
    while (found := difference(before, snapshot(kinds))) and time.monotonic() < end:
        time.sleep(0.05)
    return found


if __name__ == "__main__":
    print("\n".join(snapshot()))
    sys.exit(0)
