/*
 * difference_private: the steps of difference_of(), for gate.c, which looks at the evidence between
 * them.
 */
#pragma once

#include "difference.h"
#include "evidence.h"

/* Sets all of a difference that depends on no correlation. Returns 0 or -ENOMEM. */
int difference_describe(const struct difference_sides *sides, struct difference *difference);

/* The evidence of `n` comparisons, and the correlations to reckon with: as evidence_correlations().
 */
int difference_weigh(const struct difference_sides *sides, size_t n, struct evidence *evidence,
	double *likely, double *possible);

/* Sets the rest. */
void difference_settle(const struct evidence *evidence, double likely, double possible,
	struct difference *difference);
