#include "foresee.h"

#include <criterion/criterion.h>
#include <math.h>

#define expect_near(value, expected) cr_expect_float_eq(value, expected, 1e-9 * (expected))

Test(foresee, knows_nothing_at_first)
{
	struct foresee known = {0};

	cr_expect(isnan(foresee_s(&known, 10, 1)));
	foresee_add(&known, 0, 0.02);
	cr_expect(isnan(foresee_s(&known, 10, 1)));
}

Test(foresee, goes_on_from_one_size_with_the_power_that_is_told)
{
	struct foresee known = {0};

	foresee_add(&known, 0, 0.5);
	foresee_add(&known, 1000, 1.5);
	expect_near(foresee_s(&known, 1000, 2), 1.5);
	expect_near(foresee_s(&known, 2000, 1), 2.5);
	expect_near(foresee_s(&known, 2000, 2), 4.5);
}

Test(foresee, finds_the_power_without_the_base)
{
	struct foresee known = {0};

	foresee_add(&known, 0, 5);
	foresee_add(&known, 1000, 6);
	foresee_add(&known, 2000, 9);
	expect_near(foresee_s(&known, 4000, 1), 5 + 16.0);
	foresee_add(&known, 4000, 5 + 16);
	expect_near(foresee_s(&known, 8000, 1), 5 + 64.0);
}

Test(foresee, does_not_believe_less_than_the_power_told_nor_more_than_the_cube)
{
	struct foresee known = {0};

	foresee_add(&known, 100, 1);
	foresee_add(&known, 200, 1.1);
	expect_near(foresee_s(&known, 400, 2), 4.4);
	foresee_add(&known, 201, 20);
	expect_near(foresee_s(&known, 402, 1), 160);
}

Test(foresee, takes_a_time_below_the_base_for_no_growth)
{
	struct foresee known = {0};

	foresee_add(&known, 0, 0.02);
	foresee_add(&known, 1, 0.01);
	expect_near(foresee_s(&known, 100, 2), 0.01);
	foresee_add(&known, 100, 0.03);
	expect_near(foresee_s(&known, 1000, 1), 0.02 + 0.1);
}
