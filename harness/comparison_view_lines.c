#include "comparison_view.h"

#include "comparison_wording.h"
#include "document.h"
#include "requirement.h"
#include "view.h"

#include <string.h>

#define REQUIREMENTS_MOST 6
#define NAMES_MOST        4 /* of candidates under one of them */

static void write_line(const struct terminal *terminal, const char *name, const json_t *line)
{
	const char *status = line ? document_text(line, "status") : "not judged";
	char reading[512], text[600];
	int column = 4 + terminal_columns(terminal, name) + 2 + terminal_columns(terminal, status);

	requirement_reading(line, reading, sizeof(reading));
	fputs("    ", terminal->out);
	terminal_write(terminal, TONE_PLAIN, name);
	fputs(": ", terminal->out);
	terminal_write(terminal, view_tone(status), status);
	snprintf(text, sizeof(text), ", %s", reading);
	if (strcmp(reading, status) == 0)
		fputc('\n', terminal->out);
	else
		terminal_wrap(terminal, column, 6, text);
}

static void write_requirement(const struct terminal *terminal, const json_t *comparison,
	const struct requirements *of, const struct requirement *row, bool all)
{
	size_t hidden = 0, shown = 0;
	char name[64];

	terminal_say(terminal, 2, "%.300s%s: %.200s", document_text(row->line, "title"),
		row->advised ? " (advised)" : "", document_text(row->line, "limit"));
	for (size_t i = 0; i < of->judged; i++) {
		if (!all && requirement_is_met(row->lines[i]))
			continue;
		if (!all && shown++ >= NAMES_MOST) {
			hidden++;
			continue;
		}
		snprintf(name, sizeof(name), "%.60s",
			comparison_name(comparison, of->candidates[i]));
		write_line(terminal, name, row->lines[i]);
	}
	if (hidden)
		terminal_say(terminal, 4, "... and %zu more; --all lists them", hidden);
}

void comparison_view_lines(
	const struct terminal *terminal, const json_t *comparison, const json_t *ranking, bool all)
{
	size_t shown = 0, advised = 0, hidden = 0;
	struct requirements of;

	if (!requirements_gather(comparison, document_text(ranking, "profile"), &of))
		return;
	if (of.unmet || all) {
		fputc('\n', terminal->out);
		terminal_write(
			terminal, TONE_STRONG, all ? "Requirements: " : "Not clearly met by all: ");
		terminal_wrap(terminal, all ? 14 : 24, 2, document_text(ranking, "title"));
	}
	for (size_t i = 0; i < (all ? of.count : of.unmet); i++) {
		if (!all && of.at[i].advised)
			advised++;
		else if (all || shown++ < REQUIREMENTS_MOST)
			write_requirement(terminal, comparison, &of, &of.at[i], all);
		else
			hidden++;
	}
	if (hidden)
		terminal_say(terminal, 2, "... and %zu more; --all lists them", hidden);
	if (advised)
		terminal_say(terminal, 2, "%s%zu recommendation%s; --all lists them",
			shown ? "... and " : "", advised, advised == 1 ? "" : "s");
	requirements_free(&of);
}
