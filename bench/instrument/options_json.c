/*
 * options as JSON: what a program accepts, and what was in use.
 */
#include "options.h"
#include "text.h"

static const char *const type_names[] = {
	[OPTION_FLAG] = "flag",
	[OPTION_COUNT] = "count",
	[OPTION_BYTES] = "bytes",
	[OPTION_TIME] = "time",
	[OPTION_TEXT] = "text",
	[OPTION_PATH] = "path",
	[OPTION_CHOICE] = "choice",
	[OPTION_CHOICES] = "choices",
	[OPTION_COUNTS] = "counts",
	[OPTION_SIZES] = "sizes",
};

static json_t *describe_row(const struct option_row *row)
{
	json_t *object = json_pack("{s:s, s:s, s:s}", "name", row->name, "type",
		type_names[row->type], "help", row->help);

	if (row->letter)
		json_object_set_new(object, "letter", json_stringn(&row->letter, 1));
	if (row->argument)
		json_object_set_new(object, "argument", json_string(row->argument));
	if (row->value[PRESET_QUICK]) {
		json_t *defaults = json_object();
		for (enum preset preset = 0; preset < PRESETS; preset++)
			json_object_set_new(defaults, preset_names[preset],
				json_string(options_default(row, preset)));
		json_object_set_new(object, "default", defaults);
	}
	if (row->choices) {
		json_t *choices = json_array();
		for (size_t i = 0; row->choices[i]; i++)
			json_array_append_new(choices, json_string(row->choices[i]));
		json_object_set_new(object, "choices", choices);
	}
	return object;
}

json_t *options_describe(const struct option_row *rows)
{
	json_t *array = json_array();

	for (; rows->name; rows++)
		json_array_append_new(array, describe_row(rows));
	return array;
}

/* Text from the command line, made fit for JSON. */
static json_t *text_json(const char *text)
{
	char shown[4096];

	return text ? json_string(text_printable(text, shown, sizeof(shown))) : json_null();
}

static json_t *list_json(const struct option_row *row, const void *value)
{
	const struct option_list *list = value;
	const struct option_texts *texts = value;
	json_t *array = json_array();

	if (row->type == OPTION_CHOICES) {
		for (size_t i = 0; row->choices[i]; i++)
			if (*(const uint64_t *)value >> i & 1)
				json_array_append_new(array, json_string(row->choices[i]));
	} else if (row->repeatable) {
		for (size_t i = 0; i < texts->count; i++)
			json_array_append_new(array, text_json(texts->at[i]));
	} else {
		for (size_t i = 0; i < list->count; i++)
			json_array_append_new(array, json_integer((json_int_t)list->at[i]));
	}
	return array;
}

static json_t *effective_value(const struct option_row *row, const void *value)
{
	switch (row->type) {
	case OPTION_FLAG:
		return json_boolean(*(const bool *)value);
	case OPTION_COUNT:
	case OPTION_BYTES:
		return json_integer((json_int_t) * (const uint64_t *)value);
	case OPTION_TIME:
		return json_real((double)*(const uint64_t *)value / 1e9);
	case OPTION_TEXT:
	case OPTION_PATH:
	case OPTION_CHOICE:
		if (!row->repeatable)
			return text_json(*(const char *const *)value);
		break;
	case OPTION_CHOICES:
	case OPTION_COUNTS:
	case OPTION_SIZES:
		break;
	}
	return list_json(row, value);
}

json_t *options_effective(const struct option_row *rows, const void *config)
{
	json_t *object = json_object();

	for (; rows->name; rows++)
		json_object_set_new(object, rows->name,
			effective_value(rows, (const char *)config + rows->offset));
	return object;
}

json_t *options_incidental(const struct option_row *rows)
{
	json_t *names = json_array();

	for (; rows->name; rows++)
		if (rows->incidental || rows->type == OPTION_PATH)
			json_array_append_new(names, json_string(rows->name));
	return names;
}
