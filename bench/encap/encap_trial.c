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
	SENDER_CPU,
	RECEIVER_CPU,
	RETRANSMITS,
	PACKETS,
	PACKET_CPU,
	PACKET_LOSS,
	CRR_RATE,
	PATH_JITTER,
	PATH_LOSS,
	PATH_REORDERED,
	PATH_DUPLICATES,
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
	[SENDER_CPU] = {"stream.cpu.sender", "CPU time for a GB of TCP, sending end", "s/GB",
		BETTER_LOWER},
	[RECEIVER_CPU] = {"stream.cpu.receiver", "CPU time for a GB of TCP, receiving end", "s/GB",
		BETTER_LOWER},
	[RETRANSMITS] = {"stream.retransmits", "TCP segments sent again", "segments/GB",
		BETTER_LOWER},
	[PACKETS] = {"packets.rate", "UDP packets between pods", "packets/s", BETTER_HIGHER},
	[PACKET_CPU] = {"packets.cpu", "CPU time for a million UDP packets, both ends", "s/Mpacket",
		BETTER_LOWER},
	[PACKET_LOSS] = {"packets.dropped", "UDP packets that the receiving end had no time for",
		"ratio", BETTER_LOWER},
	[CRR_RATE] = {"crr.rate", "Connections with one request each", "connections/s",
		BETTER_HIGHER},
	[PATH_JITTER] = {"path.jitter", "Jitter of packets at a steady pace", "s", BETTER_LOWER},
	[PATH_LOSS] = {"path.loss", "Packets lost at a steady pace", "ratio", BETTER_LOWER},
	[PATH_REORDERED] = {"path.reordered", "Packets overtaken", "ratio", BETTER_LOWER},
	[PATH_DUPLICATES] = {"path.duplicates", "Packets that arrive twice", "ratio", BETTER_LOWER},
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

/* With several levels, all tests run with the usual one, plain, or else with the first. */
static bool is_main_level(uint64_t levels, enum cluster_offload level)
{
	uint64_t plain = UINT64_C(1) << CLUSTER_OFFLOAD_PLAIN;
	uint64_t usual = levels & plain ? plain : levels & -levels;

	return usual == UINT64_C(1) << level;
}

static const struct option_list *sweep_of(const struct encap_config *config, enum encap_test test)
{
	static const struct option_list small = {.count = 1, .at = {64}};
	const struct option_list *const sweeps[ENCAP_TESTS] = {
		&config->flows, &config->packet_sizes, &config->request_sizes, &small, &small};

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

/* With a peer, one way and the other; what asks goes both. */
static size_t list_directions(const struct encap_config *config, const struct encap_trial *base,
	struct encap_trial *trials, size_t max)
{
	bool asks = base->test == ENCAP_RR || base->test == ENCAP_CRR;
	struct encap_trial from = *base;
	size_t count = list_test(config, base, trials, max);

	from.direction = PEER_FROM;
	if (config->peer && !asks)
		count += list_test(config, &from, trials + count, max - count);
	return count;
}

/* Offloads and families are the rig's; another machine has its own. */
static bool is_asked_for(const struct encap_config *config, const struct encap_trial *trial)
{
	if (!(config->tests & UINT64_C(1) << trial->test))
		return false;
	if (config->peer)
		return trial->offload == CLUSTER_OFFLOAD_PLAIN && trial->family == AF_INET;
	return config->offloads & UINT64_C(1) << trial->offload &&
	       config->families & (trial->family == AF_INET ? 1 : 2) &&
	       (trial->test == ENCAP_STREAM || is_main_level(config->offloads, trial->offload));
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

				if (is_asked_for(config, &base))
					count += list_directions(
						config, &base, trials + count, max - count);
			}
	return count;
}

static struct load_plan traffic_of(
	const struct encap_config *config, const struct encap_trial *trial)
{
	static const enum load_kind kinds[ENCAP_TESTS] = {
		LOAD_TCP_STREAM, LOAD_UDP_STREAM, LOAD_TCP_RR, LOAD_TCP_CRR, LOAD_UDP_STREAM};
	uint32_t bytes = trial->test == ENCAP_STREAM ? (uint32_t)config->write_bytes : trial->bytes;

	struct load_plan plan = {
		.kind = kinds[trial->test],
		.flows = trial->flows,
		.message_bytes = bytes,
		.response_bytes = bytes,
		.segments = 1,
		.rate = trial->test == ENCAP_PATH ? (double)config->path_rate : 0,
	};

	if (config->congestion)
		snprintf(plan.congestion, sizeof(plan.congestion), "%s", config->congestion);
	return plan;
}

static int open_between_pods(const struct encap_run *run, const struct encap_trial *trial,
	enum way way, const struct load_plan *plan, struct lane *lane, struct problem *problem)
{
	struct load_end sender = {.netns = rig_host(run->rig, "pod-a"), .cpu = run->cpus[0]};
	struct load_end receiver = {.netns = rig_host(run->rig, "pod-b"), .cpu = run->cpus[1]};

	cluster_address(way, 0, trial->family, &sender.from);
	cluster_address(way, 1, trial->family, &receiver.address);
	sender.address = receiver.address;
	return lane_open(lane, plan, &receiver, &sender, problem);
}

static int open_lane(const struct encap_run *run, const struct encap_trial *trial, enum way way,
	struct lane *lane, struct problem *problem)
{
	struct load_plan plan = traffic_of(run->config, trial);
	struct problem cause;
	int result = run->peer
			     ? lane_open_peer(lane, run->peer, &plan, way, trial->direction, &cause)
			     : open_between_pods(run, trial, way, &plan, lane, &cause);

	if (result < 0)
		problem_set(problem, result, "%s over %s: %s", encap_test_names[trial->test],
			way_rows[way].title, cause.text);
	lane->elsewhere = !run->peer && cluster_works_elsewhere(way, run->cpus);
	return result;
}

static void close_lane(const struct encap_run *run, const struct encap_trial *trial, enum way way,
	struct lane *lane)
{
	char what[80];

	snprintf(what, sizeof(what), "%s over %s", encap_test_names[trial->test],
		way_rows[way].title);
	lane_look_back(lane, what, run->company, run->record);
	lane_close(lane);
}

static void set_label(struct label *label, const char *name, const char *value)
{
	label->name = name;
	snprintf(label->value, sizeof(label->value), "%s", value);
}

static void label_lane(const struct encap_run *run, const struct encap_trial *trial, enum way way,
	struct label *labels)
{
	char number[16];
	bool streams = trial->test == ENCAP_STREAM;

	snprintf(number, sizeof(number), "%u", streams ? trial->flows : trial->bytes);
	set_label(labels++, "encap", way_rows[way].name);
	if (run->peer) {
		set_label(labels++, "direction", trial->direction == PEER_TO ? "to" : "from");
	} else {
		set_label(labels++, "offload", encap_offload_names[trial->offload]);
		set_label(labels++, "family", trial->family == AF_INET6 ? "ipv6" : "ipv4");
	}
	set_label(labels++, streams ? "flows" : "size", number);
	labels->name = NULL;
}

/* What a block says of one lane, by metric; NAN where it says nothing. */
static void read_block(const struct lane *lane, enum encap_test test, double values[])
{
	for (enum metric metric = 0; metric < RATIO_STREAM; metric++)
		values[metric] = NAN;
	switch (test) {
	case ENCAP_STREAM:
		values[THROUGHPUT] = lane_bits_per_s(lane);
		values[STREAM_CPU] = lane_cpu_per_gigabyte(lane);
		values[SENDER_CPU] = lane_sender_cpu_per_gigabyte(lane);
		values[RECEIVER_CPU] = values[STREAM_CPU] - values[SENDER_CPU];
		values[RETRANSMITS] = lane_retransmits_per_gigabyte(lane);
		break;
	case ENCAP_PACKETS:
		values[PACKETS] = lane_messages_per_s(lane);
		values[PACKET_CPU] = lane_cpu_per_million(lane);
		values[PACKET_LOSS] = lane_loss(lane);
		break;
	case ENCAP_PATH:
		values[PATH_JITTER] = lane->jitter_s;
		break;
	case ENCAP_CRR:
		values[CRR_RATE] = lane_messages_per_s(lane);
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
		record_value(run->record, &encap_metrics[pairs[i][1]], labels,
			values[pairs[i][0]] / native[pairs[i][0]]);
	}
}

/* Whether enough answers lie beyond a quantile for it to be more than the slowest of all. */
static bool tells(const struct histogram *latency, double quantile)
{
	return (double)latency->total * (1 - quantile) >= 5;
}

static void record_round_trips(const struct encap_run *run, const struct label *labels,
	const struct lane *lane, const struct lane *native)
{
	record_histogram(run->record, &encap_distributions[0], labels, lane->latency);
	if (lane == native)
		return;
	for (size_t i = 0; i < QUANTILES; i++)
		if (tells(lane->latency, quantiles[i]) && tells(native->latency, quantiles[i]))
			record_value(run->record, &encap_metrics[RATIO_RR + i], labels,
				(double)histogram_quantile_ns(lane->latency, quantiles[i]) /
					(double)histogram_quantile_ns(
						native->latency, quantiles[i]));
}

static void record_path(
	const struct encap_run *run, const struct label *labels, const struct lane *lane)
{
	const double events[] = {lane->lost, lane->reordered, lane->duplicates};

	for (size_t i = 0; i < 3 && lane->sent > 0; i++)
		record_events(
			run->record, &encap_metrics[PATH_LOSS + i], labels, events[i], lane->sent);
}

static void record_block(const struct encap_run *run, const struct encap_trial *trial,
	const enum way *ways, const struct lane *lanes, size_t count)
{
	double native[RATIO_STREAM], values[RATIO_STREAM];
	struct label labels[ENCAP_LABELS];

	read_block(&lanes[0], trial->test, native);
	for (size_t i = 0; i < count; i++) {
		label_lane(run, trial, ways[i], labels);
		read_block(&lanes[i], trial->test, values);
		for (enum metric metric = 0; metric < PATH_LOSS; metric++)
			record_value(run->record, &encap_metrics[metric], labels, values[metric]);
		if (i)
			record_ratios(run, labels, values, native);
		if (trial->test == ENCAP_PATH)
			record_path(run, labels, &lanes[i]);
		if (trial->test == ENCAP_RR)
			record_round_trips(run, labels, &lanes[i], &lanes[0]);
	}
}

static int run_blocks(const struct encap_run *run, const struct encap_trial *trial,
	const enum way *ways, struct lane *lanes, size_t count, struct problem *problem)
{
	int64_t warm_ns = (int64_t)run->config->warm_ns;
	int64_t slice_ns = (int64_t)run->config->slice_ns;
	/* Connections open their windows and caches fill in a block that does not count. */
	int result = lane_run_block(lanes, count, warm_ns, slice_ns, problem);

	for (uint64_t i = 0; i < run->config->blocks && result == 0; i++) {
		result = lane_run_block(lanes, count, warm_ns, slice_ns, problem);
		if (interrupt_pending())
			break;
		if (result == 0)
			record_block(run, trial, ways, lanes, count);
	}
	return result;
}

int encap_run_trial(
	const struct encap_run *run, const struct encap_trial *trial, struct problem *problem)
{
	struct lane lanes[WAYS] = {0};
	enum way ways[WAYS];
	size_t count = 0;
	int result = 0;

	for (enum way way = 0; way < WAYS && result == 0; way++) {
		if (!(run->ways & UINT32_C(1) << way) ||
			(trial->family == AF_INET6 && !way_rows[way].inner6))
			continue;
		ways[count] = way;
		result = open_lane(run, trial, way, &lanes[count++], problem);
	}
	if (result == 0)
		result = run_blocks(run, trial, ways, lanes, count, problem);
	for (size_t i = 0; i < count; i++)
		close_lane(run, trial, ways[i], &lanes[i]);
	return result;
}
