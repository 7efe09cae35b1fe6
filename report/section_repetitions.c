#include "section.h"

#include "axis.h"
#include "field.h"
#include "figure.h"
#include "html.h"
#include "sweep.h"
#include "units.h"

#include <math.h>
#include <stdlib.h>

/* Below that a table tells as much: the interval is then the smallest and largest value anyway. */
#define REPETITIONS_MIN 6
#define FIGURES_OF_ONE  6

/* What the readings' table shows; quantiles have curves of their own. */
static bool wants_plot(const json_t *metric)
{
	return grid_kind(metric) == GRID_NONE && !field_text(metric, "distribution", NULL) &&
	       json_array_size(json_object_get(metric, "values")) >= REPETITIONS_MIN;
}

/* Each repetition at its place, all with the interval of the whole as their band. */
static size_t load(const json_t *metric, struct sweep_point *at)
{
	const json_t *summary = json_object_get(metric, "summary");
	struct sweep_point point = {.low = NAN, .high = NAN};
	size_t i, count = 0;
	json_t *value;

	field_number(summary, "low", &point.low);
	field_number(summary, "high", &point.high);
	json_array_foreach(json_object_get(metric, "values"), i, value) {
		if (!json_is_number(value))
			continue;
		point.x = (double)(i + 1);
		point.y = json_number_value(value);
		at[count++] = point;
	}
	return count;
}

static void describe(const struct sweep *sweep, char *text, size_t size)
{
	const struct sweep_line *line = &sweep->line[0];
	double least = INFINITY, most = -INFINITY;
	char low[64], high[64];

	for (size_t i = 0; i < line->points; i++) {
		least = fmin(least, line->at[i].y);
		most = fmax(most, line->at[i].y);
	}
	snprintf(text, size,
		"%zu repetitions in the order of time, from %s to %s; the band is the interval of the "
		"reading.",
		line->points, units_format(least, sweep->unit, low, sizeof(low)),
		units_format(most, sweep->unit, high, sizeof(high)));
}

static void write_plot(struct page *page, const json_t *metric)
{
	const char *unit = field_text(metric, "unit", "1");
	struct sweep sweep = {.unit = unit, .lines = 1, .trend = true};
	char labels[256], caption[256], words[160];
	struct sweep_range y;

	sweep.line[0].at = calloc(
		json_array_size(json_object_get(metric, "values")), sizeof(*sweep.line[0].at));
	if (!sweep.line[0].at)
		return;
	sweep.line[0].points = load(metric, sweep.line[0].at);
	y = sweep_y(&sweep);
	if (sweep.line[0].points >= REPETITIONS_MIN && y.high > y.low) {
		field_labels(json_object_get(metric, "labels"), NULL, labels, sizeof(labels));
		describe(&sweep, caption, sizeof(caption));
		html(page->out,
			"<div class=\"sweep\">\n<h4>%s <span class=\"labels\">%s</span></h4>\n",
			field_text(metric, "title", "unnamed reading"), labels);
		if (*axis_words(unit, words, sizeof(words)))
			html(page->out, "<p class=\"lead\">%s</p>\n", words);
		figure_open_script(page, sweep_script(&sweep, &y), NULL, caption);
		html(page->out, "<p class=\"across\">repetition</p>\n");
		figure_caption(page, caption);
		html(page->out, "</figure></div>\n");
	}
	free(sweep.line[0].at);
}

void section_repetitions(struct page *page, const json_t *result)
{
	size_t i, count = 0;
	json_t *metric;

	json_array_foreach(json_object_get(result, "metrics"), i, metric) {
		if (!wants_plot(metric) || count == FIGURES_OF_ONE)
			continue;
		if (count++ == 0)
			html(page->out, "<h3>Each repetition</h3>\n<div class=\"panels\">\n");
		write_plot(page, metric);
	}
	if (count)
		html(page->out, "</div>\n");
}
