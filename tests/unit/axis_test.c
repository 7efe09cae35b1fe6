#include "axis.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static char *time_axis(double low_s, double high_s)
{
	char *text = NULL;
	size_t size;
	FILE *script = open_memstream(&text, &size);

	axis_time(script, low_s, high_s);
	fclose(script);
	return text;
}

static void expect_time(double high_s, const char *ticks, const char *unit)
{
	char expected[300], *script = time_axis(0, high_s);

	snprintf(expected, sizeof(expected),
		"set xtics (%s) nomirror scale 0\nset xlabel '%s since the start'\n", ticks, unit);
	cr_expect_str_eq(script, expected);
	free(script);
}

Test(axis, counts_time_in_what_people_count_it_in)
{
	expect_time(1, "'0' 0, '0.2' 0.2, '0.4' 0.4, '0.6' 0.6, '0.8' 0.8, '1' 1", "seconds");
	expect_time(60, "'0' 0, '10' 10, '20' 20, '30' 30, '40' 40, '50' 50, '60' 60", "seconds");
	expect_time(3600, "'0' 0, '10' 600, '20' 1200, '30' 1800, '40' 2400, '50' 3000, '60' 3600",
		"minutes");
	expect_time(86400,
		"'0' 0, '3' 10800, '6' 21600, '9' 32400, '12' 43200, '15' 54000, "
		"'18' 64800, '21' 75600, '24' 86400",
		"hours");
	expect_time(7 * 86400,
		"'0' 0, '1' 86400, '2' 172800, '3' 259200, '4' 345600, '5' 432000, '6' 518400, "
		"'7' 604800",
		"days");
}

Test(axis, has_few_ticks_for_any_time)
{
	for (double high_s = 1; high_s < 1e12; high_s *= 1.07) {
		char *script = time_axis(0, high_s);
		size_t ticks = 0;

		for (const char *at = script; (at = strchr(at, '\'')); at++)
			ticks++;
		ticks = ticks / 2 - 1; /* the label has quotes, too */
		cr_expect(ticks >= 3 && ticks <= 9, "%zu ticks up to %g s", ticks, high_s);
		free(script);
	}
}

Test(axis, survives_any_time)
{
	static const double wild[] = {0, 1e308, 1e300, 5e-324, -1e308, INFINITY, NAN};

	for (size_t i = 0; i < sizeof(wild) / sizeof(wild[0]); i++) {
		char text[64];

		free(time_axis(0, wild[i]));
		free(time_axis(-1e308, wild[i]));
		axis_duration(wild[i], text, sizeof(text));
	}
}

static void expect_duration(double time_s, const char *expected)
{
	char text[64];

	cr_expect_str_eq(axis_duration(time_s, text, sizeof(text)), expected);
}

Test(axis, says_durations_in_the_unit_of_the_axis)
{
	expect_duration(0, "0 s");
	expect_duration(0.05, "50.0 ms");
	expect_duration(180, "180 s");
	expect_duration(819.2, "13.7 min");
	expect_duration(5.12 * 3600, "5.12 h");
	expect_duration(10 * 86400, "10 days");
}

static void expect_steps(
	double low, double high, bool logarithmic, size_t count, double first, double last)
{
	double steps[7];
	size_t found = axis_steps(low, high, logarithmic, steps, 7);

	cr_assert_eq(found, count, "%zu steps from %g to %g", found, low, high);
	cr_expect_float_eq(steps[0], first, 1e-9 * last);
	cr_expect_float_eq(steps[count - 1], last, 1e-9 * last);
}

Test(axis, steps_are_round_and_few)
{
	expect_steps(0, 1.1, false, 6, 0, 1);
	expect_steps(0, 4.2e5, false, 5, 0, 4e5);
	expect_steps(0.5, 9, true, 4, 0.5, 5);
	expect_steps(60, 2900, true, 5, 100, 2000);
	expect_steps(1, 1e6, true, 7, 1, 1e6);
}

Test(axis, has_no_more_steps_than_there_is_room_for)
{
	static const double wild[] = {0, -1, 1, 1e-320, 5e-324, 1e308, -1e308, INFINITY, NAN, 30};
	const size_t count = sizeof(wild) / sizeof(wild[0]);
	double steps[7];

	for (size_t i = 0; i < count * count; i++)
		for (int logarithmic = 0; logarithmic < 2; logarithmic++)
			cr_expect_leq(
				axis_steps(wild[i % count], wild[i / count], logarithmic, steps, 7),
				7);
}

static void expect_value(double value, const char *unit, const char *expected)
{
	char text[64];

	cr_expect_str_eq(axis_value(value, 1, unit, text, sizeof(text)), expected);
}

Test(axis, says_round_values_short_and_only_units_it_knows)
{
	expect_value(2e9, "bit/s", "2 Gbit/s");
	expect_value(0, "bit/s", "0 bit/s");
	expect_value(2e5, "packets/s", "200 k");
	expect_value(400, "'; exit", "400");
	expect_value(0.002, "s", "2 ms");
	expect_value(0, "s", "0");
	expect_value(1.5, "ratio", "150 %");
	expect_value(1.204e-8, "s/service", "12.04 ns");
	expect_value(-2e-3, "s/GB", "-2 ms");
}

static void expect_words(const char *unit, const char *expected)
{
	char text[64];

	cr_expect_str_eq(axis_words(unit, text, sizeof(text)), expected);
}

Test(axis, leaves_to_words_what_its_ticks_do_not_say)
{
	expect_words("bit/s", "");
	expect_words("s", "");
	expect_words("ratio", "");
	expect_words("1", "");
	expect_words("packets/s", " In packets/s.");
	expect_words("segments/GB", " In segments/GB.");
	expect_words("s/service", " Time per service.");
}

Test(axis, counts_bytes_as_readings_do)
{
	char text[64];

	cr_expect_eq(axis_base(35e6, "B"), 1048576);
	cr_expect_eq(axis_base(1023, "B"), 1);
	cr_expect_eq(axis_base(35e6, "bit/s"), 1);
	cr_expect_str_eq(axis_value(20, 1048576, "B", text, sizeof(text)), "20 MiB");
	cr_expect_str_eq(axis_value(0.3, 1024, "B/s", text, sizeof(text)), "0.3 KiB/s");
	cr_expect_str_eq(axis_value(0, 1, "B", text, sizeof(text)), "0 B");
}
