"""Runs seatrial-service with IPVS, which a guest's kernel has; service.py looks at what came of it."""
import json
import subprocess
import time

import inside

# What the program does not load: conntrack, its NAT and the matches of the rules come with xtables.
MODULES = ("veth", "dummy", "nf_conntrack", "ip_vs", "ip_vs_rr", "ip_vs_wrr", "ip_vs_sh", "ip_set", "ip_set_hash_ip",
           "ip_set_hash_ipport", "ip_set_hash_ipportip", "ip_set_hash_ipportnet", "ip_set_bitmap_port", "ip_set_hash_net",
           "xt_set", "xt_comment", "xt_mark", "xt_conntrack", "xt_addrtype", "xt_statistic", "xt_nat", "xt_MASQUERADE",
           "xt_tcpudp", "ipt_REJECT", "bpfilter", "iptable_nat", "iptable_filter", "iptable_mangle", "xt_multiport")

for module in MODULES:
    subprocess.run(["modprobe", module], check=False)

# Beside other programs intervals are wide: more tries while there is time, of which the sharpest counts.
TRIES, SHARP, SECONDS = 3, 0.06, 150
MODES, QUESTIONS = ("iptables-legacy", "ipvs"), ("last", "miss")


def sweep(name):
    inside.say(name)
    with open(inside.RESULTS / f"{name}.json", "wb") as out:
        subprocess.run([inside.BIN / "seatrial-service", "--preset=quick", f"--mode={','.join(MODES)}", "--test=lookup",
                        "--protocol=udp", "--from=pod", "--sweep=100,2000,5000,10000", "--exchanges=16", "--blocks=8",
                        "--program-limit=60s"], stdout=out, check=True)


def width(name):
    """Of the wider interval of IPVS's slopes, as a share of iptables' slope."""
    found = {(metric["name"], metric["labels"]["mode"]): metric["summary"]
             for metric in json.loads((inside.RESULTS / f"{name}.json").read_text())["metrics"]
             if metric["name"].startswith("slope.")}
    growing, flat = MODES
    slopes = [(found[f"slope.{question}", flat], found[f"slope.{question}", growing]["value"]) for question in QUESTIONS]
    return max((slope["high"] - slope["low"]) / abs(whole) for slope, whole in slopes)


widths, begin = {}, time.monotonic()
for name in map("sweep-{}".format, range(TRIES)):
    sweep(name)
    widths[name] = width(name)
    if widths[name] < SHARP or time.monotonic() - begin > SECONDS:
        break
inside.write("sharpest", min(widths, key=widths.get))
inside.write("width", min(widths.values()))
inside.say(widths)
