/* Two sides for the gate, and what it says of them. */
#pragma once

#include "gate.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#define COUNT(array) (sizeof(array) / sizeof(*(array)))

/* Repetitions with 1.5 % of noise. */
static const double ten[] = {1.00, 1.02, 0.99, 1.01, 0.98, 1.02, 0.99, 1.00, 1.01, 0.98};

static inline struct gate_metric metric_of(const double *a, size_t n, const double *b, size_t m)
{
	return (struct gate_metric){.sides = {.baseline = {a, NULL, n}, .candidate = {b, NULL, m}}};
}

static inline struct gate_result judge(struct gate_metric metric)
{
	struct gate_result result;

	cr_assert(eq(int, gate_judge(&metric, 1, NULL, &result), 0));
	return result;
}

/* Repetitions do not depend on each other, and runs do not differ. */
static const struct gate_settings independent = {.independent = true};

static inline struct gate_result judge_independent(struct gate_metric metric)
{
	struct gate_result result;

	cr_assert(eq(int, gate_judge(&metric, 1, &independent, &result), 0));
	return result;
}
