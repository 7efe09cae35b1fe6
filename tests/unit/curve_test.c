#include "curve.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <stdlib.h>

static json_t *distribution_of(const struct histogram *histogram)
{
	char *text = histogram_encode(histogram);
	json_t *distribution = json_pack("{s:s}", "pooled", text);

	cr_assert(distribution);
	free(text);
	return distribution;
}

Test(curve, follows_the_histogram_from_minimum_to_maximum)
{
	struct histogram *histogram = histogram_new();
	static struct curve curve;
	struct problem problem = {""};

	for (int64_t i = 1; i <= 10000; i++)
		histogram_record(histogram, i * 1000);
	json_t *distribution = distribution_of(histogram);
	cr_assert_eq(curve_load(distribution, &curve, &problem), 0, "%s", problem.text);
	cr_expect_eq(curve.at[0].inverse, 1);
	cr_expect_float_eq(curve.at[0].latency_s, 1e-6, 1e-9);
	cr_expect_eq(curve.at[curve.points - 1].inverse, 10000);
	cr_expect_float_eq(curve.at[curve.points - 1].latency_s, 0.01, 1e-5);
	for (size_t i = 1; i < curve.points; i++) {
		cr_expect_gt(curve.at[i].inverse, curve.at[i - 1].inverse);
		cr_expect_geq(curve.at[i].latency_s, curve.at[i - 1].latency_s);
		double q = 1 - 1 / curve.at[i].inverse;
		cr_expect_float_eq(curve.at[i].latency_s, q * 0.01, 0.003 * 0.01, "at %g", q);
	}
	cr_expect_float_eq(curve_quantile_s(&curve, 0.99), 0.0099, 1e-5);
	curve_free(&curve);
	json_decref(distribution);
	histogram_free(histogram);
}

Test(curve, one_sample_is_a_curve_of_two_points)
{
	struct histogram *histogram = histogram_new();
	static struct curve curve;

	histogram_record(histogram, 0);
	json_t *distribution = distribution_of(histogram);
	cr_assert_eq(curve_load(distribution, &curve, NULL), 0);
	cr_expect_eq(curve.points, 2);
	cr_expect_gt(curve.at[0].latency_s, 0, "a logarithmic axis has no zero");
	curve_free(&curve);
	json_decref(distribution);
	histogram_free(histogram);
}

Test(curve, has_room_for_any_count)
{
	struct histogram *histogram = histogram_new();
	static struct curve curve;

	histogram_record(histogram, 1000000);
	histogram->slots[histogram_slot(5000)] = histogram->total = UINT64_C(1) << 60;
	json_t *distribution = distribution_of(histogram);
	if (curve_load(distribution, &curve, NULL) == 0) {
		cr_expect_leq(curve.points, CURVE_POINTS);
		cr_expect_eq(curve.at[curve.points - 1].inverse, CURVE_REACH);
		curve_free(&curve);
	}
	json_decref(distribution);
	histogram_free(histogram);
}

Test(curve, says_what_is_missing)
{
	static struct curve curve;
	struct problem problem = {""};
	struct histogram *empty = histogram_new();
	json_t *distribution = distribution_of(empty),
	       *broken = json_pack("{s:s}", "pooled", "HISTFAAAx");

	cr_expect_eq(curve_load(NULL, &curve, &problem), -EINVAL);
	cr_expect_eq(curve_load(distribution, &curve, &problem), -ENODATA);
	cr_expect_lt(curve_load(broken, &curve, &problem), 0);
	cr_expect_null(curve.histogram);
	curve_free(&curve);
	json_decref(distribution);
	json_decref(broken);
	histogram_free(empty);
}
