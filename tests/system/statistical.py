"""The statistics of comparisons against scipy, R and formulas written down a second time, and the gate against data of
which the truth is known. (Not statistics.py: other tests import Python's.)"""
import itertools
import json
import math
import subprocess
import sys
import unittest

import numpy as np
from scipy import stats

import suite

sys.path.insert(0, str(suite.SOURCE / "tests" / "bench"))
import statistics_tool as tool  # noqa: E402

VERDICT, P, P_ADJUSTED, RATIO, LOW, HIGH, WORSE = range(7)
MORE_REPETITIONS, MORE_RUNS = 10, 11


def in_r(script, **data):
    """What an R script prints, as numbers; `data` are vectors there."""
    vectors = "".join(f"{name} <- c({','.join(repr(float(value)) for value in values)})\n"
                      for name, values in data.items())
    done = subprocess.run(["Rscript", "--vanilla", "-e", vectors + "options(digits=17)\n" + script],
                          capture_output=True, text=True, check=True)
    return [float(word) for word in done.stdout.split()]


def rank(a, b):
    return dict(zip(["u", "greater", "less", "p", "exact", "delta"],
                    tool.ask([(tool.RANK, [len(a), len(b), *a, *b])])[0]))


class Ranks(unittest.TestCase):
    def setUp(self):
        self.rng = np.random.default_rng(7)

    def test_exact_p_values_are_those_of_scipy(self):
        for n, m in ((1, 1), (3, 3), (2, 9), (10, 10), (20, 20), (6, 40)):
            a, b = self.rng.standard_normal(n), self.rng.standard_normal(m) + 0.5
            ours = rank(a, b)
            self.assertEqual(ours["exact"], 1)
            for name in ("greater", "less"):
                theirs = stats.mannwhitneyu(b, a, alternative=name, method="exact")
                self.assertEqual(ours["u"], theirs.statistic)
                self.assertAlmostEqual(ours[name], theirs.pvalue, delta=1e-12)

    def test_exact_p_values_with_ties_count_every_division(self):
        for _ in range(20):
            n, m = self.rng.integers(1, 6, 2)
            values = self.rng.integers(0, 4, n + m).astype(float)
            ranks = stats.rankdata(values)
            sums = [sum(ranks[list(chosen)]) for chosen in itertools.combinations(range(n + m), m)]
            seen = sum(ranks[n:])
            ours = rank(values[:n], values[n:])
            self.assertAlmostEqual(ours["greater"], np.mean(np.array(sums) >= seen - 1e-9), delta=1e-12)
            self.assertAlmostEqual(ours["less"], np.mean(np.array(sums) <= seen + 1e-9), delta=1e-12)

    def test_the_normal_approximation_is_that_of_scipy_and_r(self):
        for values in (self.rng.standard_normal(80), self.rng.integers(0, 6, 80).astype(float)):
            a, b = values[:35], values[35:] + 0.4
            ours = rank(a, b)
            self.assertEqual(ours["exact"], 0)
            for name in ("greater", "less"):
                theirs = stats.mannwhitneyu(b, a, alternative=name, method="asymptotic").pvalue
                self.assertAlmostEqual(ours[name], theirs, delta=1e-9)
            theirs = in_r("cat(wilcox.test(b, a, exact=FALSE)$p.value)", a=a, b=b)[0]
            self.assertAlmostEqual(ours["p"], theirs, delta=1e-9)

    def test_cliffs_delta_is_what_pairs_say(self):
        a, b = self.rng.integers(0, 9, 14), self.rng.integers(0, 12, 11)
        self.assertAlmostEqual(rank(a, b)["delta"], np.mean(np.sign(b[:, None] - a[None, :])), delta=1e-12)

    def test_holm_is_that_of_r(self):
        p = [0.01, 0.04, 0.03, 0.005, 0.5, 0.9, 1e-9, 0.04]
        theirs = in_r('cat(p.adjust(p, "holm"))', p=p)
        ours = tool.ask([(tool.HOLM, [len(p), *p]), (tool.HOLM, [3, 0.02, math.nan, 0.01])])
        np.testing.assert_allclose(ours[0], theirs, rtol=1e-12)
        np.testing.assert_allclose(ours[1], [0.02, math.nan, 0.02])

    def test_distributions_are_those_of_scipy(self):
        cases = list(itertools.product((-3, 0, 0.5, 2, 8, 60), (0.3, 1, 2.5, 9, 40, 1e4),
                                       (1e-9, 0.005, 0.05, 0.4, 0.8)))
        for (t, degrees, p), ours in zip(cases, tool.ask([(tool.DISTRIBUTION, case) for case in cases])):
            theirs = [stats.t.sf(t, degrees), stats.t.isf(p, degrees), stats.norm.sf(t), stats.norm.isf(p)]
            np.testing.assert_allclose(ours, theirs, rtol=1e-7, err_msg=f"{t} {degrees} {p}")


class Gate(unittest.TestCase):
    def judge(self, a, b, **settings):
        """One metric, repetitions of one run or rows of runs."""
        a, b = (np.atleast_2d(np.asarray(side, float))[None, None] for side in (a, b))
        return tool.gate(a, b, **settings)[0, 0]

    def test_one_run_that_is_independent_is_welchs_test_of_logarithms(self):
        rng = np.random.default_rng(5)
        a, b = np.exp(0.05 * rng.standard_normal(10)), 1.06 * np.exp(0.04 * rng.standard_normal(14))
        test = stats.ttest_ind(np.log(b), np.log(a), equal_var=False)
        ours = self.judge(a, b, independent=True)
        self.assertAlmostEqual(ours[P], test.pvalue / 2, delta=1e-12)
        fit = in_r("cat(t.test(b, a)$conf.int)", a=np.log(a), b=np.log(b))
        np.testing.assert_allclose(np.log([ours[LOW], ours[HIGH]]), fit, rtol=1e-9)

    def test_outliers_make_it_yuens_test_and_ranks_have_to_agree(self):
        rng = np.random.default_rng(6)
        a, b = np.exp(0.05 * rng.standard_normal(10)), 1.1 * np.exp(0.05 * rng.standard_normal(10))
        a[3] *= 4
        yuen = stats.ttest_ind(np.log(b), np.log(a), equal_var=False, trim=0.2, alternative="greater").pvalue
        ranks = stats.mannwhitneyu(b, a, alternative="greater", method="exact").pvalue
        self.assertAlmostEqual(self.judge(a, b, independent=True)[P], max(yuen, ranks), delta=1e-12)

    def test_several_runs_are_the_units(self):
        rng = np.random.default_rng(8)
        a = np.exp(0.05 * rng.standard_normal((8, 1)) + 0.01 * rng.standard_normal((8, 10)))
        b = 1.2 * np.exp(0.01 * rng.standard_normal((1, 10)))
        by_run = in_r('cat(t.test(b, a, var.equal=TRUE, alternative="greater")$p.value)', a=np.log(a).mean(1),
                      b=np.log(b).mean(1))[0]
        self.assertAlmostEqual(self.judge(a, b)[P], by_run, delta=1e-12)

    def test_correlated_repetitions_count_for_less(self):
        steady = [1.0, 1.02, 0.99, 1.01, 0.98, 1.02, 0.99, 1.0, 1.01, 0.98]
        slow = np.sort(steady)
        worse = 1.03
        self.assertLess(self.judge(steady, worse * np.array(steady))[P], self.judge(slow, worse * slow)[P])

    def test_verdicts(self):
        rng = np.random.default_rng(9)
        noise = 0.01 * rng.standard_normal((2, 12)) + 1
        for factor, higher, verdict in ((1, False, tool.UNCHANGED), (1.2, False, tool.REGRESSED),
                                        (1.2, True, tool.IMPROVED), (0.8, True, tool.REGRESSED),
                                        (0.8, False, tool.IMPROVED), (1.03, False, tool.UNCHANGED)):
            ours = self.judge(noise[0], factor * noise[1], independent=True, higher=higher)
            self.assertEqual(ours[VERDICT], verdict, f"{factor} {higher}")
            self.assertAlmostEqual(ours[WORSE], (1 - factor) if higher else (factor - 1), delta=0.02)
        few = self.judge(noise[0][:3], 1.2 * noise[1][:3], independent=True)
        self.assertEqual(few[VERDICT], tool.UNDECIDED)
        self.assertGreater(few[MORE_REPETITIONS], 0)

    def test_what_is_said_to_decide_does(self):
        """A call that is not decided, with as many repetitions more as it asks for, of the same distribution."""
        rng, decided = np.random.default_rng(10), []
        for _ in range(200):
            a, b = (1 + 0.05 * rng.standard_normal((1, 1, 1, 5)) for _ in range(2))
            b *= 1.15
            first = tool.gate(a, b, independent=True)[0, 0]
            if first[VERDICT] != tool.UNDECIDED or not first[MORE_REPETITIONS]:
                continue
            more = (1, 1, 1, int(first[MORE_REPETITIONS]))
            a = np.concatenate([a, 1 + 0.05 * rng.standard_normal(more)], -1)
            b = np.concatenate([b, 1.15 * (1 + 0.05 * rng.standard_normal(more))], -1)
            decided.append(tool.gate(a, b, independent=True)[0, 0, VERDICT] != tool.UNDECIDED)
        self.assertGreater(len(decided), 20)
        self.assertGreater(np.mean(decided), 0.5)

    def test_zeros_and_negative_values(self):
        zeros = [0.0] * 10
        same = self.judge(zeros, zeros)
        self.assertEqual((same[VERDICT], same[P]), (tool.UNCHANGED, 1))
        some = self.judge(zeros, [3, 2, 4, 3, 3, 2, 4, 3, 2, 4], independent=True)
        self.assertEqual(some[VERDICT], tool.REGRESSED)
        self.assertTrue(math.isnan(some[RATIO]))
        below = self.judge([-1, -2, -1.5, -1.2, -1.8, -1.5], [-1, -2, -1.5, -1.2, -1.8, -1.5])
        self.assertAlmostEqual(below[RATIO], 1, delta=1e-12)

    def test_what_is_no_number_is_refused(self):
        for wrong in (math.nan, math.inf):
            answer = tool.ask([tool.gate_request(np.array([[[1.0, wrong]]]), np.array([[[1.0, 2.0]]]))])[0]
            self.assertEqual(answer.tolist(), [-22])


class Changes(unittest.TestCase):
    def test_the_energy_is_that_of_the_formula(self):
        rng = np.random.default_rng(11)
        values = np.concatenate([rng.standard_normal(17), rng.standard_normal(12) + 1])

        def energy(at):
            left, right = values[:at], values[at:]
            n, m = len(left), len(right)
            across = 2 / (n * m) * sum(abs(x - y) for x in left for y in right)
            within = sum(abs(x - y) for x, y in itertools.combinations(left, 2)) / math.comb(n, 2)
            within += sum(abs(x - y) for x, y in itertools.combinations(right, 2)) / math.comb(m, 2)
            return n * m / (n + m) * (across - within)

        best = max(range(5, 25), key=energy)
        ours = tool.ask([(tool.DIVIDE, [5, *values])])[0]
        self.assertEqual(ours[1], best)
        self.assertAlmostEqual(ours[0], energy(best), delta=1e-9)

    def test_changes_and_spikes(self):
        rng = np.random.default_rng(12)
        noise = 1 + 0.02 * rng.standard_normal(200)
        spiked = noise.copy()
        spiked[[20, 21, 90, 150]] *= 3
        levels = noise * np.repeat([1, 1.2, 0.9, 1.0], 50)
        found = tool.changes(np.array([noise, spiked, levels, np.full(200, 7.0), np.repeat([7.0, 8.0], 100)]))
        self.assertEqual([len(one) for one in found], [0, 0, 3, 0, 1])
        for change, at, before, after in zip(found[2], (50, 100, 150), (1, 1.2, 0.9), (1.2, 0.9, 1)):
            self.assertLessEqual(abs(change[0] - at), 1)
            np.testing.assert_allclose(change[1:4], [before, after, after / before], rtol=0.02)
        self.assertEqual(found[4][0][0], 100)

    def test_a_long_history_has_the_changes_that_its_parts_have(self):
        rng = np.random.default_rng(13)
        levels = 1 + 0.2 * rng.permutation(np.arange(40) % 4)
        kept = [level for level, _ in itertools.groupby(levels)]
        series = np.repeat(levels, 250) * (1 + 0.03 * rng.standard_normal(10000))
        wanted = [250 * i for i in range(1, 40) if levels[i] != levels[i - 1]]
        found = tool.changes([series])[0][:, 0]
        near = [at for at in wanted if min(abs(found - at)) <= 1]
        self.assertEqual(len(kept), len(wanted) + 1)
        self.assertGreaterEqual(len(near), 0.95 * len(wanted))
        self.assertLessEqual(len(found), len(wanted) + 1)


class Simulated(unittest.TestCase):
    def test_it_is_right_as_often_as_is_claimed(self):
        done = subprocess.run([suite.SOURCE / "scripts" / "simulate-gate", "--check", "--calls=400", "--series=100",
                               "--metrics=1,20"], capture_output=True, text=True, check=False)
        self.assertEqual(done.returncode, 0, done.stdout[-1000:] + done.stderr)
        self.assertIn(" 0 missed", done.stdout)

    def test_what_was_measured_is_judged_again(self):
        rng = np.random.default_rng(14)
        path = suite.BIN.parent / "statistical-measured.json"
        self.addCleanup(path.unlink)
        path.write_text(json.dumps({"metrics": {
            "steady": (1 + 0.01 * rng.standard_normal((14, 10))).tolist(), "none": np.zeros((14, 10)).tolist()}}))
        done = subprocess.run([suite.SOURCE / "scripts" / "real-aa", f"--bin={suite.BIN}", "--minutes=0",
                               "--calls=50", f"--out={path}"], capture_output=True, text=True, check=False)
        self.assertEqual(done.returncode, 0, done.stderr)
        rows = [line.split("  ") for line in done.stdout.splitlines()[2:12]]
        self.assertEqual(len(rows), 10, done.stdout)
        for row in rows:
            self.assertEqual([cell for cell in row if cell][2].strip(), "0.0%", "no alarm")


if __name__ == "__main__":
    unittest.main()
