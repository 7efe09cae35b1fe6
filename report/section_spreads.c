#include "section.h"

#include "axis.h"
#include "candidate.h"
#include "field.h"
#include "html.h"
#include "spread.h"
#include "units.h"

#include <stdlib.h>
#include <string.h>

/* With more metrics than this, the others wait behind a click. */
#define METRICS_SHOWN 4

/* The first of so many candidates are shown; the document has all. */
#define CANDIDATES_SHOWN 24

/* The candidates in the order of the first ranking, each once, as far as they are shown. */
struct order {
	size_t candidate[CANDIDATES_SHOWN], count, all;
};

static void add(struct order *order, size_t candidate)
{
	for (size_t i = 0; i < order->count; i++)
		if (order->candidate[i] == candidate)
			return;
	if (order->count < CANDIDATES_SHOWN)
		order->candidate[order->count++] = candidate;
}

static struct order order_of(const json_t *comparison)
{
	const json_t *ranking = json_array_get(json_object_get(comparison, "rankings"), 0), *place;
	struct order order = {.all = json_array_size(json_object_get(comparison, "candidates"))};
	size_t i, candidate;

	json_array_foreach(json_object_get(ranking, "order"), i, place)
		if (candidate_index(comparison, json_object_get(place, "candidate"), &candidate))
			add(&order, candidate);
	for (i = 0; i < order.all; i++)
		add(&order, i);
	return order;
}

static struct spread spread_at(const json_t *metric, size_t candidate)
{
	return spread_of(candidate_value(metric, candidate));
}

/* The requirements of a metric whose limits differ, as any candidate was judged by them. */
struct limits {
	const json_t *line[SPREAD_LIMITS];
	size_t count;
};

static bool is_of(const json_t *line, const json_t *metric)
{
	return strcmp(field_text(line, "bench", ""), field_text(metric, "bench", "-")) == 0 &&
	       strcmp(field_text(line, "metric", ""), field_text(metric, "name", "-")) == 0 &&
	       strcmp(field_text(line, "unit", ""), field_text(metric, "unit", "-")) == 0;
}

static void add_limit(struct limits *limits, const json_t *line)
{
	const char *text = field_text(line, "limit", "");

	for (size_t i = 0; i < limits->count; i++)
		if (strcmp(field_text(limits->line[i], "limit", ""), text) == 0)
			return;
	if (*text && limits->count < SPREAD_LIMITS)
		limits->line[limits->count++] = line;
}

static struct limits limits_of(const json_t *comparison, const json_t *metric)
{
	struct limits limits = {.count = 0};
	const json_t *candidate, *verdict, *line;
	size_t c, v, l;

	json_array_foreach(json_object_get(comparison, "candidates"), c, candidate)
		json_array_foreach(json_object_get(candidate, "verdicts"), v, verdict)
			json_array_foreach(json_object_get(verdict, "lines"), l, line)
				if (is_of(line, metric))
					add_limit(&limits, line);
	return limits;
}

static void set_limits(struct spread_axis *axis, const struct limits *limits)
{
	static const char *const keys[] = {"min", "max"};
	double limit;

	for (size_t i = 0; i < limits->count; i++)
		for (size_t k = 0; k < sizeof(keys) / sizeof(keys[0]); k++)
			if (field_number(limits->line[i], keys[k], &limit))
				spread_limit(axis, limit);
}

static bool is_shown(const json_t *comparison, const json_t *metric, const struct order *order,
	struct spread_axis *axis)
{
	const struct limits limits = limits_of(comparison, metric);

	*axis = spread_axis_new(field_text(metric, "unit", "1"));
	set_limits(axis, &limits);
	for (size_t i = 0; i < order->count; i++) {
		const struct spread spread = spread_at(metric, order->candidate[i]);

		spread_widen(axis, &spread);
	}
	return spread_settle(axis);
}

/* The median, and from the smallest to the largest. */
static void write_numbers(struct page *page, const struct spread *spread, const char *unit)
{
	size_t count = spread->count;
	char text[160], bounds[400] = "";

	if (!count) {
		html(page->out, "<small>not measured</small>");
		return;
	}
	const struct interval range = {
		.value = (spread->value[(count - 1) / 2] + spread->value[count / 2]) / 2,
		.low = spread->value[0],
		.high = spread->value[count - 1],
	};
	html(page->out, "<b>%s</b>", units_format(range.value, unit, text, sizeof(text)));
	if (count > 1)
		html(page->out, "<small>(%s)</small>",
			units_format_range(&range, unit, bounds, sizeof(bounds)));
}

static void write_row(
	struct page *page, const json_t *metric, const struct spread_axis *axis, size_t candidate)
{
	const json_t *value = candidate_value(metric, candidate);
	const struct spread spread = spread_of(value);
	size_t repetitions = field_count(value, "n");

	html(page->out, "<tr><th scope=\"row\">%s<small>%zu %s</small></th><td>",
		candidate_name(page->document, candidate), repetitions,
		repetitions == 1 ? "repetition" : "repetitions");
	spread_row(axis, &spread, page->out);
	html(page->out, "</td><td>");
	write_numbers(page, &spread, axis->unit);
	html(page->out, "</td></tr>\n");
}

static void write_limits(struct page *page, const json_t *metric)
{
	const struct limits limits = limits_of(page->document, metric);

	for (size_t i = 0; i < limits.count; i++)
		html(page->out, "%s%s",
			i                  ? ", "
			: limits.count > 1 ? " Limits: "
					   : " Limit: ",
			field_text(limits.line[i], "limit", ""));
	if (limits.count)
		html(page->out, ".");
}

static void write_panel(struct page *page, const json_t *metric, const struct order *order,
	const struct spread_axis *axis)
{
	bool lower = strcmp(field_text(metric, "better", "lower"), "lower") == 0;
	char labels[256], words[160];

	field_labels(json_object_get(metric, "labels"), NULL, labels, sizeof(labels));
	html(page->out,
		"<div class=\"share\">\n<h3>%s <span class=\"labels\">%s</span></h3>\n"
		"<p class=\"lead\"><strong>%s is better.</strong>%s%s",
		field_text(metric, "title", field_text(metric, "name", "unnamed")), labels,
		lower ? "Less" : "More", axis->logarithmic ? " The scale is logarithmic." : "",
		axis_words(axis->unit, words, sizeof(words)));
	write_limits(page, metric);
	html(page->out, "</p>\n<table class=\"forest spread\">\n<thead><tr>"
			"<th scope=\"col\">candidate</th><td>");
	spread_ticks(axis, page->out);
	html(page->out, "</td><th scope=\"col\">median</th></tr></thead>\n"
			"<tbody>\n");
	for (size_t i = 0; i < order->count; i++)
		write_row(page, metric, axis, order->candidate[i]);
	html(page->out, "</tbody></table>\n</div>\n");
}

static void write_head(struct page *page, const struct order *order)
{
	html(page->out,
		"<section class=\"spreads\">\n<h2>How the repetitions spread</h2>\n"
		"<p class=\"lead\">Of each metric that a profile judges, as it was read. Each disc "
		"is one repetition. From six on, a box is the middle half of them with its median, "
		"and lines reach to the smallest and the largest value, which stand below the median. A "
		"dark line is a limit, which is left out more than 10 times away from all of them.");
	if (order->count < order->all)
		html(page->out, " The first %zu of %zu candidates are shown.", order->count,
			order->all);
	html(page->out, "</p>\n<div class=\"panels\">\n");
}

void section_spreads(struct page *page)
{
	const json_t *metrics = json_object_get(page->document, "metrics"), *metric;
	const struct order order = order_of(page->document);
	struct spread_axis axis;
	size_t i, count = 0, written = 0;

	json_array_foreach(metrics, i, metric)
		count += is_shown(page->document, metric, &order, &axis);
	if (!count)
		return;
	write_head(page, &order);
	json_array_foreach(metrics, i, metric) {
		if (!is_shown(page->document, metric, &order, &axis) ||
			written == section_rows(page))
			continue;
		if (written++ == METRICS_SHOWN)
			html(page->out,
				"</div>\n<details><summary>%zu more metrics</summary>\n"
				"<div class=\"panels\">\n",
				count - METRICS_SHOWN);
		write_panel(page, metric, &order, &axis);
	}
	html(page->out, written > METRICS_SHOWN ? "</div>\n</details>\n</section>\n"
						: "</div>\n</section>\n");
}
