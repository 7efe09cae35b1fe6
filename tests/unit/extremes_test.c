/* What the statistics say of values at the ends of what a double can be: what their headers promise
 * to be a number is one, and the same values on both sides are no regression. */
#include "changes.h"
#include "gate.h"
#include "holm.h"
#include "rank.h"
#include "serial.h"

#include <criterion/criterion.h>
#include <float.h>
#include <math.h>
#include <stdlib.h>

#define MOST       10000
#define SUBNORMAL  4.9406564584124654e-324
#define IN_BETWEEN 60 /* so many values and runs of them */

enum kind {
	ZERO,
	EQUAL,
	SUBNORMALS,
	HUGE,
	NEGATIVE_HUGE,
	BOTH_HUGE,
	ALL_MAGNITUDES,
	NEGATIVE,
	MOSTLY_ZERO,
	OUTLIER,
	TINY_AND_HUGE,
	NOISE,
	KINDS
};

static uint64_t state;

/* Steele, Lea and Flood 2014: SplitMix64. In [0, 1). */
static double draw(void)
{
	uint64_t mixed = state += UINT64_C(0x9e3779b97f4a7c15);

	mixed = (mixed ^ (mixed >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	mixed = (mixed ^ (mixed >> 27)) * UINT64_C(0x94d049bb133111eb);
	return (double)((mixed ^ (mixed >> 31)) >> 11) * 0x1p-53;
}

static double value_of(enum kind kind, size_t i)
{
	switch (kind) {
	case ZERO:
		return i % 2 ? 0.0 : -0.0;
	case EQUAL:
		return 0.1;
	case SUBNORMALS:
		return SUBNORMAL * floor(1 + 5 * draw());
	case HUGE:
		return DBL_MAX * (1 - draw() / 10);
	case NEGATIVE_HUGE:
		return -DBL_MAX * (1 - draw() / 10);
	case BOTH_HUGE:
		return i % 2 ? DBL_MAX : -DBL_MAX;
	case ALL_MAGNITUDES:
		return pow(10, 600 * draw() - 310) < INFINITY ? pow(10, 600 * draw() - 310) : 1;
	case NEGATIVE:
		return -1 - draw();
	case MOSTLY_ZERO:
		return i % 7 == 3 ? draw() : 0;
	case OUTLIER:
		return i == 2 ? DBL_MAX : 1 + draw();
	case TINY_AND_HUGE:
		return i % 3 ? SUBNORMAL : DBL_MAX;
	default:
		return 1 + draw() / 10;
	}
}

/* One allocation, so that a sanitizer sees its end. */
static double *values_of(enum kind kind, size_t n)
{
	double *values = malloc((n ? n : 1) * sizeof(*values));

	for (size_t i = 0; i < n; i++) {
		values[i] = value_of(kind, i);
		if (!isfinite(values[i]))
			values[i] = DBL_MAX;
	}
	return values;
}

static uint32_t *runs_of(size_t n, size_t each)
{
	uint32_t *runs = malloc((n ? n : 1) * sizeof(*runs));

	for (size_t i = 0; i < n; i++)
		runs[i] = (uint32_t)(i / each);
	return runs;
}

#define HOLDS(condition)                                                                           \
	cr_expect(condition, "%s of kinds %d and %d, %zu and %zu values", #condition, kinds[0],    \
		kinds[1], sizes[0], sizes[1])

static bool is_share(double value)
{
	return value >= 0 && value <= 1;
}

static void check_difference(
	const struct difference *difference, const enum kind *kinds, const size_t *sizes)
{
	HOLDS(is_share(difference->p));
	HOLDS(is_share(difference->p_greater) && is_share(difference->p_less));
	for (int side = 0; side < 2; side++)
		HOLDS(isfinite(difference->median[side]) == (sizes[side] > 0));
	HOLDS(!(fabs(difference->serial) > 1) && !isnan(difference->serial));
	if (!sizes[0] || !sizes[1])
		return;
	HOLDS(fabs(difference->effect) <= 1);
	HOLDS(!isnan(difference->ratio) || difference->median[0] == 0);
	HOLDS(isnan(difference->ratio) ||
		(difference->low <= difference->ratio && difference->ratio <= difference->high));
}

static void check_gate(const struct repetitions *sides, const enum kind *kinds, const size_t *sizes,
	const struct gate_settings *settings)
{
	struct gate_metric metric = {.sides = {sides[0], sides[1]}};
	struct gate_result result;

	for (int higher = 0; higher < 2; higher++) {
		metric.higher_is_better = higher;
		HOLDS(gate_judge(&metric, 1, settings, &result) == 0);
		check_difference(&result.difference, kinds, sizes);
		HOLDS(is_share(result.p) && is_share(result.p_adjusted) && is_share(result.floor));
		if (sides[0].values == sides[1].values)
			HOLDS(result.verdict != GATE_REGRESSED);
	}
}

static void check_ranks(
	const double *a, const double *b, const enum kind *kinds, const size_t *sizes)
{
	struct rank_test test;

	HOLDS(rank_test(a, sizes[0], b, sizes[1], &test) == 0);
	HOLDS(is_share(test.p) && is_share(test.p_greater) && is_share(test.p_less));
	HOLDS(fabs(rank_cliffs_delta(a, sizes[0], b, sizes[1])) <= 1);
}

static void check_pair(const enum kind *kinds, const size_t *sizes, size_t each)
{
	const struct gate_settings independent = {.independent = true};
	double *values[2];
	uint32_t *runs[2];
	struct repetitions sides[2];

	for (int side = 0; side < 2; side++) {
		values[side] = values_of(kinds[side], sizes[side]);
		runs[side] = runs_of(sizes[side], each);
		sides[side] = (struct repetitions){values[side], runs[side], sizes[side]};
	}
	check_gate(sides, kinds, sizes, NULL);
	check_gate(sides, kinds, sizes, &independent);
	check_ranks(values[0], values[1], kinds, sizes);
	HOLDS(fabs(serial_within_runs(sides, 2).correlation) <= 1);
	HOLDS(fabs(serial_correlation(values[0], sizes[0])) <= 1);
	sides[1] = sides[0];
	check_gate(sides, (enum kind[]){kinds[0], kinds[0]}, (size_t[]){sizes[0], sizes[0]}, NULL);
	for (int side = 0; side < 2; side++) {
		free(values[side]);
		free(runs[side]);
	}
}

static void check_changes(enum kind kind, size_t n)
{
	double *values = values_of(kind, n);
	struct change *changes = malloc((changes_most(n, NULL) + 1) * sizeof(*changes));
	size_t count;

	cr_assert(changes_find(values, n, NULL, changes, &count) == 0, "kind %d", kind);
	cr_assert(count <= changes_most(n, NULL));
	for (size_t i = 0; i < count; i++) {
		cr_assert(changes[i].index > 0 && changes[i].index < n, "kind %d", kind);
		cr_assert(isfinite(changes[i].before) && isfinite(changes[i].after));
		cr_assert(is_share(changes[i].p), "kind %d", kind);
		cr_assert(kind != ZERO && kind != EQUAL);
	}
	free(changes);
	free(values);
}

Test(extremes, of_few_values)
{
	static const size_t few[] = {1, 2, 5, 7, IN_BETWEEN};

	state = 1;
	for (int a = 0; a < KINDS; a++)
		for (int b = 0; b < KINDS; b++)
			for (size_t i = 0; i < 5; i++)
				for (size_t each = 3; each <= 20; each += 17)
					check_pair((enum kind[]){(enum kind)a, (enum kind)b},
						(size_t[]){few[i], few[(i + (size_t)a) % 5]}, each);
}

Test(extremes, of_many_values)
{
	state = 2;
	for (int kind = 0; kind < KINDS; kind++)
		check_pair((enum kind[]){(enum kind)kind, (enum kind)(KINDS - 1 - kind)},
			(size_t[]){MOST, MOST}, 1000);
}

Test(extremes, of_series)
{
	state = 3;
	for (int kind = 0; kind < KINDS; kind++) {
		check_changes((enum kind)kind, 1);
		check_changes((enum kind)kind, IN_BETWEEN);
		check_changes((enum kind)kind, 1000);
	}
}

/* Rates of which nothing was seen, or in no time, or more than can be counted. */
Test(extremes, of_rates)
{
	static const double counts[] = {0, SUBNORMAL, 0.5, 1, 1e5, 1e18, DBL_MAX};
	static const double spans[] = {SUBNORMAL, 1, 1e18, DBL_MAX};
	static const double values[] = {0, 1, 0, DBL_MAX, 3};
	const enum kind kinds[] = {ZERO, ZERO};
	const size_t sizes[] = {5, 5};

	for (size_t i = 0; i < 7 * 7 * 4 * 4; i++) {
		const double events[] = {counts[i % 7], counts[i / 7 % 7]};
		const double exposures[] = {spans[i / 49 % 4], spans[i / 196]};
		const struct rate_sides rates = {
			{&events[0], &exposures[0], 1}, {&events[1], &exposures[1], 1}};
		struct gate_metric metric = {
			.sides = {{values, NULL, 5}, {values, NULL, 5}}, .rates = &rates};
		struct gate_result result;

		HOLDS(gate_judge(&metric, 1, NULL, &result) == 0);
		HOLDS(is_share(result.p) && is_share(result.p_adjusted) && is_share(result.floor));
		HOLDS(!isnan(result.difference.ratio) || events[0] == 0);
		HOLDS(!isnan(result.difference.low) && !isnan(result.difference.high));
		if (events[0] == events[1] && exposures[0] == exposures[1])
			HOLDS(result.verdict != GATE_REGRESSED);
	}
}
