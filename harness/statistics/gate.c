#include "gate.h"

#include "difference_private.h"
#include "gate_private.h"
#include "holm.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>

const char *const gate_verdict_names[] = {
	[GATE_UNCHANGED] = "unchanged",
	[GATE_IMPROVED] = "improved",
	[GATE_UNDECIDED] = "not enough evidence",
	[GATE_REGRESSED] = "regressed",
};

#define ALPHA     0.01
#define THRESHOLD 0.05

/* More than states of a host that last a whole run were seen to do to most metrics, as a share. */
#define LEAST_OF_SINGLE_RUN 1.0

/* What one call works with. */
struct call {
	struct difference_sides *sides;
	struct evidence *evidence;
	double *likely, *possible, *bad, *good; /* correlations, p-values */
	size_t tested;
};

static int call_open(struct call *call, const struct gate_metric *metrics, size_t n)
{
	size_t room = n ? n : 1;

	*call = (struct call){
		.sides = calloc(room, sizeof(*call->sides)),
		.evidence = calloc(room, sizeof(*call->evidence)),
		.likely = calloc(room, sizeof(double)),
		.possible = calloc(room, sizeof(double)),
		.bad = calloc(room, sizeof(double)),
		.good = calloc(room, sizeof(double)),
	};
	if (!call->sides || !call->evidence || !call->likely || !call->possible || !call->bad ||
		!call->good)
		return -ENOMEM;
	for (size_t i = 0; i < n; i++)
		call->sides[i] = metrics[i].sides;
	return 0;
}

static void call_close(struct call *call)
{
	free(call->sides);
	free(call->evidence);
	free(call->likely);
	free(call->possible);
	free(call->bad);
	free(call->good);
}

static bool is_setting(double value)
{
	return value >= 0 && isfinite(value);
}

static int settle_limits(const struct gate_metric *metric, const struct gate_settings *settings,
	struct gate_result *result)
{
	double threshold = settings->threshold > 0 ? settings->threshold : THRESHOLD;
	double tolerance = settings->tolerance > 0 ? settings->tolerance : 2 * threshold;

	if (!is_setting(metric->threshold) || !is_setting(metric->tolerance) ||
		!is_setting(metric->least))
		return -EINVAL;
	if (metric->threshold > 0) {
		threshold = metric->threshold;
		tolerance = 2 * threshold;
	}
	result->threshold = threshold;
	result->tolerance = metric->tolerance > 0 ? metric->tolerance : tolerance;
	return 0;
}

static void find_single_runs(const struct gate_metric *metric, struct gate_result *result)
{
	const struct repetitions *sides[] = {&metric->sides.baseline, &metric->sides.candidate};

	for (size_t i = 0; i < 2; i++)
		result->single_run[i] = repetitions_runs(sides[i]) == 1 && metric->repeats[i] < 2;
}

static bool has_single_run(const struct gate_result *result)
{
	return result->single_run[0] || result->single_run[1];
}

/* Of changes that are called one. */
static double least_of(const struct gate_result *result)
{
	return has_single_run(result) ? fmax(result->threshold, LEAST_OF_SINGLE_RUN)
				      : result->threshold;
}

/* The ratio of what fell by as much as 1 + share is a rise: half is as bad as twice is. Values of
 * either sign have no ratio to invert. */
static double fallen(const struct evidence *evidence, double share)
{
	return evidence->scale == SCALE_UNITS ? 1 - share : 1 / (1 + share);
}

static double moved(const struct evidence *evidence, double sign, double share)
{
	return sign * evidence_estimate(evidence, sign > 0 ? 1 + share : fallen(evidence, share));
}

/* The margins on the scale the evidence is on, with its bad side up. */
static struct gate_margins margins_of(const struct gate_metric *metric,
	const struct evidence *evidence, const struct gate_result *result)
{
	double sign = metric->higher_is_better ? -1 : 1, least = least_of(result);
	struct gate_margins margins = {.sign = sign};

	if (evidence->scale == SCALE_NONE) {
		margins.threshold = margins.tolerance = log1p(metric->least / evidence->unit);
		/* No ratio says that it is more than a state of the host. */
		margins.least = margins.good =
			has_single_run(result) ? INFINITY : margins.threshold;
		return margins;
	}
	margins.threshold = moved(evidence, sign, result->threshold);
	margins.least = moved(evidence, sign, least);
	margins.tolerance = moved(evidence, sign, result->tolerance);
	margins.good = moved(evidence, -sign, least);
	return margins;
}

/* This metric's share of alpha: what it has by Holm's method or, where that says nothing, an equal
 * one. */
static double share_of(const struct call *call, size_t at, const struct gate_result *result)
{
	if (result->tested && call->bad[at] < 1)
		return call->bad[at] > 0 ? fmin(result->p / call->bad[at], 1) : 1;
	return 1 / (double)(call->tested + !result->tested);
}

static bool is_beyond(double ratio, double share)
{
	return !(ratio < 1 + share && ratio > 1 / (1 + share));
}

/* The p of events that come in bursts is much larger than were they independent: that alone is
 * no reason to pass. */
static void decide_rate(const struct gate_metric *metric, struct call *call, size_t at,
	double alpha, struct gate_result *result)
{
	const struct difference *difference = &result->difference;
	bool up = !metric->higher_is_better, more = difference->shift > 0;
	bool large = fabs(difference->shift) >= metric->least && difference->shift != 0 &&
		     is_beyond(difference->ratio, result->threshold);
	bool enough = is_beyond(difference->ratio, least_of(result));
	double family = (double)(call->tested + !result->tested);

	result->p_adjusted = result->tested ? call->bad[at] : 1;
	result->worse = (up ? 1 : -1) * (difference->ratio - 1);
	result->may_double = up ? !(difference->high < 2) : !(difference->low > 0.5);
	result->verdict = GATE_UNCHANGED;
	if (!large)
		return;
	bool worse = more == up && call->bad[at] <= alpha;

	result->suspected = worse && !enough;
	if (worse && enough)
		result->verdict = GATE_REGRESSED;
	else if (result->suspected ||
		 (more == up && family * rate_plain_p(metric->rates, up) <= alpha))
		result->verdict = GATE_UNDECIDED;
	else if (more != up && call->good[at] <= alpha && enough)
		result->verdict = GATE_IMPROVED;
}

static void decide(const struct gate_metric *metric, const struct evidence *evidence,
	struct call *call, size_t at, double alpha, struct gate_result *result)
{
	struct gate_margins margins = margins_of(metric, evidence, result);
	double bad = margins.sign * evidence->estimate;
	double shift = fabs(result->difference.shift);
	/* Without a ratio the medians, of which one is 0, have to differ. */
	bool large = shift >= metric->least && (evidence->scale != SCALE_NONE || shift > 0);

	result->p_adjusted = result->tested ? call->bad[at] : 1;
	result->worse = margins.sign * (result->difference.ratio - 1);
	margins.alpha = alpha * share_of(call, at, result);
	result->verdict = GATE_UNDECIDED;
	bool worse = call->bad[at] <= alpha && bad >= margins.threshold && large;

	result->suspected = worse && bad < margins.least;
	if (worse && !result->suspected)
		result->verdict = GATE_REGRESSED;
	else if (call->good[at] <= alpha && -bad >= margins.good && large)
		result->verdict = GATE_IMPROVED;
	else if (!result->suspected && !evidence->empty &&
		 gate_is_certain(evidence, &margins, call->likely[at], 0))
		result->verdict = GATE_UNCHANGED;
	if (result->verdict == GATE_UNDECIDED)
		gate_foresee(evidence, &margins, call->likely[at], call->possible[at], result);
}

/* One metric's p-values; NAN where no values could be significant. */
static void test(const struct gate_metric *metric, struct call *call, size_t at, double alpha,
	bool alike, struct gate_result *result)
{
	const struct evidence *evidence = &call->evidence[at];
	struct difference *difference = &result->difference;
	bool up = !metric->higher_is_better;

	difference_settle(evidence, call->likely[at], call->possible[at], difference);
	if (metric->rates)
		rate_settle(metric->rates, &metric->sides, alike, difference);
	result->p = up ? difference->p_greater : difference->p_less;
	result->floor = metric->rates ? rate_floor(metric->rates, up) : evidence_floor(evidence, 0);
	result->tested = result->floor <= alpha;
	call->tested += result->tested;
	call->bad[at] = result->tested ? result->p : NAN;
	call->good[at] = !result->tested ? NAN : up ? difference->p_less : difference->p_greater;
}

static int judge(const struct gate_metric *metrics, size_t n, const struct gate_settings *settings,
	struct call *call, struct gate_result *results)
{
	int error = difference_weigh(call->sides, n, call->evidence, call->likely, call->possible);
	double alpha = settings->alpha > 0 ? settings->alpha : ALPHA;

	for (size_t i = 0; i < n && !error; i++) {
		if (settings->independent) {
			struct evidence *evidence = &call->evidence[i];

			call->likely[i] = call->possible[i] = evidence->between = 0;
			evidence->runs_greater = evidence->runs_less = 0;
		}
		results[i] = (struct gate_result){.p = 1, .p_adjusted = 1};
		error = settle_limits(&metrics[i], settings, &results[i]);
		if (!settings->independent)
			find_single_runs(&metrics[i], &results[i]);
		if (!error)
			error = difference_describe(&call->sides[i], &results[i].difference);
		if (error)
			break;
		test(&metrics[i], call, i, alpha, settings->independent, &results[i]);
	}
	if (!error)
		error = holm_adjust(call->bad, n);
	if (!error)
		error = holm_adjust(call->good, n);
	for (size_t i = 0; i < n && !error; i++)
		if (metrics[i].rates)
			decide_rate(&metrics[i], call, i, alpha, &results[i]);
		else
			decide(&metrics[i], &call->evidence[i], call, i, alpha, &results[i]);
	return error;
}

int gate_judge(const struct gate_metric *metrics, size_t n, const struct gate_settings *settings,
	struct gate_result *results)
{
	static const struct gate_settings defaults;
	struct call call;

	if (!settings)
		settings = &defaults;
	if (!is_setting(settings->alpha) || !is_setting(settings->threshold) ||
		!is_setting(settings->tolerance))
		return -EINVAL;
	int error = call_open(&call, metrics, n);

	if (!error)
		error = judge(metrics, n, settings, &call, results);
	call_close(&call);
	return error;
}

enum gate_verdict gate_overall(const struct gate_result *results, size_t n)
{
	enum gate_verdict verdict = n ? GATE_UNCHANGED : GATE_UNDECIDED;

	for (size_t i = 0; i < n; i++)
		if (results[i].verdict >= GATE_UNDECIDED && results[i].verdict > verdict)
			verdict = results[i].verdict;
	return verdict;
}
