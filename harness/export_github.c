/*
 * What GitHub shows of a job: a summary in Markdown, which other forges show as well, and
 * annotations.
 */
#include "document.h"
#include "escape.h"
#include "export.h"
#include "findings.h"

#include <stdbool.h>
#include <string.h>

/* GitHub drops a summary of more than 1 MiB as a whole. */
#define SUMMARY_MAX (900L << 10)

/* GitHub shows 10 of each kind a step. */
#define ANNOTATIONS_MAX 10

static void write_cell(FILE *out, const char *text)
{
	fputs(" | ", out);
	escape_markdown(out, text);
}

static void write_row(FILE *out, const json_t *line)
{
	const char *outcome = document_text(line, "outcome");
	bool presumed = strcmp(document_text(line, "status"), "presumed") == 0;

	fprintf(out, "| %s ",
		strcmp(outcome, "failed") == 0    ? "❌"
		: strcmp(outcome, "unclear") == 0 ? "⚠️"
		: presumed                        ? "➖"
						  : "✅");
	escape_markdown(out, document_text(line, "status"));
	write_cell(out, document_text(line, "title"));
	write_cell(out, document_text(line, "reading"));
	write_cell(out, document_text(line, "limit"));
	write_cell(out, presumed                         ? document_text(line, "text")
			: strcmp(outcome, "passed") == 0 ? ""
			: *document_text(line, "advice") ? document_text(line, "advice")
							 : document_text(line, "text"));
	fputs(" |\n", out);
}

/* The rows of one outcome. Returns how many did not fit. */
static size_t write_rows(FILE *out, const json_t *group, const char *outcome)
{
	const json_t *line;
	size_t i, left_out = 0;

	json_array_foreach(json_object_get(group, "lines"), i, line) {
		if (strcmp(document_text(line, "outcome"), outcome) != 0)
			continue;
		if (ftell(out) > SUMMARY_MAX)
			left_out++;
		else
			write_row(out, line);
	}
	return left_out;
}

static void write_group(FILE *out, const json_t *group)
{
	static const char *const order[] = {"failed", "unclear", "passed"};
	size_t left_out = 0;

	fputs("\n### ", out);
	escape_markdown(out, document_text(group, "title"));
	fputs(": ", out);
	escape_markdown(out, document_text(group, "overall"));
	fputs("\n\n", out);
	escape_markdown(out, document_text(group, "summary"));
	fputs("\n\n| Status | What | Reading | Limit | What follows |\n"
	      "| --- | --- | --- | --- | --- |\n",
		out);
	for (size_t i = 0; i < sizeof(order) / sizeof(order[0]); i++)
		left_out += write_rows(out, group, order[i]);
	if (left_out)
		fprintf(out, "\n%zu more lines do not fit here.\n", left_out);
}

int export_markdown(const struct export_source *source, FILE *out, struct problem *problem)
{
	const json_t *group;
	size_t i;

	(void)problem;
	fputs("## seatrial: ", out);
	escape_markdown(out, document_text(source->findings, "overall"));
	fputs("\n\n", out);
	escape_markdown(out, document_text(source->findings, "heading"));
	fputs(", ", out);
	escape_markdown(out, document_text(source->findings, "started"));
	fputs("\n", out);
	json_array_foreach(json_object_get(source->findings, "groups"), i, group)
		if (ftell(out) <= SUMMARY_MAX)
			write_group(out, group);
	return 0;
}

static void write_command(FILE *out, const char *level, const char *title, const char *text)
{
	fprintf(out, "::%s title=", level);
	escape_property(out, title);
	fputs("::", out);
	escape_message(out, text);
	fputc('\n', out);
}

/* What is said of a requirement begins with its title, and has the reading in it. */
static void annotate_line(FILE *out, const json_t *line, const char *level)
{
	const char *title = document_text(line, "title"), *text = document_text(line, "text");
	size_t length = strlen(title);
	bool whole = strncmp(text, title, length) == 0 && strncmp(text + length, ": ", 2) == 0;

	fprintf(out, "::%s title=", level);
	escape_property(out, title);
	fputs("::", out);
	escape_message(out, document_text(line, "status"));
	fputs(": ", out);
	if (!whole) {
		escape_message(out, document_text(line, "reading"));
		fputs("; ", out);
	}
	escape_message(out, whole ? text + length + 2 : text);
	fputc('\n', out);
}

/* One annotation a line of an outcome, `room` at most. Returns how many there were. */
static size_t annotate(
	FILE *out, const json_t *findings, const char *outcome, const char *level, size_t room)
{
	const json_t *group, *line;
	size_t i, j, written = 0;

	json_array_foreach(json_object_get(findings, "groups"), i, group) {
		json_array_foreach(json_object_get(group, "lines"), j, line) {
			if (strcmp(document_text(line, "outcome"), outcome) != 0)
				continue;
			if (written++ < room)
				annotate_line(out, line, level);
		}
	}
	return written;
}

int export_annotations(const struct export_source *source, FILE *out, struct problem *problem)
{
	const json_t *findings = source->findings;
	size_t failed = findings_count(findings, "failed");
	size_t unclear = findings_count(findings, "unclear");
	size_t room = ANNOTATIONS_MAX - 2; /* the first sums up, the last says what has no room */
	char text[160];

	(void)problem;
	snprintf(text, sizeof(text), "%zu failed, %zu unclear, of %zu", failed, unclear,
		findings_count(findings, NULL));
	fprintf(out, "::%s title=seatrial%%3A ", failed ? "error" : unclear ? "warning" : "notice");
	escape_property(out, document_text(findings, "overall"));
	fputs("::", out);
	escape_message(out, text);
	fputc('\n', out);
	annotate(out, findings, "failed", "error", room);
	room -= failed < room ? failed : room;
	annotate(out, findings, "unclear", "warning", room);
	if (failed + unclear > ANNOTATIONS_MAX - 2) {
		snprintf(text, sizeof(text), "%zu more; the summary has all of them",
			failed + unclear - (ANNOTATIONS_MAX - 2));
		write_command(
			out, failed > ANNOTATIONS_MAX - 2 ? "error" : "warning", "seatrial", text);
	}
	return 0;
}
