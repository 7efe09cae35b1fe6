#include "currencies.h"

#include "field.h"

bool currencies_differ(const json_t *comparison, const json_t *ranking)
{
	const json_t *candidates = json_object_get(comparison, "candidates"), *one;
	double number;
	size_t i, priced = 0;

	json_array_foreach(json_object_get(ranking, "order"), i, one)
		if (field_number(one, "monthly", &number))
			return false;
	json_array_foreach(candidates, i, one)
		priced += field_number(json_object_get(one, "price"), "amount", &number);
	return priced > 1;
}
