/*
 * rate: rates of rare events, which are compared by how many events were seen in what exposure and
 * not by the values of repetitions, most of which are 0. Pure arithmetic.
 */
#pragma once

#include "difference.h"

#include <stdbool.h>
#include <stddef.h>

/* What one side saw: events (0 or more) and exposure (more than 0), one each a run. */
struct rate_side {
	const double *events, *exposures;
	size_t n;
};

struct rate_sides {
	struct rate_side baseline, candidate;
};

/* Sets a difference of which the repetitions (difference_describe()) are known to that of the
 * rates: `ratio` and its interval, `shift` in events by exposure, p-values.
 *
 * Given how many events there were in all, those of one side are binomial with its share of the
 * exposure when nothing differs (Przyborowski and Wilenski 1940); p-values and the interval
 * (Clopper and Pearson 1934) are exact. Where events vary by more than chance, between runs or
 * between the repetitions of a run, as those that come in bursts do, as many fewer count:
 * quasi-likelihood with Pearson's dispersion (McCullagh and Nelder 1989), and with t in place of a
 * normal tail as that is estimated. Of 5 runs or more, t of the cube roots of their rates has to
 * agree; fewer are taken to vary by 30 %, unless they are known to be `alike`. Oracles:
 * scipy.stats.binomtest, R's poisson.test. */
void rate_settle(const struct rate_sides *rates, const struct difference_sides *sides, bool alike,
	struct difference *difference);

/* The least p that this many events in all could give, on the side that is more or less than the
 * baseline; and the p of these events were they all independent. */
double rate_floor(const struct rate_sides *rates, bool more);
double rate_plain_p(const struct rate_sides *rates, bool more);
