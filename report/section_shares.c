#include "section.h"

#include "field.h"
#include "forest.h"
#include "grid.h"
#include "html.h"
#include "units.h"

#include <math.h>
#include <string.h>

/* With more panels than this, all but the first wait behind a click. */
#define PANELS_SHOWN 3

/* The confidence that readings are meant to have. */
#define CONFIDENCE 0.95

static struct interval interval_of(const json_t *metric)
{
	const json_t *summary = json_object_get(metric, "summary");
	struct interval interval = {.n = field_count(summary, "n"),
		.value = NAN,
		.low = -INFINITY,
		.high = INFINITY,
		.confidence = NAN};

	field_number(summary, "value", &interval.value);
	field_number(summary, "low", &interval.low);
	field_number(summary, "high", &interval.high);
	field_number(summary, "confidence", &interval.confidence);
	return interval;
}

static void write_numbers(struct page *page, const json_t *summary, const struct interval *reading,
	const char *relative_to)
{
	char value[64], interval[128];

	if (isfinite(reading->value))
		html(page->out, "<b>%s</b>",
			units_format(reading->value, "ratio", value, sizeof(value)));
	else
		html(page->out, "<b>unknown</b>");
	if (isfinite(reading->low) || isfinite(reading->high))
		html(page->out, "<small>(%s)</small>",
			field_interval(summary, "ratio", interval, sizeof(interval)));
	else
		html(page->out, "<small>no interval</small>");
	if (isfinite(reading->value) && interval_side(reading, 1, INFINITY) == INTERVAL_ACROSS)
		html(page->out, "<small>may equal %s</small>", relative_to);
}

static void write_panel(
	struct page *page, const struct grid *grid, const struct forest *forest, size_t panel)
{
	const char *relative_to = field_text(grid->metric[0], "relative_to", "the reference");
	char text[256];

	html(page->out, "<table class=\"forest\">\n");
	grid_panel(grid, panel, text, sizeof(text));
	if (*text)
		html(page->out, "<caption>%s</caption>\n", text);
	html(page->out, "<thead><tr><th scope=\"col\">%s</th><td>",
		grid->across ? grid->across : "reading");
	forest_axis(forest, page->out);
	html(page->out, "</td><th scope=\"col\">share of %s</th></tr></thead>\n<tbody>\n",
		relative_to);
	for (size_t i = 0; i < grid->count; i++) {
		struct interval reading = interval_of(grid->metric[i]);

		if (grid->panel[i] != panel)
			continue;
		html(page->out, "<tr><th scope=\"row\">%s</th><td>",
			grid_line(grid, grid->metric[i]));
		forest_row(forest, &reading, page->out);
		html(page->out, "</td><td>");
		write_numbers(
			page, json_object_get(grid->metric[i], "summary"), &reading, relative_to);
		html(page->out, "</td></tr>\n");
	}
	html(page->out, "</tbody></table>\n");
}

/* What a reader must know of the intervals, when they are not all that they are meant to be. */
static void write_confidence(struct page *page, const struct grid *grid)
{
	double least = 1;
	size_t fewest = 0, open = 0;
	char text[32];

	for (size_t i = 0; i < grid->count; i++) {
		struct interval reading = interval_of(grid->metric[i]);

		open += !isfinite(reading.low) || !isfinite(reading.high);
		if (reading.confidence < least) {
			least = reading.confidence;
			fewest = reading.n;
		}
	}
	if (least < CONFIDENCE && least > 0)
		html(page->out,
			" With only %zu repetitions an interval covers less than 95 %%, down to "
			"%s here.",
			fewest, units_format(least, "ratio", text, sizeof(text)));
	if (open)
		html(page->out, " An arrow: the evidence leaves that side open.");
}

static void write_grid(struct page *page, const struct grid *grid)
{
	const json_t *first = grid->metric[0];
	bool lower = strcmp(field_text(first, "better", "lower"), "lower") == 0;
	size_t shown = grid->panels > PANELS_SHOWN ? 1 : grid->panels;
	struct forest forest = forest_new();
	char labels[256];

	for (size_t i = 0; i < grid->count; i++) {
		struct interval reading = interval_of(grid->metric[i]);

		forest_widen(&forest, &reading);
	}
	field_labels(grid->common, NULL, labels, sizeof(labels));
	html(page->out, "<div class=\"share\">\n<h4>%s",
		field_text(first, "title", "unnamed reading"));
	if (*labels)
		html(page->out, " <span class=\"labels\">%s</span>", labels);
	html(page->out, "</h4>\n<p class=\"lead\"><strong>%s is better.</strong>%s",
		lower ? "Less" : "More", forest.logarithmic ? " The scale is logarithmic." : "");
	write_confidence(page, grid);
	html(page->out, "</p>\n");
	for (size_t panel = 0; panel < shown; panel++)
		write_panel(page, grid, &forest, panel);
	if (shown < grid->panels) {
		html(page->out,
			"<details><summary>%zu more settings</summary>\n"
			"<div class=\"panels\">\n",
			grid->panels - shown);
		for (size_t panel = shown; panel < grid->panels; panel++)
			write_panel(page, grid, &forest, panel);
		html(page->out, "</div>\n</details>\n");
	}
	html(page->out, "</div>\n");
}

static void open_section(struct page *page, const char *relative_to)
{
	html(page->out,
		"<section class=\"shares\">\n<h3>Compared with %s</h3>\n<p class=\"lead\">Each disc is a "
		"share of what %s reads, each bar its 95 %% interval; 100 %% is equal. A hollow disc may "
		"be equal, too.</p>\n<div class=\"panels\">\n",
		relative_to, relative_to);
}

static void close_section(struct page *page, const json_t *result)
{
	html(page->out, "</div>\n<details><summary>Each repetition</summary>\n");
	section_readings_of(page, result, GRID_SHARES, NULL);
	html(page->out, "</details>\n</section>\n");
}

void section_shares(struct page *page, const json_t *result)
{
	const json_t *metrics = json_object_get(result, "metrics");
	const char *open = NULL;

	for (size_t i = 0; i < json_array_size(metrics) && i < GRID_METRICS; i++) {
		const char *relative_to = field_text(json_array_get(metrics, i), "relative_to", "");
		struct grid *grid = grid_new(result, i, GRID_SHARES);

		if (!grid)
			continue;
		if (!open || strcmp(open, relative_to) != 0) {
			if (open)
				html(page->out, "</div>\n</section>\n");
			open_section(page, relative_to);
			open = relative_to;
		}
		write_grid(page, grid);
		grid_free(grid);
	}
	if (open)
		close_section(page, result);
}
