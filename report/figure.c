#include "figure.h"

#include "html.h"
#include "units.h"

#include <stdlib.h>

void figure_open_script(struct page *page, char *script, const char *title, const char *caption)
{
	html(page->out, "<figure>\n");
	if (page->figures >= (page->behind ? FIGURES_BEHIND : FIGURES_MAX)) {
		html(page->out,
			"<p class=\"undrawn\">Not drawn: this page has %zu plots already.</p>\n",
			page->figures);
		free(script);
		return;
	}
	page->figures++;
	if (!plot_draw(&page->plotter, script, title, caption, page->out))
		html(page->out, "<p class=\"undrawn\">Not drawn: %s.</p>\n",
			page->plotter.problem.text);
}

void figure_open(struct page *page, const struct plot *plot, const char *title, const char *caption)
{
	figure_open_script(page, plot_script(plot), title, caption);
}

void figure_legend(struct page *page, enum plot_ink ink, const char *name)
{
	html(page->out,
		"<span class=\"key\"><svg class=\"plot\" viewBox=\"0 0 30 8\" aria-hidden=\"true\">"
		"<path class=\"i%d\" d=\"%s\"/></svg>%s</span>\n",
		(int)ink, ink >= PLOT_INK_SHADE ? "M0,0 H30 V8 H0 Z" : "M1,4 L29,4", name);
}

void figure_caption(struct page *page, const char *caption)
{
	html(page->out, "<figcaption>%s</figcaption>\n", caption);
}

/* Drawn in reverse, the median on top. */
const struct figure_course figure_course[FIGURE_COURSE] = {
	{PLOT_INK_MEDIAN, "median"},
	{PLOT_INK_TAIL, "99th percentile"},
	{PLOT_INK_LONGEST, "longest"},
};

void figure_course_legend(struct page *page)
{
	html(page->out, "<p class=\"legend\">");
	for (size_t i = 0; i < FIGURE_COURSE; i++)
		figure_legend(page, figure_course[i].ink, figure_course[i].name);
	html(page->out, "</p>\n");
}

static const char *const table_names[] = {"time", "samples", "median", "99 %", "longest"};

void figure_table_open(struct page *page, const char *summary)
{
	html(page->out,
		"<details><summary>%s</summary>\n<div class=\"scroll\" tabindex=\"0\" role=\"group\" aria-label=\"Table\">"
		"<table class=\"numbers\"><thead><tr>",
		summary);
	for (size_t i = 0; i < sizeof(table_names) / sizeof(table_names[0]); i++)
		html(page->out, "<th scope=\"col\">%s</th>", table_names[i]);
	html(page->out, "</tr></thead><tbody>\n");
}

void figure_table_row(struct page *page, const struct figure_row *row)
{
	const double value[] = {row->count, row->p50_s, row->p99_s, row->longest_s};
	char text[40];

	html(page->out, "<tr><th scope=\"row\">%s</th>", row->when);
	for (size_t i = 0; i < sizeof(value) / sizeof(value[0]); i++)
		html(page->out, "<td data-label=\"%s\">%s</td>", table_names[i + 1],
			units_format(value[i], i ? "s" : "1", text, sizeof(text)));
	html(page->out, "</tr>\n");
}

void figure_table_close(struct page *page)
{
	html(page->out, "</tbody></table></div></details>\n");
}
