/* JUnit XML: one suite a profile, one case a requirement; or one case a metric of a gate. */
#include "document.h"
#include "escape.h"
#include "export.h"
#include "findings.h"

#include <string.h>

static void attribute(FILE *out, const char *name, const char *text)
{
	fprintf(out, " %s=\"", name);
	escape_xml(out, text);
	fputc('"', out);
}

static void write_details(FILE *out, const json_t *line)
{
	escape_xml(out, document_text(line, "reading"));
	if (*document_text(line, "limit")) {
		fputs("; limit: ", out);
		escape_xml(out, document_text(line, "limit"));
	}
}

/* What a case that did not simply pass says. */
static void write_outcome(FILE *out, const char *element, const json_t *line)
{
	fprintf(out, "      <%s", element);
	attribute(out, "type", document_text(line, "status"));
	fputs(" message=\"", out);
	escape_xml(out, document_text(line, "status"));
	fputs(": ", out);
	escape_xml(out, document_text(line, "text"));
	fputs("\">", out);
	write_details(out, line);
	if (*document_text(line, "advice")) {
		fputs("\nDo: ", out);
		escape_xml(out, document_text(line, "advice"));
	}
	fprintf(out, "</%s>\n", element);
}

static void write_case(FILE *out, const json_t *group, const json_t *line)
{
	const char *outcome = document_text(line, "outcome");

	fputs("    <testcase classname=\"", out);
	escape_xml(out, document_text(group, "name"));
	fputc('.', out);
	escape_xml(out, document_text(line, "bench"));
	fputc('"', out);
	attribute(out, "name", document_text(line, "title"));
	fputs(" time=\"0\">\n", out);
	if (strcmp(outcome, "failed") == 0) {
		write_outcome(out, "failure", line);
	} else if (strcmp(outcome, "unclear") == 0) {
		write_outcome(out, "skipped", line);
	} else {
		fputs("      <system-out>", out);
		write_details(out, line);
		fputs("</system-out>\n", out);
	}
	fputs("    </testcase>\n", out);
}

static size_t count(const json_t *group, const char *outcome)
{
	const json_t *line;
	size_t i, found = 0;

	json_array_foreach(json_object_get(group, "lines"), i, line)
		found += strcmp(document_text(line, "outcome"), outcome) == 0;
	return found;
}

static void write_suite(FILE *out, const struct export_source *source, const json_t *group)
{
	const json_t *lines = json_object_get(group, "lines"), *line;
	size_t i;

	fputs("  <testsuite", out);
	attribute(out, "name", document_text(group, "title"));
	fprintf(out, " tests=\"%zu\" failures=\"%zu\" errors=\"0\" skipped=\"%zu\" time=\"0\"",
		json_array_size(lines), count(group, "failed"), count(group, "unclear"));
	attribute(out, "timestamp", document_text(source->findings, "started"));
	attribute(out, "hostname", source->host);
	fputs(">\n", out);
	json_array_foreach(lines, i, line)
		write_case(out, group, line);
	fputs("    <system-out>", out);
	escape_xml(out, document_text(group, "summary"));
	fputs("</system-out>\n  </testsuite>\n", out);
}

int export_junit(const struct export_source *source, FILE *out, struct problem *problem)
{
	const json_t *group;
	size_t i;

	(void)problem;
	fputs("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"seatrial\"", out);
	fprintf(out, " tests=\"%zu\" failures=\"%zu\" errors=\"0\" time=\"0\">\n",
		findings_count(source->findings, NULL), findings_count(source->findings, "failed"));
	json_array_foreach(json_object_get(source->findings, "groups"), i, group)
		write_suite(out, source, group);
	fputs("</testsuites>\n", out);
	return 0;
}
