#include "grammar.h"
#include "sweep.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Every line that a sweep's script may have; quoted words are numbers and units of ours. */
#define NUMBER "[-+0-9.e]+"
#define INK    "rgb '#0000[0-9a-f]{2}'"
#define BAND   "\\$band[0-5] using 1:2 with filledcurves closed fillcolor " INK " notitle"
#define LINE   "\\$line[0-5] using 1:2 with lines linecolor " INK " notitle"
#define POINTS                                                                                     \
	"\\$line[0-5] using 1:\\(\\$2 > " NUMBER                                                   \
	" \\? \\$2 : 1/0\\) with points pointtype 7 pointsize 0.4 linecolor " INK " notitle"

static const char *const grammar[] = {
	"set encoding utf8",
	"set terminal svg size [0-9]+,[0-9]+ dynamic font 'sans-serif,13' linewidth 1",
	"set termoption noenhanced",
	"set margins at screen [0-9.]+, screen [0-9.]+, screen [0-9.]+, screen [0-9.]+",
	"set border 3 linecolor " INK,
	"set grid noxtics ytics linecolor " INK " linetype 1",
	"set [xy]range \\[" NUMBER ":" NUMBER "\\] noextend",
	"set logscale [xy] 10",
	"set [xy]tics \\(('" NUMBER "( ([kMGT]|[KMGT]i)?(bit/s|B/s|B|s|ms|µs|ns|%%)?)?' " NUMBER
	"(, )?)*\\) nomirror scale 0",
	"set style fill solid noborder",
	"set arrow from first " NUMBER ", graph 0 to first " NUMBER
	", graph [0-9.]+ nohead linecolor " INK,
	"set label '[A-H]' at first " NUMBER ", graph [0-9.]+ center front textcolor " INK,
	"set label '↓' at first " NUMBER ", graph 0 center offset " NUMBER
	", 0.5 front textcolor " INK,
	"set arrow from graph 0, first 1 to graph 1, first 1 nohead linecolor " INK,
	"set arrow from " NUMBER ", " NUMBER " to " NUMBER ", " NUMBER
	" nohead front linecolor " INK,
	"\\$(line|band)[0-5] << END",
	"(" NUMBER " " NUMBER ")?",
	"END",
	"plot( (" BAND "|" LINE "|" POINTS "),?)+",
};

static char *script_of(const struct sweep *sweep)
{
	struct sweep_range y = sweep_y(sweep);

	return sweep_script(sweep, &y);
}

static void expect_grammar(char *script)
{
	char *rest = script, *line;

	while ((line = strsep(&rest, "\n"))) {
		bool known = false;

		for (size_t i = 0; i < sizeof(grammar) / sizeof(grammar[0]) && !known; i++)
			known = matches(line, grammar[i]);
		cr_expect(known, "not in the grammar: %s", line);
	}
	free(script);
}

static void expect_in_script(const struct sweep *sweep, const char *part)
{
	char *script = script_of(sweep);

	cr_assert(script);
	cr_expect(strstr(script, part), "no \"%s\" in %s", part, script);
	free(script);
}

/* Throughput by packet size, with the fall where packets become two. */
static struct sweep_point cliff[] = {{64, 1e8, 9e7, 1.1e8}, {512, 8e8, 7e8, 9e8},
	{1450, 2.3e9, 2.2e9, 2.4e9}, {1451, 1.15e9, 1.1e9, 1.2e9}, {2900, 2.3e9, NAN, 2.4e9}};

static struct sweep example(void)
{
	return (struct sweep){
		.unit = "bit/s", .lines = 1, .line = {{cliff, 5}}, .mark = {1450}, .marked = 1};
}

Test(sweep, scripts_hold_numbers_and_our_own_words)
{
	static const char *const units[] = {
		"bit/s", "s", "ratio", "B", "1", "'; exit\n", "packets/s"};
	struct sweep sweep = example();

	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
		sweep.unit = units[i];
		sweep.equal = i % 2;
		expect_grammar(script_of(&sweep));
	}
}

Test(sweep, survives_any_number)
{
	static const double wild[] = {
		0, -1, 1e-320, 5e-324, 1e308, -1e308, NAN, INFINITY, -INFINITY, 1e17, -3.5, 1e-9};
	const size_t count = sizeof(wild) / sizeof(wild[0]);

	for (size_t i = 0; i < count * count; i++) {
		double x = wild[i % count], y = wild[i / count];
		struct sweep_point odd[] = {{1, 2, y, x}, {x, y, y, NAN}, {7, 3, x, y}};
		struct sweep sweep = {.unit = i % 2 ? "1" : "s",
			.lines = 2,
			.line = {{odd, 3}, {odd, 0}},
			.mark = {x, y},
			.marked = 3};
		bool finite = isfinite(x) && isfinite(y);
		char *script = finite ? script_of(&sweep) : NULL;

		if (script)
			expect_grammar(script);
	}
}

Test(sweep, axes_become_logarithmic_beyond_thirty_times)
{
	struct sweep sweep = example();

	cr_expect(sweep_x(&sweep).logarithmic, "64 to 2,900 is 45 times");
	cr_expect_not(sweep_y(&sweep).logarithmic, "0.1 to 2.3 is 23 times");
	expect_in_script(&sweep, "set logscale x 10\n");
	expect_in_script(&sweep, "set yrange [0:");
	sweep.line[0].at = cliff + 1;
	sweep.line[0].points = 4;
	cr_expect_not(sweep_x(&sweep).logarithmic);
}

Test(sweep, a_mark_stands_where_it_is_said_and_is_left_out_when_far)
{
	struct sweep sweep = example();

	expect_in_script(&sweep, "set arrow from first 1450, graph 0 to first 1450, graph ");
	expect_in_script(&sweep, "set label 'A' at first 1450, graph ");
	cr_expect(sweep_shows(&sweep, 9000));
	cr_expect_not(sweep_shows(&sweep, 1e6));
	cr_expect_not(sweep_shows(&sweep, NAN));
	sweep.mark[0] = 1e6;
	char *script = script_of(&sweep);
	cr_expect_null(strstr(script, "set label"));
	free(script);
}

Test(sweep, a_band_lies_between_bounded_readings_only)
{
	struct sweep sweep = example();

	expect_in_script(&sweep, "64 90000000\n512 700000000\n512 900000000\n64 110000000\n\n");
	char *script = script_of(&sweep);
	cr_expect_null(strstr(script, "2900 2.4e+09\n1451"), "the last reading is open below");
	cr_expect(strstr(script, "set arrow from 2900, 0 to 2900, 2.4e+09 nohead front"));
	free(script);
}

/* A cost that grows, and one that is lost in noise. */
static struct sweep_point grows[] = {{1, 1e-6, NAN, NAN}, {100, 2e-6, 1e-6, 3e-6},
	{1000, 2e-5, 1e-5, 3e-5}, {10000, 9e-5, 8e-5, 1e-4}};
static struct sweep_point level[] = {{1, -1e-7, -2e-7, 1e-7}, {100, 2e-7, -1e-7, 4e-7},
	{1000, 0, -1e-7, 1e-7}, {10000, 1.5e-6, 1e-6, 2e-6}};

Test(sweep, what_is_not_above_zero_stands_as_an_arrow_on_a_logarithmic_axis)
{
	struct sweep sweep = {.unit = "s", .lines = 2, .line = {{grows, 4}, {level, 4}}};
	struct sweep_range y = sweep_y(&sweep);

	cr_expect(y.logarithmic);
	cr_expect_float_eq(y.least, 1e-6, 1e-12, "what may be zero does not stretch the axis");
	cr_expect_eq(sweep_clipped(&sweep, &y), 3);
	expect_in_script(&sweep, "set label '↓' at first 1, graph 0 ");
	expect_in_script(&sweep, "set label '↓' at first 100, graph 0 ");
	expect_in_script(&sweep, "set label '↓' at first 1000, graph 0 ");
	expect_grammar(script_of(&sweep));
	sweep.unit = "ratio";
	y = sweep_y(&sweep);
	cr_expect_not(y.logarithmic, "a share's zero counts");
	cr_expect_eq(sweep_clipped(&sweep, &y), 0);
}

Test(sweep, noise_around_zero_is_not_magnified)
{
	struct sweep_point noise[] = {
		{1, 1e-9, -3e-8, 3e-8}, {10, 8e-8, -1e-8, 1e-7}, {100, 1e-7, 2e-8, 2e-7}};
	struct sweep sweep = {.unit = "s", .lines = 1, .line = {{noise, 3}}};

	cr_expect_not(sweep_y(&sweep).logarithmic, "two of three may be zero");
	noise[1].low = 1e-8;
	cr_expect_not(sweep_y(&sweep).logarithmic, "those that may not are close to each other");
}

Test(sweep, where_all_is_zero_the_axis_is_as_high_as_the_intervals)
{
	static struct sweep_point none[] = {
		{100, 0, 0, 0.02}, {1000, 0, 0, 0.04}, {2000, 0, 0, NAN}};
	struct sweep sweep = {.unit = "ratio", .lines = 1, .line = {{none, 3}}};

	expect_in_script(&sweep, "set yrange [0:0.0432] noextend");
	none[0].high = none[1].high = NAN;
	expect_in_script(&sweep, "set yrange [0:1.08] noextend");
}

Test(sweep, bytes_are_counted_as_readings_are)
{
	static struct sweep_point memory[] = {{1000, 4.2e6, NAN, NAN}, {10000, 36e6, NAN, NAN}};
	struct sweep sweep = {.unit = "B", .lines = 1, .line = {{memory, 2}}};

	expect_in_script(&sweep, "'20 MiB' 20971520,");
}

Test(sweep, sweeps_side_by_side_share_an_axis)
{
	struct sweep one = {.unit = "s", .lines = 1, .line = {{grows, 2}}};
	struct sweep other = {.unit = "s", .lines = 1, .line = {{level, 4}}};
	struct sweep_range a = sweep_y(&one), b = sweep_y(&other), both = sweep_shared(&a, &b, "s");

	cr_expect_float_eq(both.low, -1e-7, 1e-12);
	cr_expect_float_eq(both.high, 2e-6, 1e-12);
	cr_expect_not(both.logarithmic);
	one.line[0].points = 4;
	a = sweep_y(&one);
	both = sweep_shared(&a, &b, "s");
	cr_expect(both.logarithmic);
	cr_expect_eq(sweep_clipped(&other, &both), 3);
}

Test(sweep, has_no_script_for_one_place)
{
	struct sweep sweep = example();

	sweep.line[0].points = 1;
	cr_expect_null(script_of(&sweep));
	sweep.lines = 0;
	cr_expect_null(script_of(&sweep));
}
