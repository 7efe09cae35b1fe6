"""What seatrial-service says of programming and of policies, held to truths from outside: the bare tool, a tool slowed
by a known time, policies that grow in number.

Whether memory is right, and what a watch counts, unit/memory_test.c and unit/watch_test.c tell.
"""
import contextlib
import functools
import signal
import statistics
import subprocess
import tempfile
import time
from pathlib import Path

import sandbox
import suite

MODES = ("iptables-legacy", "iptables-nft", "nftables")
COMPARE = suite.SOURCE / "scripts" / "compare-restore"


def measure(test, **options):
    """A document of one test, by short options that may be replaced."""
    words = {"mode": ",".join(MODES), "program_sweep": "10", "updates": 2, "blocks": 6, "preset": "quick", **options}
    return suite.document("seatrial-service", f"--test={test}",
                          *(f"--{name.replace('_', '-')}={value}" for name, value in words.items()))


def values(document, name, **labels):
    """Of the one metric with these labels, each repetition's."""
    found = [metric["values"] for metric in document["metrics"]
             if metric["name"] == name and labels.items() <= metric["labels"].items()]
    return found[0] if len(found) == 1 else []


def median(document, name, **labels):
    return statistics.median(values(document, name, **labels))


@functools.cache
def there():
    """The modes that can be measured here."""
    found = measure("program", program_sweep=1, updates=1)
    return [mode for mode in MODES if values(found, "program.add", mode=mode)]


class Case(sandbox.Test):
    def need(self, *modes):
        lacking = set(modes) - set(there())
        if lacking:
            self.skipTest(f"not measured here: {', '.join(sorted(lacking))}")


@contextlib.contextmanager
def wrapped(program, line):
    """Each call of the program runs a line of shell first, in this sandbox; $real is the program itself."""
    with tempfile.TemporaryDirectory() as place:
        real, wrapper = Path(place, "real"), Path(place, "wrapper")
        real.write_bytes(Path(program).read_bytes())
        wrapper.write_text(f'#!/bin/sh\nreal={real}\n{line}\nexec $real "$@"\n')
        real.chmod(0o755)
        wrapper.chmod(0o755)
        subprocess.run(["mount", "--bind", wrapper, program], check=True)
        try:
            yield
        finally:
            subprocess.run(["umount", program], check=True)


def slowed(program, seconds):
    return wrapped(program, f"sleep {seconds}")


class Program(Case):
    def test_every_mode_and_size_is_measured(self):
        modes = there()
        if not modes:
            self.skipTest("no mode can be measured here")
        document = measure("program", program_sweep="1,100")
        self.assertEqual(document["errors"], [])
        for mode in modes:
            for services in ("1", "100"):
                labels = {"mode": mode, "services": services}
                for name in ("cold", "add", "resync"):
                    self.assertEqual(len(values(document, f"program.{name}", **labels)), 2, (name, labels))
                self.assertEqual(len(values(document, "program.change", **labels)), 4, labels)
            for update in ("none", "add", "change", "resync"):
                labels = {"mode": mode, "services": "100", "update": update}
                updates = 4 if update == "change" else 2
                self.assertEqual(values(document, "update.lost", **labels), [0] * updates, labels)
                self.assertGreater(min(values(document, "update_delay.p50", **labels)), 0)

    def test_a_tool_that_is_slower_by_a_known_time_shows_it(self):
        self.need("nftables")
        options = {"mode": "nftables", "program_limit": "60s", "updates": 3}
        names, fast, slow = ("cold", "add", "change", "resync"), {}, {}
        # Other programs only add to it: the fastest of some tries had none beside it.
        for _ in range(4):
            document = measure("program", **options)
            fast = {name: min(values(document, f"program.{name}") + [fast.get(name, 99)]) for name in names}
            with slowed("/usr/sbin/nft", 0.2):
                document = measure("program", **options)
            slow = {name: min(values(document, f"program.{name}") + [slow.get(name, 99)]) for name in names}
            if all(abs(slow[name] - fast[name] - 0.2) < 0.05 for name in names):
                break
        for name in names:
            self.assertAlmostEqual(slow[name] - fast[name], 0.2, delta=0.1, msg=name)

    def test_what_would_take_too_long_is_left_out_with_what_is_foreseen(self):
        self.need("iptables-nft")
        document = measure("program", mode="iptables-nft", program_sweep="1000,20000", program_limit="5s")
        skipped = {skip["what"]: skip for skip in document["skipped"]}
        what = "20000 Services with iptables (nft) in one transaction"
        self.assertIn(what, skipped)
        self.assertRegex(skipped[what]["why"], r"^1000 took [\d.]+ s, so it would take about [\d.]+ s$")
        self.assertEqual(skipped[what]["enable"], "raise --program-limit")
        self.assertEqual(values(document, "program.cold", services="20000"), [])
        self.assertNotEqual(values(document, "program.cold", services="1000"), [])

    def test_a_mode_that_fails_is_left_out_and_the_others_go_on(self):
        self.need("iptables-legacy", "nftables")
        # An endpoint that changes gets an address from there.
        fails = "if grep -q 10[.]224[.] <&0; then echo planted >&2; exit 1; fi; exec </proc/self/fd/0"
        with wrapped("/usr/sbin/nft", fails):
            document = measure("lookup,program", mode="iptables-legacy,nftables", sweep="20,30", program_sweep=20)
        self.assertEqual(document["status"], "complete")
        self.assertEqual(len(document["errors"]), 1, document["errors"])
        self.assertRegex(document["errors"][0], "^nftables at 20 Services and more is left out: .*planted")
        for services in ("20", "30"):
            self.assertEqual(len(values(document, "lookup.miss", mode="iptables-legacy", services=services,
                                        protocol="udp")), 6)
        self.assertEqual(len(values(document, "lookup.miss", mode="nftables", services="20", protocol="udp")), 6)
        self.assertEqual(values(document, "lookup.miss", mode="nftables", services="30", protocol="udp"), [])
        self.assertEqual(len(values(document, "program.resync", mode="iptables-legacy", services="20")), 2)

    def test_a_mode_that_fails_at_once_is_left_out_too(self):
        self.need("iptables-legacy", "nftables")
        with wrapped("/usr/sbin/nft", "echo planted >&2; exit 1"):
            document = measure("lookup,program", mode="iptables-legacy,nftables", sweep="10", program_sweep="10")
        self.assertEqual(len(document["errors"]), 2, document["errors"])
        for error in document["errors"]:
            self.assertRegex(error, "nftables.* left out: .*planted")
        self.assertEqual(len(values(document, "program.cold", mode="iptables-legacy", services="10")), 2)
        self.assertEqual(len(values(document, "lookup.miss", mode="iptables-legacy", protocol="udp")), 6)

    def test_a_mode_whose_packets_do_not_get_through_is_left_out(self):
        self.need("iptables-legacy", "nftables")
        drops = "echo 'table ip t { chain c { type filter hook forward priority 0; policy drop; }; }' | $real -f -"
        with wrapped("/usr/sbin/nft", drops):
            document = measure("lookup", mode="iptables-legacy,nftables", sweep="10,20")
        self.assertEqual(document["status"], "complete")
        self.assertEqual(document["errors"], [
            "nftables at 10 Services and more is left out: 8 exchanges in a row had no answer within 100 ms: packets "
            "do not get through"])
        self.assertEqual(len(values(document, "lookup.miss", mode="iptables-legacy", services="20", protocol="udp")), 6)
        self.assertEqual(values(document, "lookup.miss", mode="nftables", services="10", protocol="udp"), [])

    def test_memory_grows_with_the_services(self):
        """What other programs take meanwhile is in a reading: one try of some has to be undisturbed."""
        self.need("iptables-legacy")
        for _ in range(4):
            document = measure("program", mode="iptables-legacy", program_sweep="2000,4000", updates=3)
            few, many = (values(document, "program.memory", services=services) for services in ("2000", "4000"))
            if few and many and 1.5 < statistics.median(many) / statistics.median(few) < 2.5:
                return
        self.fail(f"2000 Services: {few} B, 4000: {many} B; {document['warnings']}")

    def test_a_stop_ends_what_a_tool_is_at(self):
        self.need("iptables-nft")
        words = ("--test=program", "--mode=iptables-nft", "--program-sweep=1000,8000", "--program-limit=1h",
                 "--updates=1")
        with subprocess.Popen([suite.BIN / "seatrial-service", *words], stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, text=True) as child:
            time.sleep(2)
            child.send_signal(signal.SIGTERM)
            begin = time.monotonic()
            output, _ = child.communicate(timeout=30)
            self.assertLess(time.monotonic() - begin, 10)
        document = suite.validate(suite.parse(output))
        self.assertEqual(document["status"], "interrupted")
        self.assertEqual(document["errors"], [])

    def test_it_takes_no_longer_than_the_bare_tool(self):
        self.need("iptables-legacy", "nftables")
        done = subprocess.run([COMPARE, "--bin", suite.BIN, "--check", "--pairs=3", "iptables-legacy:5000",
                               "nftables:1000"], capture_output=True, text=True, check=False)
        print(done.stdout, end="")
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)


class Policies(Case):
    def test_first_packets_pay_for_each_policy_and_established_connections_for_none(self):
        document = measure("policy", policies="10,500")
        if document["skipped"]:
            self.skipTest(document["skipped"][0]["why"])
        for mode in ("iptables-legacy", "iptables-nft"):
            for protocol in ("udp", "tcp"):
                few, many = ({name: median(document, f"policy.{name}", mode=mode, protocol=protocol, policies=policies)
                              for name in ("first", "established")} for policies in ("10", "500"))
                with self.subTest(mode=mode, protocol=protocol, few=few, many=many):
                    grown = many["first"] - few["first"]
                    self.assertGreater(many["first"], 5 * few["first"])
                    self.assertLess(abs(many["established"] - few["established"]), 0.1 * grown)


if __name__ == "__main__":
    sandbox.main()
