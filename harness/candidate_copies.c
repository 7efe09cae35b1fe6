#include "candidate.h"

#include "text.h"

#include <stdlib.h>
#include <string.h>

/* By time: the copies of a run are neighbours. */
static int compare_runs(const void *left, const void *right)
{
	const struct sample_run *a = *(const struct sample_run *const *)left;
	const struct sample_run *b = *(const struct sample_run *const *)right;
	int order = strcmp(a->started, b->started);

	return order ? order : strcmp(a->id, b->id);
}

void candidate_settle_runs(struct candidate *candidate)
{
	size_t kept = 0;

	qsort(candidate->runs, candidate->count, sizeof(void *), compare_runs);
	for (size_t i = 0; i < candidate->count; i++) {
		const struct sample_run *run = candidate->runs[i];

		if (kept && compare_runs(&candidate->runs[kept - 1], &run) == 0)
			sample_note(candidate->unusable, run->id,
				"the same run is there twice, and counts once");
		else
			candidate->runs[kept++] = run;
	}
	candidate->count = kept;
}

static bool has_run(const struct candidate *candidate, const struct sample_run *run)
{
	return bsearch(&run, candidate->runs, candidate->count, sizeof(void *), compare_runs);
}

size_t candidate_mark_shared(
	const struct candidate *candidate, const struct candidate *other, bool *marks)
{
	size_t count = 0;

	for (size_t i = 0; i < candidate->count; i++) {
		marks[i] = has_run(other, candidate->runs[i]);
		count += marks[i];
	}
	return count;
}

void candidate_drop_shared(struct candidate *baseline, const struct candidate *candidate)
{
	size_t kept = 0;

	for (size_t i = 0; i < baseline->count; i++) {
		const struct sample_run *run = baseline->runs[i];

		if (has_run(candidate, run))
			sample_note(baseline->unusable, run->id,
				"it is the candidate's own run, and no part of the baseline");
		else
			baseline->runs[kept++] = run;
	}
	baseline->count = kept;
}
