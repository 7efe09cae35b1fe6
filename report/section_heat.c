#include "section.h"

#include "axis.h"
#include "family.h"
#include "figure.h"
#include "heat.h"
#include "html.h"
#include "units.h"

#include <math.h>
#include <stdlib.h>

/* A reader of words sees the course in ten steps. */
#define PARTS 10

struct course {
	struct heat_part part[PARTS];
	double precision;
};

static struct course sum_up(const struct heat *heat)
{
	struct course course = {.precision = heat_precision(heat)};

	for (size_t i = 0; i < PARTS; i++)
		course.part[i] = heat_part(heat, i, PARTS);
	return course;
}

static void write_shades(struct page *page)
{
	html(page->out, "<p class=\"legend\"><span>Share of a column's samples:</span>\n");
	for (unsigned shade = 0; shade < PLOT_SHADES; shade++)
		figure_legend(page, PLOT_INK_SHADE + shade, heat_shade_name(shade));
	html(page->out, "</p>\n");
}

/* What changed from the first part to the last, for those who do not see the colours. */
static void describe_change(const struct course *course, char *buffer, size_t size)
{
	double first_s = course->part[0].p50_s, last_s = course->part[PARTS - 1].p50_s;
	char before[32], after[32];

	buffer[0] = '\0';
	if (isnan(first_s) || isnan(last_s))
		return;
	units_format(first_s, "s", before, sizeof(before));
	units_format(last_s, "s", after, sizeof(after));
	if (first_s == last_s)
		snprintf(buffer, size,
			" The median was about %s in the first tenth of the time and in the last.",
			before);
	else
		snprintf(buffer, size,
			" The median was about %s in the first tenth of the time, about %s in the "
			"last.",
			before, after);
}

static void describe_heat(const struct heat *heat, const struct course *course, const char *labels,
	char *buffer, size_t size)
{
	char column[32], change[160];

	describe_change(course, change, sizeof(change));
	snprintf(buffer, size,
		"%s%sEach column sums up %s; the colour of a field tells which share of its samples "
		"took that long.%s",
		labels, *labels ? ". " : "", axis_duration(heat->column_s, column, sizeof(column)),
		change);
}

static void write_course(struct page *page, const struct course *course)
{
	char summary[120], when[80], from[32], to[32];

	snprintf(summary, sizeof(summary),
		"The course in %d parts (median and 99 %% within %.0f %%)", PARTS,
		ceil(course->precision * 100));
	figure_table_open(page, summary);
	for (size_t i = 0; i < PARTS; i++) {
		const struct heat_part *part = &course->part[i];

		snprintf(when, sizeof(when), "%s to %s",
			axis_duration(part->from_s, from, sizeof(from)),
			axis_duration(part->to_s, to, sizeof(to)));
		figure_table_row(page, &(struct figure_row){when, part->count, part->p50_s,
					       part->p99_s, part->longest_s});
	}
	figure_table_close(page);
}

void section_heat(
	struct page *page, const json_t *series, const struct family *family, const char *labels)
{
	struct plot plot = {.axis = PLOT_TIME};
	struct heat heat;
	char caption[640];

	if (!heat_load(series, &heat))
		return;
	struct course course = sum_up(&heat);
	describe_heat(&heat, &course, labels, caption, sizeof(caption));
	struct plot_cell *cell = heat_cells(&heat, &plot.cells);
	if (cell) {
		plot.cell = cell;
		family_add_limits(family, series, &plot);
		figure_open(page, &plot, "Latencies over time as a heatmap", caption);
		write_shades(page);
		figure_caption(page, caption);
		write_course(page, &course);
		html(page->out, "</figure>\n");
	}
	free(cell);
	heat_free(&heat);
}
