#include "figure.h"

#include "html.h"

void figure_open(struct page *page, const struct plot *plot, const char *title, const char *caption)
{
	html(page->out, "<figure>\n");
	if (page->figures == FIGURES_MAX) {
		html(page->out,
			"<p class=\"undrawn\">Not drawn: this page has %d plots already.</p>\n",
			FIGURES_MAX);
		return;
	}
	page->figures++;
	if (!plot_draw(&page->plotter, plot, title, caption, page->out))
		html(page->out, "<p class=\"undrawn\">Not drawn: %s.</p>\n",
			page->plotter.problem.text);
}

void figure_legend(struct page *page, enum plot_ink ink, const char *name)
{
	html(page->out,
		"<span class=\"key\"><svg class=\"plot\" viewBox=\"0 0 30 8\" aria-hidden=\"true\">"
		"<path class=\"i%d\" d=\"M1,4 L29,4\"/></svg>%s</span>\n",
		(int)ink, name);
}

void figure_caption(struct page *page, const char *caption)
{
	html(page->out, "<figcaption>%s</figcaption>\n", caption);
}
