#include "section.h"

#include "candidate.h"
#include "field.h"
#include "forest.h"
#include "html.h"
#include "units.h"

#include <math.h>
#include <string.h>

static struct interval ratio_of(const json_t *difference)
{
	struct interval ratio = {.value = NAN, .low = -INFINITY, .high = INFINITY};

	field_number(difference, "ratio", &ratio.value);
	field_number(difference, "low", &ratio.low);
	field_number(difference, "high", &ratio.high);
	return ratio;
}

/* The badge of a difference: how sure it is, and which way. */
static const char *finding_of(const json_t *difference)
{
	const char *class = field_text(difference, "class", "not enough evidence");
	const char *direction = field_text(difference, "direction", "none");
	bool better = strcmp(direction, "better") == 0, worse = strcmp(direction, "worse") == 0;

	if (strcmp(class, "real") == 0)
		return better ? "better" : worse ? "worse" : "different";
	if (strcmp(class, "likely") == 0)
		return better ? "likely better" : worse ? "likely worse" : "different";
	return strcmp(class, "noise") == 0 ? "noise" : "not enough evidence";
}

static void write_ratio(struct page *page, const struct interval *ratio)
{
	char value[64] = "unknown", number[64], range[160], key[32] = "";

	if (isfinite(ratio->value)) {
		snprintf(value, sizeof(value), "\u00d7%s",
			units_format_ratio(ratio->value, number, sizeof(number)));
		snprintf(key, sizeof(key), "%.9g", ratio->value);
	}
	units_format_ratio_range(ratio->low, ratio->high, range, sizeof(range));
	html(page->out, "<td data-label=\"ratio\" data-value=\"%s\"><span><b>%s</b>", key, value);
	if (*range)
		html(page->out, "<small>(%s)</small>", range);
	html(page->out, "</span></td>");
}

static void write_reading(
	struct page *page, const char *label, const json_t *metric, size_t candidate)
{
	const char *unit = field_text(metric, "unit", "1");
	char text[160] = "not measured", range[400];
	struct interval reading;
	bool measured = candidate_interval(candidate_value(metric, candidate), &reading);

	if (measured)
		units_format(reading.value, unit, text, sizeof(text));
	html(page->out, "<td data-label=\"%s\"><span>%s", label, text);
	if (measured)
		html(page->out, "<small>(%s)</small>",
			*units_format_range(&reading, unit, range, sizeof(range)) ? range
										  : "no interval");
	html(page->out, "</span></td>");
}

static void write_name(struct page *page, const json_t *metric)
{
	char labels[256];

	field_labels(json_object_get(metric, "labels"), NULL, labels, sizeof(labels));
	html(page->out, "%s", field_text(metric, "title", field_text(metric, "name", "unnamed")));
	if (*labels)
		html(page->out, " <span class=\"labels\">%s</span>", labels);
	html(page->out, "<small>%s is better</small>",
		strcmp(field_text(metric, "better", "lower"), "lower") == 0 ? "less" : "more");
}

static void write_finding(struct page *page, const json_t *difference)
{
	double effect;
	char text[32];

	html(page->out, "<td data-label=\"finding\"><span>");
	section_badge(page, finding_of(difference));
	if (field_number(difference, "effect", &effect) && fabs(effect) <= 1) {
		snprintf(text, sizeof(text), "%s%.2f", effect < 0 ? "\u2212" : "", fabs(effect));
		html(page->out, "<small>effect %s</small>", text);
	}
	html(page->out, "</span></td>");
}

static void write_difference(struct page *page, const struct forest *forest, const json_t *metric,
	const json_t *difference, size_t baseline)
{
	size_t candidate;
	struct interval ratio = ratio_of(difference);

	if (!candidate_index(page->document, json_object_get(difference, "candidate"), &candidate))
		return;
	html(page->out, "<tr><th scope=\"row\">");
	write_name(page, metric);
	html(page->out, "</th><td data-label=\"candidate\">%s</td>",
		candidate_name(page->document, candidate));
	write_reading(page, "baseline", metric, baseline);
	write_reading(page, "reads", metric, candidate);
	html(page->out, "<td class=\"drawing\">");
	forest_row(forest, &ratio, page->out);
	html(page->out, "</td>");
	write_ratio(page, &ratio);
	write_finding(page, difference);
	html(page->out, "</tr>\n");
}

static size_t count_rows(const struct page *page, const json_t *metrics, struct forest *forest)
{
	size_t i, d, rows = 0;
	json_t *metric, *difference;

	json_array_foreach(metrics, i, metric)
		json_array_foreach(json_object_get(metric, "differences"), d, difference)
			if (rows++ < section_rows(page)) {
				struct interval ratio = ratio_of(difference);

				forest_widen(forest, &ratio);
			}
	return rows;
}

static void write_rows(
	struct page *page, const struct forest *forest, const json_t *metrics, size_t baseline)
{
	size_t i, d, rows = 0;
	json_t *metric, *difference;

	json_array_foreach(metrics, i, metric)
		json_array_foreach(json_object_get(metric, "differences"), d, difference)
			if (rows++ < section_rows(page))
				write_difference(page, forest, metric, difference, baseline);
}

/* How many differences there are of each kind, of one candidate. */
static void write_tally(struct page *page, size_t candidate)
{
	static const char *const findings[] = {"worse", "likely worse", "better", "likely better",
		"different", "noise", "not enough evidence"};
	size_t count[sizeof(findings) / sizeof(findings[0])] = {0}, i, d, index, all = 0;
	json_t *metric, *difference;

	json_array_foreach(json_object_get(page->document, "metrics"), i, metric)
		json_array_foreach(json_object_get(metric, "differences"), d, difference) {
			if (!candidate_index(page->document,
				    json_object_get(difference, "candidate"), &index) ||
				index != candidate)
				continue;
			for (size_t f = 0; f < sizeof(findings) / sizeof(findings[0]); f++)
				count[f] += strcmp(findings[f], finding_of(difference)) == 0;
		}
	html(page->out, "<p class=\"tally\"><span>%s:</span> ",
		candidate_name(page->document, candidate));
	for (size_t f = 0; f < sizeof(findings) / sizeof(findings[0]); f++)
		if (count[f]) {
			all += count[f];
			html(page->out, "<span>%zu ", count[f]);
			section_badge(page, findings[f]);
			html(page->out, "</span> ");
		}
	if (!all)
		html(page->out, "nothing could be compared");
	html(page->out, "</p>\n");
}

#define TALLIES 24

static void write_tallies(struct page *page, size_t candidates, size_t baseline)
{
	size_t others = candidates ? candidates - 1 : 0, tallies = 0;

	for (size_t i = 0; i < candidates && tallies < TALLIES; i++)
		if (i != baseline && ++tallies)
			write_tally(page, i);
	if (others > tallies)
		html(page->out, "<p class=\"tally\">and %zu more, in the table below</p>\n",
			others - tallies);
}

void section_differences(struct page *page)
{
	const json_t *metrics = json_object_get(page->document, "metrics");
	size_t candidates = json_array_size(json_object_get(page->document, "candidates"));
	size_t baseline = field_count(page->document, "baseline");
	const char *caveat = field_text(page->document, "caveat", "");
	struct forest forest = forest_of_ratios();
	size_t rows = count_rows(page, metrics, &forest);

	html(page->out, "<section class=\"differences\">\n<h2>What differs from %s</h2>\n",
		candidate_name(page->document, baseline));
	if (!rows) {
		html(page->out,
			"<p>There is no metric that all have measured alike.</p></section>\n");
		return;
	}
	write_tallies(page, candidates, baseline);
	html(page->out,
		"<p class=\"lead\">Each disc is the ratio to %s, each bar its 95 %% interval; \u00d71 is "
		"equal, and a hollow disc may be equal, too. The scale is logarithmic: half is as far "
		"from equal as double. The effect is Cliff's delta: 1 when every value of the "
		"candidate is above every one of %s, \u22121 when below, near 0 when they mix.%s%s</p>\n"
		"<div class=\"scroll\" tabindex=\"0\" role=\"group\" aria-label=\"Table\"><table class=\"numbers sortable compared\"><thead><tr>"
		"<th scope=\"col\">Metric</th><th scope=\"col\">Candidate</th>"
		"<th scope=\"col\">%s</th><th scope=\"col\">Candidate reads</th><td class=\"drawing\">",
		candidate_name(page->document, baseline), candidate_name(page->document, baseline),
		*caveat ? " " : "", caveat, candidate_name(page->document, baseline));
	forest_axis(&forest, page->out);
	html(page->out,
		"</td><th scope=\"col\">Ratio</th><th scope=\"col\">Finding</th></tr></thead>"
		"<tbody>\n");
	write_rows(page, &forest, metrics, baseline);
	html(page->out, "</tbody></table></div>\n");
	if (rows > section_rows(page))
		html(page->out,
			"<p class=\"lead\">%zu more rows are in the document and its CSV.</p>\n",
			rows - section_rows(page));
	html(page->out, "</section>\n");
}
