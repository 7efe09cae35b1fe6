#include "report.h"

#include "field.h"
#include "html.h"
#include "report_css.h"
#include "section.h"

#include <errno.h>

/* Nothing is fetched and nothing is run: the page's own style is all it may use. */
static void write_head(struct page *page)
{
	char date[64];

	html(page->out,
		"<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
		"<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; "
		"style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'\">\n"
		"<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
		"<meta name=\"color-scheme\" content=\"light dark\">\n"
		"<meta name=\"referrer\" content=\"no-referrer\">\n"
		"<title>seatrial: %s, %s</title>\n<style>\n",
		field_text(page->verdict, "overall", "no verdict"),
		field_time(page->run, "started", date, sizeof(date)));
	fputs(report_css, page->out);
	html(page->out,
		"</style>\n</head>\n<body>\n<main>\n<p class=\"brand\">seatrial report, run %s</p>\n",
		field_text(page->run, "id", "unknown"));
}

static void write_evidence(struct page *page)
{
	const json_t *results = json_object_get(page->run, "results");
	size_t i;
	json_t *result;

	if (!json_array_size(results))
		html(page->out,
			"<section class=\"result\"><h2>No evidence</h2>\n<p>The run holds no result: no "
			"benchmark was finished.</p></section>\n");
	json_array_foreach(results, i, result)
		section_result(page, result, i);
}

/* Said once, at the end; every missing plot says why in its place. */
static void write_plot_note(struct page *page)
{
	if (page->plotter.failed)
		html(page->out,
			"<p class=\"caution\"><strong>The plots are missing.</strong> %s. Every number is "
			"in the tables.</p>\n",
			page->plotter.problem.text);
}

int report_html(const json_t *run, const json_t *verdict, const struct report_options *options,
	FILE *out, struct problem *problem)
{
	struct page page = {
		.out = out,
		.run = run,
		.verdict = verdict,
		.signatures = options ? options->signatures : NULL,
		.plotter = {.program = options && options->gnuplot ? options->gnuplot : "gnuplot"},
	};

	if (!json_is_object(run))
		return problem_set(problem, -EINVAL,
			"The run is not a JSON object, so there is nothing to report");
	write_head(&page);
	section_answer(&page);
	section_host(&page);
	section_requirements(&page);
	section_notes(&page);
	write_evidence(&page);
	write_plot_note(&page);
	section_provenance(&page);
	html(out, "</main>\n</body>\n</html>\n");
	if (fflush(out) != 0 || ferror(out))
		return problem_errno(problem, "Cannot write the report");
	return 0;
}
