"""Documents that mean harm, through every command that reads one: it is refused with one sentence, or shown as the text
that it is. Nothing crashes, nothing is run, nothing is written but what was asked for."""
import json
import os
import re
import tempfile
import threading
import unicodedata
import unittest
from pathlib import Path

import documents
import hostile_documents
import report
import suite

# What reads documents: words, of which FILE is the document and OUT what may be written; the exit codes it may have;
# the kinds of documents that it is given. A command refuses what is no document of its own.
COMMANDS = {
    "show": (["show", "FILE"], {0, 1}, None),
    "show --json": (["show", "--json", "FILE"], {0, 1}, None),
    "show --document": (["show", "--document", "FILE"], {0, 1}, {"run"}),
    "verify": (["verify", "FILE"], {0, 1, 3}, None),
    "verify --json": (["verify", "--json", "FILE"], {0, 1, 3}, {"run"}),
    "report": (["report", "FILE", "--out", "OUT"], {0, 1}, {"run", "comparison"}),
    "compare": (["compare", "FILE", "other=TWIN", "--all"], {0, 1, 4}, None),
    "compare --markdown": (["compare", "FILE", "other=TWIN", "--markdown=-"], {0, 1, 4}, {"run"}),
    "compare --csv": (["compare", "FILE", "other=TWIN", "--csv=-"], {0, 1, 4}, {"run"}),
    "gate": (["gate", "--baseline=BEFORE", "FILE", "--all"], {0, 1, 3, 4}, {"run"}),
    "history": (["history", "FILE", "--all"], {0, 1}, {"run"}),
    **{f"export {name}": (["export", name, "FILE"], {0, 1}, {"run"} if name in ("csv", "markdown", "junit") else {"gate"})
       for name in ("csv", "markdown", "junit", "annotations", "gitlab")},
    "run": (["run", "--explain", "--quick", "--only=null", "--profile", "FILE"], {0, 1, 2}, {"profile", "verdict"}),
}
REPORTS = {"report"}  # those whose OUT is a page

# Not even in JSON: what moves a cursor, begins an escape sequence or turns the direction of text.
FORBIDDEN = re.compile("[\x00-\x09\x0b-\x1f\x80-\x9f\u2028-\u202e\u2066-\u2069]")


class Plotter:
    """Stands in front of gnuplot and keeps every script that it is given."""

    def __init__(self, folder):
        self.path = folder / "bin"
        self.path.mkdir()
        fifo = folder / "scripts"
        os.mkfifo(fifo)
        self.fifo = os.open(fifo, os.O_RDWR)  # it never ends, whoever writes
        program = self.path / "gnuplot"
        # It may write no file, but into a pipe.
        program.write_text(f"#!/bin/sh\ntee {fifo} | /usr/bin/gnuplot -d\n")
        program.chmod(0o755)
        self.seen, self.thread = bytearray(), threading.Thread(target=self.collect)
        self.thread.start()

    def collect(self):
        while b"\0" not in self.seen[-1:]:
            self.seen += os.read(self.fifo, 65536)

    def close(self):
        os.write(self.fifo, b"\0")
        self.thread.join()
        os.close(self.fifo)
        return bytes(self.seen[:-1]).decode("ascii" if self.seen.isascii() else "utf-8")


def words(script):
    """The vocabulary of a script: all but numbers, and the places that are made of them."""
    bare = re.sub(r"-?\b\d+(\.\d+)?(e[+-]?\d+)?\b", "0", script)
    return set(re.findall(r"[^\s0-9,()]+", re.sub(r"#[0-9a-f]{6}|\$[a-z]+\d+", "#", bare)))


class Hostile(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = Path(cls.enterClassContext(tempfile.TemporaryDirectory()))
        cls.empty = cls.folder / "empty"  # nothing may appear here
        cls.empty.mkdir()
        cls.inputs = cls.folder / "inputs"
        cls.inputs.mkdir()
        cls.before = cls.folder / "before.json"
        before = hostile_documents.base()
        cls.before.write_text(json.dumps({**before, "id": f"{before['id'][:-8]}00000000"}))
        cls.out = cls.folder / "out"
        cls.out.mkdir()
        Path(hostile_documents.OWNED).unlink(missing_ok=True)

    def setUp(self):
        self.environment = {"PATH": "/nonexistent", "HOME": str(self.empty), "TMPDIR": str(self.empty),
                            "LC_ALL": "C.UTF-8", "TERM": "xterm"}

    def tearDown(self):
        self.assertEqual(list(self.empty.iterdir()), [], "a file was made that nobody asked for")
        self.assertFalse(Path(hostile_documents.OWNED).exists(), "something was run")

    def run_command(self, template, file):
        # What is the same run is not compared.
        twin = self.folder / "twin.json"
        twin.write_bytes(file.read_bytes().replace(b"-0a1b2c3d", b"-0a1b2c3e"))
        argv = [word.replace("TWIN", str(twin)).replace("FILE", str(file)).replace("OUT", str(self.out / "page.html"))
                .replace("BEFORE", str(self.before)) for word in template]
        return suite.program("seatrial", *argv, env=self.environment, cwd=self.empty, timeout=60)

    def check_words(self, done, codes, command):
        """What any command may say, whatever it was given."""
        self.assertIn(done.returncode, codes, done.stderr[:500])
        self.assertIsNone(FORBIDDEN.search(done.stdout.replace("\n", "")), done.stdout[:2000])
        if done.returncode in (1, 2):
            self.assertEqual(done.stdout, "")
            self.assertRegex(done.stderr, rf"\Aseatrial {command}: [^\n]{{10,}}\n\Z")
            self.assertIsNone(FORBIDDEN.search(done.stderr[:-1]), done.stderr)
            self.assertFalse(any(unicodedata.category(c) == "Cc" for c in done.stderr[:-1]), done.stderr)
        else:
            self.assertEqual(done.stderr, "")

    def check_page(self, done):
        page = self.out / "page.html"
        self.assertEqual(page.exists(), done.returncode == 0)
        if not page.exists():
            return
        text = page.read_text(encoding="utf-8")
        page.unlink()
        read = report.Page(text)
        self.assertEqual(read.faults, [])
        self.assertTrue(all(re.match(r"#|https?://", link) for link in read.links), read.links)
        self.assertNotRegex(text, r"(?i)<[^>]*\ssrc\s*=|<style[^>]*>[^<]*(url\(|@import)")
        self.assertEqual(text.count("<style"), 1)

    def feed(self, names):
        """Each of these documents to each command that is given its kind."""
        for name in names:
            for command, (template, codes, kinds) in COMMANDS.items():
                if kinds and name.split("-")[0] not in kinds:
                    continue
                with self.subTest(name=name, command=command):
                    done = self.run_command(template, self.inputs / name)
                    self.check_words(done, codes, template[0])
                    if command in REPORTS:
                        self.check_page(done)
                    if command == "show" and not name.startswith("run-"):
                        self.assertIn(done.returncode, (1, 2))

    def write(self, made):
        for name, content in made.items():
            (self.inputs / name).write_bytes(content)
        return sorted(made)

    def test_the_corpus_is_the_one_that_is_kept(self):
        kept = {path.name: path.read_bytes() for path in hostile_documents.CORPUS.iterdir()}
        self.assertEqual(sorted(kept), sorted(hostile_documents.corpus()))
        for name, content in hostile_documents.corpus().items():
            self.assertEqual(kept[name], content, f"{name}: run hostile_documents.py")
        self.assertGreaterEqual(len(kept), 40)
        self.assertEqual(hostile_documents.GOOD.read_text(), hostile_documents.json.dumps(hostile_documents.base()))

    def test_every_document_to_every_command(self):
        self.feed(self.write(hostile_documents.corpus()))

    def test_what_must_be_refused_is(self):
        for name in self.write({f"run-raw-{name}.json": content for name, content in hostile_documents.of_text()}):
            with self.subTest(name):
                done = self.run_command(["show", "FILE"], self.inputs / name)
                self.assertEqual(done.returncode, 1, done.stdout)

    def test_large_documents(self):
        self.feed(self.write(hostile_documents.large()))

    def test_a_good_document_is_read(self):
        """The same commands, so that refusing everything is no way through."""
        name, = self.write({"run-good.json": hostile_documents.json.dumps(hostile_documents.base()).encode()})
        for command, (template, _, kinds) in COMMANDS.items():
            if not kinds or "run" in kinds:
                done = self.run_command(template, self.inputs / name)
                good = (0, 3) if "verify" in command else (0, 4) if command == "gate" else (0,)
                self.assertIn(done.returncode, good, done.stderr)
        (self.out / "page.html").unlink()

    def test_a_store_full_of_them(self):
        store = self.folder / "store"
        store.mkdir()
        made = [content for name, content in hostile_documents.corpus().items() if name.startswith("run-")]
        for number, content in enumerate(made):
            (store / f"20260120T150405Z-{number:08x}.json").write_bytes(content)
            (store / f"20260120T150405Z-{number:08x}.json.sig").write_bytes(content[:1000])
        (store / "20260120T150405Z-ffffffff.json").symlink_to("/dev/zero")
        (store / "../../etc/passwd".replace("/", "\\")).touch()
        for words_of in (["runs"], ["runs", "--json"]):
            done = suite.program("seatrial", *words_of, "--store", store, env=self.environment, cwd=self.empty)
            self.check_words(done, {0}, "runs")
            for number in range(len(made)):
                self.assertIn(f"20260120T150405Z-{number:08x}", done.stdout)

    def test_only_our_own_words_reach_gnuplot(self):
        if not Path("/usr/bin/gnuplot").exists():
            self.skipTest("gnuplot is not installed")
        clean = self.write({f"run-{name}.json": hostile_documents.json.dumps(documents.EXAMPLES[name]()[0]).encode()
                            for name in ("mixed", "cliff", "services", "overlay")}
                           | {"run-base.json": hostile_documents.json.dumps(hostile_documents.base()).encode()})
        hostile = [name for name in self.write(hostile_documents.corpus())
                   if name.startswith(("run-text-gnuplot", "run-text-shell", "run-text-svg", "run-number"))]
        vocabulary = words(self.scripts(clean))
        self.assertGreater(len(vocabulary), 50)
        said = self.scripts(hostile)
        self.assertGreater(said.count("set terminal svg"), 10)
        self.assertNotRegex(said, "[`\"!|;]|system|'<|owned")
        # Which units and marks an axis has depends on the numbers.
        self.assertEqual({word for word in words(said) - vocabulary if not re.fullmatch(
            r"'?-?([num\u00b5]?s|minutes|hours|days|[KMGTPE]?|[eE+.\u2212-]|%)*'?", word)}, set())

    def scripts(self, names):
        """What gnuplot is given for the reports on these documents."""
        with tempfile.TemporaryDirectory(dir=self.folder) as folder:
            plotter = Plotter(Path(folder))
            try:
                self.environment["PATH"] = f"{plotter.path}:/usr/bin:/bin"
                for name in names:
                    with self.subTest(name):
                        done = self.run_command(COMMANDS["report"][0], self.inputs / name)
                        self.check_words(done, {0, 1}, "report")
                        self.check_page(done)
            finally:
                said = plotter.close()
        return said


if __name__ == "__main__":
    suite.main()
