#include "grammar.h"
#include "plot.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static const struct plot_point points[] = {{1, 1e-5}, {10, 2e-4}, {100, 5e-3}, {1000, 0.02}};

static struct plot example(enum plot_axis axis)
{
	return (struct plot){
		.axis = axis,
		.curves = 1,
		.curve = {{points, 4, PLOT_INK_CURVE}},
	};
}

#define SHADE                                                                                      \
	"\\$shade[0-5] using 1:3:1:2:3:4 with boxxyerror notitle fillcolor rgb '#0000[0-9a-f]{2}'"
#define CURVE "\\$curve[0-9] using 1:2 with lines notitle linecolor rgb '#0000[0-9a-f]{2}'"

/* Every line that a script may have. Quoted text is digits, a unit and the axis' own words. */
static const char *const grammar[] = {
	"set encoding utf8",
	"set terminal svg size [0-9]+,[0-9]+ dynamic font 'sans-serif,13' linewidth 1",
	"set termoption noenhanced",
	"set margins at screen [0-9.]+, screen [0-9.]+, screen [0-9.]+, screen [0-9.]+",
	"set border 3 linecolor rgb '#0000[0-9a-f]{2}'",
	"set grid noxtics ytics linecolor rgb '#0000[0-9a-f]{2}' linetype 1",
	"set [xy]range \\[[-+0-9.e]+:[-+0-9.e]+\\] noextend",
	"set logscale [xy] 10",
	"set [xy]tics \\(('[-+0-9.e]+( (s|ms|µs|ns))?' [-+0-9.e]+(, )?)*\\) nomirror scale 0",
	"set xlabel '[a-z ]+( \\((logarithmic|UTC)\\))?'",
	"set arrow from graph 0, first [-+0-9.e]+ to graph 1, first [-+0-9.e]+ nohead (front )?"
	"linecolor rgb '#0000[0-9a-f]{2}'",
	"set label 'limit [0-9.e+]+ (s|ms|µs|ns)' at graph 0.015, first [-+0-9.e]+ offset 0, 0.6 front "
	"textcolor rgb '#0000[0-9a-f]{2}'",
	"set arrow from [-+0-9.e]+, [-+0-9.e]+ to [-+0-9.e]+, [-+0-9.e]+ nohead front linecolor rgb "
	"'#0000[0-9a-f]{2}'",
	"set label '' at [-+0-9.e]+, [-+0-9.e]+ front point pointtype 7 pointsize 0.7 linecolor rgb "
	"'#0000[0-9a-f]{2}'",
	"\\$curve[0-9] << END",
	"([-+0-9.e]+ [-+0-9.e]+)?",
	"END",
	"set style fill solid noborder",
	"\\$shade[0-5] << END",
	"[-+0-9.e]+ [-+0-9.e]+ [-+0-9.e]+ [-+0-9.e]+",
	"plot( (" SHADE "|" CURVE "),?)+",
};

static void expect_grammar(const struct plot *plot)
{
	char *script = plot_script(plot), *rest = script, *line;

	cr_assert(script);
	while ((line = strsep(&rest, "\n"))) {
		bool known = false;

		for (size_t i = 0; i < sizeof(grammar) / sizeof(grammar[0]) && !known; i++)
			known = matches(line, grammar[i]);
		cr_expect(known, "not in the grammar: %s", line);
	}
	free(script);
}

Test(plot, scripts_hold_numbers_and_our_own_words)
{
	struct plot plot = example(PLOT_PERCENTILE);

	plot.curves = 2;
	plot.curve[1] = (struct plot_curve){points, 2, PLOT_INK_CURVE + 1};
	plot_add_limit(&plot, 0.01);
	plot.marks = 1;
	plot.mark[0] = (struct plot_mark){.x = 100, .y_s = 5e-3, .low_s = 4e-3, .high_s = NAN};
	expect_grammar(&plot);
	plot.axis = PLOT_TIME;
	expect_grammar(&plot);
	plot.axis = PLOT_HOURS;
	expect_grammar(&plot);
	plot.cells = 2;
	plot.cell = (const struct plot_cell[]){{0, 1, 1e-3, 2e-3, 0}, {1, 7, 2e-3, 4e-3, 5}};
	expect_grammar(&plot);
	plot.curves = 0;
	expect_grammar(&plot);
}

Test(plot, survives_any_number)
{
	static const double wild[] = {
		0, -1, 1e-320, 5e-324, 1e308, -1e308, NAN, INFINITY, -INFINITY, 3600, 1e-9};
	const size_t count = sizeof(wild) / sizeof(wild[0]);

	for (size_t i = 0; i < count * count; i++) {
		struct plot_point odd[] = {
			{1, 1e-3}, {fabs(wild[i % count]), wild[i / count]}, {7, 1}};
		struct plot plot = example(i % 2 ? PLOT_TIME : PLOT_PERCENTILE);

		plot.curve[0] = (struct plot_curve){odd, 3, PLOT_INK_CURVE};
		plot_add_limit(&plot, wild[i % count]);
		plot.cells = 1;
		plot.cell = &(struct plot_cell){0, 1, wild[i % count], wild[i / count], 5};
		plot.marks = 1;
		plot.mark[0] = (struct plot_mark){
			wild[i / count], wild[i % count], wild[i / count], NAN, 0};
		if (isfinite(odd[1].x))
			expect_grammar(&plot);
	}
}

Test(plot, has_no_script_for_nothing)
{
	struct plot nothing = {.axis = PLOT_TIME};
	struct plot_point hole[] = {{0, NAN}, {1, NAN}};
	struct plot holes = example(PLOT_TIME);

	holes.curve[0] = (struct plot_curve){hole, 2, PLOT_INK_CURVE};
	cr_expect_null(plot_script(&nothing));
	cr_expect_null(plot_script(&holes));
}

static void expect_in_script(const struct plot *plot, const char *part)
{
	char *script = plot_script(plot);

	cr_assert(script);
	cr_expect(strstr(script, part), "no \"%s\" in %s", part, script);
	free(script);
}

Test(plot, axes_are_labelled_with_round_values)
{
	struct plot plot = example(PLOT_PERCENTILE);

	expect_in_script(&plot, "('0' 1, '50' 2, '90' 10, '99' 100, '99.9' 1000)");
	expect_in_script(&plot,
		"'10 µs' 1e-05, '30 µs' 3e-05, '100 µs' 0.0001, '300 µs' 0.0003, '1 ms' "
		"0.001, '3 ms' 0.003, '10 ms' 0.01, '30 ms' 0.03");
}

Test(plot, a_limit_is_drawn_once_and_always_in_view)
{
	struct plot plot = example(PLOT_TIME);

	plot_add_limit(&plot, 2.5);
	plot_add_limit(&plot, 2.5);
	cr_expect_eq(plot.limits, 1);
	expect_in_script(&plot, "'limit 2.5 s' at graph 0.015, first 2.5 ");
	expect_in_script(&plot, "set yrange [8e-06:4]");
}

Test(plot, keeps_to_the_limits_it_has_room_for)
{
	struct plot plot = example(PLOT_TIME);

	for (int i = 1; i < 20; i++)
		plot_add_limit(&plot, i);
	cr_expect_eq(plot.limits, PLOT_LIMITS);
}

Test(plot, cells_are_cut_off_at_the_frame)
{
	const struct plot_cell cells[] = {
		{0, 60, 0, 1e-3, 2}, {60, 120, 1e-3, 1e5, 3}, {0, 120, 4000, 5000, 4}};
	struct plot plot = {.axis = PLOT_TIME, .cells = 3, .cell = cells};
	char *script;

	plot_add_limit(&plot, 0.01);
	expect_in_script(&plot, "set xrange [0:120]");
	expect_in_script(&plot, "set yrange [0.0008:0.016]");
	expect_in_script(&plot, "$shade2 << END\n0 60 0.0008 0.001\nEND\n");
	expect_in_script(&plot, "$shade3 << END\n60 120 0.001 0.016\nEND\n");
	expect_in_script(&plot, "plot $shade2 using");
	script = plot_script(&plot);
	cr_expect_null(strstr(script, "shade4"), "what is out of view is not drawn");
	cr_expect_null(strstr(script, "shade0"), "gnuplot stumbles over an empty block");
	free(script);
}

Test(plot, a_limit_on_cells_has_a_rim)
{
	struct plot plot = {
		.axis = PLOT_TIME, .cells = 1, .cell = &(struct plot_cell){0, 60, 1e-3, 1e-2, 2}};

	plot_add_limit(&plot, 0.002);
	expect_in_script(&plot,
		"nohead front linecolor rgb '#000003'\nset arrow from graph 0, first 0.002 to "
		"graph 1, first 0.002 nohead front linecolor rgb '#000002'\n");
}
