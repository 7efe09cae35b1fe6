/*
 * readings: what a sweep read, kept until its end, when lines are fitted to it.
 *
 * A block is the repetition: within it, all modes took turns at one size. A cost is what a mode
 * read minus what no rules read in the same block.
 */
#pragma once

#include "mode.h"
#include "options.h"

#include <stddef.h>
#include <stdint.h>

enum target { TARGET_FIRST, TARGET_MIDDLE, TARGET_LAST, TARGET_RANDOM, TARGET_MISS, TARGETS };

/* Two lists of them and the user's own. */
#define READINGS_SIZES_MAX (2 * OPTION_LIST_MAX + 1)

struct readings {
	uint32_t sizes[READINGS_SIZES_MAX]; /* numbers of Services, ascending */
	size_t size_count, blocks;
	double *cost;       /* s; first packet of UDP from a pod (TCP where UDP is not measured) */
	double *base;       /* s; the same exchange without rules, by size and block */
	double *connection; /* s of CPU time for each connection to a random Service */
	double change_s[MODES][READINGS_SIZES_MAX]; /* median of program.add; NAN: not measured */
};

/* All NAN. Out of memory is fatal, as in record.h. */
struct readings *readings_new(const uint32_t *sizes, size_t size_count, size_t blocks);
void readings_free(struct readings *readings); /* NULL is allowed */

double *readings_cost(const struct readings *readings, enum mode mode, enum target target,
	size_t size, size_t block);
double *readings_base(const struct readings *readings, size_t size, size_t block);
double *readings_connection(
	const struct readings *readings, enum mode mode, size_t size, size_t block);
