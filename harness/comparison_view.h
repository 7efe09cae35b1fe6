/*
 * comparison_view: a comparison as text for people: who is suitable and what it costs first, then
 * the differences that matter, then what was not compared.
 */
#pragma once

#include "terminal.h"

#include <jansson.h>

/* With `all`, also the differences that do not matter, and everything that is cut otherwise. */
void comparison_view(const struct terminal *terminal, const json_t *comparison, bool all);
