#include "candidate.h"

#include "field.h"
#include "units.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

bool candidate_index(const json_t *comparison, const json_t *value, size_t *index)
{
	json_int_t number = json_is_integer(value) ? json_integer_value(value) : -1;

	if (number < 0 ||
		(size_t)number >= json_array_size(json_object_get(comparison, "candidates")))
		return false;
	*index = (size_t)number;
	return true;
}

const char *candidate_name(const json_t *comparison, size_t index)
{
	const json_t *candidate = json_array_get(json_object_get(comparison, "candidates"), index);

	return field_text(candidate, "name", "unnamed candidate");
}

const char *candidate_short_name(const json_t *comparison, size_t index, char *buffer, size_t size)
{
	return field_shorten(candidate_name(comparison, index), buffer, size);
}

const char *candidate_price(const json_t *comparison, size_t index, char *buffer, size_t size)
{
	const json_t *candidate = json_array_get(json_object_get(comparison, "candidates"), index);
	const json_t *price = json_object_get(candidate, "price");
	const char *currency = field_text(price, "currency", "");
	const char *per = field_text(price, "per", "month");
	double amount;

	*buffer = '\0';
	if (field_number(price, "amount", &amount))
		snprintf(buffer, size, amount < 0.1 ? "%s%s%.4g/%s" : "%s%s%.2f/%s", currency,
			*currency ? " " : "", amount, per);
	return buffer;
}

const json_t *candidate_value(const json_t *metric, size_t index)
{
	size_t i;
	json_t *value;

	json_array_foreach(json_object_get(metric, "values"), i, value) {
		const json_t *candidate = json_object_get(value, "candidate");

		if (json_is_integer(candidate) &&
			json_integer_value(candidate) == (json_int_t)index)
			return value;
	}
	return NULL;
}

bool candidate_interval(const json_t *value, struct interval *reading)
{
	*reading = (struct interval){.low = -INFINITY, .high = INFINITY};
	field_number(value, "low", &reading->low);
	field_number(value, "high", &reading->high);
	return field_number(value, "value", &reading->value);
}

const char *candidate_reading(const json_t *value, const char *unit, char *buffer, size_t size)
{
	struct interval reading;

	if (!candidate_interval(value, &reading)) {
		snprintf(buffer, size, "not measured");
		return buffer;
	}
	units_format_interval(&reading, unit, buffer, size);
	const size_t length = strlen(buffer);
	if (!isfinite(reading.low) && !isfinite(reading.high))
		snprintf(buffer + length, size - length, " (no interval)");
	return buffer;
}

bool candidate_all_priced(const json_t *comparison, const json_t *indices)
{
	const json_t *index;
	char price[128];
	size_t i;

	json_array_foreach(indices, i, index)
		if (!*candidate_price(
			    comparison, (size_t)json_integer_value(index), price, sizeof(price)))
			return false;
	return true;
}
