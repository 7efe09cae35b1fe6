#include "program.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>

/* Fewer at a time do not help where so few were too many. */
#define STEP_MIN 4

/* Times as many at most: what fewer took tells little of what more take. */
#define LEAP 8

/* nft, and iptables on top of it, take time with the square of a transaction. Other tools write all
 * there is each time, or nothing but what is new: as few updates as can be are best. */
static bool is_by_parts(enum mode mode)
{
	return mode == MODE_IPTABLES_NFT || mode == MODE_NFTABLES;
}

static uint32_t at_most(uint32_t value, uint32_t most)
{
	return value < most ? value : most;
}

/* The first update is small, as nothing is known of how long it will take. */
static uint32_t next_step(
	const struct service_run *run, enum mode mode, uint32_t present, uint32_t count)
{
	const struct service_growth *growth = &run->growth[mode];
	uint32_t small = program_like(run, PROGRAM_SMALL), left = count - present;

	if (!is_by_parts(mode))
		return present < small ? at_most(left, small - present)
				       : at_most(left, (LEAP - 1) * present);
	if (growth->most)
		return at_most(left, growth->most);
	return at_most(left,
		growth->last_at || growth->guess_s > 0 ? program_like(run, SERVICE_UPDATE) : small);
}

/*
 * How long it would take to go on to `count`: an update takes longer the more there is already, in
 * proportion in all modes. Of many, the first and the last show by how much. Small ones take what
 * starting the tool takes, and are gone by where there are no others.
 */
static double foresee(const struct service_run *run, enum mode mode, uint32_t count)
{
	const struct service_growth *growth = &run->growth[mode];
	double whole = program_like(run, SERVICE_UPDATE), slope = 0, total_s = 0;
	uint32_t present = run->present[mode];

	if (!is_by_parts(mode))
		return growth->last_at
			       ? growth->last_s * at_most(count, LEAP * present) / growth->last_at
			       : 0;
	if (!growth->last_at)
		return growth->guess_s * (count - present) / whole;
	if (growth->last_at > growth->first_at)
		slope = fmax(0,
			(growth->last_s - growth->first_s) / (growth->last_at - growth->first_at));
	while (present < count) {
		uint32_t step = next_step(run, mode, present, count);

		present += step;
		total_s += (growth->last_s + slope * ((double)present - growth->last_at)) * step /
			   whole;
	}
	return total_s;
}

static void remember(struct service_run *run, enum mode mode, uint32_t step, double took_s)
{
	struct service_growth *growth = &run->growth[mode];
	uint32_t present = run->present[mode], small = program_like(run, PROGRAM_SMALL);
	uint32_t whole = program_like(run, SERVICE_UPDATE);

	if (is_by_parts(mode) ? step < whole : present < small) {
		if (step >= small || growth->most)
			growth->guess_s = took_s * whole / step;
		return;
	}
	if (!growth->first_at) {
		growth->first_at = present;
		growth->first_s = took_s;
	}
	growth->last_at = present;
	growth->last_s = took_s;
}

/* `used_s` is what updates took since service_grow() began; this one is added. */
static int update(struct service_run *run, enum mode mode, uint32_t step, double *used_s,
	struct problem *problem)
{
	uint32_t from = run->present[mode];
	struct rig_plan *plan = rig_plan_new();
	double took_s = 0;

	rules_add(&run->rules, mode, from, from + step, plan);
	int failure = program_write(run, run->rig, plan, *used_s, &took_s, problem);
	*used_s += took_s;
	if (failure == -EMSGSIZE && is_by_parts(mode) && step / 4 >= STEP_MIN) {
		run->growth[mode].most = step / 4;
		return 0;
	}
	if (failure < 0)
		return failure;
	run->present[mode] += step;
	remember(run, mode, step, took_s);
	return 0;
}

int service_grow(struct service_run *run, enum mode mode, uint32_t count, struct problem *problem)
{
	double limit_s = (double)run->config->program_limit_ns / 1e9, used_s = 0;
	char parts[64] = "";
	uint32_t from = run->present[mode];
	int failure = program_fits(run, count, problem);

	while (run->present[mode] < count && failure == 0) {
		uint32_t present = run->present[mode];
		double foreseen_s = used_s + foresee(run, mode, count);

		if (run->growth[mode].most)
			snprintf(parts, sizeof(parts), " of %u, as fit without root,",
				run->growth[mode].most);
		if (foreseen_s > limit_s)
			return problem_set(problem, -ETIME,
				"to go from %u Services to %u by updates%s would take some %.1f s, "
				"by what those before took, which is more than %g s",
				from, count, parts, foreseen_s, limit_s);
		failure = update(run, mode, next_step(run, mode, present, count), &used_s, problem);
	}
	return failure;
}
