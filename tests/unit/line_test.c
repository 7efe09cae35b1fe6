#include "line.h"

#include <criterion/criterion.h>
#include <math.h>

/* What scipy.stats.theilslopes(y, x, method="joint") of scipy 1.10 says of these; R² by numpy. */
#define POINTS_MAX 9
static const struct known {
	size_t n;
	double x[POINTS_MAX], y[POINTS_MAX];
	double slope, intercept, r2;
} known[] = {
	{5, {100, 1000, 2000, 5000, 10000}, {1.1, 5.9, 11.2, 25.8, 51.3}, 0.005057575757575757,
		0.7242424242424264, 0.9998746331027768},
	/* Two of seven are wild; the line is that of the others. */
	{7, {1, 100, 1000, 2000, 5000, 10000, 20000}, {0.9, 1.4, 6.2, 400, 26.1, 51, -3}, 0.00498,
		1.2000000000000028, -0.24535156207912112},
	/* Pairs at the same place have no slope. */
	{9, {1, 1, 1, 5, 5, 5, 10, 10, 10}, {2, 2.5, 1.5, 4, 4, 9, 7, 6.5, 7}, 0.5555555555555556,
		1.4444444444444444, 0.5734067400734068},
	{4, {100, 1000, 2000, 5000}, {1.2, 1, 1.3, 1.1}, 2.295918367346963e-06, 1.1441454081632654,
		-0.010275288942106942},
	{2, {100, 5000}, {3, 28}, 0.00510204081632653, 2.4897959183673484, 1},
};

static void expect_near(double value, double expected)
{
	cr_expect(fabs(value - expected) <= 1e-12 * (1 + fabs(expected)), "%.17g, not %.17g", value,
		expected);
}

Test(line, agrees_with_scipy)
{
	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		struct line line = line_fit(known[i].x, known[i].y, known[i].n);

		expect_near(line.slope, known[i].slope);
		expect_near(line.intercept, known[i].intercept);
		expect_near(line.r2, known[i].r2);
	}
}

Test(line, leaves_out_what_is_not_there)
{
	const double x[] = {1, 100, 1000, 2000, 5000}, y[] = {NAN, 1.2, 3, NAN, 11};
	const double rest_x[] = {100, 1000, 5000}, rest_y[] = {1.2, 3, 11};
	struct line line = line_fit(x, y, 5), rest = line_fit(rest_x, rest_y, 3);

	expect_near(line.slope, rest.slope);
	expect_near(line.intercept, rest.intercept);
	expect_near(line.r2, rest.r2);
}

Test(line, needs_two_places)
{
	const double x[] = {7, 7, 7}, y[] = {1, 2, 3}, gone[] = {NAN, NAN, 3};

	cr_expect(isnan(line_fit(x, y, 0).slope));
	cr_expect(isnan(line_fit(x, y, 1).slope));
	cr_expect(isnan(line_fit(x, y, 3).slope));
	cr_expect(isnan(line_fit(x, y, 3).intercept));
	cr_expect(isnan(line_fit(x, gone, 3).slope));
}

Test(line, a_level_one_explains_nothing)
{
	const double x[] = {1, 2, 3}, y[] = {5, 5, 5};
	struct line line = line_fit(x, y, 3);

	expect_near(line.slope, 0);
	expect_near(line.intercept, 5);
	cr_expect(isnan(line.r2), "there is nothing to explain");
}

Test(line, reaches_only_what_it_rises_to)
{
	const struct line rising = {2, 10, 1}, level = {0, 10, 1}, falling = {-2, 10, 1},
			  none = {NAN, NAN, NAN};

	expect_near(line_reach(&rising, 30), 10);
	expect_near(line_reach(&rising, 10), 0);
	cr_expect(isnan(line_reach(&rising, 9)), "it begins above");
	cr_expect(isnan(line_reach(&level, 30)));
	cr_expect(isnan(line_reach(&falling, 30)));
	cr_expect(isnan(line_reach(&falling, 5)), "it falls to it");
	cr_expect(isnan(line_reach(&none, 5)));
}
