#include "section.h"

#include "box.h"
#include "family.h"
#include "field.h"
#include "figure.h"
#include "html.h"
#include "units.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* What is drawn of each repetition, and stands in the table. */
static const double quantiles[] = {0.01, 0.25, 0.5, 0.75, 0.99};
#define QUANTILES (sizeof(quantiles) / sizeof(quantiles[0]))
static const char *const names[QUANTILES] = {"1 %", "25 %", "median", "75 %", "99 %"};

/* Reading each takes a while; a figure of more says no more. */
#define REPETITIONS_MOST 1200

/* The repetitions of the curves that are drawn: one list, curve by curve, in which `each`
 * neighbours share a box. */
struct gathered {
	struct boxes boxes;
	struct box box[BOXES_MAX];
	uint64_t samples[BOXES_MAX];
	size_t count, each, most; /* most: repetitions of one curve */
};

static struct box box_of(const struct histogram *histogram)
{
	double at_s[QUANTILES];

	for (size_t i = 0; i < QUANTILES; i++)
		at_s[i] = (double)histogram_quantile_ns(histogram, quantiles[i]) / 1e9;
	return (struct box){at_s[0], at_s[1], at_s[2], at_s[3], at_s[4]};
}

/* What `each` repetitions from `first` hold together, or NULL. The caller frees it. */
static struct histogram *merge(const json_t *repetitions, size_t first, size_t each)
{
	struct histogram *all = histogram_new();

	for (size_t i = first; all && i < first + each && i < json_array_size(repetitions); i++) {
		const char *text = json_string_value(json_array_get(repetitions, i));
		struct histogram *own;

		if (!text || histogram_decode(text, &own, NULL) < 0) {
			histogram_free(all);
			return NULL;
		}
		histogram_merge(all, own);
		histogram_free(own);
	}
	return all;
}

/* A repetition without a sample has no box, and what cannot be read has no figure. */
static bool gather(struct gathered *gathered, const json_t *repetitions)
{
	struct box_group *group = &gathered->boxes.group[gathered->boxes.groups];

	*group = (struct box_group){.box = gathered->box + gathered->count};
	for (size_t i = 0; i < json_array_size(repetitions); i += gathered->each) {
		struct histogram *histogram = merge(repetitions, i, gathered->each);

		if (!histogram || !histogram->total) {
			histogram_free(histogram);
			return false;
		}
		gathered->box[gathered->count] = box_of(histogram);
		gathered->samples[gathered->count++] = histogram->total;
		group->count++;
		histogram_free(histogram);
	}
	gathered->boxes.groups++;
	return true;
}

static const json_t *repetitions_of(const struct family *family, size_t curve)
{
	return json_object_get(family->drawn[curve], "repetitions");
}

/* For the caller to free; NULL when there is nothing to set side by side. */
static struct gathered *gather_all(const struct family *family)
{
	struct gathered *gathered = calloc(1, sizeof(*gathered));
	size_t all = 0;

	if (!gathered)
		return NULL;
	for (size_t c = 0; c < family->curves; c++) {
		size_t count = json_array_size(repetitions_of(family, c));

		all += count;
		gathered->most = count > gathered->most ? count : gathered->most;
	}
	gathered->each = 1;
	while (all / gathered->each + family->curves > BOXES_MAX)
		gathered->each++;
	gathered->boxes.numbered = family->curves == 1 && gathered->each == 1;
	bool whole = gathered->most > 1 && all <= REPETITIONS_MOST;
	for (size_t c = 0; whole && c < family->curves; c++)
		whole = gather(gathered, repetitions_of(family, c));
	if (whole)
		return gathered;
	free(gathered);
	return NULL;
}

static const char *format_s(double seconds, char *buffer, size_t size)
{
	return units_format(seconds, "s", buffer, size);
}

static void describe(const struct gathered *gathered, char *text, size_t size)
{
	double least = INFINITY, most = 0;
	char low[32], high[32], each[64] = "Each box is the middle half of one repetition";

	for (size_t i = 0; i < gathered->count; i++) {
		least = fmin(least, gathered->box[i].median_s);
		most = fmax(most, gathered->box[i].median_s);
	}
	if (gathered->each > 1)
		snprintf(each, sizeof(each), "Each box is the middle half of %zu repetitions",
			gathered->each);
	snprintf(text, size,
		"%s, with its median; lines reach from the 1st to the 99th percentile.", each);
	size_t used = strlen(text);
	if (gathered->boxes.groups > 1) {
		snprintf(text + used, size - used,
			" From left to right they stand in the legend's order.");
		return;
	}
	snprintf(text + used, size - used, " Medians are from %s to %s.",
		format_s(least, low, sizeof(low)), format_s(most, high, sizeof(high)));
}

static void write_row(struct page *page, const char *name, const struct gathered *gathered,
	size_t index, size_t repetition)
{
	const struct box *box = &gathered->box[index];
	const double at_s[QUANTILES] = {
		box->low_s, box->lower_s, box->median_s, box->upper_s, box->high_s};
	char text[40];

	html(page->out, "<tr><th scope=\"row\">%s%zu", name, repetition + 1);
	if (gathered->each > 1)
		html(page->out, " and on");
	html(page->out, "</th><td data-label=\"samples\">%s</td>",
		field_thousands((size_t)gathered->samples[index], text, sizeof(text)));
	for (size_t i = 0; i < QUANTILES; i++)
		html(page->out, "<td data-label=\"%s\">%s</td>", names[i],
			format_s(at_s[i], text, sizeof(text)));
	html(page->out, "</tr>\n");
}

static void write_table(
	struct page *page, const struct family *family, const struct gathered *gathered)
{
	size_t index = 0;

	html(page->out,
		"<details><summary>The numbers of each box</summary>\n<div class=\"scroll\" "
		"tabindex=\"0\" role=\"group\" aria-label=\"Table\"><table class=\"numbers\"><thead>"
		"<tr><th scope=\"col\">repetition</th><th scope=\"col\">samples</th>");
	for (size_t i = 0; i < QUANTILES; i++)
		html(page->out, "<th scope=\"col\">%s</th>", names[i]);
	html(page->out, "</tr></thead><tbody>\n");
	for (size_t g = 0; g < gathered->boxes.groups; g++) {
		char labels[256], name[272] = "";

		field_labels(json_object_get(family->drawn[g], "labels"), family->common, labels,
			sizeof(labels));
		if (*labels)
			snprintf(name, sizeof(name), "%s: ", labels);
		for (size_t i = 0; i < gathered->boxes.group[g].count; i++)
			write_row(page, name, gathered, index++, i * gathered->each);
	}
	html(page->out, "</tbody></table></div></details>\n");
}

void section_boxes(struct page *page, const struct family *family)
{
	struct gathered *gathered = gather_all(family);
	char caption[400];

	if (!gathered)
		return;
	describe(gathered, caption, sizeof(caption));
	figure_open_script(page, box_script(&gathered->boxes), NULL, caption);
	section_latency_legend(page, family);
	figure_caption(page, caption);
	write_table(page, family, gathered);
	html(page->out, "</figure>\n");
	free(gathered);
}
