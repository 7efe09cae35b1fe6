"""Runs seatrial-encap and seatrial-mtu with all the tunnels that a guest's kernel has; encap.py looks at what
came of it."""
import json
import subprocess

import inside

TESTS = ("stream.throughput", "packets.rate", "rr.latency.p50", "crr.rate")


def start(name, program, *options):
    """Its document becomes the result `name`."""
    inside.say(name)
    with open(inside.RESULTS / f"{name}.json", "wb") as out:
        return subprocess.Popen([inside.BIN / program, "--preset=quick", *options], stdout=out)


def lacks_readings():
    """What is held up for all of a short slice has none: not all four tests by all ways, four of five for IPv6."""
    metrics = json.loads((inside.RESULTS / "encap.json").read_text())["metrics"]
    return sum(metric["name"] in TESTS and metric["summary"]["value"] > 0 for metric in metrics) < len(TESTS) * (5 + 4)


def run(*words):
    code = start(*words).wait()
    assert code == 0, (words, code)


for module in ("veth", "ipv6", "vxlan", "ipip", "geneve", "ip_gre", "sch_netem"):
    # Some kernel has one of them built in.
    subprocess.run(["modprobe", module], check=False)

# Holes are waited for, not worked for: all at the same time, and beside something else.
holes = [start(f"hole.{ways}", "seatrial-mtu", "--test=hole", "--path-mtu=1500", f"--encap={ways}")
         for ways in ("native,vxlan,geneve", "ipip", "gre")]
for _ in range(4):
    run("encap", "seatrial-encap", "--family=ipv4,ipv6", "--blocks=1", "--slice=20ms", "--warm-up=5ms")
    if not lacks_readings():
        break
for hole in holes:
    assert hole.wait() == 0
for path in (1400, 1500):
    run(f"search.{path}", "seatrial-mtu", "--test=search", f"--path-mtu={path}")
run("mismatch", "seatrial-mtu", "--test=mismatch", "--path-mtu=1500")
run("loss", "seatrial-mtu", "--test=loss", "--path-mtu=1500", "--loss=10", "--loss-rate=2000", "--loss-time=1s")
inside.say("done")
