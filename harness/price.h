/*
 * price: what a candidate costs. A currency is text and nothing else: nothing is converted.
 */
#pragma once

#include "problem.h"

#include <jansson.h>

struct price {
	double amount;  /* as given; 0 for none */
	char *currency; /* as given, "" for none; NULL without a price */
	char *per;      /* "hour", "month" or "year" */
};

/* "4.99/month", "EUR 4.99/month", "$0.007/hour", "120 EUR/year". The caller frees what a price
 * has. Returns 0, or -EINVAL with a sentence that names the text. */
int price_parse(const char *text, struct price *price, struct problem *problem);

/* The same for {"amount": 4.99, "currency": "EUR", "per": "month"} or such a text, and back. */
int price_of_json(const json_t *value, struct price *price, struct problem *problem);
json_t *price_json(const struct price *price);

/* Per month of 730 hours; NAN without a price. */
double price_monthly(const struct price *price);

void price_clear(struct price *price);
