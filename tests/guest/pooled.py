"""What the blocks of several sweeps say together: one alone may have had the processor with others."""
import math


def interval(values):
    """Of the median, by order statistics: the narrowest symmetric pair that holds it in 95 of 100 cases."""
    ordered, n = sorted(values), len(values)
    outside, below = 0.0, 0
    while below < n // 2:
        outside += math.comb(n, below) / 2 ** n
        if 2 * outside > 0.05:
            break
        below += 1
    below = max(below, 1)
    return ordered[below - 1], ordered[n - below]


def values(documents, name, **labels):
    """All blocks' values of a metric."""
    return [value for document in documents for metric in document["metrics"]
            if metric["name"] == name and labels.items() <= metric["labels"].items() for value in metric["values"]]
