"""Traffic between two namespaces by every tunnel that a guest's kernel has; peer.py looks at what came of it."""
import json
import subprocess
import sys
import time

import inside

TOKEN = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "SEATRIAL_TOKEN": "correct-horse-battery-staple"}
PORT = 7512


def run(*argv):
    done = subprocess.run([str(word) for word in argv], capture_output=True, text=True, check=False, env=TOKEN)
    if done.returncode:
        sys.exit(f"{argv} exited {done.returncode}: {done.stderr}")
    return done.stdout


def tool(*words):
    """What it measured, or why it could not."""
    done = subprocess.run(["nsenter", "--net=/run/netns/client", str(inside.BIN / "peer_tool"), "10.99.0.1", *words],
                          capture_output=True, text=True, check=False, env=TOKEN)
    return done.stderr if done.returncode else json.loads(done.stdout)


def load(*words):
    """Where an end is held up for all of the window, once more."""
    for _ in range(4):
        seen = tool("load", *words)
        if isinstance(seen, str) or seen["sender"]["bytes"] and seen["receiver"]["bytes"] and not seen["lost"]:
            break
    return seen


def bytes_by_wire():
    return int(run("ip", "-n", "client", "-s", "-j", "link", "show", "wire").split('"bytes":')[1].split(",")[0])


inside.load("veth", "vxlan", "ipip", "geneve", "ip_gre")
for side, name in ((1, "server"), (2, "client")):
    run("ip", "netns", "add", name)
run("ip", "link", "add", "wire", "netns", "server", "type", "veth", "peer", "name", "wire", "netns", "client")
for side, name in ((1, "server"), (2, "client")):
    run("ip", "-n", name, "address", "add", f"10.99.0.{side}/24", "dev", "wire")
    run("ip", "-n", name, "link", "set", "wire", "up")
before = run("ip", "-n", "server", "-o", "link").count("\n")
with subprocess.Popen(["nsenter", "--net=/run/netns/server", str(inside.BIN / "seatrial"), "serve"], env=TOKEN) as server:
    try:
        while f":{PORT}" not in run("nsenter", "--net=/run/netns/server", "ss", "-Hltn"):
            time.sleep(0.1)
        inside.write("ways", tool("describe")["ways"])
        for way in "native", "vxlan", "ipip", "geneve", "gre":
            inside.say(way)
            start = bytes_by_wire()
            inside.write(way, {
                "to": load(way, "to", "tcp_stream", "1", "10000", "0", "0", "0.3"),
                "from": load(way, "from", "udp_rr", "1", "100", "100", "0", "0.3"),
                "wire": bytes_by_wire() - start})
        inside.write("links", [before, run("ip", "-n", "server", "-o", "link").count("\n")])
    finally:
        server.terminate()
