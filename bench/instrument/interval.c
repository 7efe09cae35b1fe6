#include "interval.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define CONFIDENCE 0.95
#define TAIL       0.025 /* each side's share of what CONFIDENCE leaves */

/* The 97.5 % point of the normal distribution. */
#define NORMAL_975 1.959963984540054

/* Which of `count` sorted samples, 1..count, bound a quantile; 0 and count + 1 stand for "none
 * does". */
struct ranks {
	uint64_t low, high;
	double confidence; /* that the quantile is between them */
};

/* For large counts the binomial is normal: its skewness moves a rank by less than (z^2 - 1) / 6 =
 * 0.47 (Cornish-Fisher), which rounding outwards by one more covers. */
static struct ranks ranks_of_many(uint64_t count, double q)
{
	double mean = q * (double)count;
	double reach = NORMAL_975 * sqrt(mean * (1 - q));

	return (struct ranks){
		.low = (uint64_t)fmax(mean - reach - 1, 0),
		.high = (uint64_t)(mean + reach) + 2,
		.confidence = CONFIDENCE,
	};
}

/* The number of samples at or below the q quantile is binomial(count, q), whatever their
 * distribution. The widest tails of it that hold at most TAIL each are cut off. Weights are
 * relative to that of the mode, which needs no factorials; beyond 1e-20 they do not add up to
 * anything. */
static struct ranks ranks_of_quantile(uint64_t count, double q)
{
	double n = (double)count;
	double odds = q / (1 - q);

	/* Beyond 2^52 a rank would not step by one as a double. */
	if (n * q * (1 - q) > 1e6 || n > 0x1p52)
		return ranks_of_many(count, q);

	double mode = fmin(floor((n + 1) * q), n);
	double first = mode, first_weight = 1;
	double last = mode, last_weight = 1;
	double total = 1;

	while (first > 0 && first_weight > 1e-20) {
		first_weight *= first / (n - first + 1) / odds;
		first--;
		total += first_weight;
	}
	while (last < n && last_weight > 1e-20) {
		last_weight *= (n - last) / (last + 1) * odds;
		last++;
		total += last_weight;
	}

	double below = 0, above = 0;

	while (below + first_weight <= TAIL * total) {
		below += first_weight;
		first_weight *= (n - first) / (first + 1) * odds;
		first++;
	}
	while (above + last_weight <= TAIL * total) {
		above += last_weight;
		last_weight *= last / (n - last + 1) / odds;
		last--;
	}
	return (struct ranks){
		.low = (uint64_t)first,
		.high = (uint64_t)last + 1,
		.confidence = 1 - (below + above) / total,
	};
}

static int compare_doubles(const void *left, const void *right)
{
	double a = *(const double *)left;
	double b = *(const double *)right;

	return (a > b) - (a < b);
}

enum interval_side interval_side(const struct interval *interval, double min, double max)
{
	double low = interval->low, high = interval->high;

	if (low > max || high < min)
		return INTERVAL_BEYOND;
	/* A reading without width, e.g. a count that never varied, may equal its limit. */
	if (low == high && low >= min && high <= max)
		return INTERVAL_WITHIN;
	/* An open side reaches past every limit, but not past one that is not set. */
	if ((low > min || min == -INFINITY) && (high < max || max == INFINITY))
		return INTERVAL_WITHIN;
	return INTERVAL_ACROSS;
}

struct interval interval_of_median(const double *values, size_t n)
{
	struct interval interval = {
		.n = n, .value = NAN, .low = -INFINITY, .high = INFINITY, .confidence = CONFIDENCE};
	double *sorted = n ? malloc(n * sizeof(*sorted)) : NULL;

	if (!sorted)
		return interval;
	memcpy(sorted, values, n * sizeof(*sorted));
	qsort(sorted, n, sizeof(*sorted), compare_doubles);
	interval.value = n % 2 ? sorted[n / 2] : 0.5 * (sorted[n / 2 - 1] + sorted[n / 2]);
	if (n >= 6) {
		struct ranks ranks = ranks_of_quantile(n, 0.5);

		interval.low = sorted[ranks.low - 1];
		interval.high = sorted[ranks.high - 1];
		interval.confidence = ranks.confidence;
	} else if (n > 1) {
		interval.low = sorted[0];
		interval.high = sorted[n - 1];
		interval.confidence = 1 - ldexp(1, 1 - (int)n);
	}
	free(sorted);
	return interval;
}

/* All repetitions' samples as one, without copying them. */
struct pool {
	const struct histogram *const *repetitions;
	size_t n;
	uint64_t total;
	int64_t min_ns, max_ns;
};

static struct pool pool_of(const struct histogram *const *repetitions, size_t n)
{
	struct pool pool = {.repetitions = repetitions, .n = n, .min_ns = INT64_MAX};

	for (size_t i = 0; i < n; i++) {
		pool.total += repetitions[i]->total;
		if (repetitions[i]->min_ns < pool.min_ns)
			pool.min_ns = repetitions[i]->min_ns;
		if (repetitions[i]->max_ns > pool.max_ns)
			pool.max_ns = repetitions[i]->max_ns;
	}
	return pool;
}

/* The slot of the rank-th smallest sample, 1..total. */
static size_t pool_slot(const struct pool *pool, uint64_t rank)
{
	size_t last = histogram_slot(pool->max_ns);
	uint64_t seen = 0;

	for (size_t slot = histogram_slot(pool->min_ns); slot < last; slot++) {
		for (size_t i = 0; i < pool->n; i++)
			seen += pool->repetitions[i]->slots[slot];
		if (seen >= rank)
			return slot;
	}
	return last;
}

static double pool_lowest_s(const struct pool *pool, uint64_t rank)
{
	int64_t lowest = histogram_slot_lowest_ns(pool_slot(pool, rank));

	return (double)(lowest > pool->min_ns ? lowest : pool->min_ns) / 1e9;
}

static double pool_highest_s(const struct pool *pool, uint64_t rank)
{
	int64_t highest = histogram_slot_highest_ns(pool_slot(pool, rank));

	return (double)(highest < pool->max_ns ? highest : pool->max_ns) / 1e9;
}

/* Widens the interval to the t interval over the logarithms of the repetitions' own quantiles.
 * Latencies are skewed and positive: on a log scale they are nearer to normal, and the lower side
 * stays positive. */
static void widen_by_repetitions(
	struct interval *interval, const struct histogram *const *repetitions, size_t n, double q)
{
	double mean = 0, squares = 0;
	size_t seen = 0;

	for (size_t i = 0; i < n; i++) {
		if (!repetitions[i]->total)
			continue;
		double ns = fmax(1, (double)histogram_quantile_ns(repetitions[i], q));
		double deviation = log(ns / 1e9) - mean;

		seen++;
		mean += deviation / (double)seen;
		squares += deviation * (log(ns / 1e9) - mean);
	}
	interval->n = seen;
	if (seen < 2) {
		interval->low = -INFINITY;
		interval->high = INFINITY;
		return;
	}
	double degrees = (double)(seen - 1);
	double reach = interval_student_t(seen - 1) * sqrt(squares / degrees / (double)seen);

	interval->low = fmin(interval->low, exp(mean - reach));
	interval->high = fmax(interval->high, exp(mean + reach));
}

struct interval interval_of_quantile(const struct histogram *const *repetitions, size_t n, double q)
{
	struct interval interval = {
		.value = NAN, .low = -INFINITY, .high = INFINITY, .confidence = CONFIDENCE};
	struct pool pool = pool_of(repetitions, n);

	if (!pool.total)
		return interval;
	struct ranks ranks = ranks_of_quantile(pool.total, q);

	interval.value = pool_highest_s(&pool, histogram_rank_of(pool.total, q));
	if (ranks.low > 0)
		interval.low = pool_lowest_s(&pool, ranks.low);
	if (ranks.high <= pool.total)
		interval.high = pool_highest_s(&pool, ranks.high);
	widen_by_repetitions(&interval, repetitions, n, q);
	return interval;
}

double interval_student_t(size_t degrees)
{
	/* NIST/SEMATECH e-Handbook of Statistical Methods, 1.3.6.7.2, column 0.975. */
	static const double table[] = {INFINITY, 12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365,
		2.306, 2.262, 2.228, 2.201, 2.179, 2.160, 2.145, 2.131, 2.120, 2.110, 2.101, 2.093,
		2.086};
	const double z = NORMAL_975;
	double d = (double)degrees;

	if (degrees < sizeof(table) / sizeof(*table))
		return table[degrees];
	/* The expansion in powers of 1/degrees: Abramowitz and Stegun 26.7.5. */
	double g1 = (pow(z, 3) + z) / 4;
	double g2 = (5 * pow(z, 5) + 16 * pow(z, 3) + 3 * z) / 96;
	double g3 = (3 * pow(z, 7) + 19 * pow(z, 5) + 17 * pow(z, 3) - 15 * z) / 384;

	return z + (g1 + (g2 + g3 / d) / d) / d;
}
