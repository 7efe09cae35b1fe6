#!/usr/bin/python3
"""The most that any test can do with one run of baseline and one of candidate, 10 repetitions each.

Two hypotheses: nothing changed and repetitions follow an AR(1) process; or they are independent and the candidate is
larger by two standard deviations (10 % at 5 % noise). No test that alarms in at most 1 % of cases of the first kind,
and does not depend on the unit of the metric, alarms in more cases of the second than the likelihood ratio does (Neyman
and Pearson 1933). Location and scale are not known, and integrated out.
"""
import numpy as np

REPETITIONS, CALLS, SHIFT = 10, 50000, 2
SCALES = np.exp(np.linspace(-1.2, 1.2, 25))


def covariance(correlation):
    steps = np.arange(REPETITIONS)
    return np.where(steps[:, None] == steps, 1.0, correlation ** abs(steps[:, None] - steps))


def draw(rng, correlation, shift):
    root = np.linalg.cholesky(covariance(correlation))
    baseline, candidate = (rng.standard_normal((CALLS, REPETITIONS)) @ root.T for _ in range(2))
    return baseline, candidate + shift


def log_likelihood(sides, correlation, shift):
    """Of the differences between values, whatever their scale."""
    precision = np.linalg.inv(covariance(correlation))
    sums = precision.sum(axis=0)
    weight, parts = 2 * sums.sum(), []
    for scale in SCALES:
        baseline, candidate = sides[0] / scale, sides[1] / scale - shift
        squares = sum(np.einsum("ij,jk,ik->i", side, precision, side) for side in (baseline, candidate))
        level = (baseline + candidate) @ sums
        parts.append(-0.5 * (squares - level ** 2 / weight) - (2 * REPETITIONS - 1) * np.log(scale))
    return np.logaddexp.reduce(parts, axis=0)


def main():
    rng = np.random.default_rng(1)
    changed = draw(rng, 0, SHIFT)
    for correlation in (0, 0.3, 0.5, 0.8):
        nothing = draw(rng, correlation, 0)
        ratios = [log_likelihood(sides, 0, SHIFT) - log_likelihood(sides, correlation, 0)
                  for sides in (nothing, changed)]
        power = np.mean(ratios[1] > np.quantile(ratios[0], 0.99))
        print(f"honest at a correlation of {correlation}: at most {power:.1%} of changes of 10 % are seen")


if __name__ == "__main__":
    main()
