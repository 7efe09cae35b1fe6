#include "heat.h"

#include "field.h"

#include <math.h>
#include <stdlib.h>

/* What the schema allows. */
#define ROWS_MAX   600
#define LEVELS_MAX 199

/* Beyond any latency that an instrument can tell. */
#define EDGE_MIN_S 1e-10
#define EDGE_MAX_S 1e5

/* Above this, not every whole number is one. */
#define COUNT_MAX 9e15

/* The columns of a row. */
enum { TIME, COUNT, P50, P99, MAX };

/* Shades by share of a column's samples. Latencies are steep: equal steps would show the bulk and
 * hide the stalls. */
static const struct {
	double from;
	const char *name;
} shades[PLOT_SHADES] = {
	{0, "less than 0.1 %"},
	{0.001, "0.1 to 1 %"},
	{0.01, "1 to 3 %"},
	{0.03, "3 to 10 %"},
	{0.1, "10 to 30 %"},
	{0.3, "30 % and more"},
};

const char *heat_shade_name(unsigned shade)
{
	return shades[shade].name;
}

static unsigned shade_of(double share)
{
	unsigned shade = PLOT_SHADES - 1;

	while (shade > 0 && share < shades[shade].from)
		shade--;
	return shade;
}

/* The number at an index of an array, if it is one from `low` to `high`. */
static bool read_number(const json_t *array, size_t index, double low, double high, double *value)
{
	const json_t *number = json_array_get(array, index);

	*value = json_number_value(number);
	return json_is_number(number) && *value >= low && *value <= high;
}

/* As read_number(), a whole one. */
static bool read_whole(const json_t *array, size_t index, double high, double *value)
{
	return json_is_integer(json_array_get(array, index)) &&
	       read_number(array, index, 0, high, value);
}

static bool load_edges(const json_t *edges, struct heat *heat)
{
	size_t size = json_array_size(edges);

	if (size < 2 || size > LEVELS_MAX + 1)
		return false;
	heat->levels = size - 1;
	for (size_t i = 0; i < size; i++) {
		double low = i ? fmax(heat->edge_s[i - 1] * 1.0001, EDGE_MIN_S) : 0;

		if (!read_number(edges, i, low, EDGE_MAX_S, &heat->edge_s[i]))
			return false;
	}
	return true;
}

/* Adds the samples of one interval to its column. Their number and the highest level that has some
 * go to *sum and *top. */
static bool load_levels(
	const json_t *levels, struct heat *heat, double *column, double *sum, size_t *top)
{
	size_t size = json_array_size(levels);
	double first, count;

	*sum = 0;
	if (size < 2 || !read_whole(levels, 0, (double)heat->levels, &first) ||
		first + (double)size - 1 > (double)heat->levels)
		return false;
	for (size_t i = 1; i < size; i++) {
		if (!read_whole(levels, i, COUNT_MAX, &count))
			return false;
		column[(size_t)first + i - 1] += count;
		*sum += count;
		if (count > 0)
			*top = (size_t)first + i - 1;
	}
	return *sum > 0;
}

/* An interval's place in time: false unless it is a whole number of intervals after the start. */
static bool load_place(const json_t *row, double interval_s, size_t *place)
{
	double time_s;

	if (!read_number(row, TIME, 0, interval_s * ROWS_MAX, &time_s))
		return false;
	double intervals = round(time_s / interval_s);
	*place = (size_t)intervals;
	return intervals < ROWS_MAX && fabs(time_s / interval_s - intervals) < 0.05;
}

/* A row and its levels must tell of the same samples: as many, and the longest in the top level. */
static bool load_row(const json_t *row, const json_t *levels, struct heat *heat, size_t column)
{
	double count, sum, longest_s;
	size_t top = 0;

	if (!read_whole(row, COUNT, COUNT_MAX, &count) ||
		!load_levels(levels, heat, &heat->count[column * heat->levels], &sum, &top) ||
		sum != count ||
		!read_number(row, MAX, heat->edge_s[top] * 0.999999,
			heat->edge_s[top + 1] * 1.000001, &longest_s))
		return false;
	heat->samples[column] += count;
	heat->longest_s[column] = fmax(heat->longest_s[column], longest_s);
	return true;
}

static bool load_rows(const json_t *series, struct heat *heat)
{
	const json_t *rows = json_object_get(series, "rows"),
		     *levels = json_object_get(series, "levels");
	size_t size = json_array_size(rows), last, place, next = 0;
	double interval_s;

	if (!field_number(series, "interval_s", &interval_s) || interval_s < 1e-6 ||
		interval_s > 1e9 || size < HEAT_ROWS_MIN || size > ROWS_MAX ||
		json_array_size(levels) != size ||
		!load_place(json_array_get(rows, size - 1), interval_s, &last))
		return false;
	size_t in_one = last / HEAT_COLUMNS + 1;
	heat->columns = last / in_one + 1;
	heat->column_s = interval_s * (double)in_one;
	heat->end_s = interval_s * (double)(last + 1);
	for (size_t i = 0; i < size; i++, next = place + 1) {
		const json_t *row = json_array_get(rows, i);

		if (!load_place(row, interval_s, &place) || place < next || place > last ||
			!load_row(row, json_array_get(levels, i), heat, place / in_one))
			return false;
	}
	return true;
}

bool heat_load(const json_t *series, struct heat *heat)
{
	*heat = (struct heat){
		.edge_s = calloc(LEVELS_MAX + 1, sizeof(double)),
		.count = calloc(HEAT_COLUMNS * LEVELS_MAX, sizeof(double)),
		.samples = calloc(HEAT_COLUMNS, sizeof(double)),
		.longest_s = calloc(HEAT_COLUMNS, sizeof(double)),
	};
	if (heat->edge_s && heat->count && heat->samples && heat->longest_s &&
		load_edges(json_object_get(series, "levels_s"), heat) && load_rows(series, heat))
		return true;
	heat_free(heat);
	return false;
}

void heat_free(struct heat *heat)
{
	free(heat->edge_s);
	free(heat->count);
	free(heat->samples);
	free(heat->longest_s);
	*heat = (struct heat){0};
}

/* Puts every two levels together; an odd one at the top stays. */
static void halve_levels(struct heat *heat)
{
	size_t levels = (heat->levels + 1) / 2;

	for (size_t column = 0; column < heat->columns; column++)
		for (size_t i = 0; i < levels; i++) {
			const double *from = &heat->count[column * heat->levels + 2 * i];
			bool two = 2 * i + 1 < heat->levels;

			heat->count[column * levels + i] = from[0] + (two ? from[1] : 0);
		}
	for (size_t i = 1; i <= levels; i++)
		heat->edge_s[i] = heat->edge_s[2 * i < heat->levels ? 2 * i : heat->levels];
	heat->levels = levels;
}

static unsigned cell_shade(const struct heat *heat, size_t column, size_t level)
{
	double count = heat->count[column * heat->levels + level];

	return count > 0 ? shade_of(count / heat->samples[column]) : PLOT_SHADES;
}

/* Makes the cells of one level, neighbours of one shade being one, in `cell` as long as there are
 * fewer than HEAT_CELLS. Returns how many there are with them. */
static size_t make_cells(
	const struct heat *heat, size_t level, struct plot_cell *cell, size_t cells)
{
	for (size_t column = 0, end; column < heat->columns; column = end) {
		unsigned shade = cell_shade(heat, column, level);

		end = column + 1;
		while (end < heat->columns && cell_shade(heat, end, level) == shade)
			end++;
		if (shade == PLOT_SHADES)
			continue;
		if (cells < HEAT_CELLS)
			cell[cells] = (struct plot_cell){(double)column * heat->column_s,
				fmin((double)end * heat->column_s, heat->end_s),
				heat->edge_s[level], heat->edge_s[level + 1], shade};
		cells++;
	}
	return cells;
}

struct plot_cell *heat_cells(struct heat *heat, size_t *cells)
{
	struct plot_cell *cell = calloc(HEAT_CELLS, sizeof(*cell));

	if (!cell)
		return NULL;
	for (;;) {
		*cells = 0;
		for (size_t level = 0; level < heat->levels; level++)
			*cells = make_cells(heat, level, cell, *cells);
		if (*cells <= HEAT_CELLS)
			return cell;
		halve_levels(heat);
	}
}

/* The middle of the level with the sample of rank q. */
static double part_quantile(const struct heat *heat, const double *counts, double total, double q)
{
	double seen = 0;

	for (size_t i = 0; i < heat->levels; i++) {
		seen += counts[i];
		if (seen > 0 && seen >= q * total)
			return sqrt(fmax(heat->edge_s[i], heat->edge_s[i + 1] / 2) *
				    heat->edge_s[i + 1]);
	}
	return NAN;
}

struct heat_part heat_part(const struct heat *heat, size_t index, size_t parts)
{
	size_t first = heat->columns * index / parts, end = heat->columns * (index + 1) / parts;
	double counts[LEVELS_MAX] = {0}, longest_s = 0, total = 0;

	for (size_t column = first; column < end; column++) {
		for (size_t i = 0; i < heat->levels; i++)
			counts[i] += heat->count[column * heat->levels + i];
		total += heat->samples[column];
		longest_s = fmax(longest_s, heat->longest_s[column]);
	}
	return (struct heat_part){
		.from_s = (double)first * heat->column_s,
		.to_s = fmin((double)end * heat->column_s, heat->end_s),
		.count = total,
		.p50_s = part_quantile(heat, counts, total, 0.5),
		.p99_s = part_quantile(heat, counts, total, 0.99),
		.longest_s = total > 0 ? longest_s : NAN,
	};
}

double heat_precision(const struct heat *heat)
{
	double widest = 1;

	for (size_t i = 0; i < heat->levels; i++)
		if (heat->edge_s[i] > 0)
			widest = fmax(widest, heat->edge_s[i + 1] / heat->edge_s[i]);
	return sqrt(widest) - 1;
}
