#include "shape.h"

#include <ctype.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

/* Where we are in the document, for the sentence: "metrics[3].summary". */
struct place {
	const struct place *above;
	const char *key;
	size_t index; /* of a list's element, when `key` is NULL */
};

static int check_value(const json_t *value, const struct shape *shape, enum shape_kind kind,
	const struct place *place, struct problem *problem);

static size_t describe(const struct place *place, char *text, size_t size)
{
	size_t used = place->above ? describe(place->above, text, size) : 0;
	int more = 0;

	if (used >= size)
		return used;
	if (!place->key)
		more = snprintf(text + used, size - used, "[%zu]", place->index);
	else
		more = snprintf(text + used, size - used, "%s%s", used ? "." : "", place->key);
	return used + (more > 0 ? (size_t)more : 0);
}

static int refuse(const struct place *place, const char *what, struct problem *problem)
{
	char where[256] = "";

	describe(place, where, sizeof(where));
	return problem_set(problem, -EINVAL, "\"%s\" %s", where, what);
}

/* How many leading characters of `text` are digits. */
static size_t digits(const char *text)
{
	return strspn(text, "0123456789");
}

/* A template: '0' stands for a digit, 'x' for a hexadecimal one, anything else for itself. Returns
 * what follows it, or NULL. */
static const char *match(const char *text, const char *template)
{
	for (; *template; template ++, text++) {
		bool fits = *template == '0'   ? isdigit((unsigned char)*text)
			    : *template == 'x' ? *text && strchr("0123456789abcdef", *text)
					       : *text == *template;
		if (!fits)
			return NULL;
	}
	return text;
}

static bool is_identifier(const char *text, const char *rest, size_t longest)
{
	size_t length = strlen(text);

	return length >= 1 && length <= longest && text[0] >= 'a' && text[0] <= 'z' &&
	       strspn(text, rest) == length;
}

static bool is_time(const char *text)
{
	const char *rest = match(text, "0000-00-00T00:00:00");

	if (rest && *rest == '.' && digits(rest + 1) > 0)
		rest += 1 + digits(rest + 1);
	return rest && strcmp(rest, "Z") == 0;
}

/* "writes/s", "changes/day", "s/GB": a word, and what it is for each of. */
static bool is_unit(const char *text)
{
	static const char *const fixed[] = {"B", "B/s", "1"};
	static const char letters[] = "abcdefghijklmnopqrstuvwxyz";
	size_t word = strspn(text, letters);

	for (size_t i = 0; i < sizeof(fixed) / sizeof(fixed[0]); i++)
		if (strcmp(text, fixed[i]) == 0)
			return true;
	if (word == 0 || text[word] != '/')
		return word > 0 && text[word] == '\0';
	text += word + 1;
	text += *text && strchr("kMGT", *text) ? 1 : 0;
	word = strspn(text, letters);
	return strcmp(text, "B") == 0 || (word > 0 && text[word] == '\0');
}

static bool is_histogram(const char *text)
{
	static const char prefix[] = "HISTFAAA";
	static const char base64[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/=";

	if (strncmp(text, prefix, sizeof(prefix) - 1) != 0)
		return false;
	text += sizeof(prefix) - 1;
	return *text && text[strspn(text, base64)] == '\0';
}

static bool is_version(const char *text)
{
	for (int i = 0; i < 3; i++) {
		if (digits(text) == 0)
			return false;
		text += digits(text);
		if (i < 2 && *text++ != '.')
			return false;
	}
	return true;
}

static bool is_choice(const char *text, const char *const *choices)
{
	for (; *choices; choices++)
		if (strcmp(text, *choices) == 0)
			return true;
	return false;
}

static bool is_whole(const char *rest)
{
	return rest && *rest == '\0';
}

static bool fits_string(const char *text, const struct shape *shape, enum shape_kind kind)
{
	switch (kind) {
	case SHAPE_TEXT:
		return *text != '\0';
	case SHAPE_NAME:
		return is_identifier(text, "abcdefghijklmnopqrstuvwxyz0123456789_-", 32);
	case SHAPE_ID:
		return is_identifier(text, "abcdefghijklmnopqrstuvwxyz0123456789_.-", 128);
	case SHAPE_TIME:
		return is_time(text);
	case SHAPE_UNIT:
		return is_unit(text);
	case SHAPE_HASH:
		return is_whole(match(text, "xxxxxxxxxxxxxxxx"));
	case SHAPE_SHA256:
		return strlen(text) == 64 && strspn(text, "0123456789abcdef") == 64;
	case SHAPE_RUN_ID:
		return is_whole(match(text, "00000000T000000Z-xxxxxxxx"));
	case SHAPE_HISTOGRAM:
		return is_histogram(text);
	case SHAPE_VERSION:
		return is_version(text);
	case SHAPE_CHOICE:
		return is_choice(text, shape->choices);
	default:
		return true;
	}
}

static bool fits_number(double number, enum shape_kind kind)
{
	switch (kind) {
	case SHAPE_NOT_NEGATIVE:
	case SHAPE_INTEGER:
		return number >= 0;
	case SHAPE_POSITIVE:
		return number > 0;
	case SHAPE_COUNT:
		return number >= 1;
	case SHAPE_RATIO:
		return number >= 0 && number <= 1;
	case SHAPE_PORTION:
		return number > 0 && number < 1;
	default:
		return true;
	}
}

static int check_list(const json_t *list, const struct shape *shape, const struct place *place,
	struct problem *problem)
{
	size_t count = json_array_size(list);

	if (!json_is_array(list))
		return refuse(place, "must be a list", problem);
	if (count < shape->at_least)
		return refuse(place, "has too few elements", problem);
	if (shape->at_most && count > shape->at_most)
		return refuse(place, "has too many elements", problem);
	for (size_t i = 0; i < count; i++) {
		struct place element = {.above = place, .index = i};
		int failure = check_value(
			json_array_get(list, i), shape, shape->element, &element, problem);
		if (failure)
			return failure;
	}
	return 0;
}

static int check_row(const json_t *row, const struct place *place, struct problem *problem)
{
	static const struct shape numbers = {
		.kind = SHAPE_LIST, .element = SHAPE_NOT_NEGATIVE, .at_least = 5, .at_most = 5};

	return check_list(row, &numbers, place, problem);
}

static int check_members(const json_t *object, enum shape_kind kind, const struct place *place,
	struct problem *problem)
{
	const char *key;
	json_t *value;

	if (!json_is_object(object))
		return refuse(place, "must be an object", problem);
	json_object_foreach((json_t *)object, key, value) {
		bool container = json_is_object(value) || json_is_array(value);
		if (kind == SHAPE_SCALARS && container)
			return refuse(place, "must hold plain values only", problem);
		if ((kind == SHAPE_LABELS || kind == SHAPE_STRINGS) && !json_is_string(value))
			return refuse(place, "must hold strings only", problem);
		if (kind == SHAPE_LABELS && !fits_string(key, NULL, SHAPE_NAME))
			return refuse(place, "has a key that is no name", problem);
	}
	return 0;
}

static int check_fields(const json_t *object, const struct shape *fields, const struct place *place,
	struct problem *problem)
{
	if (!json_is_object(object))
		return refuse(place, "must be an object", problem);
	for (const struct shape *field = fields; field->kind != SHAPE_END; field++) {
		const json_t *value = json_object_get(object, field->key);
		struct place below = {.above = place, .key = field->key};
		int failure = 0;
		if (value)
			failure = check_value(value, field, field->kind, &below, problem);
		else if (field->need == SHAPE_REQUIRED)
			failure = refuse(&below, "is missing", problem);
		if (failure)
			return failure;
	}
	return 0;
}

static int check_string(const json_t *value, const struct shape *shape, enum shape_kind kind,
	const struct place *place, struct problem *problem)
{
	if (kind == SHAPE_STRING_OR_NULL && json_is_null(value))
		return 0;
	if (!json_is_string(value))
		return refuse(place, "must be a string", problem);
	if (!fits_string(json_string_value(value), shape, kind))
		return refuse(place, "is not of the form it must have", problem);
	return 0;
}

static int check_number(const json_t *value, enum shape_kind kind, const struct place *place,
	struct problem *problem)
{
	bool whole = kind == SHAPE_INTEGER || kind == SHAPE_COUNT;

	if (kind == SHAPE_NUMBER_OR_NULL && json_is_null(value))
		return 0;
	if (whole ? !json_is_integer(value) : !json_is_number(value))
		return refuse(place, whole ? "must be an integer" : "must be a number", problem);
	if (!fits_number(json_number_value(value), kind))
		return refuse(place, "is out of range", problem);
	return 0;
}

static int check_value(const json_t *value, const struct shape *shape, enum shape_kind kind,
	const struct place *place, struct problem *problem)
{
	switch (kind) {
	case SHAPE_LIST:
		return check_list(value, shape, place, problem);
	case SHAPE_ROW:
		return check_row(value, place, problem);
	case SHAPE_OBJECT:
		return check_fields(value, shape->fields, place, problem);
	case SHAPE_SCALARS:
	case SHAPE_ANY:
	case SHAPE_STRINGS:
	case SHAPE_LABELS:
		return check_members(value, kind, place, problem);
	case SHAPE_VALUE:
		return 0;
	case SHAPE_BOOLEAN:
		return json_is_boolean(value) ? 0 : refuse(place, "must be true or false", problem);
	case SHAPE_SCALAR:
		return json_is_object(value) || json_is_array(value)
			       ? refuse(place, "must be a plain value", problem)
			       : 0;
	case SHAPE_NUMBER:
	case SHAPE_NUMBER_OR_NULL:
	case SHAPE_NOT_NEGATIVE:
	case SHAPE_POSITIVE:
	case SHAPE_RATIO:
	case SHAPE_PORTION:
	case SHAPE_INTEGER:
	case SHAPE_COUNT:
		return check_number(value, kind, place, problem);
	default:
		return check_string(value, shape, kind, place, problem);
	}
}

int shape_check(const json_t *object, const struct shape *fields, struct problem *problem)
{
	if (!json_is_object(object))
		return problem_set(problem, -EINVAL, "it is not a JSON object");
	static const struct place top = {.key = ""};
	return check_fields(object, fields, &top, problem);
}

/* Who is told of what is not known. */
struct listener {
	void (*tell)(void *data, const char *where);
	void *data;
};

static const struct shape *find_field(const struct shape *fields, const char *key)
{
	for (; fields->kind != SHAPE_END; fields++)
		if (strcmp(fields->key, key) == 0)
			return fields;
	return NULL;
}

static void look_for_unknown(const json_t *object, const struct shape *fields,
	const struct place *above, const struct listener *listener)
{
	const char *key;
	json_t *value, *element;
	size_t i;

	json_object_foreach((json_t *)object, key, value) {
		struct place place = {.above = above, .key = key};
		const struct shape *field = find_field(fields, key);
		char where[256] = "";
		if (field && field->kind == SHAPE_OBJECT) {
			look_for_unknown(value, field->fields, &place, listener);
		} else if (field && field->kind == SHAPE_LIST && field->element == SHAPE_OBJECT) {
			json_array_foreach(value, i, element) {
				struct place at = {.above = &place, .index = i};
				look_for_unknown(element, field->fields, &at, listener);
			}
		} else if (!field && !(above->above == NULL && strcmp(key, "schema") == 0)) {
			describe(&place, where, sizeof(where));
			listener->tell(listener->data, where);
		}
	}
}

void shape_unknown(const json_t *object, const struct shape *fields,
	void (*tell)(void *data, const char *where), void *data)
{
	static const struct place top = {.key = ""};
	const struct listener listener = {.tell = tell, .data = data};

	look_for_unknown(object, fields, &top, &listener);
}
