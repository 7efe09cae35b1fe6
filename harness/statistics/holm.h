/*
 * holm: many tests at once.
 */
#pragma once

#include <stddef.h>

/* Replaces each of `n` p-values by Holm's adjusted one: rejecting those at or below alpha rejects
 * any true hypothesis with a probability of at most alpha, however the tests depend on each other
 * (Holm 1979). NAN stands for a test that was not made: it stays, and does not count. Returns 0 or
 * -ENOMEM, and then changes nothing. Oracle: R's p.adjust(method = "holm"). */
int holm_adjust(double *p, size_t n);
