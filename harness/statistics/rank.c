#include "rank.h"

#include "distribution.h"
#include "order.h"

#include <errno.h>
#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define MOST_EXACT_PAIRS 400

/* Twice the midranks of all values, which are whole numbers, and what ties take off the variance.
 */
struct ranking {
	size_t n, m, total;
	uint32_t *twice; /* of a's values, then b's */
	double ties;     /* sum of t^3 - t over groups of t equal values */
};

static int rank_all(const double *a, size_t n, const double *b, size_t m, struct ranking *ranking)
{
	size_t total = n + m;
	struct order_place *places = malloc(total * sizeof(*places));

	*ranking = (struct ranking){.n = n, .m = m, .total = total};
	ranking->twice = malloc(total * sizeof(*ranking->twice));
	if (!places || !ranking->twice) {
		free(places);
		free(ranking->twice);
		return -ENOMEM;
	}
	for (size_t i = 0; i < total; i++)
		places[i] = (struct order_place){i < n ? a[i] : b[i - n], i};
	order_places(places, total);
	for (size_t first = 0, end; first < total; first = end) {
		for (end = first + 1; end < total && places[end].value == places[first].value;)
			end++;
		double tied = (double)(end - first);

		ranking->ties += tied * tied * tied - tied;
		for (size_t i = first; i < end; i++)
			ranking->twice[places[i].from] = (uint32_t)(first + end + 1);
	}
	free(places);
	return 0;
}

/* How many of the ways to choose the smaller group give each sum of its (doubled) ranks: all
 * groups' counts are built up value by value. */
static int count_divisions(const struct ranking *ranking, size_t chosen, double *tails, size_t sum)
{
	size_t sums = 0;

	for (size_t i = 0; i < ranking->total; i++)
		sums += ranking->twice[i];
	sums++;
	double *ways = calloc((chosen + 1) * sums, sizeof(*ways));

	if (!ways)
		return -ENOMEM;
	ways[0] = 1;
	for (size_t i = 0, most = 0; i < ranking->total; i++) {
		size_t rank = ranking->twice[i];

		most += rank;
		for (size_t k = i + 1 < chosen ? i + 1 : chosen; k > 0; k--)
			for (size_t s = rank; s <= most; s++)
				ways[k * sums + s] += ways[(k - 1) * sums + s - rank];
	}
	double all = 0;

	tails[0] = tails[1] = 0;
	for (size_t s = 0; s < sums; s++) {
		double count = ways[chosen * sums + s];

		all += count;
		tails[0] += s <= sum ? count : 0;
		tails[1] += s >= sum ? count : 0;
	}
	tails[0] /= all;
	tails[1] /= all;
	free(ways);
	return 0;
}

static int test_exactly(const struct ranking *ranking, struct rank_test *result)
{
	bool b_is_smaller = ranking->m <= ranking->n;
	size_t chosen = b_is_smaller ? ranking->m : ranking->n;
	size_t first = b_is_smaller ? ranking->n : 0;
	size_t sum = 0;
	double tails[2];

	for (size_t i = 0; i < chosen; i++)
		sum += ranking->twice[first + i];
	int error = count_divisions(ranking, chosen, tails, sum);

	if (error)
		return error;
	result->p_less = tails[b_is_smaller ? 0 : 1];
	result->p_greater = tails[b_is_smaller ? 1 : 0];
	result->exact = true;
	return 0;
}

static void test_by_normal(const struct ranking *ranking, struct rank_test *result)
{
	double n = (double)ranking->n, m = (double)ranking->m, total = n + m;
	double variance = n * m / 12 * (total + 1 - ranking->ties / (total * (total - 1)));
	double excess = result->u - 0.5 * n * m;

	if (variance <= 0)
		return; /* all values are equal */
	result->p_greater = fmin(distribution_normal_above((excess - 0.5) / sqrt(variance)), 1);
	result->p_less = fmin(distribution_normal_above((-excess - 0.5) / sqrt(variance)), 1);
}

static bool has_nan(const double *values, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (isnan(values[i]))
			return true;
	return false;
}

int rank_test(const double *a, size_t n, const double *b, size_t m, struct rank_test *result)
{
	struct rank_test test = {.p_greater = 1, .p_less = 1, .p = 1};
	struct ranking ranking;
	int error = 0;

	if (has_nan(a, n) || has_nan(b, m))
		return -EINVAL;
	if (n == 0 || m == 0) {
		*result = test;
		return 0;
	}
	error = rank_all(a, n, b, m, &ranking);
	if (error)
		return error;
	for (size_t i = 0; i < m; i++)
		test.u += 0.5 * ranking.twice[n + i];
	test.u -= 0.5 * (double)m * (double)(m + 1);
	if ((double)n * (double)m <= MOST_EXACT_PAIRS)
		error = test_exactly(&ranking, &test);
	else
		test_by_normal(&ranking, &test);
	free(ranking.twice);
	if (error)
		return error;
	test.p = fmin(2 * fmin(test.p_greater, test.p_less), 1);
	*result = test;
	return 0;
}

double rank_cliffs_delta(const double *a, size_t n, const double *b, size_t m)
{
	struct ranking ranking;
	double u = 0;

	if (n == 0 || m == 0 || has_nan(a, n) || has_nan(b, m) || rank_all(a, n, b, m, &ranking))
		return NAN;
	for (size_t i = 0; i < m; i++)
		u += 0.5 * ranking.twice[n + i];
	free(ranking.twice);
	u -= 0.5 * (double)m * (double)(m + 1);
	return 2 * u / ((double)n * (double)m) - 1;
}
