#include "section.h"

#include "family.h"
#include "field.h"
#include "figure.h"
#include "html.h"
#include "units.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static const char *format_s(double seconds, char *buffer, size_t size)
{
	return units_format(seconds, "s", buffer, size);
}

/* Adds what one curve says in words. */
static void describe_curve(FILE *out, const struct curve *curve)
{
	char count[32], median[32], tail[32], longest[32];

	fprintf(out, "%s samples: half took at most %s, 99 of 100 at most %s, the longest %s.",
		field_thousands((size_t)curve->histogram->total, count, sizeof(count)),
		format_s(curve_quantile_s(curve, 0.5), median, sizeof(median)),
		format_s(curve_quantile_s(curve, 0.99), tail, sizeof(tail)),
		format_s((double)curve->histogram->max_ns / 1e9, longest, sizeof(longest)));
}

static void describe_limit(FILE *out, const struct family *family, const struct family_limit *limit)
{
	char labels[128];

	field_labels(
		json_object_get(limit->metric, "labels"), family->common, labels, sizeof(labels));
	fprintf(out, " Required of the %.5gth percentile%s%s: %s (%s).", limit->quantile * 100,
		*labels ? " with " : "", labels, field_text(limit->line, "limit", "a limit"),
		field_text(limit->line, "status", "not judged"));
}

/* The figure in words. For the caller to free; NULL when memory is short. */
static char *describe_family(const struct family *family)
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	if (!out)
		return NULL;
	if (family->curves == 1)
		describe_curve(out, &family->curve[0]);
	else
		fprintf(out, "%zu curves; the table below has their numbers.", family->curves);
	if (family->curves < family->count)
		fprintf(out, " %zu of %zu are drawn.", family->curves, family->count);
	if (family->limits <= 3)
		for (size_t i = 0; i < family->limits; i++)
			describe_limit(out, family, &family->limit[i]);
	fclose(out);
	return text;
}

static double bound(const json_t *summary, const char *key)
{
	double value = NAN;

	field_number(summary, key, &value);
	return value;
}

/* Marks what was read where a requirement looks. */
static void add_mark_to_plot(
	struct plot *plot, const struct family *family, const struct family_limit *limit)
{
	const json_t *summary = json_object_get(limit->metric, "summary");
	struct plot_mark mark = {
		.x = 1 / (1 - limit->quantile),
		.y_s = bound(summary, "value"),
		.low_s = bound(summary, "low"),
		.high_s = bound(summary, "high"),
	};

	for (size_t i = 0; i < family->curves; i++)
		if (json_equal(json_object_get(family->drawn[i], "labels"),
			    json_object_get(limit->metric, "labels"))) {
			mark.curve = i;
			plot->mark[plot->marks++] = mark;
			return;
		}
}

void section_latency_legend(struct page *page, const struct family *family)
{
	char labels[256];

	if (family->curves == 1)
		return;
	html(page->out, "<p class=\"legend\">");
	for (size_t c = 0; c < family->curves; c++) {
		field_labels(json_object_get(family->drawn[c], "labels"), family->common, labels,
			sizeof(labels));
		figure_legend(page, PLOT_INK_CURVE + (enum plot_ink)c,
			*labels ? labels : "without labels");
	}
	html(page->out, "</p>\n");
}

static void write_percentiles(struct page *page, const struct family *family)
{
	struct plot plot = {.axis = PLOT_PERCENTILE, .curves = family->curves};
	struct plot_point *points = calloc(PLOT_CURVES * CURVE_POINTS, sizeof(*points));
	char *caption = describe_family(family);

	if (!points || !caption)
		goto out;
	for (size_t c = 0; c < family->curves; c++) {
		const struct curve *curve = &family->curve[c];
		struct plot_point *at = points + c * CURVE_POINTS;

		for (size_t i = 0; i < curve->points; i++)
			at[i] = (struct plot_point){curve->at[i].inverse, curve->at[i].latency_s};
		plot.curve[c] =
			(struct plot_curve){at, curve->points, PLOT_INK_CURVE + (enum plot_ink)c};
	}
	for (size_t i = 0; i < family->limits; i++) {
		plot_add_limit(&plot, family->limit[i].limit_s);
		add_mark_to_plot(&plot, family, &family->limit[i]);
	}
	figure_open(page, &plot, NULL, caption);
	section_latency_legend(page, family);
	figure_caption(page, caption);
	html(page->out, "</figure>\n");
out:
	free(points);
	free(caption);
}

/* Samples that no curve shows must be spoken of. */
static void write_cautions(struct page *page, const struct family *family)
{
	size_t beyond = 0;

	for (size_t i = 0; i < family->count; i++)
		beyond += field_count(family->distributions[i], "beyond_range");
	if (beyond)
		html(page->out,
			"<p class=\"caution\"><strong>%zu samples took longer than an hour</strong> "
			"and are in no curve and no percentile here.</p>\n",
			beyond);
	if (family->problem.text[0])
		html(page->out, "<p class=\"caution\">A curve is missing: %s.</p>\n",
			family->problem.text);
}

/* Of more curves than there is room for, a few that came first would say nothing, and what their
 * quantiles are a function of stands among the sweeps. */
static bool is_swept(const json_t *result, const struct family *family)
{
	const json_t *median = family_metric(result, family->distributions[0], 0.5);

	return family->count > PLOT_CURVES && grid_kind(median) == GRID_SWEEP;
}

static void write_heading(
	struct page *page, const struct family *family, const char *title, bool swept)
{
	char labels[256];

	field_labels(family->common, NULL, labels, sizeof(labels));
	html(page->out, "<section class=\"latency%s\">\n<h3>%s", swept ? " swept" : "", title);
	if (*labels)
		html(page->out, " <span class=\"labels\">%s</span>", labels);
	html(page->out, "</h3>\n<div class=\"figures\">\n");
}

static void write_family(
	struct page *page, const json_t *result, const struct family *family, const char *title)
{
	bool swept = is_swept(result, family);

	write_heading(page, family, title, swept);
	if (family->curves && !swept) {
		write_percentiles(page, family);
		section_boxes(page, family);
	}
	section_series(page, result, family);
	html(page->out, "</div>\n");
	write_cautions(page, family);
	if (swept)
		html(page->out,
			"<details><summary>%zu latencies; their course is drawn above</summary>\n",
			family->count);
	section_quantiles(page, result, family);
	html(page->out, swept ? "</details>\n</section>\n" : "</section>\n");
}

void section_latencies(struct page *page, const json_t *result)
{
	const json_t *distributions = json_object_get(result, "distributions");

	for (size_t i = 0; i < json_array_size(distributions); i++) {
		const json_t *distribution = json_array_get(distributions, i);

		if (family_seen(distributions, i))
			continue;
		struct family *family = family_new(page->verdict, result, i);
		if (!family)
			continue;
		write_family(page, result, family, field_text(distribution, "title", "Latency"));
		family_free(family);
	}
}
