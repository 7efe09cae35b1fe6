#include "allocate.h"
#include "decision.h"
#include "document.h"
#include "sentence.h"

#include <string.h>

static json_int_t whole(const json_t *object, const char *key)
{
	return json_integer_value(json_object_get(object, key));
}

const char *decision_suspicion(const json_t *metric, char *buffer, size_t size)
{
	const json_t *single = json_object_get(metric, "suspected");
	const char *side = json_string_value(json_array_get(single, 0));
	struct sentence sentence = {0};

	if (json_array_size(single) > 0)
		sentence_add(&sentence,
			"it looks regressed, but one run may be of a passing state of the host: a "
			"second run of %s tells",
			json_array_size(single) > 1             ? "each side"
			: side && strcmp(side, "baseline") == 0 ? "the baseline"
								: "the candidate");
	return sentence_finish(&sentence, buffer, size);
}

const char *decision_suspicions_text(const json_t *decision, char *buffer, size_t size)
{
	struct sentence sentence = {0};
	const json_t *metric;
	size_t suspected = 0, i;

	json_array_foreach(json_object_get(decision, "metrics"), i, metric)
		suspected += json_array_size(json_object_get(metric, "suspected")) > 0;
	if (suspected)
		sentence_add(&sentence,
			"%zu metric%s regressed, but a single run may be of a passing state of the "
			"host: what is less than twice as bad takes two runs of each side. Measure "
			"again, and give both runs, in one folder or under one label.",
			suspected, suspected == 1 ? " looks" : "s look");
	return sentence_finish(&sentence, buffer, size);
}

const char *decision_remedy(const json_t *metric, char *buffer, size_t size)
{
	json_int_t repetitions = whole(metric, "more_repetitions"),
		   runs = whole(metric, "more_runs");
	struct sentence sentence = {0};

	if (repetitions > 0)
		sentence_add(&sentence, "%" JSON_INTEGER_FORMAT " more repetition%s", repetitions,
			repetitions == 1 ? "" : "s");
	if (runs > 0)
		sentence_add(&sentence, "%s%" JSON_INTEGER_FORMAT " more run%s",
			repetitions > 0 ? " or " : "", runs, runs == 1 ? "" : "s");
	if (repetitions > 0 || runs > 0)
		sentence_add(&sentence, " of each side");
	return sentence_finish(&sentence, buffer, size);
}

/* What the metrics without enough evidence ask for. */
struct wishes {
	json_int_t *more; /* of those that know, sorted */
	size_t count, undecided;
	bool by_run; /* all of them know how far runs differ */
};

static int compare_wishes(const void *left, const void *right)
{
	json_int_t a = *(const json_int_t *)left, b = *(const json_int_t *)right;

	return (a > b) - (a < b);
}

static void collect(const json_t *metrics, const char *key, struct wishes *wishes)
{
	const json_t *metric;
	size_t i;

	*wishes = (struct wishes){
		.more = allocate_zero(json_array_size(metrics), sizeof(*wishes->more)),
		.by_run = true};
	json_array_foreach(metrics, i, metric) {
		if (strcmp(document_text(metric, "verdict"), "not enough evidence") != 0)
			continue;
		wishes->undecided++;
		if (whole(metric, key) <= 0)
			continue;
		wishes->more[wishes->count++] = whole(metric, key);
		wishes->by_run &= json_is_true(json_object_get(metric, "by_run"));
	}
	if (wishes->count)
		qsort(wishes->more, wishes->count, sizeof(*wishes->more), compare_wishes);
}

/* The least that half of the metrics are content with, and nine in ten: the last few may want a
 * hundred times as much. */
static json_t *steps_of(const struct wishes *wishes, const char *key)
{
	static const size_t tenths[] = {5, 9};
	json_t *steps = json_array();
	json_int_t last = 0;

	for (size_t i = 0; i < sizeof(tenths) / sizeof(tenths[0]) && wishes->count; i++) {
		size_t decided = (wishes->count * tenths[i] + 9) / 10;
		json_int_t more = wishes->more[decided - 1];

		while (decided < wishes->count && wishes->more[decided] == more)
			decided++;
		if (more > last)
			json_array_append_new(steps,
				json_pack("{s:I,s:I}", key, more, "decides", (json_int_t)decided));
		last = more;
	}
	return steps;
}

json_t *decision_remedies(const json_t *metrics)
{
	static const char *const keys[] = {"more_runs", "more_repetitions"};
	struct wishes wishes = {0};
	json_t *json = NULL;

	for (size_t i = 0; i < 2 && !json; i++) {
		collect(metrics, keys[i], &wishes);
		if (wishes.undecided > 1 && wishes.count)
			json = json_pack("{s:I,s:I,s:b,s:o}", "undecided",
				(json_int_t)wishes.undecided, "foreseen", (json_int_t)wishes.count,
				"by_run", wishes.by_run, "steps", steps_of(&wishes, keys[i]));
		free(wishes.more);
	}
	return json;
}

static void say_share(struct sentence *sentence, json_int_t decides, json_int_t undecided)
{
	if (decides == undecided && undecided == 2)
		sentence_add(sentence, " both metrics");
	else if (decides == undecided)
		sentence_add(sentence, " all %" JSON_INTEGER_FORMAT " metrics", undecided);
	else
		sentence_add(sentence,
			" %" JSON_INTEGER_FORMAT " of the %" JSON_INTEGER_FORMAT " metrics",
			decides, undecided);
	sentence_add(sentence, " without enough evidence");
}

static void say_rest(
	struct sentence *sentence, json_int_t more, json_int_t decides, json_int_t undecided)
{
	sentence_add(sentence, ", and %" JSON_INTEGER_FORMAT " more ", more);
	if (decides == undecided)
		sentence_add(sentence, "all of them");
	else
		sentence_add(sentence, "%" JSON_INTEGER_FORMAT " of them", decides);
}

const char *decision_remedies_text(const json_t *decision, char *buffer, size_t size)
{
	const json_t *remedies = json_object_get(decision, "remedies");
	const json_t *steps = json_object_get(remedies, "steps"), *step = json_array_get(steps, 0);
	json_int_t undecided = whole(remedies, "undecided"), foreseen = whole(remedies, "foreseen");
	bool runs = whole(step, "more_runs") > 0;
	bool sure = json_is_true(json_object_get(remedies, "by_run")) || !runs;
	json_int_t more = whole(step, runs ? "more_runs" : "more_repetitions");
	struct sentence sentence = {0};

	if (!step)
		return sentence_finish(&sentence, buffer, size);
	if (!sure)
		sentence_add(&sentence,
			"So few runs do not tell how far runs differ; 5 of each side begin to. ");
	sentence_add(&sentence, "%" JSON_INTEGER_FORMAT " more %s%s of each side %s decide", more,
		runs ? "run" : "repetition", more == 1 ? "" : "s", sure ? "would probably" : "may");
	say_share(&sentence, whole(step, "decides"), undecided);
	step = json_array_get(steps, 1);
	if (step)
		say_rest(&sentence, whole(step, runs ? "more_runs" : "more_repetitions"),
			whole(step, "decides"), undecided);
	if (foreseen < undecided)
		sentence_add(&sentence,
			"; what would decide %" JSON_INTEGER_FORMAT " of them is not known",
			undecided - foreseen);
	sentence_add(&sentence, ".");
	return sentence_finish(&sentence, buffer, size);
}
