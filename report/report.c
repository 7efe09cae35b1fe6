#include "report.h"

#include "field.h"
#include "frame.h"
#include "html.h"

#include <errno.h>

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

static void write_body(struct page *page)
{
	if (page->options->paper) {
		section_summary(page);
	} else {
		html(page->out, "<p class=\"brand\">seatrial report, run %s</p>\n",
			field_text(page->run, "id", "unknown"));
		section_answer(page);
	}
	section_host(page);
	section_requirements(page);
	section_notes(page);
	write_evidence(page);
	section_provenance(page);
	section_raw(page);
}

static void write_list(struct page *page)
{
	const json_t *suite = json_object_get(page->run, "suite");
	const json_t *host = json_object_get(page->run, "host");
	char text[512];

	section_item(page, "Label", field_text(page->run, "label", NULL));
	section_item(page, "Measured", field_time(page->run, "started", text, sizeof(text)));
	section_item(page, "Run", field_text(page->run, "id", "unknown"));
	section_item(page, "Host identity", field_text(host, "id", "unknown"));
	section_item(page, "Processor", field_text(host, "cpu", "unknown"));
	section_item(page, "Preset", field_text(page->run, "preset", NULL));
	snprintf(text, sizeof(text), "%s, commit %s", field_text(suite, "version", "unknown"),
		field_text(suite, "commit", "unknown"));
	section_item(page, "Measured with seatrial", text);
	if (page->options->source)
		section_item(page, "SHA-256 of the run", page->options->source->sha256);
	section_signatures(page);
}

int report_html(const json_t *run, const json_t *verdict, const struct report_options *options,
	FILE *out, struct problem *problem)
{
	static const struct report_options plain;
	struct page page = {
		.out = out,
		.run = run,
		.verdict = verdict,
		.options = options ? options : &plain,
	};
	const char *overall = field_text(verdict, "overall", "");
	struct title title = {
		.tone = section_tone(overall),
		.created = field_text(run, "started", ""),
		.keywords = "Kubernetes, host, benchmark, verdict",
		.heading = "Report on a host",
		.write_list = write_list,
	};
	char date[64];

	if (!json_is_object(run))
		return problem_set(problem, -EINVAL,
			"The run is not a JSON object, so there is nothing to report");
	snprintf(title.name, sizeof(title.name), "%s, %s",
		field_text(verdict, "overall", "no verdict"),
		field_time(run, "started", date, sizeof(date)));
	snprintf(title.answer, sizeof(title.answer), "%s", section_answer_sentence(overall));
	return frame_write(&page, &title, write_body, problem);
}
