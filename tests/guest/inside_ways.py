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


inside.load("veth")
inside.write("before", ways())
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
