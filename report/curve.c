#include "curve.h"

#include "field.h"

#include <errno.h>
#include <math.h>
#include <string.h>

/* A logarithmic axis has no zero: what was below the clock's tick is drawn as one. */
static double drawable_s(int64_t latency_ns)
{
	return (double)(latency_ns > 1 ? latency_ns : 1) / 1e9;
}

static void add_point(struct curve *curve, double inverse, int64_t latency_ns)
{
	curve->at[curve->points++] =
		(struct curve_point){.inverse = inverse, .latency_s = drawable_s(latency_ns)};
}

static void trace(struct curve *curve)
{
	const struct histogram *histogram = curve->histogram;
	double last = fmin((double)histogram->total, CURVE_REACH);

	add_point(curve, 1, histogram->min_ns);
	for (int step = 1; curve->points < CURVE_POINTS - 1; step++) {
		double inverse = pow(10, (double)step / CURVE_PER_DECADE);

		if (inverse >= last)
			break;
		add_point(curve, inverse, histogram_quantile_ns(histogram, 1 - 1 / inverse));
	}
	add_point(curve, last, histogram->max_ns);
}

int curve_load(const json_t *distribution, struct curve *curve, struct problem *problem)
{
	const char *text = field_text(distribution, "pooled", NULL);

	memset(curve, 0, sizeof(*curve));
	if (!text)
		return problem_set(problem, -EINVAL, "The document holds no histogram for it");
	int code = histogram_decode(text, &curve->histogram, problem);
	if (code < 0)
		return code;
	if (!curve->histogram->total) {
		curve_free(curve);
		return problem_set(problem, -ENODATA, "No sample was recorded");
	}
	trace(curve);
	return 0;
}

void curve_free(struct curve *curve)
{
	histogram_free(curve->histogram);
	curve->histogram = NULL;
	curve->points = 0;
}

double curve_quantile_s(const struct curve *curve, double q)
{
	return (double)histogram_quantile_ns(curve->histogram, q) / 1e9;
}
