#include "order.h"

#include <math.h>
#include <stdlib.h>

static int compare_doubles(const void *left, const void *right)
{
	double a = *(const double *)left;
	double b = *(const double *)right;

	return (a > b) - (a < b);
}

void order_sort(double *values, size_t n)
{
	if (n > 32) {
		qsort(values, n, sizeof(*values), compare_doubles);
		return;
	}
	for (size_t i = 1; i < n; i++) {
		double value = values[i];
		size_t at = i;

		for (; at > 0 && values[at - 1] > value; at--)
			values[at] = values[at - 1];
		values[at] = value;
	}
}

static void swap(double *a, double *b)
{
	double kept = *a;

	*a = *b;
	*b = kept;
}

/* Puts the rank-th smallest (from 0) in its place, nothing larger before it and nothing smaller
 * behind: Hoare's selection about the median of three. */
static double select_rank(double *values, size_t n, size_t rank)
{
	size_t first = 0, last = n - 1;

	while (last - first > 16) {
		size_t middle = first + (last - first) / 2;

		if (values[middle] < values[first])
			swap(&values[middle], &values[first]);
		if (values[last] < values[first])
			swap(&values[last], &values[first]);
		if (values[last] < values[middle])
			swap(&values[last], &values[middle]);
		double pivot = values[middle];
		size_t left = first, right = last;

		while (left <= right) {
			while (values[left] < pivot)
				left++;
			while (values[right] > pivot)
				right--;
			if (left > right)
				break;
			swap(&values[left++], &values[right]);
			if (right-- == 0)
				break;
		}
		if (rank <= right)
			last = right;
		else if (rank >= left)
			first = left;
		else
			return values[rank];
	}
	order_sort(values + first, last - first + 1);
	return values[rank];
}

double order_median(double *values, size_t n)
{
	if (n == 0)
		return NAN;
	double upper = select_rank(values, n, n / 2);

	if (n % 2)
		return upper;
	double lower = values[0];

	for (size_t i = 1; i < n / 2; i++)
		lower = fmax(lower, values[i]);
	double gap = upper - lower;

	return isfinite(gap) ? lower + 0.5 * gap : 0.5 * lower + 0.5 * upper;
}

bool order_all_finite(const double *values, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (!isfinite(values[i]))
			return false;
	return true;
}

static int compare_places(const void *left, const void *right)
{
	const struct order_place *a = left, *b = right;

	return (a->value > b->value) - (a->value < b->value);
}

void order_places(struct order_place *places, size_t n)
{
	qsort(places, n, sizeof(*places), compare_places);
}
