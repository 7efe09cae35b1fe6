#include "price.h"

#include "allocate.h"
#include "text.h"

#include <ctype.h>
#include <errno.h>
#include <locale.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define HOURS_A_MONTH   730 /* as clouds reckon it: 8,760 hours a year in 12 parts */
#define MONTHS_A_YEAR   12
#define CURRENCY_LENGTH 16

static const struct {
	const char *name;
	double months;
} periods[] = {
	{"hour", 1.0 / HOURS_A_MONTH},
	{"month", 1},
	{"year", MONTHS_A_YEAR},
};
#define PERIODS (sizeof(periods) / sizeof(periods[0]))

static const char *find_period(const char *text, double *months)
{
	for (size_t i = 0; i < PERIODS; i++)
		if (strcmp(text, periods[i].name) == 0) {
			if (months)
				*months = periods[i].months;
			return periods[i].name;
		}
	return NULL;
}

static int refuse(const char *text, struct problem *problem)
{
	return problem_set(problem, -EINVAL,
		"\"%.60s\" is no price; write one such as 4.99/month, 0.007/hour or \"EUR 60/year\"",
		text);
}

/* "4.99" and nothing else, whatever the locale's decimal point. */
static bool parse_amount(const char *text, size_t length, double *amount)
{
	char digits[32];
	size_t whole = strspn(text, "0123456789"), part = 0;

	if (text[whole] == '.')
		part = 1 + strspn(text + whole + 1, "0123456789");
	if (whole == 0 || part == 1 || whole + part != length || length >= sizeof(digits))
		return false;
	snprintf(digits, sizeof(digits), "%.*s", (int)length, text);
	locale_t plain = newlocale(LC_NUMERIC_MASK, "C", (locale_t)0);
	*amount = plain ? strtod_l(digits, NULL, plain) : 0;
	if (plain)
		freelocale(plain);
	return *amount > 0 && isfinite(*amount);
}

/* The currency before or after the amount, without spaces around it. */
static char *cut_currency(const char *text, size_t length)
{
	while (length && isspace((unsigned char)*text)) {
		text++;
		length--;
	}
	while (length && isspace((unsigned char)text[length - 1]))
		length--;
	char *currency = allocate_zero(length + 1, 1);
	memcpy(currency, text, length);
	return currency;
}

/* No part of a number, so that "4,99" and "-1" are none. */
static bool is_currency(const char *text)
{
	return text_is_utf8(text) && !strpbrk(text, "0123456789+-.,");
}

int price_parse(const char *text, struct price *price, struct problem *problem)
{
	const char *slash = strrchr(text, '/');
	const char *period = slash ? find_period(slash + 1, NULL) : NULL;
	size_t first = strcspn(text, "0123456789"), digits = strspn(text + first, "0123456789.");

	*price = (struct price){0};
	if (!period || text + first + digits > slash ||
		!parse_amount(text + first, digits, &price->amount))
		return refuse(text, problem);
	const char *after = text + first + digits;
	char *before = cut_currency(text, first),
	     *behind = cut_currency(after, (size_t)(slash - after));
	if ((*before && *behind) || !is_currency(before) || !is_currency(behind) ||
		strlen(before) > CURRENCY_LENGTH || strlen(behind) > CURRENCY_LENGTH) {
		free(before);
		free(behind);
		*price = (struct price){0};
		return refuse(text, problem);
	}
	price->currency = *before ? before : behind;
	free(*before ? behind : before);
	price->per = allocate_text(period);
	return 0;
}

int price_of_json(const json_t *value, struct price *price, struct problem *problem)
{
	const json_t *currency = json_object_get(value, "currency");
	const json_t *per = json_object_get(value, "per");
	double amount = json_number_value(json_object_get(value, "amount"));

	*price = (struct price){0};
	if (json_is_string(value))
		return price_parse(json_string_value(value), price, problem);
	const char *period = json_is_string(per) ? find_period(json_string_value(per), NULL) : NULL;
	if (!(amount > 0) || !period || (currency && !json_is_string(currency)) ||
		(currency && json_string_length(currency) > CURRENCY_LENGTH))
		return problem_set(problem, -EINVAL,
			"a price needs an \"amount\" above 0 and \"per\": \"hour\", \"month\" or "
			"\"year\", and may have a \"currency\" of at most %d bytes",
			CURRENCY_LENGTH);
	price->amount = amount;
	price->currency = allocate_text(currency ? json_string_value(currency) : "");
	price->per = allocate_text(period);
	return 0;
}

json_t *price_json(const struct price *price)
{
	json_t *json = json_object();

	json_object_set_new(json, "amount", json_real(price->amount));
	if (*price->currency)
		json_object_set_new(json, "currency", json_string(price->currency));
	json_object_set_new(json, "per", json_string(price->per));
	return json;
}

double price_monthly(const struct price *price)
{
	double months = 1;

	if (!(price->amount > 0) || !find_period(price->per, &months))
		return NAN;
	return price->amount / months;
}

void price_clear(struct price *price)
{
	free(price->currency);
	free(price->per);
	*price = (struct price){0};
}
