#include "findings.h"

#include "comparison_wording.h"
#include "decision.h"
#include "document.h"
#include "units.h"

#include <ctype.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

static bool is(const json_t *object, const char *key, const char *text)
{
	return strcmp(document_text(object, key), text) == 0;
}

static const char *outcome_of_status(const json_t *line)
{
	if (is(line, "status", "met") || is(line, "status", "presumed"))
		return "passed";
	return is(line, "status", "not met") && is(line, "severity", "required") ? "failed"
										 : "unclear";
}

static void set_text(json_t *object, const char *key, const char *text)
{
	json_object_set_new(object, key, json_string(text));
}

/* Without a reading nothing is wrong with the host yet: it has to be measured. */
static json_t *advice_of_status(const json_t *line)
{
	const char *bench = document_text(line, "bench");

	if (!is(line, "status", "not measured"))
		return json_string(document_text(line, "do"));
	/* A name to paste into a shell. */
	if (!*bench || bench[strspn(bench, "abcdefghijklmnopqrstuvwxyz0123456789-")])
		return json_string("");
	return json_sprintf("Measure it with \"seatrial run --only %s\".", bench);
}

static json_t *line_of_verdict(const json_t *from)
{
	static const char *const copied[] = {
		"bench", "title", "status", "reading", "limit", "text"};
	json_t *line = json_object();

	for (size_t i = 0; i < sizeof(copied) / sizeof(copied[0]); i++)
		set_text(line, copied[i], document_text(from, copied[i]));
	set_text(line, "outcome", outcome_of_status(from));
	json_object_set_new(line, "advice", advice_of_status(from));
	return line;
}

/* Adds an empty group. Borrowed. */
static json_t *add_group(json_t *findings, const char *name, const char *title, const char *overall)
{
	json_t *group = json_object();

	set_text(group, "name", name);
	set_text(group, "title", title);
	set_text(group, "overall", overall);
	json_object_set_new(group, "lines", json_array());
	json_array_append_new(json_object_get(findings, "groups"), group);
	return group;
}

json_t *findings_of_run(const json_t *run, const json_t *verdict)
{
	json_t *findings = json_object(), *profile, *line;
	size_t i, j;

	json_object_set_new(findings, "heading", json_sprintf("Run %s", document_text(run, "id")));
	set_text(findings, "overall", document_text(verdict, "overall"));
	set_text(findings, "host", document_text(json_object_get(run, "host"), "id"));
	set_text(findings, "started", document_text(run, "started"));
	json_object_set_new(findings, "groups", json_array());
	json_array_foreach(json_object_get(verdict, "profiles"), i, profile) {
		json_t *group = add_group(findings, document_text(profile, "name"),
			document_text(profile, "title"), document_text(profile, "overall"));
		set_text(group, "summary", document_text(profile, "summary"));
		json_array_foreach(json_object_get(profile, "lines"), j, line)
			json_array_append_new(
				json_object_get(group, "lines"), line_of_verdict(line));
	}
	return findings;
}

static const char *value_of(
	const json_t *metric, const char *side, const char *unit, char *buffer, size_t size)
{
	const json_t *value = json_object_get(json_object_get(metric, side), "value");

	return units_format(
		json_is_number(value) ? json_number_value(value) : NAN, unit, buffer, size);
}

/* "Time of a flush (payload 2300)". */
static json_t *title_of_metric(const json_t *metric)
{
	const json_t *labels = json_object_get(metric, "labels");
	const char *title = document_text(metric, "title"), *name;
	json_t *text, *value, *longer;

	text = json_string(*title ? title : document_text(metric, "name"));
	json_object_foreach((json_t *)labels, name, value) {
		longer = json_sprintf("%s%s%s %s", json_string_value(text),
			json_object_iter_key(json_object_iter((json_t *)labels)) == name ? " ("
											 : ", ",
			name, json_is_string(value) ? json_string_value(value) : "?");
		json_decref(text);
		text = longer;
	}
	if (json_object_size(labels)) {
		longer = json_sprintf("%s)", json_string_value(text));
		json_decref(text);
		text = longer;
	}
	return text;
}

/* What a gate's verdict on one metric means for whoever waits for it. */
static json_t *sentence_of_metric(const json_t *metric)
{
	const char *status = document_text(metric, "verdict");
	char remedy[300];

	if (strcmp(status, "regressed") == 0)
		return json_string("It is worse than the baseline by more than the threshold, "
				   "and that is no chance.");
	if (strcmp(status, "improved") == 0)
		return json_string("It is better than the baseline by more than the threshold.");
	if (strcmp(status, "unchanged") == 0)
		return json_string("It is not worse than the baseline by the threshold.");
	if (*decision_suspicion(metric, remedy, sizeof(remedy)))
		return json_sprintf("%c%s.", toupper((unsigned char)*remedy), remedy + 1);
	if (*decision_remedy(metric, remedy, sizeof(remedy)))
		return json_sprintf("Too little to tell; %s would probably decide.", remedy);
	return json_string("The repetitions do not tell whether it is worse.");
}

static json_t *line_of_metric(const json_t *metric)
{
	const char *unit = document_text(metric, "unit"),
		   *status = document_text(metric, "verdict");
	const json_t *threshold = json_object_get(metric, "threshold");
	bool passed = strcmp(status, "unchanged") == 0 || strcmp(status, "improved") == 0;
	char before[64], after[64], ratio[200];
	json_t *line = json_object();

	set_text(line, "bench", document_text(metric, "bench"));
	json_object_set_new(line, "title", title_of_metric(metric));
	set_text(line, "status", *status ? status : "not enough evidence");
	set_text(line, "outcome",
		passed                             ? "passed"
		: strcmp(status, "regressed") == 0 ? "failed"
						   : "unclear");
	comparison_ratio(metric, metric, ratio, sizeof(ratio));
	json_object_set_new(line, "reading",
		json_sprintf("%s, baseline %s%s%s",
			value_of(metric, "candidate", unit, after, sizeof(after)),
			value_of(metric, "baseline", unit, before, sizeof(before)),
			*ratio ? ": " : "", ratio));
	json_object_set_new(line, "limit",
		json_is_number(threshold)
			? json_sprintf("at most %.3g %% worse", 100 * json_number_value(threshold))
			: json_string(""));
	json_object_set_new(line, "text", sentence_of_metric(metric));
	set_text(line, "advice", "");
	return line;
}

static json_t *line_of_missing(const json_t *missing)
{
	json_t *line = json_object();

	set_text(line, "bench", "gate");
	set_text(line, "title", document_text(missing, "what"));
	set_text(line, "status", "not compared");
	set_text(line, "outcome", "unclear");
	set_text(line, "reading", "");
	set_text(line, "limit", "");
	set_text(line, "text", document_text(missing, "why"));
	set_text(line, "advice", "");
	return line;
}

json_t *findings_of_gate(const json_t *gate)
{
	const json_t *baseline = json_object_get(gate, "baseline");
	const json_t *candidate = json_object_get(gate, "candidate");
	json_t *findings = json_object(), *item;
	char remedies[500], suspicions[400];
	size_t i;

	json_object_set_new(findings, "heading",
		json_sprintf("%s against %s", document_text(candidate, "name"),
			document_text(baseline, "name")));
	set_text(findings, "overall", document_text(gate, "verdict"));
	set_text(findings, "host", document_text(candidate, "name"));
	set_text(findings, "started", document_text(gate, "created"));
	json_object_set_new(findings, "groups", json_array());
	json_t *group =
		add_group(findings, "gate", "Against the baseline", document_text(gate, "verdict"));
	json_t *lines = json_object_get(group, "lines");
	json_array_foreach(json_object_get(gate, "metrics"), i, item)
		json_array_append_new(lines, line_of_metric(item));
	const char *more = decision_remedies_text(gate, remedies, sizeof(remedies));
	const char *doubt = decision_suspicions_text(gate, suspicions, sizeof(suspicions));
	json_object_set_new(group, "summary",
		json_sprintf("%zu of %zu metrics regressed; %zu could not be decided, %zu not "
			     "compared.%s%s%s%s",
			findings_count(findings, "failed"), json_array_size(lines),
			findings_count(findings, "unclear"),
			json_array_size(json_object_get(gate, "not_compared")), *more ? " " : "",
			more, *doubt ? " " : "", doubt));
	json_array_foreach(json_object_get(gate, "not_compared"), i, item)
		json_array_append_new(lines, line_of_missing(item));
	return findings;
}

size_t findings_count(const json_t *findings, const char *outcome)
{
	const json_t *group, *line;
	size_t i, j, count = 0;

	json_array_foreach(json_object_get(findings, "groups"), i, group)
		json_array_foreach(json_object_get(group, "lines"), j, line)
			count += !outcome || is(line, "outcome", outcome);
	return count;
}
