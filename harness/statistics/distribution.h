/*
 * distribution: tail probabilities and quantiles of the normal and of Student's t distribution.
 */
#pragma once

/* P(Z >= z). */
double distribution_normal_above(double z);

/* The z that a standard normal value is above with probability `p`, 0 < p < 1. */
double distribution_normal_point(double p);

/* P(T >= t) with `degrees` > 0 degrees of freedom, not necessarily whole. */
double distribution_t_above(double t, double degrees);

/* The t that a value is above with probability `p`, 0 < p < 1. */
double distribution_t_point(double p, double degrees);

/* The regularized incomplete beta function I_x(a, b), a and b > 0; `rest` is 1 - x, which may be
 * more exact. */
double distribution_beta(double a, double b, double x, double rest);

/* The logarithm of the number of ways to choose k out of n. */
double distribution_ln_choose(double n, double k);
