/*
 * comparison_view: a comparison as text for people: who is suitable and what it costs first, then
 * the requirements that not all meet, then the differences that matter, then what was not compared.
 */
#pragma once

#include "terminal.h"

#include <jansson.h>

/* With `all`, also the differences that do not matter, and everything that is cut otherwise. */
void comparison_view(const struct terminal *terminal, const json_t *comparison, bool all);

/* The part of it about the requirements of a ranking's profile: those that not every candidate
 * clearly meets and who does not; with `all`, all of them. Nothing without lines. */
void comparison_view_lines(
	const struct terminal *terminal, const json_t *comparison, const json_t *ranking, bool all);
