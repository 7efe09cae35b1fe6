#include "section.h"

#include "field.h"
#include "html.h"

#include <stdlib.h>
#include <string.h>

/* All of it has to fit on one page. */
#define REASONS      3
#define UNKNOWNS     5
#define PROFILES     5
#define SENTENCE_MAX 280

/* A sentence that begins with the title, as those of requirements do, goes on after it. */
static const char *skip_title(const char *text, const char *title)
{
	size_t length = strlen(title);

	if (strncmp(text, title, length) == 0 && strncmp(text + length, ": ", 2) == 0)
		return text + length + 2;
	return text;
}

static void write_item(struct page *page, const char *title, const char *text)
{
	const char *rest = skip_title(text, title);
	char name[120], sentence[SENTENCE_MAX];

	html(page->out, "<li><strong>%s%s</strong> %s</li>\n",
		field_shorten(title, name, sizeof(name)), rest == text ? "" : ":",
		field_shorten(rest, sentence, sizeof(sentence)));
}

static void write_judged(struct page *page)
{
	const json_t *host = json_object_get(page->run, "host");
	size_t results = json_array_size(json_object_get(page->run, "results"));
	char date[64], cpu[200], os[100];

	html(page->out,
		"<h3>What was judged</h3>\n<p>One host (%s, %s), measured on %s with %zu %s, against "
		"the requirements of each profile named here.</p>\n",
		field_shorten(field_text(host, "cpu", "unknown processor"), cpu, sizeof(cpu)),
		field_shorten(field_text(host, "os", "unknown system"), os, sizeof(os)),
		field_time(page->run, "started", date, sizeof(date)), results,
		results == 1 ? "benchmark" : "benchmarks");
}

static void write_profiles(struct page *page)
{
	const json_t *profiles = json_object_get(page->verdict, "profiles");
	size_t i;
	json_t *profile;
	char title[120], summary[SENTENCE_MAX];

	html(page->out, "<ul class=\"profiles\">\n");
	json_array_foreach(profiles, i, profile) {
		if (i == PROFILES)
			break;
		html(page->out, "<li>");
		section_badge(page, field_text(profile, "overall", "not enough evidence"));
		html(page->out, " <strong>%s</strong> %s</li>\n",
			field_shorten(field_text(profile, "title",
					      field_text(profile, "name", "unnamed")),
				title, sizeof(title)),
			field_shorten(
				field_text(profile, "summary", ""), summary, sizeof(summary)));
	}
	html(page->out, "</ul>\n");
	if (json_array_size(profiles) > PROFILES)
		html(page->out, "<p>%zu more profiles are in the parts below.</p>\n",
			json_array_size(profiles) - PROFILES);
}

/* The lines of all profiles, what decides first; the same in two profiles counts once. */
struct reasons {
	struct reason {
		const json_t *line; /* borrowed */
	} * at;                     /* owned */
	size_t count;
};

static bool is_known(const struct reasons *reasons, const json_t *line)
{
	for (size_t i = 0; i < reasons->count; i++)
		if (strcmp(field_text(reasons->at[i].line, "text", ""),
			    field_text(line, "text", "")) == 0)
			return true;
	return false;
}

static int compare_reasons(const void *left, const void *right)
{
	const struct reason *a = left, *b = right;

	return section_line_rank(a->line) - section_line_rank(b->line);
}

static struct reasons gather(const struct page *page)
{
	const json_t *profiles = json_object_get(page->verdict, "profiles");
	struct reasons reasons = {NULL, 0};
	size_t i, l, room = 0;
	json_t *profile, *line;

	json_array_foreach(profiles, i, profile)
		room += json_array_size(json_object_get(profile, "lines"));
	reasons.at = calloc(room + 1, sizeof(*reasons.at));
	json_array_foreach(profiles, i, profile)
		json_array_foreach(json_object_get(profile, "lines"), l, line)
			if (reasons.at && !is_known(&reasons, line))
				reasons.at[reasons.count++].line = line;
	if (reasons.at)
		qsort(reasons.at, reasons.count, sizeof(*reasons.at), compare_reasons);
	return reasons;
}

static bool is_unknown(const json_t *line)
{
	const char *status = field_text(line, "status", "not measured");

	return strcmp(status, "not measured") == 0 || strcmp(status, "not enough evidence") == 0 ||
	       strcmp(status, "presumed") == 0;
}

/* What is not known is told below, once. */
static void write_reasons(struct page *page, const struct reasons *reasons)
{
	size_t written = 0;

	for (size_t i = 0; i < reasons->count && written < REASONS; i++) {
		const json_t *line = reasons->at[i].line;

		if (is_unknown(line))
			continue;
		if (!written++)
			html(page->out, "<h3>%s</h3>\n<ol>\n",
				section_line_rank(line) >= SECTION_RANK_MET
					? "What the answer rests on most"
					: "The most important reasons");
		write_item(page, field_text(line, "title", "unnamed requirement"),
			field_text(line, "text", ""));
	}
	if (written)
		html(page->out, "</ol>\n");
}

/* Writes it while there is room, and counts it. */
static void add_unknown(struct page *page, size_t *count, const char *title, const char *text)
{
	if ((*count)++ < UNKNOWNS)
		write_item(page, title, text);
}

static void write_unknown(struct page *page, const struct reasons *reasons)
{
	size_t count = 0, i, s;
	json_t *result, *skipped;

	html(page->out, "<h3>What is not known</h3>\n<ul>\n");
	if (strcmp(field_text(page->run, "state", "running"), "complete") != 0)
		add_unknown(page, &count, "The run did not end as it should.",
			"What was not measured before is missing.");
	for (i = 0; i < reasons->count; i++)
		if (is_unknown(reasons->at[i].line))
			add_unknown(page, &count,
				field_text(reasons->at[i].line, "title", "unnamed requirement"),
				field_text(reasons->at[i].line, "text", ""));
	json_array_foreach(json_object_get(page->run, "results"), i, result)
		json_array_foreach(json_object_get(result, "skipped"), s, skipped)
			add_unknown(page, &count, field_text(skipped, "what", "something"),
				field_text(skipped, "why", ""));
	if (!count)
		html(page->out,
			"<li>Nothing that these profiles ask for was left unmeasured. What they "
			"do not ask for was not judged.</li>\n");
	html(page->out, "</ul>\n");
	if (count > UNKNOWNS)
		html(page->out, "<p>%zu more are named in the parts below.</p>\n",
			count - UNKNOWNS);
}

void section_summary(struct page *page)
{
	const char *overall = field_text(page->verdict, "overall", "");
	struct reasons reasons = gather(page);

	html(page->out,
		"<section class=\"summary\">\n<h2>Summary</h2>\n"
		"<div class=\"answer %s\"><p>%s %s</p><p>%s</p></div>\n",
		section_tone(overall), section_symbol(section_tone(overall)),
		section_answer_sentence(overall), section_answer_meaning(page->verdict));
	write_judged(page);
	write_profiles(page);
	write_reasons(page, &reasons);
	write_unknown(page, &reasons);
	html(page->out, "</section>\n");
	free(reasons.at);
}
