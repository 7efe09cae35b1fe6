/*
 * plot: latencies against a logarithmic percentile axis, against time or the hour of the day, drawn
 * by gnuplot as inline SVG: as curves, or as a heatmap of cells.
 *
 * A plot is numbers only. The script holds these numbers, identifiers and labels made here; what a
 * curve is called stands in the page's legend, beside a key with the same colour and dashes.
 */
#pragma once

#include "problem.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

/* In the units of the drawing. It stands two abreast on a desk and 1:1 or a little smaller on a
 * phone, so that its letters (13 units) stay readable. */
#define PLOT_WIDTH  440
#define PLOT_HEIGHT 300

/* As many colours as people tell apart (Okabe and Ito's palette without black and yellow). */
#define PLOT_CURVES 6
#define PLOT_LIMITS 4
#define PLOT_MARKS  8
#define PLOT_SHADES 6

/* The classes that paths get, as in "i10": the page's style gives them colour, width and dashes. */
enum plot_ink {
	PLOT_INK_AXIS,
	PLOT_INK_GRID,
	PLOT_INK_LIMIT,
	PLOT_INK_RIM,                                 /* of a limit on cells */
	PLOT_INK_HOLLOW,                              /* a disc that is not filled */
	PLOT_INK_CURVE = 10,                          /* and up: one for each of PLOT_CURVES */
	PLOT_INK_MARK = PLOT_INK_CURVE + PLOT_CURVES, /* and up: the mark on each */
	PLOT_INK_LONGEST = PLOT_INK_MARK + PLOT_CURVES,
	PLOT_INK_TAIL,
	PLOT_INK_MEDIAN,
	PLOT_INK_SHADE = 30, /* and up: one for each of PLOT_SHADES */
	PLOT_INK_BAND = 40,  /* and up: what lies around each of PLOT_CURVES */
	PLOT_INK_BOX = 50,   /* and up: a field with a rim, one for each of PLOT_CURVES */
};

enum plot_axis {
	PLOT_PERCENTILE, /* x is 1 / (1 - q), logarithmic */
	PLOT_TIME,       /* x is seconds */
	PLOT_HOURS,      /* x is hours of the day, 0 to 24 */
};

struct plot_point {
	double x, y_s; /* a NAN in y_s breaks the line */
};

struct plot_curve {
	const struct plot_point *at; /* borrowed */
	size_t points;
	enum plot_ink ink;
};

/* A point read off a curve, with its interval; NAN where the evidence does not bound that side. */
struct plot_mark {
	double x, y_s, low_s, high_s;
	size_t curve;
};

/* A rectangle of a heatmap. What reaches out of the frame is cut off. */
struct plot_cell {
	double from, to; /* on the x axis */
	double low_s, high_s;
	unsigned shade; /* below PLOT_SHADES; the last is the strongest */
};

struct plot {
	enum plot_axis axis;
	size_t curves, cells, limits, marks;
	const struct plot_cell *cell; /* borrowed; below all else */
	struct plot_curve curve[PLOT_CURVES];
	double limit_s[PLOT_LIMITS]; /* horizontal lines */
	struct plot_mark mark[PLOT_MARKS];
};

/* Adds a horizontal line, once for each height; beyond PLOT_LIMITS nothing is added. */
void plot_add_limit(struct plot *plot, double limit_s);

/* Draws for one page. After the first failure it draws no more: what hung once would hang again. */
struct plotter {
	const char *program;
	bool failed;
	struct problem problem; /* of the failure */
};

/* The script that draws it, for the caller to free; NULL when memory is short or there is nothing
 * to draw. */
char *plot_script(const struct plot *plot);

/* The commands that every plot begins with: the size of the drawing, its frame and the ranges. */
void plot_frame(FILE *script, double x_low, double x_high, double y_low, double y_high);

/* Draws what a script says to `out`, with `label` as the text alternative and `title` as its short
 * form (NULL: none). The script is freed; NULL: there is nothing to draw. False when it could not;
 * the reason is in plotter->problem. */
bool plot_draw(
	struct plotter *plotter, char *script, const char *title, const char *label, FILE *out);
