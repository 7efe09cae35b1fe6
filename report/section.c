#include "section.h"

#include "field.h"
#include "html.h"

#include <string.h>

struct tone {
	const char *status, *word, *symbol, *tone;
};

static const struct tone tones[] = {
	/* verdicts */
	{"suitable", "Suitable", "✓", "good"},
	{"marginal", "Marginal", "!", "close"},
	{"unsuitable", "Unsuitable", "✗", "bad"},
	{"not enough evidence", "Not enough evidence", "?", "open"},
	/* lines */
	{"met", "Met", "✓", "good"},
	{"presumed", "Presumed", "~", "note"},
	{"not met", "Not met", "✗", "bad"},
	{"not measured", "Not measured", "–", "open"},
	/* facts */
	{"pass", "Pass", "✓", "good"},
	{"info", "Info", "i", "note"},
	{"warn", "Warning", "!", "close"},
	{"fail", "Fail", "✗", "bad"},
	{"unknown", "Unknown", "?", "open"},
	/* differences and changes */
	{"better", "Better", "✓", "good"},
	{"worse", "Worse", "✗", "bad"},
	{"likely better", "Likely better", "✓", "note"},
	{"likely worse", "Likely worse", "!", "close"},
	{"different", "Different", "i", "note"},
	{"noise", "Within noise", "≈", "note"},
	/* results and runs */
	{"complete", "Complete", "✓", "good"},
	{"interrupted", "Interrupted", "!", "close"},
	{"running", "Cut short", "!", "close"},
	{"skipped", "Skipped", "–", "open"},
	{"failed", "Failed", "✗", "bad"},
};

static const struct tone *find_tone(const char *status)
{
	for (size_t i = 0; i < sizeof(tones) / sizeof(tones[0]); i++)
		if (strcmp(tones[i].status, status) == 0)
			return &tones[i];
	return NULL;
}

const char *section_tone(const char *status)
{
	const struct tone *tone = find_tone(status);

	return tone ? tone->tone : "open";
}

void section_badge(struct page *page, const char *status)
{
	const struct tone *tone = find_tone(status);

	html(page->out,
		"<span class=\"badge %s\"><span class=\"mark\" aria-hidden=\"true\">%s</span>%s</span>",
		tone ? tone->tone : "open", tone ? tone->symbol : "?", tone ? tone->word : status);
}

size_t section_verdict_place(const char *overall)
{
	static const char *const places[] = {
		"suitable", "marginal", "not enough evidence", "unsuitable"};
	const size_t count = sizeof(places) / sizeof(places[0]);
	size_t i = 0;

	while (i < count && strcmp(places[i], overall) != 0)
		i++;
	return i;
}

void section_item(struct page *page, const char *term, const char *value)
{
	if (value)
		html(page->out, "<div><dt>%s</dt><dd>%s</dd></div>\n", term, value);
}

int section_find_result(const struct page *page, const char *bench)
{
	size_t i;
	json_t *result;

	json_array_foreach(json_object_get(page->run, "results"), i, result)
		if (strcmp(field_text(json_object_get(result, "bench"), "name", ""), bench) == 0)
			return (int)i;
	return -1;
}
