"""seatrial-encap and seatrial-mtu between two machines: network namespaces with a router between them, whose far
link takes smaller packets than the machines' interfaces do.
"""
import contextlib
import os
import subprocess
import time

import sandbox
import suite
from overlay import fact, reading, readings

HERE, THERE, PATH_MTU = "10.88.0.2", "10.88.1.2", 1400
TOKEN = {"SEATRIAL_TOKEN": "a-token-that-is-long-enough-1234"}


class Machine:
    """A namespace, held by a process that sleeps."""

    def __init__(self):
        self.process = subprocess.Popen(["unshare", "--net", "sh", "-c", "echo; exec sleep 1000"], stdout=subprocess.PIPE)
        self.process.stdout.readline()
        self.run("ip", "link", "set", "lo", "up")

    def argv(self, *argv):
        return ["nsenter", "-t", str(self.process.pid), "-n", *map(str, argv)]

    def run(self, *argv):
        subprocess.run(self.argv(*argv), check=True, capture_output=True, text=True)

    def close(self):
        self.process.kill()
        self.process.wait()
        self.process.stdout.close()


class Between(sandbox.Test):
    def setUp(self):
        super().setUp()
        self.router, self.there, self.here = Machine(), Machine(), Machine()
        for number, (machine, mtu) in enumerate(((self.here, 1500), (self.there, 1500))):
            self.router.run("ip", "link", "add", f"to{number}", "mtu", mtu, "type", "veth", "peer", "name", "eth0",
                            "mtu", mtu, "netns", machine.process.pid)
            self.router.run("ip", "address", "add", f"10.88.{number}.1/24", "dev", f"to{number}")
            self.router.run("ip", "link", "set", f"to{number}", "up")
            machine.run("ip", "address", "add", f"10.88.{number}.2/24", "dev", "eth0")
            machine.run("ip", "link", "set", "eth0", "up")
            machine.run("ip", "route", "add", "default", "via", f"10.88.{number}.1")
        self.router.run("sysctl", "-qw", "net.ipv4.ip_forward=1")
        # What the router sends on towards there is cut or refused; the interface there shows nothing of it.
        self.router.run("ip", "link", "set", "to1", "mtu", PATH_MTU)

    def tearDown(self):
        for machine in (self.router, self.there, self.here):
            machine.close()
        super().tearDown()

    @contextlib.contextmanager
    def serving(self):
        with subprocess.Popen(self.there.argv(suite.BIN / "seatrial", "serve", "--listen", THERE), text=True,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env={**os.environ, **TOKEN}) as server:
            line = server.stdout.readline()
            self.assertIn("Listening", line)
            try:
                yield
            finally:
                server.terminate()
                server.communicate(timeout=20)

    def measure(self, *argv):
        program, *rest = argv
        done = subprocess.run(self.here.argv(suite.BIN / program, "--peer", THERE, *rest), capture_output=True, text=True,
                              check=False, timeout=120, env={**os.environ, **TOKEN})
        self.assertEqual(done.returncode, 0, done.stderr)
        return suite.validate(suite.parse(done.stdout))

    def has_vxlan(self, document):
        """Nothing but a kernel without it excuses that it is not there."""
        for skipped in document["skipped"]:
            self.assertRegex(skipped["why"], "this kernel has no vxlan|module vxlan is not loaded")
        return not document["skipped"]

    def test_the_path_takes_less_than_the_interface_shows(self):
        with self.serving():
            document = self.measure("seatrial-mtu", "--test=search", "--encap=native,vxlan")
            # The same where nothing tells the sender that its packets were too large.
            self.router.run("ip", "rule", "add", "pref", "1", "iif", "lo", "blackhole")
            silent = self.measure("seatrial-mtu", "--test=search", "--encap=native")
        for found in fact(document, "mtu.path"), fact(silent, "mtu.path"):
            self.assertEqual((found["value"], found["status"]), (PATH_MTU, "warn"))
        self.assertEqual(fact(document, "mtu.native")["value"], PATH_MTU)
        self.assertEqual(fact(document, "setting.calico.vxlan")["value"], 'veth_mtu: "1350"')
        if self.has_vxlan(document):
            self.assertEqual(fact(document, "mtu.peer.vxlan")["value"], True)

    def test_encapsulation_is_measured_in_both_directions(self):
        self.router.run("ip", "link", "set", "to1", "mtu", "1500")
        more = ("stream.throughput", "packets.rate", "path.jitter")
        none = ("path.loss", "path.reordered", "path.duplicates")
        # What is held up for all of a short slice has no reading, and what comes too late is lost: then once more.
        for _ in range(4):
            with self.serving():
                document = self.measure("seatrial-encap", "--encap=native,vxlan", "--preset=quick", "--blocks=1",
                                        "--slice=40ms", "--warm-up=10ms")
            ways = {"native", "vxlan"} if self.has_vxlan(document) else {"native"}
            values = {(name, way, direction): [metric["summary"]["value"] for metric in
                                               readings(document, name, encap=way, direction=direction)]
                      for name in (*more, *none) for way in ways for direction in ("to", "from")}
            answered = [reading(document, "rr.latency.p50", encap=way)["value"] for way in ways
                        if readings(document, "rr.latency.p50", encap=way)]
            wrong = {key: found for key, found in values.items()
                     if len(found) != 1 or (found[0] <= 0 if key[0] in more else found[0])}
            if not wrong and len(answered) == len(ways):
                break
        self.assertEqual(wrong, {})
        self.assertEqual(len(answered), len(ways))
        self.assertGreater(min(answered), 0)
        self.assertEqual(len(readings(document, "ratio.stream")), 2 * (len(ways) - 1))

    def test_what_does_not_answer(self):
        done = subprocess.run(self.here.argv(suite.BIN / "seatrial-encap", "--peer", THERE), capture_output=True, text=True,
                              check=False, timeout=60, env={**os.environ, **TOKEN})
        self.assertEqual(done.returncode, 1)
        self.assertIn(THERE, done.stderr)
        self.assertEqual(len(done.stderr.splitlines()), 1)

    def test_no_token(self):
        environment = {key: value for key, value in os.environ.items() if key != "SEATRIAL_TOKEN"}
        for program in ("seatrial-encap", "seatrial-mtu"):
            started = time.monotonic()
            done = subprocess.run(self.here.argv(suite.BIN / program, "--peer", THERE), capture_output=True, text=True,
                                  check=False, timeout=60, env=environment)
            self.assertEqual(done.returncode, 1)
            self.assertIn("SEATRIAL_TOKEN", done.stderr)
            self.assertLess(time.monotonic() - started, 30)


if __name__ == "__main__":
    sandbox.main()
