#include "program.h"

#include "clock.h"
#include "interrupt.h"
#include "memory.h"
#include "units.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>

/* A tool needs some time for any text. */
#define LEAST_NS INT64_C(1000000000)

/* What tools, and the texts that they are given, take for each endpoint's rules, in bytes. */
#define ENDPOINT_BYTES 4000

/* Up to here the tools' start and what grows in proportion still hide what grows faster. */
#define PROPORTIONAL_MAX 500

int program_apply(struct rig *rig, struct rig_plan *plan, double *took_s, struct problem *problem)
{
	int64_t begin_ns = clock_now_ns();
	int failure = rig_apply(rig, plan, problem);

	if (took_s)
		*took_s = (double)(clock_now_ns() - begin_ns) / 1e9;
	rig_plan_free(plan);
	return failure;
}

int program_write(const struct service_run *run, struct rig *rig, struct rig_plan *plan,
	double used_s, double *took_s, struct problem *problem)
{
	int64_t limit_ns = (int64_t)run->config->program_limit_ns,
		used_ns = (int64_t)(used_s * 1e9);
	char left[40];
	int64_t left_ns = limit_ns - used_ns > LEAST_NS ? limit_ns - used_ns : LEAST_NS;

	rig_deadline(rig, clock_now_ns() + left_ns);
	int failure = program_apply(rig, plan, took_s, problem);
	rig_deadline(rig, 0);
	if (failure == -ETIME)
		problem_set(problem, failure, "it took longer than %s",
			units_format((double)left_ns / 1e9, "s", left, sizeof(left)));
	return failure;
}

int program_fits(const struct service_run *run, uint32_t services, struct problem *problem)
{
	double endpoints = (double)services * run->rules.endpoints;
	char what[64];

	snprintf(what, sizeof(what), "%u %s with %u endpoints each", services,
		service_word(services), run->rules.endpoints);
	return memory_allows(ENDPOINT_BYTES * endpoints, what, problem);
}

uint32_t program_like(const struct service_run *run, uint32_t services)
{
	uint32_t like = services * (2 + 2) / (run->rules.endpoints + 2);

	return like ? like : 1;
}

/*
 * Of nf_tables, the kernel walks the transaction for each set that a rule in it binds
 * (__nft_set_trans_bind() in net/netfilter/nf_tables_api.c) and all sets of a table for each new
 * one's name; iptables-nft-restore walks its own list of chains.
 */
double program_power(const struct service_run *run, enum mode mode, double services)
{
	bool square = mode == MODE_IPTABLES_NFT || mode == MODE_NFTABLES;

	return square && services >= program_like(run, PROPORTIONAL_MAX) ? 2 : 1;
}

/* How many decimal places a time of a transaction is good for. */
static int places(double seconds)
{
	return seconds < 1 ? 2 : seconds < 10 ? 1 : 0;
}

bool program_in_time(const struct service_run *run, enum mode mode, const struct foresee *known,
	uint32_t count, const char *what)
{
	double limit_s = (double)run->config->program_limit_ns / 1e9;
	double foreseen_s = foresee_s(known, count, program_power(run, mode, known->last_n));
	char subject[160], why[200];

	if (isnan(foreseen_s) || foreseen_s <= limit_s || count <= program_like(run, PROGRAM_SMALL))
		return true;
	snprintf(subject, sizeof(subject), "%u Services %s", count, what);
	snprintf(why, sizeof(why), "%.0f took %.*f s, so it would take about %.*f s", known->last_n,
		places(known->last_s), known->last_s, places(foreseen_s), foreseen_s);
	record_skip(run->record, subject, why, "raise --program-limit");
	return false;
}

void program_note_fewer(struct service_run *run, enum mode mode, size_t size, size_t repetitions)
{
	if (run->fewer & UINT32_C(1) << mode || interrupt_pending())
		return;
	run->fewer |= UINT32_C(1) << mode;
	record_warn(run->record,
		"%s at %u %s: %zu of %llu repetitions of updates, which took as long as --program-limit "
		"allows; where more Services are, it may be the same",
		mode_rows[mode].title, run->sizes[size], service_word(run->sizes[size]),
		repetitions, (unsigned long long)run->config->updates);
}

void program_leave_out(
	const struct service_run *run, const char *what, int failure, const struct problem *problem)
{
	switch (failure) {
	case -ETIME:
		record_skip(run->record, what, problem->text, "raise --program-limit");
		break;
	case -EMSGSIZE:
		record_skip(run->record, what,
			"a transaction with so many rules needs root: its netlink buffer is larger than "
			"an ordinary user may have",
			"run this as root");
		break;
	case -ENOMEM:
		record_skip(run->record, what, problem->text,
			"give fewer Services or --endpoints, or have more memory");
		break;
	default:
		record_error(run->record, "%s is left out: %s", what, problem->text);
	}
}
