/*
 * figure: a plot with its legend and, in words, what it shows. Without gnuplot the words remain.
 */
#pragma once

#include "section.h"

/* More plots than this on one page help nobody; the tables hold the rest. Those behind a click
 * leave room for others. */
#define FIGURES_MAX    96
#define FIGURES_BEHIND 48

/* Opens a <figure> and draws `plot` in it, or says why not. `caption` is the text alternative, too,
 * and `title` (NULL: none) its short form. */
void figure_open(
	struct page *page, const struct plot *plot, const char *title, const char *caption);

/* As figure_open() for a script of another module, which is freed. */
void figure_open_script(struct page *page, char *script, const char *title, const char *caption);

/* One entry of the legend: the key of a curve, and its name. */
void figure_legend(struct page *page, enum plot_ink ink, const char *name);

/* The three curves that show a course: median, 99th percentile, longest. */
#define FIGURE_COURSE 3
struct figure_course {
	enum plot_ink ink;
	const char *name;
};
extern const struct figure_course figure_course[FIGURE_COURSE];

/* The legend of a course. */
void figure_course_legend(struct page *page);

/* A table behind a click: when, how many samples, their median, 99th percentile and longest. */
struct figure_row {
	const char *when;
	double count, p50_s, p99_s, longest_s;
};
void figure_table_open(struct page *page, const char *summary);
void figure_table_row(struct page *page, const struct figure_row *row);
void figure_table_close(struct page *page);

/* Writes the caption. The caller may add a table, and closes the <figure>. */
void figure_caption(struct page *page, const char *caption);
