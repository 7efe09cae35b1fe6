"""Asks bin/statistics_tool, which runs the statistics of harness/statistics/ by themselves, and makes up data for it.

All data are repetitions of one metric, as an array (calls, metrics, runs, repetitions), at a level of 1.
"""
import os
import subprocess
from pathlib import Path

import numpy as np
from scipy.signal import lfilter

RANK, HOLM, DISTRIBUTION, GATE, CHANGES, DIVIDE = range(6)
UNCHANGED, IMPROVED, UNDECIDED, REGRESSED = range(4)
GATE_COLUMNS = ["verdict", "p", "p_adjusted", "ratio", "low", "high", "worse", "serial", "correlated", "by_run",
                "more_repetitions", "more_runs"]


def program():
    default = Path(__file__).resolve().parent.parent.parent / "build-test" / "bin"
    return Path(os.environ.get("SEATRIAL_BIN", default)) / "statistics_tool"


def ask(requests):
    """Answers to [(kind, numbers)], each an array."""
    parts = []
    for kind, numbers in requests:
        numbers = np.asarray(numbers, float).ravel()
        parts += [np.array([kind, len(numbers)], float), numbers]
    out = subprocess.run([program()], input=np.concatenate(parts).tobytes(), stdout=subprocess.PIPE, check=True).stdout
    numbers, answers, at = np.frombuffer(out), [], 0
    while at < len(numbers):
        length = int(numbers[at])
        answers.append(numbers[at + 1:at + 1 + length])
        at += 1 + length
    if len(answers) != len(requests):
        raise RuntimeError(f"statistics_tool answered {len(answers)} of {len(requests)} requests")
    return answers


def gate_request(baseline, candidate, alpha=0, threshold=0, tolerance=0, independent=False, higher=False, counted=False,
                 repeats=1):
    """One call: arrays (metrics, runs, repetitions), `counted` ones of rare events, or where so many runs are repeats
    of one."""
    metrics = len(baseline)
    both = np.concatenate([baseline.reshape(metrics, -1), candidate.reshape(metrics, -1)], axis=1)
    return GATE, np.concatenate([[metrics, *baseline.shape[1:], *candidate.shape[1:], alpha, threshold, tolerance,
                                  independent, higher, counted, repeats], both.ravel()])


def gate(baselines, candidates, **settings):
    """An array (calls, metrics, GATE_COLUMNS)."""
    answers = ask([gate_request(a, b, **settings) for a, b in zip(baselines, candidates)])
    return np.array(answers).reshape(len(baselines), baselines.shape[1], len(GATE_COLUMNS))


def changes(series, p=0, magnitude=0, segment=0, window=0):
    """For each series, its changes as rows (index, before, after, ratio, p)."""
    return [answer.reshape(-1, 5) for answer in
            ask([(CHANGES, np.concatenate([[p, magnitude, segment, window], one])) for one in series])]


def normal(noise):
    return lambda rng, shape: 1 + noise * rng.standard_normal(shape)


def two_modes(share, apart, noise=0.02):
    return lambda rng, shape: (1 + apart * (rng.random(shape) < share)) * normal(noise)(rng, shape)


def autoregressive(correlation, noise):
    """Each run begins where a process that has gone on for long may be."""
    def make(rng, shape):
        steps = rng.standard_normal(shape) * np.sqrt(1 - correlation ** 2)
        steps[..., 0] /= np.sqrt(1 - correlation ** 2)
        return 1 + noise * lfilter([1], [1, -correlation], steps, axis=-1)
    return make


def drift(most, noise=0.02):
    """Each run goes up or down steadily, by at most so much in all."""
    def make(rng, shape):
        slope = most * rng.uniform(-1, 1, shape[:-1] + (1,))
        return (1 + slope * np.linspace(-0.5, 0.5, shape[-1])) * normal(noise)(rng, shape)
    return make


def lognormal(sigma):
    return lambda rng, shape: np.exp(sigma * rng.standard_normal(shape))


def pareto(index, share):
    return lambda rng, shape: 1 + share * rng.pareto(index, shape)


def student(degrees, noise):
    return lambda rng, shape: 1 + noise * rng.standard_t(degrees, shape)


def spikes(share, noise=0.03):
    return lambda rng, shape: (normal(noise)(rng, shape)
                               * np.where(rng.random(shape) < share, rng.uniform(1.5, 5, shape), 1))


def runs_differ(between, noise):
    return lambda rng, shape: normal(between)(rng, shape[:-1] + (1,)) * normal(noise)(rng, shape)


def resampled(values):
    """`values`: runs of some metric as measured, an array (runs, repetitions). A run is drawn, of which a stretch is
    taken, about the run's median: what differs within runs as it did, and nothing that differs between them."""
    values = np.asarray(values, float)
    runs = values / np.median(values, axis=1, keepdims=True)

    def make(rng, shape):
        drawn = rng.integers(len(runs), size=shape[:-1])
        first = rng.integers(runs.shape[1] - shape[-1] + 1, size=shape[:-1])
        return runs[drawn[..., None], first[..., None] + np.arange(shape[-1])]
    return make


def poisson(events):
    """Counts of rare events, so many a repetition on average."""
    return lambda rng, shape: rng.poisson(events, shape)


def rates_differ(between, events):
    """The same where runs differ in their rates, by a gamma distribution of such a standard deviation."""
    return lambda rng, shape: rng.poisson(
        events * rng.gamma(between ** -2, between ** 2, shape[:-1] + (1,)) * np.ones(shape))


def dispersed(dispersion, events):
    """Negative binomial: repetitions differ in their rates, so that the variance is so many times the mean."""
    return lambda rng, shape: rng.negative_binomial(events / (dispersion - 1), 1 / dispersion, shape)


def clusters(size, events):
    """Events come in clusters of 1 and more, of such a mean size (geometric)."""
    def make(rng, shape):
        started = rng.poisson(events / size, shape)
        return started + np.where(started > 0, rng.negative_binomial(np.maximum(started, 1), 1 / size), 0)
    return make


def repeats_differ(between_runs, between_repeats, noise):
    """An array (..., runs, repeats, repetitions)."""
    return lambda rng, shape: (runs_differ(between_repeats, noise)(rng, shape)
                               * normal(between_runs)(rng, shape[:-2] + (1, 1)))


def positive(make):
    """Times and rates are never below 0, whatever the noise."""
    return lambda rng, shape: np.maximum(make(rng, shape), 0.01)


SHAPES = {
    "normal 1 %": normal(0.01),
    "normal 5 %": normal(0.05),
    "normal 10 %": normal(0.10),
    "normal 20 %": normal(0.20),
    "two modes, 50:50, 20 % apart": two_modes(0.5, 0.2),
    "two modes, 80:20, 30 % apart": two_modes(0.2, 0.3),
    "AR(1) 0.5, noise 2 %": autoregressive(0.5, 0.02),
    "AR(1) 0.5, noise 5 %": autoregressive(0.5, 0.05),
    "AR(1) 0.5, noise 10 %": autoregressive(0.5, 0.10),
    "AR(1) 0.8, noise 2 %": autoregressive(0.8, 0.02),
    "AR(1) 0.8, noise 5 %": autoregressive(0.8, 0.05),
    "AR(1) 0.8, noise 10 %": autoregressive(0.8, 0.10),
    "drift up to 10 % within a run": drift(0.10),
    "lognormal, sigma 0.2": lognormal(0.2),
    "lognormal, sigma 0.5": lognormal(0.5),
    "Pareto, index 2, 5 %": pareto(2, 0.05),
    "Student's t, 2 degrees, 3 %": student(2, 0.03),
    "spikes of 1.5 to 5 times in 5 %": spikes(0.05),
}
SHAPES = {name: positive(make) for name, make in SHAPES.items()}

# Made with the events of a run of 10 repetitions.
RATES = {
    "independent": lambda events: poisson(events / 10),
    "bursts, variance 3 times the mean": lambda events: dispersed(3, events / 10),
    "clusters of 5": lambda events: clusters(5, events / 10),
    "runs differ by 30 %": lambda events: rates_differ(0.3, events / 10),
    "runs differ by 100 %": lambda events: rates_differ(1, events / 10),
}

# How much runs, repeats of a run, and repetitions of a repeat differ.
REPEATS = {
    "alike": (0, 0, 0.05),
    "repeats differ by 5 %": (0, 0.05, 0.05),
    "repeats by 5 %, runs by 2 %": (0.02, 0.05, 0.05),
    "repeats by 5 %, runs by 5 %": (0.05, 0.05, 0.05),
    "runs by 5 %": (0.05, 0, 0.05),
}
