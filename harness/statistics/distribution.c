#include "distribution.h"

#include <math.h>

double distribution_normal_above(double z)
{
	return 0.5 * erfc(z * M_SQRT1_2);
}

/* By regula falsi on the logarithm of the tail (Illinois), which is nearly straight. */
static double point_of(double p, double (*above)(double, double), double parameter)
{
	if (p > 0.5)
		return -point_of(1 - p, above, parameter);
	double low = 0, high = 2, at_low = log(0.5 / p), at_high = log(above(high, parameter) / p);

	while (at_high > 0 && high < 1e300) {
		low = high;
		at_low = at_high;
		high *= 2;
		at_high = log(above(high, parameter) / p);
	}
	for (int i = 0, side = 0; i < 100 && high - low > 1e-14 * high; i++) {
		double middle = isfinite(at_high) ? low + (high - low) * at_low / (at_low - at_high)
						  : 0.5 * (low + high);
		double at = log(above(middle, parameter) / p);

		if (fabs(at) < 1e-14)
			return middle;
		if (at > 0) {
			low = middle;
			at_low = at;
			at_high *= side == 1 ? 0.5 : 1;
			side = 1;
		} else {
			high = middle;
			at_high = at;
			at_low *= side == -1 ? 0.5 : 1;
			side = -1;
		}
	}
	return 0.5 * (low + high);
}

static double normal_above(double z, double unused)
{
	(void)unused;
	return distribution_normal_above(z);
}

double distribution_normal_point(double p)
{
	return point_of(p, normal_above, 0);
}

/* The continued fraction of the incomplete beta function, by Lentz's method: DLMF 8.17.22. */
static double beta_fraction(double a, double b, double x)
{
	const double tiny = 1e-300;
	double c = 1;
	double d = 1 - (a + b) * x / (a + 1);

	d = 1 / (fabs(d) < tiny ? tiny : d);
	double value = d;

	for (int m = 1; m <= 500; m++) {
		double even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m));
		double odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1));

		d = 1 + even * d;
		c = 1 + even / c;
		d = 1 / (fabs(d) < tiny ? tiny : d);
		c = fabs(c) < tiny ? tiny : c;
		value *= d * c;
		d = 1 + odd * d;
		c = 1 + odd / c;
		d = 1 / (fabs(d) < tiny ? tiny : d);
		c = fabs(c) < tiny ? tiny : c;
		double step = d * c;

		value *= step;
		if (fabs(step - 1) < 1e-15)
			break;
	}
	return value;
}

double distribution_beta(double a, double b, double x, double rest)
{
	if (x <= 0)
		return 0;
	if (rest <= 0)
		return 1;
	double front = exp(lgamma(a + b) - lgamma(a) - lgamma(b) + a * log(x) + b * log(rest));

	if (x < (a + 1) / (a + b + 2))
		return front * beta_fraction(a, b, x) / a;
	return 1 - front * beta_fraction(b, a, rest) / b;
}

double distribution_t_above(double t, double degrees)
{
	if (isinf(t))
		return t < 0;
	if (degrees > 1e7)
		return distribution_normal_above(t);
	double whole = degrees + t * t;
	double tail = 0.5 * distribution_beta(0.5 * degrees, 0.5, degrees / whole, t * t / whole);

	return t < 0 ? 1 - tail : tail;
}

double distribution_t_point(double p, double degrees)
{
	return point_of(p, distribution_t_above, degrees);
}

double distribution_ln_choose(double n, double k)
{
	return lgamma(n + 1) - lgamma(k + 1) - lgamma(n - k + 1);
}
