#include "changes.h"

#include <math.h>

struct changes_division changes_divide(const double *values, size_t n, size_t segment)
{
	struct changes_division best = {0, 0};
	double total = 0, left = 0, right;

	for (size_t i = 0; i < n; i++)
		for (size_t j = 0; j < i; j++)
			total += fabs(values[i] - values[j]);
	right = total;
	for (size_t at = 1; at < n; at++) {
		double moved = values[at - 1];

		/* Of the distances within each side, what the value that changes sides moves. */
		for (size_t i = 0; i < n; i++)
			if (i < at)
				left += fabs(moved - values[i]);
			else
				right -= fabs(moved - values[i]);
		if (at < segment || n - at < segment || at < 2 || n - at < 2)
			continue;
		double a = (double)at, b = (double)(n - at);
		double across = total - left - right;
		double energy = a * b / (a + b) *
				(2 * across / (a * b) - 2 * left / (a * (a - 1)) -
					2 * right / (b * (b - 1)));

		if (best.index == 0 || energy > best.energy)
			best = (struct changes_division){at, energy};
	}
	return best;
}
