/*
 * comparison_wording: a comparison in words, for every place that shows one. Each function writes
 * printable UTF-8 of at most `size` bytes, NUL included, and returns `buffer`.
 */
#pragma once

#include <jansson.h>
#include <stddef.h>

/* The name of a candidate, "" when there is none. Borrowed and as it is: hostile. */
const char *comparison_name(const json_t *comparison, size_t candidate);

/* "Worker: a and b are suitable; the cheapest of them is b, at EUR 4.99/month.": who is suitable by
 * one of the rankings. Where prices are missing or in different currencies, it says so. */
const char *comparison_answer(
	const json_t *comparison, const json_t *ranking, char *buffer, size_t size);

/* What a metric's "values" or "differences" say of a candidate, or NULL; borrowed. They are in the
 * order of candidates, as comparison_make() leaves them: there may be thousands. */
const json_t *comparison_entry(const json_t *list, size_t candidate);

/* "1.27 ms (1.20 to 1.31)", "no reading to compare". */
const char *comparison_value(const json_t *metric, const json_t *value, char *buffer, size_t size);

/* "×1.50 (1.40 to 1.61)"; the shift where there is no ratio. */
const char *comparison_ratio(
	const json_t *metric, const json_t *difference, char *buffer, size_t size);

/* "worse, real", "noise". */
const char *comparison_class(const json_t *difference, char *buffer, size_t size);

/* Cliff's delta: "0.98", "-1.00"; "" when there is none. */
const char *comparison_effect(const json_t *difference, char *buffer, size_t size);

/* "EUR 4.99/month", "" when there is none. */
const char *comparison_price(const json_t *candidate, char *buffer, size_t size);

/* "1.32 (1.20 to 1.45)", "" when there is none. */
const char *comparison_score(const json_t *place, char *buffer, size_t size);

/* How much better each unit of money is spent than on the baseline: "×1.80"; "" when that is not
 * known. */
const char *comparison_money(const json_t *comparison, const json_t *ranking, const json_t *place,
	char *buffer, size_t size);

/* What the score and, where there is one, "per money" of the rankings mean. */
const char *comparison_legend(const json_t *comparison, char *buffer, size_t size);

/* 2 for a difference that is real, 1 for one that is likely, else 0. */
int comparison_matters(const json_t *difference);
