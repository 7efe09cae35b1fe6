#include "evidence.h"

#include "distribution.h"
#include "order.h"
#include "rank.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* What is further out than OUTLIER robust standard deviations is an outlier, as one of 20 normal
 * values is one in 50 times. Then so much is trimmed off each end, given enough values. */
#define OUTLIER        4.5
#define TRIMMED        0.2
#define FEWEST_TO_TRIM 5

/* Runs differ by more than their repetitions explain: so much of these' variance at the least, as
 * README.md has it of real hosts. */
#define BETWEEN 0.3

/* Values that differ by less, as a share, are the same. */
#define SAME 1e-9

/* Points of the normal distribution; that of 75 % is the median absolute deviation of a normal one.
 */
#define NORMAL_75  0.6744897501960817
#define NORMAL_975 1.959963984540054

/* Values of one side on the scale they are compared on; `n` units. */
struct column {
	double *values;
	size_t n;
};

static double mean_of(const double *values, size_t n)
{
	double mean = 0;

	for (size_t i = 0; i < n; i++)
		mean += values[i] / (double)n;
	return mean;
}

static double median_of(const double *values, size_t n, double *room)
{
	memcpy(room, values, n * sizeof(*room));
	return order_median(room, n);
}

/* Whether any value is an outlier among its own: in stretches of the columns, each a side or a run.
 */
static bool has_outliers(const struct column *stretches, size_t count, double *room)
{
	double furthest = 0;
	size_t total = 0;

	for (size_t i = 0; i < count; i++) {
		const struct column *stretch = &stretches[i];
		double middle = median_of(stretch->values, stretch->n, room + total);

		for (size_t j = 0; j < stretch->n; j++) {
			room[total] = fabs(stretch->values[j] - middle);
			furthest = fmax(furthest, room[total++]);
		}
	}
	return furthest * NORMAL_75 > OUTLIER * order_median(room, total);
}

/* Mean and its variance or, robustly, the trimmed mean and what the winsorized variance says of it
 * (Tukey and McLaughlin 1963; Yuen 1974). Sorts the column. */
static struct evidence_side locate(struct column *column, bool robust)
{
	size_t n = column->n, cut = robust ? (size_t)(TRIMMED * (double)n) : 0;
	double *values = column->values, kept = (double)(n - 2 * cut);
	double mean = 0, middle = 0, squares = 0;

	order_sort(values, n);
	for (size_t i = 0; i < n; i++) {
		double value = values[i < cut ? cut : i >= n - cut ? n - cut - 1 : i];

		middle += value / (double)n;
		if (i >= cut && i < n - cut)
			mean += value / kept;
	}
	for (size_t i = 0; i < n; i++) {
		double value = values[i < cut ? cut : i >= n - cut ? n - cut - 1 : i];

		squares += (value - middle) * (value - middle);
	}
	return (struct evidence_side){
		.location = mean,
		.variance = n > 1 ? squares / (kept * (kept - 1)) : NAN,
		.degrees = kept - 1,
		.units = (double)n,
	};
}

/* The least step between values that are not the same, but for rounding; 0 where neither side's
 * vary: nothing tells then how fine they could be. Both columns are next to each other. */
static double resolution_of(const struct column *columns, double *room)
{
	size_t n = columns[0].n, total = n + columns[1].n;
	double least = INFINITY;
	bool vary = false;

	memcpy(room, columns[0].values, total * sizeof(*room));
	for (size_t i = 1; i < total; i++)
		vary |= i != n && fabs(room[i] - room[i - 1]) > SAME;
	if (!vary)
		return 0;
	order_sort(room, total);
	for (size_t i = 1; i < total; i++)
		if (room[i] - room[i - 1] > SAME)
			least = fmin(least, room[i] - room[i - 1]);
	return least;
}

/* The variance of the mean of one run's repetitions or, of their median, what the order statistics
 * that bound it in 95 of 100 runs say (McKean and Schrader 1984). Sorts the run in the latter case.
 */
static double own_variance(struct column *run, bool robust)
{
	double n = (double)run->n, mean = mean_of(run->values, run->n), squares = 0;

	if (run->n < 2)
		return 0;
	if (robust) {
		double first = fmax(rint((n + 1) / 2 - NORMAL_975 * sqrt(n / 4)), 1);

		order_sort(run->values, run->n);
		double reach = run->values[run->n - (size_t)first] - run->values[(size_t)first - 1];

		return reach * reach / (4 * NORMAL_975 * NORMAL_975);
	}
	for (size_t i = 0; i < run->n; i++)
		squares += (run->values[i] - mean) * (run->values[i] - mean);
	return squares / (n * (n - 1));
}

/* Each run becomes one unit: its mean or, when some of all repetitions are outliers, its median.
 * `stretches` has room for all runs. */
static void reduce_to_runs(const struct repetitions *const *sides, struct column *columns,
	struct column *stretches, double *room, double *own)
{
	size_t count = 0, runs[2];

	for (int side = 0; side < 2; side++) {
		runs[side] = count;
		for (size_t first = 0, end; first < sides[side]->n; first = end) {
			end = repetitions_run_end(sides[side], first);
			stretches[count++] =
				(struct column){columns[side].values + first, end - first};
		}
		runs[side] = count - runs[side];
	}
	bool robust = has_outliers(stretches, count, room);

	for (size_t i = 0; i < count; i++) {
		struct column *run = &stretches[i];
		bool first_side = i < runs[0];
		double *unit = &columns[first_side ? 0 : 1].values[first_side ? i : i - runs[0]];

		own[first_side ? 0 : 1] +=
			own_variance(run, robust) / (double)runs[first_side ? 0 : 1];
		*unit = robust ? median_of(run->values, run->n, room)
			       : mean_of(run->values, run->n);
	}
	columns[0].n = runs[0];
	columns[1].n = runs[1];
}

/* What a median or trimmed mean leaves out may be a mode, and a mean may be that of a skewed
 * distribution: the ranks of all have to agree. */
static int ask_ranks(const struct column *columns, struct evidence *evidence)
{
	struct rank_test test;
	int error =
		rank_test(columns[0].values, columns[0].n, columns[1].values, columns[1].n, &test);

	evidence->least_greater = error ? 1 : test.p_greater;
	evidence->least_less = error ? 1 : test.p_less;
	return error;
}

static int weigh(const struct repetitions *const *sides, size_t fewest_runs, struct column *columns,
	struct column *stretches, double *room, struct evidence *evidence)
{
	struct repetitions whole[2];
	double own[2] = {0, 0};
	int error = 0;

	for (int side = 0; side < 2; side++) {
		whole[side] = (struct repetitions){columns[side].values, NULL, sides[side]->n};
		evidence->repetitions[side] = (double)sides[side]->n;
	}
	/* Where runs are too few to tell how they differ, it counts as correlation. */
	evidence->serial = serial_within_runs(whole, 2);
	evidence->by_run = repetitions_runs(sides[0]) + repetitions_runs(sides[1]) >= fewest_runs;
	if (evidence->by_run) {
		error = ask_ranks(columns, evidence);
		evidence->resolution = resolution_of(columns, room);
		reduce_to_runs(sides, columns, stretches, room, own);
	}
	size_t n = columns[0].n, m = columns[1].n;
	bool enough = n >= FEWEST_TO_TRIM && m >= FEWEST_TO_TRIM;
	bool robust = enough && has_outliers(columns, 2, room);

	if (robust && !evidence->by_run)
		error = ask_ranks(columns, evidence);
	else if (!robust && (!evidence->by_run || n + m == sides[0]->n + sides[1]->n))
		evidence->least_greater = evidence->least_less =
			exp(-distribution_ln_choose((double)(n + m), (double)n));
	for (int side = 0; side < 2; side++) {
		evidence->sides[side] = locate(&columns[side], robust);
		evidence->sides[side].own = own[side];
		evidence->sides[side].runs = (double)repetitions_runs(sides[side]);
	}
	evidence->pooled = !enough;
	evidence->between = evidence->by_run ? 0 : BETWEEN;
	evidence->estimate = evidence->sides[1].location - evidence->sides[0].location;
	return error;
}

static int evidence_of_units(
	const struct repetitions *const *sides, size_t fewest_runs, struct evidence *evidence)
{
	size_t n = sides[0]->n + sides[1]->n;

	if (!order_all_finite(sides[0]->values, sides[0]->n) ||
		!order_all_finite(sides[1]->values, sides[1]->n))
		return -EINVAL;
	*evidence = (struct evidence){.empty = sides[0]->n == 0 || sides[1]->n == 0};
	if (evidence->empty)
		return 0;
	double *room = malloc(3 * n * sizeof(*room));
	struct column *stretches = malloc(n * sizeof(*stretches));

	if (!room || !stretches) {
		free(room);
		free(stretches);
		return -ENOMEM;
	}
	struct column columns[2] = {{room, 0}, {room + sides[0]->n, 0}};

	double *const values[] = {columns[0].values, columns[1].values};

	evidence_rescale(sides, values, evidence);
	columns[0].n = sides[0]->n;
	columns[1].n = sides[1]->n;
	int error = weigh(sides, fewest_runs, columns, stretches, room + n, evidence);

	free(stretches);
	free(room);
	return error;
}

int evidence_of(const struct repetitions *baseline, const struct repetitions *candidate,
	struct evidence *evidence)
{
	const struct repetitions *sides[] = {baseline, candidate};

	return evidence_of_units(sides, EVIDENCE_FEWEST_RUNS, evidence);
}

int evidence_nest(const struct repetitions *const *runs, struct evidence *evidence)
{
	struct evidence by_run;
	struct evidence_test test;

	if (evidence->empty)
		return 0;
	for (int side = 0; side < 2; side++)
		evidence->sides[side].runs = (double)repetitions_runs(runs[side]);
	if (!evidence->by_run)
		return 0;
	evidence->nested = true;
	evidence->between = BETWEEN;
	if (evidence->sides[0].runs + evidence->sides[1].runs <= 2)
		return 0;
	int error = evidence_of_units(runs, 0, &by_run);

	if (error)
		return error;
	test = evidence_settle(&by_run, 0, 0);
	evidence->runs_greater = test.p_greater;
	evidence->runs_less = test.p_less;
	return 0;
}
