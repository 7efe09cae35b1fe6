#include "comparison.h"
#include "comparison_wording.h"

#include <criterion/criterion.h>

static json_t *entries(const size_t *candidates, size_t count)
{
	json_t *list = json_array();

	for (size_t i = 0; i < count; i++)
		json_array_append_new(
			list, json_pack("{s:I,s:I}", "candidate", (json_int_t)candidates[i],
				      "place", (json_int_t)i));
	return list;
}

Test(comparison, entry_is_that_of_the_candidate_wherever_it_is)
{
	static const size_t candidates[] = {0, 1, 3, 4, 5, 9, 12};
	const size_t count = sizeof(candidates) / sizeof(candidates[0]);

	for (size_t length = 0; length <= count; length++) {
		json_t *list = entries(candidates, length);
		size_t found = 0;

		for (size_t which = 0; which < 15; which++) {
			const json_t *entry = comparison_entry(list, which);
			bool there = found < length && candidates[found] == which;

			cr_assert_eq(entry != NULL, there, "%zu of %zu", which, length);
			if (there)
				cr_assert_eq(json_integer_value(json_object_get(entry, "place")),
					(json_int_t)found++);
		}
		cr_assert_eq(found, length);
		json_decref(list);
	}
	cr_assert_null(comparison_entry(NULL, 0));
}

static const struct sample_run *add(struct sample_set *set, const char *id, double value)
{
	json_t *run = json_pack(
		"{s:s,s:s,s:s,s:s,s:{s:s},s:{},s:[],s:[{s:s,s:{s:s},s:s,s:{s:s},s:s,s:{},s:[{s:s,s:"
		"s,s:s,s:s,s:{},s:[f,f,f],s:{s:f,s:f,s:f}}]}]}",
		"schema", "seatrial.run/1", "id", id, "state", "complete", "started", id, "host",
		"id", id, "suite", "profiles", "results", "schema", "seatrial.result/1", "bench",
		"name", "b", "status", "complete", "suite", "version", "1.2.3", "preset", "quick",
		"parameters", "metrics", "name", "m", "title", "M", "unit", "s", "better", "lower",
		"labels", "values", value, value + 1, value + 2, "summary", "value", value + 1,
		"low", value, "high", value + 2);
	const struct sample_run *added = sample_set_add(set, run, NULL);

	cr_assert_eq(added->count, 1);
	json_decref(run);
	return added;
}

Test(comparison, values_outlive_the_samples_that_they_are_from)
{
	struct sample_set *set = sample_set_new();
	const struct sample_run *runs[] = {add(set, "a", 1), add(set, "b", 11), add(set, "c", 21)};
	struct candidate sides[2] = {{.runs = runs, .count = 1}, {.runs = runs + 1, .count = 2}};

	for (size_t i = 0; i < 2; i++) {
		sides[i].name = sides[i].source = (char *)(i ? "two" : "one");
		sides[i].provider = sides[i].region = sides[i].link = (char *)"";
	}
	json_t *made = comparison_make(set,
		&(struct comparison_request){.candidates = sides, .count = 2, .threshold = 0.05});
	cr_assert_eq(runs[2]->count, 0);
	cr_assert_null(runs[2]->lines);
	const json_t *metric = json_array_get(json_object_get(made, "metrics"), 0);
	char text[100];
	cr_assert_str_eq(
		comparison_value(metric, comparison_entry(json_object_get(metric, "values"), 0),
			text, sizeof(text)),
		"2.00 s (1.00 to 3.00)");
	cr_assert_str_eq(
		comparison_value(metric, comparison_entry(json_object_get(metric, "values"), 1),
			text, sizeof(text)),
		"17.0 s (11.0 to 23.0)");
	cr_assert_null(comparison_entry(json_object_get(metric, "differences"), 0));
	cr_assert(comparison_entry(json_object_get(metric, "differences"), 1));
	json_decref(made);
	sample_set_free(set);
}
