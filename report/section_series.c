#include "section.h"

#include "family.h"
#include "field.h"
#include "figure.h"
#include "html.h"
#include "units.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* The columns of a row (results/schema/result-1.json). */
enum { TIME, COUNT, P50, P99, MAX, FIELDS };

/* Drawn in this order, the median on top. */
static const struct {
	size_t column;
	enum plot_ink ink;
	const char *name;
} lines[] = {
	{MAX, PLOT_INK_LONGEST, "longest"},
	{P99, PLOT_INK_TAIL, "99th percentile"},
	{P50, PLOT_INK_MEDIAN, "median"},
};
#define LINES (sizeof(lines) / sizeof(lines[0]))

/* The slowest intervals are what a reader looks up; the document has all. */
#define SLOWEST 12

/* More time plots of one family than this are a wall; the document has all. */
#define SERIES_DRAWN 4

static double cell(const json_t *row, size_t column)
{
	const json_t *number = json_array_get(row, column);

	return json_is_number(number) ? json_number_value(number) : NAN;
}

/* A series as three curves; a hole in time breaks the line. */
struct timeline {
	size_t points;
	struct plot_point *at[LINES]; /* parts of one allocation, which at[0] starts */
	double interval_s;
	double slowest_s, slowest_at_s;
};

/* Ends a stretch of intervals: the last one is as long as the others, and a lone one is seen. */
static void end_stretch(struct timeline *timeline)
{
	if (!timeline->points)
		return;
	for (size_t c = 0; c < LINES; c++) {
		struct plot_point *last = &timeline->at[c][timeline->points];

		last[0] = (struct plot_point){last[-1].x + timeline->interval_s, last[-1].y_s};
		last[1] = (struct plot_point){last[0].x, NAN};
	}
	timeline->points += 2;
}

static void add_row(struct timeline *timeline, const json_t *row, double time)
{
	for (size_t c = 0; c < LINES; c++)
		timeline->at[c][timeline->points] =
			(struct plot_point){time, cell(row, lines[c].column)};
	timeline->points++;
	if (cell(row, MAX) > timeline->slowest_s) {
		timeline->slowest_s = cell(row, MAX);
		timeline->slowest_at_s = time;
	}
}

static bool load_timeline(const json_t *series, struct timeline *timeline)
{
	const json_t *rows = json_object_get(series, "rows");
	size_t count = json_array_size(rows), i;
	double before = NAN;
	json_t *row;

	*timeline = (struct timeline){0};
	struct plot_point *points = calloc(LINES * (3 * count + 1), sizeof(*points));
	if (!points)
		return false;
	for (size_t c = 0; c < LINES; c++)
		timeline->at[c] = points + 3 * count * c;
	if (!field_number(series, "interval_s", &timeline->interval_s))
		timeline->interval_s = 0;
	json_array_foreach(rows, i, row) {
		double time = cell(row, TIME);

		if (!isfinite(time))
			continue;
		if (timeline->interval_s > 0 && time - before > 1.5 * timeline->interval_s)
			end_stretch(timeline);
		add_row(timeline, row, time);
		before = time;
	}
	end_stretch(timeline);
	return true;
}

static const char *describe_timeline(
	const struct timeline *timeline, const char *labels, char *buffer, size_t size)
{
	char interval[32], slowest[32], at[32];

	snprintf(buffer, size,
		"%s%sEach point sums up %s. The longest, %s, came %s after the start.", labels,
		*labels ? ". " : "",
		units_format(timeline->interval_s, "s", interval, sizeof(interval)),
		units_format(timeline->slowest_s, "s", slowest, sizeof(slowest)),
		units_format(timeline->slowest_at_s, "s", at, sizeof(at)));
	return buffer;
}

static int compare_slowest(const void *left, const void *right)
{
	double a = cell(*(const json_t *const *)left, MAX),
	       b = cell(*(const json_t *const *)right, MAX);

	return (a < b) - (a > b);
}

static void write_slowest(struct page *page, const json_t *series)
{
	static const char *const names[] = {"time", "samples", "median", "99 %", "longest"};
	const json_t *rows = json_object_get(series, "rows"), **sorted;
	size_t count = json_array_size(rows);
	char text[40];

	sorted = calloc(count + 1, sizeof(json_t *));
	if (!sorted)
		return;
	for (size_t i = 0; i < count; i++)
		sorted[i] = json_array_get(rows, i);
	qsort(sorted, count, sizeof(json_t *), compare_slowest);
	html(page->out, "<details><summary>The slowest intervals</summary>\n<div class=\"scroll\">"
			"<table class=\"numbers\"><thead><tr>");
	for (size_t c = 0; c < FIELDS; c++)
		html(page->out, "<th scope=\"col\">%s</th>", names[c]);
	html(page->out, "</tr></thead><tbody>\n");
	for (size_t i = 0; i < count && i < SLOWEST; i++) {
		html(page->out, "<tr>");
		for (size_t c = 0; c < FIELDS; c++)
			html(page->out, "<td data-label=\"%s\">%s</td>", names[c],
				units_format(cell(sorted[i], c), c == COUNT ? "1" : "s", text,
					sizeof(text)));
		html(page->out, "</tr>\n");
	}
	html(page->out, "</tbody></table></div></details>\n");
	free(sorted);
}

/* The requirements on the latency that the series shows, as lines to compare with. */
static void add_limits(struct plot *plot, const struct family *family, const json_t *series)
{
	for (size_t i = 0; i < family->limits; i++)
		if (json_equal(json_object_get(family->limit[i].metric, "labels"),
			    json_object_get(series, "labels")))
			plot_add_limit(plot, family->limit[i].limit_s);
}

static void write_timeline(struct page *page, const json_t *series, const struct family *family)
{
	struct plot plot = {.axis = PLOT_TIME, .curves = LINES};
	struct timeline timeline;
	char labels[256], caption[512];

	if (!load_timeline(series, &timeline))
		return;
	field_labels(json_object_get(series, "labels"), family->common, labels, sizeof(labels));
	describe_timeline(&timeline, labels, caption, sizeof(caption));
	for (size_t c = 0; c < LINES; c++)
		plot.curve[c] = (struct plot_curve){timeline.at[c], timeline.points, lines[c].ink};
	add_limits(&plot, family, series);
	figure_open(page, &plot, NULL, caption);
	html(page->out, "<p class=\"legend\">");
	for (size_t c = LINES; c-- > 0;)
		figure_legend(page, lines[c].ink, lines[c].name);
	html(page->out, "</p>\n");
	figure_caption(page, caption);
	write_slowest(page, series);
	html(page->out, "</figure>\n");
	free(timeline.at[0]);
}

void section_series(struct page *page, const json_t *result, const struct family *family)
{
	size_t i, found = 0;
	json_t *series;

	json_array_foreach(json_object_get(result, "series"), i, series) {
		if (strcmp(field_text(series, "name", ""), family->name) != 0 ||
			!json_array_size(json_object_get(series, "rows")))
			continue;
		if (found++ < SERIES_DRAWN)
			write_timeline(page, series, family);
	}
	if (found > SERIES_DRAWN)
		html(page->out,
			"<p class=\"undrawn\">%d of %zu courses over time are drawn; the result "
			"document has all.</p>\n",
			SERIES_DRAWN, found);
}
