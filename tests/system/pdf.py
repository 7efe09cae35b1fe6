"""Reports as PDF: whole, tagged, with contents, bookmarks and selectable text; and what is said without WeasyPrint."""
import hashlib
import html
import json
import os
import re
import shutil
import subprocess
import tempfile
import unittest
import unittest.mock
from pathlib import Path

import documents
import suite


class PdfCase(unittest.TestCase):
    def setUp(self):
        self.folder = Path(self.enterContext(tempfile.TemporaryDirectory()))
        self.enterContext(self.in_folder())

    def in_folder(self):
        """TMPDIR of the programs under test, to see what they leave there."""
        self.temporary = self.folder / "tmp"
        self.temporary.mkdir()
        return unittest.mock.patch.dict(os.environ, {"TMPDIR": str(self.temporary)})

    def write(self, document, name="20260120T150405Z-0a1b2c3d.json"):
        path = self.folder / name
        path.write_text(json.dumps(document))
        return path

    def report(self, document, *arguments, code=0, **keywords):
        self.source = self.write(document)
        self.paper = self.folder / "report.pdf"
        done = suite.program("seatrial", "report", self.source, "-o", self.paper, *arguments, **keywords)
        self.assertEqual(done.returncode, code, done.stderr)
        return done


class Made(PdfCase):
    def setUp(self):
        super().setUp()
        for program in ("weasyprint", "pdfinfo", "pdftotext", "pdfdetach"):
            if not shutil.which(program):
                self.skipTest(f"{program} is not installed")

    def ask(self, *argv):
        return subprocess.run([*argv], check=True, capture_output=True, text=True).stdout

    def text(self, *arguments):
        return self.ask("pdftotext", *arguments, self.paper, "-")

    def words(self, *arguments):
        """Without the places where lines and pages are broken."""
        return re.sub(r"\s+", "", self.text(*arguments))

    def pages(self):
        return self.text("-layout").split("\f")

    def holds(self, *sentences):
        text = self.words()
        for sentence in sentences:
            self.assertIn(re.sub(r"\s+", "", sentence), text)

    def test_a_run(self):
        run, _ = documents.mixed()
        self.report(run)
        properties = self.ask("pdfinfo", self.paper)
        self.assertRegex(properties, r"Title: +seatrial: [a-z ]+, 20 January 2026, 15:04 UTC")
        self.assertRegex(properties, r"Keywords: +Kubernetes")
        self.assertRegex(properties, r"CreationDate: +\w+ Jan 20 ")
        self.assertRegex(properties, r"Tagged: +yes")
        self.assertNotRegex(properties, r"Author:")
        verdict = json.loads(suite.program("seatrial", "show", "--json", self.source).stdout)
        for profile in verdict["profiles"]:
            self.holds(profile["title"], profile["summary"], *[line["title"] for line in profile["lines"]],
                       *[line["text"] for line in profile["lines"]])
        self.holds("Report on a host", hashlib.sha256(self.source.read_bytes()).hexdigest(),
                   "keeps its intended start", "limit 10 ms", "run on the host itself", "Cannot allocate 64 MiB")
        for result in run["results"]:
            for metric in result["metrics"]:
                self.holds(metric["name"], *(f"{value:.9g}" for value in metric["values"][:3]))
        pages = self.pages()
        self.assertRegex(self.text("-l", "1"), r"^seatrial: [a-z ]+, 20 January 2026, 15:04 UTC\n+Report on a host\n")
        self.assertRegex(pages[2], r"\n *seatrial: [a-z ]+, 20 January 2026, 15:04 UTC +Page 3 of")
        self.assertIn("Contents", pages[1])
        self.assertRegex(pages[1], r"Summary[ .]+3\n")
        self.assertIn("What is not known", pages[2])
        self.assertRegex(pages[2], rf"Page 3 of {len(pages) - 1}\b")
        evidence = next(int(number) for number in re.findall(r"How to repeat it[ .]+(\d+)", pages[1]))
        self.assertIn("How to repeat it", pages[evidence - 1])
        bookmarks = re.findall(rb"/Title \(([^)]*)\)", self.paper.read_bytes())
        self.assertIn(b"Summary", bookmarks)
        self.assertIn(b"How to repeat it", bookmarks)
        saved = self.folder / "saved" / self.source.name
        saved.parent.mkdir()
        self.ask("pdfdetach", "-save", "1", "-o", saved, self.paper)
        self.assertEqual(saved.read_bytes(), self.source.read_bytes())
        self.assertEqual(self.attachments(), [f"seatrial-{run['id']}.json"])
        self.assertEqual(list(self.temporary.iterdir()), [])

    def attachments(self):
        return re.findall(r"^\d+: (.*)$", self.ask("pdfdetach", "-list", self.paper), re.MULTILINE)

    def test_an_attachment_has_a_safe_name_whatever_the_document_holds(self):
        self.report({**documents.history(runs=12), "created": "../\n\u202e;$(x) \"'\u00e9" + "9" * 300})
        self.assertRegex(self.attachments()[0], r"^seatrial-history-x9{40,60}\.json$")
        self.assertEqual(list(self.temporary.iterdir()), [])

    def test_a_comparison_and_a_history(self):
        self.report(documents.comparison(metrics=4))
        self.holds("the cheapest is rented-b, EUR 9.98/month", "3: rented-a, rented-b, owned", "Per money",
                   "Likely worse", "The largest differences",
                   "1 of 4 requirements is not met: Commit, 99th percentile.",
                   "https://hosting.invalid/offers/cx22", "02010201")
        self.assertEqual(self.attachments(), ["seatrial-comparison-2026-02-03T040506Z.json"])
        self.report(documents.history())
        self.holds("2 changes in 2 of 4 series, 1 for the worse.", "20260126T000405Z-00000019", "×1.30",
                   "It was measured by version 0.0.9.")

    def test_hostile_text_is_only_text_and_nothing_is_fetched(self):
        for kind, document in (("comparison", documents.comparison(metrics=4)),
                               ("history", documents.history(runs=14))):
            with self.subTest(kind):
                self.source, self.paper = self.write(documents.poison(document, longest=200)), self.folder / "x.pdf"
                command = [suite.BIN / "seatrial", "report", self.source, "-o", self.paper]
                trace = self.folder / "trace"
                traced = ["strace", "-f", "-qq", "--seccomp-bpf", "-e", "trace=socket,connect", "-o", trace, *command]
                done = subprocess.run(traced if shutil.which("strace") else command, capture_output=True, text=True)
                if "ptrace" in done.stderr:
                    done = subprocess.run(command, capture_output=True, text=True)
                self.assertEqual(done.returncode, 0, done.stderr)
                self.assertNotIn("AF_INET", trace.read_text() if trace.exists() else "")
                self.holds("<script>document.title='owned'</script>", "</style><script>alert(1)</script>",
                           "'onmouseover='alert(1)'x='")
                self.assertRegex(self.ask("pdfinfo", self.paper), r"JavaScript: +no")

    def test_the_command_that_checks_the_file_works_as_printed(self):
        for name in ("20260120T150405Z-0a1b2c3d.json", "it's $(touch owned) \\n 100%s.json"):
            source, page = self.write(documents.history(runs=3), name), self.folder / "page.html"
            done = suite.program("seatrial", "report", source, "-o", page)
            self.assertEqual(done.returncode, 0, done.stderr)
            command, = re.findall(r"<pre>(printf .*?sha256sum --check)</pre>", page.read_text())
            done = subprocess.run(["sh", "-c", html.unescape(command)], cwd=self.folder, capture_output=True, text=True)
            self.assertEqual((done.returncode, done.stderr), (0, ""), command)
        self.assertFalse((self.folder / "owned").exists())

    def test_by_format_and_to_standard_output(self):
        source = self.write(documents.history(runs=3))
        done = subprocess.run([suite.BIN / "seatrial", "report", source, "--format=pdf", "-o", "-"],
                              capture_output=True)
        self.assertEqual((done.returncode, done.stdout[:5]), (0, b"%PDF-"), done.stderr)
        page = self.folder / "really.pdf"
        self.assertEqual(suite.program("seatrial", "report", source, "--format=html", "-o", page).returncode, 0)
        self.assertTrue(page.read_text().startswith("<!DOCTYPE html>"))


class NotMade(PdfCase):
    def stand_in(self, body):
        """A PATH whose weasyprint does that."""
        folder = self.folder / "bin"
        folder.mkdir(exist_ok=True)
        path = folder / "weasyprint"
        path.write_text(f"#!/bin/sh\n{body}\n")
        path.chmod(0o755)
        return {**os.environ, "PATH": f"{folder}:/usr/bin:/bin"}

    def test_without_weasyprint(self):
        done = self.report(documents.history(runs=3), code=77, env={**os.environ, "PATH": "/nonexistent"})
        self.assertIn("apt install weasyprint", done.stderr)
        self.assertEqual(done.stderr.count("\n"), 1)
        self.assertFalse(self.paper.exists())

    def test_without_weasyprint_nothing_is_measured_for_a_pdf(self):
        store, paper = self.folder / "store", self.folder / "x.pdf"
        done = suite.program("seatrial", "run", "--quick", "--store", store, "--report", paper,
                             env={**os.environ, "PATH": "/nonexistent"})
        self.assertEqual(done.returncode, 77, done.stderr)
        self.assertIn("apt install weasyprint", done.stderr)
        self.assertFalse(store.exists() or paper.exists())

    def test_a_failure_leaves_the_old_file(self):
        (self.folder / "report.pdf").write_text("old")
        for body, words in (("echo 'Traceback'; echo 'OSError: no fonts' >&2; exit 3",
                             "exited with status 3: OSError: no fonts"),
                            ("echo not a PDF", "made no PDF"), ("kill -9 $$", "signal 9"),
                            ("exit 0", "did not say why")):
            with self.subTest(body):
                done = self.report(documents.history(runs=3), code=1, env=self.stand_in(body))
                self.assertIn(words, done.stderr)
                self.assertEqual(self.paper.read_text(), "old")
        self.assertEqual(list(self.temporary.iterdir()), [])

    def test_what_is_no_document_of_ours(self):
        for document, words in (({"schema": "seatrial.gate/1"}, "it follows \"seatrial.gate/1\""),
                                ({"schema": "seatrial.history/2"}, "seatrial.history/2"), ([], "it is no document")):
            done = self.report(document, code=1)
            self.assertIn(words, done.stderr)


if __name__ == "__main__":
    suite.main()
