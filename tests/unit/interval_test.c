#include "interval.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <math.h>

#define TRIALS 2000
/* The worst coverage to expect of an interval that truly covers 95 %: four standard errors below.
 */
#define COVERAGE_LEAST (0.95 - 4 * 0.00487)

/* splitmix64: the same values on every machine. */
static uint64_t random_state;

static double random_uniform(void)
{
	uint64_t z = random_state += 0x9e3779b97f4a7c15;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
	z = (z ^ z >> 27) * 0x94d049bb133111eb;
	return ((double)((z ^ z >> 31) >> 11) + 0.5) * 0x1p-53;
}

static double random_normal(void)
{
	return sqrt(-2 * log(random_uniform())) * cos(2 * M_PI * random_uniform());
}

static double random_exponential(void)
{
	return -log(random_uniform());
}

/* So skewed that its mean is infinite. */
static double random_pareto(void)
{
	return 1 / random_uniform();
}

static double random_lognormal(void)
{
	return exp(random_normal());
}

/* Skewed distributions with the inverse of their distribution function. */
static double exponential_at(double q)
{
	return -log(1 - q);
}

static double pareto_at(double q)
{
	return 1 / (1 - q);
}

static double lognormal_at(double q)
{
	/* Only these quantiles are asked for. */
	return exp(q == 0.5 ? 0 : q == 0.9 ? 1.2815515655446004 : 2.3263478740408408);
}

struct distribution {
	const char *name;
	double (*draw)(void);
	double (*at)(double q);
};
static const struct distribution distributions[] = {
	{"exponential", random_exponential, exponential_at},
	{"pareto", random_pareto, pareto_at},
	{"lognormal", random_lognormal, lognormal_at},
};
#define DISTRIBUTIONS (sizeof(distributions) / sizeof(*distributions))

Test(interval_median, uses_the_order_statistics_of_published_tables)
{
	/* n, rank of the lower end, coverage: Conover, Practical Nonparametric Statistics, table
	 * A3. */
	static const struct {
		size_t n, low;
		double coverage;
	} rows[] = {{2, 1, 0.5}, {3, 1, 0.75}, {4, 1, 0.875}, {5, 1, 0.9375}, {6, 1, 0.96875},
		{7, 1, 0.984375}, {8, 1, 0.9921875}, {9, 2, 0.9609375}, {10, 2, 0.978516},
		{11, 2, 0.988281}, {12, 3, 0.961426}, {15, 4, 0.964844}, {20, 6, 0.958611},
		{25, 8, 0.956715}, {30, 10, 0.957226}};
	/* Descending: the order must not matter. */
	double values[30];

	for (size_t i = 0; i < 30; i++)
		values[i] = 30 - (double)i;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		size_t n = rows[i].n;
		struct interval interval = interval_of_median(values + 30 - n, n);

		cr_assert(eq(sz, interval.n, n));
		cr_assert(eq(dbl, interval.value, ((double)n + 1) / 2));
		cr_assert(eq(dbl, interval.low, (double)rows[i].low), "n %zu", n);
		cr_assert(eq(dbl, interval.high, (double)(n + 1 - rows[i].low)), "n %zu", n);
		cr_assert(epsilon_eq(dbl, interval.confidence, rows[i].coverage, 5e-7), "n %zu", n);
	}
	cr_assert(eq(dbl, values[0], 30), "the values were changed");
}

Test(interval_median, one_value_bounds_nothing_and_none_says_nothing)
{
	struct interval one = interval_of_median((const double[]){7}, 1);
	struct interval none = interval_of_median(NULL, 0);

	cr_assert(eq(dbl, one.value, 7));
	cr_assert(eq(dbl, one.low, -INFINITY));
	cr_assert(eq(dbl, one.high, INFINITY));
	cr_assert(eq(sz, none.n, 0));
	cr_assert(isnan(none.value));
	cr_assert(eq(dbl, none.low, -INFINITY));
	cr_assert(eq(dbl, none.high, INFINITY));
}

Test(interval_median, equal_values_leave_no_width)
{
	struct interval interval = interval_of_median((const double[]){3, 3, 3, 3, 3, 3, 3}, 7);

	cr_assert(eq(dbl, interval.value, 3));
	cr_assert(eq(dbl, interval.low, 3));
	cr_assert(eq(dbl, interval.high, 3));
}

Test(interval_median, many_values_narrow_it)
{
	static double values[5000001];
	const size_t n = sizeof(values) / sizeof(*values);

	for (size_t i = 0; i < n; i++)
		values[i] = (double)i;
	struct interval interval = interval_of_median(values, n);
	double reach = 1.959964 * sqrt((double)n) / 2;

	cr_assert(eq(dbl, interval.value, (double)(n / 2)));
	cr_assert(epsilon_eq(dbl, interval.value - interval.low, reach, 3));
	cr_assert(epsilon_eq(dbl, interval.high - interval.value, reach, 3));
}

Test(interval_median, covers_the_median_of_skewed_distributions)
{
	static const size_t counts[] = {5, 6, 10, 31};

	random_state = 1;
	for (size_t d = 0; d < DISTRIBUTIONS; d++) {
		double truth = distributions[d].at(0.5);

		for (size_t c = 0; c < 4; c++) {
			double confidence = 0;
			int covered = 0;

			for (int trial = 0; trial < TRIALS; trial++) {
				double values[31];

				for (size_t i = 0; i < counts[c]; i++)
					values[i] = distributions[d].draw();
				struct interval interval = interval_of_median(values, counts[c]);

				covered += interval.low <= truth && truth <= interval.high;
				confidence = interval.confidence;
			}
			/* Not less than it says, and not much more either. */
			cr_assert(epsilon_eq(dbl, (double)covered / TRIALS, confidence, 0.02),
				"%s, n %zu", distributions[d].name, counts[c]);
		}
	}
}

/* Repetitions of `samples` latencies of about 1 ms, each shifted as a whole by exp(spread *
 * normal). */
#define REPETITIONS 5
static struct histogram *repetitions[REPETITIONS];

static void repetitions_fill(const struct distribution *distribution, size_t samples, double spread)
{
	for (size_t i = 0; i < REPETITIONS; i++) {
		double scale = 1e6 * exp(spread * random_normal());

		if (!repetitions[i])
			repetitions[i] = histogram_new();
		else
			histogram_reset(repetitions[i]);
		for (size_t k = 0; k < samples; k++)
			histogram_record(repetitions[i],
				(int64_t)fmin(scale * distribution->draw(), 3.6e12));
	}
}

static struct interval repetitions_interval(double q)
{
	return interval_of_quantile((const struct histogram *const *)repetitions, REPETITIONS, q);
}

static void repetitions_free(void)
{
	for (size_t i = 0; i < REPETITIONS; i++)
		histogram_free(repetitions[i]);
}

static double coverage_of_quantile(
	const struct distribution *distribution, size_t samples, double spread, double q)
{
	double truth = distribution->at(q) * 1e-3;
	int covered = 0;

	for (int trial = 0; trial < TRIALS / 4; trial++) {
		repetitions_fill(distribution, samples, spread);
		struct interval interval = repetitions_interval(q);

		cr_assert(le(dbl, interval.low, interval.value));
		cr_assert(ge(dbl, interval.high, interval.value));
		covered += interval.low <= truth && truth <= interval.high;
	}
	return (double)covered / (TRIALS / 4);
}

Test(interval_quantile, covers_the_quantiles_of_skewed_distributions, .fini = repetitions_free)
{
	static const double quantiles[] = {0.5, 0.9, 0.99};

	random_state = 2;
	for (size_t d = 0; d < DISTRIBUTIONS; d++)
		for (size_t k = 0; k < 3; k++)
			cr_assert(ge(dbl,
					  coverage_of_quantile(
						  &distributions[d], 200, 0, quantiles[k]),
					  COVERAGE_LEAST),
				"%s at %g", distributions[d].name, quantiles[k]);
}

/* Where repetitions differ more than samples within them explain, as on a shared host, order
 * statistics of the pool alone would cover the truth in far fewer cases than they say. */
Test(interval_quantile, covers_when_repetitions_differ, .fini = repetitions_free)
{
	random_state = 3;
	cr_assert(ge(dbl, coverage_of_quantile(&distributions[2], 400, 0.5, 0.5), COVERAGE_LEAST));
	cr_assert(ge(dbl, coverage_of_quantile(&distributions[0], 400, 0.5, 0.5), COVERAGE_LEAST));
}

Test(interval_quantile, is_not_wider_than_the_evidence_demands, .fini = repetitions_free)
{
	random_state = 4;
	repetitions_fill(&distributions[0], 20000, 0);
	struct interval interval = repetitions_interval(0.5);

	cr_assert(epsilon_eq(dbl, interval.value, log(2) * 1e-3, 2e-5));
	cr_assert(gt(dbl, interval.low, 0.95 * interval.value));
	cr_assert(lt(dbl, interval.high, 1.05 * interval.value));
	cr_assert(eq(dbl, interval.confidence, 0.95));
	cr_assert(eq(sz, interval.n, REPETITIONS));
}

/* Splits `samples` different values over two repetitions. */
static struct interval interval_of_few(size_t samples, double q)
{
	struct histogram *two[2] = {histogram_new(), histogram_new()};

	for (size_t i = 0; i < samples; i++)
		histogram_record(two[i % 2], (int64_t)i + 1);
	struct interval interval = interval_of_quantile((const struct histogram *const *)two, 2, q);

	histogram_free(two[0]);
	histogram_free(two[1]);
	return interval;
}

Test(interval_quantile, too_few_samples_leave_the_upper_side_open)
{
	/* ln(0.025) / ln(q) samples at least, rounded up. */
	static const struct {
		double q;
		size_t least;
	} rows[] = {{0.5, 6}, {0.9, 36}, {0.95, 72}, {0.99, 368}, {0.999, 3688}};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct interval few = interval_of_few(rows[i].least - 1, rows[i].q);
		struct interval enough = interval_of_few(rows[i].least, rows[i].q);

		cr_assert(eq(dbl, few.high, INFINITY), "at %g", rows[i].q);
		cr_assert(lt(dbl, enough.high, INFINITY), "at %g", rows[i].q);
	}
	cr_assert(eq(dbl, interval_of_few(5, 0.5).low, -INFINITY));
	cr_assert(gt(dbl, interval_of_few(6, 0.5).low, 0));
	cr_assert(eq(dbl, interval_of_few(100, 1).high, INFINITY));
	cr_assert(eq(dbl, interval_of_few(100, 0).low, -INFINITY));
}

/* 1,000 values 1 ... 1000 ns: ranks are values. R: qbinom(c(0.025, 0.975), 1000, 0.9) gives 881 and
 * 918; the rank above the latter is the first that bounds. */
Test(interval_quantile, uses_binomial_ranks_of_the_pool)
{
	struct histogram *halves[2] = {histogram_new(), histogram_new()};

	for (int64_t i = 1; i <= 1000; i++)
		histogram_record(halves[i % 2], i);
	/* The two repetitions' quantiles are 1 ns apart: the t interval is narrower. */
	struct interval interval =
		interval_of_quantile((const struct histogram *const *)halves, 2, 0.9);

	cr_assert(epsilon_eq(dbl, interval.value * 1e9, 900, 1e-6));
	cr_assert(epsilon_eq(dbl, interval.low * 1e9, 881, 1e-6));
	cr_assert(epsilon_eq(dbl, interval.high * 1e9, 919, 1e-6));
	histogram_free(halves[0]);
	histogram_free(halves[1]);
}

/* 100 and 121 ns, and nothing else: the interval is exp(mean -+ t * s / sqrt(2)) of their
 * logarithms. */
Test(interval_quantile, uses_student_t_over_repetitions)
{
	struct histogram *two[2] = {histogram_new(), histogram_new()};

	for (int i = 0; i < 10000; i++) {
		histogram_record(two[0], 100);
		histogram_record(two[1], 121);
	}
	struct interval interval =
		interval_of_quantile((const struct histogram *const *)two, 2, 0.25);
	double reach = 12.706 * log(1.21) / 2;

	cr_assert(epsilon_eq(dbl, interval.value * 1e9, 100, 1e-6));
	cr_assert(epsilon_eq(dbl, interval.low * 1e9, 110 * exp(-reach), 1e-6));
	cr_assert(epsilon_eq(dbl, interval.high * 1e9, 110 * exp(reach), 1e-6));
	histogram_free(two[0]);
	histogram_free(two[1]);
}

Test(interval_quantile, one_repetition_bounds_nothing)
{
	struct histogram *histograms[3] = {histogram_new(), histogram_new(), histogram_new()};
	const struct histogram *const *all = (const struct histogram *const *)histograms;

	struct interval none = interval_of_quantile(all, 0, 0.5);
	struct interval empty = interval_of_quantile(all, 3, 0.5);

	cr_assert(isnan(none.value) && isnan(empty.value));
	cr_assert(eq(dbl, empty.high, INFINITY));
	for (int i = 0; i < 100000; i++)
		histogram_record(histograms[0], 1000 + i % 10);

	struct interval one = interval_of_quantile(all, 3, 0.5);

	cr_assert(eq(sz, one.n, 1));
	cr_assert(epsilon_eq(dbl, one.value, 1.004e-6, 1e-12));
	cr_assert(eq(dbl, one.low, -INFINITY));
	cr_assert(eq(dbl, one.high, INFINITY));
	for (int i = 0; i < 3; i++)
		histogram_free(histograms[i]);
}

Test(interval_quantile, latencies_of_zero_are_no_trouble)
{
	struct histogram *two[2] = {histogram_new(), histogram_new()};

	for (int i = 0; i < 100; i++) {
		histogram_record(two[0], 0);
		histogram_record(two[1], 0);
	}
	struct interval interval =
		interval_of_quantile((const struct histogram *const *)two, 2, 0.5);

	cr_assert(eq(dbl, interval.value, 0));
	cr_assert(eq(dbl, interval.low, 0));
	/* 1 ns, the least that a logarithm can be taken of. */
	cr_assert(epsilon_eq(dbl, interval.high * 1e9, 1, 1e-6));
	histogram_free(two[0]);
	histogram_free(two[1]);
}

/* Counts as only a forged document holds them. */
Test(interval_quantile, enormous_counts_take_no_time)
{
	static const double quantiles[] = {0, 1e-15, 0.5, 0.999, 1 - 0x1p-53, 1};
	struct histogram *two[2] = {histogram_new(), histogram_new()};

	for (int i = 0; i < 2; i++) {
		two[i]->total = two[i]->slots[1000] = UINT64_C(1) << 60;
		two[i]->min_ns = two[i]->max_ns = 1000;
	}
	for (size_t i = 0; i < sizeof(quantiles) / sizeof(*quantiles); i++) {
		struct interval interval =
			interval_of_quantile((const struct histogram *const *)two, 2, quantiles[i]);

		cr_assert(epsilon_eq(dbl, interval.value * 1e9, 1000, 1e-6));
		cr_assert(le(dbl, interval.low, interval.value));
		cr_assert(ge(dbl, interval.high, interval.value));
	}
	histogram_free(two[0]);
	histogram_free(two[1]);
}

Test(interval_student, agrees_with_the_published_table)
{
	/* NIST/SEMATECH e-Handbook of Statistical Methods, 1.3.6.7.2, column 0.975. */
	static const struct {
		size_t degrees;
		double t;
	} rows[] = {{1, 12.706}, {2, 4.303}, {3, 3.182}, {4, 2.776}, {5, 2.571}, {9, 2.262},
		{10, 2.228}, {15, 2.131}, {19, 2.093}, {20, 2.086}, {21, 2.080}, {22, 2.074},
		{25, 2.060}, {29, 2.045}, {30, 2.042}, {40, 2.021}, {60, 2.000}, {100, 1.984},
		{1000000000, 1.960}};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		cr_assert(epsilon_eq(dbl, interval_student_t(rows[i].degrees), rows[i].t, 0.00051),
			"%zu degrees", rows[i].degrees);
	for (size_t degrees = 1; degrees < 200; degrees++)
		cr_assert(gt(dbl, interval_student_t(degrees), interval_student_t(degrees + 1)));
	cr_assert(eq(dbl, interval_student_t(0), INFINITY));
}

Test(interval_rate, agrees_with_the_gamma_quantiles_of_scipy)
{
	/* scipy.stats.gamma.ppf(0.025, events) and gamma.ppf(0.975, events + 1), scipy 1.10. */
	static const struct {
		double events, low, high;
	} rows[] = {{0, 0, 3.6888794541139354}, {0.3, 3.1856790317391693e-06, 4.293777110863577},
		{1, 0.025317807984289876, 5.571643390938898},
		{2.5, 0.41560580674333125, 8.006382137314663},
		{10, 4.7953886961324335, 18.39035604201778},
		{150, 126.95616130124488, 176.0171660970745},
		{5000, 4862.359188694899, 5140.5489485350045},
		{99999, 99380.15576273036, 100620.74164077373}};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct interval interval = interval_of_rate(rows[i].events, 2);

		cr_assert(epsilon_eq(dbl, interval.value, rows[i].events / 2, 1e-12));
		cr_assert(epsilon_eq(dbl, interval.low, rows[i].low / 2, 1e-8 * rows[i].high));
		cr_assert(epsilon_eq(dbl, interval.high, rows[i].high / 2, 1e-8 * rows[i].high));
		cr_assert(epsilon_eq(dbl, interval_exposure_for(rows[i].events, 3),
			rows[i].high / 3, 1e-8 * rows[i].high));
	}
}

/* Counts as only a forged document holds them, and the change of method on the way there. */
Test(interval_rate, many_events_take_no_time)
{
	struct interval below = interval_of_rate(99990, 1), above = interval_of_rate(100010, 1);

	cr_assert(epsilon_eq(dbl, above.low - below.low, 20, 0.2));
	cr_assert(epsilon_eq(dbl, above.high - below.high, 20, 0.2));
	for (double events = 1e6; events < 1e300; events *= 1e7) {
		struct interval interval = interval_of_rate(events, 1);

		cr_assert(le(dbl, interval.low, events));
		cr_assert(ge(dbl, interval.high, events));
	}
}
