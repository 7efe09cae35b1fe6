/*
 * svg: gnuplot's drawing made part of a page.
 *
 * Only geometry and text survive. The drawing is read tag by tag and written anew from a list of
 * what is allowed (groups, paths, polygons, markers, text; positions and sizes), so that nothing of
 * gnuplot's identifiers, which repeat in every plot, and nothing active can come through. Colours
 * become classes: a path drawn in colour #0000NN has class iNN and gets its look, light, dark or
 * printed, from the page's style.
 */
#pragma once

#include "problem.h"

#include <stdio.h>

/* Writes `drawing` (SVG of gnuplot's svg terminal) as an inline <svg> of width x height units with
 * `label` as its text alternative; with a `title` (may be NULL) that is its name, and `label` its
 * description. Nothing is written unless the drawing is whole: -EINVAL with a
 * sentence in `problem` when it is not. */
int svg_adopt(const char *drawing, int width, int height, const char *title, const char *label,
	FILE *out, struct problem *problem);
