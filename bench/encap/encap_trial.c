#include "encap.h"

#include "interrupt.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum metric {
	THROUGHPUT,
	STREAM_CPU,
	RETRANSMITS,
	PACKETS,
	PACKET_CPU,
	PACKET_LOSS,
	CRR_RATE,
	RATIO_STREAM,
	RATIO_STREAM_CPU,
	RATIO_PACKETS,
	RATIO_PACKET_CPU,
	RATIO_CRR,
	RATIO_RR,
};

#define QUANTILES 3
static const double quantiles[QUANTILES] = {0.5, 0.99, 0.999};

const struct metric_spec encap_metrics[] = {
	[THROUGHPUT] = {"stream.throughput", "TCP throughput between pods", "bit/s", BETTER_HIGHER},
	[STREAM_CPU] = {"stream.cpu", "CPU time for a GB of TCP, both ends", "s/GB", BETTER_LOWER},
	[RETRANSMITS] = {"stream.retransmits", "TCP segments sent again", "segments/GB",
		BETTER_LOWER},
	[PACKETS] = {"packets.rate", "UDP packets between pods", "packets/s", BETTER_HIGHER},
	[PACKET_CPU] = {"packets.cpu", "CPU time for a million UDP packets, both ends", "s/Mpacket",
		BETTER_LOWER},
	[PACKET_LOSS] = {"packets.dropped", "UDP packets that the receiving end had no time for",
		"ratio", BETTER_LOWER},
	[CRR_RATE] = {"crr.rate", "Connections with one request each", "connections/s",
		BETTER_HIGHER},
	[RATIO_STREAM] = {"ratio.stream", "TCP throughput, share of native", "ratio", BETTER_HIGHER,
		.relative_to = "native"},
	[RATIO_STREAM_CPU] = {"ratio.stream.cpu", "CPU time for a GB, share of native", "ratio",
		BETTER_LOWER, .relative_to = "native"},
	[RATIO_PACKETS] = {"ratio.packets", "UDP packets a second, share of native", "ratio",
		BETTER_HIGHER, .relative_to = "native"},
	[RATIO_PACKET_CPU] = {"ratio.packets.cpu", "CPU time for a packet, share of native",
		"ratio", BETTER_LOWER, .relative_to = "native"},
	[RATIO_CRR] = {"ratio.crr", "Connections a second, share of native", "ratio", BETTER_HIGHER,
		.relative_to = "native"},
	[RATIO_RR] = {"ratio.rr.p50", "Round trip p50, share of native", "ratio", BETTER_LOWER,
		.relative_to = "native"},
	[RATIO_RR + 1] = {"ratio.rr.p99", "Round trip p99, share of native", "ratio", BETTER_LOWER,
		.relative_to = "native"},
	[RATIO_RR + 2] = {"ratio.rr.p999", "Round trip p99.9, share of native", "ratio",
		BETTER_LOWER, .relative_to = "native"},
	{.name = NULL},
};

const struct distribution_spec encap_distributions[] = {
	{"rr.latency", "Round trip between pods"}, {.name = NULL}};

/* One way within a trial; the sums are of the block under way. */
struct lane {
	enum way way;
	struct load *load;
	struct histogram *latency;
	double elapsed_s, bytes, messages; /* at the receiver; transactions at the sender */
	double sent, lost, retransmits;
	double cpu_s; /* NAN: not known */
};

/* With several levels, all tests run with the usual one, plain, or else with the first. */
static bool is_main_level(uint64_t levels, enum cluster_offload level)
{
	uint64_t plain = UINT64_C(1) << CLUSTER_OFFLOAD_PLAIN;
	uint64_t usual = levels & plain ? plain : levels & -levels;

	return usual == UINT64_C(1) << level;
}

static const struct option_list *sweep_of(const struct encap_config *config, enum encap_test test)
{
	static const struct option_list crr = {.count = 1, .at = {64}};
	const struct option_list *const sweeps[ENCAP_TESTS] = {
		&config->flows, &config->packet_sizes, &config->request_sizes, &crr};

	return sweeps[test];
}

static size_t list_test(const struct encap_config *config, const struct encap_trial *base,
	struct encap_trial *trials, size_t max)
{
	const struct option_list *sweep = sweep_of(config, base->test);
	size_t count = 0;

	for (; count < sweep->count && count < max; count++) {
		trials[count] = *base;
		if (base->test == ENCAP_STREAM)
			trials[count].flows = (uint32_t)sweep->at[count];
		else
			trials[count].bytes = (uint32_t)sweep->at[count];
	}
	return count;
}

size_t encap_list_trials(const struct encap_config *config, struct encap_trial *trials, size_t max)
{
	static const enum cluster_offload levels[] = {
		CLUSTER_OFFLOAD_PLAIN, CLUSTER_OFFLOAD_ALL, CLUSTER_OFFLOAD_NONE};
	static const int families[] = {AF_INET, AF_INET6};
	size_t count = 0;

	for (size_t level = 0; level < 3; level++)
		for (size_t family = 0; family < 2; family++)
			for (enum encap_test test = 0; test < ENCAP_TESTS; test++) {
				const struct encap_trial base = {.test = test,
					.offload = levels[level],
					.family = families[family],
					.flows = 1};

				if (config->offloads & UINT64_C(1) << levels[level] &&
					config->families & UINT64_C(1) << family &&
					config->tests & UINT64_C(1) << test &&
					(test == ENCAP_STREAM ||
						is_main_level(config->offloads, levels[level])))
					count += list_test(
						config, &base, trials + count, max - count);
			}
	return count;
}

static struct load_plan traffic_of(
	const struct encap_config *config, const struct encap_trial *trial)
{
	static const enum load_kind kinds[ENCAP_TESTS] = {
		LOAD_TCP_STREAM, LOAD_UDP_STREAM, LOAD_TCP_RR, LOAD_TCP_CRR};
	uint32_t bytes = trial->test == ENCAP_STREAM ? (uint32_t)config->write_bytes : trial->bytes;

	return (struct load_plan){
		.kind = kinds[trial->test],
		.flows = trial->flows,
		.message_bytes = bytes,
		.response_bytes = bytes,
		.segments = 1,
	};
}

static int open_lane(const struct encap_run *run, const struct encap_trial *trial,
	struct lane *lane, struct problem *problem)
{
	struct load_plan plan = traffic_of(run->config, trial);
	struct load_end sender = {.netns = rig_host(run->rig, "pod-a"), .cpu = run->cpus[0]};
	struct load_end receiver = {.netns = rig_host(run->rig, "pod-b"), .cpu = run->cpus[1]};
	struct problem cause;

	cluster_address(lane->way, 0, trial->family, &sender.from);
	cluster_address(lane->way, 1, trial->family, &receiver.address);
	sender.address = receiver.address;
	lane->latency = histogram_new();
	if (!lane->latency)
		return problem_set(problem, -ENOMEM, "no memory for a histogram");
	lane->load = load_open(&plan, &receiver, &sender, &cause);
	if (!lane->load)
		return problem_set(problem, -EIO, "%s over %s: %s", encap_test_names[trial->test],
			way_rows[lane->way].title, cause.text);
	return 0;
}

static void begin_block(struct lane *lane)
{
	lane->elapsed_s = lane->bytes = lane->messages = 0;
	lane->sent = lane->lost = lane->retransmits = lane->cpu_s = 0;
	histogram_reset(lane->latency);
}

/* All that ran on a CPU but what the machine did before is the measurement's: NAN when unknown. */
static double cpu_of(const struct load_cost *cost)
{
	return cost->user_s < 0 ? NAN : cost->user_s + cost->system_s + cost->softirq_s;
}

static int run_slice(const struct encap_run *run, struct lane *lane, struct problem *problem)
{
	struct load_result slice;
	int result = load_slice(lane->load, (int64_t)run->config->warm_ns,
		(int64_t)run->config->slice_ns, &slice, problem);

	if (result < 0)
		return result;
	/* Requests count where the answer arrives, all else where it is received. */
	const struct load_side *counted =
		slice.latency && !slice.sent ? &slice.sender : &slice.receiver;
	lane->elapsed_s += counted->elapsed_s;
	lane->bytes += (double)counted->bytes;
	lane->messages += (double)counted->messages;
	lane->sent += (double)slice.sent;
	lane->lost += (double)slice.lost;
	lane->retransmits += (double)slice.sender.retransmits;
	lane->cpu_s += cpu_of(&slice.sender.cost);
	if (run->cpus[0] != run->cpus[1])
		lane->cpu_s += cpu_of(&slice.receiver.cost);
	if (slice.latency)
		histogram_merge(lane->latency, slice.latency);
	return 0;
}

static void label_lane(const struct encap_trial *trial, enum way way, struct label *labels)
{
	const struct label all[ENCAP_LABELS] = {{.name = "encap"}, {.name = "offload"},
		{.name = "family"}, {.name = trial->test == ENCAP_STREAM ? "flows" : "size"},
		{.name = NULL}};

	memcpy(labels, all, sizeof(all));
	snprintf(labels[0].value, sizeof(labels[0].value), "%s", way_rows[way].name);
	snprintf(labels[1].value, sizeof(labels[1].value), "%s",
		encap_offload_names[trial->offload]);
	snprintf(labels[2].value, sizeof(labels[2].value), "%s",
		trial->family == AF_INET6 ? "ipv6" : "ipv4");
	snprintf(labels[3].value, sizeof(labels[3].value), "%u",
		trial->test == ENCAP_STREAM ? trial->flows : trial->bytes);
}

/* What a block says of one lane, by metric; NAN where it says nothing. */
static void read_block(const struct lane *lane, enum encap_test test, double values[])
{
	for (enum metric metric = 0; metric < RATIO_RR; metric++)
		values[metric] = NAN;
	if (lane->elapsed_s <= 0)
		return;
	double per_s = lane->messages / lane->elapsed_s;
	switch (test) {
	case ENCAP_STREAM:
		values[THROUGHPUT] = lane->bytes * 8 / lane->elapsed_s;
		values[STREAM_CPU] = lane->cpu_s / (lane->bytes / 1e9);
		values[RETRANSMITS] = lane->retransmits / (lane->bytes / 1e9);
		break;
	case ENCAP_PACKETS:
		values[PACKETS] = per_s;
		values[PACKET_CPU] = lane->cpu_s / (lane->messages / 1e6);
		values[PACKET_LOSS] = lane->sent > 0 ? lane->lost / lane->sent : NAN;
		break;
	case ENCAP_CRR:
		values[CRR_RATE] = per_s;
		break;
	default:
		break;
	}
}

static void record_ratios(const struct encap_run *run, const struct label *labels,
	const double values[], const double native[])
{
	static const enum metric pairs[][2] = {{THROUGHPUT, RATIO_STREAM},
		{STREAM_CPU, RATIO_STREAM_CPU}, {PACKETS, RATIO_PACKETS},
		{PACKET_CPU, RATIO_PACKET_CPU}, {CRR_RATE, RATIO_CRR}};

	for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++) {
		double ratio = values[pairs[i][0]] / native[pairs[i][0]];

		if (isfinite(ratio))
			record_value(run->record, &encap_metrics[pairs[i][1]], labels, ratio);
	}
}

static void record_round_trips(const struct encap_run *run, const struct label *labels,
	const struct lane *lane, const struct lane *native)
{
	record_histogram(run->record, &encap_distributions[0], labels, lane->latency);
	if (lane == native || !lane->latency->total || !native->latency->total)
		return;
	for (size_t i = 0; i < QUANTILES; i++)
		record_value(run->record, &encap_metrics[RATIO_RR + i], labels,
			(double)histogram_quantile_ns(lane->latency, quantiles[i]) /
				(double)histogram_quantile_ns(native->latency, quantiles[i]));
}

static void record_block(const struct encap_run *run, const struct encap_trial *trial,
	const struct lane *lanes, size_t count)
{
	double native[RATIO_RR], values[RATIO_RR];
	struct label labels[ENCAP_LABELS];

	read_block(&lanes[0], trial->test, native);
	for (size_t i = 0; i < count; i++) {
		label_lane(trial, lanes[i].way, labels);
		read_block(&lanes[i], trial->test, values);
		for (enum metric metric = 0; metric < RATIO_STREAM; metric++)
			if (isfinite(values[metric]))
				record_value(run->record, &encap_metrics[metric], labels,
					values[metric]);
		if (i)
			record_ratios(run, labels, values, native);
		if (trial->test == ENCAP_RR)
			record_round_trips(run, labels, &lanes[i], &lanes[0]);
	}
}

/* Two slices of each way, there and back, so that a drift touches all of them alike. */
static int run_block(
	const struct encap_run *run, struct lane *lanes, size_t count, struct problem *problem)
{
	int result = 0;

	for (size_t i = 0; i < count; i++)
		begin_block(&lanes[i]);
	for (size_t i = 0; i < 2 * count && result == 0 && !interrupt_pending(); i++)
		result = run_slice(run, &lanes[i < count ? i : 2 * count - 1 - i], problem);
	return result;
}

static int run_blocks(const struct encap_run *run, const struct encap_trial *trial,
	struct lane *lanes, size_t count, struct problem *problem)
{
	/* Connections open their windows and caches fill in a block that does not count. */
	int result = run_block(run, lanes, count, problem);

	for (uint64_t i = 0; i < run->config->blocks && result == 0; i++) {
		result = run_block(run, lanes, count, problem);
		if (interrupt_pending())
			break;
		if (result == 0)
			record_block(run, trial, lanes, count);
	}
	return result;
}

int encap_run_trial(
	const struct encap_run *run, const struct encap_trial *trial, struct problem *problem)
{
	struct lane lanes[WAYS] = {0};
	size_t count = 0;
	int result = 0;

	for (enum way way = 0; way < WAYS && result == 0; way++) {
		if (!(run->ways & UINT32_C(1) << way) ||
			(trial->family == AF_INET6 && !way_rows[way].inner6))
			continue;
		lanes[count].way = way;
		result = open_lane(run, trial, &lanes[count++], problem);
	}
	if (result == 0)
		result = run_blocks(run, trial, lanes, count, problem);
	for (size_t i = 0; i < count; i++) {
		load_close(lanes[i].load);
		histogram_free(lanes[i].latency);
	}
	return result;
}
