"""seatrial-service on this machine's kernel: what grows with the number of Services and what does not, that
its slope is what an observer without a line of its code finds, and what it leaves behind.

Figures are compared within a run, or with the observer's of the same moments. IPVS is in tests/guest.
"""
import contextlib
import ctypes
import os
import resource
import socket
import statistics
import subprocess
import time

import sandbox
import suite
from overlay import reading, readings

SERVICE = ("seatrial-service", "--preset=quick")
SMALL, LARGE = 100, 3000
GROWING = ("iptables-legacy", "iptables-nft")
TESTS = ("--test=lookup,connect", f"--sweep={LARGE},{SMALL}", "--blocks=8", "--from=pod,node", "--program-limit=60s")


class Sweep(sandbox.Test):
    """One run, which several tests look at."""
    _document = None

    def setUp(self):
        super().setUp()
        if Sweep._document is None:
            Sweep._document = suite.document(*SERVICE, *TESTS)
        self.document = Sweep._document
        self.assertEqual((self.document["status"], self.document["errors"]), ("complete", []))

    def modes(self, *wanted):
        """Those of these that the kernel has."""
        there = {metric["labels"]["mode"] for metric in self.document["metrics"]}
        found = [mode for mode in wanted if mode in there]
        if not found:
            self.skipTest(f"this kernel has none of {wanted}: {self.document['skipped']}")
        return found

    def cost(self, target, mode, services=LARGE, **labels):
        labels = {"protocol": "udp", "from": "pod"} | labels
        return reading(self.document, f"lookup.{target}", mode=mode, services=str(services), **labels)

    def growth(self, target, mode, **labels):
        return self.cost(target, mode, LARGE, **labels)["value"] - self.cost(target, mode, SMALL, **labels)["value"]

    def test_every_mode_protocol_and_origin_has_readings(self):
        for mode in self.modes("iptables-legacy", "iptables-nft", "nftables"):
            for services in (SMALL, LARGE):
                for labels in ({"protocol": protocol, "from": origin} for protocol in ("udp", "tcp")
                               for origin in ("pod", "node")):
                    for target in ("first", "middle", "last", "random", "miss", "established"):
                        summary = self.cost(target, mode, services, **labels)
                        self.assertEqual(summary["n"], 8, (target, mode, labels))
                        self.assertGreater(summary["value"], 0, (target, mode, labels))
        # Nothing is added where nothing is compared.
        self.assertEqual(readings(self.document, "lookup.last", mode="none"), [])
        for mode in ("none", *self.modes("iptables-legacy", "nftables")):
            self.assertGreater(reading(self.document, "first_packet.p50", mode=mode, services=str(LARGE),
                                       protocol="udp")["value"], 0)

    def test_iptables_grows_with_the_number_of_services(self):
        for mode in self.modes(*GROWING):
            for labels in ({"protocol": protocol, "from": origin} for protocol in ("udp", "tcp")
                           for origin in ("pod", "node")):
                for target in ("last", "miss", "middle", "random"):
                    self.assertGreater(self.growth(target, mode, **labels), 0, (mode, target, labels))
            # Beside other programs an interval may reach far, but not those of all targets.
            apart = [target for target in ("last", "miss", "middle", "random")
                     if self.cost(target, mode, SMALL)["high"] < self.cost(target, mode, LARGE)["low"]]
            self.assertNotEqual(apart, [], mode)

    def test_nftables_does_not(self):
        self.modes("nftables")
        for mode in self.modes(*GROWING):
            for target in ("last", "miss"):
                self.assertLess(abs(self.growth(target, "nftables")), 0.25 * self.growth(target, mode), target)

    def test_the_place_of_a_service_among_the_rules_is_what_costs(self):
        for mode in self.modes(*GROWING):
            first, middle, last = (self.cost(target, mode) for target in ("first", "middle", "last"))
            self.assertLess(first["value"], middle["value"], mode)
            self.assertLess(middle["value"], last["value"], mode)
            # Half of the rules, and all of them whether there is a Service or not.
            self.assertAlmostEqual(self.growth("middle", mode) / self.growth("last", mode), 0.5, delta=0.25)
            self.assertAlmostEqual(self.growth("miss", mode) / self.growth("last", mode), 1, delta=0.3)

    def test_established_connections_pay_no_more(self):
        """One number of Services is measured well after the other. What the first of them costs, in the same blocks, tells
        how much faster or slower the machine was by then."""
        for mode in self.modes("iptables-legacy", "iptables-nft", "nftables"):
            for protocol in ("udp", "tcp"):
                small, large = (self.cost("established", mode, services, protocol=protocol)["value"] /
                                self.cost("first", mode, services, protocol=protocol)["value"]
                                for services in (SMALL, LARGE))
                self.assertLess(large, 1.3 * small, (mode, protocol))

    def test_established_connections_pay_less_than_their_first_packet(self):
        for mode in self.modes("iptables-legacy", "iptables-nft", "nftables"):
            for labels in ({"protocol": protocol, "from": origin} for protocol in ("udp", "tcp")
                           for origin in ("pod", "node")):
                established, first = (self.cost(target, mode, **labels)["value"] for target in ("established", "first"))
                self.assertLess(established, first, (mode, labels))

    def test_connections_cost_cpu_time_with_the_number_of_services(self):
        for mode in self.modes(*GROWING):
            small, large = (reading(self.document, "connect.added", mode=mode, services=str(services))
                            for services in (SMALL, LARGE))
            self.assertLess(small["value"], large["value"], mode)
            rates = [reading(self.document, "connect.rate", mode=other, services=str(LARGE)) for other in (mode, "none")]
            self.assertLess(rates[0]["value"], rates[1]["value"], mode)


@contextlib.contextmanager
def hosts(*names):
    """Named namespaces of the sandbox; removed in the end."""
    for name in names:
        subprocess.run(["ip", "netns", "add", name], check=True)
    try:
        yield
    finally:
        for name in names:
            subprocess.run(["ip", "netns", "delete", name], check=True)


def run_in(host, *words, text=None):
    subprocess.run(["ip", "netns", "exec", host, *words], input=text, text=True, check=True)


def socket_in(host, kind):
    """A socket in a host; this process stays where it is."""
    libc = ctypes.CDLL(None, use_errno=True)
    with open("/proc/thread-self/ns/net", "rb") as home, open(f"/run/netns/{host}", "rb") as there:
        if libc.setns(there.fileno(), 0):
            raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
        try:
            return socket.socket(socket.AF_INET, kind)
        finally:
            if libc.setns(home.fileno(), 0):
                os._exit(1)


class Observer:
    """A client, a node and a server of its own, with plain rules in the form of kube-proxy's. Measures what a
    flow's first packet takes longer when it has to pass all of them."""
    PASS, WALK = "198.51.100.2", "198.51.100.1"

    def __init__(self, rules):
        for one, other, number in (("client", "node", 1), ("node", "server", 2)):
            run_in(one, "ip", "link", "add", f"to-{other}", "type", "veth", "peer", "name", f"to-{one}", "netns", other)
            for host, device, last in ((one, f"to-{other}", 1), (other, f"to-{one}", 2)):
                run_in(host, "ip", "address", "add", f"192.0.2.{16 * number + last}/28", "dev", device)
                run_in(host, "ip", "link", "set", device, "up")
        run_in("node", "sysctl", "-qw", "net.ipv4.ip_forward=1")
        run_in("client", "ip", "route", "add", "default", "via", "192.0.2.18")
        run_in("node", "ip", "route", "add", "default", "via", "192.0.2.34")
        run_in("server", "ip", "route", "add", "default", "via", "192.0.2.33")
        run_in("server", "ip", "link", "set", "lo", "up")
        for address in (self.PASS, self.WALK):
            run_in("server", "ip", "address", "add", f"{address}/32", "dev", "lo")
        lines = "".join(
            f'-A ALL -d 10.{100 + i // 65536}.{i // 256 % 256}.{i % 256}/32 -p udp -m comment --comment "ns/s{i}:p cluster IP" '
            "-m udp --dport 80 -j ONE\n" for i in range(rules))
        # Without a rule that translates, there is no conntrack, and no rule of this table is looked at.
        run_in("node", "iptables-legacy-restore",
               text=f"*nat\n:ALL -\n:ONE -\n-A PREROUTING -d {self.PASS}/32 -j ACCEPT\n-A PREROUTING -j ALL\n"
                    f"-A POSTROUTING -s 203.0.113.1/32 -j MASQUERADE\n{lines}COMMIT\n")
        self._rules = rules
        self._server = socket_in("server", socket.SOCK_DGRAM)
        self._server.bind(("", 7))
        self._server.settimeout(1)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._server.close()

    def _first(self, address):
        with socket_in("client", socket.SOCK_DGRAM) as client:
            client.connect((address, 7))
            start = time.perf_counter()
            client.send(b"?")
            self._server.recv(16)
            return time.perf_counter() - start

    def slope(self, count=600):
        """s for each rule: the median of differences between two flows, one right after the other."""
        for address in (self.PASS, self.WALK) * 5:
            self._first(address)
        return statistics.median(-self._first(self.PASS) + self._first(self.WALK) for _ in range(count)) / self._rules


class ByHand(sandbox.Test):
    """With named hosts, of which the sandbox keeps a directory."""

    def tearDown(self):
        pass

    def test_the_slope_is_what_an_observer_finds(self):
        """They take turns; between them, the processor's frequency alone may differ by a tenth. Beside other programs
        it takes some more of them."""
        ours, theirs, ratio, company = [], [], 0, suite.Company()
        with hosts("client", "node", "server"):
            try:
                observer = Observer(LARGE)
            except (FileNotFoundError, subprocess.CalledProcessError) as error:
                self.skipTest(f"the observer cannot have its rules: {error}")
            allowed = os.sched_getaffinity(0)
            with observer:
                while len(ours) < 3 or len(ours) < 12 and abs(ratio - 1) > 0.2:
                    os.sched_setaffinity(0, {max(allowed)})
                    theirs.append(observer.slope())
                    os.sched_setaffinity(0, allowed)
                    ours.append(self.slope())
                    ratio = statistics.median(ours) / statistics.median(theirs)
        print(f"slope {ours}, observer's {theirs}: {ratio:.3f} of it", flush=True)
        if abs(ratio - 1) > 0.25 and company.share() > 0.5:
            self.skipTest(f"other programs had {company.share():.0%} of the processors, and its caches with them")
        self.assertAlmostEqual(ratio, 1, delta=0.25)

    def slope(self):
        document = suite.document(*SERVICE, "--test=lookup", "--mode=iptables-legacy", "--protocol=udp",
                                  f"--sweep={SMALL},{LARGE}", "--from=pod", "--blocks=6")
        large, small = (reading(document, "lookup.miss", services=str(size))["value"] for size in (LARGE, SMALL))
        return (large - small) / (LARGE - SMALL)

    def test_hosts_that_it_explains_answer(self):
        """The printed script makes hosts in which a connection to the first Service reaches the backend."""
        done = suite.program(*SERVICE, "--mode=iptables-legacy", "--explain")
        script = done.stdout[done.stdout.index("#!/bin/sh"):]
        with contextlib.ExitStack() as stack:
            for name in ("node-none", "pod-none", "node-iptables-legacy", "pod-iptables-legacy", "backend"):
                stack.callback(subprocess.run, ["ip", "netns", "delete", name], check=False)
            made = subprocess.run(["sh"], input=script, capture_output=True, text=True, check=False)
            self.assertEqual(made.returncode, 0, made.stderr)
            with socket_in("backend", socket.SOCK_STREAM) as server, \
                    socket_in("pod-iptables-legacy", socket.SOCK_STREAM) as client:
                server.bind(("", 8080))
                server.listen()
                server.settimeout(5)
                client.settimeout(5)
                client.connect(("10.96.0.10", 80))
                server.accept()[0].close()


class Endpoints(sandbox.Test):
    def test_twice_the_endpoints_change_nothing_for_an_address_that_is_no_service(self):
        def miss(endpoints):
            document = suite.document(*SERVICE, "--test=lookup", "--mode=iptables-legacy", "--protocol=udp",
                                      f"--sweep={LARGE}", "--from=pod", "--blocks=6", f"--endpoints={endpoints}")
            return reading(document, "lookup.miss")["value"]
        few, many, ratio = [], [], 0
        # They take turns, and beside other programs some more of them.
        while len(many) < 6 and abs(ratio - 1) > 0.2:
            few += [miss(1)]
            many += [miss(4)]
            few += [miss(1)]
            ratio = statistics.median(many) / statistics.median(few)
        self.assertAlmostEqual(ratio, 1, delta=0.3)


class Quick(sandbox.Test):
    def test_it_takes_about_as_long_as_it_says_and_has_what_profiles_judge(self):
        foreseen = suite.parse(suite.program(*SERVICE, "--describe").stdout)["estimate_s"]
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        document = suite.document(*SERVICE)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        # It hardly ever waits: beside other programs, processor time is what it would take without them.
        took = after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime
        print(f"foreseen {foreseen:.1f} s, took {took:.1f} s of {document['duration_s']:.1f} s", flush=True)
        self.assertLess(foreseen / 3, took)
        self.assertLess(took, foreseen * 2)
        modes = {metric["labels"]["mode"] for metric in document["metrics"]} - {"none"}
        if not modes:
            self.skipTest(document["skipped"][0]["why"])
        for mode in modes:
            # Six repetitions are the fewest that give a 95 % interval; of slow updates there may be fewer.
            for name, least, labels in (("lookup.random", 6, {"services": "1000", "protocol": "udp", "from": "pod"}),
                                        ("program.change", 2, {"services": "1000"}), ("slope.miss", 6, {})):
                self.assertGreaterEqual(reading(document, name, mode=mode, **labels)["n"], least, (name, mode))


class Limits(sandbox.Test):
    def test_what_would_take_too_long_is_left_out_and_said(self):
        document = suite.document(*SERVICE, "--test=lookup", "--mode=iptables-legacy", "--protocol=udp",
                                  "--sweep=50,4000", "--blocks=1", "--program-limit=10ms")
        skipped = [entry for entry in document["skipped"] if "4000" in entry["what"]]
        self.assertEqual(document["status"], "complete")
        self.assertEqual(len(skipped), 1, document["skipped"])
        self.assertEqual(skipped[0]["enable"], "raise --program-limit")
        self.assertEqual(len(readings(document, "lookup.miss", services="50")), 1)
        self.assertEqual(readings(document, "lookup.miss", services="4000"), [])

    def test_many_endpoints_are_no_way_around_the_limit(self):
        document = suite.document(*SERVICE, "--test=lookup", "--protocol=udp", "--sweep=10000", "--endpoints=20",
                                  "--blocks=1", "--program-limit=1s", timeout=30)
        self.assertEqual((document["status"], document["errors"]), ("complete", []))
        left_out = [entry for entry in document["skipped"] if entry["enable"] == "raise --program-limit"]
        self.assertGreater(len(left_out), 0, document["skipped"])
        self.assertEqual(readings(document, "lookup.miss", mode="nftables"), [])

    def test_an_ordinary_user_gets_what_fits_and_is_told_of_the_rest(self):
        """By updates small enough for an ordinary user's buffers; all at once is too large."""
        user = ("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups")
        for words in (("unshare", "--user", "--net", "true"), (suite.BIN / SERVICE[0], "--version")):
            if os.geteuid() or subprocess.run([*user, *words], capture_output=True, check=False).returncode:
                self.skipTest("there is no ordinary user who may have namespaces and run this")
        words = ("--sweep=100,1000", "--program-sweep=100,1000", "--protocol=udp", "--blocks=1", "--updates=1",
                 "--test=lookup,program", "--mode=nftables", "--program-limit=60s")
        done = subprocess.run([*user, suite.BIN / SERVICE[0], *SERVICE[1:], *words], capture_output=True, text=True,
                              check=False)
        document = suite.validate(suite.parse(done.stdout))
        self.assertEqual((document["status"], document["errors"]), ("complete", []), done.stderr)
        if not any("nftables" in entry["what"] for entry in document["skipped"]):
            self.skipTest("this user may send as much as root")
        for services in ("100", "1000"):
            self.assertEqual(len(readings(document, "lookup.miss", services=services)), 1, document["skipped"])
        self.assertEqual(readings(document, "program.resync", services="1000"), [])
        self.assertEqual({entry["enable"] for entry in document["skipped"]}, {"run this as root"})

    def test_a_signal_ends_it_soon_with_what_was_read(self):
        document = suite.interrupted(*SERVICE, "--test=lookup", "--mode=iptables-legacy", "--sweep=100",
                                     "--blocks=10000")
        self.assertGreater(reading(document, "lookup.last", protocol="udp")["n"], 0)

    def test_more_endpoints_than_addresses_are_refused(self):
        done = suite.program(*SERVICE, "--sweep=25000", "--endpoints=250")
        self.assertEqual(done.returncode, 2)
        self.assertIn("give no more than 24902 of these Services, or fewer --endpoints", done.stderr)
        self.assertEqual(suite.program(*SERVICE, "--sweep=24902", "--endpoints=250", "--explain").returncode, 0)

    def test_no_rules_alone_are_no_comparison(self):
        done = suite.program(*SERVICE, "--mode=none")
        self.assertEqual(done.returncode, 2)
        self.assertIn("nothing to be compared with", done.stderr)


if __name__ == "__main__":
    sandbox.main()
