#include "family.h"

#include "field.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static bool same_text(const json_t *a, const char *key_a, const json_t *b, const char *key_b)
{
	const char *left = field_text(a, key_a, NULL), *right = field_text(b, key_b, NULL);

	return left && right && strcmp(left, right) == 0;
}

bool family_seen(const json_t *distributions, size_t index)
{
	const json_t *own = json_array_get(distributions, index);

	for (size_t i = 0; i < index; i++)
		if (same_text(own, "name", json_array_get(distributions, i), "name"))
			return true;
	return false;
}

static bool is_quantile_of(const json_t *metric, const json_t *distribution)
{
	return same_text(metric, "distribution", distribution, "name") &&
	       json_equal(
		       json_object_get(metric, "labels"), json_object_get(distribution, "labels"));
}

const json_t *family_metric(const json_t *result, const json_t *distribution, double q)
{
	size_t i;
	json_t *metric;
	double quantile;

	json_array_foreach(json_object_get(result, "metrics"), i, metric)
		if (field_number(metric, "quantile", &quantile) && fabs(quantile - q) < 1e-9 &&
			is_quantile_of(metric, distribution))
			return metric;
	return NULL;
}

static void add_limit(struct family *family, const json_t *line, const json_t *metric)
{
	struct family_limit limit = {.line = line, .metric = metric};

	if (family->limits == FAMILY_LIMITS || !field_number(metric, "quantile", &limit.quantile))
		return;
	if (!field_number(line, "max", &limit.limit_s) &&
		!field_number(line, "min", &limit.limit_s))
		return;
	/* Two profiles may require the same. */
	for (size_t i = 0; i < family->limits; i++)
		if (family->limit[i].metric == metric && family->limit[i].limit_s == limit.limit_s)
			return;
	family->limit[family->limits++] = limit;
}

/* The metrics of this family that a line of the verdict is about. */
static void match_line(struct family *family, const json_t *result, const json_t *line)
{
	size_t i;
	json_t *metric;

	if (!same_text(line, "bench", json_object_get(result, "bench"), "name"))
		return;
	json_array_foreach(json_object_get(result, "metrics"), i, metric)
		if (same_text(line, "metric", metric, "name") &&
			strcmp(field_text(metric, "distribution", ""), family->name) == 0 &&
			field_labels_match(
				json_object_get(line, "labels"), json_object_get(metric, "labels")))
			add_limit(family, line, metric);
}

static void match_verdict(struct family *family, const json_t *result, const json_t *verdict)
{
	size_t p, l;
	json_t *profile, *line;

	json_array_foreach(json_object_get(verdict, "profiles"), p, profile)
		json_array_foreach(json_object_get(profile, "lines"), l, line)
			match_line(family, result, line);
}

static bool has_limit(const struct family *family, const json_t *distribution)
{
	for (size_t i = 0; i < family->limits; i++)
		if (is_quantile_of(family->limit[i].metric, distribution))
			return true;
	return false;
}

/* All of a few; of many, those with a requirement and an even choice from first to last. */
static void choose_curves(const struct family *family, bool *chosen)
{
	size_t room = PLOT_CURVES;

	for (size_t i = 0; i < family->count && room > 2 && family->count > PLOT_CURVES; i++)
		if (has_limit(family, family->distributions[i])) {
			chosen[i] = true;
			room--;
		}
	if (room > family->count)
		room = family->count;
	for (size_t i = 0; i < room; i++)
		chosen[room > 1 ? i * (family->count - 1) / (room - 1) : 0] = true;
}

static void load_curves(struct family *family)
{
	bool *chosen = calloc(family->count + 1, sizeof(*chosen));

	if (!chosen)
		return;
	choose_curves(family, chosen);
	for (size_t i = 0; i < family->count; i++)
		if (chosen[i] && curve_load(family->distributions[i],
					 &family->curve[family->curves], &family->problem) == 0)
			family->drawn[family->curves++] = family->distributions[i];
	free(chosen);
}

/* The labels that every distribution has alike. */
static json_t *common_labels(const struct family *family)
{
	json_t *common = json_copy(json_object_get(family->distributions[0], "labels")), *value;
	const char *name;
	void *next;

	for (size_t i = 1; i < family->count; i++) {
		const json_t *labels = json_object_get(family->distributions[i], "labels");

		json_object_foreach_safe(common, next, name,
			value) if (!json_equal(value, json_object_get(labels, name)))
			json_object_del(common, name);
	}
	return common;
}

struct family *family_new(const json_t *verdict, const json_t *result, size_t first)
{
	const json_t *all = json_object_get(result, "distributions"),
		     *own = json_array_get(all, first);
	struct family *family = calloc(1, sizeof(*family));

	if (!family)
		return NULL;
	family->name = field_text(own, "name", "");
	family->distributions = calloc(json_array_size(all) + 1, sizeof(json_t *));
	if (!family->distributions) {
		family_free(family);
		return NULL;
	}
	for (size_t i = first; i < json_array_size(all); i++)
		if (i == first || same_text(own, "name", json_array_get(all, i), "name"))
			family->distributions[family->count++] = json_array_get(all, i);
	family->common = common_labels(family);
	match_verdict(family, result, verdict);
	load_curves(family);
	return family;
}

void family_add_limits(const struct family *family, const json_t *series, struct plot *plot)
{
	for (size_t i = 0; i < family->limits; i++)
		if (json_equal(json_object_get(family->limit[i].metric, "labels"),
			    json_object_get(series, "labels")))
			plot_add_limit(plot, family->limit[i].limit_s);
}

void family_free(struct family *family)
{
	if (!family)
		return;
	for (size_t i = 0; i < family->curves; i++)
		curve_free(&family->curve[i]);
	json_decref(family->common);
	free(family->distributions);
	free(family);
}
