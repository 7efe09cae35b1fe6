#include "foresee.h"

#include <math.h>

/* Steeper than the cube is what noise looks like, at sizes that take no time yet. */
#define POWER_MAX 3

void foresee_add(struct foresee *foresee, double n, double took_s)
{
	if (n <= 0) {
		foresee->base_s = took_s;
		return;
	}
	foresee->before_n = foresee->last_n;
	foresee->before_s = foresee->last_s;
	foresee->last_n = n;
	foresee->last_s = took_s;
}

static double beyond_base(const struct foresee *foresee, double took_s)
{
	return took_s > foresee->base_s ? took_s - foresee->base_s : 0;
}

double foresee_s(const struct foresee *foresee, double n, double power)
{
	double before = beyond_base(foresee, foresee->before_s);
	double last = beyond_base(foresee, foresee->last_s);

	if (foresee->last_n <= 0)
		return NAN;
	if (before > 0 && last > 0 && foresee->last_n > foresee->before_n) {
		double seen = log(last / before) / log(foresee->last_n / foresee->before_n);

		power = fmin(fmax(power, seen), POWER_MAX);
	}
	return foresee->last_s - last + last * pow(n / foresee->last_n, power);
}
