"""Whether a run can be trusted: forgeries of every kind are found in it, honest runs pass, and signatures by the real
tools say whose word it is."""
import copy
import hashlib
import json
import math
import os
import pty
import random
import re
import shutil
import subprocess
import tempfile
import unittest
from pathlib import Path

import fleet
import suite

ARGUMENTS = ["--quick", "--only=null", "--set=null.duration=3ms", "--repeat=2", "--quiet"]


def verify(*words, code=0, **keywords):
    done = suite.program("seatrial", "verify", *words, **keywords)
    if done.returncode != code:
        raise AssertionError(f"verify exited {done.returncode}, not {code}: {done.stdout}{done.stderr}")
    return done.stdout


class TrustCase(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = Path(cls.enterClassContext(tempfile.TemporaryDirectory()))
        cls.store = cls.folder / "store"
        suite.program("seatrial", "run", *ARGUMENTS, "--store", cls.store)
        cls.path, = cls.store.glob("*.json")
        cls.run_of = suite.validate(suite.parse(cls.path.read_text()))

    def setUp(self):
        self.place = Path(tempfile.mkdtemp(dir=self.folder))


def scale(factor, *keys):
    """Multiplies the number at the end of a path by a factor."""
    def edit(run):
        at = run
        for key in keys[:-1]:
            at = at[key]
        at[keys[-1]] = at[keys[-1]] * factor
    return edit


def put(value, *keys):
    def edit(run):
        at = run
        for key in keys[:-1]:
            at = at[key]
        if value is None:
            del at[keys[-1]]
        else:
            at[keys[-1]] = value
    return edit


def twice(*keys):
    def edit(run):
        at = run
        for key in keys:
            at = at[key]
        at.append(copy.deepcopy(at[0]))
    return edit


def find(run, name):
    metrics = run["results"][0]["metrics"]
    return next(index for index, metric in enumerate(metrics) if metric["name"] == name)


def rate(events, exposure, low, high, values):
    return {"name": "lost", "title": "Lost", "unit": "changes/day", "better": "lower", "labels": {}, "values": values,
            "events": events, "exposure": exposure,
            "summary": {"n": len(values), "value": events / exposure, "low": low, "high": high, "confidence": 0.95,
                        "method": "poisson"}}


def poisson(most, share):
    """The mean at which that share of Poisson counts is at most `most`."""
    low, high = 0, 100
    for _ in range(200):
        middle = (low + high) / 2
        below = sum(math.exp(-middle) * middle ** k / math.factorial(k) for k in range(most + 1))
        low, high = (middle, high) if below > share else (low, middle)
    return low


def add_metric(metric):
    return lambda run: run["results"][0]["metrics"].append(metric)


def swap_histograms(run):
    latency = run["results"][0]["distributions"][0]
    other = run["results"][1]["distributions"][0]
    latency["pooled"] = other["pooled"]


def series(**changes):
    made = {"name": "s", "title": "S", "labels": {}, "unit": "s", "interval_s": 1,
            "columns": ["time", "count", "p50", "p99", "max"], "rows": [[0, 3, 1, 2, 3], [1, 1, 1, 1, 1]],
            "levels_s": [0, 1, 2, 4], "levels": [[1, 2, 1], [1, 1]]} | changes
    return lambda run: run["results"][0]["series"].append(made)


class Verify(TrustCase):
    def verdicts(self, edits):
        """Runs that were edited, each with its findings."""
        paths = []
        for number, edit in enumerate(edits):
            run = copy.deepcopy(self.run_of)
            edit(run)
            paths.append(self.place / str(number) / self.path.name)
            paths[-1].parent.mkdir()
            paths[-1].write_text(json.dumps(run))
        done = suite.program("seatrial", "verify", "--json", *paths)
        document = suite.validate(suite.parse(done.stdout))
        self.assertEqual([run["file"] for run in document["runs"]], [str(path) for path in paths], done.stderr)
        return [(run["state"], run["findings"]) for run in document["runs"]]

    def test_an_honest_run_is_consistent(self):
        text = verify(self.path)
        self.assertEqual(text, f"{self.path}: unsigned\n{self.path}: consistent\n")
        self.assertEqual(verify("--store", self.store), text)
        self.assertEqual(verify("--store", self.store, "--quiet"), "")

    def test_programs_are_those_that_ran(self):
        def checksum(name):
            data = (suite.BIN / name).read_bytes()
            return {"name": name, "sha256": hashlib.sha256(data).hexdigest(), "bytes": len(data)}
        self.assertEqual(self.run_of["program"], checksum("seatrial"))
        for result in self.run_of["results"]:
            self.assertEqual(result["program"], checksum("seatrial-null"))

    def test_forgeries_are_found(self):
        p99 = find(self.run_of, "null.gap.p99")
        speed = find(self.run_of, "null.rate")
        first, latency = ("results", 0), ("results", 0, "distributions", 0)
        host = "fedcba9876543210"
        forgeries = [
            (scale(1.001, *first, "metrics", speed, "summary", "value"), "the value of its summary"),
            (scale(0.99, *first, "metrics", speed, "summary", "low"), "the lower side"),
            (scale(1.01, *first, "metrics", speed, "summary", "high"), "the upper side"),
            (put(0.99, *first, "metrics", speed, "summary", "confidence"), "the confidence"),
            (put(7, *first, "metrics", speed, "summary", "n"), "n of its summary"),
            (put("poisson", *first, "metrics", speed, "summary", "method"), "method"),
            (scale(-1, *first, "metrics", speed, "values", 0), "nothing in .* is negative"),
            (scale(1.5, *first, "metrics", p99, "summary", "value"), "the value of its summary"),
            (scale(0.5, *first, "metrics", p99, "summary", "low"), "the lower side"),
            (scale(1.05, *first, "metrics", p99, "summary", "high"), "the upper side"),
            (put(0.9, *first, "metrics", p99, "quantile"), "histograms say|its summary"),
            (scale(1.01, *first, "metrics", p99, "values", 0), r"values\[0\] is .* but the histograms say"),
            (put([1e-8], *first, "metrics", p99, "values"), "has 1 values, but 6 repetitions"),
            (put("no.such", *first, "metrics", p99, "distribution"), "distribution that is not there"),
            (put("B", *first, "metrics", p99, "unit"), "its unit is"),
            (scale(2, *latency, "count"), "its count is"),
            (scale(1.01, *latency, "mean"), "its mean is"),
            (scale(0.5, *latency, "max"), "max is"),
            (put(1e300, *latency, "max"), "max is"),
            (scale(2, *latency, "min"), "min is"),
            (put("HISTFAAAAAAA", *latency, "pooled"), "cannot be read"),
            (lambda run: run["results"][0]["distributions"][0]["repetitions"].pop(), "not that of all repetitions"),
            (swap_histograms, "not that of all repetitions"),
            (twice(*first, "metrics"), "is there twice"),
            (twice(*first, "distributions"), "is there twice"),
            (add_metric(rate(0, 2, 0, 1.5, [0, 0])), "the upper side"),
            (add_metric(rate(4, 2, 0.54493, 5.12080, [0, 0])), "no rate|side"),
            (series(levels=[[1, 2, 2], [1, 1]]), "levels"), (series(levels_s=[0, 2, 1, 4]), "levels_s"),
            (series(rows=[[1, 3, 1, 2, 3], [0, 1, 1, 1, 1]]), "not in order"),
            (series(rows=[[0, 3, 3, 2, 3], [1, 1, 1, 1, 1]]), "not in order"),
            (series(levels=[[1, 2, 1]]), "one list of levels"), (series(levels=7), "one list of levels"),
            (series(hours=[[24, 1, 1, 1, 1]]), "hours"), (series(hours=[]), "hours"), (series(hours=[{}]), "hours"),
            (put(12345, *first, "seed"), "seed is not that of the run"),
            (put("full", *first, "preset"), "preset is not that of the run"),
            (put(host, *first, "host", "id"), "id is not that of the run's host"),
            (put("9.9.9", *first, "host", "kernel"), "kernel is not that"),
            (put("0" * 64, "results", 1, "program", "sha256"), "another program"),
            (put(1, "results", 1, "parameters", "duration"), "parameters is not that"),
            (twice("results"), "one more of|before it had come so far"),
            (put("2020-01-01T00:00:00Z", "finished"), "finished before it started"),
            (put("2020-01-01T00:00:00Z", *first, "started"), "before the run"),
            (put("2030-02-31T00:00:00Z", "finished"), "in no calendar"),
            (put("2099-01-01T00:00:00Z", "results", 1, "started"), "ended after the run"),
            (put(1e9, "results", 1, "duration_s"), "ended after the run"),
            (put("running", "state"), "has a time when it finished"), (put(None, "finished"), "lacks a time"),
            (put("20200101T000000Z-00000000", "id"), "does not begin with the time"),
            (put({}, "profiles", 0), "not usable as a profile"),
            (put("seatrial.result/2", *first, "schema"), "seatrial.result/2"),
            (put(7, *first, "metrics"), "does not fit its schema"),
            (put([], *first, "host"), "does not fit its schema"),
        ]
        verdicts = self.verdicts(edit for edit, _ in forgeries)
        for (_, expected), (state, findings) in zip(forgeries, verdicts):
            with self.subTest(expected):
                said = "\n".join(f"{finding['where']} {finding['what']}" for finding in findings
                                 if finding["kind"] == "inconsistent")
                self.assertEqual(state, "inconsistent", findings)
                self.assertRegex(said, expected)

    def test_what_is_in_order_is_not_complained_of(self):
        honest = [add_metric(rate(0, 2, 0, poisson(0, 0.025) / 2, [0, 0])),
                  add_metric(rate(4, 2, poisson(3, 0.975) / 2, poisson(4, 0.025) / 2, [4, 0])),
                  series(), series(rows=[], levels=[]), series(hours=[[0, 3, 1, 2, 3], [23, 1, 1, 1, 1]])]
        for state, findings in self.verdicts(honest):
            self.assertEqual((state, findings), ("consistent", []))

    def test_what_is_unknown_is_told_and_does_no_harm(self):
        edits = [put(1, "later"), put({"x": 1}, "results", 0, "metrics", 0, "colour"),
                 put("0.2.0", "results", 1, "suite", "version"), put(None, "results", 0, "program")]
        expected = ["later", "results[0].metrics[0].colour", "results[1]", "results[0]"]
        for where, (state, findings) in zip(expected, self.verdicts(edits)):
            self.assertEqual((state, [(finding["kind"], finding["where"]) for finding in findings]),
                             ("consistent", [("note", where)]))

    def test_a_run_cut_short_is_no_forgery(self):
        def cut(run):
            del run["finished"]
            run["state"] = "running"
            run["results"].pop()
        (state, findings), = self.verdicts([cut])
        self.assertEqual((state, [finding["kind"] for finding in findings]), ("consistent", ["note"]))

    def test_a_soak_may_have_begun_in_an_earlier_run(self):
        def soak(run):
            for result in run["results"]:
                result["parameters"].update(soak=3600, state="/x.json")
            run["results"][0]["started"] = "2020-01-01T00:00:00Z"
        (state, findings), = self.verdicts([soak])
        self.assertEqual((state, [finding["kind"] for finding in findings]), ("consistent", ["note"]))

    def test_a_file_bears_the_name_of_its_run(self):
        other = self.place / "20200101T000000Z-00000000.json"
        shutil.copy(self.path, other)
        self.assertIn("is not the one that the file is named after", verify(other, code=3))
        free = self.place / "mine.json"
        shutil.copy(self.path, free)
        verify(free)

    def test_many_findings_are_cut(self):
        def everywhere(run):
            metric = run["results"][0]["metrics"][find(run, "null.rate")]
            run["results"][0]["metrics"] += [metric | {"name": f"m{i}", "values": [1, 2]} for i in range(400)]
            run.update((f"unknown{i}", i) for i in range(400))
        (state, findings), = self.verdicts([everywhere])
        self.assertEqual(state, "inconsistent")
        self.assertLessEqual(len(findings), 201)
        self.assertRegex(findings[-1]["what"], "more inconsistencies are not listed")

    def test_files_that_are_no_runs_are_told_and_the_others_checked(self):
        bad = self.place / "bad.json"
        bad.write_text("{}")
        done = suite.program("seatrial", "verify", bad, self.path, self.place / "absent.json")
        self.assertEqual(done.returncode, 1)
        self.assertIn(f"{self.path}: consistent\n", done.stdout)
        self.assertEqual(len(done.stderr.splitlines()), 2)


def terminal(words, typed, times=1):
    """Runs a program at a terminal, and types a line whenever it asks for a password; returns what was seen, and the
    exit code."""
    pid, fd = pty.fork()
    if pid == 0:
        os.execvpe(str(words[0]), [str(word) for word in words], os.environ | {"SSH_ASKPASS": "/nonexistent"})
    seen, answered = "", 0
    while True:
        try:
            seen += os.read(fd, 4096).decode()
        except OSError:  # it is gone
            break
        if len(re.findall(r"(?i)pass(word|phrase)[^\n]*: ", seen)) > answered and answered < times:
            answered += 1
            os.write(fd, f"{typed}\n".encode())
    os.close(fd)
    return seen, os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


class Sign(TrustCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        keys = cls.folder / "keys"
        keys.mkdir()
        cls.keys = keys
        for name in ("alice", "mallory"):
            subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", name, "-f", keys / name], check=True)
            subprocess.run(["minisign", "-G", "-W", "-f", "-p", keys / f"{name}.pubkey", "-s", keys / f"{name}.key"],
                           check=True, capture_output=True)
            public = (keys / f"{name}.pub").read_text()
            (keys / f"{name}.signers").write_text(f"# who may sign\n{name}@example.org {public}")

    def setUp(self):
        super().setUp()
        self.file = self.place / self.path.name
        shutil.copy(self.path, self.file)

    def sign(self, *names, code=0, **keywords):
        for name in names:
            done = suite.program("seatrial", "sign", "--key", self.keys / name, self.file, **keywords)
            self.assertEqual(done.returncode, code, done.stderr)
        return done

    def check(self, who, code=0, more=(), **keywords):
        """The states of the signatures, by kind."""
        done = suite.program("seatrial", "verify", "--json", "--allowed-signers", self.keys / f"{who}.signers",
                             "--public-key", self.keys / f"{who}.pubkey", *more, self.file, **keywords)
        self.assertEqual(done.returncode, code, done.stdout + done.stderr)
        run, = suite.validate(suite.parse(done.stdout))["runs"]
        self.signatures = {signature["kind"]: signature for signature in run["signatures"]}
        return {kind: signature["state"] for kind, signature in self.signatures.items()}

    BOTH = ("alice", "alice.key")

    def test_by_whom(self):
        self.sign(*self.BOTH)
        self.assertEqual(self.check("alice", more=["--require-signature"]), {"ssh": "good", "minisign": "good"})
        self.assertEqual(self.signatures["ssh"]["by"], "alice@example.org")
        fingerprint = subprocess.run(["ssh-keygen", "-l", "-f", self.keys / "alice.pub"], capture_output=True,
                                     text=True).stdout.split()[1]
        self.assertIn(fingerprint, self.signatures["ssh"]["key"])
        number = re.search(r"public key ([0-9A-F]+)", (self.keys / "alice.pubkey").read_text())[1]
        self.assertEqual(self.signatures["minisign"]["key"], number.zfill(16))
        self.assertIn("signed by alice@example.org (ssh, ", verify("--allowed-signers", self.keys / "alice.signers",
                                                                   self.file))

    def test_the_tools_themselves_agree(self):
        self.sign(*self.BOTH)
        with self.file.open() as data:
            subprocess.run(["ssh-keygen", "-q", "-Y", "verify", "-f", self.keys / "alice.signers", "-I",
                            "alice@example.org", "-n", "seatrial-run", "-s", f"{self.file}.sig"], stdin=data,
                           check=True)
        subprocess.run(["minisign", "-V", "-q", "-p", self.keys / "alice.pubkey", "-m", self.file], check=True)

    def test_no_key_was_given(self):
        self.sign(*self.BOTH)
        text = verify(self.file)
        self.assertEqual(text.count("signature: not checked: no --"), 2)
        self.assertNotIn("signed by", text)

    def test_one_byte_of_the_run(self):
        self.sign(*self.BOTH)
        good = self.file.read_bytes()
        digits = [match.start() for match in re.finditer(rb"(?<=[0-9])[1-9](?=[0-9])", good)]
        for at in digits[::max(1, len(digits) // 8)] + [len(good)]:
            self.file.write_bytes(good[:at] + bytes([good[at] ^ 1 if good[at] != 57 else 49]) + good[at + 1:]
                                  if at < len(good) else good + b" ")
            self.assertEqual(self.check("alice", code=3), {"ssh": "bad", "minisign": "bad"})
        self.file.write_bytes(good)
        self.check("alice")

    def test_one_byte_of_the_signature(self):
        self.sign(*self.BOTH)
        for kind, suffix in (("ssh", ".sig"), ("minisign", ".minisig")):
            signature = Path(f"{self.file}{suffix}")
            good = signature.read_bytes()
            lines = good.split(b"\n")
            middle = len(lines[0]) + 1 + len(lines[1]) // 2
            for at in (middle, middle + 7, len(good) - len(lines[-2]) // 2 if kind == "minisign" else middle + 90):
                signature.write_bytes(good[:at] + (b"A" if good[at:at + 1] != b"A" else b"B") + good[at + 1:])
                self.assertNotEqual(self.check("alice", code=3)[kind], "good")
            signature.write_bytes(good)
        self.check("alice")

    def test_somebody_else(self):
        self.sign(*self.BOTH)
        self.assertEqual(self.check("mallory", code=3), {"ssh": "unknown signer", "minisign": "unknown signer"})
        self.assertNotIn("by", self.signatures["ssh"])

    def test_signed_as_something_else(self):
        subprocess.run(["ssh-keygen", "-q", "-Y", "sign", "-f", self.keys / "alice", "-n", "file", self.file],
                       check=True, capture_output=True)
        subprocess.run(["minisign", "-S", "-s", self.keys / "alice.key", "-m", self.file, "-t", "seatrial-run other"],
                       check=True, capture_output=True, stdin=subprocess.DEVNULL)
        self.assertEqual(self.check("alice", code=3), {"ssh": "bad", "minisign": "bad"})
        self.assertRegex(self.signatures["ssh"]["why"], "namespace")

    def test_a_key_that_is_revoked_or_too_old_is_nobodys(self):
        self.sign("alice")
        signers = self.keys / "old.signers"
        public = (self.keys / "alice.pub").read_text()
        shutil.copy(self.keys / "alice.pubkey", self.keys / "old.pubkey")
        signers.write_text(f'alice@example.org valid-before="20200101" {public}')
        self.assertEqual(self.check("old", code=3), {"ssh": "unknown signer"})
        signers.write_text(f'alice@example.org namespaces="git" {public}')
        self.assertNotEqual(self.check("old", code=3), {"ssh": "good"})
        signers.write_text(f"bob,\x1b[31malice {public}")
        self.assertEqual(self.check("old"), {"ssh": "good"})
        self.assertEqual(self.signatures["ssh"]["by"], "bob")

    def test_unsigned(self):
        self.assertEqual(self.check("alice"), {})
        self.assertEqual(self.check("alice", code=3, more=["--require-signature"]), {})
        self.assertIn("unsigned\n", verify(self.file))
        self.assertEqual(suite.program("seatrial", "verify", "--require-signature", self.file).returncode, 2)

    def test_keys_and_tools_that_are_not_there(self):
        for option in ("--allowed-signers", "--public-key"):
            done = suite.program("seatrial", "verify", option, self.place / "absent", self.file)
            self.assertEqual((done.returncode, done.stdout), (2, ""))
            self.assertIn("cannot open", done.stderr)
        self.sign("absent", code=1)
        self.assertEqual(suite.program("seatrial", "sign", self.file).returncode, 2)
        nowhere = os.environ | {"PATH": "/nonexistent"}
        self.assertIn("package openssh-client", self.sign("alice", code=1, env=nowhere).stderr)
        self.assertIn("package minisign", self.sign("alice.key", code=1, env=nowhere).stderr)
        self.sign(*self.BOTH)
        self.assertEqual(self.check("alice", code=1, env=nowhere), {"ssh": "failed", "minisign": "failed"})

    def test_a_key_that_is_none_or_locked(self):
        scratch = self.place / "scratch"
        scratch.mkdir()
        environment = os.environ | {"TMPDIR": str(scratch)}
        (self.keys / "none").write_text("no key\n")
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "secret", "-f", self.place / "locked"], check=True)
        for name in ("none", self.place / "locked"):
            done = self.sign(name, code=1, env=environment)
            self.assertEqual(len(done.stderr.splitlines()), 1)
        self.assertEqual(list(scratch.iterdir()), [])
        self.assertEqual(self.check("alice"), {})

    def test_a_passphrase_is_asked_for_at_the_terminal(self):
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "xyzzy42", "-f", self.place / "ssh"], check=True)
        public = (self.place / "ssh.pub").read_text()
        (self.keys / "locked.signers").write_text(f"alice@example.org {public}")
        terminal(["minisign", "-G", "-f", "-p", self.keys / "locked.pubkey", "-s", self.place / "minisign"],
                 "xyzzy42", times=2)
        for key in ("ssh", "minisign"):
            said, code = terminal([suite.BIN / "seatrial", "sign", "--key", self.place / key, self.file], "xyzzy42")
            self.assertEqual(code, 0, said)
            self.assertNotIn("xyzzy42", said)
        self.assertEqual(self.check("locked"), {"ssh": "good", "minisign": "good"})
        _, code = terminal([suite.BIN / "seatrial", "sign", "--key", self.place / "ssh", self.file], "wrong")
        self.assertEqual(code, 1)
        self.check("locked")

    def test_signature_files_that_are_none(self):
        signatures = [Path(f"{self.file}{suffix}") for suffix in (".sig", ".minisig")]
        for content in (b"", b"\0" * 100, b"x" * 70000, b"untrusted comment:\nRUQ=\n", b"\n\n\n"):
            for signature in signatures:
                signature.write_bytes(content)
            states = self.check("alice", code=1 if len(content) > 65536 else 3)
            self.assertNotIn("good", states.values())
        for signature in signatures:
            signature.unlink()
            os.mkfifo(signature)
        self.assertEqual(self.check("alice", code=1), {"ssh": "failed", "minisign": "failed"})

    def test_the_store_is_not_upset(self):
        self.file = self.path
        self.sign(*self.BOTH)
        listed = suite.program("seatrial", "runs", "--json", "--store", self.store)
        self.assertEqual([run["id"] for run in json.loads(listed.stdout)], [self.run_of["id"]])
        self.assertEqual(suite.program("seatrial", "show", "--store", self.store).returncode, 0)
        self.sign(*self.BOTH)  # once more: the old ones give way
        self.check("alice")
        self.assertEqual(len(list(self.store.glob("2*"))), 3)
        for suffix in (".sig", ".minisig"):
            Path(f"{self.path}{suffix}").unlink()

    def report(self, *words):
        page = self.place / "page.html"
        done = suite.program("seatrial", "report", self.file, "-o", page, *words, env=os.environ | {"PATH": "/usr/bin"})
        self.assertEqual(done.returncode, 0, done.stderr)
        return re.findall(r"<dt>Signed by</dt><dd>([^<]*)</dd>", page.read_text())

    def test_a_report_names_only_whom_it_checked(self):
        signers = ["--allowed-signers", self.keys / "alice.signers"]
        self.assertRegex(self.report(*signers)[0], "nobody")
        self.sign("alice")
        self.assertRegex(self.report()[0], "was not checked")
        self.assertRegex(self.report(*signers)[0], "^alice@example.org ")
        self.assertNotRegex(self.report("--allowed-signers", self.keys / "mallory.signers")[0], "alice@|mallory@")
        self.file.write_bytes(self.file.read_bytes() + b" ")
        self.assertRegex(self.report(*signers)[0], "^not shown: .*incorrect signature")

    def made_of_runs(self):
        """A comparison, a gate's decision and a history, by kind."""
        store = self.place / "store"
        store.mkdir()
        runs = [fleet.save(store, fleet.run([fleet.null_result(random.Random(i), [1.0])], i)) for i in range(2)]
        made = {}
        for kind, words in (("comparison", ["compare", *runs]), ("gate", ["gate", f"--baseline={runs[0]}", runs[1]]),
                            ("history", ["history", store])):
            made[kind] = self.place / f"{kind}.json"
            suite.program("seatrial", *words, f"--store={store}", "-o", made[kind])
        return made

    def check_made(self, *words, code=0):
        done = suite.program("seatrial", "verify", "--json", *words, self.file)
        self.assertEqual(done.returncode, code, done.stdout + done.stderr)
        said = suite.validate(suite.parse(done.stdout))
        one, = said["documents"]
        self.assertEqual((said["runs"], one["schema"]), ([], json.loads(self.file.read_text())["schema"]))
        return one["state"], {signature["kind"]: signature["state"] for signature in one["signatures"]}

    def test_what_is_made_of_runs_is_signed_as_that(self):
        keys = ["--allowed-signers", self.keys / "alice.signers", "--public-key", self.keys / "alice.pubkey"]
        for kind, self.file in self.made_of_runs().items():
            with self.subTest(kind):
                self.assertEqual(self.check_made(*keys), ("unsigned", {}))
                self.assertEqual(self.check_made(*keys, "--require-signature", code=3), ("not trusted", {}))
                self.sign(*self.BOTH)
                self.assertEqual(self.check_made(*keys, "--require-signature"),
                                 ("signed", {"ssh": "good", "minisign": "good"}))
                self.assertEqual(self.check_made()[0], "not checked")
                subprocess.run(["ssh-keygen", "-Y", "verify", "-f", self.keys / "alice.signers", "-I", "alice@example.org",
                                "-n", f"seatrial-{kind}", "-s", f"{self.file}.sig"], stdin=open(self.file), check=True,
                               capture_output=True)
                text = verify(*keys, self.file)
                self.assertIn("signed by alice@example.org (ssh, ", text)
                self.assertIn(": signed; it is no run, and nothing in it was computed again\n", text)
                if kind != "gate":
                    self.assertRegex(self.report(*keys)[0], "^alice@example.org ")
                subprocess.run(["ssh-keygen", "-q", "-Y", "sign", "-f", self.keys / "alice", "-n", "seatrial-run",
                                f"{self.file}"], input=b"y\n", check=True, capture_output=True)
                subprocess.run(["minisign", "-S", "-s", self.keys / "alice.key", "-m", self.file, "-t", "seatrial-run x"],
                               check=True, capture_output=True, stdin=subprocess.DEVNULL)
                self.assertEqual(self.check_made(*keys, code=3), ("not trusted", {"ssh": "bad", "minisign": "bad"}))
                self.sign(*self.BOTH)
                self.file.write_bytes(self.file.read_bytes() + b" ")
                self.assertEqual(self.check_made(*keys, code=3), ("not trusted", {"ssh": "bad", "minisign": "bad"}))

    def test_what_else_the_suite_writes_is_not_signed(self):
        self.file = self.place / "verdict.json"
        self.file.write_text(suite.program("seatrial", "show", "--json", self.path).stdout)
        self.assertIn("seatrial.verdict/1", self.sign("alice", code=1).stderr)


if __name__ == "__main__":
    suite.main()
