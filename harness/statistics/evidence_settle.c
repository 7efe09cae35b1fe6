#include "evidence.h"

#include "distribution.h"

#include <math.h>

/* A variance of 10 repetitions is that much off by chance: one standard error. */
#define UNSTEADY 1.5

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

/* What both sides say of how much one unit varies, and how much of that its repetitions know. */
struct spread {
	double variance, own, degrees;
};

static struct spread spread_of(const struct evidence *evidence)
{
	struct spread spread = {0};

	for (int i = 0; i < 2; i++) {
		const struct evidence_side *side = &evidence->sides[i];

		if (side->degrees > 0) {
			spread.variance += side->degrees * side->variance * side->units;
			spread.own += side->degrees * side->own;
			spread.degrees += side->degrees;
		}
	}
	spread.variance /= spread.degrees;
	spread.own /= spread.degrees;
	return spread;
}

/* The variance of a unit of a side. Of few runs, what is known is how much the other side's differ:
 * those that are less steady within, by more than chance does, are less sure. */
static double unit_variance(const struct evidence *evidence, const struct evidence_side *side,
	const struct spread *spread)
{
	double variance = side->variance * side->units;

	if (evidence->pooled)
		variance = spread->variance + fmax(side->own - UNSTEADY * spread->own, 0);
	return fmax(variance, evidence->resolution * evidence->resolution / 12);
}

struct evidence_test evidence_settle(
	const struct evidence *evidence, double correlation, double more)
{
	struct evidence_test test = {.error = INFINITY, .p_greater = 1, .p_less = 1};
	double variances[2], degrees[2];
	struct spread spread;

	if (evidence->empty)
		return test;
	spread = spread_of(evidence);
	if (!(spread.degrees > 0))
		return test;
	for (int i = 0; i < 2; i++) {
		const struct evidence_side *side = &evidence->sides[i];
		double n = side->units + more;
		double was = worth(correlation, side->units), is = worth(correlation, n);
		double variance = unit_variance(evidence, side, &spread);
		double kept = (side->degrees + 1) / side->units;

		test.between += evidence->between * variance / side->runs;
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
	double t = evidence->estimate == 0 ? 0 : evidence->estimate / sqrt(sum + test.between);

	test.p_greater = distribution_t_above(t, test.degrees);
	test.p_less = distribution_t_above(-t, test.degrees);
	double floor = more > 0 ? evidence_floor(evidence, more) : 0;

	test.p_greater = fmax(test.p_greater, more > 0 ? floor : evidence->least_greater);
	test.p_less = fmax(test.p_less, more > 0 ? floor : evidence->least_less);
	test.p_greater = fmax(test.p_greater, evidence->runs_greater);
	test.p_less = fmax(test.p_less, evidence->runs_less);
	return test;
}
