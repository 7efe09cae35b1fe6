"""The rig's hosts: what is built carries packets, what fails says why, and nothing of it stays.

All of it happens in a sandbox (sandbox.py), so that what is planted does no harm.
"""
import contextlib
import os
import random
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from pathlib import Path

import host_state
import sandbox
import suite
from cluster import HOLD, TITLES, Cluster, address, ways


def hold(*words, **keywords):
    return suite.program("rig_hold", *words, **keywords)


@contextlib.contextmanager
def mounted(source, target):
    """One file over another, in this sandbox."""
    subprocess.run(["mount", "--bind", source, target], check=True)
    try:
        yield
    finally:
        subprocess.run(["umount", target], check=True)


class Ways(sandbox.Test):
    def test_what_is_not_there_says_why_and_what_to_do(self):
        found = ways()
        self.assertEqual(list(found), list(TITLES))
        for way, (supported, reason, remedy) in found.items():
            self.assertEqual(supported, not reason, way)
            self.assertEqual(supported, not remedy, way)

    def test_a_module_that_is_not_loaded_is_asked_for(self):
        if "\toverlay\n" not in Path("/proc/filesystems").read_text():
            self.skipTest("no overlay is loaded, to show a directory of modules with")
        absent = {"ipip": "net/ipv4/ipip", "geneve": "drivers/net/geneve", "gre": "net/ipv4/ip_gre"}
        absent = {way: path for way, path in absent.items() if not ways()[way][0]}
        if not absent:
            self.skipTest("this kernel has every way loaded")
        with tempfile.TemporaryDirectory() as place:
            modules = Path(place, "modules", os.uname().release)
            modules.mkdir(parents=True)
            (modules / "modules.dep").write_text("".join(f"kernel/{path}.ko.xz:\n" for path in absent.values()))
            show = f"mount -t overlay overlay -o lowerdir={place}:/usr/lib /usr/lib && exec {HOLD} ways"
            done = subprocess.run(["unshare", "-m", "sh", "-c", show], capture_output=True, text=True, check=False)
        if done.returncode:
            self.skipTest(done.stderr)
        rows = {line.split("\t")[0]: line.split("\t") for line in done.stdout.splitlines()}
        for way, path in absent.items():
            module = path.rpartition("/")[2]
            adds = {"ipip": "tunl0", "gre": "gre0, gretap0 and erspan0"}.get(way)
            self.assertEqual(rows[way][2],
                             f"the kernel's module {module} is not loaded, and is not loaded for a measurement")
            self.assertEqual(rows[way][3], f"modprobe {module}" +
                             (f", which adds {adds} to this machine's interfaces" if adds else ""))

    def test_each_way_carries_each_family_over_each_link(self):
        there = [way for way, row in ways().items() if row[0]]
        self.assertIn("native", there)
        for link in ((), ("bridge",)):
            for path in ((), ("path=1400",)):
                with Cluster("ipv6", *link, *path) as cluster:
                    for way in there:
                        self.assertTrue(*cluster.ping(address(way)))
                        if way != "ipip":
                            self.assertTrue(*cluster.ping(address(way, six=True)))

    def test_a_way_takes_no_other_ways_packets(self):
        """What goes by VXLAN is seen by its device, and the rest is not."""
        if not ways()["vxlan"][0]:
            self.skipTest(ways()["vxlan"][1])
        with Cluster("native", "vxlan") as cluster:
            before = cluster.sent("node-a", "flannel.1")[0]
            cluster.ping("10.201.0.2")
            self.assertEqual(cluster.sent("node-a", "flannel.1")[0], before)
            cluster.ping("10.201.1.2")
            self.assertEqual(cluster.sent("node-a", "flannel.1")[0], before + 1)

    def test_a_way_that_fails_is_named(self):
        absent = [way for way, row in ways().items() if row[1].startswith("this kernel has no")]
        if not absent:
            self.skipTest("this kernel may have every way")
        done = hold(absent[0])
        self.assertEqual(done.returncode, 1)
        self.assertRegex(done.stderr, r"cannot set up [\w-]+ in host node-a: ip said .* of \"link add ")
        self.assertIn(TITLES[absent[0]], done.stderr)


class Sizes(sandbox.Test):
    def test_pods_have_the_mtu_of_each_way(self):
        with Cluster("native", "vxlan", "vxlan=1500", "b:vxlan=1400") as cluster:
            for pod, mtu in (("pod-a", 1500), ("pod-b", 1400)):
                routes = cluster.run(pod, "ip", "route").stdout
                self.assertRegex(routes, r"10\.20[01]\.0\.0/24 .* mtu 1500")
                self.assertRegex(routes, rf"10\.20[01]\.1\.0/24 .* mtu {mtu}")
            # Too large for the tunnel, its node says so.
            self.assertRegex(cluster.ping("10.201.1.2", "-M", "do", "-s", "1472")[1], "mtu ?= ?1450")

    def test_a_pod_with_a_smaller_mtu_takes_no_more(self):
        for link in ((), ("bridge",)):
            with Cluster("native", "ipv6", "b:native=1400", *link) as cluster:
                for six, header in ((False, 28), (True, 48)):
                    whole = cluster.ping(address("native", six), "-M", "do", "-s", str(1400 - header))
                    self.assertTrue(*whole)
                    larger = cluster.ping(address("native", six), "-M", "do", "-s", str(1500 - header))
                    self.assertRegex(larger[1], "mtu ?= ?1400")

    def test_a_router_with_a_smaller_link_says_so(self):
        with Cluster("native", "ipv6", "path=1400") as cluster:
            self.assertTrue(*cluster.ping("10.201.0.2", "-M", "do", "-s", str(1400 - 28)))
            self.assertRegex(cluster.ping("10.201.0.2", "-M", "do", "-s", str(1500 - 28))[1], "mtu ?= ?1400")
            self.assertRegex(cluster.ping("fd00:201::2", "-M", "do", "-s", str(1500 - 48))[1], "mtu ?= ?1400")

    def test_offloads_make_the_sizes_on_the_underlay(self):
        """Bytes with the Ethernet header, 14; of a full packet, 1514."""
        if not ways()["vxlan"][0]:
            self.skipTest(ways()["vxlan"][1])
        for offload, native_is_large, vxlan_is_large in (((), True, True), (("plain",), True, False),
                                                         (("none",), False, False)):
            with Cluster("native", "vxlan", *offload) as cluster:
                for address, large in (("10.201.0.2", native_is_large), ("10.201.1.2", vxlan_is_large)):
                    mean = cluster.mean_packet(address)
                    if large:
                        self.assertGreater(mean, 3 * 1514, (offload, address))
                    else:
                        self.assertLessEqual(mean, 1514, (offload, address))
                        self.assertGreater(mean, 1300, (offload, address))


class Sentences(sandbox.Test):
    def test_a_wrong_batch(self):
        done = hold("native", "pod-a:ip:# a test\nroute add 10.9.9.0/24 dev nowhere")
        self.assertEqual(done.returncode, 1)
        self.assertEqual(done.stderr, 'rig_hold: cannot set up a test in host pod-a: ip said "Cannot find device '
                                      '"nowhere" Command failed -:2" of "route add 10.9.9.0/24 dev nowhere"\n')

    def test_other_tools(self):
        for batch, expected in (
                ("pod-a:sysctl:net.ipv4.nothing=1", r'the kernel said "cannot write /proc/sys/net/ipv4/nothing: No such'),
                ("pod-a:ethtool:-K eth0 gso off\n-K nowhere gso off", r'ethtool said .* of "-K nowhere gso off"'),
                ("nowhere:ip:link", "no host is named nowhere"),
                ("pod-a:nft:add table ip t\nadd chain ip t", r'nft said .* of "add chain ip t"'),
                ("pod-a:iptables:*filter\n-A NOWHERE -j ACCEPT\nCOMMIT", r"in host pod-a: iptables-restore said"),
                ("pod-a:bridge:fdb add nonsense", r'bridge said .* of "fdb add nonsense"')):
            self.assertRegex(hold("native", batch).stderr, expected)

    def test_a_setting_of_an_interface_with_a_dot(self):
        if not ways()["vxlan"][0]:
            self.skipTest(ways()["vxlan"][1])
        with Cluster("vxlan", "node-a:sysctl:net/ipv4/conf/flannel.1/proxy_arp=1") as cluster:
            done = cluster.run("node-a", "cat", "/proc/sys/net/ipv4/conf/flannel.1/proxy_arp")
            self.assertEqual(done.stdout, "1\n")

    def test_a_missing_tool(self):
        tool = shutil.which("ethtool", path="/usr/sbin:/usr/bin")
        if not tool:
            self.skipTest("ethtool is not installed")
        with mounted("/dev/null", tool):
            done = hold("native")
        self.assertEqual(done.returncode, 1)
        self.assertIn("ethtool is in none of /usr/sbin, /usr/bin, /sbin and /bin: install it", done.stderr)

    def test_the_path_of_whoever_runs_it_is_not_followed(self):
        with tempfile.TemporaryDirectory() as place:
            for tool in ("ip", "ethtool"):
                Path(place, tool).write_text("#!/bin/sh\ntouch /tmp/followed\n")
                os.chmod(Path(place, tool), 0o755)
            hold("native", env={**os.environ, "PATH": place, "LD_PRELOAD": "/nowhere.so"})
        self.assertFalse(os.path.exists("/tmp/followed"))


class Script(sandbox.Test):
    def test_what_is_printed_works_when_a_person_runs_it(self):
        for words in (("ipv6",), ("ipv6", "bridge", "path=1400")):
            script = hold("print", *words).stdout
            pings = "".join(f"ip netns exec pod-a ping -n -c 1 -W 3 {address}\n" for address in ("10.201.0.2", "fd00:201::2"))
            done = subprocess.run(["unshare", "-mn", "sh", "-c", "mount -t tmpfs tmpfs /run && exec sh -eu"],
                                  input=script + pings, capture_output=True, text=True, check=False, timeout=60)
            self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
            self.assertEqual(done.stdout.count(" 1 received"), 2, done.stdout)


class Remains(sandbox.Test):
    def test_the_machines_lock_of_iptables_is_left_alone(self):
        if not shutil.which("strace") or not shutil.which("xtables-legacy-multi", path="/usr/sbin"):
            self.skipTest("strace or iptables is not installed; scripts/setup --test does it")
        legacy, default = "/usr/sbin/xtables-legacy-multi", os.path.realpath("/usr/sbin/iptables-restore")
        rule = "node-a:iptables:*filter\n:SEATRIAL - [0:0]\n-A SEATRIAL -j ACCEPT\nCOMMIT"
        with mounted(legacy, default), tempfile.TemporaryDirectory() as place:
            trace = Path(place, "trace")
            done = subprocess.run(["strace", "-f", "-e", "trace=open,openat,execve", "-o", trace, HOLD, "native", rule],
                                  stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False, timeout=60,
                                  env={**os.environ, "ASAN_OPTIONS": "detect_leaks=0"})
            text = trace.read_text()
        if "Table does not exist" in done.stderr:
            self.skipTest("this kernel has no iptables of the old kind")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("/run/seatrial.lock", text)
        self.assertNotIn("xtables.lock", text)
        self.assertNotIn("modprobe", text)
        self.assertFalse(os.path.exists("/run/seatrial.lock"))

    def test_nothing_is_left_however_it_is_killed(self):
        kinds, rounds = (host_state.processes, host_state.namespaces), 50
        start = time.monotonic()
        Cluster("ipv6").__exit__()
        whole = time.monotonic() - start
        rounds = min(rounds, max(5, int(15 / (1.2 * whole + 0.05))))
        quiet = host_state.snapshot(kinds)
        for _ in range(rounds):
            delay = random.uniform(0, 1.2 * whole)
            with subprocess.Popen([HOLD, "ipv6"], stdin=subprocess.PIPE, stdout=subprocess.DEVNULL) as process:
                time.sleep(delay)
                process.send_signal(signal.SIGKILL)
            self.assertEqual(host_state.left_over(quiet, kinds), [], f"killed after {delay:.3f} s")

    def test_a_tool_that_hangs_dies_with_whoever_started_it(self):
        with subprocess.Popen([HOLD, "native", "pod-a:ip:monitor"], stdin=subprocess.PIPE,
                              stdout=subprocess.DEVNULL) as process:
            def tools():
                return [line for line in host_state.processes() if line.endswith("/ip")]
            end = time.monotonic() + 10
            # Whatever comes before ends by itself.
            while time.monotonic() < end and not (tools() and tools() == (time.sleep(0.5), tools())[1]):
                time.sleep(0.01)
            self.assertTrue(tools())
            process.send_signal(signal.SIGKILL)
        self.assertEqual(host_state.left_over(self.before), [])

    def test_a_tool_that_hangs_is_ended(self):
        done = hold("native", "pod-a:ip:monitor")
        self.assertEqual(done.returncode, 1)
        self.assertIn("it did not end in time", done.stderr)

    def test_an_ordinary_user(self):
        with tempfile.TemporaryDirectory() as place:
            os.chmod(place, 0o755)
            program = shutil.copy(HOLD, place)
            user = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "--bounding-set=-all"]
            asked = subprocess.run([*user, program, "supported"], capture_output=True, text=True, check=False)
            if asked.stderr.startswith("setpriv"):
                self.skipTest("this is an ordinary user's sandbox already: all else here shows it")
            if asked.returncode:
                self.assertRegex(asked.stdout, "run this as root")
                self.skipTest(asked.stdout)
            there = [way for way in ("native", "vxlan") if ways()[way][0]]
            with Cluster(*there, "bridge", below=user, program=program) as cluster:
                for way in there:
                    self.assertTrue(*cluster.ping(address(way)))

    def test_where_hosts_are_forbidden_it_says_so(self):
        with tempfile.TemporaryDirectory() as place:
            os.chmod(place, 0o755)
            program = shutil.copy(HOLD, place)
            # A user namespace in which no more of them may be made, whatever the machine allows.
            done = subprocess.run(["unshare", "--user", "--map-root-user", "sh", "-c",
                                   "echo 0 >/proc/sys/user/max_user_namespaces && exec setpriv --bounding-set=-all "
                                   f"--inh-caps=-all {program} supported"],
                                  capture_output=True, text=True, check=False)
        if "unshare" in done.stderr or "sh:" in done.stderr:
            self.skipTest(done.stderr)
        self.assertEqual(done.returncode, 1, done.stdout)
        self.assertRegex(done.stdout, "cannot make a user namespace.*user.max_user_namespaces=")

    def test_a_leak_of_each_kind_is_seen(self):
        plants = [
            ("link", ["ip", "link", "add", "leak", "type", "veth"], ["ip", "link", "del", "leak"]),
            ("address", ["ip", "address", "add", "10.99.0.1/32", "dev", "lo"],
             ["ip", "address", "del", "10.99.0.1/32", "dev", "lo"]),
            ("rule", ["ip", "rule", "add", "pref", "99", "table", "99"], ["ip", "rule", "del", "pref", "99"]),
            ("route", ["ip", "-6", "route", "add", "blackhole", "fd99::/64", "table", "99"],
             ["ip", "-6", "route", "del", "blackhole", "fd99::/64", "table", "99"]),
            ("nft", ["nft", "add", "table", "inet", "leak"], ["nft", "delete", "table", "inet", "leak"]),
            ("setting", ["sysctl", "-qw", "net.ipv4.ip_forward=1"], ["sysctl", "-qw", "net.ipv4.ip_forward=0"]),
            ("file", ["touch", "/run/leak"], ["rm", "/run/leak"]),
            ("file", ["touch", "/tmp/leak"], ["rm", "/tmp/leak"]),
            ("mount", ["mount", "-t", "tmpfs", "leak", "/mnt"], ["umount", "/mnt"]),
        ]
        for kind, plant, undo in plants:
            with self.subTest(kind):
                if not shutil.which(plant[0], path="/usr/sbin:/usr/bin:/sbin:/bin"):
                    self.skipTest(f"{plant[0]} is not installed")
                subprocess.run(plant, check=True, stdin=subprocess.DEVNULL)
                found = host_state.difference(self.before, host_state.snapshot())
                subprocess.run(undo, check=True, stdin=subprocess.DEVNULL)
                self.assertTrue([line for line in found if line.startswith(f"+ {kind} ")], found)
                self.assertEqual(host_state.left_over(self.before), [])

    def test_leaks_of_living_things_are_seen(self):
        def found(kind):
            new = host_state.difference(self.before, host_state.snapshot())
            self.assertTrue([line for line in new if line.startswith(f"+ {kind} ")], new)

        with socket.create_server(("127.0.0.1", 0)):
            found("socket")
        for kind in ("net", "user", "mnt"):
            with subprocess.Popen(["unshare", f"--{dict(mnt='mount').get(kind, kind)}", "sleep", "60"]) as process:
                while Path(f"/proc/{process.pid}/comm").read_text() != "sleep\n":
                    time.sleep(0.01)
                found(f"namespaces {kind}")
                process.kill()
        with Cluster("native"):
            found("process")
        mark = {**os.environ, "XTABLES_LOCKFILE": "/run/seatrial.lock"}
        with subprocess.Popen(["sleep", "60"], env=mark) as process:
            found("process")
            process.kill()


if __name__ == "__main__":
    sandbox.main()
