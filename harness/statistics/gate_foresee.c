#include "gate_private.h"

#include "distribution.h"

#include <math.h>

#define CERTAIN   0.05
#define MOST_MORE 1000

bool gate_is_certain(const struct evidence *evidence, const struct gate_margins *margins,
	double correlation, double more)
{
	struct evidence_test test = evidence_settle(evidence, correlation, more);
	double bad = margins->sign * evidence->estimate;

	if (!(test.degrees > 0))
		return false;
	if (test.error == 0)
		return bad <= 0 || bad < margins->tolerance;
	return bad + test.error * distribution_t_point(CERTAIN, test.degrees) < margins->tolerance;
}

/* What a forecast reckons with. */
struct forecast {
	const struct evidence *evidence;
	const struct gate_margins *margins;
	double likely, possible;
	double least; /* of a regression; what looks like a lesser one stays suspected */
};

static bool decides(const struct forecast *forecast, double more)
{
	const struct evidence *evidence = forecast->evidence;
	double units = fmin(evidence->sides[0].units, evidence->sides[1].units);
	/* The more there are, the better is known how far they depend on each other. */
	double possible = forecast->likely +
			  (forecast->possible - forecast->likely) * sqrt(units / (units + more));
	struct evidence_test test = evidence_settle(evidence, possible, more);
	double bad = forecast->margins->sign * evidence->estimate;
	double p = forecast->margins->sign > 0 ? test.p_greater : test.p_less;

	if (bad >= forecast->margins->threshold && p <= forecast->margins->alpha)
		return bad >= forecast->least;
	return gate_is_certain(evidence, forecast->margins, forecast->likely, more);
}

/* The least that decides, 0 when MOST_MORE does not. */
static size_t least_more(const struct forecast *forecast)
{
	size_t low = 0, high = 1;

	while (high < MOST_MORE && !decides(forecast, (double)high)) {
		low = high;
		high *= 2;
	}
	if (high > MOST_MORE)
		high = MOST_MORE;
	if (!decides(forecast, (double)high))
		return 0;
	while (high - low > 1) {
		size_t middle = low + (high - low) / 2;

		if (decides(forecast, (double)middle))
			high = middle;
		else
			low = middle;
	}
	return high;
}

/* One run of each side, as seen from further runs like these. */
static struct evidence as_runs(const struct evidence *evidence, double correlation)
{
	struct evidence_test test = evidence_settle(evidence, correlation, 0);
	struct evidence runs = *evidence;

	for (int i = 0; i < 2; i++)
		runs.sides[i] = (struct evidence_side){
			.location = evidence->sides[i].location,
			.variance = (test.error * test.error + test.between) / 2,
			.degrees = 1e-9, /* the spread is a guess, and counts for none */
			.units = 1,
		};
	runs.by_run = runs.pooled = true;
	runs.between = runs.runs_greater = runs.runs_less = 0;
	return runs;
}

void gate_foresee(const struct evidence *evidence, const struct gate_margins *margins,
	double likely, double possible, struct gate_result *result)
{
	struct forecast units = {evidence, margins, likely, possible, margins->threshold};

	if (evidence->empty)
		return;
	if (evidence->by_run && !evidence->nested) {
		result->more_runs = least_more(&units);
		return;
	}
	struct evidence as_seen = as_runs(evidence, likely);
	struct forecast runs = {&as_seen, margins, 0, 0, margins->threshold};

	result->more_runs = least_more(&runs);
	/* And so many that runs are the unit. */
	size_t there = (size_t)(evidence->sides[0].runs + evidence->sides[1].runs);
	size_t least = (EVIDENCE_FEWEST_RUNS - there + 1) / 2;

	if (result->more_runs && result->more_runs < least)
		result->more_runs = least;
	units.least = margins->least;
	if (!result->difference.correlated && !evidence->nested)
		result->more_repetitions = least_more(&units);
}
