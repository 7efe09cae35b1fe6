#include "requirement.h"

#include "candidate.h"
#include "field.h"
#include "section.h"
#include "units.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* A profile has fewer requirements, and a comparison says no lines of more candidates. */
#define REQUIREMENTS_MOST 400
#define CANDIDATES_MOST   200

bool requirement_is_met(const json_t *line)
{
	return line && section_line_rank(line) >= SECTION_RANK_MET;
}

bool requirement_interval(const json_t *line, struct interval *interval)
{
	return json_object_get(line, "metric") && candidate_interval(line, interval);
}

const char *requirement_reading(const json_t *line, char *buffer, size_t size)
{
	struct interval interval;

	if (!line)
		snprintf(buffer, size, "not judged");
	else if (requirement_interval(line, &interval))
		units_format_interval(&interval, field_text(line, "unit", "1"), buffer, size);
	else
		snprintf(buffer, size, "%s", field_text(line, "reading", "not measured"));
	return buffer;
}

static const json_t *lines_by(const json_t *candidate, const char *profile)
{
	const json_t *lines;
	json_t *verdict;
	size_t i;

	json_array_foreach(json_object_get(candidate, "verdicts"), i, verdict) {
		lines = json_object_get(verdict, "lines");
		if (strcmp(field_text(verdict, "profile", ""), profile) == 0 &&
			json_array_size(lines))
			return lines;
	}
	return NULL;
}

/* The row of an id, made when there is none; NULL when there are too many. */
static struct requirement *row_of(
	struct requirements *requirements, json_t *places, const json_t *line)
{
	const char *id = field_text(line, "id", "");
	const json_t *known = json_object_get(places, id);

	if (known)
		return &requirements->at[json_integer_value(known)];
	if (requirements->count == REQUIREMENTS_MOST)
		return NULL;
	struct requirement *row = &requirements->at[requirements->count];
	row->lines = calloc(CANDIDATES_MOST, sizeof(const json_t *));
	if (!row->lines ||
		json_object_set_new(places, id, json_integer((json_int_t)requirements->count)))
		return NULL;
	row->line = line;
	row->advised = strcmp(field_text(line, "severity", ""), "advised") == 0;
	row->place = requirements->count++;
	return row;
}

static void add_candidate(
	struct requirements *requirements, json_t *places, size_t index, const json_t *lines)
{
	json_t *line;
	size_t i;

	json_array_foreach(lines, i, line) {
		struct requirement *row = row_of(requirements, places, line);
		if (row)
			row->lines[requirements->judged] = line;
	}
	requirements->candidates[requirements->judged++] = index;
}

static void weigh(struct requirement *row, size_t candidates)
{
	row->rank = SECTION_RANK_MET;
	for (size_t i = 0; i < candidates; i++) {
		/* Who was not asked is news, but the least of all. */
		int rank = row->lines[i] ? section_line_rank(row->lines[i]) : SECTION_RANK_MET - 1;
		row->met += rank >= SECTION_RANK_MET;
		row->rank = rank < row->rank ? rank : row->rank;
	}
}

static int compare_rows(const void *left, const void *right)
{
	const struct requirement *a = left, *b = right;

	return a->rank != b->rank ? a->rank - b->rank
				  : (a->place > b->place) - (a->place < b->place);
}

bool requirements_gather(
	const json_t *comparison, const char *profile, struct requirements *requirements)
{
	const json_t *candidates = json_object_get(comparison, "candidates");
	json_t *places = json_object(), *candidate;
	size_t i;

	*requirements = (struct requirements){
		.at = calloc(REQUIREMENTS_MOST, sizeof(*requirements->at)),
		.candidates = calloc(CANDIDATES_MOST, sizeof(*requirements->candidates)),
	};
	if (places && requirements->at && requirements->candidates)
		json_array_foreach(candidates, i, candidate) {
			const json_t *lines = lines_by(candidate, profile);
			if (lines && requirements->judged < CANDIDATES_MOST)
				add_candidate(requirements, places, i, lines);
		}
	json_decref(places);
	if (!requirements->count) {
		requirements_free(requirements);
		return false;
	}
	for (i = 0; i < requirements->count; i++) {
		weigh(&requirements->at[i], requirements->judged);
		requirements->unmet += requirements->at[i].met < requirements->judged;
	}
	qsort(requirements->at, requirements->count, sizeof(*requirements->at), compare_rows);
	return true;
}

void requirements_free(struct requirements *requirements)
{
	for (size_t i = 0; requirements->at && i < requirements->count; i++)
		free(requirements->at[i].lines);
	free(requirements->at);
	free(requirements->candidates);
	*requirements = (struct requirements){0};
}
