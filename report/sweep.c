#include "sweep.h"

#include "axis.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define TICKS 7

/* How far below the largest reading the axis goes where others are not above zero. */
#define DEEPEST 1e4

static void widen(struct sweep_range *range, double value)
{
	if (!isfinite(value))
		return;
	range->low = fmin(range->low, value);
	range->high = fmax(range->high, value);
}

/* Adds a reading, whose place is above zero when all of its interval is. */
static void add_reading(struct sweep_range *range, double value, double low, double high)
{
	if (!isfinite(value))
		return;
	widen(range, value);
	if (isfinite(high))
		range->upper = fmax(range->upper, high);
	range->readings++;
	if (value > 0 && !(low <= 0)) {
		range->least = fmin(range->least, value);
		range->above++;
	}
}

static struct sweep_range nothing(void)
{
	return (struct sweep_range){.low = INFINITY, .high = -INFINITY, .least = INFINITY};
}

static struct sweep_range readings_x(const struct sweep *sweep)
{
	struct sweep_range range = nothing();

	for (size_t l = 0; l < sweep->lines; l++)
		for (size_t i = 0; i < sweep->line[l].points; i++)
			widen(&range, sweep->line[l].at[i].x);
	return range;
}

static bool is_wide(const struct sweep_range *range)
{
	return range->low > 0 && range->high / range->low > SWEEP_RANGE;
}

/* Adds a margin that looks the same on both kinds of axis. */
static void pad(struct sweep_range *range, double below, double above)
{
	if (range->logarithmic) {
		double span = log(range->high / range->low);

		range->low *= exp(-below * span);
		range->high *= exp(above * span);
	} else {
		double span = range->high - range->low;

		range->low -= below * span;
		range->high += above * span;
	}
}

bool sweep_shows(const struct sweep *sweep, double mark)
{
	struct sweep_range readings = readings_x(sweep);

	if (!isfinite(mark) || !(readings.high > readings.low))
		return false;
	if (is_wide(&readings) && !sweep->trend)
		return mark > readings.low / 4 && mark < readings.high * 4;
	double span = readings.high - readings.low;
	return mark > readings.low - span / 2 && mark < readings.high + span / 2;
}

struct sweep_range sweep_x(const struct sweep *sweep)
{
	struct sweep_range range = readings_x(sweep);

	if (!(range.high > range.low))
		return nothing();
	range.logarithmic = is_wide(&range) && !sweep->trend;
	for (size_t i = 0; i < SWEEP_MARKS; i++)
		if (sweep->marked & 1U << i && sweep_shows(sweep, sweep->mark[i]))
			widen(&range, sweep->mark[i]);
	pad(&range, 0.03, 0.03);
	return range;
}

/* Where a logarithmic axis begins. */
static double lowest(const struct sweep_range *range)
{
	return range->above == range->readings ? range->low
					       : fmax(range->least, range->high / DEEPEST);
}

static void choose_scale(struct sweep_range *range, const char *unit)
{
	bool zero_counts = strcmp(unit, "ratio") == 0;
	size_t enough = zero_counts ? range->readings : (range->readings + 1) / 2;

	range->logarithmic =
		range->above && range->above >= enough && range->high / lowest(range) > SWEEP_RANGE;
}

struct sweep_range sweep_y(const struct sweep *sweep)
{
	struct sweep_range range = nothing();

	for (size_t l = 0; l < sweep->lines; l++)
		for (size_t i = 0; i < sweep->line[l].points; i++)
			add_reading(&range, sweep->line[l].at[i].y, sweep->line[l].at[i].low,
				sweep->line[l].at[i].high);
	if (sweep->equal)
		add_reading(&range, 1, 1, 1);
	if (!(range.high >= range.low))
		return nothing();
	if (!sweep->trend)
		choose_scale(&range, sweep->unit);
	return range;
}

struct sweep_range sweep_shared(
	const struct sweep_range *a, const struct sweep_range *b, const char *unit)
{
	struct sweep_range both = {
		.low = fmin(a->low, b->low),
		.high = fmax(a->high, b->high),
		.least = fmin(a->least, b->least),
		.readings = a->readings + b->readings,
		.above = a->above + b->above,
		.upper = fmax(a->upper, b->upper),
	};

	choose_scale(&both, unit);
	return both;
}

static bool is_clipped(const struct sweep_point *point, const struct sweep_range *range)
{
	return range->logarithmic && point->y < lowest(range);
}

size_t sweep_clipped(const struct sweep *sweep, const struct sweep_range *y)
{
	size_t clipped = 0;

	for (size_t l = 0; l < sweep->lines; l++)
		for (size_t i = 0; i < sweep->line[l].points; i++)
			clipped += is_clipped(&sweep->line[l].at[i], y);
	return clipped;
}

/* Around the readings and, as far as they do not dwarf them, their intervals. */
static struct sweep_range frame_of_trend(
	const struct sweep *sweep, const struct sweep_range *readings)
{
	struct sweep_range frame = *readings;
	double span = fmax(frame.high - frame.low, fabs(frame.high) * 0.02);

	for (size_t i = 0; i < sweep->line[0].points; i++) {
		const struct sweep_point *at = &sweep->line[0].at[i];

		if (isfinite(at->low))
			frame.low = fmin(frame.low, fmax(at->low, readings->low - span));
		if (isfinite(at->high))
			frame.high = fmax(frame.high, fmin(at->high, readings->high + span));
	}
	if (frame.low > 0 && frame.low < 0.3 * frame.high)
		frame.low = 0;
	if (!(frame.high > frame.low))
		frame.high = frame.low + fmax(fabs(frame.low), 1e-12) * 0.1;
	pad(&frame, frame.low > 0 || frame.low < 0 ? 0.08 : 0, sweep->marked ? 0.33 : 0.08);
	return frame;
}

/* The frame around the readings: from zero, or from decade to decade; with room for letters. */
static struct sweep_range frame_of(const struct sweep *sweep, const struct sweep_range *readings)
{
	struct sweep_range frame = *readings;
	bool marks = sweep->marked != 0;

	if (sweep->trend)
		return frame_of_trend(sweep, readings);
	frame.low = frame.logarithmic ? lowest(readings) : fmin(frame.low, 0);
	/* Where all readings are zero, how sure that is remains to be seen. */
	if (!(frame.high > frame.low))
		frame.high = frame.upper > frame.low ? frame.upper : frame.low + 1;
	pad(&frame, frame.logarithmic || frame.low < 0 ? 0.05 : 0, marks ? 0.33 : 0.08);
	return frame;
}

static void write_ticks(FILE *script, char axis, const struct sweep_range *range, const char *unit)
{
	double steps[TICKS], in = axis_base(range->high, unit);
	size_t count =
		axis_steps(range->low / in, range->high / in, range->logarithmic, steps, TICKS);
	bool ratio = strcmp(unit, "ratio") == 0;
	char text[40];

	fprintf(script, "set %ctics (", axis);
	for (size_t i = 0; i < count; i++) {
		/* A tick's words are a format to gnuplot: of a percent sign it needs two. */
		axis_value(steps[i], in, unit, text, sizeof(text));
		fprintf(script, "%s'%s%s' %.9g", i ? ", " : "", text, ratio ? "%" : "",
			steps[i] * in);
	}
	fputs(") nomirror scale 0\n", script);
	if (range->logarithmic)
		fprintf(script, "set logscale %c 10\n", axis);
}

/* Letters of neighbours stand one below the other. */
static void write_marks(FILE *script, const struct sweep *sweep)
{
	for (size_t i = 0; i < SWEEP_MARKS; i++) {
		double at = sweep->mark[i], top = 0.9 - 0.06 * (double)(i % 3);

		if (!(sweep->marked & 1U << i) || !sweep_shows(sweep, at))
			continue;
		fprintf(script,
			"set arrow from first %.9g, graph 0 to first %.9g, graph %.3f nohead "
			"linecolor rgb '#0000%02x'\n"
			"set label '%c' at first %.9g, graph %.3f center front textcolor rgb "
			"'#0000%02x'\n",
			at, at, top, PLOT_INK_AXIS, 'A' + (int)i, at, top + 0.04, PLOT_INK_LIMIT);
	}
	if (sweep->equal)
		fprintf(script,
			"set arrow from graph 0, first 1 to graph 1, first 1 nohead linecolor rgb "
			"'#0000%02x'\n",
			PLOT_INK_LIMIT);
}

static bool has_band(const struct sweep_line *line, size_t i)
{
	return i + 1 < line->points && isfinite(line->at[i].low + line->at[i].high) &&
	       isfinite(line->at[i + 1].low + line->at[i + 1].high);
}

static double clip(double value, const struct sweep_range *frame)
{
	return fmin(fmax(value, frame->low), frame->high);
}

/* One quadrangle between two readings whose intervals are bounded. */
static size_t write_band(
	FILE *script, size_t l, const struct sweep_line *line, const struct sweep_range *frame)
{
	size_t count = 0;

	for (size_t i = 0; i < line->points; i++) {
		const struct sweep_point *a = &line->at[i], *b = a + 1;

		if (!has_band(line, i))
			continue;
		if (count++ == 0)
			fprintf(script, "$band%zu << END\n", l);
		fprintf(script, "%.9g %.9g\n%.9g %.9g\n%.9g %.9g\n%.9g %.9g\n\n", a->x,
			clip(a->low, frame), b->x, clip(b->low, frame), b->x, clip(b->high, frame),
			a->x, clip(a->high, frame));
	}
	if (count)
		fputs("END\n", script);
	return count;
}

/* An interval that is open to one side reaches the frame there. */
static void write_open(
	FILE *script, size_t l, const struct sweep_line *line, const struct sweep_range *frame)
{
	for (size_t i = 0; i < line->points; i++) {
		const struct sweep_point *at = &line->at[i];

		if (isfinite(at->low) == isfinite(at->high))
			continue;
		fprintf(script,
			"set arrow from %.9g, %.9g to %.9g, %.9g nohead front linecolor rgb "
			"'#0000%02x'\n",
			at->x, isfinite(at->low) ? clip(at->low, frame) : frame->low, at->x,
			isfinite(at->high) ? clip(at->high, frame) : frame->high,
			PLOT_INK_MARK + (unsigned)l);
	}
}

/* What lies below the frame is an arrow there; those of several lines stand side by side. */
static void write_arrows(FILE *script, const struct sweep *sweep, const struct sweep_range *y)
{
	for (size_t l = 0; l < sweep->lines; l++)
		for (size_t i = 0; i < sweep->line[l].points; i++)
			if (is_clipped(&sweep->line[l].at[i], y))
				fprintf(script,
					"set label '↓' at first %.9g, graph 0 center offset %.1f, 0.5 "
					"front textcolor rgb '#0000%02x'\n",
					sweep->line[l].at[i].x, 1.2 * (double)l,
					PLOT_INK_MARK + (unsigned)l);
}

static void write_data(
	FILE *script, size_t l, const struct sweep_line *line, const struct sweep_range *frame)
{
	fprintf(script, "$line%zu << END\n", l);
	for (size_t i = 0; i < line->points; i++)
		fprintf(script, "%.9g %.9g\n", line->at[i].x, clip(line->at[i].y, frame));
	fputs("END\n", script);
}

/* A disc stands for a reading that has a place: on a logarithmic axis, above its lower edge. */
static double disc_above(const struct sweep_range *frame)
{
	return frame->logarithmic ? frame->low * (1 + 1e-6) : -1e300;
}

/* gnuplot takes a block without a line for a mistake: only those that hold something are written.
 * Bands come first, to lie below all lines. */
static void write_lines(FILE *script, const struct sweep *sweep, const struct sweep_range *frame)
{
	bool band[PLOT_CURVES] = {false};
	const char *before = "plot";

	for (size_t l = 0; l < sweep->lines; l++) {
		write_open(script, l, &sweep->line[l], frame);
		band[l] = write_band(script, l, &sweep->line[l], frame) > 0;
		if (sweep->line[l].points)
			write_data(script, l, &sweep->line[l], frame);
	}
	for (size_t l = 0; l < sweep->lines; l++) {
		if (!band[l])
			continue;
		fprintf(script,
			"%s $band%zu using 1:2 with filledcurves closed fillcolor rgb '#0000%02x' notitle",
			before, l, PLOT_INK_BAND + (unsigned)l);
		before = ",";
	}
	for (size_t l = 0; l < sweep->lines; l++) {
		if (!sweep->line[l].points)
			continue;
		fprintf(script,
			"%s $line%zu using 1:2 with lines linecolor rgb '#0000%02x' notitle, "
			"$line%zu using 1:($2 > %.9g ? $2 : 1/0) with points pointtype 7 pointsize "
			"0.4 linecolor rgb '#0000%02x' notitle",
			before, l, PLOT_INK_CURVE + (unsigned)l, l, disc_above(frame),
			PLOT_INK_MARK + (unsigned)l);
		before = ",";
	}
	fputs("\n", script);
}

/* Whether a double, and gnuplot, can tell places on the axis apart. */
static bool drawable(const struct sweep_range *range)
{
	double span = range->high - range->low, size = fmax(fabs(range->low), fabs(range->high));

	return span > 1e-12 && size < 1e18 && span > 1e-9 * size;
}

char *sweep_script(const struct sweep *sweep, const struct sweep_range *y)
{
	struct sweep_range x = sweep_x(sweep);
	char *text = NULL;
	size_t size;

	if (!drawable(&x) || !(y->high >= y->low))
		return NULL;
	struct sweep_range frame = frame_of(sweep, y);
	if (!drawable(&frame))
		return NULL;
	FILE *script = open_memstream(&text, &size);
	if (!script)
		return NULL;
	plot_frame(script, x.low, x.high, frame.low, frame.high);
	write_ticks(script, 'x', &x, "1");
	write_ticks(script, 'y', &frame, sweep->unit);
	fputs("set style fill solid noborder\n", script);
	write_marks(script, sweep);
	write_arrows(script, sweep, y);
	write_lines(script, sweep, &frame);
	if (fclose(script) != 0) {
		free(text);
		return NULL;
	}
	return text;
}
