#include "section.h"

#include "candidate.h"
#include "currencies.h"
#include "field.h"
#include "html.h"
#include "units.h"

#include <math.h>
#include <string.h>

#define MONTH_HOURS 730

/* "a, b and 3 more" */
static void write_names(struct page *page, const json_t *indexes)
{
	size_t i, index, shown = 0, count = json_array_size(indexes);
	char name[CANDIDATE_NAME_MAX];
	json_t *value;

	json_array_foreach(indexes, i, value) {
		if (shown == 5) {
			html(page->out, " and %zu more", count - shown);
			return;
		}
		if (candidate_index(page->document, value, &index))
			html(page->out, "%s%s", shown++ ? ", " : "",
				candidate_short_name(page->document, index, name, sizeof(name)));
	}
}

/* Who meets a profile, and the cheapest of them. */
static void write_suitable(struct page *page, const json_t *ranking)
{
	const json_t *suitable = json_object_get(ranking, "suitable");
	size_t cheapest, count = json_array_size(suitable);
	char price[128], name[CANDIDATE_NAME_MAX];

	if (!count) {
		html(page->out, "No candidate meets it.");
		return;
	}
	html(page->out, "Met by ");
	write_names(page, suitable);
	html(page->out, ". ");
	if (candidate_index(page->document, json_object_get(ranking, "cheapest"), &cheapest))
		html(page->out, "%s <strong>%s</strong>%s%s.",
			candidate_all_priced(page->document, suitable)
				? "The cheapest of them is"
				: "The cheapest of those whose price is known is",
			candidate_short_name(page->document, cheapest, name, sizeof(name)),
			*candidate_price(page->document, cheapest, price, sizeof(price)) ? ", "
											 : "",
			price);
	else if (count > 1)
		html(page->out, "Which is the cheapest is not known: %s.",
			currencies_differ(page->document, ranking)
				? "prices are in different currencies, and nothing is converted"
				: "they have no prices");
}

static void write_choice(struct page *page, const json_t *ranking)
{
	const char *title = field_text(ranking, "title", field_text(ranking, "profile", "profile"));

	html(page->out, "<li><div class=\"title\">");
	section_badge(page,
		json_array_size(json_object_get(ranking, "suitable")) ? "suitable" : "unsuitable");
	html(page->out, "<strong>%s</strong></div><p>", title);
	write_suitable(page, ranking);
	section_needs_summary(page, field_text(ranking, "profile", ""));
	html(page->out, "</p></li>\n");
}

void section_choice(struct page *page)
{
	const json_t *rankings = json_object_get(page->document, "rankings");
	size_t i;
	json_t *ranking;

	if (!json_array_size(rankings)) {
		html(page->out, "<p>The candidates were judged by no common profile, so nothing "
				"says which of them is fit.</p>\n");
		return;
	}
	html(page->out, "<ul class=\"profiles\">\n");
	json_array_foreach(rankings, i, ranking)
		write_choice(page, ranking);
	html(page->out, "</ul>\n");
}

static void write_score(struct page *page, const json_t *place)
{
	double score, low, high;

	if (!field_number(place, "score", &score)) {
		html(page->out, "<td data-label=\"score\" data-value=\"\">none</td>");
		return;
	}
	char value[32], middle[64], range[160], text[240];
	snprintf(value, sizeof(value), "%.9g", score);
	units_format_ratio(score, middle, sizeof(middle));
	if (field_number(place, "score_low", &low) && field_number(place, "score_high", &high) &&
		low < high) /* what all are compared with has no interval */
		snprintf(text, sizeof(text), "%s (%s)", middle,
			units_format_ratio_range(low, high, range, sizeof(range)));
	else
		snprintf(text, sizeof(text), "%s", middle);
	html(page->out, "<td data-label=\"score\" data-value=\"%s\"><span>%s</span></td>", value,
		text);
}

static void write_number(
	struct page *page, const char *label, const char *text, bool known, double value)
{
	char number[32] = "";

	if (known)
		snprintf(number, sizeof(number), "%.9g", value);
	html(page->out, "<td data-label=\"%s\" data-value=\"%s\"><span>%s</span></td>", label,
		number, *text ? text : "unknown");
}

/* Sorted by what it is a month or, where `differ`ent currencies have no common order, as text. */
static void write_price(
	struct page *page, const char *label, const char *text, const json_t *place, bool differ)
{
	double monthly = NAN;
	bool known = field_number(place, "monthly", &monthly);

	if (differ)
		html(page->out, "<td data-label=\"%s\"><span>%s</span></td>", label,
			*text ? text : "unknown");
	else
		write_number(page, label, text, known, monthly);
}

/* A place has no price of a month where it cannot be compared with the others'. */
static bool find_month(const json_t *place, const json_t *price, double *monthly)
{
	const char *per = field_text(price, "per", "month");

	if (field_number(place, "monthly", monthly))
		return true;
	if (!field_number(price, "amount", monthly))
		return false;
	*monthly *= strcmp(per, "hour") == 0   ? MONTH_HOURS
		    : strcmp(per, "year") == 0 ? 1.0 / 12
					       : 1;
	return true;
}

/* "EUR 5.10": prices by the hour and by the month become comparable. */
static void write_month(
	struct page *page, const json_t *place, const json_t *candidate, bool differ)
{
	const json_t *price = json_object_get(candidate, "price");
	const char *currency = field_text(price, "currency", "");
	char text[128] = "";
	double monthly;

	if (find_month(place, price, &monthly))
		snprintf(text, sizeof(text), "%s%s%.2f", currency, *currency ? " " : "", monthly);
	write_price(page, "a month", text, place, differ);
}

/* What the baseline gives for its price; NAN when it is not known. */
static double worth_of_baseline(const struct page *page, const json_t *ranking)
{
	size_t i, index;
	json_t *place;
	double worth = NAN;

	json_array_foreach(json_object_get(ranking, "order"), i, place)
		if (candidate_index(page->document, json_object_get(place, "candidate"), &index) &&
			index == field_count(page->document, "baseline"))
			field_number(place, "per_money", &worth);
	return worth;
}

static void write_worth(struct page *page, const json_t *place, double baseline, bool priced)
{
	double own = NAN;
	char text[64], number[48];

	snprintf(text, sizeof(text), "%s", priced ? "not compared" : "");

	field_number(place, "per_money", &own);
	const double ratio = own > 0 && baseline > 0 ? own / baseline : NAN;
	if (isfinite(ratio))
		snprintf(text, sizeof(text), "×%s",
			units_format_ratio(ratio, number, sizeof(number)));
	write_number(page, "per money", text, isfinite(ratio), ratio);
}

static void write_place(struct page *page, const json_t *ranking, const json_t *place,
	double baseline, bool cheapest)
{
	const char *overall = field_text(place, "overall", "not enough evidence");
	size_t index, rank = field_count(place, "rank");
	char price[128] = "";
	double amount = 0;

	if (!candidate_index(page->document, json_object_get(place, "candidate"), &index))
		return;
	const json_t *candidate =
		json_array_get(json_object_get(page->document, "candidates"), index);
	html(page->out, "<tr><td data-label=\"rank\">%zu</td><th scope=\"row\">%s", rank,
		candidate_name(page->document, index));
	if (cheapest)
		html(page->out, " <span class=\"severity\">cheapest that fits</span>");
	html(page->out, "</th><td data-label=\"verdict\" data-value=\"%zu\">",
		section_verdict_place(overall));
	section_badge(page, overall);
	html(page->out, "</td>");
	write_score(page, place);
	candidate_price(page->document, index, price, sizeof(price));
	bool priced = field_number(json_object_get(candidate, "price"), "amount", &amount);
	bool differ = currencies_differ(page->document, ranking);
	write_price(page, "price", price, place, differ);
	write_month(page, place, candidate, differ);
	write_worth(page, place, baseline, priced);
	html(page->out, "</tr>\n");
}

static void write_ranking(struct page *page, const json_t *ranking)
{
	const json_t *order = json_object_get(ranking, "order");
	size_t i, index = 0;
	json_t *place;
	double baseline = worth_of_baseline(page, ranking);
	bool known = candidate_index(page->document, json_object_get(ranking, "cheapest"), &index);

	html(page->out,
		"<h3>%s</h3>\n<div class=\"scroll\" tabindex=\"0\" role=\"group\" aria-label=\"Table\"><table class=\"numbers sortable ranking\"><thead><tr>"
		"<th scope=\"col\">Rank</th><th scope=\"col\">Candidate</th>"
		"<th scope=\"col\">Verdict</th><th scope=\"col\">Score</th>"
		"<th scope=\"col\">Price</th><th scope=\"col\">A month</th>"
		"<th scope=\"col\">Per money</th></tr></thead>"
		"<tbody>\n",
		field_text(ranking, "title", field_text(ranking, "profile", "Profile")));
	json_array_foreach(order, i, place) {
		size_t own;

		if (i == section_rows(page))
			break;
		bool is = known &&
			  candidate_index(
				  page->document, json_object_get(place, "candidate"), &own) &&
			  own == index;
		write_place(page, ranking, place, baseline, is);
	}
	html(page->out, "</tbody></table></div>\n");
	if (json_array_size(order) > section_rows(page))
		html(page->out, "<p class=\"lead\">%zu more are in the document.</p>\n",
			json_array_size(order) - section_rows(page));
}

void section_ranking(struct page *page)
{
	const json_t *rankings = json_object_get(page->document, "rankings");
	size_t i;
	json_t *ranking;

	if (!json_array_size(rankings))
		return;
	html(page->out,
		"<section class=\"rankings\">\n<h2>Ranking and price</h2>\n<p class=\"lead\">Candidates "
		"that meet a profile come before those that do not; among them the score decides, which "
		"is higher the better a candidate reads. A month has 730 hours; per money is the score for "
		"the price of a month, as a multiple of what %s gives.</p>\n",
		candidate_name(page->document, field_count(page->document, "baseline")));
	json_array_foreach(rankings, i, ranking)
		write_ranking(page, ranking);
	html(page->out, "</section>\n");
}
