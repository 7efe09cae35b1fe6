#include "program.h"

#include "clock.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>

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

/*
 * Of nf_tables, the kernel walks the transaction for each set that a rule in it binds
 * (__nft_set_trans_bind() in net/netfilter/nf_tables_api.c) and all sets of a table for each new
 * one's name; iptables-nft-restore walks its own list of chains.
 */
double program_power(enum mode mode, double services)
{
	bool square = mode == MODE_IPTABLES_NFT || mode == MODE_NFTABLES;

	return square && services >= PROPORTIONAL_MAX ? 2 : 1;
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
	double foreseen_s = foresee_s(known, count, program_power(mode, known->last_n));
	char subject[160], why[200];

	if (isnan(foreseen_s) || foreseen_s <= limit_s)
		return true;
	snprintf(subject, sizeof(subject), "%u Services %s", count, what);
	snprintf(why, sizeof(why), "%.0f took %.*f s, so it would take about %.*f s", known->last_n,
		places(known->last_s), known->last_s, places(foreseen_s), foreseen_s);
	record_skip(run->record, subject, why, "raise --program-limit");
	return false;
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
