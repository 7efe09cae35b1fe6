"""A real etcd of three members, each on a slow disk of its own, in a guest; etcd.py boots it and judges."""
import base64
import contextlib
import http.client
import json
import re
import subprocess
import time

from inside import Mounted, SlowDisk, fsync, load, say, write

MEMBERS = 3


def url(member, offset):
    return f"http://127.0.0.1:{2379 + 10 * member + offset}"


def start(member, place):
    cluster = ",".join(f"m{i}={url(i, 1)}" for i in range(MEMBERS))
    return subprocess.Popen(
        ["etcd", f"--name=m{member}", f"--data-dir={place}/etcd", f"--listen-client-urls={url(member, 0)}",
         f"--advertise-client-urls={url(member, 0)}", f"--listen-peer-urls={url(member, 1)}",
         f"--initial-advertise-peer-urls={url(member, 1)}", f"--initial-cluster={cluster}",
         "--logger=zap", "--log-level=panic"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def ask(member, method, path, body=None):
    connection = http.client.HTTPConnection("127.0.0.1", 2379 + 10 * member, timeout=2)
    try:
        connection.request(method, path, body)
        answer = connection.getresponse()
        text = answer.read().decode()
        return text if answer.status == 200 else ""
    except (OSError, http.client.HTTPException):
        return ""
    finally:
        connection.close()


def metric(member, name):
    found = re.search(rf"^{name} (\S+)$", ask(member, "GET", "/metrics"), re.MULTILINE)
    return float(found.group(1)) if found else None


def put(member, number):
    key, value = (base64.b64encode(text).decode() for text in (b"key%d" % (number % 100), b"v" * 1024))
    return bool(ask(member, "POST", "/v3/kv/put", json.dumps({"key": key, "value": value})))


def wait_for_leader(seconds):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if all(metric(member, "etcd_server_has_leader") == 1 for member in range(MEMBERS)) and put(0, 0):
            return
        time.sleep(0.2)
    raise SystemExit("etcd elected no leader")


def changes():
    """Leaders seen so far, by the member that saw most: one whose disk stalls may miss some."""
    seen = [metric(member, "etcd_server_leader_changes_seen_total") for member in range(MEMBERS)]
    return max(value for value in seen if value is not None)


def watch(seconds):
    """A small steady load; returns what became of it."""
    before, start_s, done, tried = changes(), time.monotonic(), 0, 0
    while time.monotonic() < start_s + seconds:
        done += put(tried % MEMBERS, tried)
        tried += 1
        time.sleep(max(0, start_s + tried * 0.2 - time.monotonic()))
    return {"changes": changes() - before, "puts": done, "tried": tried}


def trial(name, seconds, settings, rounds=1):
    """What seatrial-fsync says of the first member's disk, then what etcd does on all of them. A guest that is held up
    for longer than an election's timeout changes leaders as well, but not in each of some rounds."""
    with contextlib.ExitStack() as stack:
        disks = [stack.enter_context(SlowDisk(number, 1024, **settings(number))) for number in range(MEMBERS)]
        places = [stack.enter_context(Mounted(disk.device)) for disk in disks]
        fsync(f"{name}.predicted", places[0], "--mode=etcd", "--etcd-duration=4s", "--repetitions=2")
        members = [start(number, place) for number, place in enumerate(places)]
        try:
            wait_for_leader(60)
            say("there is a leader")
            for _ in range(rounds):
                seen = watch(seconds)
                say(name, seen)
                if not seen["changes"] and seen["puts"] > 0.9 * seen["tried"]:
                    break
            write(f"{name}.seen", seen)
        finally:
            for member in members:
                member.kill()
            for member in members:
                member.wait()


if __name__ == "__main__":
    load("nbd")
    trial("slow", 20, lambda number: {"flush_us": 40000}, rounds=3)
    # Longer than the longest time that a follower waits, twice the election timeout of a second; and on each
    # disk at times of its own, for members that all stall at once elect nobody.
    trial("stalling", 30, lambda number: {"slow_every": 100 + 30 * number, "slow_us": 2500000})
