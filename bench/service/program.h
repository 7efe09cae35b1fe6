/*
 * program: what the tests of programming share: an update that is timed, and when one is left out.
 */
#pragma once

#include "service.h"

/* Has the tools execute a plan, and frees it. `took_s` gets how long that took, from handing the
 * text over until the last tool's exit; it may be NULL. As rig_apply() else. */
int program_apply(struct rig *rig, struct rig_plan *plan, double *took_s, struct problem *problem);

/* Whether a mode's update of `count` Services in one transaction may take its time, by what fewer
 * took. Else records that `what` ("... with nftables in one transaction") is left out, and why. */
bool program_in_time(const struct service_run *run, enum mode mode, const struct foresee *known,
	uint32_t count, const char *what);

/* The power of the number of Services that the time for a transaction grows with at least. */
double program_power(enum mode mode, double services);

/* Records why something that failed is left out. What takes too long, too much memory or more than
 * an ordinary user may send at once is skipped, anything else an error. */
void program_leave_out(const struct service_run *run, const char *what, int failure,
	const struct problem *problem);
