#include "decision.h"

#include "comparison.h"
#include "comparison_wording.h"
#include "document.h"
#include "sentence.h"
#include "units.h"
#include "view.h"

#include <math.h>
#include <string.h>

#define METRICS_MOST 10 /* of one verdict; --all lists the rest */

static size_t count_of(const json_t *decision, const char *verdict)
{
	const json_t *metric;
	size_t count = 0, i;

	json_array_foreach(json_object_get(decision, "metrics"), i, metric)
		count += strcmp(document_text(metric, "verdict"), verdict) == 0;
	return count;
}

/* Metrics that passed although they may have got twice as bad. */
static size_t count_rare(const json_t *decision)
{
	const json_t *metric;
	size_t count = 0, i;

	json_array_foreach(json_object_get(decision, "metrics"), i, metric)
		count += json_is_true(json_object_get(metric, "may_double")) &&
			 strcmp(document_text(metric, "verdict"), "unchanged") == 0;
	return count;
}

static json_int_t whole(const json_t *object, const char *key)
{
	return json_integer_value(json_object_get(object, key));
}

static double number_at(const json_t *object, const char *key)
{
	const json_t *value = json_object_get(object, key);

	return json_is_number(value) ? json_number_value(value) : NAN;
}

/* What is shown are the values of runs, which may weigh repetitions by what each saw, and what is
 * tested are repetitions: whether the first seem to contradict the ratio. */
static bool is_puzzling(const json_t *metric)
{
	double shown = number_at(json_object_get(metric, "candidate"), "value") /
		       number_at(json_object_get(metric, "baseline"), "value");
	double ratio = number_at(metric, "ratio");

	return (shown - 1) * (ratio - 1) < 0 || shown < number_at(metric, "low") ||
	       shown > number_at(metric, "high");
}

static void write_medians(const struct terminal *terminal, const json_t *metric)
{
	const json_t *medians = json_object_get(metric, "medians");
	const char *unit = document_text(metric, "unit");
	char texts[2][100];

	if (json_array_size(medians) != 2 || !is_puzzling(metric))
		return;
	for (size_t i = 0; i < 2; i++)
		units_format(json_number_value(json_array_get(medians, i)), unit, texts[i],
			sizeof(texts[i]));
	terminal_say(terminal, 6, "the ratio is of single repetitions, whose medians are %s and %s",
		texts[0], texts[1]);
}

static void write_metric(const struct terminal *terminal, const json_t *metric)
{
	char labels[500], values[2][300], ratio[300], remedy[300];
	bool undecided = strcmp(document_text(metric, "verdict"), "not enough evidence") == 0;

	comparison_labels(json_object_get(metric, "labels"), labels, sizeof(labels));
	comparison_value(metric, json_object_get(metric, "baseline"), values[0], sizeof(values[0]));
	comparison_value(
		metric, json_object_get(metric, "candidate"), values[1], sizeof(values[1]));
	comparison_ratio(metric, metric, ratio, sizeof(ratio));
	bool suspected = *decision_suspicion(metric, remedy, sizeof(remedy));

	if (!suspected)
		decision_remedy(metric, remedy, sizeof(remedy));
	terminal_say(terminal, 2, "%.200s%s%s%s", document_text(metric, "title"),
		*labels ? " (" : "", labels, *labels ? ")" : "");
	terminal_say(terminal, 6, "baseline %s, candidate %s: %s", values[0], values[1], ratio);
	write_medians(terminal, metric);
	if (undecided && *remedy)
		terminal_say(terminal, 6, suspected ? "%s" : "%s would probably decide", remedy);
}

static void write_group(const struct terminal *terminal, const json_t *decision,
	const char *verdict, const char *title, enum tone tone, size_t most)
{
	const json_t *metric;
	size_t count = count_of(decision, verdict), shown = 0, i;

	if (count == 0 || most == 0)
		return;
	fputc('\n', terminal->out);
	terminal_write(terminal, tone, title);
	fputc('\n', terminal->out);
	json_array_foreach(json_object_get(decision, "metrics"), i, metric)
		if (strcmp(document_text(metric, "verdict"), verdict) == 0 && shown++ < most)
			write_metric(terminal, metric);
	if (shown > most)
		terminal_say(terminal, 2, "... and %zu more; --all lists them", shown - most);
}

/* The host that a side was measured on, or "" when there are several. */
static const char *host_of(const json_t *side)
{
	const char *host = "";
	const json_t *run;
	size_t i;

	json_array_foreach(json_object_get(side, "runs"), i, run) {
		const char *id = document_text(json_object_get(run, "host"), "id");
		if (i > 0 && strcmp(id, host) != 0)
			return "";
		host = id;
	}
	return host;
}

static void write_family(const struct terminal *terminal, const json_t *family, size_t metrics)
{
	json_int_t blind = whole(family, "blind");

	if (blind > 0)
		terminal_say(terminal, 0,
			"%" JSON_INTEGER_FORMAT
			" of %zu metrics cannot be called regressed, however "
			"bad they are: chance alone can divide so few repetitions in any way, and "
			"%" JSON_INTEGER_FORMAT " metrics are tested. %" JSON_INTEGER_FORMAT
			" repetitions of each side, in one run or several, are the least; or judge "
			"fewer metrics (--only).",
			blind, metrics, whole(family, "tested"), whole(family, "repetitions"));
}

/* ", of those that control-plane and worker judge," */
static const char *profiles_of(const json_t *decision, char *buffer, size_t size)
{
	const json_t *profiles = json_object_get(json_object_get(decision, "settings"), "profiles");
	size_t count = json_array_size(profiles), i;
	struct sentence sentence = {0};
	const json_t *name;

	json_array_foreach(profiles, i, name)
		sentence_add(&sentence, "%s%.40s",
			i == 0          ? " that "
			: i + 1 < count ? ", "
					: " and ",
			json_is_string(name) ? json_string_value(name) : "?");
	if (count)
		sentence_add(&sentence, " judge%s,", count == 1 ? "s" : "");
	return sentence_finish(&sentence, buffer, size);
}

static void write_answer(const struct terminal *terminal, const json_t *decision)
{
	const json_t *sides[] = {
		json_object_get(decision, "baseline"), json_object_get(decision, "candidate")};
	const char *verdict = document_text(decision, "verdict");
	size_t metrics = json_array_size(json_object_get(decision, "metrics"));
	size_t regressed = count_of(decision, "regressed");
	size_t undecided = count_of(decision, "not enough evidence");
	enum tone tone = regressed                      ? TONE_BAD
			 : strcmp(verdict, "pass") == 0 ? TONE_GOOD
							: TONE_CAREFUL;
	char text[1200], profiles[400];

	terminal_write(terminal, tone, verdict);
	snprintf(text, sizeof(text),
		": %.200s against %.200s. Of %zu metric%s%s %zu regressed, %zu could not be decided, "
		"%zu improved and %zu did not change.",
		document_text(sides[1], "name"), document_text(sides[0], "name"), metrics,
		metrics == 1 ? "" : "s", profiles_of(decision, profiles, sizeof(profiles)),
		regressed, undecided, count_of(decision, "improved"),
		count_of(decision, "unchanged"));
	if (!metrics)
		snprintf(text, sizeof(text),
			": %.200s against %.200s. They have no metric to judge in common; what "
			"stands in the way is below.",
			document_text(sides[1], "name"), document_text(sides[0], "name"));
	terminal_wrap(terminal, terminal_columns(terminal, verdict), 0, text);
	write_family(terminal, json_object_get(decision, "family"), metrics);
	if (*decision_remedies_text(decision, text, sizeof(text)))
		terminal_say(terminal, 0, "%s", text);
	if (*decision_suspicions_text(decision, text, sizeof(text)))
		terminal_say(terminal, 0, "%s", text);
	size_t rare = count_rare(decision);
	if (rare)
		terminal_say(terminal, 0,
			"%zu metric%s of rare events saw too few to rule out that it got twice as "
			"bad; no increase can be told, which counts as unchanged.",
			rare, rare == 1 ? "" : "s");
	if (strcmp(host_of(sides[0]), host_of(sides[1])) != 0)
		terminal_say(terminal, 0,
			"The two were not measured on the same host: what differs may be that.");
}

void decision_view(const struct terminal *terminal, const json_t *decision, bool all)
{
	size_t most = all ? SIZE_MAX : METRICS_MOST;

	write_answer(terminal, decision);
	write_group(terminal, decision, "regressed", "Regressed", TONE_BAD, SIZE_MAX);
	write_group(terminal, decision, "not enough evidence", "Not enough evidence", TONE_CAREFUL,
		most);
	write_group(terminal, decision, "improved", "Improved", TONE_GOOD, most);
	write_group(terminal, decision, "unchanged", "Unchanged", TONE_STRONG, all ? SIZE_MAX : 0);
	view_reasons(terminal, json_object_get(decision, "mixed"),
		"Compared although it was measured in different ways", SIZE_MAX);
	view_reasons(terminal, json_object_get(decision, "not_compared"), "Not compared", SIZE_MAX);
}
