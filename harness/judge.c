#include "judge.h"

#include "document.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

const char *const status_names[] = {
	[STATUS_MET] = "met",
	[STATUS_PRESUMED] = "presumed",
	[STATUS_MARGINAL] = "marginal",
	[STATUS_NOT_ENOUGH] = "not enough evidence",
	[STATUS_NOT_MEASURED] = "not measured",
	[STATUS_NOT_MET] = "not met",
};

const char *const overall_names[] = {
	[OVERALL_SUITABLE] = "suitable",
	[OVERALL_MARGINAL] = "marginal",
	[OVERALL_NOT_ENOUGH] = "not enough evidence",
	[OVERALL_UNSUITABLE] = "unsuitable",
};

double judge_min(const json_t *requirement)
{
	const json_t *min = json_object_get(requirement, "min");

	return json_is_number(min) ? json_number_value(min) : -INFINITY;
}

double judge_max(const json_t *requirement)
{
	const json_t *max = json_object_get(requirement, "max");

	return json_is_number(max) ? json_number_value(max) : INFINITY;
}

bool judge_has_limit(const json_t *requirement)
{
	return json_object_get(requirement, "min") || json_object_get(requirement, "max") ||
	       json_object_get(requirement, "equals");
}

bool judge_is_required(const json_t *requirement)
{
	return strcmp(document_text(requirement, "severity"), "required") == 0;
}

bool judge_is_presumed(const json_t *requirement)
{
	return json_is_true(json_object_get(requirement, "presumed"));
}

enum status judge_interval(const struct interval *interval, double min, double max)
{
	double low = interval->low, high = interval->high;

	if (!isfinite(interval->value) || isnan(low) || isnan(high))
		return STATUS_NOT_MEASURED;
	switch (interval_side(interval, min, max)) {
	case INTERVAL_WITHIN:
		return STATUS_MET;
	case INTERVAL_BEYOND:
		return STATUS_NOT_MET;
	case INTERVAL_ACROSS:
		break;
	}
	return isfinite(low) && isfinite(high) ? STATUS_MARGINAL : STATUS_NOT_ENOUGH;
}

/* The excess over one limit; a limit of zero has no shares, so the difference itself counts. */
static double excess_over(double difference, double limit)
{
	return limit == 0 ? difference : difference / fabs(limit);
}

double judge_excess(double value, double min, double max)
{
	double above = isfinite(max) ? excess_over(value - max, max) : -INFINITY;
	double below = isfinite(min) ? excess_over(min - value, min) : -INFINITY;

	return fmax(above, below);
}

/* A fact that has no limit is judged by the bench that found it. */
static enum status judge_by_status(const json_t *fact)
{
	static const struct {
		const char *name;
		enum status status;
	} meanings[] = {
		{"pass", STATUS_MET},
		{"info", STATUS_MET},
		{"warn", STATUS_MARGINAL},
		{"fail", STATUS_NOT_MET},
		{"unknown", STATUS_NOT_ENOUGH},
	};

	for (size_t i = 0; i < sizeof(meanings) / sizeof(meanings[0]); i++)
		if (strcmp(document_text(fact, "status"), meanings[i].name) == 0)
			return meanings[i].status;
	return STATUS_NOT_MEASURED;
}

static bool same_scalar(const json_t *left, const json_t *right)
{
	if (json_is_number(left) && json_is_number(right))
		return json_number_value(left) == json_number_value(right);
	return json_equal(left, right);
}

/* Judges a fact's value; fills `trouble` when it cannot be compared. */
static enum status judge_fact(const json_t *requirement, struct reading *reading)
{
	const json_t *value = json_object_get(reading->fact, "value");
	const json_t *equals = json_object_get(requirement, "equals");
	const char *unit = document_text(requirement, "unit");
	double min = judge_min(requirement), max = judge_max(requirement);

	if (!judge_has_limit(requirement)) {
		enum status status = judge_by_status(reading->fact);

		if (status == STATUS_NOT_MEASURED)
			snprintf(reading->trouble, sizeof(reading->trouble),
				"the result does not say whether it passed");
		return status;
	}
	if (!value || json_is_null(value))
		return STATUS_NOT_ENOUGH;
	if (equals)
		return same_scalar(value, equals) ? STATUS_MET : STATUS_NOT_MET;
	if (!json_is_number(value) ||
		(*unit && strcmp(unit, document_text(reading->fact, "unit")) != 0)) {
		snprintf(reading->trouble, sizeof(reading->trouble),
			"its value cannot be compared with the limit");
		return STATUS_NOT_MEASURED;
	}
	return json_number_value(value) >= min && json_number_value(value) <= max ? STATUS_MET
										  : STATUS_NOT_MET;
}

static enum status judge_reading(const json_t *requirement, struct reading *reading)
{
	enum status status;

	if (reading->trouble[0])
		return STATUS_NOT_MEASURED;
	if (reading->fact)
		status = judge_fact(requirement, reading);
	else
		status = judge_interval(
			&reading->interval, judge_min(requirement), judge_max(requirement));
	if (judge_is_presumed(requirement) &&
		(status == STATUS_MARGINAL || status == STATUS_NOT_ENOUGH))
		status = STATUS_PRESUMED;
	return status;
}

/* Where a reading stands between two of the same status. */
static double closeness(const json_t *requirement, const struct reading *reading)
{
	const json_t *value = json_object_get(reading->fact, "value");
	double point = reading->fact ? json_number_value(value) : reading->interval.value;

	return judge_excess(point, judge_min(requirement), judge_max(requirement));
}

static bool is_worse(const json_t *requirement, enum status status, const struct reading *reading,
	const struct line *worst)
{
	if (status != worst->status)
		return status > worst->status;
	return closeness(requirement, reading) > closeness(requirement, &worst->reading);
}

void judge_requirement(const json_t *run, const json_t *requirement, struct reading_cache *cache,
	struct line *line)
{
	struct readings readings;

	if (json_object_get(requirement, "metric"))
		readings_of_metric(run, requirement, cache, &readings);
	else
		readings_of_fact(run, requirement, &readings);
	*line = (struct line){
		.requirement = requirement,
		.readings = readings.count,
		.disturbance = reading_disturbance(run, document_text(requirement, "bench")),
	};
	for (size_t i = 0; i < readings.count; i++) {
		struct reading *reading = &readings.at[i];
		enum status status = judge_reading(requirement, reading);

		if (i == 0 || is_worse(requirement, status, reading, line)) {
			line->reading = *reading;
			line->status = status;
		}
	}
}

enum overall judge_overall(const struct line *lines, size_t count)
{
	enum overall overall = OVERALL_SUITABLE;

	for (size_t i = 0; i < count; i++) {
		enum overall one = OVERALL_SUITABLE;

		if (!judge_is_required(lines[i].requirement))
			one = lines[i].status == STATUS_NOT_MET ? OVERALL_MARGINAL
								: OVERALL_SUITABLE;
		else if (lines[i].status == STATUS_NOT_MET)
			one = OVERALL_UNSUITABLE;
		else if (lines[i].status != STATUS_MET && lines[i].status != STATUS_PRESUMED)
			one = lines[i].status == STATUS_MARGINAL ? OVERALL_MARGINAL
								 : OVERALL_NOT_ENOUGH;
		if (one > overall)
			overall = one;
	}
	return overall;
}
