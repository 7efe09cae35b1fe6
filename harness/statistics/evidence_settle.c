#include "evidence.h"

#include "distribution.h"

#include <math.h>

/* By what the variance of the mean of n units that follow an AR(1) process exceeds that of
 * independent ones. */
static double excess_of(double correlation, double n)
{
	double sum = 0, power = 1;

	for (double lag = 1; lag < n && power > 1e-9; lag++) {
		power *= correlation;
		sum += (1 - lag / n) * power;
	}
	return 1 + 2 * sum;
}

/* As many units are as good as n independent ones. */
static double worth(double correlation, double n)
{
	return n / excess_of(correlation, n);
}

double evidence_floor(const struct evidence *evidence, double more)
{
	double n[2];

	if (evidence->empty)
		return 1;
	for (int i = 0; i < 2; i++)
		n[i] = evidence->repetitions[i] * (1 + more / evidence->sides[i].units);
	return exp(-distribution_ln_choose(n[0] + n[1], n[0]));
}

struct evidence_test evidence_settle(
	const struct evidence *evidence, double correlation, double more)
{
	struct evidence_test test = {INFINITY, 0, 1, 1};
	double variances[2], degrees[2], spread = 0, all = 0;

	if (evidence->empty)
		return test;
	for (int i = 0; i < 2; i++) {
		const struct evidence_side *side = &evidence->sides[i];

		if (side->degrees > 0) {
			spread += side->degrees * side->variance * side->units;
			all += side->degrees;
		}
	}
	if (all <= 0)
		return test;
	for (int i = 0; i < 2; i++) {
		const struct evidence_side *side = &evidence->sides[i];
		double n = side->units + more;
		double was = worth(correlation, side->units), is = worth(correlation, n);
		double variance = evidence->pooled ? spread / all : side->variance * side->units;
		double kept = (side->degrees + 1) / side->units;

		/* The spread that was seen is that within the side, which correlation lessens. */
		if (side->units > 1)
			variance *= (1 - 1 / side->units) / (1 - 1 / fmax(was, 1.01));
		variances[i] = variance / is;
		degrees[i] = fmax(kept * is - 1, side->units > 1 || more > 0 ? 0.1 : 0);
	}
	double sum = variances[0] + variances[1];

	test.error = sqrt(sum);
	if (evidence->pooled || sum <= 0)
		test.degrees = degrees[0] + degrees[1];
	else
		test.degrees = sum * sum /
			       (variances[0] * variances[0] / degrees[0] +
				       variances[1] * variances[1] / degrees[1]);
	if (evidence->estimate == 0 && sum <= 0)
		return test;
	double t = evidence->estimate == 0 ? 0 : evidence->estimate / test.error;

	test.p_greater = distribution_t_above(t, test.degrees);
	test.p_less = distribution_t_above(-t, test.degrees);
	double floor = more > 0 ? evidence_floor(evidence, more) : 0;

	test.p_greater = fmax(test.p_greater, more > 0 ? floor : evidence->least_greater);
	test.p_less = fmax(test.p_less, more > 0 ? floor : evidence->least_less);
	return test;
}
