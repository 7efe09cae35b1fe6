/*
 * What NetworkPolicies add to a pod's connections: to another pod's own address, past no Service.
 * On hosts of their own, which get each number of policies anew. What is compared with is a node
 * that tracks connections, as kube-proxy has each node do.
 */
#include "service.h"

#include "interrupt.h"
#include "probe.h"
#include "site.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#define WARM_EXCHANGES PROBE_LOST_MAX /* so that a broken path shows */

struct policy {
	struct service_run *run;
	uint32_t modes; /* stand for the variants of iptables; MODE_NONE has no policies */
	struct rig *rig;
	struct probe *probe;
	struct sockaddr_in to;
	size_t exchanges;        /* of a turn */
	int64_t *latency[MODES]; /* of two turns */
};

/* The variants that can be had. What policies need beyond a mode's rules is the same for all. */
static uint32_t variants(const struct service_run *run)
{
	uint32_t modes = run->modes &
			 (UINT32_C(1) << MODE_IPTABLES_LEGACY | UINT32_C(1) << MODE_IPTABLES_NFT);
	struct obstacle obstacle = {.why = "--mode names no iptables that works here",
		.enable = "let --mode name iptables-legacy or iptables-nft"};
	enum mode first = modes & UINT32_C(1) << MODE_IPTABLES_LEGACY ? MODE_IPTABLES_LEGACY
								      : MODE_IPTABLES_NFT;

	if (modes && mode_policies_supported(first, &obstacle) == 0)
		return modes;
	record_skip(run->record, "what NetworkPolicies cost", obstacle.why, obstacle.enable);
	return 0;
}

/* Of the node without policies: any of those that the others are made with. */
static enum rig_tool tool_of(uint32_t modes)
{
	return mode_iptables(modes & UINT32_C(1) << MODE_IPTABLES_LEGACY ? MODE_IPTABLES_LEGACY
									 : MODE_IPTABLES_NFT);
}

static struct rig *build(const struct policy *policy, uint32_t count, struct problem *problem)
{
	struct rig_plan *plan = rig_plan_new();

	site_plan(policy->modes, plan);
	rules_tracking(MODE_NONE, tool_of(policy->modes), plan);
	for (enum mode mode = MODE_NONE + 1; mode < MODES; mode++)
		if (policy->modes & UINT32_C(1) << mode)
			rules_policies(mode, mode_iptables(mode), count, plan);
	struct rig *rig = rig_build(plan, problem);
	rig_plan_free(plan);
	return rig;
}

/* All variants there and back, with no policies among them. */
static int ask(struct policy *policy, enum probe_kind kind, size_t block, struct problem *problem)
{
	int failure = 0;

	for (int turn = 0; turn < 2 * MODES && failure == 0 && !interrupt_pending(); turn++) {
		enum mode mode = service_turn(block, turn);
		struct probe_aim aim = {.kind = kind,
			.netns = rig_host(policy->rig, mode_rows[mode].pod),
			.to = &policy->to,
			.to_count = 1};

		if (policy->modes & UINT32_C(1) << mode)
			failure = probe_turn(policy->probe, &aim, policy->exchanges,
				policy->latency[mode] + (turn < MODES ? 0 : policy->exchanges),
				problem);
		if (failure == -ETIMEDOUT && mode != MODE_NONE) {
			record_error(policy->run->record, "policies with %s are left out: %s",
				mode_rows[mode].title, problem->text);
			policy->modes &= ~(UINT32_C(1) << mode);
			failure = 0;
		}
	}
	return failure;
}

static void record_kind(const struct policy *policy, enum probe_kind kind, uint32_t count)
{
	bool udp = kind == PROBE_UDP_FIRST || kind == PROBE_UDP_ESTABLISHED;
	bool first = kind == PROBE_UDP_FIRST || kind == PROBE_TCP_FIRST;
	struct label labels[] = {{"mode", ""}, {"policies", ""}, {"protocol", ""}, {NULL, ""}};
	double none_s = probe_median_s(policy->latency[MODE_NONE], 2 * policy->exchanges, NULL);

	snprintf(labels[1].value, sizeof(labels[1].value), "%u", count);
	snprintf(labels[2].value, sizeof(labels[2].value), "%s", udp ? "udp" : "tcp");
	for (enum mode mode = MODE_NONE + 1; mode < MODES; mode++) {
		if (!(policy->modes & UINT32_C(1) << mode))
			continue;
		snprintf(labels[0].value, sizeof(labels[0].value), "%s", mode_rows[mode].name);
		record_value(policy->run->record,
			&service_metrics[first ? POLICY_FIRST : POLICY_ESTABLISHED], labels,
			probe_median_s(policy->latency[mode], 2 * policy->exchanges, NULL) -
				none_s);
	}
}

static int run_block(
	struct policy *policy, uint32_t count, size_t block, bool counts, struct problem *problem)
{
	uint64_t protocols = policy->run->config->protocols;
	int failure = 0;

	for (enum probe_kind kind = 0; kind < PROBE_KINDS && failure == 0; kind++) {
		bool udp = kind == PROBE_UDP_FIRST || kind == PROBE_UDP_ESTABLISHED;

		if (!(protocols & (udp ? 1 : 2)))
			continue;
		failure = ask(policy, kind, block, problem);
		if (interrupt_pending())
			break;
		if (failure == 0 && counts)
			record_kind(policy, kind, count);
	}
	return failure;
}

static int measure_count(struct policy *policy, uint32_t count, struct problem *problem)
{
	const struct service_config *config = policy->run->config;

	policy->rig = build(policy, count, problem);
	if (!policy->rig)
		return -EIO;
	policy->probe = probe_open(rig_host(policy->rig, SITE_BACKEND), policy->run->cpu, problem);
	policy->exchanges = WARM_EXCHANGES;
	int failure = policy->probe ? run_block(policy, count, 0, false, problem) : -EIO;
	policy->exchanges = config->exchanges;
	for (size_t block = 0; block < config->blocks && failure == 0 && !interrupt_pending();
		block++)
		failure = run_block(policy, count, block, true, problem);
	if (policy->probe && probe_unanswered(policy->probe) && !interrupt_pending())
		record_warn(policy->run->record,
			"with %u policies, %llu exchanges had no answer; they are in no reading",
			count, (unsigned long long)probe_unanswered(policy->probe));
	probe_close(policy->probe);
	rig_free(policy->rig);
	return failure;
}

int service_policy(struct service_run *run, struct problem *problem)
{
	struct policy policy = {
		.run = run, .modes = variants(run), .to = service_aim(&run->rules, MODE_NONE, 0)};
	const struct option_list *counts = &run->config->policies;
	int failure = 0;

	if (!policy.modes)
		return 0;
	policy.modes |= UINT32_C(1) << MODE_NONE;
	for (int mode = 0; mode < MODES; mode++) {
		policy.latency[mode] = calloc(2 * run->config->exchanges, sizeof(int64_t));
		if (!policy.latency[mode])
			failure = problem_set(problem, -ENOMEM, "no memory for exchanges");
	}
	for (size_t i = 0; i < counts->count && failure == 0 && !interrupt_pending(); i++)
		failure = measure_count(&policy, (uint32_t)counts->at[i], problem);
	for (int mode = 0; mode < MODES; mode++)
		free(policy.latency[mode]);
	return failure;
}
