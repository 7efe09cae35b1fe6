#include "comparison_private.h"

#include "document.h"
#include "judge.h"
#include "wording.h"

#include <string.h>

/* Beyond, what each requirement was judged by is more than anybody reads. */
#define CANDIDATES_MOST 30

static enum status status_of(const json_t *line)
{
	enum status status = STATUS_MET;

	while (status < STATUS_NOT_MET &&
		strcmp(document_text(line, "status"), status_names[status]) != 0)
		status++;
	return status;
}

/* How far a reading is on the bad side; 0 for what is no number. */
static double excess_of(const json_t *line, const json_t *requirement)
{
	const json_t *value = json_object_get(line, "value");

	return json_is_number(value) && judge_has_limit(requirement)
		       ? judge_excess(json_number_value(value), judge_min(requirement),
				 judge_max(requirement))
		       : 0;
}

/* Whether one run judges a requirement worse than another: by its status, then by its reading. */
static bool is_worse(const json_t *line, const json_t *than, const json_t *requirement)
{
	enum status own = status_of(line), other = status_of(than);

	return own != other ? own > other
			    : excess_of(line, requirement) > excess_of(than, requirement);
}

/* A run's line with what it leaves to its requirement; a new reference. */
static json_t *complete(const json_t *line, const json_t *requirement, const struct sample_run *run)
{
	static const char *const copied[] = {"id", "title", "severity", "presumed", "bench",
		"metric", "fact", "unit", "max", "min"};
	json_t *json = json_object();
	char text[WORDING_MAX];

	for (size_t i = 0; i < sizeof(copied) / sizeof(copied[0]); i++)
		if (json_object_get(requirement, copied[i]))
			json_object_set(json, copied[i], json_object_get(requirement, copied[i]));
	json_object_update(json, (json_t *)line);
	json_object_set_new(
		json, "limit", json_string(wording_limit(requirement, text, sizeof(text))));
	json_object_set(json, "run", json_object_get(run->header, "id"));
	return json;
}

/* Takes one run's lines by one profile into the worst of each requirement, by id. */
static void take_worst(
	json_t *worst, const json_t *lines, const json_t *profile, const struct sample_run *run)
{
	const json_t *requirements = json_object_get(profile, "requirements"), *line;
	size_t i;

	json_array_foreach(lines, i, line) {
		const json_t *requirement = json_array_get(requirements, i);
		const char *id = document_text(requirement, "id");
		const json_t *known = json_object_get(worst, id);
		if (*id && (!known || is_worse(line, known, requirement)))
			json_object_set_new(worst, id, complete(line, requirement, run));
	}
}

/* By each profile's name and each requirement's id, the worst line of all runs; of equals the
 * latest run's. */
static json_t *worst_lines(const struct candidate *candidate)
{
	json_t *profiles = json_object(), *worst;
	size_t k;

	for (size_t i = candidate->count; i > 0; i--) {
		const struct sample_run *run = candidate->runs[i - 1];
		json_t *lines = sample_lines(run);
		const json_t *of_profile;
		json_array_foreach(lines, k, of_profile) {
			const char *name =
				document_text(json_array_get(run->verdicts, k), "profile");
			worst = json_object_get(profiles, name);
			if (!worst)
				json_object_set_new(profiles, name, worst = json_object());
			take_worst(worst, of_profile, json_array_get(run->profiles, k), run);
		}
		json_decref(lines);
	}
	return profiles;
}

static json_t *list_of(const json_t *object)
{
	json_t *list = json_array(), *value;
	const char *key;

	json_object_foreach((json_t *)object, key, value)
		json_array_append(list, value);
	return list;
}

void lines_add(struct table *table, size_t which, json_t *json)
{
	const json_t *verdicts = json_object_get(json, "verdicts"), *verdict;
	json_t *worst, *described;
	size_t i;

	if (table->request->count > CANDIDATES_MOST)
		return;
	worst = worst_lines(&table->request->candidates[which]);
	described = json_array();
	json_array_foreach(verdicts, i, verdict) {
		json_t *full = json_copy((json_t *)verdict);
		json_object_set_new(full, "lines",
			list_of(json_object_get(worst, document_text(verdict, "profile"))));
		json_array_append_new(described, full);
	}
	json_object_set_new(json, "verdicts", described);
	json_decref(worst);
}

void lines_note(struct table *table)
{
	char why[200];

	if (table->request->count <= CANDIDATES_MOST)
		return;
	snprintf(why, sizeof(why),
		"how each requirement was judged is left out, as there are more than %d "
		"candidates; compare fewer of them to see it",
		CANDIDATES_MOST);
	table_note(table->aside, SIZE_MAX, "requirements", why, "times");
}
