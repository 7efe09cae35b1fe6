#include "box.h"

#include "axis.h"

#include <math.h>
#include <stdlib.h>

/* A box's width and the room between groups, in the distance of two boxes. */
#define WIDTH 0.62
#define GAP   0.8

#define TICKS   7
#define NUMBERS 12

/* A logarithmic axis has no zero: what was below the clock's tick is drawn as one. */
#define LOWEST_S 1e-9

static bool is_sound(const struct box *box)
{
	return box->low_s >= 0 && box->lower_s >= box->low_s && box->median_s >= box->lower_s &&
	       box->upper_s >= box->median_s && box->high_s >= box->upper_s &&
	       isfinite(box->high_s);
}

struct range {
	double low, high;
	bool logarithmic;
};

/* Around all boxes. False when there is none, or one that is not sound. */
static bool range_of(const struct boxes *boxes, struct range *range)
{
	*range = (struct range){INFINITY, 0, false};
	for (size_t g = 0; g < boxes->groups; g++)
		for (size_t i = 0; i < boxes->group[g].count; i++) {
			const struct box *box = &boxes->group[g].box[i];

			if (!is_sound(box))
				return false;
			range->low = fmin(range->low, box->low_s);
			range->high = fmax(range->high, box->high_s);
		}
	if (!isfinite(range->low))
		return false;
	range->low = fmax(range->low, LOWEST_S);
	range->high = fmax(range->high, range->low);
	range->logarithmic = range->high > BOX_RANGE * range->low;
	return true;
}

/* Leaves a margin. What hardly differs is not magnified: noise would look like news. */
static void frame(struct range *range)
{
	double low = range->low, high = range->high;

	if (range->logarithmic) {
		double margin = pow(high / low, 0.05);

		range->low = low / margin;
		range->high = high * margin;
		return;
	}
	double margin = fmax((high - low) * 0.06, high * 0.02);
	range->low = low < 0.3 * high ? 0 : low - margin;
	range->high = high + margin;
}

static double place(const struct boxes *boxes, size_t group, size_t index)
{
	double x = 1;

	for (size_t g = 0; g < group; g++)
		x += (double)boxes->group[g].count + GAP;
	return x + (double)index;
}

static void write_y(FILE *script, const struct range *y)
{
	double steps[TICKS];
	char text[40];

	if (y->logarithmic) {
		fputs("set logscale y 10\n", script);
		axis_latency(script, y->low, y->high);
		return;
	}
	size_t count = axis_steps(y->low, y->high, false, steps, TICKS);
	fputs("set ytics (", script);
	for (size_t i = 0; i < count; i++)
		fprintf(script, "%s'%s' %.9g", i ? ", " : "",
			axis_value(steps[i], 1, "s", text, sizeof(text)), steps[i]);
	fputs(") nomirror scale 0\n", script);
}

/* Counts the repetitions, as far as there is room. */
static void write_x(FILE *script, const struct boxes *boxes)
{
	size_t count = boxes->group[0].count, stride = (count + NUMBERS - 1) / NUMBERS;

	if (!boxes->numbered) {
		fputs("unset xtics\nset xlabel 'repetitions in the order of time'\n", script);
		return;
	}
	if (stride > 2)
		stride = (stride + 4) / 5 * 5;
	fputs("set xtics ('1' 1", script);
	for (size_t i = stride > 2 ? stride : 1 + stride; i <= count; i += stride)
		fprintf(script, ", '%zu' %zu", i, i);
	fputs(") nomirror scale 0\nset xlabel 'repetition'\n", script);
}

static double drawn(double value_s, const struct range *y)
{
	return fmax(value_s, y->low);
}

/* A block of rectangles and one of strokes, parted by empty lines: gnuplot begins a new path there.
 */
static void write_group(FILE *script, const struct boxes *boxes, size_t g, const struct range *y)
{
	const struct box_group *group = &boxes->group[g];

	fprintf(script, "$box%zu << END\n", g);
	for (size_t i = 0; i < group->count; i++) {
		const struct box *box = &group->box[i];
		double x = place(boxes, g, i);

		fprintf(script, "%.7g %.7g %.7g %.7g\n", x - WIDTH / 2, x + WIDTH / 2,
			drawn(box->lower_s, y), drawn(box->upper_s, y));
	}
	fprintf(script, "END\n$stroke%zu << END\n", g);
	for (size_t i = 0; i < group->count; i++) {
		const struct box *box = &group->box[i];
		double x = place(boxes, g, i);

		fprintf(script, "%.7g %.7g\n%.7g %.7g\n\n%.7g %.7g\n%.7g %.7g\n\n", x,
			drawn(box->low_s, y), x, drawn(box->lower_s, y), x, drawn(box->upper_s, y),
			x, drawn(box->high_s, y));
		fprintf(script, "%.7g %.7g\n%.7g %.7g\n\n", x - WIDTH / 2, drawn(box->median_s, y),
			x + WIDTH / 2, drawn(box->median_s, y));
	}
	fputs("END\n", script);
}

static void write_plot(FILE *script, const struct boxes *boxes)
{
	for (size_t g = 0; g < boxes->groups; g++)
		fprintf(script,
			"%s $box%zu using 1:3:1:2:3:4 with boxxyerror notitle fillcolor rgb "
			"'#0000%02x', $stroke%zu using 1:2 with lines notitle linecolor rgb "
			"'#0000%02x'",
			g ? "," : "plot", g, PLOT_INK_BOX + (unsigned)g, g,
			PLOT_INK_MARK + (unsigned)g);
	fputs("\n", script);
}

char *box_script(const struct boxes *boxes)
{
	struct range y;
	char *text = NULL;
	size_t size;

	if (!range_of(boxes, &y))
		return NULL;
	for (size_t g = 0; g < boxes->groups; g++)
		if (!boxes->group[g].count)
			return NULL;
	FILE *script = open_memstream(&text, &size);
	if (!script)
		return NULL;
	frame(&y);
	plot_frame(script, 1 - WIDTH,
		place(boxes, boxes->groups - 1, boxes->group[boxes->groups - 1].count - 1) + WIDTH,
		y.low, y.high);
	write_y(script, &y);
	write_x(script, boxes);
	fputs("set style fill solid noborder\n", script);
	for (size_t g = 0; g < boxes->groups; g++)
		write_group(script, boxes, g, &y);
	write_plot(script, boxes);
	if (fclose(script) != 0) {
		free(text);
		return NULL;
	}
	return text;
}
