"""The pipelines in scripts/ci: their steps run here in order, on runs that are there beforehand."""
import json
import os
import random
import shutil
import subprocess
import tempfile
import unittest
from pathlib import Path

import fleet
import suite

try:
    import yaml
except ImportError:
    yaml = None

CI = suite.SOURCE / "scripts" / "ci"
# Measuring and drawing are not at stake here.
STAND_IN = """#!/bin/sh
case $1 in
run)
	while [ $# -gt 1 ]; do [ "$1" = --out ] && cp "$SCRATCH/measured/${2##*/}" "$2"; shift; done
	exit "$RUN_STATUS" ;;
report) touch seatrial-out/report.html ;;
*) exec "$SEATRIAL" "$@" ;;
esac
"""
# What makes the gate exit like this: how much slower the candidate is, the noise, and the repetitions of a run.
GATES = {0: (1.0, 0.03, 10), 3: (1.3, 0.03, 10), 4: (1.0, 0.3, 2)}
WORDS = {0: "pass", 3: "regressed", 4: "not enough evidence"}


class Pipelines(unittest.TestCase):
    def setUp(self):
        if not yaml:
            self.skipTest("python3-yaml is not installed; scripts/setup --test does it")
        scratch = tempfile.TemporaryDirectory()
        self.addCleanup(scratch.cleanup)
        self.folder = Path(scratch.name)
        (self.folder / "bin").mkdir()
        stand_in = self.folder / "bin" / "seatrial"
        stand_in.write_text(STAND_IN)
        stand_in.chmod(0o755)

    def measure(self, folder, ratio, noise, repetitions):
        """Five runs, as the pipelines make them."""
        (self.folder / folder).mkdir(exist_ok=True)
        for i in range(5):
            result = fleet.null_result(random.Random(f"{folder} {i}"), [ratio, 1.0], noise, repetitions)
            number = i if folder == "baseline" else 10 + i
            fleet.save(self.folder / folder, fleet.run([result], number), i + 1)

    def profile(self):
        """One that asks for the first of the two metrics."""
        profile = fleet.profile("etcd")
        asking = next(entry for entry in profile["requirements"] if entry.get("unit") == "s")
        path = self.folder / "profile.json"
        path.write_text(json.dumps({**profile, "requirements": [
            {**asking, "bench": "null", "metric": "reading.0", "max": 10}]}))
        return path

    def environment(self, run, gate):
        ratio, noise, repetitions = GATES.get(gate, GATES[0])
        self.measure("baseline", 1.0, noise, repetitions)
        self.measure("measured", ratio, noise, repetitions)
        for name in ("summary", "output"):
            (self.folder / name).write_text("")
        return {"PATH": f"{self.folder}/bin:{os.environ['PATH']}", "SCRATCH": str(self.folder),
                "SEATRIAL": str(suite.BIN / "seatrial"), "RUN_STATUS": str(run),
                "GITHUB_STEP_SUMMARY": str(self.folder / "summary"), "GITHUB_OUTPUT": str(self.folder / "output"),
                "RUNNER_TEMP": str(self.folder), "GITHUB_RUN_ID": "7", "GITHUB_RUN_ATTEMPT": "1", "CI_JOB_ID": "7",
                "SEATRIAL_BASELINE": str(self.folder / ("baseline" if gate in GATES else "nothing")),
                "SEATRIAL_RUNS": "5", "SEATRIAL_PROFILE": str(self.profile()),
                "SEATRIAL_PACKAGE": "", "SEATRIAL_REPOSITORY": ""}

    def bash(self, text, environment):
        work = self.folder / "work"
        work.mkdir(exist_ok=True)
        return subprocess.run(["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", text], cwd=work,
                              env=environment, capture_output=True, text=True)

    def scripts(self):
        github = yaml.safe_load((CI / "github-actions.yml").read_text())["jobs"]["seatrial"]["steps"]
        gitlab = yaml.safe_load((CI / "gitlab-ci.yml").read_text())["seatrial"]
        return [step["run"] for step in github if "run" in step], gitlab["before_script"] + gitlab["script"]

    def test_shell_has_no_complaint_of_shellcheck(self):
        if not shutil.which("shellcheck"):
            self.skipTest("shellcheck is not installed")
        for scripts in self.scripts():
            for text in scripts:
                self.assertNotIn("${{", text, "an expression in a script can be a command of somebody else's")
                done = subprocess.run(["shellcheck", "-s", "bash", "-"], input=text, capture_output=True, text=True)
                self.assertEqual(done.returncode, 0, done.stdout)

    def test_github(self):
        workflow = yaml.safe_load((CI / "github-actions.yml").read_text())
        self.assertEqual(workflow["permissions"], {"contents": "read"})
        steps = {step.get("name"): step for step in workflow["jobs"]["seatrial"]["steps"]}
        for gate, code, level in ((0, 0, "notice"), (3, 3, "error"), (4, 0, "warning")):
            environment = self.environment(5, gate)
            for name in ("Install seatrial", "Measure", "Compare with the baseline", "Publish"):
                done = self.bash(steps[name]["run"], environment)
                self.assertEqual(done.returncode, 0, (name, done.stderr))
                if name == "Compare with the baseline":
                    self.assertTrue(done.stdout.startswith(WORDS[gate] + ":"), done.stdout)
                    self.assertIn("Of 1 metric that etcd judges", " ".join(done.stdout.split()))
            self.assertRegex(done.stdout, f"^::{level} title=seatrial")
            self.assertIn(f"## seatrial: {WORDS[gate]}", (self.folder / "summary").read_text())
            self.assertEqual((self.folder / "output").read_text(), f"status={gate}\n")
            self.assertEqual({path.name for path in (self.folder / "work" / "seatrial-out").iterdir()},
                             {"runs", "gate.json", "gate.xml", "run.xml", "smaller.json", "bigger.json",
                              "report.html"})
            done = self.bash(steps["Decide"]["run"], environment | {"STATUS": str(gate)})
            self.assertEqual((done.returncode, "::warning" in done.stdout), (code, gate == 4))
        self.assertEqual(self.bash(steps["Compare with the baseline"]["run"], self.environment(0, 1)).returncode, 1)
        self.assertEqual(self.bash(steps["Measure"]["run"], self.environment(1, 0)).returncode, 1)
        (self.folder / "bin" / "seatrial").unlink()
        self.assertIn("set SEATRIAL_PACKAGE", self.bash(steps["Install seatrial"]["run"], environment).stderr)

    def test_gitlab(self):
        job = yaml.safe_load((CI / "gitlab-ci.yml").read_text())["seatrial"]
        self.assertEqual(job["allow_failure"], {"exit_codes": [4]})
        for run, gate, code in ((0, 0, 0), (5, 3, 3), (4, 4, 4), (1, 0, 1), (0, 1, 1)):
            shutil.rmtree(self.folder / "work", ignore_errors=True)
            done = self.bash("\n".join(job["before_script"] + job["script"]), self.environment(run, gate))
            self.assertEqual(done.returncode, code, done.stderr)
            self.assertEqual(any(line.startswith(WORDS.get(gate, "-") + ":") for line in done.stdout.splitlines()),
                             code in GATES, done.stdout)
            if code in GATES:
                for path in (*job["artifacts"]["paths"], *job["artifacts"]["reports"].values()):
                    self.assertTrue((self.folder / "work" / path).exists(), path)


if __name__ == "__main__":
    suite.main()
