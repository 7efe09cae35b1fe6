/*
 * sweep: readings as functions of a number (packet size, connections), drawn by gnuplot: a line
 * with a disc at each reading and a band as wide as the intervals. An axis is logarithmic where its
 * range exceeds SWEEP_RANGE times.
 *
 * As in plot, a script holds numbers and words made here; names stand in the page.
 */
#pragma once

#include "plot.h"

#define SWEEP_RANGE 30
#define SWEEP_MARKS 8

/* NAN in `low` or `high` where the evidence does not bound that side. */
struct sweep_point {
	double x, y, low, high;
};

struct sweep_line {
	struct sweep_point *at; /* borrowed; ascending in x */
	size_t points;
};

struct sweep {
	const char *unit; /* borrowed; only those of ours reach the script */
	size_t lines;
	struct sweep_line line[PLOT_CURVES];
	double mark[SWEEP_MARKS]; /* vertical, called A, B, C ... */
	unsigned marked;          /* a bit for each mark that is there */
	bool equal;               /* y is a share: a horizontal line at 1 */
};

/* A range, and whether its axis is logarithmic. */
struct sweep_range {
	double low, high;
	bool logarithmic;
};

/* The axes that fit; several sweeps side by side can share the wider y. `low` > `high`: there is
 * nothing to draw. */
struct sweep_range sweep_x(const struct sweep *sweep);
struct sweep_range sweep_y(const struct sweep *sweep);

/* Whether a mark is near enough to the readings to be drawn. */
bool sweep_shows(const struct sweep *sweep, double mark);

/* The script that draws it on that y axis, for the caller to free; NULL when memory is short or
 * there are not two places on the x axis. */
char *sweep_script(const struct sweep *sweep, const struct sweep_range *y);
