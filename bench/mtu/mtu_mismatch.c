/*
 * Two nodes whose pods have different MTUs, as after a change that reached only one of them.
 */
#include "mtu.h"

#include "interrupt.h"

#include <stdio.h>
#include <string.h>

#define SLICE_NS INT64_C(300000000)

/* What passes from pod-b, whose MTU is too large, to pod-a, whose is right. */
struct passage {
	double bits_per_s;
	enum mtu_fate datagram;
	uint32_t datagram_bytes; /* with headers */
};

static int pass(const struct mtu_run *run, const struct rig *rig, enum way way,
	struct passage *passage, struct problem *problem)
{
	const struct load_plan plan = {
		.kind = LOAD_TCP_STREAM, .flows = 1, .message_bytes = MTU_STREAM_BYTES};
	struct load_end sender, receiver;
	struct load_result slice = {0};

	mtu_ends(run, rig, way, 1, &sender, &receiver);
	struct load *load = load_open(&plan, &receiver, &sender, problem);
	int result = load ? load_slice(load, SLICE_NS / 3, SLICE_NS, &slice, problem) : -1;
	load_close(load);
	if (result < 0)
		return result;
	if (slice.receiver.elapsed_s > 0)
		passage->bits_per_s = (double)slice.receiver.bytes * 8 / slice.receiver.elapsed_s;
	passage->datagram_bytes = mtu_of_pods(run, MTU_LARGE, way);
	struct mtu_probe *probe = mtu_probe_open(rig, way, 1, false, problem);
	result = probe ? mtu_probe_send(probe, passage->datagram_bytes, &passage->datagram, problem)
		       : -1;
	mtu_probe_close(probe);
	return result;
}

static void record_mismatch(const struct mtu_run *run, enum way way, const struct passage *passage)
{
	char id[48], title[120], why[400];
	bool flows = passage->bits_per_s > 0;

	snprintf(id, sizeof(id), "mismatch.%s", way_rows[way].name);
	snprintf(title, sizeof(title), "%s between pods of MTU %u and %u", way_rows[way].title,
		mtu_of_pods(run, MTU_RIGHT, way), passage->datagram_bytes);
	snprintf(why, sizeof(why), "%s A datagram that fills the larger MTU %s.",
		flows ? "TCP works, since its two ends agree on the smaller segment."
		      : "TCP connects and then stalls.",
		mtu_fate_names[passage->datagram]);
	const struct fact fact = {.id = id,
		.topic = "MTU",
		.title = title,
		.status = FACT_INFO,
		.value = json_string(flows ? "TCP flows" : "TCP stalls"),
		.why = why};
	record_fact(run->record, &fact);
}

int mtu_mismatch(const struct mtu_run *run, struct problem *problem)
{
	struct cluster cluster = mtu_cluster(run, MTU_RIGHT);
	struct rig_plan *plan = rig_plan_new();
	int result = 0;

	for (enum way way = 0; way < WAYS; way++)
		cluster.pod_mtu_b[way] = mtu_of_pods(run, MTU_LARGE, way);
	cluster_plan(&cluster, plan);
	struct rig *rig = rig_build(plan, problem);
	rig_plan_free(plan);
	if (!rig)
		return -1;
	for (enum way way = 0; way < WAYS && result == 0 && !interrupt_pending(); way++) {
		struct passage passage = {0};

		if (!(run->ways & UINT32_C(1) << way))
			continue;
		result = pass(run, rig, way, &passage, problem);
		if (result == 0)
			record_mismatch(run, way, &passage);
	}
	rig_free(rig);
	return result;
}
