"""What the harness makes of benchmark programs that misbehave. Whatever they do, a run ends, is kept, is valid, and
never holds a reading that was not measured."""
import hashlib
import json
import os
import shutil
import signal
import subprocess
import tempfile
import time
import unittest
import uuid
from pathlib import Path

import fakes
import suite


class Harness(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)
        self.benches = self.enterContext(fakes.Benches())
        self.store = Path(self.folder.name) / "store"
        self.mark = f"SEATRIAL_TEST={uuid.uuid4()}"

    def arguments(self, *more, limit=5):
        return ["run", "--quick", "--bench-dir", self.benches.path, "--store", self.store, f"--limit={limit}", *more]

    def environment(self):
        name, value = self.mark.split("=")
        return os.environ | {name: value}

    def start(self, *more, **keywords):
        return subprocess.Popen([str(word) for word in (suite.BIN / "seatrial", *self.arguments(*more, **keywords))],
                                stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=self.environment())

    def stored(self):
        """The one run in the store, valid by its schema."""
        files = [path for path in self.store.iterdir() if not path.name.startswith((".", "index.sqlite"))]
        self.assertEqual(len(files), 1, files)
        run = suite.validate(suite.parse(files[0].read_text()))
        self.assertEqual(files[0].name, run["id"] + ".json")
        return run

    def run_fakes(self, *names, code, more=(), limits=None, **keywords):
        """Runs the fakes under a profile that needs them; returns (run, verdict, stderr)."""
        profile = self.benches.profile(*names, **(limits or {}))
        done = suite.program("seatrial", *self.arguments("--json", "--profile", profile, *more, **keywords),
                             env=self.environment())
        self.assertEqual(done.returncode, code, done.stderr)
        self.assertEqual(fakes.living(self.mark), [], "processes were left behind")
        return self.stored(), suite.validate(suite.parse(done.stdout)), done.stderr

    def one(self, body, code=4, limit=5):
        """One misbehaving bench, and a good one that must not suffer from it. A machine may be so busy that a short limit
        on its time is too short for any."""
        self.benches.add("good")
        self.benches.add("bad", body)
        while True:
            run, verdict, _ = self.run_fakes("bad", "good", code=code, limit=limit)
            self.assertEqual(run["state"], "complete")
            late = [note for note in run["notes"] if note["bench"] == "good" and "time limit" in note["what"]]
            if not late or limit > 10:
                break
            limit *= 4
            shutil.rmtree(self.store)
        lines = {line["bench"]: line["status"] for line in verdict["profiles"][0]["lines"]}
        self.assertEqual(lines["good"], "met")
        return run, lines["bad"]

    def rejected(self, body, reason, **keywords):
        """The output of this bench is worth nothing; the note says why."""
        run, status = self.one(body, **keywords)
        self.assertEqual(status, "not measured")
        self.assertEqual([result["bench"]["name"] for result in run["results"]], ["good"])
        self.assertEqual([note["bench"] for note in run["notes"]], ["bad"])
        self.assertRegex(run["notes"][0]["what"], reason)
        return run["notes"][0]


class Good(Harness):
    def test_suitable(self):
        self.benches.add("good")
        run, verdict, _ = self.run_fakes("good", code=0)
        self.assertEqual((run["state"], run["notes"], len(run["results"])), ("complete", [], 1))
        self.assertEqual(verdict["overall"], "suitable")

    def test_unsuitable(self):
        self.benches.add("good")
        _, verdict, _ = self.run_fakes("good", code=3, limits={"max": 1})
        self.assertEqual(verdict["overall"], "unsuitable")

    def test_marginal(self):
        self.benches.add("good")
        _, verdict, _ = self.run_fakes("good", code=5, limits={"max": 5.05})
        self.assertEqual(verdict["overall"], "marginal")

    def test_a_bench_that_cannot_run_here(self):
        doc = json.dumps(fakes.result("bad", status="skipped", reason="no such thing",
                                      skipped=[{"what": "bad", "why": "no such thing", "enable": "get one"}]))
        self.benches.add("bad", f"print({doc!r})\nsys.exit(77)", available=False,
                         obstacle={"why": "no such thing", "enable": "get one"})
        run, verdict, _ = self.run_fakes("bad", code=4)
        self.assertEqual((run["results"][0]["status"], run["notes"]), ("skipped", []))
        self.assertIn("no such thing", verdict["profiles"][0]["lines"][0]["text"])
        listed = suite.program("seatrial", "list", "--bench-dir", self.benches.path)
        self.assertIn("Cannot run here: no such thing", listed.stdout)
        self.assertIn("get one", listed.stdout)

    def test_unknown_fields_are_kept(self):
        doc = json.dumps(fakes.result("good") | {"later": {"x": [1, 2]}})
        self.benches.add("good", f"print({doc!r})")
        run, _, _ = self.run_fakes("good", code=4)
        self.assertEqual(run["results"][0]["later"], {"x": [1, 2]})

    def test_the_programs_that_ran_are_in_the_run(self):
        self.benches.add("good")
        run, _, _ = self.run_fakes("good", code=0)
        for document, path in ((run, suite.BIN / "seatrial"),
                               (run["results"][0], self.benches.path / "seatrial-good")):
            data = path.read_bytes()
            self.assertEqual(document["program"], {"name": path.name, "sha256": hashlib.sha256(data).hexdigest(),
                                                   "bytes": len(data)})

    def test_repeats_alternate(self):
        self.benches.add("a")
        self.benches.add("b")
        run, _, _ = self.run_fakes("a", "b", code=0, more=["--repeat=3"])
        self.assertEqual([result["bench"]["name"] for result in run["results"]], list("abbaab"))

    def test_a_needed_bench_that_is_not_there(self):
        self.benches.add("good")
        run, verdict, _ = self.run_fakes("good", "absent", code=4)
        self.assertEqual([note["bench"] for note in run["notes"]], ["absent"])
        self.assertEqual(verdict["overall"], "not enough evidence")


class Misbehaving(Harness):
    def test_hangs(self):
        self.rejected("time.sleep(1000)", "time limit of [0-9.]+ s", limit=0.5)

    def test_hangs_and_ignores_sigterm(self):
        self.rejected("signal.signal(signal.SIGTERM, signal.SIG_IGN)\nwhile True: time.sleep(1000)",
                      "had to be killed", limit=0.5)

    def test_stops_itself(self):
        self.rejected("os.kill(os.getpid(), signal.SIGSTOP)", "time limit", limit=0.5)

    def test_hangs_but_prints_what_it_has_when_asked_to_end(self):
        doc = json.dumps(fakes.result("bad", status="interrupted", reason="SIGTERM"))
        run, _ = self.one(f"def end(*_):\n    print({doc!r}, flush=True)\n    os._exit(130)\n"
                          "signal.signal(signal.SIGTERM, end)\nwhile True: time.sleep(1000)", limit=1)
        self.assertEqual([result["status"] for result in run["results"]], ["interrupted", "complete"])
        self.assertRegex(run["notes"][0]["what"], "time limit")

    def test_leaves_a_grandchild_with_its_stdout(self):
        self.rejected("if os.fork() == 0: time.sleep(1000)\nsys.exit(0)", "printed nothing")

    def test_leaves_a_daemon(self):
        run, status = self.one("if os.fork() == 0:\n    os.setsid()\n    if os.fork() == 0: time.sleep(1000)\n"
                               "    os._exit(0)\nprint(doc)", code=0)
        self.assertEqual(status, "met")

    def test_crashes(self):
        self.rejected("os.kill(os.getpid(), signal.SIGSEGV)", "signal 11")

    def test_crashes_after_its_document(self):
        run, status = self.one("print(doc, flush=True)\nos.kill(os.getpid(), signal.SIGSEGV)")
        self.assertEqual((status, run["results"][0]["status"]), ("not measured", "failed"))
        self.assertRegex(run["results"][0]["reason"], "signal 11")

    def test_fails_after_its_document(self):
        run, status = self.one("print(doc, flush=True)\nprint('bad: it broke', file=sys.stderr)\nsys.exit(1)")
        self.assertEqual((status, run["results"][0]["status"]), ("not measured", "failed"))
        self.assertEqual(run["notes"][0]["stderr"], "bad: it broke")

    def test_claims_to_be_complete_and_skipped(self):
        run, status = self.one("print(doc)\nsys.exit(77)")
        self.assertEqual(status, "not measured")

    def test_prints_nothing(self):
        self.rejected("pass", "printed nothing")

    def test_prints_garbage(self):
        for body in ("print('hello')", "sys.stdout.buffer.write(bytes(range(256)) * 100)", "print('{\"schema\":')",
                     "print('null')", "print('\"seatrial.result/1\"')", "print('[' * 10000)", "print(doc[:-1])",
                     "print(doc + doc)", "print(doc + 'x')", "print('warning: x'); print(doc)",
                     "print(doc.replace('\"status\"', '\"status\": 1, \"status\"'))",
                     "print(doc.replace('0.1', 'NaN'))", "print(doc.replace('0.1', '1e999'))",
                     "print(doc.replace('\"duration_s\": 0.1', '\"duration_s\": ' + '[' * 40 + ']' * 40))"):
            with self.subTest(body=body):
                self.setUp()
                self.rejected(body, "no usable result")
                self.doCleanups()

    def test_prints_a_document_that_is_not_its_own(self):
        for what, reason in (("'seatrial.result/1', 'seatrial.result/2'", "seatrial.result/2.*newer"),
                             ("'seatrial.result/1', 'seatrial.bench/1'", "where .seatrial.result/1. is needed"),
                             ("'\"bad\"', '\"good\"'", "by .good., not by .bad.")):
            with self.subTest(what=what):
                self.setUp()
                self.rejected(f"print(doc.replace({what}))", reason)
                self.doCleanups()

    def test_prints_a_document_of_the_wrong_shape(self):
        """Whatever field is missing or of the wrong type, what is kept stays valid by the schema."""
        for key in fakes.result("bad"):
            for value in (None, 7, [7], {"x": {}}):
                self.setUp()
                with self.subTest(key=key, value=value):
                    doc = fakes.result("bad", metrics=[fakes.metric()]) | {key: value}
                    self.benches.add("bad", f"print({json.dumps(doc)!r})")
                    self.run_fakes("bad", code=0 if self.valid(doc) else 4)
                self.doCleanups()

    @staticmethod
    def valid(document):
        try:
            suite.validate(document)
        except Exception:  # whatever the validator makes of it: it is not valid
            return False
        return True

    def test_prints_without_end(self):
        self.rejected("while True: sys.stdout.write('x' * 65536)", "more than 16 MiB", limit=60)

    def test_complains_without_end(self):
        note = self.rejected("for i in range(200000): print('complaint', i, file=sys.stderr)\nsys.exit(1)", "status 1",
                             limit=60)
        self.assertTrue(note["stderr"].endswith("complaint 199999"))
        self.assertLessEqual(len(note["stderr"]), 8192)

    def test_closes_its_output_and_hangs(self):
        self.rejected("os.close(1)\nos.close(2)\ntime.sleep(1000)", "time limit", limit=0.5)

    def test_sends_terminal_escapes(self):
        evil = "\\x1b]0;owned\\x07\\x1b[31mred\\x9b1m\\u202egnirts"
        self.benches.add("good", question="What?\x1b[2J")
        self.benches.add("bad", f"print('{evil}', file=sys.stderr)\nprint(doc.replace('Speed', '{evil}'))\nsys.exit(1)")
        profile = self.benches.profile("bad", "good")
        done = suite.program("seatrial", *self.arguments("--profile", profile, "--label", "a\x1b[31mb"))
        run = self.stored()
        for text in (done.stdout, done.stderr, run["notes"][0]["stderr"], run["label"],
                     suite.program("seatrial", "list", "--bench-dir", self.benches.path).stdout,
                     suite.program("seatrial", "runs", "--store", self.store).stdout):
            self.assertFalse(set(text) & set("\x1b\x07\x9b\u202e"), text)

    def test_reads_its_input(self):
        run, status = self.one("assert sys.stdin.read() == ''\nprint(doc)", code=0)
        self.assertEqual(status, "met")

    def test_replaces_its_program(self):
        for replace in ("open(sys.argv[0], 'a').write('#')", "os.rename(sys.argv[0], sys.argv[0] + '.old')\n"
                        "open(sys.argv[0], 'w').write(open(sys.argv[0] + '.old').read())\nos.chmod(sys.argv[0], 0o755)"):
            with self.subTest(replace=replace):
                self.setUp()
                run, status = self.one(f"{replace}\nprint(doc)")
                self.assertEqual(["program" in result for result in run["results"]], [False, True])
                self.assertRegex(run["notes"][0]["what"], "replaced or changed while it ran")
                self.doCleanups()

    def test_vouches_for_itself(self):
        run, _ = self.one("print(doc[:-1] + ', \"program\": {\"name\": \"x\", \"sha256\": \"' + '0' * 64 + "
                          "'\", \"bytes\": 1}}')", code=0)
        self.assertEqual(run["results"][0]["program"]["name"], "seatrial-bad")

    def test_is_no_program(self):
        self.benches.add("good")
        bad = self.benches.path / "seatrial-bad"
        bad.write_text("neither a script nor a binary\n")
        bad.chmod(0o755)
        run, verdict, _ = self.run_fakes("bad", "good", code=4)
        self.assertRegex(run["notes"][0]["what"], "cannot run|exited")


class Describing(Harness):
    def described(self, describe, reason):
        self.benches.add("good")
        self.benches.add("bad", describe=describe)
        run, _, _ = self.run_fakes("bad", "good", code=4)
        self.assertRegex(run["notes"][0]["what"], reason)
        self.assertEqual([result["bench"]["name"] for result in run["results"]], ["good"])
        listed = suite.program("seatrial", "list", "--bench-dir", self.benches.path)
        self.assertEqual(listed.returncode, 0)
        self.assertRegex(" ".join(listed.stdout.split()), "bad Broken: seatrial-bad")
        self.assertIn("What does good do?", listed.stdout)
        checked = suite.program("seatrial", "doctor", "--bench-dir", self.benches.path, "--store", self.store)
        self.assertEqual(checked.returncode, 1)

    def test_garbage(self):
        self.described("print('x')", "unintelligibly")

    def test_another_name(self):
        self.described(f"print({json.dumps(fakes.description('good'))!r})", "calls itself .good.")

    def test_a_newer_version(self):
        self.described(f"print({json.dumps(fakes.description('bad', schema='seatrial.bench/2'))!r})", "newer")

    def test_failure(self):
        self.described("sys.exit('it is broken')", "it is broken")

    def test_takes_forever(self):
        self.described("time.sleep(1000)", "time limit")

    def test_an_endless_estimate(self):
        self.benches.add("bad", estimate_s=1e9)
        done = suite.program("seatrial", *self.arguments("--only", "bad"))
        self.assertEqual(done.returncode, 2)
        self.assertIn("hours", done.stderr)

    def test_what_is_no_bench(self):
        self.benches.add("good")
        (self.benches.path / "seatrial-plain").write_text("not executable")
        (self.benches.path / "seatrial-good.old").write_text("#!/bin/sh\n")
        (self.benches.path / "seatrial-good.old").chmod(0o755)
        (self.benches.path / "seatrial-folder").mkdir()
        done = suite.program("seatrial", "list", "--json", "--bench-dir", self.benches.path)
        self.assertEqual([suite.validate(bench)["name"] for bench in suite.parse(done.stdout)], ["good"])


class Options(Harness):
    OPTIONS = [{"name": "size", "type": "bytes", "help": "Size", "argument": "N"},
               {"name": "dir", "type": "path", "help": "Where", "argument": "DIR"}]

    def test_reach_the_bench_that_has_them(self):
        self.benches.add("a", "print(doc.replace('\"parameters\": {}', '\"parameters\": ' + "
                              "__import__('json').dumps({'argv': ' '.join(sys.argv[1:])})))", options=self.OPTIONS)
        self.benches.add("b", "print(doc.replace('\"parameters\": {}', '\"parameters\": ' + "
                              "__import__('json').dumps({'argv': ' '.join(sys.argv[1:])})))")
        place = Path(self.folder.name) / "x y"
        place.mkdir()
        run, _, _ = self.run_fakes("a", "b", code=0, more=[f"--dir={place}", "--set=a.size=4k", "--seed=7"])
        self.assertEqual([result["parameters"]["argv"] for result in run["results"]],
                         [f"--preset=quick --seed=7 --dir={place} --size=4k", "--preset=quick --seed=7"])

    def test_wrong_ones_stop_before_anything_is_measured(self):
        self.benches.add("a", options=self.OPTIONS,
                         describe=f"if '--size=bad' in sys.argv: print('seatrial-a: --size: bad is bad', "
                                  f"file=sys.stderr); sys.exit(2)\n    "
                                  f"print({json.dumps(fakes.description('a', options=self.OPTIONS))!r})")
        for wrong, sentence in (
                (["--set=a.size=bad"], "--size: bad is bad"), (["--set=a.colour=red"], "no option .colour."),
                (["--set=z.size=1"], "no benchmark .z."), (["--set=nonsense"], "BENCH.OPTION=VALUE"),
                (["--only=z"], "no benchmark .z.; there are: a"), (["--only="], "no benchmark"),
                (["--quick", "--full"], "exclude"), (["--profile=no-such"], "no-such"), (["--repeat=0"], "--repeat"),
                (["--repeat=x"], "--repeat"), (["--seed=-1"], "--seed"), (["word"], "one word too many"),
                (["--nonsense"], "nonsense"), (["--limit=forever"], "--limit"), (["--json", "--out=-"], "--out"),
                (["--json", "--report=-"], "--json and --report both want standard output"),
                (["--out=-", "--report=-"], "--out and --report both want standard output"),
                (["--dir=/no/such"], "--dir: cannot find the directory /no/such: No such file"),
                (["--dir=/etc/passwd"], "--dir: /etc/passwd is not a directory"),
                (["--profile-dir=/no/such"], "--profile-dir: cannot find")):
            with self.subTest(wrong=wrong):
                done = suite.program("seatrial", *self.arguments("--only=a", *wrong))
                self.assertEqual((done.returncode, done.stdout), (2, ""), done.stderr)
                self.assertRegex(done.stderr, sentence)
                self.assertEqual(done.stderr.count("\n"), 1)
                self.assertFalse(self.store.exists())

    def test_explain_runs_nothing(self):
        trace = Path(self.folder.name) / "trace"
        self.benches.add("a", f"if '--explain' in sys.argv: print('I would sleep.\\x1b[2J'); sys.exit(0)\n"
                              f"open({str(trace)!r}, 'w')\nprint(doc)")
        done = suite.program("seatrial", *self.arguments("--only=a", "--explain"))
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("I would sleep.?[2J", done.stdout)
        self.assertFalse(trace.exists() or self.store.exists())

    def test_quiet_says_nothing(self):
        self.benches.add("a")
        done = suite.program("seatrial", *self.arguments("--quiet", "--profile", self.benches.profile("a")))
        self.assertEqual((done.returncode, done.stdout, done.stderr), (0, "", ""))
        self.assertEqual(len(self.stored()["results"]), 1)


class Interrupted(Harness):
    def interrupt(self, process, number=signal.SIGINT):
        """Waits until the first bench is in the store, so that the second one is under way."""
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline:
            if self.store.exists() and any(len(suite.parse(path.read_text())["results"]) == 1
                                           for path in self.store.glob("2*.json")):
                break
            time.sleep(0.02)
        else:
            self.fail("the first bench never ended")
        while not self.under_way.exists() and time.monotonic() < deadline:
            time.sleep(0.02)
        process.send_signal(number)
        return process.communicate(timeout=60)

    @property
    def under_way(self):
        return Path(self.folder.name) / "under way"

    def start_two(self, body):
        """The second does not end by itself."""
        self.benches.add("a")
        self.benches.add("b", f"{body}\nopen({str(self.under_way)!r}, 'w').close()\nwhile True: time.sleep(1000)")
        self.benches.add("c")
        return self.start("--json", "--profile", self.benches.profile("a", "b", "c"), limit=60)

    def test_keeps_what_was_measured(self):
        doc = json.dumps(fakes.result("b", status="interrupted", reason="SIGTERM", metrics=[fakes.metric()]))
        body = (f"def end(*_):\n    print({doc!r}, flush=True)\n    os._exit(130)\n"
                "signal.signal(signal.SIGTERM, end)")
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            with self.subTest(signal=number.name):
                self.setUp()
                process = self.start_two(body)
                out, err = self.interrupt(process, number)
                self.assertEqual(process.returncode, 130, err)
                run, verdict = self.stored(), suite.validate(suite.parse(out))
                self.assertEqual((run["state"], verdict["state"]), ("interrupted", "interrupted"))
                self.assertEqual([result["status"] for result in run["results"]], ["complete", "interrupted"])
                self.assertEqual(fakes.living(self.mark), [])
                self.doCleanups()

    def test_does_not_wait_for_a_bench_that_does_not_end(self):
        process = self.start_two("signal.signal(signal.SIGTERM, signal.SIG_IGN)")
        began = time.monotonic()
        out, err = self.interrupt(process)
        self.assertEqual(process.returncode, 130, err)
        self.assertLess(time.monotonic() - began, 50)
        self.assertEqual([result["bench"]["name"] for result in self.stored()["results"]], ["a"])
        self.assertEqual(fakes.living(self.mark), [])

    def test_by_sigkill_leaves_what_was_measured_and_no_process(self):
        process = self.start_two("")
        self.interrupt(process, signal.SIGKILL)
        run = self.stored()
        self.assertEqual((run["state"], len(run["results"])), ("running", 1))
        deadline = time.monotonic() + 10
        while fakes.living(self.mark) and time.monotonic() < deadline:
            time.sleep(0.05)
        self.assertEqual(fakes.living(self.mark), [])
        shown = suite.program("seatrial", "show", "--store", self.store, "--exit-code")
        self.assertEqual(shown.returncode, 4, shown.stderr)
        self.assertIn("ended before it was finished", " ".join(shown.stdout.split()))

    def test_before_it_began(self):
        self.benches.add("a", describe="time.sleep(1000)")
        process = self.start("--only=a")
        deadline = time.monotonic() + 30
        while len(fakes.living(self.mark)) < 2 and time.monotonic() < deadline:
            time.sleep(0.02)
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=30)
        self.assertEqual((process.returncode, out), (130, ""), err)
        self.assertFalse(self.store.exists())

    def test_leaves_the_children_of_others_alone(self):
        self.benches.add("a")
        words = " ".join(f"'{word}'" for word in ("seatrial", *self.arguments("--quiet", "--only=a")))
        process = subprocess.Popen(["sh", "-c", f"sleep 300 >/dev/null 2>&1 & echo $!; exec '{suite.BIN}'/{words}"],
                                   stdout=subprocess.PIPE, text=True, env=self.environment())
        out, _ = process.communicate(timeout=60)
        sleeper = int(out.split()[0])
        try:
            os.kill(sleeper, 0)
        except ProcessLookupError:
            self.fail("a process that was there before was ended")
        os.kill(sleeper, signal.SIGKILL)


if __name__ == "__main__":
    suite.main()
