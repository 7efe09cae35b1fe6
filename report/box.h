/*
 * box: distributions side by side as boxes, drawn by gnuplot: what agrees stands at one height. The
 * box is the middle half with a stroke at its median, and lines reach to the ends. The axis is
 * logarithmic where the range exceeds BOX_RANGE times, and need not begin at zero.
 *
 * As in plot, a script holds numbers and words made here; names stand in the page.
 */
#pragma once

#include "plot.h"

#define BOX_RANGE 10

/* More are too thin to be seen. */
#define BOXES_MAX 120

/* Five quantiles of one distribution, in seconds, ascending. */
struct box {
	double low_s, lower_s, median_s, upper_s, high_s;
};

/* Boxes of one colour, side by side. */
struct box_group {
	const struct box *box; /* borrowed */
	size_t count;
};

struct boxes {
	size_t groups;
	struct box_group group[PLOT_CURVES];
	bool numbered; /* each box of the only group is one repetition: the axis counts them */
};

/* The script that draws them, for the caller to free; NULL when memory is short or there is nothing
 * to draw, as when a box is not sound. */
char *box_script(const struct boxes *boxes);
