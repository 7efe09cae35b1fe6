"""What commands that read runs and write documents have in common: where the output goes, and what happens when an
input, an output or the one who waits for it is not as it should be."""
import contextlib
import http.server
import json
import os
import random
import signal
import sqlite3
import subprocess
import tempfile
import threading
import unittest
from pathlib import Path

import fleet
import suite


class Case(unittest.TestCase):
    def setUp(self):
        place = tempfile.TemporaryDirectory()
        self.addCleanup(place.cleanup)
        self.dir = Path(place.name)
        self.store = self.dir / "store"
        self.store.mkdir()
        self.work = self.dir / "work"  # nothing may appear here that nobody asked for
        self.work.mkdir()
        self.runs = [fleet.save(self.store, fleet.run([fleet.null_result(random.Random(i), [1.0])], i, label="nightly"))
                     for i in range(3)]

    def do(self, *words, code=0, **keywords):
        done = suite.program("seatrial", words[0], f"--store={self.store}", *words[1:], cwd=self.work, **keywords)
        self.assertEqual(done.returncode, code, f"{words}: {done.stderr}")
        return done

    def refused(self, *words, code=1, **keywords):
        """The one sentence that says why."""
        done = self.do(*words, code=code, **keywords)
        self.assertEqual(done.stdout, "", words)
        line, = done.stderr.splitlines()
        self.assertTrue(line.startswith(f"seatrial {words[0]}: ") and line.isprintable(), line)
        self.assertEqual(list(self.work.iterdir()), [], words)
        return line


class Outputs(Case):
    def test_a_dash_is_standard_output_instead_of_text(self):
        schemas = {"gate": "seatrial.gate/1", "compare": "seatrial.comparison/1", "history": "seatrial.history/1"}
        for words, code in ((["gate", f"--baseline={self.runs[0]}", self.runs[1]], 0),
                            (["compare", *self.runs[:2]], 0), (["history"], 0)):
            with self.subTest(words[0]):
                for more in ([], ["--quiet"]):
                    done = self.do(*words, *more, "-o", "-", code=code)
                    self.assertEqual((json.loads(done.stdout)["schema"], done.stderr), (schemas[words[0]], ""))
                self.assertIn("--json and --out both want", self.refused(*words, "--json", "--out=-", code=2))
                self.assertEqual(json.loads(self.do(*words, "--json", "--out=x", code=code).stdout)["schema"],
                                 json.loads((self.work / "x").read_text())["schema"])
                (self.work / "x").unlink()
        self.assertIn("--csv and --markdown both",
                      self.refused("compare", *self.runs, "--csv=-", "--markdown=-", code=2))
        self.assertIn("--out and --report both", self.refused("run", "--out=-", "--report=-", "--explain", code=2))
        self.assertIn("<!DOCTYPE html>", self.do("report", "latest", "-o", "-").stdout)
        self.assertIn("run,started,", self.do("export", "csv", "latest", "-o", "-").stdout)
        self.assertEqual(list(self.work.iterdir()), [])

    def test_a_report_is_a_page_or_a_pdf(self):
        for name in ("x.docx", "x.json", "a.b/x.v2", "x.html.gz", "x."):
            with self.subTest(name):
                ending = "." + name.split(".")[-1]
                for option, words in (("--out", ["report", "latest", "-o", name]),
                                      ("--report", ["run", "--quick", f"--report={name}"])):
                    self.assertIn(f'{option}: a report is a page or a PDF, which "{ending}" is not; name a file that '
                                  "ends in .html or .pdf", self.refused(*words, code=2))
        for name, more in (("x.HTM", []), ("x", []), (".x", []), ("x.docx", ["--format=html"]), ("/dev/fd/1", [])):
            with self.subTest(name):
                done = self.do("report", "latest", "-o", name, *more)
                path = self.work / name
                self.assertTrue((path.read_text() if path.is_file() else done.stdout).startswith("<!DOCTYPE html>"))

    def test_two_outputs_are_two_files(self):
        (self.work / "there").write_text("old")
        os.link(self.work / "there", self.work / "linked")
        (self.work / "soft").symlink_to("there")
        (self.work / "folder").symlink_to(".")
        before = sorted(self.work.iterdir())
        for one, other in (("new", "new"), ("new", "./new"), ("folder/new", "new"), (self.work / "new", "new"),
                           ("there", "linked"), ("linked", "soft"), ("there", "folder/soft")):
            for words in (["compare", *self.runs, f"--csv={one}", "-o", other],
                          ["compare", *self.runs, f"--markdown={one}", f"--csv={other}"],
                          ["run", "--quick", f"--out={one}", f"--report={other}"]):
                with self.subTest(" ".join(map(str, words))):
                    done = self.do(*words, code=2)
                    self.assertEqual((done.stdout, done.stderr.count("\n")), ("", 1), done.stderr)
                    self.assertRegex(done.stderr, "--[a-z]+ and --[a-z]+ would both write to .*; give them")
        self.assertEqual((sorted(self.work.iterdir()), (self.work / "there").read_text()), (before, "old"))
        with open(self.work / "there", "w") as out:
            done = subprocess.run([suite.BIN / "seatrial", "compare", *self.runs, "--json", "-o", self.work / "linked"],
                                  stdout=out, stderr=subprocess.PIPE, text=True)
        self.assertIn("--json and --out would both write to", done.stderr)
        self.do("compare", *self.runs, "--csv=/dev/null", "--out=/dev/null")
        self.do("compare", *self.runs, "--csv=new", "--out=newer")

    def test_controls_stay_escaped_on_standard_output(self):
        result = fleet.null_result(random.Random(1), [1.0])
        result["metrics"][0]["title"] = "\u202etxt\u009b2J"
        paths = [fleet.save(self.dir, fleet.run([result], i), name) for i, name in enumerate(("a", "b"))]
        for words, code in ((["gate", f"--baseline={paths[0]}", paths[1]], 0), (["compare", *paths], 0),
                            (["history", paths[0]], 0)):
            for form in ("--json", "--out=-"):
                self.assertTrue(self.do(*words, form, code=code).stdout.isascii(), (words[0], form))

    def commands(self):
        """Each with its output for programs and for people, and the code when all is well."""
        gate, compare = ["gate", f"--baseline={self.runs[0]}", self.runs[1]], ["compare", *self.runs[:2]]
        for words in (gate, [*gate, "--json"], [*gate, "-o", "-"], compare, [*compare, "--json"], [*compare, "--csv=-"],
                      ["history"], ["history", "--json"], ["history", "--out=-"], ["export", "csv"],
                      ["verify"], ["verify", "--json"], ["report", "-o", "-"], ["show"], ["runs"]):
            yield words

    def test_standard_output_that_takes_nothing_is_said_once(self):
        for words in self.commands():
            command = [str(suite.BIN / "seatrial"), words[0], f"--store={self.store}", *map(str, words[1:])]
            for redirection, why in ((">/dev/full", "No space left on device"), (">&-", "Bad file descriptor")):
                with self.subTest(" ".join(map(str, words)), redirection=redirection):
                    done = subprocess.run(["bash", "-c", f'"$@" {redirection}', "-", *command], stderr=subprocess.PIPE,
                                          text=True, timeout=60)
                    line, = done.stderr.splitlines()
                    self.assertEqual(done.returncode, 1)
                    self.assertRegex(line, "^seatrial.*standard output")
                    self.assertTrue(line.endswith(why), line)

    def test_who_no_longer_listens_is_told_nothing(self):
        for words in self.commands():
            read, write = os.pipe()
            os.close(read)
            done = subprocess.run([suite.BIN / "seatrial", words[0], f"--store={self.store}", *words[1:]], stdout=write,
                                  stderr=subprocess.PIPE, timeout=60, restore_signals=True)
            os.close(write)
            self.assertEqual((done.returncode, done.stderr), (-signal.SIGPIPE, b""), words)

    def test_files_that_cannot_be_written(self):
        for words in (["gate", f"--baseline={self.runs[0]}", self.runs[1]], ["compare", *self.runs[:2]], ["history"],
                      ["export", "csv"], ["report"]):
            for path, why in (("/dev/full", "No space left on device"), ("no/x", "No such file or directory"),
                              (".", "not the name of a file")):
                self.assertIn(why, self.refused(*words, "--out", path))
            self.assertIn("'' is not allowed", self.refused(*words, "--out", "", code=2))

    def test_no_run_is_replaced(self):
        text = self.runs[2].read_bytes()
        for words in (["gate", f"--baseline={self.runs[0]}", self.runs[1]], ["compare", *self.runs[:2]], ["history"],
                      ["export", "csv"], ["report", "--format=html"]):
            self.assertIn("is a run, which --out would replace", self.refused(*words, "-o", self.runs[2]))
        self.assertIn("is a run, which --csv", self.refused("compare", *self.runs[:2], "--csv", self.runs[2]))
        self.assertEqual(self.runs[2].read_bytes(), text)


class Inputs(Case):
    def test_files_that_are_no_documents(self):
        made = {"empty.json": b"", "mark.json": b"\xef\xbb\xbf" + self.runs[0].read_bytes(), "array.json": b"[]",
                "gate.json": b'{"schema":"seatrial.gate/1"}', "later.json": b'{"schema":"seatrial.run/2"}'}
        why = {"empty.json": "it is empty", "mark.json": "begins with a byte order mark",
               "array.json": "no document of", "gate.json": "seatrial.gate/1", "later.json": "seatrial.run/2",
               "fifo.json": "not a regular file", "loop.json": "Too many levels of symbolic links",
               "none.json": "No such file", "/dev/zero": "regular file"}
        for name, text in made.items():
            (self.dir / name).write_bytes(text)
        os.mkfifo(self.dir / "fifo.json")
        (self.dir / "loop.json").symlink_to("loop.json")
        for name, reason in why.items():
            path = self.dir / name
            for words in (["compare", self.runs[0], path], ["gate", f"--baseline={path}", self.runs[0]],
                          ["gate", f"--baseline={self.runs[0]}", path], ["history", path], ["export", "csv", path],
                          ["verify", path], ["report", path, "-o", "-"], ["show", path],
                          ["sign", "--key=/dev/null", path], ["push", "http://127.0.0.1:1/", path],
                          ["compare", "--candidates", path]):
                line = self.refused(*words)
                if name != "gate.json" or words[0] not in ("export", "push", "sign", "verify"):  # they take whole ones
                    self.assertIn(reason, line)

    def test_a_decision_has_no_readings(self):
        path = self.dir / "gate.json"
        self.do("gate", f"--baseline={self.runs[0]}", self.runs[1], "-o", path, "--quiet")
        self.assertIn("has no readings to send", self.refused("push", "http://127.0.0.1:1/", path))
        self.assertIn("has no readings of its own", self.refused("export", "csv", path))

    def test_folders_without_a_run(self):
        (self.dir / "folder").mkdir()
        # Nothing, then a pipe that nobody writes to.
        for why in ("whose names end in .json", "a.json is not a regular file"):
            for words in (["compare", self.runs[0]], ["gate", f"--baseline={self.runs[0]}"], ["history"]):
                line = self.refused(*words, self.dir / "folder")
                self.assertIn("has no run document in it", line)
                self.assertIn(why, line)
            if not (self.dir / "folder" / "a.json").exists():
                os.mkfifo(self.dir / "folder" / "a.json")

    def test_what_is_no_stored_run_but_a_file_or_a_folder(self):
        (self.dir / "folder").mkdir()
        (self.dir / "run.txt").write_bytes(self.runs[0].read_bytes())
        for words in (["show"], ["verify"], ["export", "csv"], ["report", "-o", "-"], ["push", "http://127.0.0.1:1/"]):
            for name, why in (("folder", "folder is a folder, not a run"), ("run.txt", "write ./run.txt"),
                              ("other", 'no run "other"')):
                done = suite.program("seatrial", *words, f"--store={self.store}", name, cwd=self.dir)
                self.assertEqual((done.returncode, done.stdout), (1, ""), words)
                self.assertIn(why, done.stderr)

    def test_what_is_too_large_for_a_key(self):
        (self.dir / "key").write_bytes(b"x" * (65 << 10))
        self.assertIn("is larger than 64 KiB", self.refused("sign", f"--key={self.dir}/key", self.runs[0]))


class Fetching(Case):
    def setUp(self):
        super().setUp()
        test, self.asked, self.go_on = self, threading.Event(), threading.Event()

        class Server(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                test.asked.set()
                test.go_on.wait(60)
                text = test.runs[0].read_bytes()
                self.send_response(200)
                self.send_header("Content-Length", str(len(text)))
                self.end_headers()
                with contextlib.suppress(OSError):
                    self.wfile.write(text)

            def log_message(self, *arguments):
                pass

        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Server)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        self.addCleanup(server.server_close)
        self.addCleanup(server.shutdown)
        self.addCleanup(self.go_on.set)
        self.url = f"http://127.0.0.1:{server.server_port}/run.json"

    def start(self, *words):
        """A command that waits for the server."""
        process = subprocess.Popen([suite.BIN / "seatrial", words[0], f"--store={self.store}", *words[1:]],
                                   stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=self.work, text=True)
        self.addCleanup(process.kill)
        self.assertTrue(self.asked.wait(60))
        return process

    def known(self):
        with contextlib.closing(sqlite3.connect(self.store / "index.sqlite", timeout=0)) as database:
            database.execute("BEGIN IMMEDIATE")  # nobody else writes
            return [row[0] for row in database.execute("SELECT id FROM run ORDER BY id")]

    def test_the_index_is_left_to_others_meanwhile(self):
        process = self.start("compare", self.runs[2].stem, f"far={self.url}")
        self.assertEqual(self.known(), [self.runs[2].stem])
        self.do("compare", self.runs[0].stem, self.runs[1].stem)
        self.assertEqual(self.known(), [path.stem for path in self.runs])
        self.go_on.set()
        self.assertEqual((process.communicate(timeout=60)[1], process.returncode), ("", 0))

    def test_interrupted(self):
        for words in (["compare", self.runs[2].stem, self.url], ["gate", f"--baseline={self.url}", self.runs[2].stem]):
            for number in (signal.SIGINT, signal.SIGTERM):
                self.asked.clear()
                process = self.start(*words, "-o", self.dir / "out.json")
                process.send_signal(number)
                self.assertEqual((*process.communicate(timeout=60), process.returncode), ("", "", -number))
                self.assertFalse((self.dir / "out.json").exists())
        self.do("compare", *self.runs[:2])
        self.assertEqual(len(self.known()), 3)


if __name__ == "__main__":
    suite.main()
