#include "decision.h"

#include "allocate.h"
#include "clock.h"
#include "comparison_private.h"
#include "distribution.h"
#include "document.h"
#include "gate.h"
#include "version.h"

#include <errno.h>
#include <fnmatch.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* "fsync/wal.fsync.p99" */
static bool fits(const char *pattern, const struct sample_key *key)
{
	char name[600];

	snprintf(name, sizeof(name), "%s/%s", key->bench, key->name);
	return fnmatch(pattern, name, 0) == 0;
}

static bool is_asked_for(const struct decision_request *request, const struct sample_key *key)
{
	const json_t *profile;
	size_t i;

	json_array_foreach(request->profiles, i, profile)
		if (ranking_asks_for(profile, key))
			return true;
	return json_array_size(request->profiles) == 0;
}

static bool is_wanted(const struct decision_request *request, const struct sample_key *key)
{
	if (!is_asked_for(request, key))
		return false;
	for (size_t i = 0; i < request->only_count; i++)
		if (fits(request->only[i], key))
			return true;
	return request->only_count == 0;
}

typedef bool choose_function(const void *choice, const struct sample_key *key);

static bool choose_by_pattern(const void *pattern, const struct sample_key *key)
{
	return fits(pattern, key);
}

static bool choose_by_profile(const void *profile, const struct sample_key *key)
{
	return ranking_asks_for(profile, key);
}

static bool chooses_some(
	const struct decision_request *request, choose_function *choose, const void *choice)
{
	for (int side = 0; side < 2; side++)
		for (size_t i = 0; i < request->sides[side].count; i++) {
			const struct sample_run *run = request->sides[side].runs[i];
			for (size_t k = 0; k < run->count; k++)
				if (choose(choice, run->samples[k].key))
					return true;
		}
	return false;
}

int decision_check_choice(const struct decision_request *request, struct problem *problem)
{
	static const char format[] =
		"%s: \"%.80s\" fits no metric of the baseline or the candidate; "
		"names are BENCHMARK/METRIC, such as \"fsync/wal.*\"";
	const json_t *profile;
	size_t n;

	for (size_t i = 0; i < request->only_count; i++)
		if (!chooses_some(request, choose_by_pattern, request->only[i]))
			return problem_set(problem, -EINVAL, format, "--only", request->only[i]);
	for (size_t i = 0; i < request->rule_count; i++)
		if (!chooses_some(request, choose_by_pattern, request->rules[i].pattern))
			return problem_set(problem, -EINVAL, format, "--threshold-of",
				request->rules[i].pattern);
	json_array_foreach(request->profiles, n, profile)
		if (!chooses_some(request, choose_by_profile, profile))
			return problem_set(problem, -EINVAL,
				"--profile: neither the baseline nor the candidate has a metric that "
				"%.40s judges",
				document_text(profile, "name"));
	return 0;
}

static double threshold_of(const struct decision_request *request, const struct sample_key *key)
{
	double threshold = 0;

	for (size_t i = 0; i < request->rule_count; i++)
		if (fits(request->rules[i].pattern, key))
			threshold = request->rules[i].threshold;
	return threshold;
}

/* A gate under way: the rows of the table that are judged. */
struct gate {
	const struct decision_request *request;
	struct table table;
	const struct metric_row **rows;
	struct gate_metric *metrics;
	struct rate_sides *rates;
	struct gate_result *results;
	size_t count;
	bool lacking; /* the baseline has something that the candidate has not */
};

/* What there is on one side only. New metrics stop nobody. */
static void note_lonely(struct gate *gate, const struct metric_row *row)
{
	if (!row->cells[0].count && !row->cells[1].count)
		return;
	gate->lacking |= row->cells[0].count > 0;
	table_note(gate->table.aside, row->cells[0].count ? 0 : 1, row->key->bench,
		row->cells[0].count
			? "the baseline has readings that the candidate has not, or in another way"
			: "the candidate has readings that the baseline has not",
		"readings");
}

/* How many repetitions of each side could give a p of at most `p`. */
static size_t repetitions_for(double p)
{
	size_t n = 1;

	while (distribution_ln_choose(2 * (double)n, (double)n) < -log(p))
		n++;
	return n;
}

/* Metrics that nothing could call regressed on their own: so few repetitions allow no p that is
 * small enough among so many metrics. Rare events may yet come. */
static json_t *describe_family(const struct gate *gate)
{
	size_t tested = 0, all = 0, blind = 0;

	for (size_t i = 0; i < gate->count; i++) {
		tested += gate->results[i].tested;
		all += gate->results[i].tested || !gate->metrics[i].rates;
	}
	for (size_t i = 0; i < gate->count; i++)
		blind += !gate->metrics[i].rates &&
			 (!gate->results[i].tested ||
				 gate->results[i].floor * (double)tested > gate->request->alpha);
	json_t *json =
		json_pack("{s:I,s:I}", "tested", (json_int_t)tested, "blind", (json_int_t)blind);
	if (blind)
		json_object_set_new(json, "repetitions",
			json_integer(
				(json_int_t)repetitions_for(gate->request->alpha / (double)all)));
	return json;
}

static size_t repeats_of(const struct cell *cell)
{
	const struct repetitions repeats = {cell->values, cell->repeats, cell->count};

	return repetitions_runs(&repeats);
}

static void choose_rows(struct gate *gate)
{
	for (size_t i = 0; i < gate->table.count; i++) {
		const struct metric_row *row = &gate->table.rows[i];
		const struct cell *cells = row->cells;

		if (!is_wanted(gate->request, row->key))
			continue;
		if (!cells[0].count || !cells[1].count) {
			note_lonely(gate, row);
			continue;
		}
		struct rate_sides *rates = &gate->rates[gate->count];
		bool counted = table_rates(&cells[0], &cells[1], rates);

		gate->rows[gate->count] = row;
		gate->metrics[gate->count++] =
			(struct gate_metric){.sides = table_sides(&cells[0], &cells[1]),
				.repeats = {repeats_of(&cells[0]), repeats_of(&cells[1])},
				.rates = counted ? rates : NULL,
				.higher_is_better = strcmp(row->meaning->better, "higher") == 0,
				.threshold = threshold_of(gate->request, row->key)};
	}
}

static void set_number(json_t *json, const char *key, double value)
{
	json_object_set_new(json, key, comparison_number(value));
}

static json_t *name_single_runs(const struct gate_result *result)
{
	static const char *const sides[] = {"baseline", "candidate"};
	json_t *names = json_array();

	for (size_t i = 0; i < 2; i++)
		if (result->single_run[i])
			json_array_append_new(names, json_string(sides[i]));
	return names;
}

static json_t *describe(const struct gate *gate, size_t which)
{
	const struct gate_result *result = &gate->results[which];
	const struct metric_row *row = gate->rows[which];
	json_t *json = table_key(row);

	set_number(json, "threshold", result->threshold);
	json_object_set_new(json, "baseline", table_cell(&gate->table, &row->cells[0]));
	json_object_set_new(json, "candidate", table_cell(&gate->table, &row->cells[1]));
	set_number(json, "ratio", result->difference.ratio);
	set_number(json, "low", result->difference.low);
	set_number(json, "high", result->difference.high);
	set_number(json, "shift", result->difference.shift);
	if (!gate->metrics[which].rates)
		json_object_set_new(json, "medians",
			json_pack("[o,o]", comparison_number(result->difference.median[0]),
				comparison_number(result->difference.median[1])));
	set_number(json, "p", result->p);
	set_number(json, "p_adjusted", result->p_adjusted);
	json_object_set_new(json, "by_run", json_boolean(result->difference.by_run));
	json_object_set_new(json, "correlated", json_boolean(result->difference.correlated));
	json_object_set_new(json, "verdict", json_string(gate_verdict_names[result->verdict]));
	if (gate->metrics[which].rates)
		json_object_set_new(json, "may_double", json_boolean(result->may_double));
	if (result->suspected)
		json_object_set_new(json, "suspected", name_single_runs(result));
	if (result->more_repetitions)
		json_object_set_new(json, "more_repetitions",
			json_integer((json_int_t)result->more_repetitions));
	if (result->more_runs)
		json_object_set_new(json, "more_runs", json_integer((json_int_t)result->more_runs));
	return json;
}

static const char *overall_of(const struct gate *gate)
{
	enum gate_verdict overall = gate_overall(gate->results, gate->count);

	if (overall == GATE_REGRESSED)
		return gate_verdict_names[GATE_REGRESSED];
	return overall == GATE_UNDECIDED || gate->lacking ? gate_verdict_names[GATE_UNDECIDED]
							  : "pass";
}

static json_t *describe_settings(const struct decision_request *request)
{
	json_t *json = json_pack("{s:f,s:f,s:b,s:b}", "alpha", request->alpha, "threshold",
		request->threshold, "mixed", request->mixed, "independent", request->independent);
	json_t *profiles = json_array();
	const json_t *profile;
	size_t i;

	json_array_foreach(request->profiles, i, profile)
		json_array_append(profiles, json_object_get(profile, "name"));
	json_object_set_new(json, "profiles", profiles);
	return json;
}

static json_t *write_up(struct gate *gate)
{
	const struct decision_request *request = gate->request;
	json_t *json = json_object(), *metrics = json_array();
	char created[CLOCK_UTC_SIZE];

	json_object_set_new(json, "schema", json_string("seatrial.gate/1"));
	json_object_set_new(json, "suite",
		json_pack("{s:s,s:s}", "version", SEATRIAL_VERSION, "commit", SEATRIAL_COMMIT));
	json_object_set_new(json, "created", json_string(clock_utc(created)));
	json_object_set_new(json, "baseline", table_candidate(&request->sides[0]));
	json_object_set_new(json, "candidate", table_candidate(&request->sides[1]));
	json_object_set_new(json, "settings", describe_settings(request));
	json_object_set_new(json, "verdict", json_string(overall_of(gate)));
	json_object_set_new(json, "family", describe_family(gate));
	for (size_t i = 0; i < gate->count; i++)
		json_array_append_new(metrics, describe(gate, i));
	json_t *remedies = decision_remedies(metrics);
	if (remedies)
		json_object_set_new(json, "remedies", remedies);
	json_object_set_new(json, "metrics", metrics);
	json_object_set_new(json, "not_compared", table_notes(&gate->table, gate->table.aside));
	json_object_set_new(json, "mixed", table_notes(&gate->table, gate->table.mixed));
	return json;
}

json_t *decision_make(const struct sample_set *set, const struct decision_request *request,
	struct problem *problem)
{
	const struct comparison_request sides = {.candidates = request->sides,
		.count = 2,
		.threshold = request->threshold,
		.mixed = request->mixed};
	const struct gate_settings settings = {.alpha = request->alpha,
		.threshold = request->threshold,
		.independent = request->independent};
	struct gate gate = {.request = request};
	json_t *json = NULL;

	table_make(set, &sides, &gate.table);
	gate.rows = allocate_zero(gate.table.count, sizeof(void *));
	gate.metrics = allocate_zero(gate.table.count, sizeof(*gate.metrics));
	gate.rates = allocate_zero(gate.table.count, sizeof(*gate.rates));
	gate.results = allocate_zero(gate.table.count, sizeof(*gate.results));
	choose_rows(&gate);
	int failure = gate_judge(gate.metrics, gate.count, &settings, gate.results);
	if (failure)
		problem_set(problem, failure, "cannot judge %zu metrics: %s", gate.count,
			strerror(-failure));
	else
		json = write_up(&gate);
	free(gate.rows);
	free(gate.metrics);
	free(gate.rates);
	free(gate.results);
	table_free(&gate.table);
	return json;
}
