#include "verdict.h"

#include "document.h"
#include "exit_code.h"
#include "judge.h"
#include "profile.h"
#include "summary.h"
#include "text.h"
#include "wording.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define RUN_SCHEMA     "seatrial.run/1"
#define VERDICT_SCHEMA "seatrial.verdict/1"

/* Refuses what is no run at all; everything inside may be wrong. */
static int check_run(const json_t *run, struct problem *problem)
{
	static const char *const states[] = {"running", "complete", "interrupted", NULL};
	const char *schema = document_text(run, "schema"), *state = document_text(run, "state");
	char printable[64];

	if (!json_is_object(run) || !*schema)
		return problem_set(problem, -EINVAL, "cannot judge this: it is no run document");
	if (strcmp(schema, RUN_SCHEMA) != 0)
		return problem_set(problem, -EINVAL,
			"cannot judge a document of the schema \"%s\": this program knows \"%s\"",
			text_printable(schema, printable, sizeof(printable)), RUN_SCHEMA);
	for (size_t i = 0; states[i]; i++)
		if (strcmp(state, states[i]) == 0 && *document_text(run, "id") &&
			*document_text(run, "started"))
			return 0;
	return problem_set(problem, -EINVAL,
		"cannot judge this run document: its id, its state or its start time is missing");
}

static json_t *bound(double value)
{
	return isfinite(value) ? json_real(value) : json_null();
}

/* Copies a member of the requirement that the line repeats, if it is there. */
static void copy_member(json_t *line, const json_t *requirement, const char *key)
{
	json_t *value = json_object_get(requirement, key);

	if (value)
		json_object_set(line, key, value);
}

static void describe_metric(json_t *json, const struct line *line)
{
	const struct interval *interval = &line->reading.interval;

	json_object_set_new(json, "value", json_real(interval->value));
	json_object_set_new(json, "low", bound(interval->low));
	json_object_set_new(json, "high", bound(interval->high));
	json_object_set_new(json, "confidence", json_real(interval->confidence));
	json_object_set_new(json, "n", json_integer((json_int_t)interval->n));
	if (line->reading.quantile > 0)
		json_object_set_new(
			json, "samples", json_integer((json_int_t)line->reading.samples));
	if (line->reading.exposure > 0) {
		json_object_set_new(json, "events", json_real(line->reading.events));
		json_object_set_new(json, "exposure", json_real(line->reading.exposure));
	}
	if (line->reading.labels)
		json_object_set(json, "labels", (json_t *)line->reading.labels);
}

static void describe_fact(json_t *json, const json_t *fact)
{
	json_t *value = json_object_get(fact, "value");
	const char *unit = document_text(fact, "unit");

	if (value && !json_is_object(value) && !json_is_array(value))
		json_object_set(json, "value", value);
	if (*unit)
		json_object_set_new(json, "unit", json_string(unit));
}

static json_t *describe_line(const struct line *line)
{
	static const char *const copied[] = {"id", "title", "severity", "bench", "metric", "fact",
		"unit", "max", "min", "presumed", "why", "do", "source"};
	json_t *json = json_object();
	char text[WORDING_MAX];

	for (size_t i = 0; i < sizeof(copied) / sizeof(copied[0]); i++)
		copy_member(json, line->requirement, copied[i]);
	json_object_set_new(json, "status", json_string(status_names[line->status]));
	if (line->reading.fact)
		describe_fact(json, line->reading.fact);
	else if (line->status != STATUS_NOT_MEASURED)
		describe_metric(json, line);
	json_object_set_new(
		json, "reading", json_string(wording_reading(line, text, sizeof(text))));
	json_object_set_new(
		json, "limit", json_string(wording_limit(line->requirement, text, sizeof(text))));
	json_object_set_new(json, "text", json_string(wording_line(line, text, sizeof(text))));
	return json;
}

static json_t *describe_profile(const json_t *profile, enum overall overall, const char *summary)
{
	const char *name = document_text(profile, "name");
	json_t *json = json_object();

	json_object_set_new(json, "name", json_string(profile_is_name(name) ? name : "unknown"));
	json_object_set_new(json, "title", json_string(document_text(profile, "title")));
	json_object_set_new(json, "overall", json_string(overall_names[overall]));
	json_object_set_new(json, "summary", json_string(summary));
	json_object_set_new(json, "lines", json_array());
	return json;
}

/* A profile that cannot be trusted to say what it requires gives no verdict. */
static json_t *refuse_profile(const json_t *profile, const char *why)
{
	struct problem summary;

	problem_set(&summary, 0, "Not enough evidence: the profile in this run cannot be used: %s.",
		why);
	return describe_profile(profile, OVERALL_NOT_ENOUGH, summary.text);
}

/* As profile_check(), but not again for one of the last. */
static int check_profile(
	struct verdict_cache *cache, const json_t *profile, struct problem *problem)
{
	size_t room = sizeof(cache->whole) / sizeof(cache->whole[0]);

	for (size_t i = 0; i < room; i++)
		if (cache->whole[i] == profile)
			return 0;
	int failure = profile_check(profile, problem);
	if (!failure)
		cache->whole[cache->next++ % room] = profile;
	return failure;
}

static json_t *judge_profile(const json_t *run, const json_t *profile, struct verdict_cache *cache,
	enum overall *overall)
{
	const json_t *requirements = json_object_get(profile, "requirements");
	size_t count = json_array_size(requirements);
	struct problem problem;
	char summary[WORDING_MAX];
	struct line *lines;
	json_t *json;

	*overall = OVERALL_NOT_ENOUGH;
	if (check_profile(cache, profile, &problem))
		return refuse_profile(profile, problem.text);
	lines = calloc(count, sizeof(*lines));
	if (!lines)
		return refuse_profile(profile, "out of memory");
	for (size_t i = 0; i < count; i++)
		judge_requirement(
			run, json_array_get(requirements, i), &cache->readings, &lines[i]);
	*overall = judge_overall(lines, count);
	json = describe_profile(profile, *overall,
		summary_write(lines, count, *overall, document_text(run, "state"), summary,
			sizeof(summary)));
	for (size_t i = 0; i < count; i++)
		json_array_append_new(json_object_get(json, "lines"), describe_line(&lines[i]));
	free(lines);
	return json;
}

json_t *verdict_of_another_run(
	const json_t *run, struct verdict_cache *cache, struct problem *problem)
{
	const json_t *profiles = json_object_get(run, "profiles");
	enum overall worst = OVERALL_SUITABLE;
	json_t *verdict, *judged, *profile;
	size_t index;

	if (check_run(run, problem))
		return NULL;
	verdict = json_object();
	judged = json_array();
	json_object_set_new(verdict, "schema", json_string(VERDICT_SCHEMA));
	json_object_set(verdict, "run", json_object_get(run, "id"));
	json_object_set(verdict, "state", json_object_get(run, "state"));
	json_object_set(verdict, "started", json_object_get(run, "started"));
	json_array_foreach(profiles, index, profile) {
		enum overall overall;

		json_array_append_new(judged, judge_profile(run, profile, cache, &overall));
		if (overall > worst)
			worst = overall;
	}
	reading_cache_reuse(&cache->readings);
	if (!json_array_size(judged)) /* nothing was asked, so nothing is known */
		worst = OVERALL_NOT_ENOUGH;
	json_object_set_new(verdict, "overall", json_string(overall_names[worst]));
	json_object_set_new(verdict, "profiles", judged);
	return verdict;
}

json_t *verdict_of_run(const json_t *run, struct problem *problem)
{
	struct verdict_cache cache = {0};
	json_t *verdict = verdict_of_another_run(run, &cache, problem);

	verdict_cache_clear(&cache);
	return verdict;
}

void verdict_cache_clear(struct verdict_cache *cache)
{
	reading_cache_clear(&cache->readings);
	*cache = (struct verdict_cache){0};
}

int verdict_exit_code(const json_t *verdict)
{
	static const int codes[] = {
		[OVERALL_SUITABLE] = EXIT_CODE_OK,
		[OVERALL_MARGINAL] = EXIT_CODE_MARGINAL,
		[OVERALL_NOT_ENOUGH] = EXIT_CODE_INCOMPLETE,
		[OVERALL_UNSUITABLE] = EXIT_CODE_UNSUITABLE,
	};

	for (size_t i = 0; i < sizeof(codes) / sizeof(codes[0]); i++)
		if (strcmp(document_text(verdict, "overall"), overall_names[i]) == 0)
			return codes[i];
	return EXIT_CODE_FAILURE;
}
