/*
 * gate: whether a candidate is worse than its baseline, for a pipeline that stops when it is. Pure
 * arithmetic, deterministic. README.md has the method, and what simulation says of it.
 *
 * A metric has regressed when a one-sided test on its bad side says so at `alpha`, which Holm's
 * method shares among all metrics of the call, and the estimate is at least `threshold` worse; it
 * has improved when the same is true of the good side. It is unchanged when it is 95 % certain to
 * be less than `tolerance` worse. Anything else is undecided: neither an alarm nor a pass.
 *
 * A single run may be of a state of its host that lasts as long, which nothing in it tells. Where a
 * side has no more, and no repeats, a metric has to be twice or half as much to have changed; a
 * lesser change, and one from 0, is `suspected` and undecided.
 *
 * A rate of rare events is tested by its events (rate.h). It is unchanged unless it has regressed
 * or improved, as far as so few events tell (`may_double`), and undecided when only their coming in
 * bursts keeps it from having regressed.
 */
#pragma once

#include "difference.h"
#include "rate.h"

enum gate_verdict { GATE_UNCHANGED, GATE_IMPROVED, GATE_UNDECIDED, GATE_REGRESSED };

/* As in documents: "unchanged", "improved", "not enough evidence", "regressed". */
extern const char *const gate_verdict_names[];

/* All 0: the defaults. */
struct gate_settings {
	double alpha;     /* share of calls that may be a false alarm; 0: 0.01 */
	double threshold; /* the least change worth an alarm, as a share: of 1 when a ratio has
			     to be 2 or 1/2; 0: 0.05 */
	double tolerance; /* the change that a pass rules out; 0: twice the threshold */
	bool independent; /* repetitions of a run are known not to depend on each other, and runs
			     not to differ: each counts in full, and a single run is enough */
};

struct gate_metric {
	struct difference_sides sides;
	size_t repeats[2]; /* of all runs of a side, where these have any, as `sides` may not tell
			    */
	const struct rate_sides *rates; /* of rare events; NULL: the metric is no such rate */
	bool higher_is_better;
	double threshold; /* for this metric; 0: that of the settings */
	double tolerance; /* for this metric; 0: twice its threshold if it has one, else the
			     settings' */
	double least;     /* no alarm for less than this in the metric's unit; where there is no
			     ratio it alone counts, and 0 is any difference of the medians */
};

struct gate_result {
	struct difference difference;
	double threshold, tolerance; /* that applied */
	double worse; /* as a share: 0.1 is 10 % worse, less than 0 better; NAN without a ratio */
	double p, p_adjusted; /* one-sided, on the bad side */
	double floor; /* the least p that any values of so many repetitions could have. Above alpha,
			 the metric is not tested and has no part in the others' odds, and
			 p_adjusted is 1 */
	bool tested;
	bool single_run[2]; /* baseline, candidate have no more, and are not said to be
			       independent */
	bool suspected;     /* undecided for that alone: of more runs, it would have regressed */
	bool may_double; /* of rare events: the evidence does not rule out twice (half) the rate */
	enum gate_verdict verdict;
	/* When undecided: how many further repetitions in one run of each side, or further runs
	 * like these on each side, would probably decide if the estimate stays what it is. 0: these
	 * cannot, or more than 1000 would be needed. */
	size_t more_repetitions, more_runs;
};

/* Judges `n` metrics of one call; their order does not matter. `settings` may be NULL. Returns 0,
 * -EINVAL when a value is not finite or a setting is negative or NAN, or -ENOMEM. */
int gate_judge(const struct gate_metric *metrics, size_t n, const struct gate_settings *settings,
	struct gate_result *results);

/* The call's verdict: GATE_REGRESSED when a metric has; GATE_UNDECIDED when one is, or there is
 * none; else GATE_UNCHANGED. */
enum gate_verdict gate_overall(const struct gate_result *results, size_t n);
