/*
 * currencies: what the prices of a seatrial.comparison/1, which may hold anything, are in.
 */
#pragma once

#include <jansson.h>
#include <stdbool.h>

/* Whether prices are in several currencies: none is converted, so that a ranking of the comparison
 * has no price of a month for any. */
bool currencies_differ(const json_t *comparison, const json_t *ranking);
