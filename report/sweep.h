/*
 * sweep: readings as functions of a number (packet size, connections), drawn by gnuplot: a line
 * with a disc at each reading and a band as wide as the intervals. An axis is logarithmic where its
 * range exceeds SWEEP_RANGE times. Where half of the readings or more are above zero with their
 * intervals, those that such a y axis has no place for, as a cost that is zero within its noise,
 * stand as arrows at its lower edge; otherwise, and with shares, of which zero counts, it is
 * linear.
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
	bool trend; /* x is a place in an order, and what counts of y is how it changes: both axes
		       are linear, and y need not begin at zero */
};

/* A range, and whether its axis is logarithmic. */
struct sweep_range {
	double low, high;
	bool logarithmic;
	double least;           /* the smallest reading that is above zero with its interval */
	size_t readings, above; /* how many there are, and how many are that */
	double upper; /* where the highest interval ends; 0: nowhere above zero, or open */
};

/* The axes that fit. `low` > `high`: there is nothing to draw. */
struct sweep_range sweep_x(const struct sweep *sweep);
struct sweep_range sweep_y(const struct sweep *sweep);

/* The axis that several sweeps of one unit can share. */
struct sweep_range sweep_shared(
	const struct sweep_range *a, const struct sweep_range *b, const char *unit);

/* How many readings are arrows on that y axis. */
size_t sweep_clipped(const struct sweep *sweep, const struct sweep_range *y);

/* Whether a mark is near enough to the readings to be drawn. */
bool sweep_shows(const struct sweep *sweep, double mark);

/* The script that draws it on that y axis, for the caller to free; NULL when memory is short or
 * there are not two places on the x axis. */
char *sweep_script(const struct sweep *sweep, const struct sweep_range *y);
