#include "section.h"

#include "axis.h"
#include "field.h"
#include "figure.h"
#include "html.h"
#include "sweep.h"
#include "units.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* The usual case stands in sight; the other settings wait behind a click. */
#define PANELS_SHOWN 1

/* The marks of one label; they keep their letters in all its figures. */
struct marks {
	const json_t *mark[SWEEP_MARKS]; /* borrowed */
	double at[SWEEP_MARKS];
	size_t count;
};

/* One grid on its way to its figures. */
struct course {
	const json_t *result;
	const struct grid *grid;
	const struct marks *marks;
	const char *name[PLOT_CURVES]; /* of each line, borrowed; alike in all figures */
	size_t lines, left_out;        /* left_out: readings of lines that there is no room for */
	struct sweep_point *points;    /* room for all of the grid */
	struct sweep sweep;            /* of the panel under way */
};

static size_t find_line(struct course *course, const json_t *metric)
{
	const char *name = grid_line(course->grid, metric);
	size_t l = 0;

	while (l < course->lines && strcmp(course->name[l], name) != 0)
		l++;
	return l;
}

static void name_line(struct course *course, const json_t *metric)
{
	size_t l = find_line(course, metric);

	if (l == PLOT_CURVES)
		course->left_out++;
	else if (l == course->lines)
		course->name[course->lines++] = grid_line(course->grid, metric);
}

/* Names the lines that any figure of the result has, so that each keeps its colour in all of them;
 * false when there are too many. */
static bool name_all_lines(struct course *course)
{
	const json_t *metrics = json_object_get(course->result, "metrics");
	const struct grid *grid = course->grid;

	for (size_t i = 0; grid->across && i < json_array_size(metrics) && i < GRID_METRICS; i++) {
		const json_t *metric = json_array_get(metrics, i);

		if (grid_kind(metric) == GRID_SWEEP &&
			strcmp(field_text(metric, "against", ""), grid->against) == 0 &&
			json_object_get(json_object_get(metric, "labels"), grid->across))
			name_line(course, metric);
	}
	return course->left_out == 0;
}

static void name_lines(struct course *course)
{
	if (!name_all_lines(course))
		course->lines = course->left_out = 0;
	for (size_t i = 0; i < course->grid->count; i++)
		name_line(course, course->grid->metric[i]);
}

static bool read_point(const struct course *course, const json_t *metric, struct sweep_point *point)
{
	const json_t *summary = json_object_get(metric, "summary");

	*point = (struct sweep_point){.low = NAN, .high = NAN};
	field_number(summary, "low", &point->low);
	field_number(summary, "high", &point->high);
	return grid_number(metric, course->grid->against, &point->x) &&
	       field_number(summary, "value", &point->y);
}

static int by_x(const void *a, const void *b)
{
	const struct sweep_point *left = a, *right = b;

	return (left->x > right->x) - (left->x < right->x);
}

/* A mark belongs to a panel when some reading in it has the mark's labels. */
static bool is_marked(const struct course *course, size_t panel, const json_t *mark)
{
	const struct grid *grid = course->grid;

	for (size_t i = 0; i < grid->count; i++)
		if (grid->panel[i] == panel && field_labels_match(json_object_get(mark, "labels"),
						       json_object_get(grid->metric[i], "labels")))
			return true;
	return false;
}

static void gather_panel(struct course *course, size_t panel)
{
	const struct grid *grid = course->grid;
	struct sweep_point *at = course->points;

	course->sweep = (struct sweep){
		.unit = field_text(grid->metric[0], "unit", "1"),
		.lines = course->lines,
		.equal = field_text(grid->metric[0], "relative_to", NULL),
	};
	for (size_t l = 0; l < course->lines; l++) {
		struct sweep_line *line = &course->sweep.line[l];

		line->at = at;
		for (size_t i = 0; i < grid->count; i++)
			if (grid->panel[i] == panel && find_line(course, grid->metric[i]) == l &&
				read_point(course, grid->metric[i], &line->at[line->points]))
				line->points++;
		qsort(line->at, line->points, sizeof(*line->at), by_x);
		at += line->points;
	}
	for (size_t i = 0; i < course->marks->count; i++) {
		course->sweep.mark[i] = course->marks->at[i];
		if (is_marked(course, panel, course->marks->mark[i]))
			course->sweep.marked |= 1U << i;
	}
}

static void describe_point(
	FILE *out, const char *before, const struct sweep *sweep, const struct sweep_point *point)
{
	char value[64], place[64];

	fprintf(out, "%s %s at %s", before,
		units_format(point->y, sweep->unit, value, sizeof(value)),
		units_format(point->x, "1", place, sizeof(place)));
}

/* Where a line begins, where it is highest in between, and where it ends. */
static void describe_line(FILE *out, const struct sweep *sweep, const struct sweep_line *line)
{
	const struct sweep_point *first = line->at, *last = first + line->points - 1, *peak = first;

	for (const struct sweep_point *at = first; at <= last; at++)
		peak = at->y > peak->y ? at : peak;
	describe_point(out, "", sweep, first);
	if (peak != first && peak != last)
		describe_point(out, ", up to", sweep, peak);
	if (last != first)
		describe_point(out, ",", sweep, last);
	fputs(".", out);
}

/* The figure in words. For the caller to free; NULL when memory is short. */
static char *describe_panel(const struct course *course)
{
	const struct sweep *sweep = &course->sweep;
	char *text = NULL;
	const char *between = "";
	size_t size;
	FILE *out = open_memstream(&text, &size);

	if (!out)
		return NULL;
	for (size_t l = 0; l < sweep->lines; l++) {
		if (!sweep->line[l].points)
			continue;
		fprintf(out, "%s%s%s", between, course->grid->across ? course->name[l] : "",
			course->grid->across ? ":" : "");
		describe_line(out, sweep, &sweep->line[l]);
		between = " ";
	}
	fclose(out);
	return text;
}

static void write_legend(struct page *page, const struct course *course)
{
	if (!course->grid->across)
		return;
	html(page->out, "<p class=\"legend\">");
	for (size_t l = 0; l < course->lines; l++)
		if (course->sweep.line[l].points)
			figure_legend(page, PLOT_INK_CURVE + (enum plot_ink)l, course->name[l]);
	html(page->out, "</p>\n");
}

static void write_unbounded(struct page *page, const struct sweep *sweep)
{
	size_t unbounded = 0, all = 0;

	for (size_t l = 0; l < sweep->lines; l++)
		for (size_t i = 0; i < sweep->line[l].points; i++, all++) {
			const struct sweep_point *at = &sweep->line[l].at[i];

			unbounded += !isfinite(at->low) && !isfinite(at->high);
		}
	if (unbounded)
		html(page->out, " %zu of %zu readings %s no interval: too few repetitions.",
			unbounded, all, unbounded == 1 ? "has" : "have");
}

static void write_clipped(struct page *page, size_t clipped)
{
	if (clipped)
		html(page->out,
			" An arrow: not above zero, or too little for this scale; the table has the "
			"reading.");
}

static void write_heading(
	struct page *page, const struct course *course, size_t panel, const struct sweep_range *y)
{
	const json_t *first = course->grid->metric[0];
	bool lower = strcmp(field_text(first, "better", "lower"), "lower") == 0;
	const char *relative_to = field_text(first, "relative_to", NULL);
	char common[256], own[256], words[160];

	field_labels(course->grid->common, NULL, common, sizeof(common));
	grid_panel(course->grid, panel, own, sizeof(own));
	html(page->out, "<h4>%s", field_text(first, "title", "unnamed reading"));
	if (*common || *own)
		html(page->out, " <span class=\"labels\">%s%s%s</span>", own,
			*own && *common ? ", " : "", common);
	html(page->out, "</h4>\n<p class=\"lead\"><strong>%s is better.</strong>",
		lower ? "Less" : "More");
	if (relative_to)
		html(page->out, " 100 %% is what %s reads.", relative_to);
	else
		html(page->out, "%s", axis_words(course->sweep.unit, words, sizeof(words)));
	write_unbounded(page, &course->sweep);
	write_clipped(page, sweep_clipped(&course->sweep, y));
	if (course->left_out)
		html(page->out,
			" %d lines are drawn; %zu readings of others are in the table only.",
			PLOT_CURVES, course->left_out);
	html(page->out, "</p>\n");
}

/* The panel that was gathered last. */
static void write_panel(
	struct page *page, const struct course *course, size_t panel, const struct sweep_range *y)
{
	char *caption = describe_panel(course);

	if (!caption)
		return;
	html(page->out, "<div class=\"sweep\">\n");
	write_heading(page, course, panel, y);
	figure_open_script(page, sweep_script(&course->sweep, y), NULL, caption);
	html(page->out, "<p class=\"across\">%s%s</p>\n", course->grid->against,
		sweep_x(&course->sweep).logarithmic ? " (logarithmic)" : "");
	write_legend(page, course);
	figure_caption(page, caption);
	html(page->out, "</figure>\n</div>\n");
	free(caption);
}

/* One place is no course. */
static bool has_course(const struct sweep *sweep)
{
	struct sweep_range x = sweep_x(sweep);

	return x.high > x.low;
}

/* The axis that all panels share, so that heights can be compared. */
static struct sweep_range shared_y(struct course *course)
{
	struct sweep_range all = {.low = INFINITY, .high = -INFINITY, .least = INFINITY};

	for (size_t panel = 0; panel < course->grid->panels; panel++) {
		gather_panel(course, panel);
		struct sweep_range own = sweep_y(&course->sweep);
		all = sweep_shared(&all, &own, course->sweep.unit);
	}
	return all;
}

static void write_grid(
	struct page *page, const json_t *result, const struct grid *grid, const struct marks *marks)
{
	struct course course = {.result = result, .grid = grid, .marks = marks};

	course.points = calloc(grid->count, sizeof(*course.points));
	if (!course.points)
		return;
	name_lines(&course);
	struct sweep_range y = shared_y(&course);
	html(page->out, "<div class=\"course\">\n");
	for (size_t panel = 0, shown = 0; panel < grid->panels; panel++) {
		gather_panel(&course, panel);
		if (!has_course(&course.sweep))
			continue;
		if (shown++ == PANELS_SHOWN) {
			html(page->out, "<details><summary>The same in other settings</summary>\n"
					"<div class=\"panels\">\n");
			page->behind = true;
		}
		write_panel(page, &course, panel, &y);
	}
	html(page->out, page->behind ? "</div>\n</details>\n</div>\n" : "</div>\n");
	page->behind = false;
	free(course.points);
}

static struct marks find_marks(const json_t *result, const char *against)
{
	struct marks marks = {.count = 0};
	size_t i;
	json_t *mark;

	json_array_foreach(json_object_get(result, "marks"), i, mark) {
		if (marks.count == SWEEP_MARKS)
			break;
		if (strcmp(field_text(mark, "against", ""), against) == 0 &&
			field_number(mark, "at", &marks.at[marks.count]))
			marks.mark[marks.count++] = mark;
	}
	return marks;
}

static void write_marks(struct page *page, const struct marks *marks, const char *against)
{
	char at[64], labels[256], letter[2] = "A";

	if (!marks->count)
		return;
	html(page->out, "<ul class=\"marks\">\n");
	for (size_t i = 0; i < marks->count; i++, letter[0]++) {
		field_labels(
			json_object_get(marks->mark[i], "labels"), NULL, labels, sizeof(labels));
		html(page->out, "<li><b>%s</b> %s %s: %s", letter, against,
			units_format(marks->at[i], "1", at, sizeof(at)),
			field_text(marks->mark[i], "text", ""));
		if (*labels)
			html(page->out, " <span class=\"labels\">%s</span>", labels);
		html(page->out, "</li>\n");
	}
	html(page->out, "</ul>\n");
}

/* All that is a function of one label, from the first such metric on. */
static void write_label(struct page *page, const json_t *result, size_t first, const char *against)
{
	const json_t *metrics = json_object_get(result, "metrics");
	struct marks marks = find_marks(result, against);

	html(page->out,
		"<section class=\"sweeps\">\n<h3>By %s</h3>\n<p class=\"lead\">A band is as wide as "
		"the interval of each reading; an upright line is an open side of it.</p>\n",
		against);
	write_marks(page, &marks, against);
	html(page->out, "<div class=\"panels\">\n");
	for (size_t i = first; i < json_array_size(metrics) && i < GRID_METRICS; i++) {
		struct grid *grid = NULL;

		if (strcmp(field_text(json_array_get(metrics, i), "against", ""), against) == 0)
			grid = grid_new(result, i, GRID_SWEEP);
		if (grid)
			write_grid(page, result, grid, &marks);
		grid_free(grid);
	}
	html(page->out, "</div>\n<details><summary>Each reading</summary>\n");
	section_readings_of(page, result, GRID_SWEEP, against);
	html(page->out, "</details>\n</section>\n");
}

void section_sweeps(struct page *page, const json_t *result)
{
	const json_t *metrics = json_object_get(result, "metrics");
	json_t *seen = json_object();

	for (size_t i = 0; i < json_array_size(metrics) && i < GRID_METRICS; i++) {
		const json_t *metric = json_array_get(metrics, i);
		const char *against = field_text(metric, "against", "");

		if (grid_kind(metric) != GRID_SWEEP || json_object_get(seen, against))
			continue;
		json_object_set_new(seen, against, json_true());
		write_label(page, result, i, against);
	}
	json_decref(seen);
}
