#include "section.h"

#include "family.h"
#include "field.h"
#include "html.h"
#include "units.h"

#include <math.h>

/* The quantiles of the table. Metrics of others are listed with the other readings. */
static const struct {
	double q;
	const char *name;
} columns[] = {{0.5, "median"}, {0.9, "90 %"}, {0.99, "99 %"}, {0.999, "99.9 %"}};
#define COLUMNS (sizeof(columns) / sizeof(columns[0]))

bool section_latency_has(double quantile)
{
	for (size_t i = 0; i < COLUMNS; i++)
		if (fabs(quantile - columns[i].q) < 1e-9)
			return true;
	return false;
}

static const char *format_s(double seconds, char *buffer, size_t size)
{
	return units_format(seconds, "s", buffer, size);
}

static void write_interval(struct page *page, const json_t *summary)
{
	char text[128];

	html(page->out, "<small>(%s)</small>", field_interval(summary, "s", text, sizeof(text)));
}

/* Quantiles as the result states them, with their interval; from the histogram when it does not. */
static void write_quantiles(struct page *page, const json_t *result, const json_t *distribution)
{
	struct curve curve = {0};
	char text[32];
	double value;

	for (size_t i = 0; i < COLUMNS; i++) {
		const json_t *metric = family_metric(result, distribution, columns[i].q);
		const json_t *summary = json_object_get(metric, "summary");

		html(page->out, "<td data-label=\"%s\"><span>", columns[i].name);
		if (field_number(summary, "value", &value)) {
			html(page->out, "%s", format_s(value, text, sizeof(text)));
			write_interval(page, summary);
		} else if (curve.histogram || curve_load(distribution, &curve, NULL) == 0) {
			value = curve_quantile_s(&curve, columns[i].q);
			html(page->out, "%s", format_s(value, text, sizeof(text)));
		} else {
			html(page->out, "–");
		}
		html(page->out, "</span></td>");
	}
	curve_free(&curve);
}

static void write_row(struct page *page, const json_t *result, const struct family *family,
	const json_t *distribution)
{
	char text[32], labels[512];
	double longest;

	field_labels(
		json_object_get(distribution, "labels"), family->common, labels, sizeof(labels));
	html(page->out, "<tr><th scope=\"row\">%s</th><td data-label=\"samples\">%s</td>",
		*labels ? labels : "all samples",
		field_thousands(field_count(distribution, "count"), text, sizeof(text)));
	write_quantiles(page, result, distribution);
	html(page->out, "<td data-label=\"longest\">%s</td></tr>\n",
		field_number(distribution, "max", &longest) ? format_s(longest, text, sizeof(text))
							    : "–");
}

static void write_head(struct page *page, const char *second)
{
	html(page->out,
		"<div class=\"scroll\" tabindex=\"0\" role=\"group\" aria-label=\"Table\"><table class=\"numbers\">\n<thead><tr><th scope=\"col\">Latency</th>"
		"<th scope=\"col\">%s</th>",
		second);
	for (size_t i = 0; i < COLUMNS; i++)
		html(page->out, "<th scope=\"col\">%s</th>", columns[i].name);
}

/* The quantiles of one repetition. */
static void write_repetition(
	struct page *page, const json_t *const *metrics, const char *labels, size_t index)
{
	char text[32];

	html(page->out, "<tr><th scope=\"row\">%s</th><td data-label=\"repetition\">%zu</td>",
		labels, index + 1);
	for (size_t i = 0; i < COLUMNS; i++) {
		const json_t *value = json_array_get(json_object_get(metrics[i], "values"), index);

		html(page->out, "<td data-label=\"%s\">%s</td>", columns[i].name,
			json_is_number(value)
				? format_s(json_number_value(value), text, sizeof(text))
				: "–");
	}
	html(page->out, "</tr>\n");
}

static void write_repetitions(struct page *page, const json_t *result, const struct family *family)
{
	html(page->out, "<details><summary>Each repetition</summary>\n");
	write_head(page, "repetition");
	html(page->out, "</tr></thead>\n<tbody>\n");
	for (size_t d = 0; d < family->count; d++) {
		const json_t *metrics[COLUMNS];
		size_t repetitions = 0;
		char labels[512];

		for (size_t i = 0; i < COLUMNS; i++) {
			metrics[i] = family_metric(result, family->distributions[d], columns[i].q);
			size_t count = json_array_size(json_object_get(metrics[i], "values"));
			repetitions = count > repetitions ? count : repetitions;
		}
		field_labels(json_object_get(family->distributions[d], "labels"), family->common,
			labels, sizeof(labels));
		for (size_t r = 0; r < repetitions; r++)
			write_repetition(page, metrics, *labels ? labels : "all samples", r);
	}
	html(page->out, "</tbody></table></div></details>\n");
}

void section_quantiles(struct page *page, const json_t *result, const struct family *family)
{
	write_head(page, "samples");
	html(page->out, "<th scope=\"col\">longest</th></tr></thead>\n<tbody>\n");
	for (size_t i = 0; i < family->count; i++)
		write_row(page, result, family, family->distributions[i]);
	html(page->out, "</tbody></table></div>\n");
	write_repetitions(page, result, family);
}
