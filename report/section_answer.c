#include "section.h"

#include "field.h"
#include "html.h"
#include "units.h"

#include <string.h>

const char *section_answer_sentence(const char *overall)
{
	static const char *const sentences[][2] = {
		{"suitable", "This host is suitable."},
		{"marginal", "This host is marginal."},
		{"unsuitable", "This host is unsuitable."},
		{"not enough evidence", "Not enough evidence to judge this host."},
	};

	for (size_t i = 0; i < sizeof(sentences) / sizeof(sentences[0]); i++)
		if (strcmp(overall, sentences[i][0]) == 0)
			return sentences[i][1];
	return "This host was not judged.";
}

/* Whether a rare event may just not have come by. */
static bool has_presumed(const json_t *verdict)
{
	size_t i, l;
	json_t *profile, *line;

	json_array_foreach(json_object_get(verdict, "profiles"), i, profile)
		json_array_foreach(json_object_get(profile, "lines"), l, line)
			if (strcmp(field_text(line, "status", ""), "presumed") == 0)
				return true;
	return false;
}

const char *section_answer_meaning(const json_t *verdict)
{
	static const char *const meanings[][2] = {
		{"suitable", "Every requirement is met, and clearly so."},
		{"marginal",
			"Nothing is clearly broken, but something is too close to its limit to rely "
			"on, or a recommendation is not met."},
		{"unsuitable", "A requirement is not met, and clearly so."},
		{"not enough evidence",
			"Something that the verdict needs was not measured well enough."},
	};

	const char *overall = field_text(verdict, "overall", "");

	if (strcmp(overall, "suitable") == 0 && has_presumed(verdict))
		return "Every requirement is met, as far as this run can tell.";
	for (size_t i = 0; i < sizeof(meanings) / sizeof(meanings[0]); i++)
		if (strcmp(overall, meanings[i][0]) == 0)
			return meanings[i][1];
	return "The run holds no verdict.";
}

const char *section_symbol(const char *tone)
{
	if (strcmp(tone, "good") == 0)
		return "✓";
	if (strcmp(tone, "bad") == 0)
		return "✗";
	return strcmp(tone, "close") == 0 ? "!" : "?";
}

/* A run that did not end must not pass for a whole one. */
static void write_state(struct page *page)
{
	const char *state = field_text(page->run, "state", "running");

	if (strcmp(state, "complete") == 0)
		return;
	html(page->out, "<p class=\"caution\"><strong>%s.</strong> %s</p>\n",
		strcmp(state, "interrupted") == 0 ? "This run was interrupted"
						  : "This run did not end as it should",
		"What was measured before is below; the rest is missing.");
}

static void write_profile(struct page *page, const json_t *profile)
{
	html(page->out, "<li><div class=\"title\">");
	section_badge(page, field_text(profile, "overall", "not enough evidence"));
	html(page->out, "<strong>%s</strong></div><p>%s</p></li>\n",
		field_text(profile, "title", field_text(profile, "name", "unnamed profile")),
		field_text(profile, "summary", ""));
}

void section_answer_profiles(struct page *page)
{
	const json_t *profiles = json_object_get(page->verdict, "profiles");
	size_t i;
	json_t *profile;

	if (!json_array_size(profiles)) {
		html(page->out,
			"<p>The run used no profile, so there are no requirements to hold its "
			"readings against.</p>\n");
		return;
	}
	html(page->out, "<ul class=\"profiles\">\n");
	json_array_foreach(profiles, i, profile)
		write_profile(page, profile);
	html(page->out, "</ul>\n");
}

void section_answer(struct page *page)
{
	const char *overall = field_text(page->verdict, "overall", "");
	const char *tone = section_tone(overall);

	html(page->out,
		"<section class=\"answer %s\" aria-label=\"Verdict\">\n"
		"<h1><span class=\"mark\" aria-hidden=\"true\">%s</span><span>%s</span></h1>\n"
		"<p class=\"meaning\">%s</p>\n",
		tone, section_symbol(tone), section_answer_sentence(overall),
		section_answer_meaning(page->verdict));
	write_state(page);
	section_answer_profiles(page);
	html(page->out, "</section>\n");
}

static void write_processor(struct page *page, const json_t *host)
{
	char text[512];
	size_t cpus = field_count(host, "cpus");

	snprintf(text, sizeof(text), "%s, %zu usable", field_text(host, "cpu", "unknown"), cpus);
	section_item(page, "Processor", cpus ? text : field_text(host, "cpu", "unknown"));
}

/* Long values and numbers wait for the evidence. */
#define TARGET_TEXT_MAX 40

static bool is_short(const json_t *value)
{
	return json_is_string(value) && json_string_length(value) <= TARGET_TEXT_MAX;
}

static bool has_short(const json_t *target)
{
	const char *name;
	json_t *value;

	json_object_foreach((json_t *)target, name, value)
		if (is_short(value))
			return true;
	return false;
}

static void write_target(struct page *page, const json_t *target)
{
	const char *name;
	json_t *value;

	html(page->out, "<div class=\"wide\"><dt>Measured on</dt><dd class=\"target\">");
	json_object_foreach((json_t *)target, name, value)
		if (is_short(value))
			html(page->out, "<span><i>%s</i> %s</span> ", name,
				json_string_value(value));
	html(page->out, "</dd></div>\n");
}

/* What the benchmarks measured on: disks, file systems, devices. What says nothing new is left out.
 */
static void write_targets(struct page *page)
{
	const json_t *results = json_object_get(page->run, "results"), *seen[8];
	size_t i, known = 0;
	json_t *result;

	json_array_foreach(results, i, result) {
		const json_t *target = json_object_get(result, "target");
		bool again = !has_short(target) || known == sizeof(seen) / sizeof(seen[0]);

		for (size_t s = 0; s < known && !again; s++)
			again = field_labels_match(target, seen[s]);
		if (again)
			continue;
		seen[known++] = target;
		write_target(page, target);
	}
}

void section_host(struct page *page)
{
	const json_t *host = json_object_get(page->run, "host");
	char text[512], machine[512];
	double bytes;

	html(page->out, "<section class=\"host\" aria-label=\"Host\">\n<dl>\n");
	section_item(page, "Measured", field_time(page->run, "started", text, sizeof(text)));
	write_processor(page, host);
	if (field_number(host, "memory_bytes", &bytes))
		section_item(page, "Memory", units_format(bytes, "B", text, sizeof(text)));
	section_item(page, "Virtualisation", field_text(host, "hypervisor", "none seen"));
	section_item(page, "Container", field_text(host, "container", NULL));
	section_item(page, "System", field_text(host, "os", "unknown"));
	snprintf(machine, sizeof(machine), "%s, %s", field_text(host, "kernel", "unknown"),
		field_text(host, "machine", "unknown machine"));
	section_item(page, "Kernel", machine);
	section_item(page, "Label", field_text(page->run, "label", NULL));
	write_targets(page);
	html(page->out, "</dl>\n</section>\n");
}
