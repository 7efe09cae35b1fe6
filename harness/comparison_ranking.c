#include "comparison_private.h"

#include "allocate.h"
#include "document.h"
#include "judge.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* One candidate in the ranking of one profile. */
struct place {
	size_t candidate;
	const json_t *verdict; /* the worst of its runs'; NULL when none has this profile */
	enum overall overall;
	double score, low, high; /* NAN when there is none */
	size_t readings;         /* behind the score */
	double money;            /* a month; NAN without a price or beside another currency */
};

static enum overall overall_of(const json_t *verdict)
{
	enum overall overall = OVERALL_SUITABLE;

	while (overall < OVERALL_UNSUITABLE &&
		strcmp(document_text(verdict, "overall"), overall_names[overall]) != 0)
		overall++;
	return overall;
}

/* What the worst of a candidate's runs says by a profile, or NULL. */
static const json_t *worst_verdict(const struct candidate *candidate, const char *profile)
{
	const json_t *worst = NULL, *verdict;
	size_t k;

	for (size_t i = 0; i < candidate->count; i++)
		json_array_foreach(candidate->runs[i]->verdicts, k, verdict)
			if (strcmp(document_text(verdict, "profile"), profile) == 0 &&
				(!worst || overall_of(verdict) >= overall_of(worst)))
				worst = verdict;
	return worst;
}

json_t *ranking_verdicts(const struct candidate *candidate)
{
	json_t *names = json_object(), *verdicts = json_array(), *ignored;
	const json_t *verdict;
	const char *name;
	size_t k;

	for (size_t i = candidate->count; i > 0; i--)
		json_array_foreach(candidate->runs[i - 1]->verdicts, k, verdict)
			json_object_set_new(names, document_text(verdict, "profile"), json_true());
	json_object_foreach(names, name, ignored)
		json_array_append(verdicts, (json_t *)worst_verdict(candidate, name));
	json_decref(names);
	return verdicts;
}

/* Whether a key is a reading that a requirement asks for. */
static bool is_asked_by(
	const struct sample_key *key, const json_t *labels, const json_t *requirement)
{
	const char *name;
	json_t *value;

	if (strcmp(document_text(requirement, "bench"), key->bench) != 0 ||
		strcmp(document_text(requirement, "metric"), key->name) != 0)
		return false;
	json_object_foreach(json_object_get(requirement, "labels"), name, value)
		if (!json_equal(json_object_get(labels, name), value))
			return false;
	return true;
}

bool ranking_asks_for(const json_t *profile, const struct sample_key *key)
{
	json_t *labels = sample_labels(key);
	const json_t *requirement;
	bool asks = false;
	size_t i;

	json_array_foreach(json_object_get(profile, "requirements"), i, requirement)
		asks |= is_asked_by(key, labels, requirement);
	json_decref(labels);
	return asks;
}

/* Which rows the profile asks about, each once: a mark for each row, which notes it, too. */
static bool *rows_of_profile(struct table *table, const json_t *profile)
{
	bool *asked = allocate_zero(table->count, sizeof(*asked));

	for (size_t i = 0; i < table->count; i++) {
		asked[i] = ranking_asks_for(profile, table->rows[i].key);
		table->rows[i].judged |= asked[i];
	}
	return asked;
}

/* Whether a row has a part in scores, which only depends on the baseline: rare events are judged,
 * but a count of them is no measure of speed, and of nothing there is no ratio. */
static bool is_scored(const struct table *table, const struct metric_row *row)
{
	const struct cell *cell = &row->cells[table->request->baseline];

	return cell->count && cell->is_speed;
}

/* The geometric mean of ratios, each so that more is better. Only for a candidate that has all that
 * the baseline has: means over different readings cannot be compared. Readings of one host move
 * together, so that the interval's ends are the means of theirs: wider than if they did not. */
static void score(const struct table *table, const bool *asked, struct place *place)
{
	double sum = 0, low = 0, high = 0;
	size_t count = 0;

	place->score = place->low = place->high = NAN;
	for (size_t i = 0; i < table->count; i++) {
		const struct metric_row *row = &table->rows[i];
		const struct cell *cell = &row->cells[place->candidate];
		bool higher = strcmp(row->meaning->better, "higher") == 0;
		if (!asked[i] || !is_scored(table, row))
			continue;
		count++;
		if (place->candidate == table->request->baseline)
			continue;
		if (!cell->compared || !(cell->difference.ratio > 0))
			return;
		sum += (higher ? 1 : -1) * log(cell->difference.ratio);
		low += higher ? log(cell->difference.low) : -log(cell->difference.high);
		high += higher ? log(cell->difference.high) : -log(cell->difference.low);
	}
	place->readings = count;
	if (!count)
		return;
	place->score = exp(sum / (double)count);
	place->low = exp(low / (double)count);
	place->high = exp(high / (double)count);
}

/* Prices are only set side by side when all are in one currency. */
static bool one_currency(const struct table *table)
{
	const char *currency = NULL;

	for (size_t i = 0; i < table->request->count; i++) {
		const struct price *price = &table->request->candidates[i].price;
		if (!(price->amount > 0))
			continue;
		if (currency && strcmp(currency, price->currency) != 0)
			return false;
		currency = price->currency;
	}
	return true;
}

static int compare_numbers(double left, double right)
{
	if (isnan(left) || isnan(right))
		return isnan(left) - isnan(right);
	return left < right ? -1 : left > right;
}

/* The verdict first, then the score, then the price. */
static int compare_places(const void *left, const void *right)
{
	const struct place *a = left, *b = right;
	int order = (!a->verdict) - (!b->verdict);

	if (!order)
		order = (int)a->overall - (int)b->overall;
	if (!order)
		order = isnan(a->score) || isnan(b->score) ? compare_numbers(a->score, b->score)
							   : compare_numbers(b->score, a->score);
	if (!order)
		order = compare_numbers(a->money, b->money);
	return order ? order : a->candidate < b->candidate ? -1 : 1;
}

static json_t *describe_place(const struct place *place, size_t rank)
{
	json_t *json = json_object();

	json_object_set_new(json, "candidate", json_integer((json_int_t)place->candidate));
	json_object_set_new(json, "rank", json_integer((json_int_t)rank));
	json_object_set_new(json, "overall", json_string(overall_names[place->overall]));
	json_object_set_new(json, "score", comparison_number(place->score));
	/* A product of ratios is never 0: one of them has no lower bound then. */
	json_object_set_new(
		json, "score_low", comparison_number(place->low > 0 ? place->low : NAN));
	json_object_set_new(json, "score_high", comparison_number(place->high));
	json_object_set_new(json, "readings", json_integer((json_int_t)place->readings));
	if (place->money > 0) {
		json_object_set_new(json, "monthly", json_real(place->money));
		json_object_set_new(
			json, "per_money", comparison_number(place->score / place->money));
	}
	return json;
}

static json_t *rank(struct table *table, const json_t *profile)
{
	size_t count = table->request->count;
	struct place *places = allocate_zero(count, sizeof(*places));
	bool *asked = rows_of_profile(table, profile), comparable = one_currency(table);
	json_t *json = json_object(), *order = json_array(), *suitable = json_array();
	const struct place *cheapest = NULL;

	for (size_t i = 0; i < count; i++) {
		const struct candidate *candidate = &table->request->candidates[i];
		struct place *place = &places[i];
		*place = (struct place){.candidate = i,
			.verdict = worst_verdict(candidate, document_text(profile, "name")),
			.money = comparable ? price_monthly(&candidate->price) : NAN};
		place->overall = place->verdict ? overall_of(place->verdict) : OVERALL_NOT_ENOUGH;
		score(table, asked, place);
	}
	qsort(places, count, sizeof(*places), compare_places);
	for (size_t i = 0; i < count; i++) {
		json_array_append_new(order, describe_place(&places[i], i + 1));
		if (places[i].overall != OVERALL_SUITABLE)
			continue;
		json_array_append_new(suitable, json_integer((json_int_t)places[i].candidate));
		if (places[i].money > 0 && (!cheapest || places[i].money < cheapest->money))
			cheapest = &places[i];
	}
	json_object_set(json, "profile", json_object_get(profile, "name"));
	json_object_set(json, "title", json_object_get(profile, "title"));
	json_object_set_new(json, "order", order);
	json_object_set_new(json, "suitable", suitable);
	json_object_set_new(json, "cheapest",
		cheapest ? json_integer((json_int_t)cheapest->candidate) : json_null());
	free(places);
	free(asked);
	return json;
}

/* Notes candidates that were judged by another profile of the same name. */
static void note_profile(struct table *table, size_t which, const json_t *profile, json_t *found)
{
	const char *name = document_text(profile, "name");
	const json_t *known = json_object_get(found, name);
	char what[100];

	if (!known) {
		json_object_set(found, name, (json_t *)profile);
		return;
	}
	snprintf(what, sizeof(what), "profile %.60s", name);
	/* Profiles that are equal are the same value in a set of samples. */
	if (known != profile)
		table_note(table->aside, which, what,
			"it differs from the profile of the same name that others were judged by; "
			"--profile judges all by one",
			"runs");
}

#define CURRENCIES_MOST 4

/* "EUR, $ and one without a name": the currencies of all prices, the first few of them. */
static const char *name_currencies(const struct table *table, char *buffer, size_t size)
{
	const char *known[CURRENCIES_MOST];
	size_t count = 0, used = 0, more = 0;

	for (size_t i = 0; i < table->request->count; i++) {
		const struct price *price = &table->request->candidates[i].price;
		size_t k = 0;

		while (price->amount > 0 && k < count && strcmp(known[k], price->currency) != 0)
			k++;
		if (!(price->amount > 0) || k < count)
			continue;
		if (count < CURRENCIES_MOST)
			known[count++] = price->currency;
		else
			more++;
	}
	*buffer = '\0';
	for (size_t k = 0; k < count && used < size; k++)
		used += (size_t)snprintf(buffer + used, size - used, "%s%.40s",
			k == 0                    ? ""
			: k + 1 == count && !more ? " and "
						  : ", ",
			*known[k] ? known[k] : "one that is not named");
	if (more && used < size)
		snprintf(buffer + used, size - used, " and more");
	return buffer;
}

/* Notes why a candidate cannot be called cheaper or dearer than another. */
static void note_prices(struct table *table)
{
	size_t count = table->request->count, priced = 0;
	char currencies[300], why[400];

	for (size_t i = 0; i < count; i++)
		priced += table->request->candidates[i].price.amount > 0;
	for (size_t i = 0; i < count && priced; i++)
		if (!(table->request->candidates[i].price.amount > 0))
			table_note(table->aside, i, "price",
				"it has no price, so that it may be cheaper or dearer than the others",
				"times");
	if (one_currency(table))
		return;
	snprintf(why, sizeof(why),
		"they are in different currencies (%s), and nothing is converted: no candidate is "
		"called the cheapest, and none is ranked by its price",
		name_currencies(table, currencies, sizeof(currencies)));
	table_note(table->aside, SIZE_MAX, "prices", why, "times");
}

json_t *ranking_make(struct table *table)
{
	json_t *profiles = json_object(), *rankings = json_array(), *profile;
	size_t baseline = table->request->baseline, k;
	const json_t *entry;
	const char *name;

	for (size_t i = 0; i <= table->request->count; i++) {
		size_t which = i == 0 ? baseline : i - 1;
		const struct candidate *candidate = &table->request->candidates[which];
		if (i > 0 && which == baseline)
			continue;
		for (size_t run = candidate->count; run > 0; run--)
			json_array_foreach(candidate->runs[run - 1]->profiles, k, entry)
				if (*document_text(entry, "name"))
					note_profile(table, which, entry, profiles);
	}
	note_prices(table);
	json_object_foreach(profiles, name, profile)
		json_array_append_new(rankings, rank(table, profile));
	json_decref(profiles);
	return rankings;
}
