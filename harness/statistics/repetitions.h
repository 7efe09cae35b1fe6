/*
 * repetitions: one side of a comparison, as every test here takes it: the values of one metric in
 * the order they were measured in, and the run that each came from.
 *
 * Values are borrowed, in one unit on both sides, and finite: functions that get one that is not
 * return -EINVAL and leave their result alone.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

struct repetitions {
	const double *values;
	const uint32_t *runs; /* any numbers, those of one run next to each other; NULL: one run */
	size_t n;
};

/* Where the run that begins at `first` < n ends: the index behind its last repetition. */
size_t repetitions_run_end(const struct repetitions *repetitions, size_t first);

/* How many runs there are. */
size_t repetitions_runs(const struct repetitions *repetitions);
