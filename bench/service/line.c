#include "line.h"

#include "room.h"

#include <math.h>
#include <stdlib.h>

static int by_value(const void *a, const void *b)
{
	double left = *(const double *)a, right = *(const double *)b;

	return (left > right) - (left < right);
}

/* Sorts them. */
static double median(double *values, size_t n)
{
	if (!n)
		return NAN;
	qsort(values, n, sizeof(*values), by_value);
	return n % 2 ? values[n / 2] : (values[n / 2 - 1] + values[n / 2]) / 2;
}

static double fit_slope(const double *x, const double *y, size_t n)
{
	double *slopes = room_for(n * (n - 1) / 2, sizeof(double));
	size_t count = 0;

	for (size_t i = 0; i < n; i++)
		for (size_t j = i + 1; j < n; j++)
			if (x[i] != x[j])
				slopes[count++] = (y[j] - y[i]) / (x[j] - x[i]);
	double slope = median(slopes, count);
	free(slopes);
	return slope;
}

static double fit_intercept(const double *x, const double *y, size_t n, double slope)
{
	double *rests = room_for(n, sizeof(double));

	for (size_t i = 0; i < n; i++)
		rests[i] = y[i] - slope * x[i];
	double intercept = median(rests, n);
	free(rests);
	return intercept;
}

static double fit_r2(const double *x, const double *y, size_t n, const struct line *line)
{
	double mean = 0, around_line = 0, around_mean = 0;

	for (size_t i = 0; i < n; i++)
		mean += y[i] / (double)n;
	for (size_t i = 0; i < n; i++) {
		double rest = y[i] - (line->intercept + line->slope * x[i]);

		around_line += rest * rest;
		around_mean += (y[i] - mean) * (y[i] - mean);
	}
	return around_mean > 0 ? 1 - around_line / around_mean : NAN;
}

struct line line_fit(const double *x, const double *y, size_t n)
{
	double *known_x = room_for(n, sizeof(double)), *known_y = room_for(n, sizeof(double));
	struct line line = {NAN, NAN, NAN};
	size_t known = 0;

	for (size_t i = 0; i < n; i++)
		if (!isnan(y[i])) {
			known_x[known] = x[i];
			known_y[known++] = y[i];
		}
	if (known >= 2)
		line.slope = fit_slope(known_x, known_y, known);
	if (!isnan(line.slope)) {
		line.intercept = fit_intercept(known_x, known_y, known, line.slope);
		line.r2 = fit_r2(known_x, known_y, known, &line);
	}
	free(known_x);
	free(known_y);
	return line;
}

double line_reach(const struct line *line, double y)
{
	double x = (y - line->intercept) / line->slope;

	return line->slope > 0 && x >= 0 ? x : NAN;
}
