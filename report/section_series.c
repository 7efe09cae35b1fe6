#include "section.h"

#include "axis.h"
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

/* The column of each curve of a course (figure.h). */
static const size_t columns[FIGURE_COURSE] = {P50, P99, MAX};

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
	struct plot_point *at[FIGURE_COURSE]; /* parts of one allocation, which at[0] starts */
	double interval_s;
	double slowest_s, slowest_at_s;
};

/* Ends a stretch of intervals: the last one is as long as the others, and a lone one is seen. */
static void end_stretch(struct timeline *timeline)
{
	if (!timeline->points)
		return;
	for (size_t c = 0; c < FIGURE_COURSE; c++) {
		struct plot_point *last = &timeline->at[c][timeline->points];

		last[0] = (struct plot_point){last[-1].x + timeline->interval_s, last[-1].y_s};
		last[1] = (struct plot_point){last[0].x, NAN};
	}
	timeline->points += 2;
}

static void add_row(struct timeline *timeline, const json_t *row, double time)
{
	for (size_t c = 0; c < FIGURE_COURSE; c++)
		timeline->at[c][timeline->points] =
			(struct plot_point){time, cell(row, columns[c])};
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
	struct plot_point *points = calloc(FIGURE_COURSE * (3 * count + 1), sizeof(*points));
	if (!points)
		return false;
	for (size_t c = 0; c < FIGURE_COURSE; c++)
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
		axis_duration(timeline->interval_s, interval, sizeof(interval)),
		units_format(timeline->slowest_s, "s", slowest, sizeof(slowest)),
		axis_duration(timeline->slowest_at_s, at, sizeof(at)));
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
	const json_t *rows = json_object_get(series, "rows"), **sorted;
	size_t count = json_array_size(rows);
	char text[40];

	sorted = calloc(count + 1, sizeof(json_t *));
	if (!sorted)
		return;
	for (size_t i = 0; i < count; i++)
		sorted[i] = json_array_get(rows, i);
	qsort(sorted, count, sizeof(json_t *), compare_slowest);
	figure_table_open(page, "The slowest intervals");
	for (size_t i = 0; i < count && i < SLOWEST; i++) {
		const json_t *row = sorted[i];

		axis_duration(cell(row, TIME), text, sizeof(text));
		figure_table_row(page, &(struct figure_row){text, cell(row, COUNT), cell(row, P50),
					       cell(row, P99), cell(row, MAX)});
	}
	figure_table_close(page);
	free(sorted);
}

static void write_timeline(
	struct page *page, const json_t *series, const struct family *family, const char *labels)
{
	struct plot plot = {.axis = PLOT_TIME, .curves = FIGURE_COURSE};
	struct timeline timeline;
	char caption[512];

	if (!load_timeline(series, &timeline))
		return;
	describe_timeline(&timeline, labels, caption, sizeof(caption));
	for (size_t c = 0; c < FIGURE_COURSE; c++)
		plot.curve[FIGURE_COURSE - 1 - c] =
			(struct plot_curve){timeline.at[c], timeline.points, figure_course[c].ink};
	family_add_limits(family, series, &plot);
	figure_open(page, &plot, NULL, caption);
	figure_course_legend(page);
	figure_caption(page, caption);
	write_slowest(page, series);
	html(page->out, "</figure>\n");
	free(timeline.at[0]);
}

static void write_series(struct page *page, const json_t *series, const struct family *family)
{
	char labels[256];

	field_labels(json_object_get(series, "labels"), family->common, labels, sizeof(labels));
	write_timeline(page, series, family, labels);
	section_heat(page, series, family, labels);
	section_hours(page, series, family, labels);
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
			write_series(page, series, family);
	}
	if (found > SERIES_DRAWN)
		html(page->out,
			"<p class=\"undrawn\">%d of %zu courses over time are drawn; the result "
			"document has all.</p>\n",
			SERIES_DRAWN, found);
}
