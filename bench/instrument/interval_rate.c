/*
 * The rate of rare events. The bounds of a Poisson mean are quantiles of the gamma distribution
 * (Garwood 1936): those of shape `events` below and of shape `events + 1` above.
 */
#include "interval.h"

#include <math.h>

#define TAIL 0.025

/* From here on the cube root of a gamma variable is normal to better than 1 part in 10^6 (Wilson
 * and Hilferty 1931); sums of more than this many terms would take long on what a forged document
 * holds. */
#define MANY 1e5

/* The 97.5 % point of the normal distribution. */
#define NORMAL_975 1.959963984540054

/* Distribution function of the gamma distribution of scale 1, by the series for small x and the
 * continued fraction otherwise (Abramowitz and Stegun 6.5.29 and 6.5.31). */
static double gamma_below(double shape, double x)
{
	const double small = 1e-300, enough = 1e-15;
	int sign; /* lgamma() has it in a variable that all threads share */
	double front = exp(shape * log(x) - x - lgamma_r(shape, &sign));

	if (x < shape + 1) {
		double term = 1 / shape, sum = term;

		for (double i = shape + 1; term > sum * enough; i++)
			sum += term *= x / i;
		return front * sum;
	}
	/* Lentz's method. */
	double b = x + 1 - shape, c = 1 / small, d = 1 / b, fraction = d;

	for (int i = 1; i < 100000; i++) {
		double a = -i * (i - shape);

		b += 2;
		d = a * d + b;
		d = 1 / (fabs(d) < small ? small : d);
		c = b + a / c;
		c = fabs(c) < small ? small : c;
		fraction *= d * c;
		if (fabs(d * c - 1) < enough)
			break;
	}
	return 1 - front * fraction;
}

/* For p TAIL or 1 - TAIL. */
static double gamma_quantile(double shape, double p)
{
	double low = 0, high = shape + 10;

	if (shape > MANY)
		return shape *
		       pow(1 - 1 / (9 * shape) +
				       (p < 0.5 ? -NORMAL_975 : NORMAL_975) / sqrt(9 * shape),
			       3);
	while (gamma_below(shape, high) < p)
		high *= 2;
	for (int i = 0; i < 200 && high - low > 1e-12 * high; i++) {
		double middle = 0.5 * (low + high);

		if (gamma_below(shape, middle) < p)
			low = middle;
		else
			high = middle;
	}
	return 0.5 * (low + high);
}

struct interval interval_of_rate(double events, double exposure)
{
	return (struct interval){
		.n = 1,
		.value = events / exposure,
		.low = events > 0 ? gamma_quantile(events, TAIL) / exposure : 0,
		.high = gamma_quantile(events + 1, 1 - TAIL) / exposure,
		.confidence = 1 - 2 * TAIL,
	};
}

double interval_exposure_for(double events, double most)
{
	return gamma_quantile(events + 1, 1 - TAIL) / most;
}
