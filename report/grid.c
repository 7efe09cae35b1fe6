#include "grid.h"

#include "field.h"
#include "plot.h"

#include <ctype.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static const json_t *labels_of(const json_t *metric)
{
	return json_object_get(metric, "labels");
}

bool grid_number(const json_t *metric, const char *label, double *number)
{
	const char *text = field_text(labels_of(metric), label, "");
	char *end;
	double value = strtod(text, &end);

	if (!isdigit((unsigned char)*text) || *end || !isfinite(value))
		return false;
	*number = value;
	return true;
}

/* Of a latency's quantiles two tell enough; its table has all. */
static bool drawn_quantile(const json_t *metric)
{
	double quantile;

	return !field_number(metric, "quantile", &quantile) || fabs(quantile - 0.5) < 1e-9 ||
	       fabs(quantile - 0.99) < 1e-9;
}

enum grid_kind grid_kind(const json_t *metric)
{
	const char *against = field_text(metric, "against", NULL);
	double number;

	if (against && grid_number(metric, against, &number) && drawn_quantile(metric))
		return GRID_SWEEP;
	return field_text(metric, "relative_to", NULL) ? GRID_SHARES : GRID_NONE;
}

static bool belongs(const json_t *metric, enum grid_kind kind, const char *name)
{
	return grid_kind(metric) == kind && strcmp(field_text(metric, "name", ""), name) == 0;
}

static size_t considered(const json_t *metrics)
{
	size_t count = json_array_size(metrics);

	return count < GRID_METRICS ? count : GRID_METRICS;
}

/* The label that what the shares are relative to stands under elsewhere: "encap" of "native". */
static const char *label_of(const json_t *metrics, const char *value)
{
	for (size_t i = 0; value && i < considered(metrics); i++) {
		const char *name;
		json_t *text;

		json_object_foreach((json_t *)labels_of(json_array_get(metrics, i)), name, text)
			if (strcmp(json_is_string(text) ? json_string_value(text) : "", value) == 0)
				return name;
	}
	return NULL;
}

static size_t different_values(const struct grid *grid, const char *label)
{
	json_t *seen = json_object();

	for (size_t i = 0; i < grid->count; i++)
		json_object_set_new(
			seen, field_text(labels_of(grid->metric[i]), label, ""), json_true());
	size_t count = json_object_size(seen);
	json_decref(seen);
	return count;
}

/* Of the labels that differ, the one that fills a plot best. */
static const char *widest_label(const struct grid *grid)
{
	const char *name, *best = NULL;
	size_t most = 0;
	json_t *value;

	json_object_foreach((json_t *)labels_of(grid->metric[0]), name, value) {
		size_t count = different_values(grid, name);
		bool fits = count <= PLOT_CURVES;

		if (count < 2 || (grid->against && strcmp(name, grid->against) == 0))
			continue;
		if (!best || (fits && (count > most || most > PLOT_CURVES))) {
			best = name;
			most = count;
		}
	}
	return best;
}

static void find_common(struct grid *grid)
{
	const char *name;
	json_t *value;
	void *next;

	grid->common = json_copy((json_t *)labels_of(grid->metric[0]));
	for (size_t i = 1; i < grid->count; i++)
		json_object_foreach_safe(grid->common, next, name,
			value) if (!json_equal(value,
					   json_object_get(labels_of(grid->metric[i]), name)))
			json_object_del(grid->common, name);
	if (grid->across)
		json_object_del(grid->common, grid->across);
}

/* Adds the panel that a metric is in when there is none yet. */
static void place(struct grid *grid, size_t index)
{
	const char *const within[] = {grid->across, grid->against};
	json_t *others = json_object();
	size_t at = 0;

	json_object_update(others, (json_t *)labels_of(grid->metric[index]));
	for (size_t w = 0; w < 2; w++)
		if (within[w])
			json_object_del(others, within[w]);
	while (at < grid->panels && !json_equal(others, json_array_get(grid->others, at)))
		at++;
	if (at == grid->panels)
		json_array_append(grid->others, others);
	grid->panels = json_array_size(grid->others);
	grid->panel[index] = at;
	json_decref(others);
}

/* The order is that at the largest number, as the usual case may not exist yet at the smallest. */
static void find_panels(struct grid *grid)
{
	double largest = -INFINITY, number;

	for (size_t i = 0; grid->against && i < grid->count; i++)
		if (grid_number(grid->metric[i], grid->against, &number))
			largest = fmax(largest, number);
	for (size_t i = 0; grid->against && i < grid->count; i++)
		if (grid_number(grid->metric[i], grid->against, &number) && number == largest)
			place(grid, i);
	for (size_t i = 0; i < grid->count; i++)
		place(grid, i);
}

static bool is_first(const json_t *metrics, size_t index, enum grid_kind kind, const char *name)
{
	for (size_t i = 0; i < index; i++)
		if (belongs(json_array_get(metrics, i), kind, name))
			return false;
	return true;
}

struct grid *grid_new(const json_t *result, size_t first, enum grid_kind kind)
{
	const json_t *metrics = json_object_get(result, "metrics"),
		     *own = json_array_get(metrics, first);
	const char *name = field_text(own, "name", "");
	size_t count = considered(metrics);

	if (first >= count || grid_kind(own) != kind || !is_first(metrics, first, kind, name))
		return NULL;
	struct grid *grid = calloc(1, sizeof(*grid));
	if (!grid)
		return NULL;
	grid->metric = calloc(count, sizeof(json_t *));
	grid->panel = calloc(count, sizeof(size_t));
	grid->others = json_array();
	if (!grid->metric || !grid->panel || !grid->others) {
		grid_free(grid);
		return NULL;
	}
	for (size_t i = first; i < count; i++)
		if (belongs(json_array_get(metrics, i), kind, name))
			grid->metric[grid->count++] = json_array_get(metrics, i);
	grid->against = kind == GRID_SWEEP ? field_text(own, "against", NULL) : NULL;
	grid->across = kind == GRID_SHARES ? label_of(metrics, field_text(own, "relative_to", NULL))
					   : NULL;
	if (!grid->across)
		grid->across = widest_label(grid);
	find_common(grid);
	find_panels(grid);
	return grid;
}

void grid_free(struct grid *grid)
{
	if (!grid)
		return;
	json_decref(grid->common);
	json_decref(grid->others);
	free(grid->metric);
	free(grid->panel);
	free(grid);
}

const char *grid_line(const struct grid *grid, const json_t *metric)
{
	return grid->across ? field_text(labels_of(metric), grid->across, "all") : "all";
}

const char *grid_panel(const struct grid *grid, size_t panel, char *buffer, size_t size)
{
	return field_labels(json_array_get(grid->others, panel), grid->common, buffer, size);
}
