#include "mtu.h"

#include "interrupt.h"

#include <stdio.h>
#include <string.h>

#define LABELS   3
#define LEARN_NS INT64_C(100000000)

const char *const mtu_setting_names[] = {"right MTU", "too large", "too small"};

static void label(enum way way, enum mtu_setting setting, struct label *labels)
{
	const struct label all[LABELS] = {{.name = "encap"}, {.name = "mtu"}, {.name = NULL}};

	memcpy(labels, all, sizeof(all));
	snprintf(labels[0].value, sizeof(labels[0].value), "%s", way_rows[way].name);
	snprintf(labels[1].value, sizeof(labels[1].value), "%s", mtu_setting_names[setting]);
}

/* Datagrams fill a packet of the pod's MTU, as a program's do that asks the kernel how large one
 * may be. */
static struct load_plan traffic_of(
	const struct mtu_run *run, bool stream, enum way way, enum mtu_setting setting)
{
	return (struct load_plan){
		.kind = stream ? LOAD_TCP_STREAM : LOAD_UDP_STREAM,
		.flows = 1,
		.message_bytes = stream ? MTU_STREAM_BYTES
					: mtu_of_pods(run, setting, way) - MTU_UDP_HEADERS,
		.segments = 1,
	};
}

static int open_lanes(const struct mtu_run *run, bool stream, enum way way, struct lane *lanes,
	double rate, struct problem *problem)
{
	int result = 0;

	for (enum mtu_setting i = 0; i < MTU_SETTINGS && result == 0; i++) {
		struct load_plan plan = traffic_of(run, stream, way, i);
		struct load_end sender, receiver;
		struct problem cause;

		plan.rate = rate;
		mtu_ends(run, run->rig[i], way, 0, &sender, &receiver);
		result = lane_open(&lanes[i], &plan, &receiver, &sender, &cause);
		if (result < 0)
			problem_set(problem, result, "%s over %s, %s: %s", stream ? "TCP" : "UDP",
				way_rows[way].title, mtu_setting_names[i], cause.text);
		lanes[i].elsewhere = cluster_works_elsewhere(way, run->cpus);
	}
	return result;
}

static void close_lanes(const struct mtu_run *run, bool stream, enum way way, struct lane *lanes)
{
	for (enum mtu_setting i = 0; i < MTU_SETTINGS; i++) {
		char what[80];

		snprintf(what, sizeof(what), "%s over %s, %s", stream ? "TCP" : "UDP",
			way_rows[way].title, mtu_setting_names[i]);
		lane_look_back(&lanes[i], what, run->company, run->record);
		lane_close(&lanes[i]);
	}
}

static void record_block(
	const struct mtu_run *run, bool stream, enum way way, const struct lane *lanes)
{
	const struct metric_spec *rate = &mtu_metrics[stream ? MTU_STREAM : MTU_DATAGRAMS];
	const struct metric_spec *cpu = &mtu_metrics[stream ? MTU_STREAM_CPU : MTU_DATAGRAM_CPU];
	const struct metric_spec *share = rate + (MTU_STREAM_SHARE - MTU_STREAM);
	double right = lane_bits_per_s(&lanes[MTU_RIGHT]);

	if (!stream)
		share = &mtu_metrics[MTU_DATAGRAM_SHARE];
	for (enum mtu_setting i = 0; i < MTU_SETTINGS; i++) {
		struct label labels[LABELS];
		double bits = lane_bits_per_s(&lanes[i]), cost = lane_cpu_per_gigabyte(&lanes[i]);

		label(way, i, labels);
		record_value(run->record, rate, labels, bits);
		record_value(run->record, cpu, labels, cost);
		if (i != MTU_RIGHT)
			record_value(run->record, share, labels, bits / right);
	}
}

static int compare(const struct mtu_run *run, bool stream, enum way way, struct problem *problem)
{
	struct lane lanes[MTU_SETTINGS] = {0};
	int64_t warm_ns = (int64_t)run->config->warm_ns;
	int64_t slice_ns = (int64_t)run->config->slice_ns;
	int result = open_lanes(run, stream, way, lanes, 0, problem);

	/* The first block does not count: connections open their windows in it, and learn of a path
	 * MTU smaller than their own. */
	for (uint64_t i = 0; i <= run->config->blocks && result == 0; i++) {
		result = lane_run_block(lanes, MTU_SETTINGS, warm_ns, slice_ns, problem);
		if (interrupt_pending())
			break;
		if (i && result == 0)
			record_block(run, stream, way, lanes);
	}
	close_lanes(run, stream, way, lanes);
	return result;
}

int mtu_penalty(const struct mtu_run *run, struct problem *problem)
{
	int result = 0;

	for (enum way way = 0; way < WAYS && result == 0; way++)
		for (int stream = 1; stream >= 0 && result == 0 && !interrupt_pending(); stream--)
			if (run->ways & UINT32_C(1) << way)
				result = compare(run, stream, way, problem);
	return result;
}

static int lose(const struct mtu_run *run, enum way way, struct problem *problem)
{
	struct lane lanes[MTU_SETTINGS] = {0};
	int result = open_lanes(run, false, way, lanes, (double)run->config->loss_rate, problem);

	/* What is lost to finding out that packets are too large, until that is known, is not the
	 * path's doing. */
	if (result == 0)
		result = lane_run_block(lanes, MTU_SETTINGS, 0, LEARN_NS, problem);
	if (result == 0)
		result = lane_run_block(
			lanes, MTU_SETTINGS, 0, (int64_t)run->config->loss_ns / 2, problem);
	for (enum mtu_setting i = 0; i < MTU_SETTINGS && result == 0; i++) {
		struct label labels[LABELS];

		label(way, i, labels);
		if (lanes[i].sent > 0)
			record_events(run->record, &mtu_metrics[MTU_DATAGRAM_LOSS], labels,
				lanes[i].lost, lanes[i].sent);
	}
	close_lanes(run, false, way, lanes);
	return result;
}

int mtu_loss(const struct mtu_run *run, struct problem *problem)
{
	struct obstacle obstacle;
	int result = 0;

	if (cluster_loss_supported(&obstacle) < 0) {
		record_skip(run->record, "datagram.loss", obstacle.why, obstacle.enable);
		return 0;
	}
	for (enum mtu_setting i = 0; i < MTU_SETTINGS && result == 0; i++) {
		struct rig_plan *plan = rig_plan_new();

		cluster_plan_loss((double)run->config->loss_permille / 1000, plan);
		result = rig_apply(run->rig[i], plan, problem);
		rig_plan_free(plan);
	}
	if (result < 0) {
		record_skip(run->record, "datagram.loss", problem->text,
			"use a kernel with netem (module sch_netem)");
		return 0;
	}
	for (enum way way = 0; way < WAYS && result == 0 && !interrupt_pending(); way++)
		if (run->ways & UINT32_C(1) << way)
			result = lose(run, way, problem);
	return result;
}
