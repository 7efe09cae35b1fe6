/*
 * heat: a series' samples by time and latency, read from a document that may hold anything. What
 * does not hold together is refused: a heatmap is right or it is not there.
 */
#pragma once

#include "plot.h"

#include <jansson.h>

/* Fewer intervals than this are no course that a heatmap would show better than a curve. */
#define HEAT_ROWS_MIN 20

/* What a drawing may need: columns narrower than a line are noise, and 5,000 cells make an SVG of
 * 300 KiB. */
#define HEAT_COLUMNS 150
#define HEAT_CELLS   5000

struct heat {
	size_t columns, levels;
	double column_s,
		end_s;     /* a column's time, and when the last one ends (it may be shorter) */
	double *edge_s;    /* where each level begins; one more, where the last ends */
	double *count;     /* samples: columns x levels, column by column */
	double *samples;   /* in each column */
	double *longest_s; /* of each column */
};

/* Reads "rows", "levels_s" and "levels" of a series (results/schema/result-1.json), several
 * intervals in a column if there are more than HEAT_COLUMNS. False when the series has too few
 * rows, no levels, or levels that are not sound; then there is nothing to free. Otherwise the
 * caller ends the use with heat_free(). */
bool heat_load(const json_t *series, struct heat *heat);
void heat_free(struct heat *heat);

/* The cells to draw, for the caller to free, and their number; NULL when memory is short. Levels
 * are put together until HEAT_CELLS are enough. */
struct plot_cell *heat_cells(struct heat *heat, size_t *cells);

/* In words what a shade means: "1 to 3 %". */
const char *heat_shade_name(unsigned shade);

/* A stretch of columns, summed up. Quantiles are the middle of their level. */
struct heat_part {
	double from_s, to_s;
	double count;
	double p50_s, p99_s, longest_s; /* NAN without a sample */
};

/* Sums up part `index` of `parts` equal ones. */
struct heat_part heat_part(const struct heat *heat, size_t index, size_t parts);

/* How far a quantile of a part may be off: 0.09 for 9 %. */
double heat_precision(const struct heat *heat);
