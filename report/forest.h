/*
 * forest: shares or ratios with their intervals as points and bars in the rows of a table, drawn
 * here rather than by gnuplot, so that each stands beside its name and its numbers at any width of
 * the page.
 */
#pragma once

#include "interval.h"

#include <stdbool.h>
#include <stdio.h>

/* In the units of the drawing. */
#define FOREST_WIDTH 300
#define FOREST_ROW   24
#define FOREST_AXIS  20

/* The axis that all rows of a forest share; 1, where a share is equal, is always on it. */
struct forest {
	double low, high;
	bool logarithmic; /* when some share is above 5; of ratios always */
	bool ratios;
};

/* Starts an axis; then each reading widens it, as far as the evidence bounds it. */
struct forest forest_new(void);

/* The same for ratios, of which half is as far from 1 as double: the axis need not begin at 0. */
struct forest forest_of_ratios(void);

void forest_widen(struct forest *forest, const struct interval *reading);

/* Writes the ticks, as an <svg> with its text alternative. */
void forest_axis(const struct forest *forest, FILE *out);

/* Writes one reading: a disc at its value (hollow when its interval reaches 1), a bar over its
 * interval, an arrow where that is open or leaves the axis. Hidden from who listens: the numbers
 * stand beside it. */
void forest_row(const struct forest *forest, const struct interval *reading, FILE *out);
