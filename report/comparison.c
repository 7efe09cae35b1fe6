#include "report.h"

#include "candidate.h"
#include "field.h"
#include "frame.h"
#include "html.h"
#include "units.h"

#include <errno.h>
#include <math.h>
#include <string.h>

/* On the title page. */
#define NAMES_LISTED 6

#define REASONS 3

/* In one sentence: who meets the first profile, and the cheapest of them. */
static void write_answer(const json_t *comparison, char *text, size_t size)
{
	const json_t *ranking = json_array_get(json_object_get(comparison, "rankings"), 0);
	size_t candidates = json_array_size(json_object_get(comparison, "candidates"));
	size_t suitable = json_array_size(json_object_get(ranking, "suitable")), cheapest;
	const char *title = field_text(ranking, "title", "the profile");
	char price[128], name[CANDIDATE_NAME_MAX];

	if (!ranking)
		snprintf(text, size, "%zu candidates, judged by no common profile.", candidates);
	else if (!suitable)
		snprintf(text, size, "None of %zu candidates meets “%.200s”.", candidates, title);
	else if (candidate_index(comparison, json_object_get(ranking, "cheapest"), &cheapest))
		snprintf(text, size,
			"%zu of %zu candidates meet “%.160s”; the cheapest %sis %s%s%s.", suitable,
			candidates, title,
			candidate_all_priced(comparison, json_object_get(ranking, "suitable"))
				? ""
				: "whose price is known ",
			candidate_short_name(comparison, cheapest, name, sizeof(name)),
			*candidate_price(comparison, cheapest, price, sizeof(price)) ? ", " : "",
			price);
	else
		snprintf(text, size, "%zu of %zu candidates meet “%.200s”.", suitable, candidates,
			title);
}

static const char *tone_of(const json_t *comparison)
{
	const json_t *ranking = json_array_get(json_object_get(comparison, "rankings"), 0);

	if (!ranking)
		return "open";
	return json_array_size(json_object_get(ranking, "suitable")) ? "good" : "bad";
}

/* Metrics whose difference is real, the largest first. */
struct largest {
	const json_t *metric, *difference; /* borrowed */
	double size;
};

static void consider(struct largest *best, const json_t *metric, const json_t *difference)
{
	double ratio;
	size_t at = REASONS;

	if (strcmp(field_text(difference, "class", ""), "real") != 0 ||
		!field_number(difference, "ratio", &ratio) || !(ratio > 0))
		return;
	const struct largest own = {metric, difference, fabs(log(ratio))};
	while (at > 0 && own.size > best[at - 1].size)
		at--;
	if (at == REASONS)
		return;
	memmove(best + at + 1, best + at, (REASONS - 1 - at) * sizeof(*best));
	best[at] = own;
}

static void write_largest(struct page *page)
{
	struct largest best[REASONS] = {{NULL, NULL, 0}};
	size_t i, d, index, baseline = field_count(page->document, "baseline");
	json_t *metric, *difference;

	json_array_foreach(json_object_get(page->document, "metrics"), i, metric)
		json_array_foreach(json_object_get(metric, "differences"), d, difference)
			consider(best, metric, difference);
	html(page->out, "<h3>The largest differences</h3>\n<ol>\n");
	for (i = 0; i < REASONS && best[i].metric; i++) {
		char before[256], after[256], name[CANDIDATE_NAME_MAX], other[CANDIDATE_NAME_MAX];
		const char *unit = field_text(best[i].metric, "unit", "1");

		if (!candidate_index(page->document,
			    json_object_get(best[i].difference, "candidate"), &index))
			continue;
		html(page->out, "<li><strong>%s</strong> %s reads %s, %s %s: %s.</li>\n",
			field_text(best[i].metric, "title", "unnamed"),
			candidate_short_name(page->document, index, name, sizeof(name)),
			candidate_reading(
				candidate_value(best[i].metric, index), unit, after, sizeof(after)),
			candidate_short_name(page->document, baseline, other, sizeof(other)),
			candidate_reading(candidate_value(best[i].metric, baseline), unit, before,
				sizeof(before)),
			field_text(best[i].difference, "direction", "different"));
	}
	if (i == 0)
		html(page->out, "<li>No difference is real: all may be noise.</li>\n");
	html(page->out, "</ol>\n");
}

static void write_unknown(struct page *page)
{
	const json_t *items = json_object_get(page->document, "not_compared");
	size_t i, d, open = 0;
	json_t *metric, *difference, *item;

	json_array_foreach(json_object_get(page->document, "metrics"), i, metric)
		json_array_foreach(json_object_get(metric, "differences"), d, difference)
			open += strcmp(field_text(difference, "class", "not enough evidence"),
					"not enough evidence") == 0;
	html(page->out,
		"<h3>What is not known</h3>\n<ul>\n<li>%zu %s could not be decided: not enough "
		"repetitions.</li>\n",
		open, open == 1 ? "difference" : "differences");
	json_array_foreach(items, i, item)
		if (i < REASONS)
			html(page->out, "<li><strong>%s</strong> %s</li>\n",
				field_text(item, "what", "something"), field_text(item, "why", ""));
	if (json_array_size(items) > REASONS)
		html(page->out, "<li>%zu more are named under “What was left out”.</li>\n",
			json_array_size(items) - REASONS);
	html(page->out, "</ul>\n");
}

static void write_limits(struct page *page)
{
	double threshold = NAN;
	char text[40];

	field_number(json_object_get(page->document, "settings"), "threshold", &threshold);
	html(page->out,
		"<section class=\"provenance\">\n<h2>Method and limits</h2>\n"
		"<p>Each candidate was measured by itself; only metrics with the same parameters, "
		"measured by versions that measure alike, are compared. A difference of at least %s is "
		"called real when chance alone would show one, in any metric, in fewer than 1 of 100 "
		"comparisons, and likely in fewer than 1 of 20. Noise is what is most probably less than twice "
		"that; of anything else there is not enough evidence.</p>\n"
		"<p>The value of a run is what its verdicts say: the quantile of all samples, the rate "
		"of all events or the median of all repetitions. Several runs have the median of "
		"their values, with the interval of a median from 6 runs on and, of fewer, one that "
		"holds those of all runs; of rare events they have the rate of all. A ratio is "
		"estimated from the repetitions or runs that are tested: it may differ a little from "
		"the ratio of two values. A run that two candidates have is no evidence of a "
		"difference between them, which are compared without it.</p>\n"
		"<p>A ratio holds for the time of the measurement. Machines of one offer differ, and "
		"their neighbours change: two runs on two days tell more than one. Prices are as they "
		"were given and were not checked.</p>\n</section>\n",
		units_format_limit(threshold, "ratio", text, sizeof(text)));
}

static void write_body(struct page *page)
{
	const char *tone = tone_of(page->document);
	char answer[512], name[CANDIDATE_NAME_MAX];

	write_answer(page->document, answer, sizeof(answer));
	if (page->options->paper) {
		html(page->out,
			"<section class=\"summary\">\n<h2>Summary</h2>\n"
			"<div class=\"answer %s\"><p>%s %s</p></div>\n",
			tone, section_symbol(tone), answer);
	} else {
		html(page->out,
			"<p class=\"brand\">seatrial comparison</p>\n"
			"<section class=\"answer long %s\" aria-label=\"Answer\">\n"
			"<h1><span class=\"mark\" aria-hidden=\"true\">%s</span><span>%s</span></h1>\n",
			tone, section_symbol(tone), answer);
	}
	section_choice(page);
	if (page->options->paper) {
		html(page->out,
			"<h3>What was judged</h3>\n<p>%zu candidates by %zu metrics that they have "
			"alike, each compared with %s.</p>\n",
			json_array_size(json_object_get(page->document, "candidates")),
			json_array_size(json_object_get(page->document, "metrics")),
			candidate_short_name(page->document,
				field_count(page->document, "baseline"), name, sizeof(name)));
		write_largest(page);
		write_unknown(page);
	}
	html(page->out, "</section>\n");
	section_ranking(page);
	section_verdicts(page);
	section_needs(page);
	section_differences(page);
	section_spreads(page);
	section_left_out(page);
	section_candidates(page);
	write_limits(page);
	section_raw(page);
}

/* "3: small, large, spinning": by name while there is room on a line or two. */
static void list_names(const json_t *comparison, char *text, size_t size)
{
	size_t count = json_array_size(json_object_get(comparison, "candidates"));
	int used = snprintf(text, size, "%zu", count);
	char name[CANDIDATE_NAME_MAX];

	for (size_t i = 0; i < count && i < NAMES_LISTED; i++)
		used += snprintf(text + used, size - (size_t)used, "%s%s", i ? ", " : ": ",
			candidate_short_name(comparison, i, name, sizeof(name)));
	if (count > NAMES_LISTED)
		snprintf(text + used, size - (size_t)used, " and %zu more", count - NAMES_LISTED);
}

static void write_list(struct page *page)
{
	const json_t *suite = json_object_get(page->document, "suite");
	char text[512];

	section_item(page, "Compared", field_time(page->document, "created", text, sizeof(text)));
	list_names(page->document, text, sizeof(text));
	section_item(page, "Candidates", text);
	section_item(page, "Compared with",
		candidate_name(page->document, field_count(page->document, "baseline")));
	snprintf(text, sizeof(text), "%s, commit %s", field_text(suite, "version", "unknown"),
		field_text(suite, "commit", "unknown"));
	section_item(page, "Compared by seatrial", text);
	section_signatures(page);
}

int report_comparison(const json_t *comparison, const struct report_options *options, FILE *out,
	struct problem *problem)
{
	static const struct report_options plain;
	struct page page = {
		.out = out, .document = comparison, .options = options ? options : &plain};
	struct title title = {
		.tone = tone_of(comparison),
		.created = field_text(comparison, "created", ""),
		.keywords = "Kubernetes, host, benchmark, comparison, price",
		.heading = "Comparison of hosts",
		.write_list = write_list,
	};
	char date[64];

	if (!json_is_object(comparison))
		return problem_set(problem, -EINVAL,
			"The comparison is not a JSON object, so there is nothing to report");
	snprintf(title.name, sizeof(title.name), "comparison of %zu candidates, %s",
		json_array_size(json_object_get(comparison, "candidates")),
		field_time(comparison, "created", date, sizeof(date)));
	write_answer(comparison, title.answer, sizeof(title.answer));
	return frame_write(&page, &title, write_body, problem);
}
