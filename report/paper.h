/*
 * paper: what a page needs to become a PDF: contents with page numbers, and drawings that carry
 * their own style, as the typesetter (WeasyPrint) gives a drawing nothing of the page's style.
 */
#pragma once

#include <stdio.h>

/* Writes the table of contents of a page's body: an entry for every <h2> in it, by the order there
 * and linked as paper_body() names them. */
void paper_contents(const char *body, FILE *out);

/* Writes the body with an identifier for every <h2> and a style in every drawing. */
void paper_body(const char *body, FILE *out);

/* Writes rules of a style with every var(--name) replaced by the name's first value in `values`, a
 * style whose first block holds "--name: value;". Other names stay. In shorthands the typesetter
 * understands no variables. */
void paper_resolve(const char *rules, const char *values, FILE *out);
