#include "box.h"
#include "grammar.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Every line that a script of boxes may have; quoted words are numbers and units of ours. */
#define NUMBER "[-+0-9.e]+"
#define INK    "rgb '#0000[0-9a-f]{2}'"

static const char *const grammar[] = {
	"set encoding utf8",
	"set terminal svg size [0-9]+,[0-9]+ dynamic font 'sans-serif,13' linewidth 1",
	"set termoption noenhanced",
	"set margins at screen [0-9.]+, screen [0-9.]+, screen [0-9.]+, screen [0-9.]+",
	"set border 3 linecolor " INK,
	"set grid noxtics ytics linecolor " INK " linetype 1",
	"set [xy]range \\[" NUMBER ":" NUMBER "\\] noextend",
	"set logscale y 10",
	"set ytics \\(('" NUMBER "( (s|ms|µs|ns))?' " NUMBER "(, )?)*\\) nomirror scale 0",
	"set xtics \\(('[0-9]+' [0-9]+(, )?)+\\) nomirror scale 0",
	"unset xtics",
	"set xlabel '(repetition|repetitions in the order of time)'",
	"set style fill solid noborder",
	"\\$(box|stroke)[0-5] << END",
	"(" NUMBER " ?){0,4}",
	"END",
	"plot( \\$box[0-5] using 1:3:1:2:3:4 with boxxyerror notitle fillcolor " INK
	", \\$stroke[0-5] using 1:2 with lines notitle linecolor " INK ",?)+",
};

static char *script_of(const struct box *box, size_t first, size_t second)
{
	const struct boxes boxes = {.groups = second ? 2 : 1,
		.group = {{box, first}, {box + first, second}},
		.numbered = !second};

	return box_script(&boxes);
}

static bool holds(const char *script, const char *line)
{
	return script && strstr(script, line);
}

static const struct box near[] = {{1, 2, 3, 4, 5}, {1.1, 2.1, 3.1, 4.1, 5.1}};

Test(box, draws_the_quantiles_where_they_are)
{
	char *script = script_of(near, 2, 0);

	cr_expect(holds(script, "$box0 << END\n0.69 1.31 2 4\n1.69 2.31 2.1 4.1\nEND\n"));
	cr_expect(holds(script, "1 1\n1 2\n\n1 4\n1 5\n\n0.69 3\n1.31 3\n\n"));
	cr_expect(holds(script, "set xtics ('1' 1, '2' 2)"));
	free(script);
}

Test(box, groups_have_their_own_colour_and_stand_apart)
{
	char *script = script_of(near, 1, 1);

	cr_expect(holds(script, "$box1 << END\n2.49 3.11 2.1 4.1\n"));
	cr_expect(holds(script, "fillcolor rgb '#000032', $stroke0"));
	cr_expect(holds(script, "fillcolor rgb '#000033', $stroke1"));
	cr_expect(holds(script, "unset xtics"));
	free(script);
}

Test(box, the_axis_is_logarithmic_only_when_the_range_is_wide)
{
	static const struct box wide[] = {{0, 2, 3, 4, 50}};
	char *script = script_of(near, 2, 0);

	cr_expect_not(holds(script, "logscale"));
	free(script);
	script = script_of(wide, 1, 0);
	cr_expect(holds(script, "logscale y"));
	cr_expect_not(holds(script, "1 0\n"), "a logarithmic axis has no zero");
	free(script);
}

Test(box, what_is_all_alike_still_has_an_axis)
{
	static const struct box alike[] = {{2, 2, 2, 2, 2}, {2, 2, 2, 2, 2}};
	char *script = script_of(alike, 2, 0);

	cr_expect(holds(script, "set yrange [1.96:2.04]"));
	free(script);
}

Test(box, what_is_not_sound_is_not_drawn)
{
	static const struct box unsound[] = {
		{5, 4, 3, 2, 1}, {1, 2, NAN, 4, 5}, {1, 2, 3, 4, INFINITY}, {-1, 2, 3, 4, 5}};

	for (size_t i = 0; i < sizeof(unsound) / sizeof(unsound[0]); i++)
		cr_expect_null(script_of(&unsound[i], 1, 0), "%zu", i);
	cr_expect_null(script_of(near, 0, 0));
	cr_expect_null(script_of(near, 0, 1));
}

Test(box, many_repetitions_are_counted_as_far_as_there_is_room)
{
	static struct box many[BOXES_MAX];

	for (size_t i = 0; i < BOXES_MAX; i++)
		many[i] = near[0];
	char *script = script_of(many, BOXES_MAX, 0);
	cr_expect(holds(script, "('1' 1, '10' 10, '20' 20,"));
	cr_expect(holds(script, "'120' 120)"));
	free(script);
	script = script_of(many, 13, 0);
	cr_expect(holds(script, "('1' 1, '3' 3, '5' 5,"));
	free(script);
}

Test(box, a_script_has_only_lines_that_it_may_have)
{
	static const struct box wide[] = {{0, 2e-9, 3e-6, 4, 5e3}, {1, 1, 1, 1, 1}};
	const struct box *const all[] = {near, wide};

	for (size_t i = 0; i < 4; i++) {
		char *script = script_of(all[i / 2], 1 + i % 2, (i + 1) % 2), *rest = script;

		cr_assert_not_null(script);
		for (char *line; (line = strsep(&rest, "\n"));) {
			size_t k = 0, kinds = sizeof(grammar) / sizeof(grammar[0]);

			while (k < kinds && !matches(line, grammar[k]))
				k++;
			cr_expect_lt(k, kinds, "%s", line);
		}
		free(script);
	}
}
