#include "changes_private.h"

#include "distribution.h"
#include "serial.h"

#include <math.h>
#include <stdlib.h>

/* See README.md: by simulation of windows of 50 with the best division taken out. */
#define BIAS  0.08
#define SLOPE 0.80
#define MOST  0.95

static int compare_places(const void *left, const void *right)
{
	double a = ((const struct score_place *)left)->value;
	double b = ((const struct score_place *)right)->value;

	return (a > b) - (a < b);
}

/* Normal quantile by Acklam's rational approximation: a score needs no more than 9 digits. */
static double score_of(double share)
{
	static const double a[] = {-3.969683028665376e+01, 2.209460984245205e+02,
		-2.759285104469687e+02, 1.383577518672690e+02, -3.066479806614716e+01,
		2.506628277459239e+00};
	static const double b[] = {-5.447609879822406e+01, 1.615858368580409e+02,
		-1.556989798598866e+02, 6.680131188771972e+01, -1.328068155288572e+01};
	static const double c[] = {-7.784894002430293e-03, -3.223964580411365e-01,
		-2.400758277161838e+00, -2.549732539343734e+00, 4.374664141464968e+00,
		2.938163982698783e+00};
	static const double d[] = {7.784695709041462e-03, 3.224671290700398e-01,
		2.445134137142996e+00, 3.754408661907416e+00};

	if (share > 0.5)
		return -score_of(1 - share);
	if (share < 0.02425) {
		double q = sqrt(-2 * log(share));

		return (((((c[0] * q + c[1]) * q + c[2]) * q + c[3]) * q + c[4]) * q + c[5]) /
		       ((((d[0] * q + d[1]) * q + d[2]) * q + d[3]) * q + 1);
	}
	double q = share - 0.5, r = q * q;

	return (((((a[0] * r + a[1]) * r + a[2]) * r + a[3]) * r + a[4]) * r + a[5]) * q /
	       (((((b[0] * r + b[1]) * r + b[2]) * r + b[3]) * r + b[4]) * r + 1);
}

void changes_score(const double *values, size_t n, struct score_place *places, double *scores)
{
	for (size_t i = 0; i < n; i++)
		places[i] = (struct score_place){values[i], i};
	qsort(places, n, sizeof(*places), compare_places);
	for (size_t first = 0, end; first < n; first = end) {
		for (end = first + 1; end < n && places[end].value == places[first].value;)
			end++;
		double score = score_of(0.5 * (double)(first + end + 1) / (double)(n + 1));

		for (size_t i = first; i < end; i++)
			scores[places[i].from] = score;
	}
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
	size_t from = at - first > view->window ? at - view->window : first;
	size_t to = end - at > view->window ? at + view->window : end;
	double a = (double)(at - from), b = (double)(to - at);

	changes_score(view->values + from, to - from, view->places, view->scores);
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
	changes_score(view->values + first, n, view->places, view->scores);
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
	return squares > 0 ? products / squares : 0;
}

void changes_correlation(struct series_view *view)
{
	size_t n = view->n < view->window ? view->n : view->window;
	size_t step = n / 2 > 0 ? n / 2 : 1;
	double sum = 0, windows = 0;

	for (size_t first = 0; first + n <= view->n; first += step, windows++)
		sum += correlation_in(view, first, n);
	double independent = (double)view->n;
	double correlation = (sum / fmax(windows, 1) + BIAS) / SLOPE;

	correlation += 1 / sqrt(independent);
	view->correlation = fmax(fmin(correlation, MOST), 0);
}
