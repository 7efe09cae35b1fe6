#include "service.h"

#include "clock.h"

#include <errno.h>
#include <math.h>

/* nft, and iptables on top of it, take time with the square of a transaction. Other tools write all
 * there is each time, or nothing but what is new: as few updates as can be are best. */
static uint32_t update_size(enum mode mode)
{
	return mode == MODE_IPTABLES_NFT || mode == MODE_NFTABLES ? SERVICE_UPDATE : UINT32_MAX;
}

static uint32_t next_step(enum mode mode, uint32_t present, uint32_t count)
{
	uint32_t most = update_size(mode);

	return count - present < most ? count - present : most;
}

/*
 * How long it would take to go on to `count`: an update takes longer the more there is already, in
 * proportion in all modes. Of many, the first and the last show by how much. Small ones take what
 * starting the tool takes, and say nothing.
 */
static double foresee(
	const struct service_growth *growth, enum mode mode, uint32_t present, uint32_t count)
{
	double slope = 0, total_s = 0;

	if (!growth->last_at)
		return 0;
	if (update_size(mode) > SERVICE_UPDATE)
		return growth->last_s * count / growth->last_at;
	if (growth->last_at > growth->first_at)
		slope = fmax(0,
			(growth->last_s - growth->first_s) / (growth->last_at - growth->first_at));
	while (present < count) {
		uint32_t step = next_step(mode, present, count);

		present += step;
		total_s += (growth->last_s + slope * ((double)present - growth->last_at)) * step /
			   SERVICE_UPDATE;
	}
	return total_s;
}

static void remember(struct service_growth *growth, uint32_t present, double took_s)
{
	if (!growth->first_at) {
		growth->first_at = present;
		growth->first_s = took_s;
	}
	growth->last_at = present;
	growth->last_s = took_s;
}

static int update(struct service_run *run, enum mode mode, uint32_t to, struct problem *problem)
{
	uint32_t from = run->present[mode];
	struct rig_plan *plan = rig_plan_new();

	rules_add(&run->rules, mode, from, to, plan);
	int64_t start_ns = clock_now_ns();
	int failure = rig_apply(run->rig, plan, problem);
	double took_s = (double)(clock_now_ns() - start_ns) / 1e9;
	rig_plan_free(plan);
	if (failure < 0)
		return failure;
	run->present[mode] = to;
	if (to - from >= SERVICE_UPDATE)
		remember(&run->growth[mode], to, took_s);
	return 0;
}

int service_grow(struct service_run *run, enum mode mode, uint32_t count, struct problem *problem)
{
	double limit_s = (double)run->config->program_limit_ns / 1e9;
	int failure = 0;

	while (run->present[mode] < count && failure == 0) {
		uint32_t present = run->present[mode];
		double foreseen_s = foresee(&run->growth[mode], mode, present, count);

		if (foreseen_s > limit_s)
			return problem_set(problem, -ETIME,
				"to go from %u Services to %u would take some %.1f s, by what those "
				"before took, which is more than %g s",
				present, count, foreseen_s, limit_s);
		failure = update(run, mode, present + next_step(mode, present, count), problem);
	}
	return failure;
}
