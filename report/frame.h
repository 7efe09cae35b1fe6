/*
 * frame: what every report has around its sections: head, policy, style, script, and on paper the
 * title page and the contents.
 */
#pragma once

#include "section.h"

/* Writes a whole page: its title, and what `write_body` writes to page->out. Returns 0, or a
 * negative errno with `problem` filled. */
int frame_write(struct page *page, const struct title *title, void (*write_body)(struct page *page),
	struct problem *problem);
