#include "report.h"

#include "changes.h"
#include "field.h"
#include "frame.h"
#include "html.h"

#include <errno.h>
#include <string.h>

static size_t count_changes(const json_t *history, size_t *changed)
{
	size_t i, changes = 0;
	json_t *series;

	*changed = 0;
	json_array_foreach(json_object_get(history, "series"), i, series) {
		size_t own = json_array_size(json_object_get(series, "changes"));

		changes += own;
		*changed += own > 0;
	}
	return changes;
}

static size_t count_worse(const json_t *history)
{
	size_t i, c, worse = 0;
	json_t *series, *change;

	json_array_foreach(json_object_get(history, "series"), i, series)
		json_array_foreach(json_object_get(series, "changes"), c, change)
			worse += strcmp(section_change_direction(series, change), "worse") == 0;
	return worse;
}

static void write_answer(const json_t *history, char *text, size_t size)
{
	size_t all = json_array_size(json_object_get(history, "series")), changed;
	size_t changes = count_changes(history, &changed), brief = section_short_series(history);
	char rest[100] = "";

	if (brief)
		snprintf(rest, sizeof(rest), "; %zu %s too short to tell, with fewer than %d runs",
			brief, brief == 1 ? "is" : "are", CHANGES_LEAST);
	if (!all)
		snprintf(text, size, "These runs hold no readings to follow.");
	else if (brief == all)
		snprintf(text, size,
			"Too early to tell: %zu series%s fewer than %d runs%s, too few to show a "
			"change.",
			all, all == 1 ? " has" : " have", CHANGES_LEAST, all == 1 ? "" : " each");
	else if (changes)
		snprintf(text, size, "%zu %s in %zu of %zu series, %zu for the worse%s.", changes,
			changes == 1 ? "change" : "changes", changed, all, count_worse(history),
			rest);
	else if (brief)
		snprintf(text, size, "No change in %zu of %zu series%s.", all - brief, all, rest);
	else
		snprintf(text, size, "No change in %zu series.", all);
}

static const char *tone_of(const json_t *history)
{
	size_t all = json_array_size(json_object_get(history, "series")), changed;

	if (count_changes(history, &changed))
		return "close";
	return section_short_series(history) == all ? "open" : "good";
}

static void write_limits(struct page *page)
{
	html(page->out,
		"<section class=\"provenance\">\n<h2>Method and limits</h2>\n"
		"<p>A change is a run from which on a metric reads differently than before, by more than "
		"its noise and by more than matters in practice. Each disc is the reading of a run, the "
		"band its interval; a letter marks where a change begins.</p>\n"
		"<p>What changed it, the host, its neighbours or the suite, the readings do not tell: "
		"compare the two runs beside the change. A change in the latest few runs may not be "
		"certain enough to be named yet.</p>\n</section>\n");
}

static void write_body(struct page *page)
{
	const char *tone = tone_of(page->document);
	char answer[256];

	write_answer(page->document, answer, sizeof(answer));
	if (page->options->paper)
		html(page->out,
			"<section class=\"overview\">\n<h2>Summary</h2>\n"
			"<div class=\"answer %s\"><p>%s %s</p></div>\n</section>\n",
			tone, section_symbol(tone), answer);
	else
		html(page->out,
			"<p class=\"brand\">seatrial history</p>\n"
			"<section class=\"answer %s\" aria-label=\"Answer\">\n"
			"<h1><span class=\"mark\" aria-hidden=\"true\">%s</span><span>%s</span></h1>\n"
			"</section>\n",
			tone, section_symbol(tone), answer);
	section_changes(page);
	section_trends(page);
	section_left_out(page);
	write_limits(page);
	section_raw(page);
}

static void write_list(struct page *page)
{
	const json_t *suite = json_object_get(page->document, "suite");
	char text[512];

	section_item(page, "Made", field_time(page->document, "created", text, sizeof(text)));
	snprintf(text, sizeof(text), "%zu",
		json_array_size(json_object_get(page->document, "series")));
	section_item(page, "Series", text);
	snprintf(text, sizeof(text), "%s, commit %s", field_text(suite, "version", "unknown"),
		field_text(suite, "commit", "unknown"));
	section_item(page, "Made by seatrial", text);
	section_signatures(page);
}

int report_history(const json_t *history, const struct report_options *options, FILE *out,
	struct problem *problem)
{
	static const struct report_options plain;
	struct page page = {.out = out, .document = history, .options = options ? options : &plain};
	struct title title = {
		.tone = tone_of(history),
		.created = field_text(history, "created", ""),
		.keywords = "Kubernetes, host, benchmark, history, change points",
		.heading = "History of readings",
		.write_list = write_list,
	};
	char date[64];

	if (!json_is_object(history))
		return problem_set(problem, -EINVAL,
			"The history is not a JSON object, so there is nothing to report");
	snprintf(title.name, sizeof(title.name), "history, %s",
		field_time(history, "created", date, sizeof(date)));
	write_answer(history, title.answer, sizeof(title.answer));
	return frame_write(&page, &title, write_body, problem);
}
