/* What the results of a run have in common, and its times. */
#include "verify_private.h"

#include "document.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* A clock that is slewed may move that far meanwhile. */
#define SLACK_S 1.0

/* An id is chosen when a run starts. */
#define ID_SLACK_S 60.0

/* What a time is written with. */
struct parts {
	int year, month, day, hour, minute;
	double second;
};

/* Seconds since 1970; NAN for no time of any calendar. */
static double seconds_of(const struct parts *parts)
{
	struct tm broken = {.tm_year = parts->year - 1900,
		.tm_mon = parts->month - 1,
		.tm_mday = parts->day,
		.tm_hour = parts->hour,
		.tm_min = parts->minute};
	time_t whole;

	if (parts->month < 1 || parts->month > 12 || parts->hour > 23 || parts->minute > 59 ||
		parts->second >= 61)
		return NAN;
	/* The 31st of February comes back as another day. */
	whole = timegm(&broken);
	return broken.tm_mday == parts->day && broken.tm_mon == parts->month - 1
		       ? (double)whole + parts->second
		       : NAN;
}

/* "2026-11-23T02:56:07.123Z" */
static double time_of(const json_t *object, const char *key)
{
	struct parts at = {0};

	return sscanf(document_text(object, key), "%4d-%2d-%2dT%2d:%2d:%lf", &at.year, &at.month,
		       &at.day, &at.hour, &at.minute, &at.second) == 6
		       ? seconds_of(&at)
		       : NAN;
}

/* "20261123T025607Z-1a2b3c4d" */
static double time_of_id(const char *id)
{
	struct parts at = {0};

	return sscanf(id, "%4d%2d%2dT%2d%2d%2lf", &at.year, &at.month, &at.day, &at.hour,
		       &at.minute, &at.second) == 6
		       ? seconds_of(&at)
		       : NAN;
}

static void check_time(
	struct verify *verify, const json_t *object, const char *key, const char *where)
{
	if (json_object_get(object, key) && isnan(time_of(object, key)))
		verify_say(verify, FINDING_INCONSISTENT, where, "%s \"%.40s\" is in no calendar",
			key, document_text(object, key));
}

static void check_run_times(struct verify *verify, const json_t *run)
{
	double started = time_of(run, "started"), finished = time_of(run, "finished");
	double id = time_of_id(document_text(run, "id"));
	bool running = strcmp(document_text(run, "state"), "running") == 0;

	check_time(verify, run, "started", "");
	check_time(verify, run, "finished", "");
	if (finished < started)
		verify_say(verify, FINDING_INCONSISTENT, "", "it finished before it started");
	if (running == (json_object_get(run, "finished") != NULL))
		verify_say(verify, FINDING_INCONSISTENT, "",
			"its state is \"%s\", but it %s a time when it finished",
			document_text(run, "state"), running ? "has" : "lacks");
	if (running)
		verify_say(verify, FINDING_NOTE, "", "it is under way, or was cut short");
	if (isnan(id) || fabs(id - started) > ID_SLACK_S)
		verify_say(verify, FINDING_INCONSISTENT, "id",
			"does not begin with the time when the run started");
}

/* Whether it may have gone on from a state that an earlier run left: it then began with that. */
static bool goes_on(const json_t *result)
{
	const json_t *parameters = json_object_get(result, "parameters");

	return json_number_value(json_object_get(parameters, "soak")) > 0 &&
	       json_is_string(json_object_get(parameters, "state"));
}

/* A result lies within the run and after the one before. A clock that was set meanwhile is allowed
 * for: its step is in the conditions. */
static void check_result_times(struct verify *verify, const json_t *run, const json_t *result,
	double *before, double *slack, const char *where)
{
	const json_t *step = json_object_get(json_object_get(result, "conditions"), "clock_step_s");
	double started = time_of(result, "started");
	double ended = started + json_number_value(json_object_get(result, "duration_s"));

	check_time(verify, result, "started", where);
	*slack += fabs(json_number_value(step));
	if (started < *before - *slack && goes_on(result))
		verify_say(verify, FINDING_NOTE, where,
			"began in an earlier run, and went on from the state that this left");
	else if (started < *before - *slack)
		verify_say(verify, FINDING_INCONSISTENT, where,
			"started before the run or the result before it had come so far");
	if (ended > time_of(run, "finished") + *slack)
		verify_say(verify, FINDING_INCONSISTENT, where, "ended after the run");
	if (ended > *before)
		*before = ended;
}

static void check_equal(struct verify *verify, const json_t *here, const json_t *there,
	const char *key, const char *other, const char *where)
{
	if (!json_equal(json_object_get(here, key), json_object_get(there, key)))
		verify_say(verify, FINDING_INCONSISTENT, where, "its %s is not that of %s", key,
			other);
}

/* What the harness gives to every benchmark, and what no host changes while it runs. */
static void check_origin(
	struct verify *verify, const json_t *run, const json_t *result, const char *where)
{
	static const char *const host_keys[] = {"id", "kernel", "machine"};
	const json_t *here = json_object_get(result, "host"), *there = json_object_get(run, "host");

	check_equal(verify, result, run, "seed", "the run", where);
	check_equal(verify, result, run, "preset", "the run", where);
	for (size_t i = 0; i < sizeof(host_keys) / sizeof(host_keys[0]); i++)
		check_equal(verify, here, there, host_keys[i], "the run's host", where);
	if (!json_equal(json_object_get(result, "suite"), json_object_get(run, "suite")))
		verify_say(verify, FINDING_NOTE, where, "was made by another version than the run");
	if (!json_object_get(result, "program"))
		verify_say(verify, FINDING_NOTE, where, "does not say which program made it");
}

/* The same benchmark, run again. */
static void check_repeat(
	struct verify *verify, const json_t *result, const json_t *first, const char *where)
{
	const json_t *here = json_object_get(result, "program");
	const json_t *there = json_object_get(first, "program");

	check_equal(verify, result, first, "parameters", "the first of its benchmark", where);
	check_equal(verify, result, first, "bench", "the first of its benchmark", where);
	if (here && there && !json_equal(here, there))
		verify_say(verify, FINDING_INCONSISTENT, where,
			"was made by another program than the first of its benchmark");
}

/* {"first": the first result of a bench, "count": how many} by its name. */
static void check_bench(struct verify *verify, const json_t *run, json_t *benches, json_t *result,
	const char *where)
{
	const char *name = document_text(json_object_get(result, "bench"), "name");
	json_t *seen = json_object_get(benches, name);
	json_int_t repeat = json_integer_value(json_object_get(run, "repeat"));

	if (!seen) {
		json_object_set_new(
			benches, name, json_pack("{s:O,s:i}", "first", result, "count", 1));
		return;
	}
	json_int_t count = json_integer_value(json_object_get(seen, "count")) + 1;
	json_object_set_new(seen, "count", json_integer(count));
	check_repeat(verify, result, json_object_get(seen, "first"), where);
	if (count == repeat + 1)
		verify_say(verify, FINDING_INCONSISTENT, where,
			"is one more of \"%s\" than the run says to repeat it", name);
}

void verify_common(struct verify *verify, const json_t *run, const bool *fit)
{
	json_t *benches = json_object(), *result;
	double before = time_of(run, "started"), slack = SLACK_S;
	char where[64];
	size_t i;

	check_run_times(verify, run);
	json_array_foreach(json_object_get(run, "results"), i, result) {
		if (!fit[i])
			continue;
		snprintf(where, sizeof(where), "results[%zu]", i);
		check_result_times(verify, run, result, &before, &slack, where);
		check_origin(verify, run, result, where);
		check_bench(verify, run, benches, result, where);
	}
	json_decref(benches);
}
