#include "comparison_private.h"

#include "allocate.h"
#include "document.h"
#include "wording.h"

#include <stdlib.h>
#include <string.h>

/* Beyond, what each requirement was judged by is more than anybody reads. */
#define CANDIDATES_MOST 30

/* The worst line of all runs for one requirement, in the order of the profile. */
struct worst {
	const char *id;
	struct sample_line line;
	const json_t *requirement;
	const struct sample_run *run;
};

struct worsts {
	struct worst *at;
	size_t count, room;
};

static struct worst *find(const struct worsts *worsts, const char *id, size_t first)
{
	/* Runs have their requirements in the same order, as a rule. */
	if (first < worsts->count && strcmp(worsts->at[first].id, id) == 0)
		return &worsts->at[first];
	for (size_t i = 0; i < worsts->count; i++)
		if (strcmp(worsts->at[i].id, id) == 0)
			return &worsts->at[i];
	return NULL;
}

/* By its status, then by its reading. */
static bool is_worse(const struct sample_line *line, const struct sample_line *than)
{
	return line->status != than->status ? line->status > than->status
					    : line->excess > than->excess;
}

static void take(struct worsts *worsts, const struct worst *own, size_t place)
{
	struct worst *known = find(worsts, own->id, place);

	if (known) {
		if (is_worse(&own->line, &known->line))
			*known = *own;
		return;
	}
	if (worsts->count == worsts->room) {
		worsts->room = 2 * worsts->room + 32;
		worsts->at = allocate_grow(worsts->at, worsts->room, sizeof(*worsts->at));
	}
	worsts->at[worsts->count++] = *own;
}

/* Takes what one run says by a profile. */
static void take_run(struct worsts *worsts, const struct sample_run *run, const char *profile)
{
	size_t k = 0, place = 0;
	const char *at = run->lines;
	struct worst own = {.run = run};
	enum sample_lines what;

	while ((what = sample_next_line(&at, &own.line)) != SAMPLE_LINES_END) {
		if (what == SAMPLE_LINES_NEXT_PROFILE) {
			k++;
			place = 0;
			continue;
		}
		if (strcmp(document_text(json_array_get(run->verdicts, k), "profile"), profile) !=
			0)
			continue;
		own.requirement = json_array_get(
			json_object_get(json_array_get(run->profiles, k), "requirements"), place);
		own.id = document_text(own.requirement, "id");
		take(worsts, &own, place++);
	}
}

/* What a line and its requirement say together; a new reference. */
static json_t *describe(const struct worst *worst)
{
	static const char *const copied[] = {"id", "title", "severity", "presumed", "bench",
		"metric", "fact", "unit", "max", "min"};
	json_t *json = json_object(), *own;
	char text[WORDING_MAX];

	for (size_t i = 0; i < sizeof(copied) / sizeof(copied[0]); i++)
		if (json_object_get(worst->requirement, copied[i]))
			json_object_set(
				json, copied[i], json_object_get(worst->requirement, copied[i]));
	own = json_loadb(worst->line.text, worst->line.length, 0, NULL);
	json_object_update(json, own);
	json_decref(own);
	json_object_set_new(
		json, "limit", json_string(wording_limit(worst->requirement, text, sizeof(text))));
	json_object_set(json, "run", json_object_get(worst->run->header, "id"));
	return json;
}

/* Of runs that judge a requirement alike the latest counts. */
static json_t *lines_of(const struct candidate *candidate, const char *profile)
{
	struct worsts worsts = {0};
	json_t *lines = json_array();

	for (size_t i = candidate->count; i > 0; i--)
		take_run(&worsts, candidate->runs[i - 1], profile);
	for (size_t i = 0; i < worsts.count; i++)
		json_array_append_new(lines, describe(&worsts.at[i]));
	free(worsts.at);
	return lines;
}

void lines_add(const struct table *table, size_t which, json_t *json)
{
	const struct candidate *candidate = &table->request->candidates[which];
	json_t *described = json_array();
	const json_t *verdict;
	size_t i;

	if (table->request->count <= CANDIDATES_MOST) {
		json_array_foreach(json_object_get(json, "verdicts"), i, verdict) {
			json_t *full = json_copy((json_t *)verdict);
			json_object_set_new(full, "lines",
				lines_of(candidate, document_text(verdict, "profile")));
			json_array_append_new(described, full);
		}
		json_object_set(json, "verdicts", described);
	}
	json_decref(described);
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
