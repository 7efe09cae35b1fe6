/*
 * From the text of a value to its place in a configuration struct.
 */
#include "options_internal.h"
#include "text.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

static int bad_value(const struct option_row *row, const char *value, struct problem *problem,
	const char *allowed)
{
	char shown[80];

	return problem_set(problem, -EINVAL, "--%s: '%s' is not allowed; give %s", row->name,
		text_printable(value, shown, sizeof(shown)), allowed);
}

enum unit options_unit(const struct option_row *row)
{
	switch (row->type) {
	case OPTION_BYTES:
	case OPTION_SIZES:
		return UNIT_BYTES;
	case OPTION_TIME:
		return UNIT_TIME_NS;
	default:
		return UNIT_COUNT;
	}
}

const char *options_bound(const struct option_row *row, uint64_t value, char *buffer, size_t size)
{
	enum unit unit = options_unit(row);

	if (unit != UNIT_COUNT || value >= 10000)
		return units_exact(unit, value, buffer, size);
	snprintf(buffer, size, "%" PRIu64, value);
	return buffer;
}

/* "100ms to 1h", "1 or more" */
static void print_range(const struct option_row *row, char *buffer, size_t size)
{
	char min[40], max[40];

	options_bound(row, row->min, min, sizeof(min));
	options_bound(row, row->max, max, sizeof(max));
	if (row->max)
		snprintf(buffer, size, "%s to %s", min, max);
	else
		snprintf(buffer, size, "%s or more", min);
}

static int set_number(
	const struct option_row *row, const char *text, uint64_t *value, struct problem *problem)
{
	struct problem reason;
	char range[100];

	print_range(row, range, sizeof(range));
	if (units_parse(options_unit(row), text, value, &reason) < 0)
		return problem_set(
			problem, -EINVAL, "--%s: %s; give %s", row->name, reason.text, range);
	if (*value < row->min || (row->max && *value > row->max))
		return bad_value(row, text, problem, range);
	return 0;
}

static int bad_choice(const struct option_row *row, const char *text, struct problem *problem)
{
	char allowed[512];
	size_t used = 0;

	used += (size_t)snprintf(
		allowed, sizeof(allowed), row->type == OPTION_CHOICES ? "some of " : "one of ");
	for (size_t i = 0; row->choices[i] && used < sizeof(allowed); i++)
		used += (size_t)snprintf(allowed + used, sizeof(allowed) - used, "%s%s",
			i ? ", " : "", row->choices[i]);
	return bad_value(row, text, problem, allowed);
}

/* The index of a choice, or -EINVAL. */
static int find_choice(const struct option_row *row, const char *text, struct problem *problem)
{
	for (int i = 0; row->choices[i]; i++)
		if (!strcmp(row->choices[i], text))
			return i;
	return bad_choice(row, text, problem);
}

/* One item of a comma-separated list. */
static int add_item(
	const struct option_row *row, const char *item, void *value, struct problem *problem)
{
	struct option_list *list = value;
	int error;

	if (row->type == OPTION_CHOICES) {
		int choice = find_choice(row, item, problem);
		if (choice < 0)
			return choice;
		*(uint64_t *)value |= UINT64_C(1) << choice;
		return 0;
	}
	if (list->count == OPTION_LIST_MAX)
		return problem_set(
			problem, -EINVAL, "--%s: more than %d values", row->name, OPTION_LIST_MAX);
	error = set_number(row, item, &list->at[list->count], problem);
	if (!error)
		list->count++;
	return error;
}

/* A list replaces what was there before. */
static int set_list(
	const struct option_row *row, const char *text, void *value, struct problem *problem)
{
	const char *end;
	char item[80];
	int error;

	if (row->type == OPTION_CHOICES)
		*(uint64_t *)value = 0;
	else
		((struct option_list *)value)->count = 0;

	do {
		end = strchrnul(text, ',');
		if ((size_t)(end - text) >= sizeof(item))
			return bad_value(row, text, problem, "shorter values");
		*(char *)mempcpy(item, text, (size_t)(end - text)) = '\0';
		error = add_item(row, item, value, problem);
		text = end + 1;
	} while (!error && *end);
	return error;
}

static int set_text(
	const struct option_row *row, const char *text, void *value, struct problem *problem)
{
	struct option_texts *texts = value;

	if (row->type == OPTION_PATH && !*text)
		return bad_value(row, text, problem, "the name of a file or directory");
	if (!row->repeatable) {
		*(const char **)value = text;
		return 0;
	}
	if (texts->count == OPTION_TEXTS_MAX)
		return problem_set(problem, -EINVAL, "--%s is given more than %d times", row->name,
			OPTION_TEXTS_MAX);
	texts->at[texts->count++] = text;
	return 0;
}

int options_set(
	const struct option_row *row, const char *text, void *config, struct problem *problem)
{
	void *value = (char *)config + row->offset;
	int choice;

	switch (row->type) {
	case OPTION_FLAG:
		*(bool *)value = true;
		return 0;
	case OPTION_COUNT:
	case OPTION_BYTES:
	case OPTION_TIME:
		return set_number(row, text, value, problem);
	case OPTION_TEXT:
	case OPTION_PATH:
		return set_text(row, text, value, problem);
	case OPTION_CHOICE:
		choice = find_choice(row, text, problem);
		if (choice < 0)
			return choice;
		*(const char **)value = row->choices[choice];
		return 0;
	case OPTION_CHOICES:
	case OPTION_COUNTS:
	case OPTION_SIZES:
		return set_list(row, text, value, problem);
	}
	return problem_set(problem, -EINVAL, "--%s: unknown type %d", row->name, row->type);
}

void options_clear(const struct option_row *row, void *config)
{
	void *value = (char *)config + row->offset;

	switch (row->type) {
	case OPTION_FLAG:
		*(bool *)value = false;
		break;
	case OPTION_COUNT:
	case OPTION_BYTES:
	case OPTION_TIME:
	case OPTION_CHOICES:
		*(uint64_t *)value = 0;
		break;
	case OPTION_TEXT:
	case OPTION_PATH:
	case OPTION_CHOICE:
		if (row->repeatable)
			((struct option_texts *)value)->count = 0;
		else
			*(const char **)value = NULL;
		break;
	case OPTION_COUNTS:
	case OPTION_SIZES:
		((struct option_list *)value)->count = 0;
		break;
	}
}
