#include "comparison_private.h"

#include "allocate.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void note(struct table *table, size_t which, const struct shared *shared)
{
	size_t theirs = table->request->candidates[table->request->baseline].count - shared->count;
	size_t ours = table->request->candidates[which].count - shared->count;
	char why[300];

	if (!theirs && !ours)
		snprintf(why, sizeof(why),
			"it shares all its runs with the baseline, so that no difference can be told");
	else if (!ours)
		snprintf(why, sizeof(why),
			"all its runs are the baseline's too: it is compared with the other %zu of the "
			"baseline; values and verdicts are of all runs",
			theirs);
	else if (!theirs)
		snprintf(why, sizeof(why),
			"it has all runs of the baseline: its other %zu are compared with them; values "
			"and verdicts are of all runs",
			ours);
	else
		snprintf(why, sizeof(why),
			"%zu of its runs %s the baseline's too: compared are the runs that each has "
			"alone; values and verdicts are of all runs",
			shared->count, shared->count == 1 ? "is" : "are");
	table_note(table->aside, which, "shared runs", why, "runs");
}

bool shared_find(struct table *table, size_t which, struct shared *shared)
{
	const struct candidate *sides[] = {&table->request->candidates[table->request->baseline],
		&table->request->candidates[which]};

	*shared = (struct shared){.count = 0};
	for (size_t i = 0; i < 2; i++) {
		shared->dropped[i] = allocate_zero(sides[i]->count, sizeof(bool));
		shared->count = candidate_mark_shared(sides[i], sides[1 - i], shared->dropped[i]);
	}
	if (shared->count)
		note(table, which, shared);
	if (shared->count == sides[0]->count && shared->count == sides[1]->count)
		return false;
	for (size_t i = 0; i < 2; i++)
		if (shared->count == sides[i]->count)
			memset(shared->dropped[i], 0, shared->count * sizeof(bool));
	return true;
}

void shared_clear(struct shared *shared)
{
	free(shared->dropped[0]);
	free(shared->dropped[1]);
}

static struct cell copy_without(const struct cell *cell, const bool *dropped)
{
	struct cell kept = {
		.values = allocate_zero(cell->count, sizeof(*kept.values)),
		.runs = allocate_zero(cell->count, sizeof(*kept.runs)),
		.repeats = allocate_zero(cell->count, sizeof(*kept.repeats)),
		.events = allocate_zero(cell->counted, sizeof(*kept.events)),
		.exposures = allocate_zero(cell->counted, sizeof(*kept.exposures)),
	};

	for (size_t i = 0, run = 0; i < cell->count; i++) {
		bool last = i + 1 == cell->count || cell->runs[i + 1] != cell->runs[i];

		if (!dropped[cell->runs[i]]) {
			kept.values[kept.count] = cell->values[i];
			kept.repeats[kept.count] = cell->repeats[i];
			kept.runs[kept.count++] = cell->runs[i];
		}
		if (last && cell->counted && !dropped[cell->runs[i]]) {
			kept.events[kept.counted] = cell->events[run];
			kept.exposures[kept.counted++] = cell->exposures[run];
		}
		run += last;
	}
	return kept;
}

bool shared_part(struct table *table, const struct metric_row *row, size_t which,
	const struct shared *shared, struct cell pair[2])
{
	const struct cell *baseline = &row->cells[table->request->baseline];
	const struct cell *candidate = &row->cells[which];

	if (!candidate->count || !baseline->count)
		return false;
	pair[0] = copy_without(baseline, shared->dropped[0]);
	pair[1] = copy_without(candidate, shared->dropped[1]);
	if (pair[0].count && pair[1].count)
		return true;
	table_note(table->aside, which, row->key->bench, "one side has it from shared runs alone",
		"readings");
	table_clear_cell(&pair[0]);
	table_clear_cell(&pair[1]);
	return false;
}
