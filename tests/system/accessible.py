"""Every kind of page by axe-core (tests/web) in Chromium: no violation, in light and dark, on a desk and a phone."""
import html
import json
import re
import shutil
import subprocess
import tempfile
import unittest
from pathlib import Path

import documents
import suite

AXE = suite.SOURCE / "tests" / "web" / "node_modules" / "axe-core" / "axe.min.js"
WIDTHS = (1200, 390)

# Runs in each frame, with everything unfolded: what is folded is not looked at.
RUNNER = """
addEventListener("load", async () => {
    for (const details of document.querySelectorAll("details"))
        details.open = true;
    const found = await axe.run(document, {iframes: false, resultTypes: ["violations"]});
    parent.report(NAME, found.violations.flatMap(violation => violation.nodes.map(
        node => [violation.id, node.target.join(" "), node.failureSummary])), found.passes.length);
});"""


class Accessible(unittest.TestCase):
    def setUp(self):
        self.folder = Path(self.enterContext(tempfile.TemporaryDirectory()))
        for program in ("chromium", "npm"):
            if not shutil.which(program):
                self.skipTest(f"{program} is not installed")
        if not AXE.exists():
            self.skipTest("axe-core is not there: run `npm ci` in tests/web, or scripts/setup --test")

    def render(self, kind, *paths):
        page = self.folder / f"{kind}.html"
        done = suite.program("report_render", kind, *paths, page)
        self.assertEqual(done.returncode, 0, done.stderr)
        return page.read_text(encoding="utf-8")

    def pages(self):
        run, verdict = documents.write(self.folder, "mixed")
        yield "run", self.render("run", run, verdict)
        whole = self.folder / "whole.html"
        suite.program("seatrial", "report", run, "-o", whole).check_returncode()
        yield "whole", whole.read_text(encoding="utf-8")
        for kind in ("comparison", "history"):
            path = self.folder / f"{kind}.json"
            path.write_text(json.dumps(getattr(documents, kind)()))
            yield kind, self.render(kind, path)

    def frame(self, name, page, width):
        """The page with axe in it; its policy, which would forbid that, is left out here."""
        bare = re.sub(r'<meta http-equiv="Content-Security-Policy"[^>]*>', "", page)
        script = f"<script>{AXE.read_text(encoding='utf-8')}</script><script>{RUNNER}</script>"
        script = script.replace("NAME", json.dumps(name))
        document = html.escape(bare.replace("</body>", script + "</body>"))
        return f'<iframe title="{name}" style="width:{width}px;height:2000px;border:0" srcdoc="{document}"></iframe>'

    def violations(self, scheme):
        frames = [self.frame(f"{kind} {width}", page, width) for kind, page in self.pages() for width in WIDTHS]
        outer = self.folder / "outer.html"
        outer.write_text("""<!DOCTYPE html><meta charset=utf-8><meta name=color-scheme content="light dark">
            <script>const answers = {};
            function report(name, violations, passes) {
                answers[name] = [violations, passes];
                document.body.dataset.answers = JSON.stringify(answers);
            }</script><body>""" + "".join(frames), encoding="utf-8")
        dom = subprocess.run(
            ["chromium", "--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-sync",
             "--disable-background-networking", "--disable-component-update", "--host-resolver-rules=MAP * ~NOTFOUND",
             f"--user-data-dir={self.folder / 'profile'}", "--window-size=1300,2000", "--virtual-time-budget=60000",
             f"--blink-settings=preferredColorScheme={scheme}", "--dump-dom", outer.as_uri()],
            check=True, capture_output=True, text=True, timeout=240).stdout
        found = re.search(r'data-answers="([^"]*)"', dom)
        self.assertIsNotNone(found, "axe did not answer")
        answers = json.loads(html.unescape(found.group(1)))
        self.assertEqual(len(answers), len(frames), f"only {list(answers)} answered")
        return answers

    def check(self, scheme):
        for name, (violations, passes) in self.violations(scheme).items():
            with self.subTest(name):
                self.assertEqual(violations, [])
                self.assertGreater(passes, 15, "axe has looked at something")

    def test_no_violations_in_light(self):
        self.check(1)

    def test_no_violations_in_dark(self):
        self.check(0)


if __name__ == "__main__":
    suite.main()
