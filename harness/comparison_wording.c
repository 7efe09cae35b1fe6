#include "comparison_wording.h"

#include "currencies.h"
#include "document.h"
#include "sentence.h"
#include "units.h"

#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#define NAMES_MOST 4 /* more are counted */

const char *comparison_name(const json_t *comparison, size_t candidate)
{
	return document_text(
		json_array_get(json_object_get(comparison, "candidates"), candidate), "name");
}

const json_t *comparison_entry(const json_t *list, size_t candidate)
{
	size_t low = 0, high = json_array_size(list);

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		const json_t *entry = json_array_get(list, middle);
		size_t which = (size_t)json_integer_value(json_object_get(entry, "candidate"));

		if (which == candidate)
			return entry;
		if (which < candidate)
			low = middle + 1;
		else
			high = middle;
	}
	return NULL;
}

static double number(const json_t *object, const char *key)
{
	const json_t *value = json_object_get(object, key);

	return json_is_number(value) ? json_number_value(value) : NAN;
}

const char *comparison_price(const json_t *candidate, char *buffer, size_t size)
{
	const json_t *price = json_object_get(candidate, "price");
	const char *currency = document_text(price, "currency");
	struct sentence sentence = {0};
	char amount[40];

	if (price) {
		snprintf(amount, sizeof(amount), "%.4f", number(price, "amount"));
		char *end = amount + strlen(amount);
		/* Prices have two digits or, below a cent, what they need. */
		while (strlen(strchr(amount, '.') ? strchr(amount, '.') : "") > 3 && end[-1] == '0')
			*--end = '\0';
		sentence_add(&sentence, "%s%s%s/%s", currency, *currency ? " " : "", amount,
			document_text(price, "per"));
	}
	return sentence_finish(&sentence, buffer, size);
}

static void add_names(struct sentence *sentence, const json_t *comparison, const json_t *which)
{
	size_t count = json_array_size(which), i;
	const json_t *index;

	if (count > NAMES_MOST) {
		size_t all = json_array_size(json_object_get(comparison, "candidates"));
		if (count == all)
			sentence_add(sentence, "all %zu candidates", all);
		else
			sentence_add(sentence, "%zu of %zu candidates", count, all);
		return;
	}
	json_array_foreach(which, i, index)
		sentence_add(sentence, "%s%.60s",
			i == 0           ? ""
			: i + 1 == count ? " and "
					 : ", ",
			comparison_name(comparison, (size_t)json_integer_value(index)));
}

/* Nobody is suitable: who comes nearest. */
static void add_nearest(struct sentence *sentence, const json_t *comparison, const json_t *first)
{
	size_t nearest = (size_t)json_integer_value(json_object_get(first, "candidate"));
	const char *overall = document_text(first, "overall");

	if (strcmp(overall, "not enough evidence") == 0)
		sentence_add(sentence, "no candidate is known to be suitable; there is not enough "
				       "evidence.");
	else
		sentence_add(sentence, "no candidate is suitable; the nearest is %.60s (%s).",
			comparison_name(comparison, nearest), overall);
}

/* How many of a ranking's suitable candidates have a price that can be set beside others. */
static size_t count_priced(const json_t *ranking)
{
	const json_t *place;
	size_t i, count = 0;

	json_array_foreach(json_object_get(ranking, "order"), i, place)
		count += strcmp(document_text(place, "overall"), "suitable") == 0 &&
			 json_object_get(place, "monthly");
	return count;
}

/* Who of several is the cheapest, as far as prices are known, or why nobody is called that. */
static void add_cheapest(
	struct sentence *sentence, const json_t *comparison, const json_t *ranking, size_t suitable)
{
	const json_t *candidates = json_object_get(comparison, "candidates");
	const json_t *cheapest = json_object_get(ranking, "cheapest");
	size_t priced = count_priced(ranking);
	char price[100];

	if (json_is_integer(cheapest)) {
		size_t which = (size_t)json_integer_value(cheapest);
		comparison_price(json_array_get(candidates, which), price, sizeof(price));
		if (priced == suitable)
			sentence_add(sentence, "; the cheapest of them");
		else
			sentence_add(
				sentence, "; the cheapest of the %zu with a known price", priced);
		sentence_add(
			sentence, " is %.60s, at %s", comparison_name(comparison, which), price);
		return;
	}
	if (currencies_differ(comparison, ranking))
		sentence_add(sentence, "; which is the cheapest is not known, as prices are in "
				       "different currencies");
}

const char *comparison_answer(
	const json_t *comparison, const json_t *ranking, char *buffer, size_t size)
{
	const json_t *suitable = json_object_get(ranking, "suitable");
	const json_t *first = json_array_get(json_object_get(ranking, "order"), 0);
	size_t count = json_array_size(suitable);
	struct sentence sentence = {0};
	char price[100];

	sentence_add(&sentence, "%.100s: ", document_text(ranking, "title"));
	if (count == 0) {
		add_nearest(&sentence, comparison, first);
		return sentence_finish(&sentence, buffer, size);
	}
	add_names(&sentence, comparison, suitable);
	sentence_add(&sentence, count == 1 ? " is suitable" : " are suitable");
	if (count > 1) {
		add_cheapest(&sentence, comparison, ranking, count);
	} else {
		size_t which = (size_t)json_integer_value(json_array_get(suitable, 0));
		comparison_price(json_array_get(json_object_get(comparison, "candidates"), which),
			price, sizeof(price));
		if (*price)
			sentence_add(&sentence, ", at %s", price);
	}
	sentence_add(&sentence, ".");
	return sentence_finish(&sentence, buffer, size);
}

const char *comparison_value(const json_t *metric, const json_t *value, char *buffer, size_t size)
{
	const struct interval interval = {.value = number(value, "value"),
		.low = number(value, "low"),
		.high = number(value, "high")};
	struct sentence sentence = {0};
	char text[500] = "no reading to compare";

	if (json_is_number(json_object_get(value, "value")))
		units_format_interval(&interval, document_text(metric, "unit"), text, sizeof(text));
	sentence_add(&sentence, "%s", text);
	return sentence_finish(&sentence, buffer, size);
}

/* A ratio, "" where there is none. */
static const char *format_ratio(double ratio, char *buffer, size_t size)
{
	*buffer = '\0';
	return isfinite(ratio) ? units_format_ratio(ratio, buffer, size) : buffer;
}

static void add_ratio(struct sentence *sentence, const json_t *object, const char *const keys[3])
{
	char text[40], range[120];

	units_format_ratio_range(
		number(object, keys[1]), number(object, keys[2]), range, sizeof(range));
	sentence_add(sentence, "%s", format_ratio(number(object, keys[0]), text, sizeof(text)));
	if (*range)
		sentence_add(sentence, " (%s)", range);
}

const char *comparison_ratio(
	const json_t *metric, const json_t *difference, char *buffer, size_t size)
{
	static const char *const keys[] = {"ratio", "low", "high"};
	struct sentence sentence = {0};
	char text[200];

	if (json_is_number(json_object_get(difference, "ratio"))) {
		sentence_add(&sentence, "\u00d7");
		add_ratio(&sentence, difference, keys);
	} else if (json_is_number(json_object_get(difference, "shift"))) {
		double shift = number(difference, "shift");
		units_format(fabs(shift), document_text(metric, "unit"), text, sizeof(text));
		sentence_add(&sentence, "%s%s", shift < 0 ? "-" : "+", text);
	}
	return sentence_finish(&sentence, buffer, size);
}

int comparison_matters(const json_t *difference)
{
	const char *class = document_text(difference, "class");

	return strcmp(class, "real") == 0 ? 2 : strcmp(class, "likely") == 0;
}

const char *comparison_class(const json_t *difference, char *buffer, size_t size)
{
	struct sentence sentence = {0};

	if (comparison_matters(difference))
		sentence_add(&sentence, "%.20s, ", document_text(difference, "direction"));
	sentence_add(&sentence, "%.40s", document_text(difference, "class"));
	return sentence_finish(&sentence, buffer, size);
}

const char *comparison_effect(const json_t *difference, char *buffer, size_t size)
{
	double effect = number(difference, "effect");

	*buffer = '\0';
	if (isfinite(effect))
		snprintf(buffer, size, "%.2f", effect);
	return buffer;
}

const char *comparison_score(const json_t *place, char *buffer, size_t size)
{
	static const char *const bounded[] = {"score", "score_low", "score_high"};
	static const char *const exact[] = {"score", "", ""}; /* of what all are compared with */
	const char *const *keys = bounded;
	struct sentence sentence = {0};

	if (number(place, "score_low") == number(place, "score_high"))
		keys = exact;
	if (json_is_number(json_object_get(place, "score")))
		add_ratio(&sentence, place, keys);
	return sentence_finish(&sentence, buffer, size);
}

const char *comparison_money(const json_t *comparison, const json_t *ranking, const json_t *place,
	char *buffer, size_t size)
{
	json_int_t baseline = json_integer_value(json_object_get(comparison, "baseline"));
	double own = number(place, "per_money"), theirs = NAN;
	struct sentence sentence = {0};
	const json_t *other;
	char text[40];
	size_t i;

	/* Of thousands without a price, none need be looked for. */
	json_array_foreach(own > 0 ? json_object_get(ranking, "order") : NULL, i, other)
		if (json_integer_value(json_object_get(other, "candidate")) == baseline)
			theirs = number(other, "per_money");
	if (own > 0 && theirs > 0)
		sentence_add(&sentence, "\u00d7%s", format_ratio(own / theirs, text, sizeof(text)));
	return sentence_finish(&sentence, buffer, size);
}

static bool has_money(const json_t *comparison)
{
	const json_t *ranking, *place;
	size_t r, i;

	json_array_foreach(json_object_get(comparison, "rankings"), r, ranking)
		json_array_foreach(json_object_get(ranking, "order"), i, place)
			if (number(place, "per_money") > 0)
				return true;
	return false;
}

const char *comparison_legend(const json_t *comparison, char *buffer, size_t size)
{
	const char *baseline = comparison_name(
		comparison, (size_t)json_integer_value(json_object_get(comparison, "baseline")));
	struct sentence sentence = {0};

	sentence_add(&sentence,
		"Score: the geometric mean, over the readings that the profile judges, of how many "
		"times better than %.60s, with its 95 %% interval.",
		baseline);
	if (has_money(comparison))
		sentence_add(&sentence,
			" Per money: the score for the price of a month, which has 730 hours, as a "
			"multiple of what %.60s gives.",
			baseline);
	return sentence_finish(&sentence, buffer, size);
}
