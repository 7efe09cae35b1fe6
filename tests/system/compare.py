"""Candidates side by side: known differences recovered and noise called noise, what is not compared and why, prices,
and everything that files, servers and a damaged index can do to it."""
import contextlib
import copy
import csv
import http.server
import io
import itertools
import json
import os
import random
import re
import shutil
import sqlite3
import struct
import statistics
import subprocess
import tempfile
import threading
import time
import unittest
from pathlib import Path

import documents
import fleet
import suite

# What moves the cursor, or shows text in another order than it has: seatrial's own text_printable() lets no such pass.
HARMFUL = {chr(code) for code in [*range(0x20), *range(0x7f, 0xa0), *range(0x2028, 0x202f), *range(0x2066, 0x206a)]}
TRUTHS = [1.0] * 10 + [1.15, 0.8, 2.0, 0.5, 10.0]


class Comparison(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)
        self.store = self.folder / "store"
        self.store.mkdir()

    def save(self, name, results, number=None, **changes):
        return fleet.save(self.folder, fleet.run(results, number, **changes), name)

    def keep(self, results, number, **changes):
        return fleet.save(self.store, fleet.run(results, number, **changes))

    def words(self, *operands):
        return ("seatrial", "compare", "--store", self.store, *operands)

    def compare(self, *operands, code=0):
        return suite.document(*self.words("--json", *operands), code=code)

    def text(self, *operands, code=0, **keywords):
        done = suite.program(*self.words(*operands), **keywords)
        self.assertEqual(done.returncode, code, done.stderr)
        return done.stdout

    def refused(self, *operands, code=1):
        """The one line that says why."""
        done = suite.program(*self.words(*operands))
        self.assertEqual((done.returncode, done.stdout), (code, ""), done.stderr)
        line, = done.stderr.splitlines()
        self.assertTrue(line.startswith("seatrial compare: ") and line.isprintable(), line)
        return line

    def readings(self, name, ratios=(1.0,), seed=0, number=None, **changes):
        return self.save(name, [fleet.null_result(random.Random(f"{name} {seed}"), ratios, **changes)], number)


    def harmless(self, text):
        self.assertEqual(HARMFUL & set(text), set(), text)


class Truth(Comparison):
    def test_differences_are_recovered_and_noise_is_not_called_a_difference(self):
        self.readings("base", [1.0] * len(TRUTHS))
        self.readings("other", TRUTHS)
        made = self.compare(self.folder / "base.json", self.folder / "other.json")
        self.assertEqual([candidate["name"] for candidate in made["candidates"]], ["base", "other"])
        self.assertEqual(len(made["metrics"]), len(TRUTHS))
        for truth, metric in zip(TRUTHS, made["metrics"]):
            difference, = metric["differences"]
            with self.subTest(truth=truth, **metric["labels"]):
                self.assertAlmostEqual(difference["ratio"] / truth, 1, delta=0.06)
                if truth == 1:
                    self.assertEqual((difference["class"], difference["direction"]), ("noise", "none"))
                    continue
                self.assertEqual(difference["class"], "real")
                self.assertEqual(difference["direction"], "worse" if truth > 1 else "better")
                self.assertEqual(difference["effect"], 1 if truth > 1 else -1)
                self.assertLess(difference["p_adjusted"], 0.01)
        covered = sum(metric["differences"][0]["low"] <= truth <= metric["differences"][0]["high"]
                      for truth, metric in zip(TRUTHS, made["metrics"]))
        self.assertGreaterEqual(covered, len(TRUTHS) - 2)

    def test_direction_follows_what_is_better(self):
        for name, ratio in (("base", 1), ("more", 1.5)):
            self.readings(name, [ratio] * 3, better="higher", unit="writes/s")
        made = self.compare(self.folder / "base.json", self.folder / "more.json")
        self.assertEqual({metric["differences"][0]["direction"] for metric in made["metrics"]}, {"better"})

    def test_too_few_repetitions_are_not_enough_evidence(self):
        for name, ratio in (("base", 1), ("other", 1.3)):
            self.readings(name, [ratio] * 4, noise=0.2, repetitions=2)
        made = self.compare(self.folder / "base.json", self.folder / "other.json")
        self.assertEqual({metric["differences"][0]["class"] for metric in made["metrics"]}, {"not enough evidence"})

    def test_a_small_difference_of_one_run_each_is_not_called_real_and_why(self):
        """Of five runs each it is, as these say how far runs differ."""
        for name, ratio in (("base", 1), ("other", 1.06)):
            for number in range(5):
                self.readings(f"{name}-{number}", [ratio] * 5, number=5 * (name == "other") + number)
        one = [self.folder / f"{name}-0.json" for name in ("base", "other")]
        differences = [metric["differences"][0] for metric in self.compare(*one)["metrics"]]
        self.assertTrue(any(difference["class"] == "not enough evidence" and difference["low"] > 1
                            for difference in differences), differences)
        self.assertNotIn("real", {difference["class"] for difference in differences})
        for name in ("base", "other"):
            (self.folder / name).mkdir()
            for number in range(5):
                (self.folder / f"{name}-{number}.json").rename(self.folder / name / f"{number}.json")
        many = [self.folder / name for name in ("base", "other")]
        one = [self.folder / name / "0.json" for name in ("base", "other")]
        self.assertEqual({metric["differences"][0]["class"] for metric in self.compare(*many)["metrics"]}, {"real"})
        for options in ((), ("--markdown=-",)):
            caveat = "With fewer than 5 runs in all, an interval is that of these runs."
            self.assertIn(caveat, " ".join(self.text(*options, *one).split()))
            self.assertNotIn(caveat, " ".join(self.text(*options, *many).split()))
        for runs, times in ((one, 1), (many, 0)):
            suite.program("seatrial", "compare", "-o", self.folder / "c.json", *runs)
            page = suite.program("seatrial", "report", self.folder / "c.json", "-o", "-").stdout
            self.assertEqual(page.count(caveat), times)

    def test_rare_events_are_compared_by_how_many_there_were(self):
        for name, events in (("base", [0] * 10), ("same", [0] * 10), ("worse", [8] * 10)):
            self.save(name, [fleet.rare_result(events)])
        made = self.compare(*(self.folder / f"{name}.json" for name in ("base", "same", "worse")))
        same, worse = made["metrics"][0]["differences"]
        self.assertEqual((same["class"], same["direction"]), ("not enough evidence", "none"))
        self.assertEqual((worse["class"], worse["direction"]), ("real", "worse"))

    def test_values_are_those_of_the_run(self):
        path = self.readings("base", [1.0, 3.0])
        self.readings("other", [1.0])
        made = self.compare(path, self.folder / "other.json")
        run = suite.parse(path.read_text())
        for metric, truth in zip(made["metrics"], run["results"][0]["metrics"]):
            value = metric["values"][0]
            self.assertEqual([value[key] for key in ("n", "value", "low", "high")],
                             [truth["summary"][key] for key in ("n", "value", "low", "high")])
        self.assertEqual(made["metrics"][1]["values"][1],
                         {"candidate": 1, "n": 0, "runs": 0, "value": None, "low": None, "high": None})
        self.assertEqual(made["metrics"][1]["differences"], [])

    def test_baseline_is_the_first_or_the_one_that_is_named(self):
        for name, ratio in (("a", 1.0), ("b", 2.0)):
            self.readings(name, [ratio])
        paths = [self.folder / "a.json", self.folder / "b.json"]
        self.assertAlmostEqual(self.compare(*paths)["metrics"][0]["differences"][0]["ratio"], 2, delta=0.1)
        named = self.compare("--baseline", "b", *paths)
        self.assertEqual((named["baseline"], named["metrics"][0]["differences"][0]["candidate"]), (1, 0))
        self.assertAlmostEqual(named["metrics"][0]["differences"][0]["ratio"], 0.5, delta=0.025)
        self.assertIn('"c"', self.refused("--baseline", "c", *paths, code=2))

    def test_several_runs_are_pooled_by_label_host_and_folder(self):
        for number in range(12):
            self.keep([fleet.null_result(random.Random(number), [1.0 if number % 2 else 1.4], repetitions=5)], number,
                      label=("slow", "quick")[number % 2], host=fleet.host(number % 2))
        (self.folder / "quick").mkdir()
        for path in sorted(self.store.glob("*.json"))[1::2]:
            shutil.copy(path, self.folder / "quick")
        for operands in (("quick", "slow"), (f"{1:016x}", f"{0:016x}"), (self.folder / "quick", "slow")):
            made = self.compare(*operands)
            self.assertEqual([candidate["name"] for candidate in made["candidates"]], ["quick", "slow"])
            self.assertEqual([len(candidate["runs"]) for candidate in made["candidates"]], [6, 6])
            metric, = made["metrics"]
            self.assertEqual([(value["n"], value["runs"]) for value in metric["values"]], [(30, 6)] * 2)
            difference, = metric["differences"]
            self.assertEqual((difference["class"], difference["by_run"]), ("real", True))
            self.assertAlmostEqual(difference["ratio"], 1.4, delta=0.05)

    def test_latest_and_beginnings_of_ids(self):
        paths = [self.keep([fleet.null_result(random.Random(number), [1.0])], number) for number in range(3)]
        made = self.compare("latest", f"old={paths[0].stem[:15]}")
        self.assertEqual([candidate["runs"][0]["id"] for candidate in made["candidates"]],
                         [paths[2].stem, paths[0].stem])
        self.assertEqual(made["candidates"][1]["name"], "old")
        self.assertIn("beginning of 3 runs", self.refused("latest", paths[0].stem[:8]))

    def test_names_are_told_apart(self):
        path = self.readings("same")
        made = self.compare(path, path, path, code=4)
        self.assertEqual([candidate["name"] for candidate in made["candidates"]], ["same", "same (2)", "same (3)"])
        paths = [self.save(name, [fleet.null_result(random.Random(1), [1.0])], label="nightly")
                 for name in ("monday", "tuesday")]
        made = self.compare(*paths, "other=" + str(paths[0]))
        self.assertEqual([candidate["name"] for candidate in made["candidates"]],
                         ["nightly (monday)", "nightly (tuesday)", "other"])


class Values(Comparison):
    """One definition: a run's value is what verdicts say, and a candidate's is the median of its runs'."""
    STEADY = [[1_000_000] * 100] * 5  # ns
    SLOW = [[10_000_000] * 100] * 5

    def latencies(self, *repetitions):
        """The p99 of the log of etcd, once in each result."""
        made = []
        for one in repetitions:
            distribution, metrics = documents.latency("etcd.wal_fsync", "Log", one, fleet.LABELS)
            made.append(documents.result("fsync", "?", ".", parameters={}, distributions=[distribution],
                                         metrics=[metric for metric in metrics if metric["quantile"] == 0.99]))
        return made

    @staticmethod
    def interval(value):
        return [value[key] for key in ("value", "low", "high")]

    def steady(self, number, value, low, high, label="many"):
        metric = documents.metric("reading", "Reading", "s", "lower", [value] * 10)
        metric["summary"].update(value=value, low=low, high=high)
        return self.keep([documents.result("null", "?", ".", metrics=[metric])], number, label=label)

    def test_a_quantile_of_several_results_is_that_of_all_their_samples(self):
        """The median of the repetitions' quantiles would be 5.5 ms."""
        one = self.keep(self.latencies(self.STEADY), 0, label="one")
        two = self.keep(self.latencies(self.STEADY, self.SLOW), 1, label="two")
        verdict = suite.document("seatrial", "show", "--json", two)
        shown, = (line for profile in verdict["profiles"] for line in profile["lines"]
                  if line.get("metric") == "etcd.wal_fsync.p99")
        self.assertAlmostEqual(shown["value"], 0.01, delta=2e-5)
        for operands in ((one, two), ("one", "two"), ("one", "two")):
            metric, = self.compare(*operands)["metrics"]
            self.assertAlmostEqual(metric["values"][0]["value"], 0.001, delta=2e-6)
            self.assertEqual(self.interval(metric["values"][1]), self.interval(shown))
            self.assertEqual(metric["values"][1]["n"], 10)
        gate = suite.document("seatrial", "gate", "--json", "--store", self.store, "--baseline=one", "two",
                              code=4)
        self.assertEqual(self.interval(gate["metrics"][0]["candidate"]), self.interval(shown))
        history = suite.document("seatrial", "history", "--json", "--store", self.store, "two")
        self.assertEqual(self.interval(history["series"][0]["points"][0]), self.interval(shown))
        exported = suite.program("seatrial", "export", "bencher", two).stdout
        self.assertIn(shown["value"], [measure["value"] for metric in json.loads(exported).values()
                                       for measure in metric.values()])

    def test_without_its_histograms_a_quantile_of_several_results_is_left_out(self):
        good, bad = self.latencies(self.STEADY, self.SLOW)
        self.keep([good], 0, label="good")
        for number, (spoil_it, why) in enumerate((
                (lambda: bad.update(distributions=[]), "the latency histograms behind it are missing"),
                (lambda: bad["metrics"][0].pop("distribution"), "the documents disagree on which quantile it is"))):
            spoil_it()
            (self.folder / f"bad{number}.json").write_text(json.dumps(fleet.run([good, bad], 1)))
            made = self.compare("good", self.folder / f"bad{number}.json", code=4)
            self.assertEqual(made["metrics"][0]["values"][1]["value"], None)
            self.assertIn({"what": f"bad{number}: fsync: etcd.wal_fsync.p99", "why": why}, made["not_compared"])

    def test_several_runs_have_the_median_of_their_values(self):
        self.steady(99, 1.0, 1.0, 1.0, "other")
        runs = [(2.0, 1.9, 2.2), (1.0, 0.5, 1.1), (4.0, 3.8, None), (3.0, 2.9, 3.1), (7.0, 6.9, 7.1), (5.0, 4.9, 5.1),
                (6.0, 5.9, 6.1)]
        expected = {1: [2.0, 1.9, 2.2], 2: [1.5, 0.5, 2.2], 3: [2.0, 0.5, None], 7: [4.0, 1.0, 7.0]}
        for number, run in enumerate(runs):
            self.steady(number, *run)
            if number + 1 in expected:
                value = self.compare("other", "many")["metrics"][0]["values"][1]
                self.assertEqual((value["runs"], self.interval(value)), (number + 1, expected[number + 1]))

    def test_several_runs_have_the_rate_of_all_their_events(self):
        self.save("other", [fleet.rare_result([0] * 10)])
        for number, events in enumerate(([3] * 10, [0] * 30)):
            self.keep([fleet.rare_result(events)], number, label="rare")
        value = self.compare(self.folder / "other.json", "rare")["metrics"][0]["values"][1]
        self.assertAlmostEqual(value["value"], 30 / 2400)


class Shared(Comparison):
    """A run that two candidates have is no evidence of a difference between them."""

    def fill(self, *owners, result=lambda number: fleet.null_result(random.Random(number), [1 + number % 3 / 10])):
        """One run each, in folders as their letters say."""
        for number, owner in enumerate(owners):
            for letter in owner:
                (self.folder / letter).mkdir(exist_ok=True)
                fleet.save(self.folder / letter, fleet.run([result(number)], number))

    def sides(self, one, other, **keywords):
        made = self.compare(self.folder / one, self.folder / other, **keywords)
        notes = [entry["why"] for entry in made["not_compared"]]
        metric, = made["metrics"]
        return metric["differences"], metric["values"], notes

    def test_the_same_runs_are_not_compared(self):
        self.fill("ab", "ab")
        differences, values, notes = self.sides("a", "b", code=4)
        self.assertEqual(differences, [])
        self.assertEqual([value["runs"] for value in values], [2, 2])
        self.assertIn("shares all its runs with the baseline", *notes)

    def test_each_is_compared_by_the_runs_that_it_has_alone(self):
        for result in (None, lambda number: fleet.rare_result([number] * 10)):
            self.fill("ac", "ac", "ac", "ab", "ab", "bd", "bd", "bd", **({"result": result} if result else {}))
            differences, values, notes = self.sides("a", "b")
            alone, _, none = self.sides("c", "d")
            self.assertEqual((differences, none), (alone, []))
            self.assertEqual([value["runs"] for value in values], [5, 5])
            self.assertIn("2 of its runs are the baseline's too", *notes)

    def test_a_part_is_compared_with_the_rest(self):
        self.fill("ac", "ac", "ac", "ab", "ab")
        for (whole, rest), text in ((("ab", "cb"), "compared with the other 3 of the baseline"),
                                    (("ba", "bc"), "its other 3 are compared with them")):
            differences, values, notes = self.sides(*whole)
            alone, _, none = self.sides(*rest)
            self.assertEqual((differences, none), (alone, []))
            self.assertEqual(sorted(value["runs"] for value in values), [2, 5])
            self.assertIn(text, *notes)

    def test_what_only_shared_runs_have_is_named(self):
        self.fill("a", "ab", "b",
                  result=lambda number: fleet.null_result(random.Random(number), [1.0] * (1 + number % 2)))
        made = self.compare(self.folder / "a", self.folder / "b")
        self.assertEqual([len(metric["differences"]) for metric in made["metrics"]], [1, 0])
        self.assertIn({"what": "b: null", "why": "one side has it from shared runs alone"}, made["not_compared"])


class Ranking(Comparison):
    def plans(self, **speeds):
        paths = []
        for number, (name, speed) in enumerate(speeds.items()):
            rng = random.Random(number)
            paths.append(self.save(name, [fleet.fsync_result(rng, speed, samples=500), fleet.host_result()], number,
                                   label=name))
        return paths

    def test_verdict_comes_before_speed_and_the_cheapest_is_named(self):
        paths = self.plans(small=1.0, large=2.0, spinning=0.06)
        made = self.compare(*paths, "--price", "small=EUR 4.99/month", "--price=large=EUR 0.01/hour",
                            "--price=spinning=EUR 24/year")
        ranking, = made["rankings"]
        self.assertEqual([(place["candidate"], place["overall"]) for place in ranking["order"]],
                         [(1, "suitable"), (0, "suitable"), (2, "unsuitable")])
        self.assertEqual((ranking["suitable"], ranking["cheapest"]), ([1, 0], 0))
        self.assertEqual([round(place["monthly"], 6) for place in ranking["order"]], [7.3, 4.99, 2])
        for place, metric in ((place, made) for place in ranking["order"]):
            self.assertAlmostEqual(place["per_money"], place["score"] / place["monthly"])
        asked = {requirement["metric"] for requirement in fleet.profile("etcd")["requirements"]
                 if "metric" in requirement} - {"etcd.leader_changes"}
        for place in ranking["order"]:
            ratios = [difference["ratio"] ** (1 if metric["better"] == "higher" else -1)
                      for metric in made["metrics"] if metric["name"] in asked
                      for difference in metric["differences"] if difference["candidate"] == place["candidate"]]
            expected = fleet.geometric_mean(ratios) if ratios else 1
            self.assertAlmostEqual(place["score"], expected)
            self.assertLessEqual(place["score_low"], place["score"])
            self.assertGreaterEqual(place["score_high"], place["score"])
        first = self.text(*paths, "--price", "small=EUR 4.99/month", "--price", "large=EUR 9/month").splitlines()
        self.assertIn("large and small are suitable; the cheapest of them is small", first[0])

    def test_readings_that_are_judged_tell_how_their_repetitions_spread(self):
        """As quartiles from six repetitions on, below as they are."""
        paths = [self.save(f"n{count}", [fleet.fsync_result(random.Random(count), repetitions=count), fleet.host_result()],
                           count, label=f"n{count}") for count in (5, 6, 9)]
        runs = [suite.parse(path.read_text()) for path in paths]
        asked = {requirement.get("metric") for requirement in fleet.profile("etcd")["requirements"]}
        for metric in self.compare(*paths)["metrics"]:
            for value, run in zip(metric["values"], runs):
                values = next(sorted(own["values"]) for own in run["results"][0]["metrics"] if own["name"] == metric["name"])
                expected = values if len(values) < 6 else [
                    values[0], *statistics.quantiles(values, n=4, method="inclusive"), values[-1]]
                key = "repetitions" if len(values) < 6 else "quartiles"
                with self.subTest(metric["name"], key=key):
                    self.assertEqual({"repetitions", "quartiles"} & set(value), {key} if metric["name"] in asked else set())
                    for made, truth in zip(value.get(key, []), expected):
                        self.assertAlmostEqual(made, truth, delta=1e-9 * abs(truth))

    def test_no_one_is_suitable(self):
        paths = self.plans(worse=0.05, bad=0.06)
        self.assertIn("no candidate is suitable; the nearest is bad (unsuitable)", self.text(*paths))
        ranking, = self.compare(*paths)["rankings"]
        self.assertEqual((ranking["suitable"], ranking["cheapest"]), ([], None))

    def test_worst_run_of_a_candidate_counts(self):
        for number, speed in enumerate((1.0, 0.05, 1.0)):
            self.keep([fleet.fsync_result(random.Random(number), speed), fleet.host_result()], number, label="moody")
        self.keep([fleet.fsync_result(random.Random(9)), fleet.host_result()], 9, label="steady")
        made = self.compare("moody", "steady")
        self.assertEqual([candidate["verdicts"][0]["overall"] for candidate in made["candidates"]],
                         ["unsuitable", "suitable"])
        self.assertEqual(made["rankings"][0]["suitable"], [1])

    def lines(self, made, which, profile=0):
        return {line["id"]: line for line in made["candidates"][which]["verdicts"][profile]["lines"]}

    def test_each_requirement_is_judged_as_the_run_alone_is(self):
        paths = self.plans(small=1.0, spinning=0.06)
        made = self.compare("--profile", "etcd", "--profile", "control-plane", *paths)
        for which, path in enumerate(paths):
            run = suite.parse(path.read_text())
            run["profiles"] = [fleet.profile("etcd"), fleet.profile("control-plane")]
            path.write_text(json.dumps(run))
            verdict = suite.document("seatrial", "show", "--json", path)
            for number, profile in enumerate(verdict["profiles"]):
                described = self.lines(made, which, number)
                self.assertEqual(list(described), [line["id"] for line in profile["lines"]])
                for line in profile["lines"]:
                    own = described[line["id"]]
                    self.assertEqual(own.pop("run"), run["id"])
                    self.assertEqual("text" in own, line["status"] != "met")
                    self.assertEqual({**own, **{key: line[key] for key in ("text", "why", "do", "source")}}, line)
        self.assertEqual({name: line["status"] for name, line in self.lines(made, 1).items()
                          if line["severity"] == "required" and line["status"] not in ("met", "presumed")},
                         {"etcd.log": "not met", "etcd.database": "not met"})

    def test_each_requirement_counts_in_the_run_that_is_worst_for_it(self):
        results = [[fleet.fsync_result(random.Random(number), speed), fleet.host_result(cpus)]
                   for number, (speed, cpus) in enumerate(((1.0, 1), (0.05, 4), (0.04, 4), (2.0, 2)))]
        kept = [self.keep(parts, number, label="moody").stem for number, parts in enumerate(results)]
        self.keep(results[0], 9, label="steady")
        made = self.compare("moody", "steady")
        self.assertEqual({name: (line["status"], kept.index(line["run"])) for name, line in self.lines(made, 0).items()
                          if name in ("etcd.log", "etcd.cpus", "etcd.errors")},
                         {"etcd.log": ("not met", 2), "etcd.cpus": ("not met", 0), "etcd.errors": ("met", 3)})
        index = self.compare("moody", "steady")
        self.assertEqual(index["candidates"], made["candidates"])

    def test_who_does_not_meet_what_is_said_in_text_and_markdown(self):
        paths = self.plans(small=1.0, spinning=0.06)
        value = self.lines(self.compare(*paths), 1)["etcd.log"]["reading"]
        reading = value.replace("95 % interval ", "").replace(" ms to ", " to ").replace(" ms)", ")")
        text = self.text(*paths)
        self.assertIn("\nNot clearly met by all: etcd member\n  Disk flushes of etcd's log (WAL fsync): at most 10 ms\n"
                      f"    spinning: not met, {reading}\n", text)
        self.assertNotIn("small: met", text)
        self.assertIn("    small: met, ", self.text("--all", *paths))
        self.assertRegex(self.text("--markdown=-", *paths), r"\n\| Disk flushes of etcd's log \(WAL fsync\) \| at most 10 ms "
                         r"\| met: [^|]* \| not met: " + re.escape(reading) + r" \|\n")

    def test_requirements_of_very_many_candidates_are_left_out_and_that_is_said(self):
        path = self.plans(one=1.0)[0]
        for count, there in ((30, True), (31, False)):
            made = self.compare(*[path] * count)
            self.assertEqual({"lines" in candidate["verdicts"][0] for candidate in made["candidates"]}, {there})
            self.assertEqual("requirements" in [entry["what"] for entry in made["not_compared"]], not there)

    def test_another_profile_can_judge(self):
        paths = self.plans(one=1.0, two=1.0)
        made = self.compare("--profile", "worker", "--profile", "etcd", *paths)
        self.assertEqual([ranking["profile"] for ranking in made["rankings"]], ["worker", "etcd"])
        self.assertIn('"nope"', self.refused("--profile", "nope", *paths))

    def test_profiles_of_one_name_that_differ_are_said_to(self):
        paths = self.plans(one=1.0, two=1.0)
        changed = suite.parse(paths[1].read_text())
        changed["profiles"][0]["requirements"][0]["max"] = 1
        paths[1].write_text(json.dumps(changed))
        self.assertIn({"what": "two: profile etcd", "why":
                       "it differs from the profile of the same name that others were judged by; --profile judges all "
                       "by one"}, self.compare(*paths)["not_compared"])

    def test_a_score_over_fewer_readings_is_none(self):
        paths = self.plans(one=1.0, two=1.0)
        poor = suite.parse(paths[1].read_text())
        poor["results"][0]["metrics"] = [metric for metric in poor["results"][0]["metrics"]
                                         if metric["name"] != "wal.rate"]
        paths[1].write_text(json.dumps(poor))
        scores = {place["candidate"]: place["score"] for place in self.compare(*paths)["rankings"][0]["order"]}
        self.assertEqual(scores, {0: 1, 1: None})

    def test_currencies_are_not_converted(self):
        paths = self.plans(one=1.0, two=1.0)
        made = self.compare(*paths, "--price", "one=$4/month", "--price", "two=5 EUR/month")
        self.assertEqual(made["rankings"][0]["cheapest"], None)
        self.assertEqual([candidate["price"] for candidate in made["candidates"]],
                         [{"amount": 4, "currency": "$", "per": "month"},
                          {"amount": 5, "currency": "EUR", "per": "month"}])
        self.assertEqual(made["not_compared"], [
            {"what": "prices", "why": "they are in different currencies ($ and EUR), and nothing is converted: no "
                                      "candidate is called the cheapest, and none is ranked by its price"}])
        self.assertFalse(any("monthly" in place for place in made["rankings"][0]["order"]))
        (self.folder / "c.json").write_text(json.dumps(made))
        page = suite.program("seatrial", "report", self.folder / "c.json", "-o", "-").stdout
        self.assertIn("Which is the cheapest is not known: prices are in different currencies, and nothing is "
                      "converted.", page)
        # No number to sort by: $4 is not less than EUR 5.
        self.assertEqual(re.findall('<td data-label="(?:price|a month)"[^>]*><span>([^<]*)', page),
                         re.findall('<td data-label="(?:price|a month)"><span>([^<]*)', page))
        made = self.compare(*paths, "--price", "one=4/month", "--price", "two=5 EUR/month")
        self.assertIn("(one that is not named and EUR)", made["not_compared"][0]["why"])
        self.assertIn("two and one are suitable; which is the cheapest is not known, as prices are in different "
                      "currencies.", self.told(*paths, "--price", "one=$4/month", "--price", "two=5 EUR/month"))

    def told(self, *words):
        """The first paragraph, the same of the text and of Markdown."""
        text, markdown = (" ".join(self.text(*more, *words).split()) for more in ((), ("--markdown", "-")))
        answer = text.partition(" Ranking: ")[0]
        self.assertIn(answer, markdown)
        return answer

    def test_nobody_is_the_cheapest_of_those_without_a_price(self):
        paths = self.plans(one=1.0, two=1.0, three=1.0)
        self.assertIn("two, three and one are suitable; the cheapest of the 1 with a known price is one, at 4.00/month.",
                      self.told(*paths, "--price", "one=4/month"))
        self.assertEqual([entry["what"] for entry in self.compare(*paths, "--price", "one=4/month")["not_compared"]],
                         ["two: price", "three: price"])
        self.assertIn("two, three and one are suitable.", self.told(*paths))
        self.assertEqual(self.compare(*paths)["not_compared"], [])

    def test_bad_prices(self):
        paths = self.plans(one=1.0, two=1.0)
        for price in ("one", "one=", "one=x", "one=4.99", "one=4.99/week", "one=-1/month", "one=0/month", "one=1e3/month",
                      "one=4,99/month", "one=nan/month", "one=EUR 4 EUR/month", "one=/month", "one=1/2/month",
                      "three=1/month", "one=\x1b[31m/month", "one=" + "9" * 400 + "/month", "one=4 \udcff/month"):
            with self.subTest(price=price):
                self.refused("--price", os.fsencode(price).decode(errors="surrogateescape"), *paths, code=2)


class NotCompared(Comparison):
    def reasons(self, **changes):
        """What is said of a run that was measured in another way; nothing else is compared."""
        self.readings("one")
        self.save("other", [fleet.null_result(random.Random(5), [1.0, 1.0], **changes)])
        self.paths = self.folder / "one.json", self.folder / "other.json"
        made = self.compare(*self.paths, code=4)
        self.assertEqual([metric["differences"] for metric in made["metrics"]], [[]] * 2)
        entry, = made["not_compared"]
        self.assertIn(entry["why"], " ".join(self.text(*self.paths, code=4).split()))
        return entry["what"], entry["why"]

    def test_parameters_presets_versions_units(self):
        for changes, reason in (
                ({"parameters": {"duration": 0.2, "dir": "/srv"}}, 'parameter "duration": 0.1 in one, 0.2 in the other'),
                ({"parameters": {"duration": 0.1, "dir": "/srv", "new": [1]}},
                 'parameter "new": null in one, [1] in the other'),
                ({"preset": "full"}, "preset: standard in one, full in the other"),
                ({"suite": {"version": "0.2.0", "commit": "x"}}, "version of seatrial: 0.1 in one, 0.2 in the other"),
                ({"unit": "B"}, "unit: s in one, B in the other"),
                ({"better": "higher"}, "better: lower in one, higher in the other")):
            with self.subTest(reason=reason):
                self.assertEqual(self.reasons(**changes), ("other: null", reason))

    def test_the_rest_is_still_compared(self):
        same = fleet.fsync_result(random.Random(1))
        for name, preset in (("one", "quick"), ("two", "full")):
            self.save(name, [same, fleet.null_result(random.Random(name), [1.0, 1.0], preset=preset)])
        made = self.compare(self.folder / "one.json", self.folder / "two.json")
        self.assertEqual({(metric["bench"], len(metric["differences"])) for metric in made["metrics"]},
                         {("fsync", 1), ("null", 0)})
        self.assertEqual([entry["what"] for entry in made["not_compared"]], ["two: null (2 readings)"])

    def test_places_patch_versions_commits_and_seeds_do_not_matter(self):
        self.readings("one")
        self.save("two", [fleet.null_result(random.Random(2), [1.0], parameters={"duration": 0.1, "dir": "/other"}, seed=7,
                                            suite={"version": "0.1.9", "commit": "another"})])
        made = self.compare(self.folder / "one.json", self.folder / "two.json")
        self.assertEqual((len(made["metrics"][0]["differences"]), made["not_compared"]), (1, []))

    def test_what_a_bench_calls_incidental_does_not_matter_and_the_rest_does(self):
        for name, peer, way in (("one", "192.0.2.1", "a/b"), ("two", "192.0.2.2", "a/b"), ("three", None, "c/d")):
            self.readings(name, parameters={"duration": 0.1, "peer": peer, "way": way}, incidental=["peer"])
        paths = [self.folder / f"{name}.json" for name in ("one", "two", "three")]
        self.assertEqual(self.compare(*paths[:2])["not_compared"], [])
        self.assertEqual(self.compare(*paths)["not_compared"],
                         [{"what": "three: null", "why": 'parameter "way": "a/b" in one, "c/d" in the other'}])

    def test_mixed_compares_all_the_same_and_says_so(self):
        self.reasons(preset="full")
        made = self.compare("--mixed", *self.paths)
        self.assertEqual((made["settings"]["mixed"], made["metrics"][0]["mixed"]), (True, True))
        self.assertEqual(len(made["metrics"][0]["differences"]), 1)
        self.assertEqual(made["mixed"], [{"what": "other: null", "why": "preset: standard in one, full in the other"}])
        self.assertIn("measured in different ways", self.text("--mixed", "--all", *self.paths))
        self.reasons(unit="B")
        self.compare("--mixed", *self.paths, code=4)

    def test_benches_that_gave_nothing_are_named_with_their_reason(self):
        self.readings("one")
        self.save("two", [fleet.null_result(random.Random(2), [1.0]),
                          documents.result("encap", "What?", "So.", status="skipped", reason="This kernel has no VXLAN.")])
        made = self.compare(self.folder / "one.json", self.folder / "two.json")
        self.assertEqual(made["not_compared"], [{"what": "two: encap", "why": "skipped: This kernel has no VXLAN."}])


class Hostile(Comparison):
    def test_what_is_not_whole_is_left_out_with_a_reason(self):
        good = documents.metric("good", "Good", "s", "lower", [1.0, 2.0, 3.0])
        bad = {"name": {"name": ""}, "title": {"title": ""}, "unit": {"unit": ""}, "better": {"better": "maybe"},
               "labels": {"labels": {"a": 1}}, "no labels": {"labels": []}, "values": {"values": []},
               "text": {"values": [1, "2"]}, "value": {"summary": {"n": 1}},
               "order": {"summary": {"n": 3, "value": 5, "low": 6, "high": 7}},
               "bound": {"summary": {"n": 3, "value": 5, "low": "x", "high": 7}},
               "quantile": {"quantile": 2, "distribution": "x"}, "events": {"events": 1},
               "exposure": {"events": 1, "exposure": 0}}
        metrics = [good] + [{**documents.metric(f"bad{i}", "Bad", "s", "lower", [1.0, 2.0]), **change}
                            for i, change in enumerate(bad.values())]
        metrics += [documents.metric("twice", "Twice", "s", "lower", [1.0])] * 2
        results = [documents.result("null", "?", ".", metrics=metrics), {}, {"bench": {"name": "x"}},
                   documents.result("old", "?", ".", suite={"version": "new", "commit": ""}),
                   documents.result("bare", "?", ".", parameters=[])]
        path = self.folder / "bad.json"
        path.write_text(json.dumps(documents.run(results, [])))
        self.save("good", [documents.result("null", "?", ".", metrics=[good])], profiles=())
        made = self.compare(self.folder / "good.json", path)
        self.assertEqual([metric["name"] for metric in made["metrics"]], ["good"])
        reasons = {entry["what"]: entry["why"] for entry in made["not_compared"]}
        self.assertEqual(len(reasons), len(bad) + 1 + 4, reasons)
        self.assertEqual(reasons["bad: null: twice"], "one result gives it twice")
        self.assertIn("does not say which version", reasons["bad: old"])
        self.assertNotIn("", reasons.values())

    def test_files_that_are_no_runs(self):
        good = self.readings("good")
        for name, content in (("empty", ""), ("text", "hello"), ("list", "[]"), ("other", '{"schema":"seatrial.result/1"}'),
                              ("newer", '{"schema":"seatrial.run/2"}'), ("deep", "[" * 100000),
                              ("nul", "\0" * 100), ("half", good.read_text()[:-100])):
            path = self.folder / f"{name}.json"
            path.write_text(content)
            self.assertIn(name, self.refused(good, path))
        self.assertIn("larger than", self.refused(good, self.large()))
        os.mkfifo(self.folder / "pipe.json")
        self.assertIn("not a regular file", self.refused(good, self.folder / "pipe.json"))
        self.assertIn("cannot open", self.refused(good, self.folder / "missing.json"))
        self.assertIn("no run is stored", self.refused(good, str(self.store) + "/../store/"))
        (self.folder / "void").mkdir()
        self.assertIn("no run document", self.refused(good, self.folder / "void"))

    def test_whatever_a_run_holds_the_comparison_is_valid(self):
        rng = random.Random(1)
        good = fleet.run([fleet.fsync_result(rng, samples=20), fleet.null_result(rng, [1.0, 2.0]), fleet.host_result()])
        fleet.save(self.folder, good, "good")
        values = [None, True, -1, 0, 1e308, -1e308, 5e-324, 2 ** 62, "", "\x1b[31m\u202e", "=1", "a=b,c", "x" * 5000, "/",
                  [], {}, [{}], [1, "a"], {"a": "b"}, {"a": {"b": 1}}]
        (self.folder / "bad").mkdir()
        text = json.dumps(good)
        for number in range(150):
            run = json.loads(text)
            run["id"] = f"{run['id'][:-8]}{number:08x}"
            for _ in range(rng.choice((1, 1, 3, 10))):
                results = run["results"] if isinstance(run.get("results"), list) else []
                spoil(rng, results if results and rng.random() < 0.9 else run,
                      values)
            (self.folder / "bad" / f"{number:03}.json").write_text(json.dumps(run))
        for words in ((), ("--mixed", "--threshold", "1")):
            made = self.compare(*words, self.folder / "good.json", self.folder / "bad", "--price", "good=1/month")
            self.assertGreater(len(made["candidates"][1]["runs"]), 50)
            self.assertEqual(len(made["metrics"][0]["values"]), 2)
        for words in (("--all",), ("--csv", "-"), ("--markdown", "-")):
            self.harmless(self.text(*words, self.folder / "good.json", self.folder / "bad").replace("\n", "").replace("\r", ""))

    def large(self):
        path = self.folder / "large.json"
        with path.open("wb") as file:
            file.truncate((64 << 20) + 1)
        return path

    def test_a_folder_passes_over_what_is_no_run(self):
        (self.folder / "mix").mkdir()
        shutil.copy(self.readings("good"), self.folder / "mix" / "good.json")
        (self.folder / "mix" / "notes.txt").write_text("x")
        (self.folder / "mix" / "bad.json").write_text("{}")
        made = self.compare(self.readings("other"), self.folder / "mix")
        self.assertEqual([(len(candidate["runs"])) for candidate in made["candidates"]], [1, 1])
        entry, = made["not_compared"]
        self.assertEqual(entry["what"], "mix: bad.json")

    def evil(self):
        """Two runs whose every text is nasty, in the same ways."""
        metrics = [documents.metric("m", text, "s", "lower", [1.0 + i] * 12, {"label": text})
                   for i, text in enumerate(documents.HOSTILE + ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "|x|\\|",
                                                                 "``` `", "https://evil.example/", "@everyone #1"])]
        paths = []
        for name, factor in (("one", 1.0), ("two", 3.0)):
            for metric in metrics:
                metric["values"] = [value * factor for value in metric["values"]]
                metric["summary"].update(value=metric["values"][0], low=metric["values"][0], high=metric["values"][0])
            run = documents.run([documents.result("null", "?", ".", metrics=metrics)], [],
                                label=documents.HOSTILE[6] + "=cmd|x", id=f"20260120T150405Z-{len(paths):08x}")
            paths.append(self.folder / f"{name}.json")
            paths[-1].write_text(json.dumps(run))
        return paths

    def test_terminal_gets_no_control_character(self):
        for run in documents.hostile()[0], suite.parse(self.evil()[1].read_text()):
            (self.folder / "evil.json").write_text(json.dumps(run))
            (self.folder / "twin.json").write_text(json.dumps({**run, "id": "20260120T150405Z-ffffffff"}))
            shown = self.text("--all", self.folder / "evil.json", self.folder / "one.json") if run["profiles"] == [] else \
                suite.program(*self.words("--all", self.folder / "evil.json", self.folder / "twin.json")).stdout
            self.harmless(shown.replace("\n", ""))

    def test_text_fits_80_columns(self):
        paths = fleet.examples(self.folder)
        for columns in ("80", "60", "100"):
            shown = self.text("--all", *paths, "--price", "small=EUR 4.99/month",
                              env={**os.environ, "COLUMNS": columns, "LC_ALL": "C.UTF-8"})
            self.assertEqual([line for line in shown.splitlines() if len(line) > int(columns)], [])

    def test_spreadsheets_get_no_formula(self):
        paths = self.evil()
        table = list(csv.reader(io.StringIO(self.text("--csv", "-", *paths, code=0), newline="")))
        self.assertEqual({len(row) for row in table}, {len(table[0])})
        header, *rows = table
        made = self.compare(*paths)
        self.assertEqual([metric["labels"]["label"] for metric in made["metrics"]],
                         [metric["labels"]["label"] for metric in
                          suite.parse(paths[0].read_text())["results"][0]["metrics"]])
        self.assertEqual(len(rows), sum(len(metric["values"]) for metric in made["metrics"]))
        numbers = {"n", "value", "low", "high", "ratio", "ratio_low", "ratio_high", "effect", "p", "p_adjusted"}
        for row in rows:
            for name, cell in zip(header, row):
                if name in numbers:
                    float(cell or 0)
                else:
                    self.assertFalse(cell.lstrip(" ")[:1] in ("=", "+", "-", "@", "\t", "\r"), cell)
                    self.harmless(cell)
        self.assertIn("'=1+1", {row[header.index("title")] for row in rows})
        values = {row[header.index("ratio")] for row in rows if row[header.index("candidate")] != rows[0][6]}
        self.assertEqual(values, {"3"})
        self.assertEqual({(row[header.index("class")], row[header.index("direction")])
                          for row in rows if row[header.index("candidate")] == rows[0][6]}, {("", "")})

    def test_markdown_has_no_html_no_link_and_no_broken_table(self):
        shown = self.text("--markdown", "-", *self.evil())
        outside = []
        for line in shown.split("\n"):
            self.harmless(line)
            plain = remove_code(line)
            outside.append(plain)
            if plain.startswith("|"):
                self.assertEqual(plain.count("|"), 8, line)
        text = "\n".join(outside)
        for token in ("<", "`", "](", "://", "www.", "@", "#1", "\\"):
            self.assertNotIn(token, text.replace("## Comparison", "").replace("### ", ""))

    def test_files_are_written_beside_the_text(self):
        paths = self.evil()
        shown = self.text("--csv", self.folder / "t.csv", "--markdown", self.folder / "t.md", *paths)
        self.assertIn("Differences that matter", shown)
        self.assertTrue((self.folder / "t.csv").read_text().startswith("bench,metric,"))
        self.assertTrue((self.folder / "t.md").read_text().startswith("## Comparison\n"))
        self.refused("--json", "--csv", "-", *paths, code=2)
        self.assertIn("no-such-folder", self.refused("--csv", "no-such-folder/x.csv", *paths))


def spoil(rng, document, values):
    """Puts something else at one place, somewhere down a document."""
    while True:
        key = rng.choice(sorted(document) if isinstance(document, dict) else range(len(document)))
        down = document[key]
        if not isinstance(down, (dict, list)) or not down or rng.random() < 0.1:
            document[key] = copy.deepcopy(rng.choice(values))
            return
        document = down


def remove_code(line):
    """A line of Markdown without its code spans: a run of backticks to the next of the same length."""
    out, at = "", 0
    while at < len(line):
        if line[at] != "`":
            out += line[at]
            at += 1
            continue
        length = len(line[at:]) - len(line[at:].lstrip("`"))
        end = at + length
        while end < len(line):
            if line[end] != "`":
                end += 1
                continue
            run = len(line[end:]) - len(line[end:].lstrip("`"))
            if run == length:
                break
            end += run
        if end >= len(line):
            return out + line[at:]
        at = end + length
    return out


class Server(http.server.BaseHTTPRequestHandler):
    document, seen = b"", []

    def do_GET(self):
        self.seen.append((self.path, dict(self.headers)))
        getattr(self, self.path.strip("/").split("?")[0].replace("-", "_"))()

    def answer(self, code=200, length=None, **headers):
        self.send_response(code)
        for name, value in headers.items():
            self.send_header(name, value)
        if length is not None:
            self.send_header("Content-Length", str(length))
        self.end_headers()

    def run_json(self):
        self.answer(length=len(self.document))
        self.wfile.write(self.document)

    def moved(self):
        self.answer(302, 0, Location="/run-json")

    def to_file(self):
        self.answer(302, 0, Location="file:///etc/passwd")

    def to_ftp(self):
        self.answer(302, 0, Location="ftp://127.0.0.1/x")

    def loop(self):
        self.answer(302, 0, Location="/loop")

    def missing(self):
        self.answer(404, 0)

    def html(self):
        self.answer(length=6)
        self.wfile.write(b"<html>")

    def announced(self):
        self.answer(length=(64 << 20) + 1)

    def endless(self):
        self.answer()
        try:
            while True:
                self.wfile.write(b" " * (1 << 20))
        except OSError:
            self.close_connection = True

    def slow(self):
        self.answer(length=1000)
        try:
            for _ in range(1000):
                self.wfile.write(b" ")
                time.sleep(0.05)
        except OSError:
            self.close_connection = True

    def log_message(self, *arguments):
        pass


class Url(Comparison):
    def setUp(self):
        super().setUp()
        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Server)
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, daemon=True).start()
        self.addCleanup(server.server_close)
        self.addCleanup(server.shutdown)
        self.address = f"http://127.0.0.1:{server.server_port}"
        self.near = self.readings("near")
        Server.document = self.readings("far", [2.0]).read_bytes()
        Server.seen.clear()

    def test_a_run_is_fetched(self):
        for path in ("run-json", "moved", "run-json?a=b"):
            made = self.compare(self.near, f"far={self.address}/{path}" if path == "moved" else f"{self.address}/{path}")
            self.assertAlmostEqual(made["metrics"][0]["differences"][0]["ratio"], 2, delta=0.1)
            self.assertEqual(made["candidates"][1]["source"], f"{self.address}/{path}")
        self.assertEqual(self.compare(self.near, f"far={self.address}/run-json")["candidates"][1]["name"], "far")

    def test_limits(self):
        for path, reason in (("announced", "larger than 64 MiB"), ("endless", "larger than 64 MiB"),
                             ("to-file", "other than http or https"), ("to-ftp", "other than http or https"),
                             ("loop", "redirected more than 5 times"), ("missing", "status 404"),
                             ("html", "not a usable run")):
            with self.subTest(path=path):
                line = self.refused(self.near, f"{self.address}/{path}")
                self.assertIn(reason, line)
                self.assertIn(f"{self.address}/{path}", line)
        self.assertIn("did not come within 0.3 s", self.refused("--timeout", "300ms", self.near, f"{self.address}/slow"))

    def test_other_schemes_and_dead_servers(self):
        for url in ("file:///etc/passwd", "ftp://127.0.0.1/x", "gopher://127.0.0.1/", "scp://127.0.0.1/x"):
            self.assertIn("neither http nor https", self.refused(self.near, url))
        self.assertIn("cannot be fetched", self.refused(self.near, "http://127.0.0.1:1/x"))
        self.assertIn("cannot be fetched", self.refused(self.near, "http:///"))

    def test_a_password_is_sent_and_not_kept(self):
        url = self.address.replace("://", "://user:secret@") + "/run-json"
        made = self.compare(self.near, f"far={url}")
        self.assertIn("Authorization", Server.seen[0][1])
        self.assertNotIn("secret", json.dumps(made))
        self.assertNotIn("secret", self.refused(self.near, url.replace("run-json", "missing")))


class Index(Comparison):
    def setUp(self):
        super().setUp()
        for number in range(6):
            self.keep([fleet.fsync_result(random.Random(number), 1 + number % 2), fleet.host_result()], number,
                      label=("a", "b")[number % 2])
        self.index = self.store / "index.sqlite"

    def made(self, *operands):
        made = self.compare(*(operands or ("a", "b")))
        del made["created"]
        return made

    def test_what_it_says_is_what_the_files_say(self):
        (self.folder / "a").mkdir()
        (self.folder / "b").mkdir()
        for number, path in enumerate(sorted(self.store.glob("*.json"))):
            shutil.copy(path, self.folder / ("a", "b")[number % 2])
        for options in ((), ("--profile", "etcd", "--profile", "worker")):
            files = self.made(*options, self.folder / "a", self.folder / "b")
            cold, warm = self.made(*options, "a", "b"), self.made(*options, "a", "b")
            self.assertTrue(self.index.exists())
            for made in (files, cold, warm):
                for candidate in made["candidates"]:
                    del candidate["source"]
            self.assertEqual(cold, files)
            self.assertEqual(warm, files)

    def judges(self):
        """How many rows there are by each set of profiles."""
        with contextlib.closing(sqlite3.connect(self.index)) as database:
            return dict(database.execute("SELECT judge, count(*) FROM run GROUP BY judge"))

    def test_what_other_profiles_say_is_kept_apart(self):
        own, truth = self.made(), self.made("--profile", "worker", "a", "b")
        self.assertNotEqual(own, truth)
        self.assertEqual(list(self.judges().values()), [6, 6])
        judge = max(self.judges())
        with contextlib.closing(sqlite3.connect(self.index)) as database, database:
            database.execute("DELETE FROM run WHERE judge <> 0")
            database.execute("UPDATE run SET judge = ?", (judge,))
        self.assertEqual(self.made("--profile", "worker", "a", "b"), truth)
        self.assertEqual(self.judges(), {judge: 6})

    def test_what_few_sets_of_profiles_say_is_kept(self):
        self.made()
        names = ("etcd", "worker", "control-plane")
        for count, profiles in enumerate([(name,) for name in names] + list(itertools.permutations(names, 2)), 1):
            self.made(*(f"--profile={name}" for name in profiles), "a", "b")
            self.assertEqual(list(self.judges().values()), [6] * (2 + (count - 1) % 4))

    def test_new_changed_and_removed_files_are_noticed(self):
        self.made()
        first, *_, last = sorted(self.store.glob("*.json"))
        first.unlink()
        changed = suite.parse(last.read_text())
        changed["label"] = "a"
        times = last.stat()
        last.write_text(json.dumps(changed))
        os.utime(last, ns=(times.st_atime_ns, times.st_mtime_ns))
        self.keep([fleet.fsync_result(random.Random(7))], 7, label="b")
        (self.store / "20260101T235959Z-00000000.json").write_text("{}")
        made = self.made()
        self.assertEqual([[run["id"][-1] for run in candidate["runs"]] for candidate in made["candidates"]],
                         [["2", "4", "5"], ["1", "3", "7"]])
        self.assertEqual({entry["what"].split(": ")[1] for entry in made["not_compared"]},
                         {"20260101T235959Z-00000000"})

    def test_lost_damaged_or_foreign_it_is_made_anew(self):
        truth = self.made()
        whole = self.index.read_bytes()
        rng = random.Random(1)

        def flipped(count):
            damaged = bytearray(whole)
            for _ in range(count):
                damaged[rng.randrange(len(damaged))] ^= 1 << rng.randrange(8)
            return bytes(damaged)

        states = [None, b"", b"x" * 10000, whole[:len(whole) // 2], whole[:100], whole[:-5000] + b"\xff" * 5000,
                  whole[:60] + bytes(4) + whole[64:]] + [flipped(1 << shift) for shift in range(8)]
        for number, state in enumerate(states):
            with self.subTest(state=number):
                self.index.unlink()
                if state is not None:
                    self.index.write_bytes(state)
                    self.index.chmod(0o644)
                self.assertEqual(self.made(), truth)
                self.assertEqual(self.made(), truth)

    def test_a_planted_view_is_not_asked(self):
        truth = self.made()
        with contextlib.closing(sqlite3.connect(self.index)) as database:
            database.executescript("""
                DROP TABLE text;
                CREATE VIEW text AS WITH RECURSIVE n(number) AS (SELECT 1 UNION ALL SELECT number + 1 FROM n)
                    SELECT number, number AS text FROM n;""")
        self.assertEqual(self.made(), truth)

    def test_planted_ones_are_not_used(self):
        truth = self.made()
        elsewhere = self.folder / "elsewhere"
        self.index.rename(elsewhere)
        before = elsewhere.read_bytes()
        for plant in (lambda: self.index.symlink_to(elsewhere), self.index.mkdir, lambda: os.mkfifo(self.index),
                      lambda: (self.index.touch(), self.index.chmod(0o666))):
            plant()
            done = suite.program(*self.words("--json", "a", "b"))
            made = suite.validate(suite.parse(done.stdout))
            del made["created"]
            self.assertEqual(made, truth)
            self.assertRegex(done.stderr, r"index\.sqlite is not a file of this user alone .* remove it\n$")
            self.index.rmdir() if self.index.is_dir() and not self.index.is_symlink() else self.index.unlink()
        self.assertEqual(elsewhere.read_bytes(), before)

    def test_a_planted_journal_removes_no_file(self):
        truth = self.made()
        bystander = self.folder / "bystander"
        bystander.write_text("precious")
        journal = self.index.with_name("index.sqlite-journal")
        name = os.fsencode(bystander)
        # As SQLite ends the journal of one of several databases: with the name of what lists the others.
        journal.write_bytes(b"\1" * 516 + name + struct.pack(">II", len(name), sum(name)) +
                            bytes.fromhex("d9d505f920a163d7"))
        done = suite.program(*self.words("--json", "a", "b"))
        made = suite.validate(suite.parse(done.stdout))
        del made["created"]
        self.assertEqual(made, truth)
        self.assertRegex(done.stderr, r"index\.sqlite-journal is no journal of this index alone, .* remove it\n$")
        self.assertEqual(bystander.read_text(), "precious")
        journal.write_bytes(b"\1" * 600)
        self.assertEqual(self.made(), truth)

    def test_a_damaged_label_hides_no_run(self):
        truth = self.made()
        with contextlib.closing(sqlite3.connect(self.index)) as database, database:
            database.execute("UPDATE run SET label = 'c', problem = 'P' WHERE id = (SELECT min(id) FROM run)")
        self.assertEqual(self.made(), truth)

    def test_damaged_texts_are_mended(self):
        def texts():
            with contextlib.closing(sqlite3.connect(self.index)) as database:
                return set(database.execute("SELECT number, text FROM text"))

        truth, whole = self.made(), texts()
        for damage in ("UPDATE text SET text = 'x'", "UPDATE text SET text = NULL", "DELETE FROM text"):
            with self.subTest(damage):
                with contextlib.closing(sqlite3.connect(self.index)) as database, database:
                    database.execute(damage)
                self.assertEqual(self.made(), truth)
                self.assertEqual(texts(), whole)

    def test_a_folder_that_cannot_be_written_is_read_all_the_same(self):
        truth = self.made()
        self.index.unlink()
        self.store.chmod(0o555)
        self.addCleanup(self.store.chmod, 0o755)
        self.folder.chmod(0o755)
        words = [str(suite.BIN / "seatrial"), *map(str, self.words("--json", "a", "b")[1:])]
        if os.geteuid() == 0:
            words = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", *words]
            if subprocess.run([*words[:4], words[4], "--version"], capture_output=True, check=False).returncode:
                self.skipTest("no other user can run the program here")
        done = subprocess.run(words, capture_output=True, text=True, check=False)
        made = suite.validate(suite.parse(done.stdout))
        del made["created"]
        self.assertEqual(made, truth)
        self.assertRegex(done.stderr, "no index is kept .* so that all of them are read: Permission denied\n$")
        self.assertFalse(self.index.exists())

    def keep_many(self):
        """More than threads read ahead, with some among them that are none."""
        for number in range(6, 206):
            label = ("a", "b")[number % 2]
            self.keep([fleet.host_result(), fleet.null_result(random.Random(number), [1, 1 + number / 1000])], number,
                      label=label)
        for path in sorted(self.store.glob("*.json"))[50::40]:
            path.write_text("{}")

    def rows(self):
        with contextlib.closing(sqlite3.connect(self.index)) as database:
            self.assertEqual(database.execute("PRAGMA integrity_check").fetchall(), [("ok",)])
            return {row[0]: row[1:] for row in database.execute("SELECT id, size, problem IS NOT NULL FROM run")}

    def test_many_threads_find_what_one_finds(self):
        self.keep_many()
        truth = {path.stem: (path.stat().st_size, path.read_text() == "{}") for path in self.store.glob("*.json")}
        cpus = sorted(os.sched_getaffinity(0))
        self.addCleanup(os.sched_setaffinity, 0, cpus)
        made = []
        for allowed in (cpus, cpus[:1]):
            os.sched_setaffinity(0, allowed)
            made += [self.made(), self.made()]
            self.assertEqual(self.rows(), truth)
            self.index.unlink()
        self.assertEqual(made, [made[0]] * 4)
        self.assertEqual(sum(len(candidate["runs"]) for candidate in made[0]["candidates"]), 206 - 4)
        self.assertEqual(len({entry["what"] for entry in made[0]["not_compared"] if "no document" in entry["why"]}), 8)

    def test_many_operands_are_what_they_are_one_by_one(self):
        self.keep_many()
        ids = [path.stem for path in sorted(self.store.glob("*.json"))][:40]
        operands = [ids[0], *ids, f"named={ids[3]}", self.store / f"{ids[4]}.json"]
        cold, warm = self.made(*operands), self.made(*operands)
        self.assertEqual(cold, warm)
        self.assertEqual(self.rows().keys(), set(ids))
        self.assertEqual([candidate["runs"][0]["id"] for candidate in cold["candidates"]],
                         [ids[0], *ids, ids[3], ids[4]])

    def test_files_outside_of_the_store_are_what_they_are_in_it(self):
        self.keep_many()
        away = self.store.rename(self.folder / "away")
        self.store.mkdir()
        paths = sorted(away.glob("*.json"))
        whole = [path for path in paths if path.read_text() != "{}"]
        some = whole[::5]
        (self.folder / "list.json").write_text(json.dumps({
            "schema": "seatrial.candidates/1",
            "candidates": [{"source": f"away/{path.name}"} for path in some] + [{"source": "away/"}]}))
        made = self.made("--candidates", self.folder / "list.json", "--profile=worker", f"named={away}", some[0], *some)
        sources = [*some, away, away, some[0], *some]
        for source, candidate in zip(sources, made["candidates"], strict=True):
            runs = whole if source == away else [source]
            self.assertEqual([run["id"] for run in candidate["runs"]], [path.stem for path in runs])
            self.assertEqual([verdict["profile"] for verdict in candidate["verdicts"]], ["worker"])
        broken = [entry["what"] for entry in made["not_compared"] if "no document" in entry["why"]]
        self.assertEqual(len(broken), 2 * (len(paths) - len(whole)))
        self.assertIn(f"{some[1]}x", self.refused(*some, f"{some[1]}x/"))
        self.assertIn("no document", self.refused(*paths))

    def test_several_that_write_at_once_leave_it_whole(self):
        self.keep_many()
        ids = [path.stem for path in sorted(self.store.glob("*.json"))]
        words = [suite.BIN / "seatrial", "compare", "--store", self.store, "--quiet"]
        for _ in range(2):
            self.index.unlink(missing_ok=True)
            children = [subprocess.Popen([*words, *operands], stderr=subprocess.PIPE, text=True)
                        for operands in (("a", "b"), ("b", "a"), ids[:30], ids[20:50])]
            for child in children:
                errors = child.communicate(timeout=100)[1]
                self.assertEqual((child.returncode, errors), (0, ""))
            self.assertEqual(self.rows().keys(), set(ids))

    def test_several_at_once(self):
        for state in (None, b"x" * 10000):
            if state:
                self.index.write_bytes(state)
            children = [subprocess.Popen([str(word) for word in (suite.BIN / "seatrial", *self.words("--json", "a", "b")[1:])],
                                         stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) for _ in range(5)]
            made = []
            for child in children:
                out, errors = child.communicate(timeout=100)
                self.assertEqual((child.returncode, errors), (0, ""))
                made.append(suite.validate(suite.parse(out)))
                del made[-1]["created"]
            self.assertEqual(made, [made[0]] * 5)
            self.assertEqual(self.made(), made[0])


class CandidatesFile(Comparison):
    def write(self, *candidates, **changes):
        path = self.folder / "plans" / "candidates.json"
        path.parent.mkdir(exist_ok=True)
        path.write_text(json.dumps({"schema": "seatrial.candidates/1", "candidates": candidates, **changes}))
        return path

    def test_gives_names_providers_prices_and_links(self):
        self.readings("one")
        self.readings("two")
        path = self.write({"source": "../one.json", "name": "A", "provider": "P", "region": "R", "link": "https://p.example/",
                           "price": {"amount": 4.99, "currency": "EUR", "per": "month"}},
                          {"source": str(self.folder / "two.json"), "price": "0.01/hour"})
        suite.validate(suite.parse(path.read_text()))
        made = self.compare("--candidates", path)
        first, second = made["candidates"]
        self.assertEqual([first[key] for key in ("name", "provider", "region", "link", "price")],
                         ["A", "P", "R", "https://p.example/", {"amount": 4.99, "currency": "EUR", "per": "month"}])
        self.assertEqual((second["name"], second["price"]), ("two", {"amount": 0.01, "per": "hour"}))
        self.assertEqual(len(self.compare("--candidates", path, "more=" + str(self.folder / "one.json"))["candidates"]), 3)

    def test_mistakes_are_named_with_their_place(self):
        self.readings("one")
        one = {"source": "../one.json"}
        for entry, reason in (({}, '"source"'), ("x", "no object"), ({**one, "prize": 1}, '"prize"'),
                              ({**one, "name": 1}, '"name"'), ({**one, "price": 4}, '"amount"'),
                              ({**one, "price": {"amount": -1, "per": "month"}}, '"amount"'),
                              ({**one, "price": "4.99"}, "no price"), ({"source": "../none.json"}, "none.json")):
            line = self.refused("--candidates", self.write(one, entry))
            self.assertIn("candidates[1]", line)
            self.assertIn(reason, line)
        self.assertIn("seatrial.candidates/2", self.refused("--candidates", self.write(schema="seatrial.candidates/2")))
        self.assertIn('"candidates"', self.refused("--candidates", self.write(candidates={})))
        (self.folder / "list.json").write_text("[]")
        self.assertIn('"seatrial.candidates/1"', self.refused("--candidates", self.folder / "list.json"))

    def test_the_example_of_the_help_is_one(self):
        text = suite.program("seatrial", "compare", "--help").stdout
        example = text[text.index('{"schema"'):text.index("]}") + 2]
        suite.validate(suite.parse(example))


class CommandLine(Comparison):
    def test_a_document_becomes_a_page(self):
        paths = [self.readings(name) for name in ("one", "two")]
        made = self.folder / "made.json"
        self.assertIn("Differences", self.text("-o", made, *paths))
        suite.validate(suite.parse(made.read_text()))
        shown = suite.parse(self.text("-o", "-", *paths))
        self.assertEqual(shown["metrics"], suite.parse(made.read_text())["metrics"])
        self.refused("--json", "-o", "-", *paths, code=2)
        pages = []
        for operand, given in ((made, ""), ("-", made.read_text())):
            page = suite.program("seatrial", "report", "--store", self.folder, "-o", "-", operand, input=given)
            self.assertEqual((page.returncode, page.stderr), (0, ""))
            pages.append(page.stdout)
        self.assertTrue(pages[0].lower().startswith("<!doctype html>"))
        # What has no name has no signature beside it.
        unsigned = re.sub(r"<div><dt>Signed by</dt><dd>nobody[^\n]*\n", "", pages[0])
        self.assertNotEqual(unsigned, pages[0])
        self.assertEqual(unsigned.replace("made.json", "standard input"), pages[1])

    def test_two_runs_are_no_report(self):
        done = suite.program("seatrial", "report", "a.json", "b.json")
        self.assertEqual((done.returncode, done.stdout), (2, ""))
        self.assertIn("seatrial compare", done.stderr)
        done = suite.program("seatrial", "report", "-", input="{}")
        self.assertEqual((done.returncode, done.stdout), (1, ""))
        self.assertIn("standard input cannot be used", done.stderr)

    def test_mistakes(self):
        path = self.readings("one")
        for words in ((), (path,), ("--threshold", "0", path, path), ("--timeout", "0", path, path)):
            self.refused(*words, code=2)
        for operand in ("nothing", "", "x=", "20260101T0000", "\x1b[31m"):
            self.refused(path, operand)
        self.refused("latest", path)

    def test_a_store_that_is_not_there_is_not_made(self):
        path = self.readings("one")
        self.store.rmdir()
        self.compare(path, self.readings("two"))
        self.assertFalse(self.store.exists())


if __name__ == "__main__":
    suite.main()
