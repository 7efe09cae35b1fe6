#include "section.h"

#include "candidate.h"
#include "field.h"
#include "html.h"
#include "requirement.h"
#include "units.h"

#include <string.h>

/* As many candidates stand side by side; more of them one below the other. */
#define COLUMNS_MOST 6
#define NAMES_MOST   8

/* The reading and, below it and smaller, its interval; nothing that the status says already. */
static void write_reading(struct page *page, const json_t *line)
{
	const char *unit = field_text(line, "unit", "1");
	struct interval interval;
	char text[512], range[400];

	if (!requirement_interval(line, &interval)) {
		requirement_reading(line, text, sizeof(text));
		if (strcmp(text, field_text(line, "status", "")) != 0)
			html(page->out, " <b>%s</b>", text);
		return;
	}
	html(page->out, " <b>%s</b>", units_format(interval.value, unit, text, sizeof(text)));
	if (*units_format_range(&interval, unit, range, sizeof(range)))
		html(page->out, " <small>%s</small>", range);
}

/* By which of several runs a candidate was judged. */
static void write_run(struct page *page, size_t candidate, const json_t *line)
{
	const json_t *candidates = json_object_get(page->document, "candidates");
	const char *run = field_text(line, "run", NULL);

	if (run &&
		json_array_size(json_object_get(json_array_get(candidates, candidate), "runs")) > 1)
		html(page->out, " <small class=\"run\">run %s</small>", run);
}

static void write_title(struct page *page, const struct requirement *row)
{
	const json_t *line = row->line;

	html(page->out, "%s", field_text(line, "title", "unnamed requirement"));
	if (row->advised)
		html(page->out, " <span class=\"severity\">advised</span>");
	html(page->out, " <small>%s</small>", field_text(line, "limit", ""));
}

static void write_cell(struct page *page, size_t candidate, const json_t *line)
{
	html(page->out, "<td data-label=\"%s\"><span>", candidate_name(page->document, candidate));
	if (line) {
		section_badge(page, field_text(line, "status", "not measured"));
		write_reading(page, line);
		write_run(page, candidate, line);
	} else {
		html(page->out, "not judged");
	}
	html(page->out, "</span></td>");
}

/* A row for each requirement, a column for each candidate. */
static void write_table(struct page *page, const struct requirements *of,
	const struct requirement *rows, size_t count)
{
	html(page->out,
		"<div class=\"scroll\" tabindex=\"0\" role=\"group\" aria-label=\"Table\"><table "
		"class=\"worded needs\"><thead><tr><th scope=\"col\">Requirement</th>");
	for (size_t i = 0; i < of->judged; i++)
		html(page->out, "<th scope=\"col\">%s</th>",
			candidate_name(page->document, of->candidates[i]));
	html(page->out, "</tr></thead><tbody>\n");
	for (size_t r = 0; r < count; r++) {
		html(page->out, "<tr><th scope=\"row\">");
		write_title(page, &rows[r]);
		html(page->out, "</th>");
		for (size_t i = 0; i < of->judged; i++)
			write_cell(page, of->candidates[i], rows[r].lines[i]);
		html(page->out, "</tr>\n");
	}
	html(page->out, "</tbody></table></div>\n");
}

/* How a candidate is shown under a requirement: in a row of its own, or named beside others. */
enum manner { MANNER_ROW, MANNER_NOT_JUDGED, MANNER_NOT_MEASURED, MANNER_MET, MANNERS };

static enum manner manner_of(const json_t *line)
{
	return !line                                                         ? MANNER_NOT_JUDGED
	       : strcmp(field_text(line, "status", ""), "not measured") == 0 ? MANNER_NOT_MEASURED
	       : requirement_is_met(line)                                    ? MANNER_MET
									     : MANNER_ROW;
}

/* "Met by a, b and 3 more" */
static void write_names(struct page *page, const struct requirements *of,
	const struct requirement *row, enum manner manner)
{
	static const char *const words[] = {[MANNER_NOT_JUDGED] = "Not judged:",
		[MANNER_NOT_MEASURED] = "Not measured:",
		[MANNER_MET] = "Met by"};
	char name[CANDIDATE_NAME_MAX];
	size_t count = 0;

	for (size_t i = 0; i < of->judged; i++) {
		if (manner_of(row->lines[i]) != manner)
			continue;
		if (count == 0)
			html(page->out, "<p>%s", words[manner]);
		if (count++ < NAMES_MOST)
			html(page->out, "%s %s", count > 1 ? "," : "",
				candidate_short_name(
					page->document, of->candidates[i], name, sizeof(name)));
	}
	if (count > NAMES_MOST)
		html(page->out, " and %zu more", count - NAMES_MOST);
	if (count)
		html(page->out, "</p>\n");
}

static void write_others(
	struct page *page, const struct requirements *of, const struct requirement *row)
{
	size_t others = 0;

	for (size_t i = 0; i < of->judged; i++)
		others += manner_of(row->lines[i]) != MANNER_ROW;
	if (!others)
		return;
	html(page->out, "<tr class=\"others\"><td colspan=\"3\">");
	for (enum manner manner = MANNER_ROW + 1; manner < MANNERS; manner++)
		write_names(page, of, row, manner);
	html(page->out, "</td></tr>\n");
}

static void write_row(struct page *page, size_t candidate, const json_t *line)
{
	html(page->out, "<tr><th scope=\"row\">%s</th><td data-label=\"status\"><span>",
		candidate_name(page->document, candidate));
	section_badge(page, field_text(line, "status", "not enough evidence"));
	html(page->out, "</span></td><td data-label=\"reads\"><span>");
	write_reading(page, line);
	write_run(page, candidate, line);
	html(page->out, "</span></td></tr>\n");
}

/* Under each requirement, the candidates that do not meet it. */
static void write_groups(struct page *page, const struct requirements *of)
{
	html(page->out,
		"<div class=\"scroll\" tabindex=\"0\" role=\"group\" aria-label=\"Table\"><table "
		"class=\"worded needs grouped\"><thead><tr><th scope=\"col\">Candidate</th>"
		"<th scope=\"col\">Status</th><th scope=\"col\">Reads</th></tr></thead>\n");
	for (size_t r = 0; r < of->unmet; r++) {
		const struct requirement *row = &of->at[r];

		html(page->out, "<tbody><tr class=\"group\"><th scope=\"rowgroup\" colspan=\"3\">");
		write_title(page, row);
		html(page->out, "</th></tr>\n");
		for (size_t i = 0; i < of->judged; i++)
			if (manner_of(row->lines[i]) == MANNER_ROW)
				write_row(page, of->candidates[i], row->lines[i]);
		write_others(page, of, row);
		html(page->out, "</tbody>\n");
	}
	html(page->out, "</table></div>\n");
}

static void write_titles(struct page *page, const struct requirement *rows, size_t count)
{
	html(page->out, "<ul class=\"needs\">\n");
	for (size_t r = 0; r < count; r++) {
		html(page->out, "<li>");
		write_title(page, &rows[r]);
		html(page->out, "</li>\n");
	}
	html(page->out, "</ul>\n");
}

/* Of what all meet, what some meet only as far as is known. */
static void write_presumed(struct page *page, const struct requirements *of)
{
	size_t presumed = 0;

	for (size_t r = of->unmet; r < of->count; r++)
		for (size_t i = 0; i < of->judged; i++)
			if (strcmp(field_text(of->at[r].lines[i], "status", ""), "presumed") == 0) {
				presumed++;
				break;
			}
	if (presumed)
		html(page->out, ", %zu of them as far as runs of this length can tell", presumed);
}

/* What needs no decision is folded away; on paper all is open. */
static void write_met_by_all(struct page *page, const struct requirements *of)
{
	size_t count = of->count - of->unmet;

	if (!count)
		return;
	html(page->out, "<details><summary>%zu %s by every candidate", count,
		count == 1 ? "requirement is met" : "requirements are met");
	write_presumed(page, of);
	html(page->out, "</summary>\n");
	if (of->judged <= COLUMNS_MOST)
		write_table(page, of, of->at + of->unmet, count);
	else
		write_titles(page, of->at + of->unmet, count);
	html(page->out, "</details>\n");
}

static void write_profile(struct page *page, const json_t *ranking)
{
	struct requirements of;

	if (!requirements_gather(page->document, field_text(ranking, "profile", ""), &of))
		return;
	html(page->out, "<h3>%s</h3>\n",
		field_text(ranking, "title", field_text(ranking, "profile", "Profile")));
	if (of.unmet && of.judged <= COLUMNS_MOST)
		write_table(page, &of, of.at, of.unmet);
	else if (of.unmet)
		write_groups(page, &of);
	write_met_by_all(page, &of);
	requirements_free(&of);
}

static bool has_lines(struct page *page)
{
	struct requirements of;
	json_t *ranking;
	size_t i;

	json_array_foreach(json_object_get(page->document, "rankings"), i, ranking)
		if (requirements_gather(page->document, field_text(ranking, "profile", ""), &of)) {
			requirements_free(&of);
			return true;
		}
	return false;
}

void section_needs(struct page *page)
{
	json_t *ranking;
	size_t i;

	if (!has_lines(page))
		return;
	html(page->out,
		"<section class=\"needed\" id=\"requirements\">\n<h2>Requirements</h2>\n"
		"<p class=\"lead\">What each candidate reads of what a profile asks for, with its 95 %% "
		"interval, from the run by which it is judged worst. Requirements that not every "
		"candidate meets come first.</p>\n");
	json_array_foreach(json_object_get(page->document, "rankings"), i, ranking)
		write_profile(page, ranking);
	html(page->out, "</section>\n");
}

/* "3 of the 9 requirements"; without `some`, "all 9 requirements". */
static void write_share(struct page *page, size_t some, size_t all, const char *what)
{
	if (all == 1)
		html(page->out, "the only %s", what);
	else if (some)
		html(page->out, "%zu of the %zu %ss", some, all, what);
	else
		html(page->out, "all %zu %ss", all, what);
}

void section_needs_summary(struct page *page, const char *profile)
{
	size_t all[2] = {0}, unmet[2] = {0};
	struct requirements of;

	if (!requirements_gather(page->document, profile, &of))
		return;
	for (size_t i = 0; i < of.count; i++) {
		all[of.at[i].advised]++;
		unmet[of.at[i].advised] += i < of.unmet;
	}
	html(page->out, " ");
	if (of.unmet)
		html(page->out, "Not every candidate clearly meets ");
	else
		html(page->out, "Every candidate meets ");
	for (size_t advised = 0; advised < 2; advised++) {
		const size_t count = of.unmet ? unmet[advised] : all[advised];

		if (!count)
			continue;
		html(page->out, advised && (of.unmet ? unmet[0] : all[0]) ? " and " : "");
		write_share(page, of.unmet ? count : 0, all[advised],
			advised ? "recommendation" : "requirement");
	}
	if (!of.unmet)
		write_presumed(page, &of);
	html(page->out, page->options->paper ? ": see “Requirements”."
					     : ": <a href=\"#requirements\">Requirements</a>.");
	requirements_free(&of);
}
