#include "forest.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static char *row_of(const struct forest *forest, double value, double low, double high)
{
	const struct interval reading = {.n = 6, .value = value, .low = low, .high = high};
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	forest_row(forest, &reading, out);
	fclose(out);
	return text;
}

/* How many of `part` are in the row. */
static size_t count_in(
	const struct forest *forest, double value, double low, double high, const char *part)
{
	char *text = row_of(forest, value, low, high);
	size_t count = 0;

	for (const char *at = text; (at = strstr(at, part)); at++)
		count++;
	free(text);
	return count;
}

#define FULL   "<circle r=\"4.5\" class=\"i16\"/>"
#define HOLLOW "<circle r=\"4.5\" class=\"i4\"/>"
#define ARROW  "L" /* only an arrow has an oblique stroke */

Test(forest, a_disc_is_hollow_where_the_interval_reaches_equality)
{
	struct forest forest = forest_new();

	cr_expect_eq(count_in(&forest, 0.6, 0.55, 0.65, FULL), 1);
	cr_expect_eq(count_in(&forest, 0.97, 0.9, 1.02, HOLLOW), 1);
	cr_expect_eq(count_in(&forest, 0.6, 0.55, INFINITY, HOLLOW), 1);
	cr_expect_eq(count_in(&forest, NAN, -INFINITY, INFINITY, "<circle"), 0);
}

Test(forest, what_is_open_or_leaves_the_axis_has_an_arrow)
{
	struct forest forest = forest_new();

	cr_expect_eq(count_in(&forest, 0.6, 0.55, 0.65, ARROW), 0);
	cr_expect_eq(count_in(&forest, 0.6, 0.55, INFINITY, ARROW), 2, "one of two strokes");
	cr_expect_eq(count_in(&forest, 0.6, -INFINITY, INFINITY, ARROW), 4);
	cr_expect_eq(count_in(&forest, 0.6, 0.5, 7, ARROW), 2);
}

Test(forest, the_axis_holds_all_that_it_was_widened_for)
{
	struct forest forest = forest_new();

	forest_widen(&forest, &(struct interval){.value = 3, .low = 0.2, .high = 4});
	cr_expect_not(forest.logarithmic);
	cr_expect_eq(count_in(&forest, 3, 0.2, 4, ARROW), 0);
	forest_widen(&forest, &(struct interval){.value = 9, .low = 0.01, .high = INFINITY});
	cr_expect(forest.logarithmic);
	cr_expect_eq(count_in(&forest, 9, 0.01, 9, ARROW), 0);
}

/* Of ratios from `low` to `high`, how near two words come, at 10 to a letter. */
static double room_between_words(double low, double high)
{
	struct forest forest = forest_of_ratios();
	double room = INFINITY, end = -INFINITY;
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	forest_widen(&forest, &(struct interval){.value = low, .low = low, .high = high});
	forest_axis(&forest, out);
	fclose(out);
	/* The last word is that of equality, in the middle of all. */
	const char *last = strstr(text, "class=\"i2\"");
	for (const char *at = text; (at = strstr(at, "translate(")) && at < last - 60;) {
		double x = strtod(at += strlen("translate("), NULL);
		const char *word = strstr(at, "<text>") + strlen("<text>\u00d7");
		double width = 10 * (1 + (double)(strchr(word, '<') - word));
		double from = x > 0 ? x - width / 2 : 0;

		room = fmin(room, from - end);
		end = from + width;
	}
	free(text);
	return room;
}

Test(forest, words_leave_room_for_each_other)
{
	for (double low = 0.06; low < 0.95; low *= 1.13)
		for (double high = 1.1; high < 18; high *= 1.13)
			cr_expect_geq(room_between_words(low, high), 5, "%g to %g", low, high);
}

Test(forest, survives_any_number)
{
	static const double wild[] = {0, -1, 5e-324, 1e308, -1e308, NAN, INFINITY, -INFINITY, 1};
	const size_t count = sizeof(wild) / sizeof(wild[0]);

	for (size_t i = 0; i < count * count * count; i++) {
		const struct interval reading = {.value = wild[i % count],
			.low = wild[i / count % count],
			.high = wild[i / count / count]};
		struct forest forest = forest_new();

		forest_widen(&forest, &reading);
		char *text = row_of(&forest, reading.value, reading.low, reading.high);
		cr_expect_null(strstr(text, "nan"), "%s", text);
		cr_expect_null(strstr(text, "inf"), "%s", text);
		free(text);
	}
}

static double disc_at(const struct forest *forest, double ratio)
{
	const struct interval reading = {.value = ratio, .low = ratio, .high = ratio};
	char text[8192] = "";
	FILE *out = fmemopen(text, sizeof(text), "w");
	double x = NAN;

	forest_row(forest, &reading, out);
	fclose(out);
	const char *disc = strstr(text, "translate(");
	cr_assert(disc);
	sscanf(disc, "translate(%lf", &x);
	return x;
}

Test(forest, a_half_is_as_far_from_equal_as_double)
{
	struct forest forest = forest_of_ratios();

	forest_widen(&forest, &(struct interval){.value = 2, .low = 1.8, .high = 2.5});
	forest_widen(&forest, &(struct interval){.value = 0.5, .low = 0.4, .high = INFINITY});
	double equal = disc_at(&forest, 1);
	cr_expect_float_eq(disc_at(&forest, 2) - equal, equal - disc_at(&forest, 0.5), 0.2);
	cr_expect_gt(disc_at(&forest, 0.4), 0);
	cr_expect_lt(disc_at(&forest, 2.5), FOREST_WIDTH);
}

Test(forest, ratios_beyond_all_measure_do_not_crush_the_others)
{
	struct forest forest = forest_of_ratios();

	forest_widen(&forest, &(struct interval){.value = 1e9, .low = 1, .high = 1e12});
	cr_expect_leq(forest.high, 25);
	cr_expect_eq(count_in(&forest, 1e9, 1, 1e12, ARROW), 2);
}
