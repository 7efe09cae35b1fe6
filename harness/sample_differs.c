#include "sample.h"

#include "text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A value as it stands in the document, cut. */
static void print_value(const json_t *value, char *buffer, size_t size)
{
	/* Ten digits: 0.1 is not to look like 0.10000000000000001. */
	char *text =
		value ? json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY | JSON_REAL_PRECISION(10))
		      : NULL;

	snprintf(buffer, size, "%s", text ? text : "not there");
	free(text);
}

/* The first parameter, by name, that two settings differ in. */
static void print_parameter(const char *parameters, const char *others, char *buffer, size_t size)
{
	json_t *one = json_loads(parameters, 0, NULL), *other = json_loads(others, 0, NULL);
	char left[60], right[60];
	const char *name;
	json_t *value;

	snprintf(buffer, size, "other parameters");
	json_object_foreach(other, name, value)
		if (!json_object_get(one, name))
			json_object_set_new(one, name, json_null());
	json_object_foreach(one, name, value) {
		const json_t *theirs = json_object_get(other, name);
		if (json_equal(value, theirs) || (json_is_null(value) && json_is_null(theirs)))
			continue;
		print_value(value, left, sizeof(left));
		print_value(theirs, right, sizeof(right));
		snprintf(buffer, size, "parameter \"%.40s\": %s in one, %s in the other", name,
			left, right);
		break;
	}
	json_decref(one);
	json_decref(other);
}

static bool texts_differ(
	const char *what, const char *one, const char *other, char *buffer, size_t size)
{
	if (one == other || strcmp(one, other) == 0)
		return false;
	snprintf(buffer, size, "%s: %.60s in one, %.60s in the other", what, one, other);
	return true;
}

static bool differs(const struct sample *one, const struct sample *other, char *buffer, size_t size)
{
	const struct sample_meaning *left = one->meaning, *right = other->meaning;
	const struct sample_setting *here = one->setting, *there = other->setting;

	if (left != right) {
		if (texts_differ("unit", left->unit, right->unit, buffer, size) ||
			texts_differ("better", left->better, right->better, buffer, size))
			return true;
		if (left->quantile != right->quantile) {
			snprintf(buffer, size, "quantile: %g in one, %g in the other",
				left->quantile, right->quantile);
			return true;
		}
	}
	if (here == there)
		return false;
	if (texts_differ("version of seatrial", here->suite, there->suite, buffer, size) ||
		texts_differ("preset", here->preset, there->preset, buffer, size))
		return true;
	print_parameter(here->parameters, there->parameters, buffer, size);
	return true;
}

bool sample_differs(const struct sample *one, const struct sample *other, char *buffer, size_t size)
{
	char text[400];

	if (!differs(one, other, text, sizeof(text)))
		return false;
	/* Cutting may have split a character. */
	text_printable(text, buffer, size);
	return true;
}
