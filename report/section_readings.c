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

static void write_bound(struct page *page, const json_t *summary, const char *key, const char *unit)
{
	char text[64];
	double value;

	html(page->out, "%s",
		field_number(summary, key, &value) ? units_format(value, unit, text, sizeof(text))
						   : "open");
}

static void write_interval(struct page *page, const json_t *summary, const char *unit)
{
	double confidence;
	char text[32];

	html(page->out, "<td class=\"interval\" data-label=\"interval\"><span>");
	write_bound(page, summary, "low", unit);
	html(page->out, " – ");
	write_bound(page, summary, "high", unit);
	if (field_number(summary, "confidence", &confidence))
		html(page->out, "<small>%s confidence</small>",
			units_format(confidence, "ratio", text, sizeof(text)));
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

static void write_metric(struct page *page, const json_t *metric)
{
	const json_t *summary = json_object_get(metric, "summary");
	const char *unit = field_text(metric, "unit", "1");
	bool lower = strcmp(field_text(metric, "better", "lower"), "lower") == 0;
	char text[64], labels[512];
	double value;

	field_labels(json_object_get(metric, "labels"), NULL, labels, sizeof(labels));
	html(page->out, "<tr><th scope=\"row\">%s", field_text(metric, "title", "unnamed reading"));
	if (*labels)
		html(page->out, " <span class=\"labels\">%s</span>", labels);
	html(page->out,
		"</th><td data-label=\"value\"><span><b>%s</b><small>%s is better</small></span></td>",
		field_number(summary, "value", &value)
			? units_format(value, unit, text, sizeof(text))
			: "unknown",
		lower ? "lower" : "higher");
	write_interval(page, summary, unit);
	write_repetitions(page, json_object_get(metric, "values"), unit);
	html(page->out, "</tr>\n");
}

void section_readings(struct page *page, const json_t *result)
{
	size_t i, listed = 0;
	json_t *metric;

	json_array_foreach(json_object_get(result, "metrics"), i, metric) {
		if (listed_elsewhere(metric))
			continue;
		if (listed++ == 0)
			html(page->out,
				"<h3>Readings</h3>\n<div class=\"scroll\"><table class=\"numbers\">\n"
				"<thead><tr><th scope=\"col\">Reading</th><th scope=\"col\">value</th>"
				"<th scope=\"col\">interval</th>"
				"<th scope=\"col\">each repetition</th></tr></thead>\n<tbody>\n");
		write_metric(page, metric);
	}
	if (listed)
		html(page->out, "</tbody></table></div>\n");
}
