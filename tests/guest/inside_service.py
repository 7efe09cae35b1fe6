"""Runs seatrial-service with IPVS, which a guest's kernel has; service.py looks at what came of it."""
import json
import statistics
import subprocess
import time

import inside
import pooled

# What the program does not load: conntrack, its NAT and the matches of the rules come with xtables.
MODULES = ("veth", "dummy", "nf_conntrack", "ip_vs", "ip_vs_rr", "ip_vs_wrr", "ip_vs_sh", "ip_set", "ip_set_hash_ip",
           "ip_set_hash_ipport", "ip_set_hash_ipportip", "ip_set_hash_ipportnet", "ip_set_bitmap_port", "ip_set_hash_net",
           "xt_set", "xt_comment", "xt_mark", "xt_conntrack", "xt_addrtype", "xt_statistic", "xt_nat", "xt_MASQUERADE",
           "xt_tcpudp", "ipt_REJECT", "bpfilter", "iptable_nat", "iptable_filter", "iptable_mangle", "xt_multiport")

for module in MODULES:
    subprocess.run(["modprobe", module], check=False)

# Beside other programs blocks scatter: more sweeps while there is time, until all of them together are sharp.
SHARP, SECONDS = 0.05, 60
MODES, QUESTIONS = ("iptables-legacy", "ipvs"), ("last", "miss")


def sweep(name):
    inside.say(name)
    with open(inside.RESULTS / f"{name}.json", "wb") as out:
        subprocess.run([inside.BIN / "seatrial-service", "--preset=quick", f"--mode={','.join(MODES)}", "--test=lookup",
                        "--protocol=udp", "--from=pod", "--sweep=100,2000,5000,10000", "--exchanges=12", "--blocks=100",
                        "--program-limit=60s"], stdout=out, check=True)


def width(documents):
    """Of the wider interval of IPVS's slopes, as a share of iptables' slope."""
    growing, flat = MODES
    wide = 0
    for question in QUESTIONS:
        low, high = pooled.interval(pooled.values(documents, f"slope.{question}", mode=flat))
        whole = statistics.median(pooled.values(documents, f"slope.{question}", mode=growing))
        wide = max(wide, (high - low) / abs(whole))
    return wide


done, begin = [], time.monotonic()
while time.monotonic() - begin < SECONDS:
    name = f"sweep-{len(done)}"
    sweep(name)
    done.append(name)
    wide = width([json.loads((inside.RESULTS / f"{each}.json").read_text()) for each in done])
    inside.say(f"{name}: {wide:.3f}")
    if wide < SHARP:
        break
inside.write("sweeps", done)
inside.write("width", wide)
