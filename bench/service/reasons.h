/*
 * reasons: what speaks for a mode of kube-proxy and against it, in sentences that each begin with a
 * space.
 */
#pragma once

#include "interval.h"
#include "service.h"

#include <stdio.h>

struct advice {
	const struct service_run *run;
	size_t size;                 /* of the sweep, that it is about */
	struct interval cost[MODES]; /* NAN: not measured there */
	enum mode best, choice;
	FILE *out; /* what is said of it */
};

/* Whether a mode was measured there. */
bool reasons_has(const struct advice *advice, enum mode mode);

/* By how much `mode` is dearer than `other` there, s. */
struct interval reasons_difference(const struct advice *advice, enum mode mode, enum mode other);

/* What the user would let a mode add, s. */
double reasons_limit_s(const struct advice *advice);

/* What each mode adds to a first packet. */
void reasons_say_costs(const struct advice *advice);

/* How the choice stands to the others, costs, what the user's connections come to, growth and
 * updates. */
void reasons_say(const struct advice *advice);
