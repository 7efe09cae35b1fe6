"""Intervals of a ratio of two sides as others make them, for scripts/simulate-gate to hold ours against.

Sides are arrays (calls, runs, repetitions); each function returns the low and high ends of all calls.
"""
import warnings

import numpy as np
from scipy import stats

RESAMPLES = 999
NORMAL = stats.norm.isf(0.025)


def resampled_medians(rng, side):
    """Of whole runs where there are 3 or more, else of repetitions (Davison and Hinkley 1997, 3.8)."""
    parts = side if side.shape[1] >= 3 else side.reshape(len(side), -1, 1)
    drawn = rng.integers(parts.shape[1], size=(RESAMPLES, parts.shape[1]))
    return np.array([np.median(one[drawn].reshape(RESAMPLES, -1), -1) for one in parts])


def bootstrap_by_run(baseline, candidate):
    """Of the ratio of medians, by the bias-corrected percentile bootstrap (Efron 1981)."""
    rng = np.random.default_rng(1)
    value = np.median(candidate, (1, 2)) / np.median(baseline, (1, 2))
    ratios = resampled_medians(rng, candidate) / resampled_medians(rng, baseline)
    below = (ratios < value[:, None]).mean(1) + (ratios == value[:, None]).mean(1) / 2
    bias = stats.norm.ppf(below.clip(0.5 / RESAMPLES, 1 - 0.5 / RESAMPLES))
    ends = [stats.norm.cdf(2 * bias + z) for z in (-NORMAL, NORMAL)]
    return [np.array([np.quantile(one, end) for one, end in zip(ratios, at)]) for at in ends]


def bca(baseline, candidate):
    """scipy's default, of the ratio of medians; it knows of no runs."""
    def ratio(a, b, axis=-1):
        return np.median(b, axis) / np.median(a, axis)

    found = []
    for a, b in zip(baseline, candidate):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of medians that hardly ever differ
            found.append(stats.bootstrap((a.ravel(), b.ravel()), ratio, vectorized=True, n_resamples=RESAMPLES,
                                         method="BCa", random_state=1).confidence_interval)
    return np.array([one.low for one in found]), np.array([one.high for one in found])


def hodges_lehmann(baseline, candidate):
    """Of the shift of logarithms: the test of ranks turned round, by the normal approximation."""
    a, b = (np.log(side.reshape(len(side), -1)) for side in (baseline, candidate))
    n, m = a.shape[1], b.shape[1]
    shifts = np.sort((b[:, :, None] - a[:, None, :]).reshape(len(a), -1), -1)
    cut = max(int(n * m / 2 - NORMAL * np.sqrt(n * m * (n + m + 1) / 12) - 0.5), 0)
    return np.exp(shifts[:, cut]), np.exp(shifts[:, -1 - cut])


RIVALS = {"bootstrap by run": bootstrap_by_run, "BCa": bca, "Hodges-Lehmann": hodges_lehmann}
