#include "section.h"

#include "field.h"
#include "html.h"

#include <string.h>

static void write_sentences(struct page *page, const json_t *result, const char *key,
	const char *title, const char *class)
{
	const json_t *sentences = json_object_get(result, key);
	size_t i;
	json_t *sentence;

	if (!json_array_size(sentences))
		return;
	html(page->out, "<div class=\"%s\"><h3>%s</h3>\n<ul>\n", class, title);
	json_array_foreach(sentences, i, sentence)
		html(page->out, "<li>%s</li>\n", json_string_value(sentence));
	html(page->out, "</ul></div>\n");
}

static void write_skipped(struct page *page, const json_t *result)
{
	const json_t *skipped = json_object_get(result, "skipped");
	size_t i;
	json_t *item;

	if (!json_array_size(skipped))
		return;
	html(page->out, "<div class=\"skipped\"><h3>Not measured here</h3>\n<ul>\n");
	json_array_foreach(skipped, i, item) {
		const char *enable = field_text(item, "enable", NULL);

		html(page->out, "<li><strong>%s</strong> %s", field_text(item, "what", "something"),
			field_text(item, "why", ""));
		if (enable)
			html(page->out,
				" <span class=\"todo\"><b>What would enable it</b> %s</span>",
				enable);
		html(page->out, "</li>\n");
	}
	html(page->out, "</ul></div>\n");
}

static void write_target(struct page *page, const json_t *target)
{
	char text[512];
	const char *name;
	json_t *value;

	if (!json_object_size(target))
		return;
	html(page->out, "<dl class=\"list\">\n");
	json_object_foreach((json_t *)target, name, value)
		section_item(page, name, field_value(value, NULL, text, sizeof(text)));
	html(page->out, "</dl>\n");
}

/* " (2 of 3)" where a benchmark was run more than once. */
static void write_turn(struct page *page, const char *name, size_t index)
{
	size_t i, turns = 0, turn = 0;
	json_t *result;

	json_array_foreach(json_object_get(page->run, "results"), i, result) {
		const char *other = field_text(json_object_get(result, "bench"), "name", "");

		turns += strcmp(other, name) == 0;
		if (i == index)
			turn = turns;
	}
	if (turns > 1)
		html(page->out, " (%zu of %zu)", turn, turns);
}

static void write_heading(struct page *page, const json_t *result, size_t index)
{
	const json_t *bench = json_object_get(result, "bench");
	const char *name = field_text(bench, "name", "");
	const char *status = field_text(result, "status", "failed");

	html(page->out,
		"<section class=\"result\" id=\"result-%zu\">\n<p class=\"eyebrow\">Evidence from %s",
		index, *name ? name : "an unnamed benchmark");
	write_turn(page, name, index);
	html(page->out, "</p>\n<h2>%s</h2>\n", field_text(bench, "question", "Unknown question"));
	if (strcmp(status, "complete") != 0) {
		html(page->out, "<p class=\"caution\">");
		section_badge(page, status);
		html(page->out, " %s</p>\n", field_text(result, "reason", "It does not say why."));
	}
}

void section_result(struct page *page, const json_t *result, size_t index)
{
	write_heading(page, result, index);
	write_target(page, json_object_get(result, "target"));
	write_sentences(page, result, "errors", "Errors", "caution");
	write_sentences(page, result, "warnings", "Warnings", "caution");
	section_advice(page, result);
	section_shares(page, result);
	section_sweeps(page, result);
	section_latencies(page, result);
	section_readings(page, result);
	section_repetitions(page, result);
	section_facts(page, result);
	write_skipped(page, result);
	section_conditions(page, result);
	section_method(page, result);
	html(page->out, "</section>\n");
}

void section_notes(struct page *page)
{
	const json_t *notes = json_object_get(page->run, "notes");
	size_t i;
	json_t *note;

	if (!json_array_size(notes))
		return;
	html(page->out, "<section class=\"notes\">\n<h2>What went wrong while running</h2>\n");
	json_array_foreach(notes, i, note) {
		const char *said = field_text(note, "stderr", NULL);

		html(page->out, "<p><strong>%s</strong> %s</p>\n",
			field_text(note, "bench", "unknown"), field_text(note, "what", ""));
		if (said) {
			html(page->out, "<pre>");
			html_lines(page->out, said);
			html(page->out, "</pre>\n");
		}
	}
	html(page->out, "</section>\n");
}
