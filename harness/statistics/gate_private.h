/*
 * gate_private: what the gate's decision and its forecast share.
 */
#pragma once

#include "evidence.h"
#include "gate.h"

/* On the evidence's scale, with the bad side up. */
struct gate_margins {
	double sign; /* of the bad side */
	double threshold, tolerance;
	double least; /* of a regression, as long as there are no further runs */
	double good;  /* of an improvement */
	double alpha; /* this metric's share of it */
};

/* Whether a change as large as the tolerance is ruled out, given `more` further units. */
bool gate_is_certain(const struct evidence *evidence, const struct gate_margins *margins,
	double correlation, double more);

/* Sets what more would decide, given the correlation that is likely and the one that is possible.
 */
void gate_foresee(const struct evidence *evidence, const struct gate_margins *margins,
	double likely, double possible, struct gate_result *result);
