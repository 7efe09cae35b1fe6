#include "plot.h"

#include "axis.h"
#include "gnuplot.h"
#include "svg.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>

/* Latencies a histogram can hold; a limit or bound beyond them is not drawn. */
#define LOWEST_S  1e-9
#define HIGHEST_S 3600

/* The 99.999999th percentile. */
#define FURTHEST 1e8

struct range {
	double low, high;
};

static bool drawable(double latency_s)
{
	return latency_s >= LOWEST_S && latency_s <= HIGHEST_S; /* false for NAN, too */
}

static bool reachable(double inverse)
{
	return inverse >= 1 && inverse <= FURTHEST;
}

static void widen(struct range *range, double value)
{
	if (value < range->low)
		range->low = value;
	if (value > range->high)
		range->high = value;
}

void plot_add_limit(struct plot *plot, double limit_s)
{
	for (size_t i = 0; i < plot->limits; i++)
		if (plot->limit_s[i] == limit_s)
			return;
	if (plot->limits < PLOT_LIMITS)
		plot->limit_s[plot->limits++] = limit_s;
}

static struct range x_range(const struct plot *plot)
{
	struct range range = {INFINITY, -INFINITY};

	for (size_t c = 0; c < plot->curves; c++)
		for (size_t i = 0; i < plot->curve[c].points; i++)
			widen(&range, plot->curve[c].at[i].x);
	for (size_t i = 0; i < plot->cells; i++) {
		widen(&range, plot->cell[i].from);
		widen(&range, plot->cell[i].to);
	}
	/* A requirement may look further than the samples reach; that must be seen. */
	for (size_t i = 0; i < plot->marks; i++)
		if (reachable(plot->mark[i].x))
			widen(&range, plot->mark[i].x);
	if (plot->axis == PLOT_PERCENTILE)
		return (struct range){1, fmax(range.high, 10)};
	if (plot->axis == PLOT_HOURS)
		return (struct range){0, 24};
	return (struct range){fmin(range.low, 0), fmax(range.high, range.low + 1)};
}

static struct range y_range(const struct plot *plot)
{
	struct range range = {INFINITY, -INFINITY};

	for (size_t c = 0; c < plot->curves; c++)
		for (size_t i = 0; i < plot->curve[c].points; i++)
			if (drawable(plot->curve[c].at[i].y_s))
				widen(&range, plot->curve[c].at[i].y_s);
	for (size_t i = 0; i < plot->cells; i++) {
		if (drawable(plot->cell[i].low_s))
			widen(&range, plot->cell[i].low_s);
		if (drawable(plot->cell[i].high_s))
			widen(&range, plot->cell[i].high_s);
	}
	for (size_t i = 0; i < plot->limits; i++)
		if (drawable(plot->limit_s[i]))
			widen(&range, plot->limit_s[i]);
	for (size_t i = 0; i < plot->marks; i++)
		if (drawable(plot->mark[i].high_s))
			widen(&range, plot->mark[i].high_s);
	range.low /= 1.25;
	range.high *= 1.6; /* room for the words on a limit */
	/* Less than a factor of ten is not magnified: noise would look like news. */
	if (range.high < range.low * 10) {
		double middle = sqrt(range.low * range.high);

		range = (struct range){middle / sqrt(10), middle * sqrt(10)};
	}
	return range;
}

/* The size of the drawing is known here, so places in it can be computed here. */
void plot_frame(FILE *script, double x_low, double x_high, double y_low, double y_high)
{
	fprintf(script,
		"set encoding utf8\n"
		"set terminal svg size %d,%d dynamic font 'sans-serif,13' linewidth 1\n"
		"set termoption noenhanced\n"
		"set margins at screen 0.155, screen 0.965, screen 0.185, screen 0.965\n"
		"set border 3 linecolor rgb '#0000%02x'\n"
		"set grid noxtics ytics linecolor rgb '#0000%02x' linetype 1\n"
		"set xrange [%.9g:%.9g] noextend\n"
		"set yrange [%.9g:%.9g] noextend\n",
		PLOT_WIDTH, PLOT_HEIGHT, PLOT_INK_AXIS, PLOT_INK_GRID, x_low, x_high, y_low,
		y_high);
}

static void write_frame(FILE *script, const struct plot *plot, struct range x, struct range y)
{
	plot_frame(script, x.low, x.high, y.low, y.high);
	fputs("set logscale y 10\n", script);
	axis_latency(script, y.low, y.high);
	if (plot->axis == PLOT_PERCENTILE)
		axis_percentile(script, x.high);
	else if (plot->axis == PLOT_HOURS)
		axis_hours(script);
	else
		axis_time(script, x.low, x.high);
}

/* On a field of colour a line needs a rim of the paper's colour to be seen. */
static void write_limit_line(FILE *script, double limit_s, bool front, enum plot_ink ink)
{
	fprintf(script,
		"set arrow from graph 0, first %.9g to graph 1, first %.9g nohead %s"
		"linecolor rgb '#0000%02x'\n",
		limit_s, limit_s, front ? "front " : "", ink);
}

static void write_limits(FILE *script, const struct plot *plot)
{
	char text[64];

	for (size_t i = 0; i < plot->limits; i++) {
		if (!drawable(plot->limit_s[i]))
			continue;
		if (plot->cells)
			write_limit_line(script, plot->limit_s[i], true, PLOT_INK_RIM);
		write_limit_line(script, plot->limit_s[i], plot->cells > 0, PLOT_INK_LIMIT);
		fprintf(script,
			"set label 'limit %s' at graph 0.015, first %.9g offset 0, 0.6 front "
			"textcolor rgb '#0000%02x'\n",
			axis_round(plot->limit_s[i], text, sizeof(text)), plot->limit_s[i],
			PLOT_INK_LIMIT);
	}
}

/* A mark is a disc on the curve and a bar as long as the interval; an open end reaches the frame.
 */
static void write_marks(FILE *script, const struct plot *plot, struct range y)
{
	for (size_t i = 0; i < plot->marks; i++) {
		const struct plot_mark *mark = &plot->mark[i];
		unsigned ink = PLOT_INK_MARK + (unsigned)mark->curve;

		if (!drawable(mark->y_s) || !reachable(mark->x))
			continue;
		fprintf(script,
			"set arrow from %.9g, %.9g to %.9g, %.9g nohead front "
			"linecolor rgb '#0000%02x'\n",
			mark->x, drawable(mark->low_s) ? mark->low_s : y.low, mark->x,
			drawable(mark->high_s) ? mark->high_s : y.high, ink);
		fprintf(script,
			"set label '' at %.9g, %.9g front point pointtype 7 pointsize 0.7 "
			"linecolor rgb '#0000%02x'\n",
			mark->x, mark->y_s, ink);
	}
}

static void write_curves(FILE *script, const struct plot *plot)
{
	for (size_t c = 0; c < plot->curves; c++) {
		fprintf(script, "$curve%zu << END\n", c);
		for (size_t i = 0; i < plot->curve[c].points; i++) {
			const struct plot_point *point = &plot->curve[c].at[i];

			if (drawable(point->y_s))
				fprintf(script, "%.7g %.7g\n", point->x, point->y_s);
			else
				fputs("\n", script);
		}
		fputs("END\n", script);
	}
}

/* The part of a cell that is in the frame; false when there is none. */
static bool clip_cell(const struct plot_cell *cell, struct range y, struct range *part)
{
	*part = (struct range){fmax(cell->low_s, y.low), fmin(cell->high_s, y.high)};
	return part->low < part->high;
}

/* gnuplot takes a block without a line for a mistake: only shades that occur are written. */
static bool has_shade(const struct plot *plot, struct range y, unsigned shade)
{
	struct range part;

	for (size_t i = 0; i < plot->cells; i++)
		if (plot->cell[i].shade == shade && clip_cell(&plot->cell[i], y, &part))
			return true;
	return false;
}

static void write_cells(FILE *script, const struct plot *plot, struct range y)
{
	struct range part;

	fputs("set style fill solid noborder\n", script);
	for (unsigned shade = 0; shade < PLOT_SHADES; shade++) {
		if (!has_shade(plot, y, shade))
			continue;
		fprintf(script, "$shade%u << END\n", shade);
		for (size_t i = 0; i < plot->cells; i++)
			if (plot->cell[i].shade == shade && clip_cell(&plot->cell[i], y, &part))
				fprintf(script, "%.7g %.7g %.5g %.5g\n", plot->cell[i].from,
					plot->cell[i].to, part.low, part.high);
		fputs("END\n", script);
	}
}

static void write_plot(FILE *script, const struct plot *plot, struct range y)
{
	const char *before = "plot";

	for (unsigned shade = 0; shade < PLOT_SHADES; shade++) {
		if (!has_shade(plot, y, shade))
			continue;
		fprintf(script,
			"%s $shade%u using 1:3:1:2:3:4 with boxxyerror notitle fillcolor rgb "
			"'#0000%02x'",
			before, shade, PLOT_INK_SHADE + shade);
		before = ",";
	}
	for (size_t c = 0; c < plot->curves; c++) {
		fprintf(script,
			"%s $curve%zu using 1:2 with lines notitle linecolor rgb '#0000%02x'",
			before, c, plot->curve[c].ink);
		before = ",";
	}
	fputs("\n", script);
}

char *plot_script(const struct plot *plot)
{
	struct range x = x_range(plot), y = y_range(plot);
	char *text = NULL;
	size_t size = 0;

	if ((!plot->curves && !plot->cells) || !isfinite(x.low) || !isfinite(x.high) ||
		!isfinite(y.low) || !isfinite(y.high))
		return NULL;
	FILE *script = open_memstream(&text, &size);
	if (!script)
		return NULL;
	write_frame(script, plot, x, y);
	write_limits(script, plot);
	write_marks(script, plot, y);
	if (plot->cells)
		write_cells(script, plot, y);
	write_curves(script, plot);
	write_plot(script, plot, y);
	if (fclose(script) != 0) {
		free(text);
		return NULL;
	}
	return text;
}

bool plot_draw(
	struct plotter *plotter, char *script, const char *title, const char *label, FILE *out)
{
	char *drawing = NULL;
	bool drawn = false;

	if (!script && !plotter->failed)
		problem_set(&plotter->problem, -ENODATA, "There is nothing to draw");
	if (script && !plotter->failed) {
		drawing = gnuplot_run(plotter->program, script, &plotter->problem);
		drawn = drawing && svg_adopt(drawing, PLOT_WIDTH, PLOT_HEIGHT, title, label, out,
					   &plotter->problem) == 0;
		plotter->failed = !drawn;
	}
	free(drawing);
	free(script);
	return drawn;
}
