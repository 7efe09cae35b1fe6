#include "comparison_private.h"

#include "allocate.h"

#include <stdlib.h>
#include <string.h>

/* From here on quartiles tell more than a list. */
#define QUARTILES_LEAST 6

static int compare_values(const void *left, const void *right)
{
	double a = *(const double *)left, b = *(const double *)right;

	return (a > b) - (a < b);
}

/* Between the two nearest of ascending values, in proportion (type 7 of Hyndman and Fan). */
static double quantile(const double *values, size_t count, double q)
{
	double rank = q * (double)(count - 1);
	size_t below = (size_t)rank;
	double part = rank - (double)below;

	return below + 1 < count ? values[below] * (1 - part) + values[below + 1] * part
				 : values[below];
}

void spread_add(const struct metric_row *row, const struct cell *cell, json_t *json)
{
	json_t *numbers = json_array();
	double *values;

	if (!row->judged || !cell->count) {
		json_decref(numbers);
		return;
	}
	values = allocate_zero(cell->count, sizeof(*values));
	memcpy(values, cell->values, cell->count * sizeof(*values));
	qsort(values, cell->count, sizeof(*values), compare_values);
	for (size_t i = 0; cell->count < QUARTILES_LEAST && i < cell->count; i++)
		json_array_append_new(numbers, json_real(values[i]));
	for (size_t i = 0; cell->count >= QUARTILES_LEAST && i <= 4; i++)
		json_array_append_new(
			numbers, json_real(quantile(values, cell->count, (double)i / 4)));
	json_object_set_new(
		json, cell->count < QUARTILES_LEAST ? "repetitions" : "quartiles", numbers);
	free(values);
}
