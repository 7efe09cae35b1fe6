#include "forest.h"

#include "axis.h"
#include "html.h"
#include "plot.h"

#include <math.h>

#define EDGE  8 /* room at both ends for a disc and half a word */
#define TICKS 6

#define LETTER  10.2 /* at the size of a tick's word, 16px */
#define BETWEEN 6

/* How far upright lines go on, for rows that are higher than their drawing. */
#define BEYOND (6 * FOREST_ROW)

#define LOGARITHMIC_ABOVE 5
#define HIGHEST           1e6
#define LOWEST            1e-3

struct forest forest_new(void)
{
	return (struct forest){.low = 0.5, .high = 1.1};
}

struct forest forest_of_ratios(void)
{
	return (struct forest){.low = 0.9, .high = 1.1, .logarithmic = true, .ratios = true};
}

/* Ratios beyond these leave the axis, so that small ones can be told apart. */
#define RATIO_LOWEST  0.05
#define RATIO_HIGHEST 20

static void widen_ratio(struct forest *forest, double ratio)
{
	if (!isfinite(ratio))
		return;
	forest->low = fmin(forest->low, fmax(ratio / 1.04, RATIO_LOWEST));
	forest->high = fmax(forest->high, fmin(ratio * 1.04, RATIO_HIGHEST));
}

void forest_widen(struct forest *forest, const struct interval *reading)
{
	const double ends[] = {reading->low, reading->value, reading->high};

	for (size_t i = 0; forest->ratios && i < sizeof(ends) / sizeof(ends[0]); i++)
		widen_ratio(forest, ends[i]);
	if (forest->ratios)
		return;
	for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
		if (isfinite(ends[i]))
			forest->high = fmax(forest->high, fmin(ends[i] * 1.04, HIGHEST));
		if (isfinite(ends[i]))
			forest->low = fmin(forest->low, fmax(ends[i] / 1.1, LOWEST));
	}
	forest->logarithmic = forest->high > LOGARITHMIC_ABOVE * 1.04;
}

/* Where a share stands, also beyond the frame; NAN stays one. */
static double place(const struct forest *forest, double share)
{
	double part = share / forest->high;

	if (forest->logarithmic)
		part = log(fmax(share, LOWEST / 10) / forest->low) /
		       log(forest->high / forest->low);
	return EDGE + part * (FOREST_WIDTH - 2 * EDGE);
}

static double clip(double x)
{
	return fmin(fmax(x, 0), FOREST_WIDTH);
}

static void draw_line(FILE *out, unsigned ink, double x, double from, double to)
{
	fprintf(out, "<path class=\"i%u\" d=\"M%.1f,%.1fV%.1f\"/>", ink, x, from, to);
}

static size_t ticks_of(const struct forest *forest, double ticks[TICKS])
{
	bool decades = forest->ratios ? forest->high / forest->low > 8 : forest->logarithmic;

	return axis_steps(
		forest->logarithmic ? forest->low : 0, forest->high, decades, ticks, TICKS);
}

static const char *tick_text(const struct forest *forest, double tick, char *buffer, size_t size)
{
	char number[32];

	if (!forest->ratios)
		return axis_value(tick, 1, "ratio", buffer, size);
	snprintf(buffer, size, "\u00d7%s", axis_value(tick, 1, "1", number, sizeof(number)));
	return buffer;
}

/* How wide a tick's word is drawn. */
static double word_width(const char *text)
{
	double width = 0;

	for (; *text; text++)
		width += ((unsigned char)*text & 0xc0) == 0x80 ? 0 : LETTER;
	return width;
}

/* A word at each tick that leaves room for its neighbour and the one where both are equal. */
void forest_axis(const struct forest *forest, FILE *out)
{
	double ticks[TICKS], equal = place(forest, 1), taken = -BETWEEN;
	size_t count = ticks_of(forest, ticks);
	char text[32];

	html(out, "<svg class=\"plot ticks\" viewBox=\"0 0 %d %d\" aria-hidden=\"true\">",
		FOREST_WIDTH, FOREST_AXIS);
	for (size_t i = 0; i < count; i++) {
		double x = place(forest, ticks[i]);

		if (fabs(x - equal) < 54 || x < 0 || x > FOREST_WIDTH)
			continue;
		const double width = word_width(tick_text(forest, ticks[i], text, sizeof(text)));
		const double from = x < 14 ? 0 : x - width / 2;
		if (from < taken + BETWEEN)
			continue;
		taken = from + width;
		fprintf(out,
			"<g transform=\"translate(%.1f,14)\" text-anchor=\"%s\" class=\"i%d\">"
			"<text>%s</text></g>",
			x < 14 ? 0 : x, x < 14 ? "start" : "middle", PLOT_INK_AXIS, text);
	}
	fprintf(out,
		"<g transform=\"translate(%.1f,14)\" text-anchor=\"middle\" class=\"i%d\">"
		"<text>%s</text></g></svg>\n",
		fmin(equal, FOREST_WIDTH - 22), PLOT_INK_LIMIT,
		tick_text(forest, 1, text, sizeof(text)));
}

/* An end of the interval: a stroke across it, or an arrow where it goes on. */
static void draw_end(FILE *out, double x, double direction)
{
	double middle = FOREST_ROW / 2.0;

	if (x >= 0 && x <= FOREST_WIDTH) {
		draw_line(out, PLOT_INK_CURVE, x, middle - 4, middle + 4);
		return;
	}
	x = clip(x);
	fprintf(out, "<path class=\"i%d\" d=\"M%.1f,%.1fL%.1f,%.1fL%.1f,%.1f\"/>", PLOT_INK_CURVE,
		x - 5 * direction, middle - 4, x, middle, x - 5 * direction, middle + 4);
}

/* Upright lines go on beyond the drawing, up to where the page cuts the cell off: so they are
 * unbroken from row to row. */
void forest_row(const struct forest *forest, const struct interval *reading, FILE *out)
{
	double ticks[TICKS], middle = FOREST_ROW / 2.0;
	size_t count = ticks_of(forest, ticks);
	double low = isfinite(reading->low) ? place(forest, reading->low) : -1;
	double high = isfinite(reading->high) ? place(forest, reading->high) : FOREST_WIDTH + 1;
	double x = place(forest, reading->value);
	bool told_apart = interval_side(reading, 1, INFINITY) != INTERVAL_ACROSS;

	html(out, "<svg class=\"plot\" viewBox=\"0 0 %d %d\" aria-hidden=\"true\">", FOREST_WIDTH,
		FOREST_ROW);
	for (size_t i = 0; i < count; i++)
		draw_line(out, PLOT_INK_GRID, clip(place(forest, ticks[i])), -BEYOND,
			FOREST_ROW + BEYOND);
	draw_line(out, PLOT_INK_LIMIT, place(forest, 1), -BEYOND, FOREST_ROW + BEYOND);
	if (!isfinite(reading->value)) {
		fputs("</svg>", out);
		return;
	}
	fprintf(out, "<path class=\"i%d\" d=\"M%.1f,%.1fH%.1f\"/>", PLOT_INK_CURVE, clip(low),
		middle, clip(high));
	draw_end(out, low, -1);
	draw_end(out, high, 1);
	fprintf(out,
		"<g transform=\"translate(%.1f,%.1f)\"><circle r=\"4.5\" class=\"i%d\"/>"
		"</g></svg>",
		clip(x), middle, told_apart ? PLOT_INK_MARK : PLOT_INK_HOLLOW);
}
