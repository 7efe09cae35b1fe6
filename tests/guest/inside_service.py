"""Runs seatrial-service with IPVS, which a guest's kernel has; service.py looks at what came of it."""
import subprocess
import sys

import inside

# What the program does not load: conntrack, its NAT and the matches of the rules come with xtables.
MODULES = ("veth", "dummy", "nf_conntrack", "ip_vs", "ip_vs_rr", "ip_vs_wrr", "ip_vs_sh", "ip_set", "ip_set_hash_ip",
           "ip_set_hash_ipport", "ip_set_hash_ipportip", "ip_set_hash_ipportnet", "ip_set_bitmap_port", "ip_set_hash_net",
           "xt_set", "xt_comment", "xt_mark", "xt_conntrack", "xt_addrtype", "xt_statistic", "xt_nat", "xt_MASQUERADE",
           "xt_tcpudp", "ipt_REJECT", "iptable_nat", "iptable_filter", "iptable_mangle", "xt_multiport")

for module in MODULES:
    subprocess.run(["modprobe", module], check=False)

with open(inside.RESULTS / "sweep.json", "wb") as out:
    inside.say("sweep")
    done = subprocess.run([inside.BIN / "seatrial-service", "--preset=quick", "--mode=iptables-legacy,ipvs",
                           "--test=lookup", "--protocol=udp", "--from=pod", "--sweep=100,2000,5000,10000", "--exchanges=16",
                           "--blocks=8", "--program-limit=60s"], stdout=out, check=False)
inside.say("done")
sys.exit(done.returncode)
