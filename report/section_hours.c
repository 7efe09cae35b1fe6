#include "section.h"

#include "family.h"
#include "figure.h"
#include "html.h"
#include "units.h"

#include <math.h>
#include <stdlib.h>

#define HOURS 24

/* Fewer hours than this show no rhythm of the day; the table has them. */
#define HOURS_DRAWN 6

/* The columns of a row (results/schema/result-1.json). */
enum { HOUR, COUNT, P50, P99, MAX, FIELDS };

/* Hour by hour, NAN where there is no sample. */
struct hours {
	size_t count, slowest;
	double field[HOURS][FIELDS];
};

static bool load_hour(const json_t *row, struct hours *hours)
{
	const json_t *hour = json_array_get(row, HOUR);
	json_int_t index = json_integer_value(hour);

	if (!json_is_integer(hour) || index < 0 || index >= HOURS ||
		!isnan(hours->field[index][HOUR]))
		return false;
	for (size_t i = 0; i < FIELDS; i++) {
		const json_t *number = json_array_get(row, i);
		double value = json_number_value(number);

		if (!json_is_number(number) || value < 0 ||
			(i > P50 && value < hours->field[index][i - 1]))
			return false;
		hours->field[index][i] = value;
	}
	return hours->field[index][COUNT] >= 1;
}

/* False when there are no hours, or something among them that is none. */
static bool load_hours(const json_t *rows, struct hours *hours)
{
	*hours = (struct hours){.count = json_array_size(rows)};
	for (size_t i = 0; i < HOURS; i++)
		for (size_t c = 0; c < FIELDS; c++)
			hours->field[i][c] = NAN;
	for (size_t i = 0; i < hours->count; i++) {
		if (!load_hour(json_array_get(rows, i), hours))
			return false;
	}
	for (size_t i = 0; i < HOURS; i++)
		if (isnan(hours->field[hours->slowest][P99]) ||
			hours->field[i][P99] > hours->field[hours->slowest][P99])
			hours->slowest = i;
	return hours->count > 0;
}

static void describe_hours(const struct hours *hours, const char *labels, char *buffer, size_t size)
{
	const double *slowest = hours->field[hours->slowest];
	char p99[32];

	snprintf(buffer, size,
		"%s%sBy hour of the day, in UTC; days are added up. The slowest hour began at "
		"%02zu:00: its 99th percentile was %s.",
		labels, *labels ? ". " : "", hours->slowest,
		units_format(slowest[P99], "s", p99, sizeof(p99)));
}

/* Every hour is a step as long as it; a hole breaks the line. */
static size_t make_steps(const struct hours *hours, size_t column, struct plot_point *at)
{
	size_t points = 0;

	for (size_t i = 0; i < HOURS; i++) {
		double value = hours->field[i][column];

		at[points++] = (struct plot_point){(double)i, value};
		at[points++] = (struct plot_point){(double)(i + 1), value};
	}
	return points;
}

static void open_plot(struct page *page, const struct hours *hours, const json_t *series,
	const struct family *family, const char *caption)
{
	static const size_t columns[FIGURE_COURSE] = {P50, P99, MAX};
	struct plot plot = {.axis = PLOT_HOURS, .curves = FIGURE_COURSE};
	struct plot_point at[FIGURE_COURSE][2 * HOURS] = {0};

	for (size_t c = 0; c < FIGURE_COURSE; c++)
		plot.curve[FIGURE_COURSE - 1 - c] = (struct plot_curve){
			at[c], make_steps(hours, columns[c], at[c]), figure_course[c].ink};
	family_add_limits(family, series, &plot);
	figure_open(page, &plot, "Latencies by hour of the day", caption);
	figure_course_legend(page);
}

static void write_table(struct page *page, const struct hours *hours)
{
	char when[40];

	figure_table_open(page, "Every hour of the day (UTC)");
	for (size_t i = 0; i < HOURS; i++) {
		const double *field = hours->field[i];

		if (isnan(field[HOUR]))
			continue;
		snprintf(when, sizeof(when), "%02zu:00 to %02zu:00", i, i + 1);
		figure_table_row(page, &(struct figure_row){when, field[COUNT], field[P50],
					       field[P99], field[MAX]});
	}
	figure_table_close(page);
}

void section_hours(
	struct page *page, const json_t *series, const struct family *family, const char *labels)
{
	struct hours hours;
	char caption[512];

	if (!load_hours(json_object_get(series, "hours"), &hours))
		return;
	describe_hours(&hours, labels, caption, sizeof(caption));
	if (hours.count >= HOURS_DRAWN)
		open_plot(page, &hours, series, family, caption);
	else
		html(page->out, "<figure>\n");
	figure_caption(page, caption);
	write_table(page, &hours);
	html(page->out, "</figure>\n");
}
