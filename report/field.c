#include "field.h"

#include "units.h"

#include <math.h>
#include <string.h>

const char *field_text(const json_t *object, const char *key, const char *otherwise)
{
	const char *text = json_string_value(json_object_get(object, key));

	return text && *text ? text : otherwise;
}

bool field_number(const json_t *object, const char *key, double *value)
{
	const json_t *number = json_object_get(object, key);

	if (!json_is_number(number) || !isfinite(json_number_value(number)))
		return false;
	*value = json_number_value(number);
	return true;
}

size_t field_count(const json_t *object, const char *key)
{
	json_int_t count = json_integer_value(json_object_get(object, key));

	return count > 0 ? (size_t)count : 0;
}

bool field_labels_match(const json_t *some, const json_t *all)
{
	const char *name;
	json_t *value;

	json_object_foreach((json_t *)some, name, value)
		if (!json_equal(value, json_object_get(all, name)))
			return false;
	return true;
}

const char *field_labels(const json_t *labels, const json_t *known, char *buffer, size_t size)
{
	size_t used = 0;
	const char *name;
	json_t *value;

	buffer[0] = '\0';
	json_object_foreach((json_t *)labels, name, value) {
		const char *text = json_string_value(value);

		if (json_equal(value, json_object_get(known, name)))
			continue;
		int length = snprintf(buffer + used, size - used, "%s%s %s", used ? ", " : "", name,
			text ? text : "?");

		used += length > 0 ? (size_t)length : 0;
		if (used >= size)
			break;
	}
	return buffer;
}

const char *field_value(const json_t *value, const char *unit, char *buffer, size_t size)
{
	if (json_is_string(value))
		snprintf(buffer, size, "%s", json_string_value(value));
	else if (json_is_number(value))
		units_format(json_number_value(value), unit ? unit : "1", buffer, size);
	else if (json_is_boolean(value))
		snprintf(buffer, size, "%s", json_is_true(value) ? "yes" : "no");
	else
		snprintf(buffer, size, "unknown");
	return buffer;
}

const char *field_interval(const json_t *summary, const char *unit, char *buffer, size_t size)
{
	struct interval interval = {.value = NAN, .low = -INFINITY, .high = INFINITY};

	field_number(summary, "value", &interval.value);
	field_number(summary, "low", &interval.low);
	field_number(summary, "high", &interval.high);
	if (!*units_format_range(&interval, unit, buffer, size))
		snprintf(buffer, size, "open");
	return buffer;
}

const char *field_shorten(const char *text, char *buffer, size_t size)
{
	static const char mark[] = " …";
	size_t room = size - sizeof(mark), length = strlen(text);

	if (length < size) {
		snprintf(buffer, size, "%s", text);
		return buffer;
	}
	length = room;
	while (length > room / 2 && text[length] != ' ')
		length--;
	if (text[length] != ' ')
		for (length = room; length && ((unsigned char)text[length] & 0xc0) == 0x80;)
			length--;
	while (length && strchr(" ,;:", text[length - 1]))
		length--;
	snprintf(buffer, size, "%.*s%s", (int)length, text, mark);
	return buffer;
}

const char *field_thousands(size_t count, char *buffer, size_t size)
{
	char digits[24];
	size_t length = (size_t)snprintf(digits, sizeof(digits), "%zu", count), used = 0;

	for (size_t i = 0; i < length && used + 2 < size; i++) {
		if (i && (length - i) % 3 == 0)
			buffer[used++] = ',';
		buffer[used++] = digits[i];
	}
	buffer[used] = '\0';
	return buffer;
}

const char *field_time(const json_t *object, const char *key, char *buffer, size_t size)
{
	static const char *const months[] = {"January", "February", "March", "April", "May", "June",
		"July", "August", "September", "October", "November", "December"};
	const char *text = field_text(object, key, "unknown");
	int year, month, day, hour, minute;

	if (sscanf(text, "%4d-%2d-%2dT%2d:%2d:", &year, &month, &day, &hour, &minute) == 5 &&
		month >= 1 && month <= 12)
		snprintf(buffer, size, "%d %s %d, %02d:%02d UTC", day, months[month - 1], year,
			hour, minute);
	else
		snprintf(buffer, size, "%s", text);
	return buffer;
}
