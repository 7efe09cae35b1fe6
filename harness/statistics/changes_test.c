#include "changes_private.h"

#include "distribution.h"
#include "order.h"
#include "serial.h"

#include <math.h>
#include <string.h>

/* Of windows of n with the largest step taken out, the correlation comes out as 1 - 10 / n of what
 * it is less 3 / n (by simulation of AR(1) up to 0.7). */
#define BIAS(n)  (3 / (n))
#define SLOPE(n) (1 - 10 / fmax(n, 20))

/* In standard errors: what is less is taken for none, and how sure to be of more. By simulation
 * (scripts/simulate-gate), as CLIP is: to reckon with what is none would cost more than it saves.
 */
#define IGNORED 1.5
#define GUARD   1

/* Scores are values about the median in robust standard deviations, but none beyond this. */
#define CLIP 2.5

/* A level is as long as this many windows, when it is tested. */
#define REACH 2

/* The 75 % point of the normal distribution: the median absolute deviation of a normal one. */
#define NORMAL_75 0.6744897501960817

#define MOST 0.95

/* When most values are equal, whether others are larger or smaller. */
static void score_signs(const double *values, size_t n, double middle, double *scores)
{
	for (size_t i = 0; i < n; i++)
		scores[i] = (values[i] > middle) - (values[i] < middle);
}

void changes_score(const double *values, size_t n, double *scores)
{
	memcpy(scores, values, n * sizeof(*scores));
	double middle = order_median(scores, n);

	for (size_t i = 0; i < n; i++)
		scores[i] = fabs(values[i] - middle);
	double spread = order_median(scores, n) / NORMAL_75;

	if (spread <= 0) {
		score_signs(values, n, middle, scores);
		return;
	}
	for (size_t i = 0; i < n; i++)
		scores[i] = fmax(fmin((values[i] - middle) / spread, CLIP), -CLIP);
}

/* As evidence_settle(): n values with this correlation are as good as so many without. */
static double worth(double correlation, double n)
{
	double sum = 0, power = 1;

	for (double lag = 1; lag < n && power > 1e-6; lag++) {
		power *= correlation;
		sum += (1 - lag / n) * power;
	}
	return n / (1 + 2 * sum);
}

struct moments {
	double mean, squares; /* about the mean */
};

static struct moments moments_of(const double *values, size_t n)
{
	struct moments moments = {0};

	for (size_t i = 0; i < n; i++)
		moments.mean += values[i] / (double)n;
	for (size_t i = 0; i < n; i++)
		moments.squares += (values[i] - moments.mean) * (values[i] - moments.mean);
	return moments;
}

double changes_test(struct series_view *view, size_t first, size_t at, size_t end)
{
	size_t reach = REACH * view->window;
	size_t from = at - first > reach ? at - reach : first;
	size_t to = end - at > reach ? at + reach : end;
	double a = (double)(at - from), b = (double)(to - at);

	changes_score(view->values + from, to - from, view->scores);
	struct moments left = moments_of(view->scores, at - from);
	struct moments right = moments_of(view->scores + (at - from), to - at);
	double worth_a = worth(view->correlation, a), worth_b = worth(view->correlation, b);
	double degrees = fmax(worth_a + worth_b - 2, 0.1);
	/* What a side's own mean hides of the spread grows with the correlation. */
	double seen = a + b - a / worth_a - b / worth_b;
	double variance = (left.squares + right.squares) / fmax(seen, 1);
	double step = fabs(left.mean - right.mean);
	double t = step == 0 ? 0 : step / sqrt(variance * (1 / worth_a + 1 / worth_b));
	double p = 2 * distribution_t_above(t, degrees);

	return fmax(p, exp(-distribution_ln_choose(worth_a + worth_b, fmin(worth_a, worth_b))));
}

size_t changes_place(struct series_view *view, size_t first, size_t end)
{
	size_t n = end - first, best = 0;
	double sum = 0, total = 0, most = -1;

	for (size_t i = 0; i < n; i++)
		total += view->scores[i];
	for (size_t at = 1; at < n; at++) {
		sum += view->scores[at - 1];
		if (at < view->segment || n - at < view->segment)
			continue;
		double step = sum / (double)at - (total - sum) / (double)(n - at);
		double between = step * step * (double)at * (double)(n - at);

		if (between > most) {
			most = between;
			best = at;
		}
	}
	return first + best;
}

/* Correlation of neighbours in one window when the largest step in it is taken out. */
static double correlation_in(struct series_view *view, size_t first, size_t n)
{
	changes_score(view->values + first, n, view->scores);
	size_t at = changes_place(view, 0, n);

	if (at == 0)
		return serial_correlation(view->scores, n);
	struct moments left = moments_of(view->scores, at);
	struct moments right = moments_of(view->scores + at, n - at);
	double products = 0, squares = left.squares + right.squares;

	for (size_t i = 1; i < n; i++)
		if (i != at)
			products += (view->scores[i] - (i < at ? left.mean : right.mean)) *
				    (view->scores[i - 1] - (i < at ? left.mean : right.mean));
	/* What rounding leaves of equal values is nothing; scores are of the order of 1. */
	return squares > 1e-12 ? products / squares : 0;
}

void changes_correlation(struct series_view *view)
{
	size_t n = view->n < view->window ? view->n : view->window;
	size_t step = n / 2 > 0 ? n / 2 : 1;
	double sum = 0, windows = 0;

	for (size_t first = 0; first + n <= view->n; first += step, windows++)
		sum += correlation_in(view, first, n);
	double length = (double)n;
	double correlation = (sum / fmax(windows, 1) + BIAS(length)) / SLOPE(length);

	double error = 1 / (SLOPE(length) * sqrt((double)view->n));
	/* What may well be none is taken for none: to reckon with it would cost more than it saves.
	 */
	double trust = fmax(fmin(correlation / error - IGNORED, 1), 0);

	correlation = trust * (correlation + GUARD * error);
	view->correlation = fmax(fmin(correlation, MOST), 0);
}
