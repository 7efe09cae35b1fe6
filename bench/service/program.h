/*
 * program: what the tests of programming share: an update that is timed, and when one is left out.
 */
#pragma once

#include "service.h"

/* Has the tools execute a plan, and frees it. `took_s` gets how long that took, from handing the
 * text over until the last tool's exit; it may be NULL. As rig_apply() else. */
int program_apply(struct rig *rig, struct rig_plan *plan, double *took_s, struct problem *problem);

/* So does program_apply() what it times, but within what --program-limit gives (and a second in any
 * case), of which `used_s` have gone already: -ETIME where that is not enough. */
int program_write(const struct service_run *run, struct rig *rig, struct rig_plan *plan,
	double used_s, double *took_s, struct problem *problem);

/* Whether there is memory for the rules of so many Services, and to write them: 0, or -ENOMEM with
 * a sentence. */
int program_fits(const struct service_run *run, uint32_t services, struct problem *problem);

/* So many Services that their rules are as many as those of `services` with two endpoints each. */
uint32_t program_like(const struct service_run *run, uint32_t services);

/* Whose time is mostly that of the tool's start, so that more cannot be told by it: they may be
 * tried whatever fewer took. */
#define PROGRAM_SMALL 125

/* Whether a mode's update of `count` Services in one transaction may take its time, by what fewer
 * took. Else records that `what` ("... with nftables in one transaction") is left out, and why. */
bool program_in_time(const struct service_run *run, enum mode mode, const struct foresee *known,
	uint32_t count, const char *what);

/* The power of the number of Services that the time for a transaction grows with at least. */
double program_power(const struct service_run *run, enum mode mode, double services);

/* Says that --program-limit left a mode fewer repetitions than asked for, the first time. */
void program_note_fewer(struct service_run *run, enum mode mode, size_t size, size_t repetitions);

/* Records why something that failed is left out. What takes too long, too much memory or more than
 * an ordinary user may send at once is skipped, anything else an error. */
void program_leave_out(const struct service_run *run, const char *what, int failure,
	const struct problem *problem);
