"""Builds a cluster of every way that a guest's kernel has; ways.py looks at what came of it."""
import subprocess
import sys
from pathlib import Path

import inside

sys.path.insert(0, str(Path(__file__).parents[1] / "system"))

from cluster import Cluster, address, ways  # pylint: disable=wrong-import-position

MODULES = ("bridge", "ipv6", "vxlan", "ipip", "geneve", "ip_gre", "wireguard")


def look(cluster, there):
    return {way: {family: cluster.ping(address(way, six)) for family, six in (("ipv4", False), ("ipv6", True))}
            for way in there}


def measure(name, program, *options):
    """Its exit code, why it did not measure, and what the kernel was made to ask for meanwhile."""
    REQUESTS.write_text("")
    inside.say(name)
    done = subprocess.run([inside.BIN / f"seatrial-{program}", "--preset=quick", "--blocks=1", *options],
                          capture_output=True, text=True, check=False, timeout=100)
    inside.write(name, [done.returncode, done.stderr, REQUESTS.read_text().split()])


# Instead of loading modules, the kernel has what it lacks written down.
REQUESTS = Path("/run/tmp/requests")
helper = Path("/run/tmp/modprobe")
helper.write_text(f'#!/bin/sh\nfor name; do :; done\necho "$name" >>{REQUESTS}\n')
helper.chmod(0o755)
Path("/proc/sys/kernel/modprobe").write_text(str(helper))
ENCAP = ("encap", "--test=stream,packets,rr,crr,path", "--family=ipv4,ipv6", "--slice=20ms")
MTU = ("mtu", "--test=search,penalty,loss,cliff,hole,mismatch", "--slice=20ms", "--stall=300ms", "--loss-time=200ms")

subprocess.run(["ip", "link", "add", "x", "type", "dummy"], capture_output=True, check=False)
inside.write("request", REQUESTS.read_text().split())
measure("encap-without", *ENCAP)
measure("mtu-without", *MTU)
inside.load("veth")
measure("encap-bridge", *ENCAP, "--pod-link=bridge")
measure("mtu-tunnels", *MTU, "--encap=vxlan,gre")
measure("mtu-loss", "mtu", "--test=loss")
inside.load("vxlan")
measure("encap-with", *ENCAP)
measure("mtu-with", *MTU)
inside.write("before", {way: row for way, row in ways().items() if way != "vxlan"})
for module in MODULES:
    subprocess.run(["modprobe", module], check=False)
rows = ways()
inside.write("after", rows)
names = [way for way, row in rows.items() if row[0]]
for link in ("route", "bridge"):
    inside.say(link)
    with Cluster("ipv6", *([link] if link == "bridge" else [])) as held:
        inside.write(link, look(held, names))
for offload in ("all", "plain"):
    inside.say(offload)
    with Cluster(*([offload] if offload == "plain" else [])) as held:
        inside.write(offload, {way: held.mean_packet(address(way)) for way in names})
