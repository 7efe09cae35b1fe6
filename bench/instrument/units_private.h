/*
 * units_private: what units.c shares with units_range.c.
 */
#pragma once

#include <stddef.h>

/* As units_format(), with the unit of several also where there is exactly one: "1 changes/day". */
const char *units_format_plural(double value, const char *unit, char *buffer, size_t size);

/* "1 change/day" of "1 changes/day"; other texts stay. Returns `text`. */
const char *units_make_singular(char *text);
