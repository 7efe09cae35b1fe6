#include "section.h"

#include "candidate.h"
#include "field.h"
#include "html.h"

#include <string.h>

static void write_verdict(struct page *page, const char *candidate, const json_t *verdict)
{
	const char *overall = field_text(verdict, "overall", "not enough evidence");

	html(page->out,
		"<tr><th scope=\"row\">%s</th><td data-label=\"profile\"><span>%s</span></td>"
		"<td class=\"status\" data-label=\"verdict\" data-value=\"%zu\">",
		candidate,
		field_text(verdict, "title", field_text(verdict, "profile", "unnamed profile")),
		section_verdict_place(overall));
	section_badge(page, overall);
	html(page->out, "</td><td data-label=\"why\"><span>%s</span></td></tr>\n",
		field_text(verdict, "why", ""));
}

void section_verdicts(struct page *page)
{
	const json_t *candidates = json_object_get(page->document, "candidates");
	size_t i, v;
	json_t *candidate, *verdict;

	html(page->out,
		"<section class=\"verdicts\">\n<h2>Verdict on each candidate</h2>\n"
		"<div class=\"scroll\" tabindex=\"0\" role=\"group\" aria-label=\"Table\"><table class=\"sortable worded verdicts\"><thead><tr>"
		"<th scope=\"col\">Candidate</th><th scope=\"col\">Profile</th>"
		"<th scope=\"col\">Verdict</th><th scope=\"col\">Why</th></tr></thead><tbody>\n");
	json_array_foreach(candidates, i, candidate)
		json_array_foreach(json_object_get(candidate, "verdicts"), v, verdict)
			if (i < section_rows(page))
				write_verdict(page, candidate_name(page->document, i), verdict);
	html(page->out, "</tbody></table></div>\n");
	html(page->out, "</section>\n");
}

static void write_run(struct page *page, const char *candidate, const json_t *run)
{
	const json_t *suite = json_object_get(run, "suite");
	char text[512], date[64];

	if (json_is_object(suite))
		snprintf(text, sizeof(text), "%s", field_text(suite, "version", "unknown"));
	else
		snprintf(text, sizeof(text), "%s", field_text(run, "suite", "unknown"));
	html(page->out,
		"<tr><th scope=\"row\">%s</th><td data-label=\"run\"><span>%s<small>%s</small></span></td>"
		"<td data-label=\"measured\"><span>%s</span></td><td data-label=\"seatrial\"><span>%s</span>"
		"</td><td data-label=\"SHA-256\"><code>%s</code></td></tr>\n",
		candidate, field_text(run, "id", "unknown"), field_text(run, "label", ""),
		field_time(run, "started", date, sizeof(date)), text,
		field_text(run, "sha256", "not recorded"));
}

static void write_runs(struct page *page, const json_t *candidates)
{
	size_t i, r, rows = 0;
	json_t *candidate, *run;

	html(page->out,
		"<h3>Runs</h3>\n<div class=\"scroll\" tabindex=\"0\" role=\"group\" aria-label=\"Table\"><table class=\"sortable worded runs\"><thead><tr>"
		"<th scope=\"col\">Candidate</th><th scope=\"col\">Run</th>"
		"<th scope=\"col\">Measured</th><th scope=\"col\">seatrial</th>"
		"<th scope=\"col\">SHA-256 of the file</th></tr></thead><tbody>\n");
	json_array_foreach(candidates, i, candidate)
		json_array_foreach(json_object_get(candidate, "runs"), r, run)
			if (rows++ < section_rows(page))
				write_run(page, candidate_name(page->document, i), run);
	html(page->out, "</tbody></table></div>\n");
	if (rows > section_rows(page))
		html(page->out, "<p class=\"lead\">%zu more runs are in the document.</p>\n",
			rows - section_rows(page));
}

static void write_candidate(struct page *page, size_t index, const json_t *candidate)
{
	const json_t *host =
		json_object_get(json_array_get(json_object_get(candidate, "runs"), 0), "host");
	const char *link = field_text(candidate, "link", NULL);
	char price[128];

	html(page->out,
		"<tr><th scope=\"row\">%s</th><td data-label=\"provider\"><span>%s<small>%s</small>"
		"</span></td>",
		candidate_name(page->document, index),
		field_text(candidate, "provider", "not given"),
		field_text(candidate, "region", ""));
	html(page->out, "<td data-label=\"host\"><span>%s<small>%s</small></span></td>",
		field_text(host, "cpu", "unknown"), field_text(host, "os", ""));
	candidate_price(page->document, index, price, sizeof(price));
	html(page->out,
		"<td data-label=\"price\"><span>%s</span></td><td data-label=\"offer\"><span>",
		*price ? price : "unknown");
	html_linked(page->out, link ? link : "not given");
	html(page->out, "</span></td></tr>\n");
}

void section_candidates(struct page *page)
{
	const json_t *candidates = json_object_get(page->document, "candidates");
	size_t i;
	json_t *candidate;

	html(page->out,
		"<section class=\"candidates\">\n<h2>Candidates and their runs</h2>\n"
		"<div class=\"scroll\" tabindex=\"0\" role=\"group\" aria-label=\"Table\"><table class=\"sortable worded hosts\"><thead><tr>"
		"<th scope=\"col\">Candidate</th><th scope=\"col\">Provider and region</th>"
		"<th scope=\"col\">Host</th><th scope=\"col\">Price</th><th scope=\"col\">Offer</th>"
		"</tr></thead><tbody>\n");
	json_array_foreach(candidates, i, candidate)
		if (i < section_rows(page))
			write_candidate(page, i, candidate);
	html(page->out, "</tbody></table></div>\n");
	write_runs(page, candidates);
	html(page->out, "</section>\n");
}

/* What a document gives reasons for, at `key`. */
static void write_reasons(struct page *page, const char *key, const char *title)
{
	const json_t *items = json_object_get(page->document, key);
	size_t i;
	json_t *item;

	if (!json_array_size(items))
		return;
	html(page->out, "<section class=\"skipped\">\n<h2>%s</h2>\n<ul>\n", title);
	json_array_foreach(items, i, item)
		html(page->out, "<li><strong>%s</strong> %s</li>\n",
			field_text(item, "what", "something"), field_text(item, "why", ""));
	html(page->out, "</ul>\n</section>\n");
}

void section_left_out(struct page *page)
{
	write_reasons(page, "mixed", "Compared although it was measured in different ways");
	write_reasons(page, "not_compared", "What was left out");
}
