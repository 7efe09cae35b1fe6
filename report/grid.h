/*
 * grid: metrics of one name arranged by their labels, to be compared: a line for each value of one
 * label, a panel for each combination of the others. The order is the document's, of panels in a
 * sweep that at the largest number: what a benchmark measured first is what it takes for the usual
 * case.
 */
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

/* Of one result; what is beyond is in the tables only. */
#define GRID_METRICS 2000

/* How a metric asks to be shown. */
enum grid_kind {
	GRID_NONE,
	GRID_SHARES, /* of what it is relative to */
	GRID_SWEEP,  /* as a function of a label that is a number */
};

enum grid_kind grid_kind(const json_t *metric);

struct grid {
	const char *across, *against; /* labels, borrowed; NULL where there is none */
	const json_t **metric;        /* borrowed documents; the list is owned */
	size_t *panel;                /* of each metric, from 0 */
	size_t count, panels;
	json_t *common; /* the labels that all have alike, `across` left out; owned */
	json_t *others; /* of each panel: its labels but `across` and `against`; owned */
};

/* Gathers the metrics of `result` that are of the kind and have the name of the one at `first`.
 * NULL when that is of another kind, when one of its name came before it, or when memory is short.
 * The caller ends the use with grid_free(). */
struct grid *grid_new(const json_t *result, size_t first, enum grid_kind kind);
void grid_free(struct grid *grid);

/* The number that a label stands for. False when it is none. */
bool grid_number(const json_t *metric, const char *label, double *number);

/* What the line of a metric is called: the value of the label `across`, or "all". Borrowed. */
const char *grid_line(const struct grid *grid, const json_t *metric);

/* "offload all, flows 4": what tells a panel from others, "" when nothing does. Returns `buffer`.
 */
const char *grid_panel(const struct grid *grid, size_t panel, char *buffer, size_t size);
