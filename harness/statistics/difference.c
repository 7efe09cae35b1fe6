#include "difference.h"

#include "difference_private.h"
#include "distribution.h"
#include "order.h"
#include "rank.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define LIKELY 0.05
#define REAL   0.01

/* Of the margin that evidence_correlations() leaves: 1.65 standard errors. */
#define SIGNIFICANT 1.32

const char *const difference_class_names[] = {
	[DIFFERENCE_NOT_ENOUGH] = "not enough evidence",
	[DIFFERENCE_NOISE] = "noise",
	[DIFFERENCE_LIKELY] = "likely",
	[DIFFERENCE_REAL] = "real",
};

int difference_describe(const struct difference_sides *sides, struct difference *difference)
{
	const struct repetitions *both[] = {&sides->baseline, &sides->candidate};
	size_t longest = both[0]->n > both[1]->n ? both[0]->n : both[1]->n;
	double *room = malloc((longest ? longest : 1) * sizeof(*room));

	if (!room)
		return -ENOMEM;
	*difference = (struct difference){
		.ratio = NAN, .low = NAN, .high = NAN, .p = 1, .p_greater = 1, .p_less = 1};
	for (int i = 0; i < 2; i++) {
		difference->repetitions[i] = both[i]->n;
		difference->runs[i] = repetitions_runs(both[i]);
		if (both[i]->n)
			memcpy(room, both[i]->values, both[i]->n * sizeof(*room));
		difference->median[i] = order_median(room, both[i]->n);
	}
	free(room);
	difference->shift = difference->median[1] - difference->median[0];
	difference->effect =
		rank_cliffs_delta(both[0]->values, both[0]->n, both[1]->values, both[1]->n);
	return 0;
}

void difference_settle(const struct evidence *evidence, double likely, double possible,
	struct difference *difference)
{
	struct evidence_test test = evidence_settle(evidence, possible, 0);

	if (evidence->empty)
		return;
	difference->by_run = evidence->by_run;
	difference->serial = likely;
	difference->p_greater = test.p_greater;
	difference->p_less = test.p_less;
	difference->p = fmin(2 * fmin(test.p_greater, test.p_less), 1);
	difference->correlated = likely > SIGNIFICANT * (possible - likely);
	if (evidence->scale == SCALE_NONE)
		return;
	double reach = test.degrees > 0 ? test.error * distribution_t_point(0.025, test.degrees)
					: INFINITY;

	difference->ratio = evidence_ratio(evidence, evidence->estimate);
	difference->low = evidence_ratio(evidence, evidence->estimate - reach);
	difference->high = evidence_ratio(evidence, evidence->estimate + reach);
}

int difference_weigh(const struct difference_sides *sides, size_t n, struct evidence *evidence,
	double *likely, double *possible)
{
	for (size_t i = 0; i < n; i++) {
		const struct repetitions *baseline = &sides[i].baseline;
		const struct repetitions *candidate = &sides[i].candidate;
		int error = evidence_of(baseline, candidate, &evidence[i]);

		if (!error && sides[i].whole[0] && sides[i].whole[1]) {
			const struct repetitions runs[] = {
				{baseline->values, sides[i].whole[0], baseline->n},
				{candidate->values, sides[i].whole[1], candidate->n}};

			error = evidence_nest(
				(const struct repetitions *[]){&runs[0], &runs[1]}, &evidence[i]);
		}
		if (error)
			return error;
	}
	evidence_correlations(evidence, n, likely, possible);
	return 0;
}

int difference_of(const struct difference_sides *sides, size_t n, struct difference *differences)
{
	struct evidence *evidence = calloc(n ? n : 1, sizeof(*evidence));
	double *likely = calloc(n ? n : 1, 2 * sizeof(*likely));
	int error = evidence && likely ? 0 : -ENOMEM;

	if (!error)
		error = difference_weigh(sides, n, evidence, likely, likely + n);
	for (size_t i = 0; i < n && !error; i++) {
		error = difference_describe(&sides[i], &differences[i]);
		if (!error)
			difference_settle(&evidence[i], likely[i], likely[n + i], &differences[i]);
	}
	free(evidence);
	free(likely);
	return error;
}

enum difference_class difference_classify(
	const struct difference *difference, double p_adjusted, double threshold)
{
	double high = log1p(threshold), size = fabs(log(difference->ratio));

	if (!(difference->ratio > 0)) /* none: what is told apart is all there is to say */
		size = INFINITY;
	if (p_adjusted <= REAL && size >= high)
		return DIFFERENCE_REAL;
	if (p_adjusted <= LIKELY && size >= high)
		return DIFFERENCE_LIKELY;
	if (difference->low > exp(-2 * high) && difference->high < exp(2 * high))
		return DIFFERENCE_NOISE;
	return DIFFERENCE_NOT_ENOUGH;
}
