#include "profile.h"

#include "shape.h"
#include "text.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

/* Ceilings for hostile files; what we ship stays far below them. */
#define REQUIREMENTS_MAX 256
#define TEXT_MAX         1000 /* bytes of one string */
#define ID_MAX           128

struct key {
	const char *name;
	enum shape_kind kind;
	bool required;
};

static const struct key profile_keys[] = {
	{"schema", SHAPE_TEXT, true},
	{"name", SHAPE_NAME, true},
	{"title", SHAPE_TEXT, true},
	{"description", SHAPE_TEXT, true},
	{"requirements", SHAPE_LIST, true},
	{NULL, SHAPE_END, false},
};

static const struct key requirement_keys[] = {
	{"id", SHAPE_ID, true},
	{"title", SHAPE_TEXT, true},
	{"bench", SHAPE_NAME, true},
	{"severity", SHAPE_CHOICE, true},
	{"source", SHAPE_TEXT, true},
	{"why", SHAPE_TEXT, true},
	{"do", SHAPE_TEXT, true},
	{"metric", SHAPE_ID, false},
	{"labels", SHAPE_LABELS, false},
	{"fact", SHAPE_ID, false},
	{"max", SHAPE_NUMBER, false},
	{"min", SHAPE_NUMBER, false},
	{"equals", SHAPE_SCALAR, false},
	{"unit", SHAPE_UNIT, false},
	{"presumed", SHAPE_BOOLEAN, false},
	{NULL, SHAPE_END, false},
};

static const char *const severities[] = {"required", "advised", NULL};

/* What a value of a kind must be, in words that help to write one. */
static const char *kind_words(enum shape_kind kind)
{
	switch (kind) {
	case SHAPE_NAME:
		return "must be a name: a lower-case letter, then letters, digits, '-' or '_', "
		       "32 characters at most";
	case SHAPE_ID:
		return "must be an identifier: a lower-case letter, then letters, digits, '.', '-' "
		       "or '_', 128 characters at most";
	case SHAPE_UNIT:
		return "must be a unit: \"s\", \"B\", \"B/s\", \"bit/s\", \"ratio\", \"1\" or a word "
		       "like \"writes/s\"";
	case SHAPE_CHOICE:
		return "must be \"required\" or \"advised\"";
	case SHAPE_NUMBER:
		return "must be a number";
	case SHAPE_BOOLEAN:
		return "must be true or false";
	case SHAPE_SCALAR:
		return "must be a text, a number, true or false";
	case SHAPE_LABELS:
		return "must be an object of texts, e.g. {\"payload\": \"2300\"}";
	case SHAPE_LIST:
		return "must be a list of 1 to 256 requirements, each an object";
	default:
		return "must be a text of 1 to 1000 bytes without control characters";
	}
}

bool profile_is_name(const char *text)
{
	size_t length = strlen(text);

	return length >= 1 && length <= PROFILE_NAME_MAX && text[0] >= 'a' && text[0] <= 'z' &&
	       strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789_-") == length;
}

/* Whether a string is short and can be shown anywhere. */
static bool is_presentable(const json_t *string)
{
	char printable[TEXT_MAX + 1];
	size_t length = json_string_length(string);
	const char *text = json_string_value(string);

	/* A NUL inside makes the C string shorter than the JSON string. */
	return length <= TEXT_MAX && strlen(text) == length &&
	       strcmp(text, text_printable(text, printable, sizeof(printable))) == 0;
}

static bool fits(const json_t *object, const struct key *key)
{
	const json_t *value = json_object_get(object, key->name);
	const struct shape fields[] = {
		{.key = key->name,
			.kind = key->kind,
			.element = SHAPE_ANY,
			.choices = severities,
			.at_least = 1,
			.at_most = REQUIREMENTS_MAX},
		{.kind = SHAPE_END},
	};

	return !shape_check(object, fields, NULL) && !json_is_null(value) &&
	       (!json_is_string(value) || is_presentable(value));
}

/* Holds the keys of one object to a table; `where` starts every sentence. */
static int check_keys(
	const json_t *object, const struct key *keys, const char *where, struct problem *problem)
{
	const char *name;
	json_t *value;
	char printable[64];

	json_object_foreach((json_t *)object, name, value) {
		const struct key *key = keys;

		while (key->name && strcmp(key->name, name) != 0)
			key++;
		if (!key->name)
			return problem_set(problem, -EINVAL, "%s: unknown key \"%s\"", where,
				text_printable(name, printable, sizeof(printable)));
		if (!fits(object, key))
			return problem_set(problem, -EINVAL, "%s: \"%s\" %s", where, name,
				kind_words(key->kind));
	}
	for (const struct key *key = keys; key->name; key++)
		if (key->required && !json_object_get(object, key->name))
			return problem_set(
				problem, -EINVAL, "%s: \"%s\" is missing", where, key->name);
	return 0;
}

/* What keys mean together: a requirement that could be read in two ways is refused. */
static int check_meaning(const json_t *requirement, const char *where, struct problem *problem)
{
	const json_t *min = json_object_get(requirement, "min");
	const json_t *max = json_object_get(requirement, "max");
	bool metric = json_object_get(requirement, "metric");
	bool fact = json_object_get(requirement, "fact");
	bool equals = json_object_get(requirement, "equals");
	const char *wrong = NULL;

	if (metric && fact)
		wrong = "has both \"metric\" and \"fact\"; a requirement reads one of them";
	else if (!metric && !fact)
		wrong = "has neither \"metric\" nor \"fact\"; a requirement reads one of them";
	else if (metric && equals)
		wrong = "has \"equals\" with a metric, which needs \"min\" or \"max\"";
	else if (metric && !min && !max)
		wrong = "has a metric without \"min\" or \"max\"";
	else if (metric && !json_object_get(requirement, "unit"))
		wrong = "has a metric without the \"unit\" of its limit";
	else if (fact && json_object_get(requirement, "labels"))
		wrong = "has \"labels\", but facts carry none";
	else if (equals && (min || max))
		wrong = "has \"equals\" beside \"min\" or \"max\"";
	else if (min && max && json_number_value(min) > json_number_value(max))
		wrong = "has a \"min\" above its \"max\", which nothing can meet";
	return wrong ? problem_set(problem, -EINVAL, "%s %s", where, wrong) : 0;
}

static int check_requirement(const json_t *list, size_t index, struct problem *problem)
{
	const json_t *requirement = json_array_get(list, index);
	const json_t *id = json_object_get(requirement, "id");
	char where[64 + ID_MAX];
	int error;

	if (fits(requirement, &requirement_keys[0]))
		snprintf(where, sizeof(where), "requirement %zu (\"%s\")", index + 1,
			json_string_value(id));
	else
		snprintf(where, sizeof(where), "requirement %zu", index + 1);
	error = check_keys(requirement, requirement_keys, where, problem);
	if (!error)
		error = check_meaning(requirement, where, problem);
	for (size_t i = 0; !error && i < index; i++)
		if (json_equal(id, json_object_get(json_array_get(list, i), "id")))
			error = problem_set(problem, -EINVAL,
				"%s has the same id as requirement %zu", where, i + 1);
	return error;
}

int profile_check(const json_t *profile, struct problem *problem)
{
	const json_t *schema = json_object_get(profile, "schema");
	const json_t *list = json_object_get(profile, "requirements");
	char printable[64];
	bool required = false;
	int error;

	if (!json_is_object(profile))
		return problem_set(problem, -EINVAL, "a profile must be a JSON object");
	if (!json_is_string(schema))
		return problem_set(problem, -EINVAL, "\"schema\" is missing; it must be \"%s\"",
			PROFILE_SCHEMA);
	if (strcmp(json_string_value(schema), PROFILE_SCHEMA) != 0)
		return problem_set(problem, -EINVAL,
			"its schema is \"%s\", but this program knows only \"%s\"",
			text_printable(json_string_value(schema), printable, sizeof(printable)),
			PROFILE_SCHEMA);
	error = check_keys(profile, profile_keys, "the profile", problem);
	for (size_t i = 0; !error && i < json_array_size(list); i++) {
		const json_t *severity = json_object_get(json_array_get(list, i), "severity");

		error = check_requirement(list, i, problem);
		required |= !error && strcmp(json_string_value(severity), "required") == 0;
	}
	if (!error && !required)
		return problem_set(problem, -EINVAL,
			"no requirement has the severity \"required\", so that every host would be "
			"suitable");
	return error;
}
