/* How long a run takes, by what two processors of a virtual machine took. Most of it is the tools'
 * time. */
#include "service.h"

#include <math.h>

#define SECONDS(ns) ((double)(ns) / 1e9)

/* nft, and iptables on top of it: what grows with the square is theirs. */
static bool is_nft(enum mode mode)
{
	return mode == MODE_IPTABLES_NFT || mode == MODE_NFTABLES;
}

/* What lookups and connections at one size take for one mode. A first packet passes up to two rules
 * of 6 ns for each Service in one mode of two. */
static double questions_s(const struct service_config *use, double services)
{
	double questions = __builtin_popcountll(use->protocols) *
			   __builtin_popcountll(use->origins) * (TARGETS + 1.0);
	double turn_s = 0.3e-3 + (double)use->exchanges * (40e-6 + services * 3e-9);
	double sum_s = 0;

	if (service_asks(use, SERVICE_LOOKUP, (uint64_t)services))
		sum_s += questions * turn_s;
	if (service_asks(use, SERVICE_CONNECT, (uint64_t)services) && use->protocols & 2)
		sum_s += 1e-3 + SECONDS(use->connect_ns);
	return 2 * ((double)use->blocks + 1) * sum_s;
}

/* An update that adds up to SERVICE_UPDATE to those that are there. */
static double update_s(enum mode mode, double present)
{
	return is_nft(mode) ? 0.4 + present * 80e-6 : 0.02 + present * 50e-6;
}

static double growth_s(enum mode mode, uint32_t from, uint32_t to)
{
	double sum_s = 0;

	if (!is_nft(mode))
		return update_s(mode, to);
	while (from < to) {
		uint32_t step = to - from < SERVICE_UPDATE ? to - from : SERVICE_UPDATE;

		sum_s += update_s(mode, from) * step / SERVICE_UPDATE;
		from += step;
	}
	return sum_s;
}

/* All rules in one transaction. */
static double transaction_s(enum mode mode, double services)
{
	double share = services / 1000;

	return is_nft(mode) ? 0.05 + 0.4 * share * fmax(share, 1) : 0.02 + 0.06 * share;
}

/* Test program at one size: from nothing and all again, unless that is left out; a Service that
 * comes and goes, an endpoint that changes twice, watched for as long again. */
static double program_s(const struct service_config *use, enum mode mode, double services)
{
	double limit_s = SECONDS(use->program_limit_ns), whole_s = transaction_s(mode, services);
	double part_s = 0.02 + services * (is_nft(mode) ? 20e-6 : 40e-6);
	double times = (double)use->updates, sum_s = times * (0.05 + 5 * part_s);

	if (!service_asks(use, SERVICE_PROGRAM, (uint64_t)services))
		return 0;
	if (whole_s < limit_s)
		sum_s += 2 * fmin(times * (whole_s + 0.1), limit_s + whole_s);
	return sum_s;
}

static double mode_s(const struct service_config *use, enum mode mode)
{
	uint32_t sizes[READINGS_SIZES_MAX];
	size_t count = service_sizes(use, sizes);
	double sum_s = 0;

	for (size_t i = 0; i < count; i++) {
		sum_s += questions_s(use, sizes[i]);
		if (mode != MODE_NONE)
			sum_s += growth_s(mode, i ? sizes[i - 1] : 0, sizes[i]) +
				 program_s(use, mode, sizes[i]);
	}
	if (mode != MODE_NONE && use->tests & UINT64_C(1) << SERVICE_POLICY)
		sum_s += (double)use->policies.count *
			 (1 + 4e-3 * (double)use->blocks * (double)use->exchanges / 32);
	return sum_s;
}

double service_estimate(const struct service_config *config, uint32_t modes)
{
	double sum_s = 1;

	for (enum mode mode = MODE_NONE; mode < MODES; mode++)
		if (modes & UINT32_C(1) << mode)
			sum_s += mode_s(config, mode);
	return sum_s;
}
