#include "section.h"

#include "axis.h"
#include "candidate.h"
#include "changes.h"
#include "field.h"
#include "figure.h"
#include "html.h"
#include "sweep.h"
#include "units.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* More discs than this on a drawing run into one another: then each stands for several runs. */
#define POINTS_MAX 240
#define ROWS_MAX   120

static void write_name(struct page *page, const json_t *series)
{
	char labels[256];
	const char *host = field_text(series, "host", NULL);

	field_labels(json_object_get(series, "labels"), NULL, labels, sizeof(labels));
	html(page->out, "%s", field_text(series, "title", field_text(series, "name", "unnamed")));
	if (*labels || host)
		html(page->out, " <span class=\"labels\">%s%s%s</span>", labels,
			*labels && host ? ", " : "", host);
}

const char *section_change_direction(const json_t *series, const json_t *change)
{
	bool lower = strcmp(field_text(series, "better", "lower"), "lower") == 0;
	const char *said = field_text(change, "direction", "");
	double before, after;

	if (strcmp(said, "better") == 0 || strcmp(said, "worse") == 0)
		return said;
	if (!field_number(change, "before", &before) || !field_number(change, "after", &after) ||
		before == after)
		return "different";
	return (after < before) == lower ? "better" : "worse";
}

static void write_value(struct page *page, const json_t *object, const char *key, const char *unit,
	const char *label)
{
	char text[64] = "unknown", value[32] = "";
	double number;

	if (field_number(object, key, &number)) {
		units_format(number, unit, text, sizeof(text));
		snprintf(value, sizeof(value), "%.9g", number);
	}
	html(page->out, "<td data-label=\"%s\" data-value=\"%s\">%s</td>", label, value, text);
}

static void write_ratio(struct page *page, const json_t *change)
{
	char text[64] = "unknown", value[32] = "", number[48];
	double ratio;

	if (field_number(change, "ratio", &ratio)) {
		snprintf(text, sizeof(text), "\u00d7%s",
			units_format_ratio(ratio, number, sizeof(number)));
		snprintf(value, sizeof(value), "%.9g", ratio);
	}
	html(page->out, "<td data-label=\"ratio\" data-value=\"%s\">%s</td>", value, text);
}

static void write_change(struct page *page, const json_t *series, const json_t *change)
{
	const char *unit = field_text(series, "unit", "1");
	char text[64];
	double p;

	html(page->out, "<tr><th scope=\"row\">");
	write_name(page, series);
	html(page->out, "</th><td data-label=\"finding\">");
	section_badge(page, section_change_direction(series, change));
	html(page->out, "</td><td data-label=\"since\" data-value=\"%zu\">%s<small>%s</small></td>",
		field_count(change, "index"), field_time(change, "started", text, sizeof(text)),
		field_text(change, "run", ""));
	write_value(page, change, "before", unit, "before");
	write_value(page, change, "after", unit, "after");
	write_ratio(page, change);
	snprintf(text, sizeof(text), "%.2g", field_number(change, "p", &p) ? p : NAN);
	html(page->out, "<td data-label=\"p\">%s</td></tr>\n", text);
}

static bool is_short(const json_t *series)
{
	return json_array_size(json_object_get(series, "points")) < CHANGES_LEAST &&
	       !json_array_size(json_object_get(series, "changes"));
}

size_t section_short_series(const json_t *history)
{
	size_t i, count = 0;
	json_t *series;

	json_array_foreach(json_object_get(history, "series"), i, series)
		count += is_short(series);
	return count;
}

void section_changes(struct page *page)
{
	size_t all = json_array_size(json_object_get(page->document, "series")), i, c, rows = 0;
	json_t *series, *change;

	html(page->out, "<section class=\"changes\">\n<h2>Changes</h2>\n");
	json_array_foreach(json_object_get(page->document, "series"), i, series)
		rows += json_array_size(json_object_get(series, "changes"));
	if (!rows) {
		html(page->out, "<p>%s</p></section>\n",
			section_short_series(page->document) == all
				? "There is no series in which a change could be seen yet."
				: "No series changed by more than its noise.");
		return;
	}
	html(page->out,
		"<p class=\"lead\">A change begins with the run that is named; before and after are "
		"medians up to the change next to it.</p>\n"
		"<div class=\"scroll\" tabindex=\"0\" role=\"group\" aria-label=\"Table\"><table class=\"numbers sortable changed\"><thead><tr>"
		"<th scope=\"col\">Series</th><th scope=\"col\">Change</th>"
		"<th scope=\"col\">Since</th><th scope=\"col\">Before</th><th scope=\"col\">After</th>"
		"<th scope=\"col\">Ratio</th><th scope=\"col\">p</th></tr></thead><tbody>\n");
	rows = 0;
	json_array_foreach(json_object_get(page->document, "series"), i, series)
		json_array_foreach(json_object_get(series, "changes"), c, change)
			if (rows++ < section_rows(page))
				write_change(page, series, change);
	html(page->out, "</tbody></table></div>\n");
	if (rows > section_rows(page))
		html(page->out, "<p class=\"lead\">%zu more are in the document.</p>\n",
			rows - section_rows(page));
	html(page->out, "</section>\n");
}

static int by_y(const void *a, const void *b)
{
	const struct sweep_point *left = a, *right = b;

	return (left->y > right->y) - (left->y < right->y);
}

/* Puts `count` neighbours together: their median, at their middle, and all that they span. */
static struct sweep_point merge(struct sweep_point *at, size_t count)
{
	struct sweep_point merged = {
		.x = (at[0].x + at[count - 1].x) / 2, .low = INFINITY, .high = -INFINITY};

	for (size_t i = 0; i < count; i++) {
		merged.low = fmin(merged.low, isfinite(at[i].low) ? at[i].low : at[i].y);
		merged.high = fmax(merged.high, isfinite(at[i].high) ? at[i].high : at[i].y);
	}
	qsort(at, count, sizeof(*at), by_y);
	merged.y = at[count / 2].y;
	return merged;
}

/* Reads the points of a series; returns how many runs each stands for, 0 when memory is short. */
static size_t load_points(const json_t *series, struct sweep_line *line)
{
	const json_t *points = json_object_get(series, "points");
	size_t count = json_array_size(points), i, merged = count / POINTS_MAX + 1, kept = 0;
	json_t *point;

	line->at = calloc(count + 1, sizeof(*line->at));
	line->points = 0;
	if (!line->at)
		return 0;
	json_array_foreach(points, i, point) {
		struct sweep_point *at = &line->at[line->points];

		*at = (struct sweep_point){.x = (double)(i + 1), .low = NAN, .high = NAN};
		field_number(point, "low", &at->low);
		field_number(point, "high", &at->high);
		line->points += field_number(point, "value", &at->y);
	}
	if (merged == 1)
		return 1;
	for (i = 0; i < line->points; i += merged) {
		size_t rest = line->points - i;

		line->at[kept++] = merge(line->at + i, rest < merged ? rest : merged);
	}
	line->points = kept;
	return merged;
}

static void add_marks(const json_t *series, struct sweep *sweep)
{
	const json_t *changes = json_object_get(series, "changes");
	size_t count = json_array_size(changes),
	       first = count > SWEEP_MARKS ? count - SWEEP_MARKS : 0;

	for (size_t i = first; i < count; i++) {
		sweep->mark[i - first] =
			(double)field_count(json_array_get(changes, i), "index") + 0.5;
		sweep->marked |= 1U << (i - first);
	}
}

/* In words what the drawing shows. */
static void describe(const json_t *series, char *text, size_t size)
{
	const json_t *points = json_object_get(series, "points");
	size_t changes = json_array_size(json_object_get(series, "changes"));
	size_t count = json_array_size(points);
	const char *unit = field_text(series, "unit", "1");
	char first[64], last[64], from[64], to[64];
	double begin = NAN, end = NAN;

	field_number(json_array_get(points, 0), "value", &begin);
	field_number(json_array_get(points, count ? count - 1 : 0), "value", &end);
	snprintf(text, size, "%zu runs, from %s (%s) to %s (%s)", count,
		units_format(begin, unit, first, sizeof(first)),
		field_time(json_array_get(points, 0), "started", from, sizeof(from)),
		units_format(end, unit, last, sizeof(last)),
		field_time(
			json_array_get(points, count ? count - 1 : 0), "started", to, sizeof(to)));
	size_t used = strlen(text);
	if (is_short(series))
		snprintf(text + used, size - used, "; too few to tell a change.");
	else if (!changes)
		snprintf(text + used, size - used, "; no change.");
	else
		snprintf(text + used, size - used, "; %zu %s.", changes,
			changes == 1 ? "change" : "changes");
}

static void write_marks(struct page *page, const json_t *series)
{
	const json_t *changes = json_object_get(series, "changes");
	size_t count = json_array_size(changes),
	       first = count > SWEEP_MARKS ? count - SWEEP_MARKS : 0;
	char date[64];

	if (!count)
		return;
	html(page->out, "<ul class=\"marks\">\n");
	for (size_t i = first; i < count; i++) {
		const json_t *change = json_array_get(changes, i);
		const char letter[2] = {(char)('A' + (i - first)), '\0'};

		html(page->out, "<li><b>%s</b> run %zu, %s, %s ", letter,
			field_count(change, "index") + 1,
			field_time(change, "started", date, sizeof(date)),
			field_text(change, "run", ""));
		section_badge(page, section_change_direction(series, change));
		html(page->out, "</li>\n");
	}
	html(page->out, "</ul>\n");
}

static void write_points(struct page *page, const json_t *series)
{
	const json_t *points = json_object_get(series, "points");
	const char *unit = field_text(series, "unit", "1");
	size_t count = json_array_size(points), first = count > ROWS_MAX ? count - ROWS_MAX : 0;
	char text[256];

	html(page->out,
		"<details><summary>%s</summary>\n<div class=\"scroll\" tabindex=\"0\" role=\"group\" aria-label=\"Table\"><table class=\"numbers\"><thead>"
		"<tr><th scope=\"col\">Run</th><th scope=\"col\">Reading</th>"
		"<th scope=\"col\">Repetitions</th></tr></thead><tbody>\n",
		first ? "The numbers of the latest runs" : "The numbers");
	for (size_t i = first; i < count; i++) {
		const json_t *point = json_array_get(points, i);
		char date[64];

		html(page->out,
			"<tr><th scope=\"row\">%s<small>%s</small></th><td data-label=\"reading\">%s</td>"
			"<td data-label=\"repetitions\">%zu</td></tr>\n",
			field_time(point, "started", date, sizeof(date)),
			field_text(point, "run", ""),
			candidate_reading(point, unit, text, sizeof(text)),
			field_count(point, "n"));
	}
	html(page->out, "</tbody></table></div></details>\n");
}

static void write_trend(struct page *page, const json_t *series)
{
	const char *unit = field_text(series, "unit", "1");
	struct sweep sweep = {.unit = unit, .lines = 1, .trend = true};
	size_t merged = load_points(series, &sweep.line[0]);
	struct sweep_range y;
	char caption[512], words[160];

	add_marks(series, &sweep);
	y = sweep_y(&sweep);
	describe(series, caption, sizeof(caption));
	html(page->out, "<div class=\"sweep\">\n<h3>");
	write_name(page, series);
	html(page->out, "</h3>\n<p class=\"lead\"><strong>%s is better.</strong>",
		strcmp(field_text(series, "better", "lower"), "lower") == 0 ? "Less" : "More");
	html(page->out, "%s", axis_words(unit, words, sizeof(words)));
	if (merged > 1)
		html(page->out,
			" Each disc is the median of %zu runs, its band all that they span.",
			merged);
	html(page->out, "</p>\n");
	figure_open_script(page, sweep_script(&sweep, &y), NULL, caption);
	html(page->out, "<p class=\"across\">run, in the order of time</p>\n");
	figure_caption(page, caption);
	write_marks(page, series);
	write_points(page, series);
	html(page->out, "</figure></div>\n");
	free(sweep.line[0].at);
}

/* Those with changes first: what a reader came for. */
void section_trends(struct page *page)
{
	const json_t *all = json_object_get(page->document, "series");
	size_t i, written = 0;
	json_t *series;

	if (!json_array_size(all))
		return;
	html(page->out, "<section class=\"trends\">\n<h2>Course of each series</h2>\n"
			"<div class=\"panels\">\n");
	for (int changed = 1; changed >= 0; changed--)
		json_array_foreach(all, i, series) {
			bool has = json_array_size(json_object_get(series, "changes")) > 0;

			if (has == (changed == 1) && written < FIGURES_MAX) {
				write_trend(page, series);
				written++;
			}
		}
	html(page->out, "</div>\n");
	if (json_array_size(all) > written)
		html(page->out,
			"<p class=\"lead\">%zu more series are in the document; those with changes came "
			"first.</p>\n",
			json_array_size(all) - written);
	html(page->out, "</section>\n");
}
