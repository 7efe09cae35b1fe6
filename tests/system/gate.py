"""seatrial gate and seatrial history: changes that were put in are found, and nothing else is."""
import json
import random
import tempfile
import unittest
from pathlib import Path

import fleet
import suite


class Case(unittest.TestCase):
    def setUp(self):
        place = tempfile.TemporaryDirectory()
        self.addCleanup(place.cleanup)
        self.dir = Path(place.name)
        self.number = 0

    def save(self, results, side="one", **changes):
        """A run of one side: a folder of its own."""
        folder = self.dir / side
        folder.mkdir(exist_ok=True)
        self.number += 1
        return fleet.save(folder, fleet.run(results, self.number, **changes))

    def null(self, side, ratios, seed, runs=1, **keywords):
        for i in range(runs):
            path = self.save([fleet.null_result(random.Random(f"{seed} {i}"), ratios, **keywords)], side)
        return path if runs == 1 else self.dir / side


class Gate(Case):
    def gate(self, *options, code=0):
        return suite.document("seatrial", "gate", "--json", f"--store={self.dir}/store", *options, code=code)

    def verdicts(self, document):
        return {metric["name"]: metric["verdict"] for metric in document["metrics"]}

    def test_what_is_worse_is_named_and_nothing_else(self):
        """Runs of the same, but for one metric by 30 %; another got better."""
        for better, worse in (("lower", 1.3), ("higher", 1 / 1.3)):
            base = self.null("base", [1.0] * 6, f"base {better}", runs=6, better=better)
            other = self.null("other", [1.0, worse, 1.0, 1 / worse, 1.0, 1.0], f"other {better}", runs=6, better=better)
            document = self.gate(f"--baseline={base}", other, code=3)
            self.assertEqual(document["verdict"], "regressed")
            expected = ["unchanged", "regressed", "unchanged", "improved", "unchanged", "unchanged"]
            self.assertEqual(list(self.verdicts(document).values()), expected)
            regressed = document["metrics"][1]
            self.assertLess(regressed["low"], worse)
            self.assertGreater(regressed["high"], worse)
            for path in (base, other):
                for file in path.iterdir():
                    file.unlink()

    def test_the_same_passes(self):
        base = self.null("base", [1.0] * 5, "a", runs=6)
        other = self.null("other", [1.0] * 5, "b", runs=6)
        document = self.gate(f"--baseline={base}", other)
        self.assertEqual(document["verdict"], "pass")
        self.assertEqual(set(self.verdicts(document).values()), {"unchanged"})

    def test_too_little_is_neither(self):
        base = self.null("base", [1.0, 1.0], "a", repetitions=3, noise=0.2)
        other = self.null("other", [1.0, 1.0], "b", repetitions=3, noise=0.2)
        document = self.gate(f"--baseline={base}", other, code=4)
        self.assertEqual(document["verdict"], "not enough evidence")
        told = [metric.get("more_repetitions", 0) + metric.get("more_runs", 0) for metric in document["metrics"]]
        self.assertTrue(any(told), "something would decide it")
        text = suite.program("seatrial", "gate", f"--store={self.dir}/store", f"--baseline={base}", other).stdout
        self.assertTrue(text.startswith("not enough evidence:"), text)
        self.assertIn("would probably decide", " ".join(text.split()))

    def test_as_many_repetitions_as_it_asks_for_decide(self):
        few = [self.null(side, [1.0], side, repetitions=6, noise=0.04) for side in ("a", "b")]
        asked = self.gate(f"--baseline={few[0]}", few[1], code=4)["metrics"][0]["more_repetitions"]
        decided = 0
        for seed in range(5):
            many = [self.null(f"{side}{seed}", [1.0], f"{side}{seed}", repetitions=6 + asked, noise=0.04)
                    for side in ("a", "b")]
            code = suite.program("seatrial", "gate", "--quiet", f"--store={self.dir}/store", f"--baseline={many[0]}",
                                 many[1]).returncode
            self.assertIn(code, (0, 4), "nothing is worse")
            decided += code == 0
        self.assertGreaterEqual(decided, 3)

    def differing(self, side, first, count):
        """Runs of 16 metrics in which nothing changes, but whose levels differ from run to run, by 3 to 11 %."""
        for i in range(first, first + count):
            rng = random.Random(f"{side} {i}")
            levels = [rng.lognormvariate(0, 0.03 + metric % 5 * 0.02) for metric in range(16)]
            self.save([fleet.null_result(rng, levels, noise=0.02, repetitions=2)], side)
        return self.dir / side

    def test_as_many_runs_as_it_sums_up_decide_most_of_a_family(self):
        claimed = decided = 0
        for seed in range(5):
            sides = [self.differing(f"{side}{seed}", 0, 5) for side in ("base", "other")]
            document = self.gate(f"--baseline={sides[0]}", sides[1], code=4)
            remedies = document["remedies"]
            asked = {metric["name"]: metric.get("more_runs", 0) for metric in document["metrics"]
                     if metric["verdict"] == "not enough evidence"}
            self.assertEqual(remedies["undecided"], len(asked))
            self.assertEqual(remedies["foreseen"], sum(more > 0 for more in asked.values()))
            self.assertTrue(remedies["by_run"])
            for step, share in zip(remedies["steps"], (0.5, 0.9)):
                self.assertEqual(step["decides"], sum(0 < more <= step["more_runs"] for more in asked.values()))
                self.assertGreaterEqual(step["decides"], share * remedies["foreseen"])
            step = remedies["steps"][0]
            sentence = f"{step['more_runs']} more runs of each side would probably decide {step['decides']} of the " \
                       f"{len(asked)} metrics without enough evidence"
            text = suite.program("seatrial", "gate", f"--store={self.dir}/store", f"--baseline={sides[0]}",
                                 f"--out={self.dir}/gate.json", sides[1]).stdout
            self.assertIn(sentence, " ".join(text.split()))
            self.assertIn(sentence, suite.program("seatrial", "export", "markdown", self.dir / "gate.json").stdout)
            for side in ("base", "other"):
                self.differing(f"{side}{seed}", 5, step["more_runs"])
            done = suite.program("seatrial", "gate", "--json", f"--store={self.dir}/store", f"--baseline={sides[0]}",
                                 sides[1])
            verdicts = self.verdicts(suite.parse(done.stdout))
            few = [name for name, more in asked.items() if 0 < more <= step["more_runs"]]
            claimed += len(few)
            decided += sum(verdicts[name] != "not enough evidence" for name in few)
            self.assertNotIn("regressed", verdicts.values())
        self.assertGreater(claimed, 9)
        self.assertGreater(decided, 0.6 * claimed)

    def test_what_one_run_says_is_suspected_until_a_second_says_it(self):
        base = self.null("base", [1.0] * 3, "base", runs=6)
        first = self.null("other", [1.0, 1.3, 1 / 1.3], "first")
        document = self.gate(f"--baseline={base}", first, code=4)
        self.assertEqual([metric.get("suspected") for metric in document["metrics"]], [None, ["candidate"], None])
        self.assertEqual(list(self.verdicts(document).values()), ["unchanged", "not enough evidence", "unchanged"])
        sentence = "one run may be of a passing state of the host: a second run of the {} tells"
        for sides, lacking in (((base, first), "candidate"), ((first, base), "baseline"), ((first, first), None)):
            text = suite.program("seatrial", "gate", f"--store={self.dir}/store", f"--out={self.dir}/gate.json",
                                 f"--baseline={sides[0]}", sides[1]).stdout
            for found in (text, suite.program("seatrial", "export", "markdown", self.dir / "gate.json").stdout):
                assertion = self.assertIn if lacking else self.assertNotIn
                assertion(sentence.format(lacking or "candidate"), " ".join(found.split()))
                if lacking:
                    self.assertIn("Measure again, and give both runs", " ".join(found.split()))
        self.assertEqual(self.gate("--independent", f"--baseline={base}", first, code=3)["verdict"], "regressed")
        self.null("other", [1.0, 1.3, 1 / 1.3], "second")
        document = self.gate(f"--baseline={base}", self.dir / "other", code=3)
        self.assertEqual(list(self.verdicts(document).values()), ["unchanged", "regressed", "improved"])

    def test_repeats_of_one_run_are_no_suspicion(self):
        base = self.null("base", [1.0, 1.0], "base", runs=6)
        repeated = [fleet.null_result(random.Random(f"repeat {i}"), [1.0, 1.3]) for i in range(3)]
        repeated = self.save(repeated, "other")
        document = self.gate(f"--baseline={base}", repeated, code=3)
        self.assertEqual(list(self.verdicts(document).values()), ["unchanged", "regressed"])
        single = self.null("single", [1.0, 1.7], "single")
        document = self.gate(f"--baseline={repeated}", single, code=4)
        self.assertEqual([metric.get("suspected") for metric in document["metrics"]], [None, ["candidate"]])

    def test_repeats_need_not_be_of_equal_length(self):
        """What measures until the verdict is clear takes more repetitions in one repeat than in another."""
        base = self.null("base", [1.0, 1.0], "base", runs=6)
        run = self.save([fleet.null_result(random.Random(f"repeat {i}"), [1.0, 1.3], repetitions=9 + 2 * i)
                         for i in range(3)], "store")
        for _ in range(2):  # from the file, and from the index
            for candidate in (run, run.stem):
                document = self.gate(f"--baseline={base}", candidate, code=3)
                self.assertEqual(list(self.verdicts(document).values()), ["unchanged", "regressed"])
                self.assertEqual([metric["candidate"]["n"] for metric in document["metrics"]], [33, 33])

    def test_one_run_that_is_twice_as_bad_has_regressed(self):
        base = self.null("base", [1.0] * 3, "base", runs=6)
        other = self.null("other", [1.0, 2.3, 1.0], "other")
        document = self.gate(f"--baseline={base}", other, code=3)
        self.assertEqual(list(self.verdicts(document).values()), ["unchanged", "regressed", "unchanged"])

    def test_a_metric_that_is_gone_is_no_pass(self):
        base = self.null("base", [1.0, 1.0], "a", runs=6)
        other = self.null("other", [1.0], "b", runs=6)
        document = self.gate(f"--baseline={base}", other, code=4)
        self.assertIn("the candidate has not", str(document["not_compared"]))
        self.assertEqual(self.gate("--only=null/reading.0", f"--baseline={base}", other)["verdict"], "pass")
        self.assertEqual(self.gate(f"--baseline={other}", base)["verdict"], "pass", "a new one stops nobody")

    def test_other_parameters_are_no_pass(self):
        base = self.null("base", [1.0], "a", runs=6)
        other = self.null("other", [1.0], "b", runs=6, parameters={"duration": 9.0, "dir": "/srv"})
        document = self.gate(f"--baseline={base}", other, code=4)
        self.assertIn("duration", str(document["not_compared"]))
        self.assertIn("They have no metric to judge in common", " ".join(
            suite.program("seatrial", "gate", f"--baseline={base}", other).stdout.split()))
        document = self.gate("--mixed", f"--baseline={base}", other)
        self.assertEqual(document["verdict"], "pass")
        self.assertIn("duration", str(document["mixed"]))

    def test_thresholds(self):
        base = self.null("base", [1.0, 1.0], "a", runs=6, noise=0.01)
        other = self.null("other", [1.15, 1.15], "b", runs=6, noise=0.01)
        self.gate(f"--baseline={base}", other, code=3)
        self.gate("--threshold=30", f"--baseline={base}", other)
        document = self.gate("--threshold-of=*/reading.1=30", f"--baseline={base}", other, code=3)
        self.assertEqual(self.verdicts(document), {"reading.0": "regressed", "reading.1": "unchanged"})

    def test_rare_events_are_tested_by_how_many_there_were(self):
        none, spread, burst = [0] * 10, [0, 0, 0, 0, 0, 0, 20, 22, 19, 19], [0] * 9 + [80]
        sides = {name: self.save([fleet.rare_result(events), fleet.null_result(random.Random(name), [1.0])], name)
                 for name, events in {"none": none, "again": none, "spread": spread, "burst": burst,
                                      "many": [8] * 10}.items()}
        for base, other, code, verdict, may_double in (
                ("none", "many", 3, "regressed", True), ("many", "none", 0, "improved", False),
                ("none", "again", 0, "unchanged", True), ("none", "spread", 4, "not enough evidence", True),
                ("none", "burst", 4, "not enough evidence", True)):
            with self.subTest(base=base, other=other):
                document = self.gate(f"--baseline={sides[base]}", sides[other], code=code)
                stalls, = (metric for metric in document["metrics"] if metric["name"] == "stalls")
                self.assertEqual((stalls["verdict"], stalls["may_double"]), (verdict, may_double))
        text = suite.program("seatrial", "gate", f"--store={self.dir}/store", f"--baseline={sides['none']}",
                             sides["again"]).stdout
        self.assertIn("1 metric of rare events saw too few to rule out that it got twice as bad", " ".join(text.split()))
        runs = {"base": [], "same": [], "worse": []}
        for side, several in (("base", [3, 5, 4, 2, 6, 4]), ("same", [4, 4, 3, 5, 3, 5]), ("worse", [30] * 6)):
            runs[side] = [self.save([fleet.rare_result([count])], side) for count in several][0].parent
        self.assertEqual(self.gate(f"--baseline={runs['base']}", runs["same"])["metrics"][0]["verdict"], "unchanged")
        self.assertTrue(self.gate(f"--baseline={runs['base']}", runs["worse"], code=3)["metrics"][0]["by_run"])

    def test_large_thresholds_for_what_is_better_when_higher(self):
        base = self.null("base", [1.0], "a", runs=6, better="higher")
        other = self.null("other", [0.1], "b", runs=6, better="higher")
        for threshold in (50, 100, 500):
            self.gate(f"--threshold={threshold}", f"--baseline={base}", other, code=3)
        self.gate("--threshold=1000", f"--baseline={base}", other, code=0)

    def test_a_run_counts_once_and_is_no_baseline_of_itself(self):
        store = self.dir / "store"
        for i in range(7):
            path = self.save([fleet.null_result(random.Random(f"own {i}"), [1.0])], "store", label="nightly")
        document = self.gate("--baseline=nightly", "latest")
        self.assertEqual([len(document[side]["runs"]) for side in ("baseline", "candidate")], [6, 1])
        self.assertEqual([document[side]["name"] for side in ("baseline", "candidate")],
                         ["nightly", "nightly (latest)"])
        self.assertIn("the candidate's own run", str(document["not_compared"]))
        (store / "copy.json").write_text(path.read_text())
        (self.dir / "pair").mkdir()
        for name in ("a", "b"):
            (self.dir / "pair" / f"{name}.json").write_text(path.read_text())
        document = self.gate("--baseline=nightly", self.dir / "pair")
        self.assertEqual([len(document[side]["runs"]) for side in ("baseline", "candidate")], [6, 1])
        self.assertIn("there twice", str(document["not_compared"]))
        done = suite.program("seatrial", "gate", f"--store={store}", f"--baseline={path}", "latest")
        self.assertEqual((done.returncode, done.stdout), (1, ""))
        self.assertIn("is one of the candidate's, too", done.stderr)

    def test_patterns_that_fit_nothing_are_refused(self):
        base, other = self.null("base", [1.0], "a"), self.null("other", [1.0], "b")
        for option in ("--only=fsync/*", "--threshold-of=null/readin.0=20"):
            done = suite.program("seatrial", "gate", f"--store={self.dir}/store", option, "--only=null/*",
                                 f"--baseline={base}", other)
            self.assertEqual((done.returncode, done.stdout), (2, ""), option)
            self.assertIn("fits no metric", done.stderr)
            self.assertIn(option.split("=")[1], done.stderr)

    def test_only_what_a_profile_asks_for(self):
        for side, ratio in (("base", 1.0), ("other", 1.5)):
            for i in range(5):
                rng = random.Random(f"{side} {i}")
                self.save([fleet.fsync_result(rng, repetitions=3), fleet.null_result(rng, [ratio] * 3)], side)
        sides = [f"--baseline={self.dir}/base", self.dir / "other"]
        self.assertEqual(self.gate(*sides, code=3)["settings"]["profiles"], [])
        document = self.gate("--profile=etcd", "--profile=control-plane", *sides)
        self.assertEqual(document["settings"]["profiles"], ["etcd", "control-plane"])
        asked = {entry["metric"] for name in ("etcd", "control-plane") for entry in fleet.profile(name)["requirements"]
                 if "metric" in entry}
        names = {metric["name"] for metric in document["metrics"]}
        self.assertGreater(len(names), 3)
        self.assertLessEqual(names, asked)
        document = self.gate("--profile=etcd", "--only=*/wal.rate", *sides)
        self.assertEqual([metric["name"] for metric in document["metrics"]], ["wal.rate"])
        text = suite.program("seatrial", "gate", f"--store={self.dir}/store", "--profile=etcd", *sides).stdout
        self.assertRegex(" ".join(text.split()), "Of [0-9]+ metrics that etcd judges, 0 regressed")
        document = self.gate("--profile=control-plane,etcd", "--profile=etcd", *sides)
        self.assertEqual(document["settings"]["profiles"], ["control-plane", "etcd"])
        for option, code, why in (("--profile=worker", 2, "has a metric that worker judges"),
                                  ("--profile=nothing", 2, "nothing")):
            done = suite.program("seatrial", "gate", f"--store={self.dir}/store", option, *sides)
            self.assertEqual((done.returncode, done.stdout), (code, ""))
            self.assertIn(why, done.stderr)

    def test_too_few_repetitions_among_so_many_metrics_are_said_up_front(self):
        base = self.null("base", [1.0] * 100, "a", repetitions=5, noise=0.001)
        other = self.null("other", [2.0] * 100, "b", repetitions=5, noise=0.001)
        document = self.gate("--independent", f"--baseline={base}", other, code=4)
        # Of 5 and 5 there are 252 divisions, of 7 and 7 there are 3432, of 8 and 8 there are 12870.
        self.assertEqual(document["family"], {"tested": 100, "blind": 100, "repetitions": 8})
        self.assertEqual({metric["more_repetitions"] for metric in document["metrics"]}, {3})
        text = suite.program("seatrial", "gate", f"--store={self.dir}/store", f"--baseline={base}", other).stdout
        self.assertIn("So few runs do not tell how far runs differ; 5 of each side begin to. 2 more runs of each side "
                      "may decide all 100 metrics", " ".join(text.split()))
        self.assertIn("100 of 100 metrics cannot be called regressed", " ".join(text.split()))
        document = self.gate("--independent", "--only=null/reading.7", f"--baseline={base}", other, code=3)
        self.assertEqual(document["family"], {"tested": 1, "blind": 0})

    def test_values_that_contradict_the_ratio_are_explained(self):
        sides = []
        for side, values, shown in (("base", [1.0, 1.01, 0.99] * 4, 0.9), ("other", [0.8, 0.81, 0.79] * 4, 1.1)):
            result = fleet.null_result(random.Random(1), [1.0], repetitions=12)
            metric = result["metrics"][0]
            metric["values"] = values
            metric["summary"].update(value=shown, low=shown - 0.05, high=shown + 0.05, n=12)
            sides.append(self.save([result], side))
        metric, = self.gate(f"--baseline={sides[0]}", sides[1])["metrics"]
        self.assertAlmostEqual(metric["medians"][0], 1.0)
        self.assertAlmostEqual(metric["medians"][1], 0.8)
        text = suite.program("seatrial", "gate", "--all", f"--store={self.dir}/store", f"--baseline={sides[0]}",
                             sides[1]).stdout
        self.assertIn("of single repetitions, whose medians are 1.00 s and 800 ms", " ".join(text.split()))

    def test_repeats_of_a_run_are_evidence_as_runs_are(self):
        """Each repeat has a level of its own, 10 % apart: nothing within one tells of it."""
        for seed in range(3):
            sides = []
            for side in ("base", "other"):
                rng = random.Random(f"{side} {seed}")
                sides.append(self.save([fleet.null_result(rng, [rng.lognormvariate(0, 0.1)], noise=0.001, repetitions=5)
                                        for _ in range(3)], side))
            metric, = self.gate(f"--baseline={sides[0]}", sides[1], code=4)["metrics"]
            self.assertTrue(metric["by_run"])
            self.assertEqual((metric["baseline"]["runs"], metric["baseline"]["n"]), (1, 15))
        stored = self.save([fleet.null_result(random.Random(i), [1.0], repetitions=5) for i in range(5)], "store")
        for _ in range(2):  # from the file, and from the index
            done = suite.program("seatrial", "gate", "--json", f"--store={self.dir}/store", f"--baseline={sides[0]}",
                                 stored.stem)
            self.assertTrue(suite.parse(done.stdout)["metrics"][0]["by_run"])

    def test_unfinished_runs_are_said(self):
        base = self.null("base", [1.0], "a")
        for state in ("running", "interrupted"):
            other = self.save([fleet.null_result(random.Random(state), [1.0])], "store", state=state)
            text = suite.program("seatrial", "gate", f"--store={self.dir}/store", f"--baseline={base}", other).stdout
            self.assertIn("readings may be missing", " ".join(text.split()))
        notes = suite.document("seatrial", "history", "--json", f"--store={self.dir}/store")["not_compared"]
        self.assertEqual(len(notes), 2)

    def test_what_it_shows(self):
        base = self.null("base", [1.0, 1.0], "a", runs=6)
        other = self.null("other", [1.3, 1.0], "b", runs=6)
        done = suite.program("seatrial", "gate", f"--store={self.dir}/store", f"--out={self.dir}/gate.json",
                             f"--baseline=main={base}", f"mine={other}")
        self.assertEqual((done.returncode, done.stderr), (3, ""))
        self.assertTrue(done.stdout.startswith("regressed: mine against main. Of 2 metrics 1 regressed"), done.stdout)
        self.assertIn("Reading 0 (number=0)", done.stdout)
        self.assertNotIn("Reading 1", done.stdout)
        self.assertEqual(suite.validate(json.loads((self.dir / "gate.json").read_text()))["verdict"], "regressed")

    def test_files_of_the_same_name_are_told_apart(self):
        paths = [self.dir / side / "1.json" for side in ("base", "other")]
        for path in paths:
            self.null(path.parent.name, [1.0], "a").rename(path)
        document = self.gate(f"--baseline={paths[0]}", paths[1])
        self.assertEqual([document[side]["name"] for side in ("baseline", "candidate")], ["1 (base)", "1 (other)"])

    def test_several_candidates_are_told_to_be_put_together(self):
        path = self.null("base", [1.0], "a")
        done = suite.program("seatrial", "gate", f"--store={self.dir}/store", f"--baseline={path}", path, path)
        self.assertEqual((done.returncode, done.stdout), (2, ""))
        self.assertIn("give its runs in one folder or under one label", done.stderr)

    def test_bad_command_lines(self):
        path = self.null("base", [1.0], "a")
        for options in ([], ["--baseline=x"], [path], [f"--baseline={path}", "--alpha=2", path],
                        [f"--baseline={path}", "--alpha=x", path], [f"--baseline={path}", "--threshold-of=x", path],
                        [f"--baseline={path}", "--threshold-of==5", path], [f"--baseline={path}", "--threshold=0", path],
                        [f"--baseline={path}", "--threshold-of=a=nan", path], [f"--baseline={path}", path, path]):
            done = suite.program("seatrial", "gate", f"--store={self.dir}/store", *options)
            self.assertEqual((done.returncode, done.stdout), (2, ""), options)
            self.assertEqual(len(done.stderr.splitlines()), 1, done.stderr)
        done = suite.program("seatrial", "gate", f"--store={self.dir}/store", "--baseline=nobody", path)
        self.assertEqual((done.returncode, done.stdout), (1, ""))
        self.assertIn("nobody", done.stderr)


class History(Case):
    def series(self, levels, **keywords):
        """A run a level, of one host."""
        for i, level in enumerate(levels):
            self.save([fleet.null_result(random.Random(f"history {i}"), [level, 1.0], repetitions=6, **keywords)],
                      "store")

    def history(self, *operands, code=0):
        return suite.document("seatrial", "history", "--json", f"--store={self.dir}/store", *operands, code=code)

    def test_the_run_in_which_a_change_began(self):
        self.series([1.0] * 20 + [1.2] * 12)
        document = self.history()
        self.assertEqual((document["runs"], len(document["series"])), (32, 2))
        changed, steady = document["series"]
        self.assertEqual(steady["changes"], [])
        self.assertEqual(len(changed["changes"]), 1)
        change = changed["changes"][0]
        self.assertLessEqual(abs(change["index"] - 20), 1)
        self.assertEqual(change["run"], changed["points"][change["index"]]["run"])
        self.assertEqual(change["direction"], "worse")
        self.assertAlmostEqual(change["ratio"], 1.2, delta=0.04)
        text = suite.program("seatrial", "history", f"--store={self.dir}/store").stdout
        self.assertIn(change["run"], " ".join(text.split()))

    def test_alerts_are_for_what_is_recent_and_worse(self):
        self.series([1.0] * 20 + [1.2] * 12)
        self.history("--alert=5")
        self.history("--alert=14", code=3)
        for path in (self.dir / "store").glob("*.json"):
            path.unlink()
        self.series([1.0] * 20 + [0.8] * 12)
        self.history("--alert=14")

    def test_alerts_that_could_never_be_are_refused(self):
        for runs in (1, 4):
            done = suite.program("seatrial", "history", f"--store={self.dir}/store", f"--alert={runs}")
            self.assertEqual((done.returncode, done.stdout), (2, ""))
            self.assertIn("can never be", done.stderr)

    def test_another_title_is_the_same_metric(self):
        for i in range(4):
            result = fleet.null_result(random.Random(i), [1.0])
            result["metrics"][0]["title"] = "Before" if i < 2 else "After"
            self.save([result], "store")
        series, = self.history()["series"]
        self.assertEqual((len(series["points"]), series["title"]), (4, "After"))

    def test_a_spike_is_no_change(self):
        self.series([1.0] * 15 + [5.0] + [1.0] * 15)
        self.assertEqual([series["changes"] for series in self.history()["series"]], [[], []])

    def test_hosts_and_ways_are_followed_apart(self):
        for i in range(12):
            other = i >= 6
            self.save([fleet.null_result(random.Random(i), [2.0 if other else 1.0])], "store",
                      host=fleet.host(2 if other else 1))
        document = self.history()
        self.assertEqual([len(series["points"]) for series in document["series"]], [6, 6])
        self.assertEqual([series["changes"] for series in document["series"]], [[], []])
        self.assertEqual(len(self.history(fleet.host(2)["id"])["series"]), 1)

    def test_a_folder_of_runs(self):
        self.series([1.0] * 3)
        document = suite.document("seatrial", "history", "--json", f"--store={self.dir}/none", self.dir / "store")
        self.assertEqual(document["runs"], 3)

    def test_what_is_too_short_is_said_as_the_page_says_it(self):
        for runs, expected in ((9, "2 series over 9 runs. 2 are too short to tell, with fewer than "
                                   "10 runs."), (10, "2 series over 10 runs. 2 series have none.")):
            self.series([1.0] * runs)
            text = suite.program("seatrial", "history", f"--store={self.dir}/store").stdout
            self.assertIn(expected, " ".join(text.split()))
            suite.document("seatrial", "history", "--json", f"--out={self.dir}/h.json", f"--store={self.dir}/store")
            done = suite.program("seatrial", "report", self.dir / "h.json", "-o", self.dir / "h.html")
            self.assertEqual(done.returncode, 0, done.stderr)
            page = (self.dir / "h.html").read_text()
            self.assertEqual("fewer than 10 runs" in page, runs < 10)
            for path in (self.dir / "store").glob("*.json"):
                path.unlink()

    def test_without_runs(self):
        done = suite.program("seatrial", "history", f"--store={self.dir}/none")
        self.assertEqual((done.returncode, done.stdout), (1, ""))
        self.assertIn("there is no run in", done.stderr)
        self.assertEqual(len(done.stderr.splitlines()), 1)

    def test_files_that_are_none_are_said(self):
        self.series([1.0] * 3)
        (self.dir / "store" / "20260101T000000Z-ffffffff.json").write_text("{}")
        document = self.history()
        self.assertEqual(document["runs"], 3)
        self.assertIn("ffffffff", str(document["not_compared"]))
        text = suite.program("seatrial", "history", f"--store={self.dir}/store").stdout
        self.assertIn("Left out\n  - 20260101T000000Z-ffffffff:", text)


if __name__ == "__main__":
    suite.main()
