#include "comparison_view.h"

#include "allocate.h"
#include "comparison.h"
#include "comparison_wording.h"
#include "document.h"
#include "view.h"

#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PLACES_MOST  10 /* of a ranking */
#define LINES_MOST   10 /* candidates of one metric */
#define METRICS_MOST 20
#define REASONS_MOST 8
#define NAME_WIDTH   25 /* of a run's id */
#define VALUE_WIDTH  44

static void pad(const struct terminal *terminal, int columns)
{
	fprintf(terminal->out, "%*s", columns > 0 ? columns : 0, "");
}

/* Writes a cell of `width` columns, cut to it, and two spaces. */
static void write_cell(const struct terminal *terminal, enum tone tone, const char *text, int width)
{
	char cut[300];
	int columns;

	snprintf(cut, sizeof(cut), "%s", text);
	while ((columns = terminal_columns(terminal, cut)) > width && *cut) {
		size_t length = strlen(cut) - 1;
		while (length > 0 && ((unsigned char)cut[length] & 0xc0) == 0x80)
			length--;
		cut[length] = '\0';
	}
	terminal_write(terminal, tone, cut);
	pad(terminal, width - columns + 2);
}

/* The widest name, within reason. */
static int name_width(const struct terminal *terminal, const json_t *comparison)
{
	const json_t *candidate;
	int width = 0;
	size_t i;

	json_array_foreach(json_object_get(comparison, "candidates"), i, candidate) {
		int columns = terminal_columns(terminal, document_text(candidate, "name"));
		width = columns > width ? columns : width;
	}
	return width < NAME_WIDTH ? width : NAME_WIDTH;
}

/* Why a candidate is not suitable; verdicts begin with a word that stands there already. */
static void write_reason(
	const struct terminal *terminal, const json_t *candidate, const char *profile)
{
	const json_t *verdict;
	size_t i;

	json_array_foreach(json_object_get(candidate, "verdicts"), i, verdict) {
		const char *why = document_text(verdict, "why"), *colon = strchr(why, ':');
		if (strcmp(document_text(verdict, "profile"), profile) == 0 &&
			strcmp(document_text(verdict, "overall"), "suitable") != 0)
			terminal_say(
				terminal, 11, "%.400s", colon ? colon + strspn(colon, ": ") : why);
	}
}

static void write_place(const struct terminal *terminal, const json_t *comparison,
	const json_t *ranking, const json_t *place, int width)
{
	size_t which = (size_t)json_integer_value(json_object_get(place, "candidate"));
	const json_t *candidate = json_array_get(json_object_get(comparison, "candidates"), which);
	const char *overall = document_text(place, "overall");
	const json_t *monthly = json_object_get(place, "monthly");
	char score[100], price[100], money[100], month[64] = "", text[500];

	fprintf(terminal->out, "  %3" JSON_INTEGER_FORMAT "  ",
		json_integer_value(json_object_get(place, "rank")));
	write_cell(terminal, TONE_STRONG, document_text(candidate, "name"), width);
	write_cell(terminal, view_tone(overall), overall, 19);
	comparison_score(place, score, sizeof(score));
	comparison_price(candidate, price, sizeof(price));
	comparison_money(comparison, ranking, place, money, sizeof(money));
	if (monthly &&
		strcmp(document_text(json_object_get(candidate, "price"), "per"), "month") != 0)
		snprintf(month, sizeof(month), " (%.2f/month)", json_number_value(monthly));
	snprintf(text, sizeof(text), "%s%s%s%s%s%s%s", *score ? "score " : "", score,
		*price ? (*score ? "; " : "") : "", price, month, *money ? "; per money " : "",
		money);
	if (*text)
		terminal_wrap(terminal, 7 + width + 2 + 21, 11, text);
	else
		fputc('\n', terminal->out);
	write_reason(terminal, candidate, document_text(ranking, "profile"));
}

static void write_ranking(const struct terminal *terminal, const json_t *comparison,
	const json_t *ranking, int width, bool all)
{
	const json_t *order = json_object_get(ranking, "order"), *place;
	size_t i;

	fputc('\n', terminal->out);
	terminal_write(terminal, TONE_STRONG, "Ranking: ");
	terminal_wrap(terminal, 9, 2, document_text(ranking, "title"));
	json_array_foreach(order, i, place)
		if (all || i < PLACES_MOST)
			write_place(terminal, comparison, ranking, place, width);
	if (!all && json_array_size(order) > PLACES_MOST)
		terminal_say(terminal, 7, "... and %zu more; --all lists them",
			json_array_size(order) - PLACES_MOST);
}

static enum tone tone_of(const json_t *difference)
{
	const char *direction = document_text(difference, "direction");

	return strcmp(direction, "better") == 0  ? TONE_GOOD
	       : strcmp(direction, "worse") == 0 ? TONE_BAD
						 : TONE_FAINT;
}

static const json_t *difference_of_value(const json_t *metric, const json_t *value)
{
	return comparison_entry(json_object_get(metric, "differences"),
		(size_t)json_integer_value(json_object_get(value, "candidate")));
}

/* Which candidates of a metric are worth a line. */
static bool is_shown(const json_t *metric, const json_t *value, size_t baseline, bool all)
{
	return all || (size_t)json_integer_value(json_object_get(value, "candidate")) == baseline ||
	       json_array_size(json_object_get(metric, "values")) <= 4 ||
	       comparison_matters(difference_of_value(metric, value));
}

/* The columns that readings of a metric take. */
static int value_width(const struct terminal *terminal, const json_t *metric)
{
	const json_t *value;
	char text[500];
	int width = 0;
	size_t i;

	json_array_foreach(json_object_get(metric, "values"), i, value) {
		int columns = terminal_columns(
			terminal, comparison_value(metric, value, text, sizeof(text)));
		if (difference_of_value(metric, value) && columns > width)
			width = columns;
	}
	return width < VALUE_WIDTH ? width : VALUE_WIDTH;
}

/* One candidate: its reading and, where it fits beside it or on the next line, the difference. */
static void write_value(const struct terminal *terminal, const json_t *comparison,
	const json_t *metric, const json_t *value, const int widths[2], bool all)
{
	const json_t *difference = difference_of_value(metric, value);
	size_t which = (size_t)json_integer_value(json_object_get(value, "candidate"));
	int indent = 4 + widths[0] + 2, column = indent + widths[1] + 2;
	char text[500], ratio[200], class[100], effect[32];

	fputs("    ", terminal->out);
	write_cell(terminal, TONE_PLAIN, comparison_name(comparison, which), widths[0]);
	comparison_value(metric, value, text, sizeof(text));
	if (!difference) {
		terminal_wrap(terminal, indent, indent, text);
		return;
	}
	comparison_ratio(metric, difference, ratio, sizeof(ratio));
	comparison_class(difference, class, sizeof(class));
	comparison_effect(difference, effect, sizeof(effect));
	if (all && *effect)
		snprintf(class + strlen(class), sizeof(class) - strlen(class), ", effect %s",
			effect);
	int wide = terminal_columns(terminal, ratio) + 2 + terminal_columns(terminal, class);
	if (column + wide > terminal->width || terminal_columns(terminal, text) > widths[1]) {
		terminal_wrap(terminal, indent, indent, text);
		pad(terminal, indent);
	} else {
		write_cell(terminal, TONE_PLAIN, text, widths[1]);
	}
	terminal_write(terminal, TONE_PLAIN, ratio);
	fputs("  ", terminal->out);
	if (indent + wide > terminal->width) {
		fputc('\n', terminal->out);
		pad(terminal, indent);
	}
	terminal_write(terminal, tone_of(difference), class);
	fputc('\n', terminal->out);
}

static void write_metric(const struct terminal *terminal, const json_t *comparison,
	const json_t *metric, int width, bool all)
{
	size_t baseline = (size_t)json_integer_value(json_object_get(comparison, "baseline"));
	const int widths[] = {width, value_width(terminal, metric)};
	char labels[600], text[1200];
	const json_t *value;
	size_t i, shown = 0, hidden = 0;

	comparison_labels(json_object_get(metric, "labels"), labels, sizeof(labels));
	snprintf(text, sizeof(text), "%.300s%s%.500s%s; %s is better%s",
		document_text(metric, "title"), *labels ? " (" : "", labels, *labels ? ")" : "",
		document_text(metric, "better"),
		json_object_get(metric, "mixed") ? "; measured in different ways" : "");
	terminal_wrap(terminal, 0, 2, text);
	json_array_foreach(json_object_get(metric, "values"), i, value) {
		size_t which = (size_t)json_integer_value(json_object_get(value, "candidate"));
		if (!is_shown(metric, value, baseline, all))
			continue;
		if (all || which == baseline || shown < LINES_MOST) {
			write_value(terminal, comparison, metric, value, widths, all);
			shown++;
		} else {
			hidden++;
		}
	}
	if (hidden)
		terminal_say(terminal, 4, "... and %zu more; --all lists them", hidden);
}

/* A metric and how much it matters: what is real first, then the largest ratio. */
struct weighed {
	const json_t *metric;
	int matters;
	double size;
	size_t index;
};

static int compare_weighed(const void *left, const void *right)
{
	const struct weighed *a = left, *b = right;

	if (a->matters != b->matters)
		return b->matters - a->matters;
	if (a->matters && a->size != b->size)
		return a->size > b->size ? -1 : 1;
	return a->index < b->index ? -1 : 1;
}

static struct weighed weigh(const json_t *metric, size_t index)
{
	struct weighed weighed = {.metric = metric, .index = index};
	const json_t *difference;
	size_t i;

	json_array_foreach(json_object_get(metric, "differences"), i, difference) {
		int matters = comparison_matters(difference);
		double ratio = json_number_value(json_object_get(difference, "ratio"));
		double size = ratio > 0 ? fabs(log(ratio)) : matters ? INFINITY : 0;
		if (matters > weighed.matters ||
			(matters == weighed.matters && size > weighed.size)) {
			weighed.matters = matters;
			weighed.size = size;
		}
	}
	return weighed;
}

static void write_metrics(
	const struct terminal *terminal, const json_t *comparison, int width, bool all)
{
	const json_t *metrics = json_object_get(comparison, "metrics"), *metric;
	size_t count = json_array_size(metrics), i, shown = 0, matter = 0;
	struct weighed *weighed = allocate_zero(count, sizeof(*weighed));

	json_array_foreach(metrics, i, metric) {
		weighed[i] = weigh(metric, i);
		matter += weighed[i].matters > 0;
	}
	qsort(weighed, count, sizeof(*weighed), compare_weighed);
	fputc('\n', terminal->out);
	terminal_write(terminal, TONE_STRONG, matter ? "Differences that matter" : "Differences");
	fputc('\n', terminal->out);
	if (!matter)
		terminal_say(terminal, 2,
			"None of %zu readings differs for certain by as much as "
			"would matter.",
			count);
	for (i = 0; i < count; i++)
		if (all || (weighed[i].matters && shown < METRICS_MOST)) {
			write_metric(terminal, comparison, weighed[i].metric, width, all);
			shown++;
		}
	if (shown < matter)
		terminal_say(terminal, 2, "... and %zu more that matter", matter - shown);
	if (shown < count)
		terminal_say(terminal, 2, "%zu of %zu readings are not shown; --all lists them.",
			count - shown, count);
	if (*document_text(comparison, "caveat"))
		terminal_say(terminal, 2, "%s", document_text(comparison, "caveat"));
	free(weighed);
}

void comparison_view(const struct terminal *terminal, const json_t *comparison, bool all)
{
	const json_t *rankings = json_object_get(comparison, "rankings"), *ranking;
	int width = name_width(terminal, comparison);
	char answer[2048];
	size_t i;

	json_array_foreach(rankings, i, ranking)
		terminal_wrap(terminal, 0, 0,
			comparison_answer(comparison, ranking, answer, sizeof(answer)));
	if (json_array_size(rankings) == 0)
		terminal_say(terminal, 0,
			"No run was judged by a profile, so that nobody is "
			"ranked.");
	json_array_foreach(rankings, i, ranking)
		write_ranking(terminal, comparison, ranking, width, all);
	if (json_array_size(rankings))
		terminal_say(
			terminal, 2, "%s", comparison_legend(comparison, answer, sizeof(answer)));
	json_array_foreach(rankings, i, ranking)
		comparison_view_lines(terminal, comparison, ranking, all);
	write_metrics(terminal, comparison, width, all);
	view_reasons(terminal, json_object_get(comparison, "mixed"),
		"Compared although it was measured in different ways",
		all ? SIZE_MAX : REASONS_MOST);
	view_reasons(terminal, json_object_get(comparison, "not_compared"), "Not compared",
		all ? SIZE_MAX : REASONS_MOST);
}
