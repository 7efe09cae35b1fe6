#include "wording.h"

#include "document.h"
#include "sentence.h"
#include "units.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

#define NUMBER_MAX 200 /* units_format(): a number and a hostile unit */

/* Shares of time from which a disturbance is worth a word: 5 % stolen CPU time is far above what an
 * unloaded hypervisor shows; pressure also counts the bench's own waiting, so that it needs more.
 */
#define STEAL_NOTABLE           0.05
#define CPU_PRESSURE_NOTABLE    0.25
#define MEMORY_PRESSURE_NOTABLE 0.05

static const char *unit_of(const struct line *line)
{
	const char *unit = document_text(line->requirement, "unit");

	if (!*unit)
		unit = document_text(line->reading.fact, "unit");
	return *unit ? unit : "1";
}

/* The time that a rate of rare events is counted in. */
static const char *unit_of_exposure(const struct line *line)
{
	return strstr(unit_of(line), "/day") ? "days" : "seconds";
}

static void add_scalar(struct sentence *sentence, const json_t *value, const char *unit)
{
	char number[NUMBER_MAX];

	if (json_is_string(value))
		sentence_add(sentence, "%.200s", json_string_value(value));
	else if (json_is_number(value))
		sentence_add(sentence, "%s",
			units_format(json_number_value(value), unit, number, sizeof(number)));
	else if (json_is_boolean(value))
		sentence_add(sentence, "%s", json_is_true(value) ? "yes" : "no");
	else
		sentence_add(sentence, "unknown");
}

/* "(95 % interval 31.0 to 52.0)". */
static void add_interval(
	struct sentence *sentence, const struct interval *interval, const char *unit)
{
	char low[NUMBER_MAX], high[NUMBER_MAX];
	double percent = interval->confidence * 100;

	units_format_bounds(interval, unit, low, high, sizeof(low));
	if (isfinite(interval->low) && isfinite(interval->high))
		sentence_add(sentence, " (%.0f %% interval %s to %s)", percent, low, high);
	else if (isfinite(interval->low))
		sentence_add(
			sentence, " (%.0f %% interval from %s, with no upper bound)", percent, low);
	else if (isfinite(interval->high))
		sentence_add(sentence, " (%.0f %% interval up to %s, with no lower bound)", percent,
			high);
	else
		sentence_add(sentence, " (one reading, without an interval)");
}

static void add_reading(struct sentence *sentence, const struct line *line)
{
	const struct reading *reading = &line->reading;
	char number[NUMBER_MAX];

	if (line->status == STATUS_NOT_MEASURED) {
		sentence_add(sentence, "not measured");
	} else if (reading->fact) {
		add_scalar(sentence, json_object_get(reading->fact, "value"), unit_of(line));
	} else {
		sentence_add(sentence, "%s",
			units_format(
				reading->interval.value, unit_of(line), number, sizeof(number)));
		add_interval(sentence, &reading->interval, unit_of(line));
	}
}

const char *wording_reading(const struct line *line, char *buffer, size_t size)
{
	struct sentence sentence = {0};

	add_reading(&sentence, line);
	return sentence_finish(&sentence, buffer, size);
}

static void add_limit(struct sentence *sentence, const json_t *requirement)
{
	const char *unit = document_text(requirement, "unit");
	double min = judge_min(requirement), max = judge_max(requirement);
	char low[NUMBER_MAX], high[NUMBER_MAX];

	units_format_limit(min, *unit ? unit : "1", low, sizeof(low));
	units_format_limit(max, *unit ? unit : "1", high, sizeof(high));
	if (json_object_get(requirement, "equals")) {
		sentence_add(sentence, "equal to ");
		add_scalar(sentence, json_object_get(requirement, "equals"), *unit ? unit : "1");
	} else if (isfinite(min) && isfinite(max)) {
		sentence_add(sentence, "between %s and %s", low, high);
	} else if (isfinite(max)) {
		sentence_add(sentence, "at most %s", high);
	} else if (isfinite(min)) {
		sentence_add(sentence, "at least %s", low);
	} else {
		sentence_add(sentence, "must pass");
	}
}

const char *wording_limit(const json_t *requirement, char *buffer, size_t size)
{
	struct sentence sentence = {0};

	add_limit(&sentence, requirement);
	return sentence_finish(&sentence, buffer, size);
}

/* Which of several readings this is: " with payload 2300 (the worst of 4)". */
static void add_labels(struct sentence *sentence, const struct line *line)
{
	const char *name, *separator = " with ";
	json_t *value;

	if (line->readings < 2 || !line->reading.labels)
		return;
	json_object_foreach((json_t *)line->reading.labels, name, value) {
		sentence_add(sentence, "%s%.40s %.40s", separator, name, json_string_value(value));
		separator = ", ";
	}
	sentence_add(sentence, " (the worst of %zu)", line->readings);
}

/* A sentence of somebody else's, without its full stop, so that ours can end it. */
static void add_stripped(struct sentence *sentence, const char *text, size_t length)
{
	while (length && strchr(". \n", text[length - 1]))
		length--;
	sentence_add(sentence, "%.*s", (int)(length < 500 ? length : 500), text);
}

/* What was found against what, without a full stop. */
static void add_finding(struct sentence *sentence, const struct line *line)
{
	const struct reading *reading = &line->reading;
	const json_t *requirement = line->requirement;
	const char *why = document_text(reading->fact, "why");

	sentence_add(sentence, "%s", document_text(requirement, "title"));
	add_labels(sentence, line);
	if (line->status == STATUS_NOT_MEASURED) {
		sentence_add(sentence, ": not measured: ");
		add_stripped(sentence, reading->trouble, strlen(reading->trouble));
	} else if (!judge_has_limit(requirement)) {
		sentence_add(sentence, ": ");
		add_reading(sentence, line);
		sentence_add(sentence, "%s", *why ? ". " : "");
		add_stripped(sentence, why, strlen(why));
	} else if (reading->quantile > 0 && strcmp(unit_of(line), "s") == 0 &&
		   isfinite(judge_max(requirement)) && !isfinite(judge_min(requirement))) {
		char limit[NUMBER_MAX];
		sentence_add(sentence, ": %.6g %% must finish within %s; here that takes ",
			reading->quantile * 100,
			units_format_limit(judge_max(requirement), "s", limit, sizeof(limit)));
		add_reading(sentence, line);
	} else {
		sentence_add(sentence, ": must be ");
		add_limit(sentence, requirement);
		sentence_add(sentence, "; here it is ");
		add_reading(sentence, line);
	}
}

/* Why evidence is missing and how to get it. */
static void add_missing_evidence(struct sentence *sentence, const struct line *line)
{
	const struct reading *reading = &line->reading;
	/* No sample need lie above the quantile with fewer (see interval_of_quantile()). */
	double needed = reading->quantile > 0 ? ceil(log(0.025) / log(reading->quantile)) : 0;

	if (reading->fact)
		sentence_add(sentence, " This could not be found out here");
	else if (reading->beyond)
		sentence_add(sentence,
			" %" PRIu64 " of %" PRIu64 " took longer than an hour, which "
			"leaves the reading open; repeat the measurement",
			reading->beyond, reading->samples);
	else if ((double)reading->samples < needed)
		sentence_add(sentence,
			" That rests on %" PRIu64 " samples, but at least %.0f are "
			"needed to say how slow the slowest are; measure longer: run without --quick "
			"or with --repeat",
			reading->samples, needed);
	else
		sentence_add(sentence,
			" %zu repetition%s cannot tell which side of the limit this is; "
			"measure longer: run without --quick or with --repeat",
			reading->interval.n, reading->interval.n == 1 ? "" : "s");
	sentence_add(sentence, ".");
}

/* What would turn a presumption into knowledge. */
static void add_presumption(struct sentence *sentence, const struct line *line)
{
	const struct reading *reading = &line->reading;
	double most = judge_max(line->requirement);
	bool beyond = judge_excess(reading->interval.value, judge_min(line->requirement), most) > 0;

	sentence_add(sentence, " Presumed to be met: %s",
		beyond && !reading->fact
			? "what was seen lies beyond the limit, but is too little to refute it"
			: "nothing seen so far refutes it");
	if (reading->exposure > 0 && isfinite(most) && most > 0 && !beyond)
		sentence_add(sentence, ", and to know that it is takes %.3g %s of measuring",
			interval_exposure_for(reading->events, most), unit_of_exposure(line));
	sentence_add(sentence, ".");
}

/* What made a reading that is no plain pass worse than the host may be. */
static void add_disturbance(struct sentence *sentence, const struct line *line)
{
	const struct disturbance *worst = &line->disturbance;

	if (line->reading.fact || line->status == STATUS_MET || line->status == STATUS_PRESUMED ||
		line->status == STATUS_NOT_MEASURED)
		return;
	if (worst->steal_ratio > STEAL_NOTABLE)
		sentence_add(sentence,
			" Measured while %.0f %% of CPU time was stolen by the "
			"hypervisor for other guests.",
			worst->steal_ratio * 100);
	if (worst->throttled_periods > 0)
		sentence_add(sentence, " Measured while a CPU limit held the benchmark back.");
	else if (worst->cpu_pressure_ratio > CPU_PRESSURE_NOTABLE)
		sentence_add(sentence,
			" Measured while programs waited for a CPU %.0f %% of the time.",
			worst->cpu_pressure_ratio * 100);
	if (worst->memory_pressure_ratio > MEMORY_PRESSURE_NOTABLE)
		sentence_add(sentence, " Measured while memory was short %.0f %% of the time.",
			worst->memory_pressure_ratio * 100);
	if (worst->unfinished)
		sentence_add(sentence, " %zu of %zu runs of this benchmark gave no result.",
			worst->unfinished, worst->documents);
}

const char *wording_finding(const struct line *line, char *buffer, size_t size)
{
	struct sentence sentence = {0};

	add_finding(&sentence, line);
	return sentence_finish(&sentence, buffer, size);
}

const char *wording_line(const struct line *line, char *buffer, size_t size)
{
	struct sentence sentence = {0};

	add_finding(&sentence, line);
	sentence_add(&sentence, ".");
	if (line->status == STATUS_MARGINAL && !line->reading.fact)
		sentence_add(&sentence, " Too close to call: the limit lies inside the interval. "
					"A longer run (--full or --repeat) may settle it.");
	if (line->status == STATUS_PRESUMED)
		add_presumption(&sentence, line);
	if (line->status == STATUS_NOT_ENOUGH)
		add_missing_evidence(&sentence, line);
	add_disturbance(&sentence, line);
	return sentence_finish(&sentence, buffer, size);
}
