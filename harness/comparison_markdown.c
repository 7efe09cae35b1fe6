#include "comparison.h"

#include "comparison_wording.h"
#include "document.h"
#include "escape.h"
#include "requirement.h"
#include "text.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#define COLUMNS_MOST 6 /* candidates side by side */

static void print_ranking(const json_t *comparison, const json_t *ranking, FILE *out)
{
	const json_t *place;
	char text[300];
	size_t i;

	fputs("\n### Ranking: ", out);
	escape_markdown(out, document_text(ranking, "title"));
	fputs("\n\n| Rank | Candidate | Verdict | Score | Price | Per money |\n"
	      "| ---: | --- | --- | --- | --- | --- |\n",
		out);
	json_array_foreach(json_object_get(ranking, "order"), i, place) {
		size_t which = (size_t)json_integer_value(json_object_get(place, "candidate"));
		fprintf(out, "| %" JSON_INTEGER_FORMAT " | ",
			json_integer_value(json_object_get(place, "rank")));
		escape_markdown(out, comparison_name(comparison, which));
		fputs(" | ", out);
		escape_markdown(out, document_text(place, "overall"));
		fprintf(out, " | %s | ", comparison_score(place, text, sizeof(text)));
		escape_markdown(out,
			comparison_price(
				json_array_get(json_object_get(comparison, "candidates"), which),
				text, sizeof(text)));
		fprintf(out, " | %s |\n",
			comparison_money(comparison, ranking, place, text, sizeof(text)));
	}
}

static void print_line(const json_t *line, FILE *out)
{
	char reading[512], text[600];
	const char *status = line ? document_text(line, "status") : "not judged";

	requirement_reading(line, reading, sizeof(reading));
	snprintf(text, sizeof(text), "%.60s%s%s", status, strcmp(reading, status) ? ": " : "",
		strcmp(reading, status) ? reading : "");
	escape_markdown(out, text);
}

static void print_requirement(const struct requirement *row, FILE *out)
{
	char title[400];

	snprintf(title, sizeof(title), "%.300s%s", document_text(row->line, "title"),
		row->advised ? " (advised)" : "");
	fputs("| ", out);
	escape_markdown(out, title);
	fputs(" | ", out);
	escape_markdown(out, document_text(row->line, "limit"));
}

static bool is_unmeasured(const json_t *line)
{
	return line && strcmp(document_text(line, "status"), "not measured") == 0;
}

static void print_beside(const json_t *comparison, const struct requirements *of, FILE *out)
{
	fputs("| Requirement | Limit |", out);
	for (size_t i = 0; i < of->judged; i++) {
		fputc(' ', out);
		escape_markdown(out, comparison_name(comparison, of->candidates[i]));
		fputs(" |", out);
	}
	fputs("\n| --- | --- |", out);
	for (size_t i = 0; i < of->judged; i++)
		fputs(" --- |", out);
	fputc('\n', out);
	for (size_t r = 0; r < of->unmet; r++) {
		print_requirement(&of->at[r], out);
		for (size_t i = 0; i < of->judged; i++) {
			fputs(" | ", out);
			print_line(of->at[r].lines[i], out);
		}
		fputs(" |\n", out);
	}
}

/* Of those that have not measured a requirement, one line for all. */
static void print_below(const json_t *comparison, const struct requirements *of,
	const struct requirement *row, FILE *out)
{
	size_t unmeasured = 0;
	bool told = false;

	for (size_t i = 0; i < of->judged; i++)
		unmeasured += is_unmeasured(row->lines[i]);
	for (size_t i = 0; i < of->judged; i++) {
		bool own = is_unmeasured(row->lines[i]);
		if (requirement_is_met(row->lines[i]) || (own && told))
			continue;
		print_requirement(row, out);
		fputs(" | ", out);
		escape_markdown(out, comparison_name(comparison, of->candidates[i]));
		if (own && unmeasured > 1)
			fprintf(out, " and %zu more", unmeasured - 1);
		told |= own;
		fputs(" | ", out);
		print_line(row->lines[i], out);
		fputs(" |\n", out);
	}
}

static void print_requirements(const json_t *comparison, const json_t *ranking, FILE *out)
{
	struct requirements of;

	if (!requirements_gather(comparison, document_text(ranking, "profile"), &of))
		return;
	if (of.unmet) {
		fputs("\n### Not clearly met by all: ", out);
		escape_markdown(out, document_text(ranking, "title"));
		fprintf(out, "\n\n%zu of %zu requirements and recommendations.\n\n", of.unmet,
			of.count);
		if (of.judged <= COLUMNS_MOST)
			print_beside(comparison, &of, out);
		else
			fputs("| Requirement | Limit | Candidate | Reads |\n| --- | --- | --- | --- |\n",
				out);
		for (size_t r = 0; r < of.unmet && of.judged > COLUMNS_MOST; r++)
			print_below(comparison, &of, &of.at[r], out);
	}
	requirements_free(&of);
}

static void print_metric(const json_t *comparison, const json_t *metric, FILE *out)
{
	const json_t *values = json_object_get(metric, "values");
	const json_t *differences = json_object_get(metric, "differences");
	size_t baseline = (size_t)json_integer_value(json_object_get(comparison, "baseline"));
	char labels[600], name[1000], text[600];
	const json_t *difference;
	size_t i;

	comparison_labels(json_object_get(metric, "labels"), labels, sizeof(labels));
	snprintf(name, sizeof(name), "%.300s%s%.500s%s", document_text(metric, "title"),
		*labels ? " (" : "", labels, *labels ? ")" : "");
	json_array_foreach(differences, i, difference) {
		size_t which = (size_t)json_integer_value(json_object_get(difference, "candidate"));
		fputs("| ", out);
		escape_markdown(out, name);
		fputs(" | ", out);
		escape_markdown(out, comparison_name(comparison, which));
		fputs(" | ", out);
		escape_markdown(out, comparison_value(metric, comparison_entry(values, baseline),
					     text, sizeof(text)));
		fputs(" | ", out);
		escape_markdown(out, comparison_value(metric, comparison_entry(values, which), text,
					     sizeof(text)));
		fputs(" | ", out);
		escape_markdown(out, comparison_ratio(metric, difference, text, sizeof(text)));
		fputs(" | ", out);
		escape_markdown(out, comparison_effect(difference, text, sizeof(text)));
		fputs(" | ", out);
		escape_markdown(out, comparison_class(difference, text, sizeof(text)));
		fputs(" |\n", out);
	}
}

static void print_reasons(const json_t *comparison, const char *key, const char *title, FILE *out)
{
	const json_t *reasons = json_object_get(comparison, key), *reason;
	size_t i;

	if (json_array_size(reasons) == 0)
		return;
	fprintf(out, "\n### %s\n\n", title);
	json_array_foreach(reasons, i, reason) {
		fputs("- ", out);
		escape_markdown(out, document_text(reason, "what"));
		fputs(": ", out);
		escape_markdown(out, document_text(reason, "why"));
		fputc('\n', out);
	}
}

void comparison_print_markdown(const json_t *comparison, FILE *out)
{
	const json_t *rankings = json_object_get(comparison, "rankings"), *ranking, *metric;
	size_t baseline = (size_t)json_integer_value(json_object_get(comparison, "baseline")), i;
	char answer[2048];

	fputs("## Comparison\n", out);
	json_array_foreach(rankings, i, ranking) {
		fputc('\n', out);
		escape_markdown(
			out, comparison_answer(comparison, ranking, answer, sizeof(answer)));
		fputc('\n', out);
	}
	json_array_foreach(rankings, i, ranking)
		print_ranking(comparison, ranking, out);
	if (json_array_size(rankings)) {
		fputc('\n', out);
		escape_markdown(out, comparison_legend(comparison, answer, sizeof(answer)));
		fputc('\n', out);
	}
	json_array_foreach(rankings, i, ranking)
		print_requirements(comparison, ranking, out);
	fputs("\n### Readings\n\nThe baseline is ", out);
	escape_markdown(out, comparison_name(comparison, baseline));
	fputs(".\n\n| Reading | Candidate | Baseline | Candidate's | Ratio | Effect | Difference |\n"
	      "| --- | --- | --- | --- | --- | ---: | --- |\n",
		out);
	json_array_foreach(json_object_get(comparison, "metrics"), i, metric)
		print_metric(comparison, metric, out);
	if (*document_text(comparison, "caveat")) {
		fputc('\n', out);
		escape_markdown(out, document_text(comparison, "caveat"));
		fputc('\n', out);
	}
	print_reasons(
		comparison, "mixed", "Compared although it was measured in different ways", out);
	print_reasons(comparison, "not_compared", "Not compared", out);
}
