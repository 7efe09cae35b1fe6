#include "section.h"

#include "field.h"
#include "html.h"
#include "units.h"

#include <string.h>

/* Quantiles of a latency stand in its own table. */
static bool listed_elsewhere(const json_t *metric)
{
	double quantile;

	return field_text(metric, "distribution", NULL) &&
	       field_number(metric, "quantile", &quantile) && section_latency_has(quantile);
}

static void write_interval(struct page *page, const json_t *summary, const char *unit)
{
	double confidence;
	char text[128];

	html(page->out, "<td class=\"interval\" data-label=\"interval\"><span>%s",
		field_interval(summary, unit, text, sizeof(text)));
	if (field_number(summary, "confidence", &confidence))
		html(page->out, "<small>%s confidence</small>",
			units_format_limit(confidence, "ratio", text, sizeof(text)));
	html(page->out, "</span></td>");
}

#define REPETITIONS_SHOWN 12

static void write_repetitions(struct page *page, const json_t *values, const char *unit)
{
	char text[64];
	size_t i;
	json_t *value;

	html(page->out, "<td class=\"repetitions\" data-label=\"repetitions\"><small>");
	json_array_foreach(values, i, value) {
		if (i == REPETITIONS_SHOWN) {
			html(page->out, ", … %zu in all", json_array_size(values));
			break;
		}
		html(page->out, "%s%s", i ? ", " : "",
			field_value(value, unit, text, sizeof(text)));
	}
	html(page->out, "</small></td>");
}

static const char *better_of(const json_t *metric)
{
	return strcmp(field_text(metric, "better", "lower"), "lower") == 0 ? "lower" : "higher";
}

/* One reading. In a group (`common` are the labels that all of it have alike) its labels name it.
 */
static void write_metric(struct page *page, const json_t *metric, const json_t *common)
{
	const json_t *summary = json_object_get(metric, "summary");
	const char *unit = field_text(metric, "unit", "1");
	char text[64], labels[512];
	double value;

	field_labels(json_object_get(metric, "labels"), common, labels, sizeof(labels));
	html(page->out, "<tr><th scope=\"row\">");
	if (common)
		html(page->out, "%s", *labels ? labels : "without labels");
	else
		html(page->out, "%s", field_text(metric, "title", "unnamed reading"));
	if (!common && *labels)
		html(page->out, " <span class=\"labels\">%s</span>", labels);
	html(page->out, "</th><td data-label=\"value\"><span><b>%s</b>",
		field_number(summary, "value", &value)
			? units_format(value, unit, text, sizeof(text))
			: "unknown");
	if (!common)
		html(page->out, "<small>%s is better</small>", better_of(metric));
	html(page->out, "</span></td>");
	write_interval(page, summary, unit);
	write_repetitions(page, json_object_get(metric, "values"), unit);
	html(page->out, "</tr>\n");
}

/* The labels that all metrics of a group have alike; a new reference. */
static json_t *common_labels(const json_t *group)
{
	json_t *common = json_object(), *metric, *value;
	const char *name;
	void *next;
	size_t i;

	json_object_update(common, json_object_get(json_array_get(group, 0), "labels"));
	json_array_foreach(group, i, metric) {
		const json_t *labels = json_object_get(metric, "labels");

		json_object_foreach_safe(common, next, name,
			value) if (!json_equal(value, json_object_get(labels, name)))
			json_object_del(common, name);
	}
	return common;
}

/* What is read with several labels gets a row that says what, and then one for each. */
static void write_group(struct page *page, const json_t *group)
{
	const json_t *first = json_array_get(group, 0);
	json_t *common, *metric;
	char labels[512];
	size_t i;

	html(page->out, "<tbody>\n");
	if (json_array_size(group) == 1) {
		write_metric(page, first, NULL);
		html(page->out, "</tbody>\n");
		return;
	}
	common = common_labels(group);
	field_labels(common, NULL, labels, sizeof(labels));
	html(page->out, "<tr class=\"group\"><th scope=\"rowgroup\" colspan=\"4\">%s",
		field_text(first, "title", "unnamed reading"));
	if (*labels)
		html(page->out, " <span class=\"labels\">%s</span>", labels);
	html(page->out, " <small>%s is better</small></th></tr>\n", better_of(first));
	json_array_foreach(group, i, metric)
		write_metric(page, metric, common);
	html(page->out, "</tbody>\n");
	json_decref(common);
}

/* Adds a metric to those of its name; the order is that of the document. */
static void add_to_group(json_t *groups, json_t *metric)
{
	const char *name = field_text(metric, "name", "");
	json_t *group = json_object_get(groups, name);

	if (!group) {
		group = json_array();
		json_object_set_new(groups, name, group);
	}
	json_array_append(group, metric);
}

static void write_table(struct page *page, json_t *groups)
{
	const char *name;
	json_t *group;

	html(page->out,
		"<div class=\"scroll\" tabindex=\"0\" role=\"group\" aria-label=\"Table\"><table class=\"numbers readings\">\n"
		"<thead><tr><th scope=\"col\">Reading</th><th scope=\"col\">value</th>"
		"<th scope=\"col\">interval</th>"
		"<th scope=\"col\">each repetition</th></tr></thead>\n");
	json_object_foreach(groups, name, group)
		write_group(page, group);
	html(page->out, "</table></div>\n");
}

void section_readings_of(
	struct page *page, const json_t *result, enum grid_kind kind, const char *against)
{
	json_t *groups = json_object(), *metric;
	size_t i;

	json_array_foreach(json_object_get(result, "metrics"), i, metric)
		if (grid_kind(metric) == kind &&
			(!against || strcmp(field_text(metric, "against", ""), against) == 0))
			add_to_group(groups, metric);
	write_table(page, groups);
	json_decref(groups);
}

void section_readings(struct page *page, const json_t *result)
{
	json_t *groups = json_object(), *metric;
	size_t i;

	/* Beyond GRID_METRICS nothing else shows a metric of another kind. */
	json_array_foreach(json_object_get(result, "metrics"), i, metric)
		if (!listed_elsewhere(metric) &&
			(grid_kind(metric) == GRID_NONE || i >= GRID_METRICS))
			add_to_group(groups, metric);
	if (json_object_size(groups)) {
		html(page->out, "<h3>Readings</h3>\n");
		write_table(page, groups);
	}
	json_decref(groups);
}
