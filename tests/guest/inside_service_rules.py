"""Tells a node of Services in a guest's kernel, by iptables-legacy and IPVS; service_rules.py looks at what came
of it."""
import re
import subprocess
import sys
from pathlib import Path

import inside

sys.path.insert(0, str(Path(__file__).parents[1] / "system"))

from rules import Node, modes  # pylint: disable=wrong-import-position

# Instead of loading modules, the kernel has what it lacks written down.
REQUESTS = Path("/run/tmp/requests")
MODPROBE = Path("/proc/sys/kernel/modprobe")
helper = Path("/run/tmp/modprobe")
helper.write_text(f'#!/bin/sh\nfor name; do :; done\necho "$name" >>{REQUESTS}\n')
helper.chmod(0o755)
MODPROBE.write_text(str(helper))


def requests():
    words = REQUESTS.read_text().split() if REQUESTS.exists() else []
    REQUESTS.write_text("")
    return words


def load_what_is_asked_for(mode):
    """What its sentences ask for, one after another, until there is none left; returns a sentence that asks for
    nothing."""
    for _ in range(60):
        remedy = modes()[mode][1]
        module = re.match(r"modprobe ([^ ,]+)", remedy)
        if not module:
            return remedy
        inside.load(module.group(1))
    return "it asks for ever more"


def look(mode):
    seen = {}
    with Node(mode) as node:
        node.tell("begin", "add 0 9")
        seen["fresh"] = node.rules()
    with Node(mode) as node:
        for name, lines in (("added", ("begin", "add 0 5", "add 5 9")), ("changed", ("change 9 3 1",)),
                            ("back", ("change 9 3 2",)), ("removed", ("add 9 10", "remove 10")),
                            ("again", ("resync 9",)), ("end", ("end 9",))):
            node.tell(*lines)
            seen[name] = node.rules()
    inside.write(f"rules-{mode}", seen)


def ask(mode):
    with Node(mode) as node, node.serve(), node.serve(9090):
        node.tell("begin", "add 0 1", "add 1 2")
        for host in ("pod", "node"):
            for protocol, address in (("tcp", "10.96.0.10"), ("udp", "10.96.0.11")):
                inside.write(f"{mode}-{host}-{protocol}", node.ask(host, address, protocol, count=100))
        node.tell("remove 2")
        inside.write(f"{mode}-gone", node.ask("pod", "10.96.0.11", "udp", count=2))
        node.tell("policies 3")
        inside.write(f"{mode}-policies", [node.ask("pod", "10.96.0.10", "tcp", count=4),
                                          node.ask("pod", "10.129.0.0", "udp", port=9090)])


subprocess.run(["ip", "link", "add", "x", "type", "vxlan", "id", "1", "dstport", "0"], capture_output=True, check=False)
inside.write("request", requests())
for name in ("veth", "ip_set_hash_net", "xt_multiport"):
    inside.load(name)
inside.write("before", modes())
inside.write("missing", [remedy for mode in ("iptables-legacy", "ipvs") if (remedy := load_what_is_asked_for(mode))])
inside.write("after", modes())
for name in ("iptables-legacy", "ipvs"):
    inside.say(name)
    look(name)
    ask(name)
subprocess.run(["ip", "link"], check=True, stdout=subprocess.DEVNULL)
inside.write("requests", requests())

hold = inside.BIN / "rules_hold"
rows = subprocess.run(["unshare", "--user", "--map-root-user", hold, "modes"], capture_output=True, text=True, check=True)
inside.write("user", {row[0]: row[1:] for row in (line.split("\t") for line in rows.stdout.splitlines())})
done = subprocess.run(["unshare", "--user", "--map-root-user", "--net", "ipvsadm", "-A", "-t", "10.96.0.10:80"],
                      capture_output=True, check=False)
inside.write("ipvsadm-user", done.returncode)
inside.say("done")
