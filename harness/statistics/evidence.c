#include "evidence.h"

#include "distribution.h"
#include "order.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Runs are the unit from 3 degrees of freedom on: at the 5th, Student's t has a tail that can still
 * tell 10 % from nothing at 5 % noise. */
#define FEWEST_DEGREES_BY_RUN 3

/* Of each end, when a value is further out than OUTLIER robust standard deviations: 20 values that
 * are normal have one in 50 times. */
#define TRIMMED 0.2
#define OUTLIER 4.5

/* The 75 % point of the normal distribution: the median absolute deviation of a normal one. */
#define NORMAL_75 0.6744897501960817

/* Values of one side on the scale they are compared on; `n` units. */
struct column {
	double *values;
	size_t n;
};

static double median_of(const double *values, size_t n, double *room)
{
	memcpy(room, values, n * sizeof(*room));
	return order_median(room, n);
}

static bool has_outliers(const struct column *columns, double *room)
{
	double *residuals = room;
	size_t total = columns[0].n + columns[1].n, at = 0;
	double furthest = 0;

	for (int side = 0; side < 2; side++) {
		double middle = median_of(columns[side].values, columns[side].n, room + total);

		for (size_t i = 0; i < columns[side].n; i++) {
			residuals[at] = fabs(columns[side].values[i] - middle);
			furthest = fmax(furthest, residuals[at++]);
		}
	}
	return furthest * NORMAL_75 > OUTLIER * order_median(residuals, total);
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

/* Each run becomes one unit: its location. */
static void reduce_to_runs(const struct repetitions *side, struct column *column)
{
	size_t runs = 0;

	for (size_t first = 0, end; first < side->n; first = end) {
		end = repetitions_run_end(side, first);
		struct column run = {column->values + first, end - first};

		column->values[runs++] = locate(&run, run.n >= 5).location;
	}
	column->n = runs;
}

/* Puts both sides on the scale they are compared on. */
static void rescale(
	const struct repetitions *const *sides, struct column *columns, struct evidence *evidence)
{
	bool positive = true;

	for (int side = 0; side < 2; side++)
		for (size_t i = 0; i < sides[side]->n; i++)
			positive = positive && sides[side]->values[i] > 0;
	evidence->scale = 0;
	if (!positive) {
		evidence->scale = fabs(median_of(sides[0]->values, sides[0]->n, columns[0].values));
		if (evidence->scale == 0)
			evidence->scale = INFINITY; /* none: differences are in the metric's unit */
	}
	for (int side = 0; side < 2; side++) {
		columns[side].n = sides[side]->n;
		for (size_t i = 0; i < sides[side]->n; i++) {
			double value = sides[side]->values[i];

			columns[side].values[i] = positive ? log(value)
						  : isinf(evidence->scale)
							  ? value
							  : value / evidence->scale;
		}
	}
}

static void weigh(const struct repetitions *const *sides, struct column *columns, double *room,
	struct evidence *evidence)
{
	size_t runs[2] = {repetitions_runs(sides[0]), repetitions_runs(sides[1])};
	struct repetitions whole[2];

	evidence->by_run = runs[0] + runs[1] >= FEWEST_DEGREES_BY_RUN + 2;
	for (int side = 0; side < 2; side++)
		whole[side] = (struct repetitions){columns[side].values, NULL, sides[side]->n};
	/* Too few runs to tell how they differ: what they differ by counts as correlation. */
	evidence->serial = serial_within_runs(whole, 2);
	if (evidence->by_run)
		for (int side = 0; side < 2; side++)
			reduce_to_runs(sides[side], &columns[side]);
	bool robust = has_outliers(columns, room);

	for (int side = 0; side < 2; side++)
		evidence->sides[side] = locate(&columns[side], robust && columns[side].n >= 5);
	evidence->pooled = columns[0].n < 5 || columns[1].n < 5;
	evidence->estimate = evidence->sides[1].location - evidence->sides[0].location;
	evidence->least_p =
		evidence->by_run && columns[0].n != columns[1].n
			? 0
			: exp(-distribution_ln_choose(
				  (double)(columns[0].n + columns[1].n), (double)columns[0].n));
}

int evidence_of(const struct repetitions *baseline, const struct repetitions *candidate,
	struct evidence *evidence)
{
	const struct repetitions *sides[] = {baseline, candidate};
	size_t n = baseline->n + candidate->n;

	if (!order_all_finite(baseline->values, baseline->n) ||
		!order_all_finite(candidate->values, candidate->n))
		return -EINVAL;
	*evidence = (struct evidence){.empty = baseline->n == 0 || candidate->n == 0};
	if (evidence->empty)
		return 0;
	double *room = malloc(3 * n * sizeof(*room));

	if (!room)
		return -ENOMEM;
	struct column columns[2] = {{room, 0}, {room + baseline->n, 0}};

	rescale(sides, columns, evidence);
	weigh(sides, columns, room + n, evidence);
	free(room);
	return 0;
}
