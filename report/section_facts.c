#include "section.h"

#include "field.h"
#include "html.h"

#include <stdlib.h>
#include <string.h>

static void write_fact(struct page *page, const json_t *fact)
{
	const char *status = field_text(fact, "status", "unknown");
	const char *why = field_text(fact, "why", NULL), *remedy = field_text(fact, "remedy", NULL);
	const char *source = field_text(fact, "source", NULL);
	char value[512];

	html(page->out, "<tr class=\"%s\"><td class=\"status\">", section_tone(status));
	section_badge(page, status);
	html(page->out,
		"</td><th scope=\"row\">%s</th><td class=\"value\">%s</td><td class=\"reasoning\">",
		field_text(fact, "title", field_text(fact, "id", "unnamed fact")),
		field_value(json_object_get(fact, "value"), field_text(fact, "unit", NULL), value,
			sizeof(value)));
	if (why)
		html(page->out, "<p>%s</p>", why);
	if (remedy && strcmp(status, "pass") != 0)
		html(page->out, "<p class=\"todo\"><b>What to do</b> %s</p>", remedy);
	if (source) {
		html(page->out, "<p class=\"source\"><b>Source</b> ");
		html_linked(page->out, source);
		html(page->out, "</p>");
	}
	html(page->out, "</td></tr>\n");
}

static bool same_topic(const json_t *a, const json_t *b)
{
	return strcmp(field_text(a, "topic", ""), field_text(b, "topic", "")) == 0;
}

/* Writes every fact that shares the topic of the one at `first`, and ticks it off. */
static void write_topic(struct page *page, const json_t *facts, size_t first, bool *done)
{
	const json_t *own = json_array_get(facts, first);

	html(page->out,
		"<h4>%s</h4>\n<table class=\"facts\">\n<thead><tr><th scope=\"col\">Status</th>"
		"<th scope=\"col\">Fact</th><th scope=\"col\">Found</th>"
		"<th scope=\"col\">What it means</th></tr></thead>\n<tbody>\n",
		field_text(own, "topic", "Other"));
	for (size_t i = first; i < json_array_size(facts); i++)
		if (!done[i] && same_topic(own, json_array_get(facts, i))) {
			write_fact(page, json_array_get(facts, i));
			done[i] = true;
		}
	html(page->out, "</tbody></table>\n");
}

/* What the readings add up to, in words: what most readers came for. */
static bool is_advice(const json_t *fact)
{
	static const char ending[] = ".recommendation";
	const char *id = field_text(fact, "id", "");
	size_t length = strlen(id), own = sizeof(ending) - 1;

	return length > own && strcmp(id + length - own, ending) == 0;
}

void section_advice(struct page *page, const json_t *result)
{
	char value[512];
	size_t i;
	json_t *fact;

	json_array_foreach(json_object_get(result, "facts"), i, fact) {
		if (!is_advice(fact))
			continue;
		html(page->out, "<div class=\"advice\"><h3>%s: %s</h3>\n<p>%s</p></div>\n",
			field_text(fact, "title", "Recommendation"),
			field_value(json_object_get(fact, "value"), field_text(fact, "unit", NULL),
				value, sizeof(value)),
			field_text(fact, "why", ""));
	}
}

void section_facts(struct page *page, const json_t *result)
{
	const json_t *facts = json_object_get(result, "facts");
	size_t count = json_array_size(facts);
	bool *done = calloc(count + 1, sizeof(*done));

	if (count && done) {
		html(page->out, "<h3>Facts</h3>\n");
		for (size_t i = 0; i < count; i++)
			if (!done[i])
				write_topic(page, facts, i, done);
	}
	free(done);
}
