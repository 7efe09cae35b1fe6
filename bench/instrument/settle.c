#include "settle.h"

#include "units.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What settle_is_reached() hands to each reading. */
struct question {
	const struct settle *settle;
	bool reached;
	char *open;
	size_t size;
};

static int parse_one(const char *option, const char *text, size_t length, struct settle *settle,
	struct problem *problem)
{
	size_t name = strcspn(text, "<>");
	struct settle_limit *limit = &settle->limit[settle->count];
	char *end;

	if (settle->count == SETTLE_LIMITS_MAX)
		return problem_set(problem, -EINVAL, "--%s names more than %d limits", option,
			SETTLE_LIMITS_MAX);
	if (name == 0 || name + 2 >= length || name >= sizeof(limit->name) || text[name + 1] != '=')
		return problem_set(problem, -EINVAL,
			"--%s: \"%.*s\" is not of the form METRIC<=VALUE or METRIC>=VALUE", option,
			(int)(length < 100 ? length : 100), text);
	double value = strtod(text + name + 2, &end);
	if (end != text + length || !isfinite(value))
		return problem_set(problem, -EINVAL, "--%s: \"%.*s\" does not end in a number",
			option, (int)(length < 100 ? length : 100), text);
	snprintf(limit->name, sizeof(limit->name), "%.*s", (int)name, text);
	limit->min = text[name] == '>' ? value : -INFINITY;
	limit->max = text[name] == '<' ? value : INFINITY;
	settle->count++;
	return 0;
}

int settle_parse(
	const char *option, const char *text, struct settle *settle, struct problem *problem)
{
	int result = 0;

	settle->count = 0;
	while (text && *text && result == 0) {
		size_t length = strcspn(text, ",");

		result = parse_one(option, text, length, settle, problem);
		text += length + (text[length] == ',');
	}
	return result;
}

static void ask_limit(struct question *question, const struct record_reading *reading,
	const struct settle_limit *limit)
{
	double low = reading->interval.low, high = reading->interval.high;
	double value = isfinite(limit->max) ? limit->max : limit->min;
	char texts[3][40];

	if (interval_side(&reading->interval, limit->min, limit->max) != INTERVAL_ACROSS)
		return;
	question->reached = false;
	snprintf(question->open, question->size,
		"%s is between %s and %s, on both sides of its limit of %s", reading->title,
		units_format(low, reading->unit, texts[0], sizeof(texts[0])),
		units_format(high, reading->unit, texts[1], sizeof(texts[1])),
		units_format_limit(value, reading->unit, texts[2], sizeof(texts[2])));
}

static void ask(const struct record_reading *reading, void *argument)
{
	struct question *question = argument;
	const struct settle *settle = question->settle;

	for (size_t i = 0; i < settle->count && question->reached; i++)
		if (strcmp(settle->limit[i].name, reading->name) == 0)
			ask_limit(question, reading, &settle->limit[i]);
}

bool settle_is_reached(
	const struct settle *settle, const struct record *record, char *open, size_t size)
{
	struct question question = {settle, true, open, size};

	record_readings(record, ask, &question);
	return question.reached;
}
