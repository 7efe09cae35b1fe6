#include "frame.h"

#include "base64.h"
#include "field.h"
#include "html.h"
#include "paper.h"
#include "paper_css.h"
#include "plot_css.h"
#include "report_css.h"
#include "tables_js.h"
#include "version.h"

#include <errno.h>
#include <sodium.h>
#include <stdlib.h>

/* Nothing is fetched, and no script runs but the page's own, whose text is known. */
static void write_policy(struct page *page)
{
	uint8_t digest[crypto_hash_sha256_BYTES];
	char text[64];

	crypto_hash_sha256(digest, (const unsigned char *)tables_js, sizeof(tables_js) - 1);
	base64_write(digest, sizeof(digest), text);
	html(page->out,
		"<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; "
		"style-src 'unsafe-inline'; img-src data:; script-src &#39;sha256-%s&#39;; "
		"base-uri 'none'; form-action 'none'\">\n",
		text);
}

static void write_properties(struct page *page, const struct title *title)
{
	html(page->out, "<meta name=\"keywords\" content=\"%s\">\n", title->keywords);
	html(page->out, "<meta name=\"generator\" content=\"seatrial %s\">\n", SEATRIAL_VERSION);
	if (*title->created)
		html(page->out, "<meta name=\"dcterms.created\" content=\"%s\">\n", title->created);
}

static void write_head(struct page *page, const struct title *title)
{
	html(page->out, "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n");
	write_policy(page);
	html(page->out, "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
			"<meta name=\"color-scheme\" content=\"light dark\">\n"
			"<meta name=\"referrer\" content=\"no-referrer\">\n");
	if (page->options->paper)
		write_properties(page, title);
	html(page->out, "<title>seatrial: %s</title>\n<style>\n", title->name);
	if (page->options->paper) {
		paper_resolve(report_css, report_css, page->out);
		paper_resolve(paper_css, report_css, page->out);
	} else {
		fputs(plot_css, page->out);
		fputs(report_css, page->out);
	}
	html(page->out, "</style>\n</head>\n<body>\n<main>\n");
}

static void write_cover(struct page *page, const struct title *title)
{
	html(page->out,
		"<div class=\"cover\">\n<p class=\"brand\">seatrial: %s</p>\n<h1>%s</h1>\n"
		"<p class=\"verdict %s\">%s %s</p>\n<dl class=\"list\">\n",
		title->name, title->heading, title->tone, section_symbol(title->tone),
		title->answer);
	title->write_list(page);
	html(page->out, "</dl>\n</div>\n");
}

static int write_paper(struct page *page, const struct title *title,
	void (*write_body)(struct page *page), struct problem *problem)
{
	FILE *out = page->out;
	char *body = NULL;
	size_t size;

	page->out = open_memstream(&body, &size);
	if (page->out)
		write_body(page);
	bool whole = page->out && fclose(page->out) == 0;
	page->out = out;
	if (whole) {
		write_cover(page, title);
		paper_contents(body, out);
		paper_body(body, out);
	}
	free(body);
	return whole ? 0 : problem_set(problem, -ENOMEM, "Not enough memory for the report");
}

/* Said once, at the end; every missing plot says why in its place. */
static void write_plot_note(struct page *page)
{
	if (page->plotter.failed)
		html(page->out,
			"<p class=\"caution\"><strong>The plots are missing.</strong> %s. Every number is "
			"in the tables.</p>\n",
			page->plotter.problem.text);
}

int frame_write(struct page *page, const struct title *title, void (*write_body)(struct page *page),
	struct problem *problem)
{
	int failure = 0;

	page->plotter.program = page->options->gnuplot ? page->options->gnuplot : "gnuplot";
	write_head(page, title);
	if (page->options->paper)
		failure = write_paper(page, title, write_body, problem);
	else
		write_body(page);
	write_plot_note(page);
	html(page->out, "</main>\n");
	if (!page->options->paper) {
		html(page->out, "<script>");
		fputs(tables_js, page->out);
		html(page->out, "</script>\n");
	}
	html(page->out, "</body>\n</html>\n");
	if (!failure && (fflush(page->out) != 0 || ferror(page->out)))
		failure = problem_errno(problem, "Cannot write the report");
	return failure;
}
