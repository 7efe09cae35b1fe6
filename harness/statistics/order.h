/*
 * order: values in order.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

/* Sorts ascending; no value is NAN. */
void order_sort(double *values, size_t n);

/* The median of `n` values, which it reorders: in linear time on average. NAN when there are none.
 */
double order_median(double *values, size_t n);

/* A value and where it was. */
struct order_place {
	double value;
	size_t from;
};

/* Sorts ascending by value; none is NAN. */
void order_places(struct order_place *places, size_t n);

bool order_all_finite(const double *values, size_t n);
