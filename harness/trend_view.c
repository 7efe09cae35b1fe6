#include "trend.h"

#include "allocate.h"
#include "comparison.h"
#include "interval.h"
#include "units.h"
#include "view.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define CHANGES_MOST 20 /* --all lists the rest */
#define REASONS_MOST 8

struct found {
	const struct trend *trend;
	const struct change *change;
	size_t run;
};

/* The latest first; of one run, those for the worse first. */
static int compare_found(const void *left, const void *right)
{
	const struct found *a = left, *b = right;
	bool worse[] = {trend_is_worse(a->trend, a->change), trend_is_worse(b->trend, b->change)};

	if (a->run != b->run)
		return a->run > b->run ? -1 : 1;
	if (worse[0] != worse[1])
		return worse[0] ? -1 : 1;
	return a->trend->key->index < b->trend->key->index ? -1 : 1;
}

static size_t collect(const struct trends *trends, struct found **all)
{
	size_t count = 0;

	for (size_t i = 0; i < trends->count; i++)
		count += trends->all[i]->change_count;
	*all = allocate_zero(count, sizeof(**all));
	count = 0;
	for (size_t i = 0; i < trends->count; i++) {
		const struct trend *trend = trends->all[i];

		for (size_t k = 0; k < trend->change_count; k++)
			(*all)[count++] = (struct found){.trend = trend,
				.change = &trend->changes[k],
				.run = trend->points[trend->changes[k].index].run};
	}
	if (count)
		qsort(*all, count, sizeof(**all), compare_found);
	return count;
}

static void write_name(const struct terminal *terminal, const struct trend *trend)
{
	json_t *labels = sample_labels(trend->key);
	char text[500];

	comparison_labels(labels, text, sizeof(text));
	terminal_say(terminal, 2, "%.200s%s%s%s", trend->meaning->title, *text ? " (" : "", text,
		*text ? ")" : "");
	json_decref(labels);
}

static void write_change(
	const struct terminal *terminal, const struct trends *trends, const struct found *found)
{
	const struct change *change = found->change;
	const struct trend_run *run = &trends->runs[found->run];
	const char *unit = found->trend->meaning->unit;
	bool worse = trend_is_worse(found->trend, change);
	char before[64], after[64], ratio[64] = "", number[48], text[600];

	write_name(terminal, found->trend);
	if (isfinite(change->ratio))
		snprintf(ratio, sizeof(ratio), " (\u00d7%s)",
			units_format_ratio(change->ratio, number, sizeof(number)));
	snprintf(text, sizeof(text), ": from %s to %s%s, since run %.40s of %.10s (host %.40s)",
		units_format(change->before, unit, before, sizeof(before)),
		units_format(change->after, unit, after, sizeof(after)), ratio, run->id,
		run->started, found->trend->host);
	fputs("      ", terminal->out);
	terminal_write(terminal, worse ? TONE_BAD : TONE_GOOD, worse ? "worse" : "better");
	terminal_wrap(terminal, 6 + (worse ? 5 : 6), 6, text);
}

static void write_level(const struct terminal *terminal, const struct trend *trend)
{
	double *values = allocate_zero(trend->count, sizeof(*values));
	char text[64];

	for (size_t i = 0; i < trend->count; i++)
		values[i] = trend->points[i].value;
	struct interval interval = interval_of_median(values, trend->count);
	free(values);
	write_name(terminal, trend);
	terminal_say(terminal, 6, "%zu runs, median %s", trend->count,
		units_format(interval.value, trend->meaning->unit, text, sizeof(text)));
}

/* In the words that a page has for it. */
static void write_answer(
	const struct terminal *terminal, const struct trends *trends, size_t changes)
{
	size_t steady = 0, brief = 0, worse = 0;
	char rest[100] = "", which[60] = "", none[60] = "";

	for (size_t i = 0; i < trends->count; i++) {
		steady += trends->all[i]->change_count == 0;
		brief += changes_most(trends->all[i]->count, NULL) == 0;
		for (size_t c = 0; c < trends->all[i]->change_count; c++)
			worse += trend_is_worse(trends->all[i], &trends->all[i]->changes[c]);
	}
	if (changes)
		snprintf(which, sizeof(which), ", %zu for the worse", worse);
	if (brief)
		snprintf(rest, sizeof(rest), "%zu %s too short to tell, with fewer than %d runs",
			brief, brief == 1 ? "is" : "are", CHANGES_LEAST);
	if (steady > brief || !brief)
		snprintf(none, sizeof(none), "%zu series %s none%s", steady - brief,
			steady - brief == 1 ? "has" : "have", brief ? "; " : "");
	terminal_say(terminal, 0, "%zu change%s of level in %zu series over %zu runs%s. %s%s.",
		changes, changes == 1 ? "" : "s", trends->count, trends->run_count, which, none,
		rest);
}

void trends_view(
	const struct terminal *terminal, const struct trends *trends, const json_t *notes, bool all)
{
	struct found *found;
	size_t count = collect(trends, &found),
	       shown = all || count < CHANGES_MOST ? count : CHANGES_MOST;
	bool steady = false;

	write_answer(terminal, trends, count);
	if (count) {
		fputc('\n', terminal->out);
		terminal_write(terminal, TONE_STRONG, "Changes, the latest first");
		fputc('\n', terminal->out);
	}
	for (size_t i = 0; i < shown; i++)
		write_change(terminal, trends, &found[i]);
	if (shown < count)
		terminal_say(terminal, 2, "... and %zu more; --all lists them", count - shown);
	free(found);
	for (size_t i = 0; i < trends->count; i++)
		steady |= trends->all[i]->change_count == 0;
	if (all && steady) {
		fputc('\n', terminal->out);
		terminal_write(terminal, TONE_STRONG, "No change");
		fputc('\n', terminal->out);
		for (size_t i = 0; i < trends->count; i++)
			if (trends->all[i]->change_count == 0)
				write_level(terminal, trends->all[i]);
	}
	view_reasons(terminal, notes, "Left out", all ? SIZE_MAX : REASONS_MOST);
}
