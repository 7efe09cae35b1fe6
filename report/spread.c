#include "spread.h"

#include "axis.h"
#include "forest.h"
#include "html.h"
#include "plot.h"

#include <math.h>

#define EDGE   8 /* room at both ends for a disc and half a word */
#define TICKS  4
#define BEYOND (6 * FOREST_ROW) /* upright lines go on, as in forest */
#define HEIGHT 12               /* of a box */

struct spread spread_of(const json_t *value)
{
	const json_t *list = json_object_get(value, "quartiles"), *number;
	struct spread spread = {.box = json_is_array(list)}, none = {.count = 0};
	double before = -INFINITY;
	size_t i;

	if (!spread.box)
		list = json_object_get(value, "repetitions");
	if (json_array_size(list) > SPREAD_VALUES ||
		(spread.box && json_array_size(list) != SPREAD_VALUES))
		return none;
	json_array_foreach(list, i, number) {
		double own = json_is_number(number) ? json_number_value(number) : NAN;

		if (!isfinite(own) || own < before)
			return none;
		spread.value[spread.count++] = before = own;
	}
	return spread;
}

struct spread_axis spread_axis_new(const char *unit)
{
	return (struct spread_axis){.low = INFINITY, .high = -INFINITY, .unit = unit};
}

void spread_widen(struct spread_axis *axis, const struct spread *spread)
{
	if (!spread->count)
		return;
	axis->low = fmin(axis->low, spread->value[0]);
	axis->high = fmax(axis->high, spread->value[spread->count - 1]);
}

void spread_limit(struct spread_axis *axis, double limit)
{
	if (isfinite(limit) && axis->limits < SPREAD_LIMITS)
		axis->limit[axis->limits++] = limit;
}

/* What is further away would press the values together. */
static void widen_to_limits(struct spread_axis *axis)
{
	const double low = axis->low, high = axis->high;
	const bool zero = low == 0 && high == 0;

	for (size_t i = 0; i < axis->limits; i++) {
		double limit = axis->limit[i];

		if (!zero && (limit > high * SPREAD_RANGE || limit < low / SPREAD_RANGE))
			continue;
		axis->low = fmin(axis->low, limit);
		axis->high = fmax(axis->high, limit);
	}
}

/* What hardly differs is not magnified: noise would look like news. */
bool spread_settle(struct spread_axis *axis)
{
	if (!(axis->low <= axis->high))
		return false;
	widen_to_limits(axis);
	double low = axis->low, high = axis->high;
	axis->logarithmic = low > 0 && high > SPREAD_RANGE * low;
	if (axis->logarithmic)
		return true;
	double margin = fmax((high - low) * 0.04, fmax(fabs(low), fabs(high)) * 0.02) +
			(high == 0 && low == 0 ? 1 : 0);
	axis->low = low >= 0 && low < 0.3 * high ? 0 : low - margin;
	axis->high = high + margin;
	return isfinite(axis->high - axis->low);
}

static double place(const struct spread_axis *axis, double value)
{
	double part = axis->logarithmic
			      ? (log(value) - log(axis->low)) / (log(axis->high) - log(axis->low))
			      : (value - axis->low) / (axis->high - axis->low);

	return EDGE + part * (FOREST_WIDTH - 2 * EDGE);
}

static size_t ticks_of(const struct spread_axis *axis, double *base, double ticks[TICKS])
{
	*base = axis_base(axis->high, axis->unit);
	return axis_steps(axis->low / *base, axis->high / *base, axis->logarithmic, ticks, TICKS);
}

static void draw_upright(FILE *out, int ink, double x, double from, double to)
{
	fprintf(out, "<path class=\"i%d\" d=\"M%.1f,%.1fV%.1f\"/>", ink, x, from, to);
}

void spread_ticks(const struct spread_axis *axis, FILE *out)
{
	double ticks[TICKS], base;
	size_t count = ticks_of(axis, &base, ticks);
	char text[40];

	html(out, "<svg class=\"plot ticks\" viewBox=\"0 0 %d %d\" aria-hidden=\"true\">",
		FOREST_WIDTH, FOREST_AXIS);
	for (size_t i = 0; i < count; i++) {
		double x = place(axis, ticks[i] * base);
		const char *anchor = x < 30 ? "start" : x > FOREST_WIDTH - 30 ? "end" : "middle";

		fprintf(out,
			"<g transform=\"translate(%.1f,14)\" text-anchor=\"%s\" class=\"i%d\">"
			"<text>%s</text></g>",
			x < 30                  ? fmax(x - EDGE, 0)
			: x > FOREST_WIDTH - 30 ? fmin(x + EDGE, FOREST_WIDTH)
						: x,
			anchor, PLOT_INK_AXIS,
			axis_value(ticks[i], base, axis->unit, text, sizeof(text)));
	}
	fputs("</svg>\n", out);
}

static void draw_box(const struct spread_axis *axis, const struct spread *spread, FILE *out)
{
	double x[SPREAD_VALUES], middle = FOREST_ROW / 2.0, top = (FOREST_ROW - HEIGHT) / 2.0;

	for (size_t i = 0; i < SPREAD_VALUES; i++)
		x[i] = place(axis, spread->value[i]);
	fprintf(out, "<path class=\"i%d\" d=\"M%.1f,%.1fH%.1fV%.1fH%.1fZ\"/>", PLOT_INK_BOX, x[1],
		top, x[3], top + HEIGHT, x[1]);
	fprintf(out, "<path class=\"i%d\" d=\"M%.1f,%.1fH%.1fM%.1f,%.1fH%.1f\"/>", PLOT_INK_MARK,
		x[0], middle, x[1], x[3], middle, x[4]);
	draw_upright(out, PLOT_INK_MARK, x[2], top, top + HEIGHT);
}

void spread_row(const struct spread_axis *axis, const struct spread *spread, FILE *out)
{
	double ticks[TICKS], base;
	size_t count = ticks_of(axis, &base, ticks);

	html(out, "<svg class=\"plot\" viewBox=\"0 0 %d %d\" aria-hidden=\"true\">", FOREST_WIDTH,
		FOREST_ROW);
	for (size_t i = 0; i < count; i++)
		draw_upright(out, PLOT_INK_GRID, place(axis, ticks[i] * base), -BEYOND,
			FOREST_ROW + BEYOND);
	for (size_t i = 0; i < axis->limits; i++)
		if (axis->limit[i] >= axis->low && axis->limit[i] <= axis->high)
			draw_upright(out, PLOT_INK_LIMIT, place(axis, axis->limit[i]), -BEYOND,
				FOREST_ROW + BEYOND);
	if (spread->box && spread->count)
		draw_box(axis, spread, out);
	for (size_t i = 0; !spread->box && i < spread->count; i++)
		fprintf(out,
			"<g transform=\"translate(%.1f,%.1f)\"><circle r=\"4\" class=\"i%d\"/></g>",
			place(axis, spread->value[i]), FOREST_ROW / 2.0, PLOT_INK_BOX);
	fputs("</svg>", out);
}
