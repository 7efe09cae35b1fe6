/*
 * A path that drops packets too large for it and tells nobody, since something on it filters ICMP:
 * connections are made, small requests are answered, and whatever fills a packet hangs (RFC 2923,
 * section 2.1).
 */
#include "mtu.h"

#include "clock.h"
#include "interrupt.h"

#include <stdio.h>
#include <string.h>

#define LOOK_NS INT64_C(100000000)
/* Probing begins with the first timeout 3 s after the last answer (net.ipv4.tcp_retries1 = 3): 3.0
 * or, with a rounding that makes that a little early, 6.2 s. */
#define PROBE_NS INT64_C(10000000000)

/* What a connection over such a path does. */
struct passage {
	bool connects; /* and small requests are answered */
	bool flows;    /* so does a stream, within the time given */
	double after_s;
};

static int open_load(const struct mtu_run *run, const struct rig *rig, enum way way,
	enum load_kind kind, struct load **load, struct problem *problem)
{
	uint32_t bytes = kind == LOAD_TCP_STREAM ? MTU_STREAM_BYTES : 64;
	const struct load_plan plan = {
		.kind = kind, .flows = 1, .message_bytes = bytes, .response_bytes = bytes};
	struct load_end sender, receiver;

	mtu_ends(run, rig, way, 0, &sender, &receiver);
	*load = load_open(&plan, &receiver, &sender, problem);
	return *load ? 0 : -1;
}

/* Runs the load until something arrives or the time is over. */
static int wait_for_bytes(struct load *load, bool stream, int64_t wait_ns, struct passage *passage,
	struct problem *problem)
{
	int64_t start_ns = clock_now_ns(), end_ns = start_ns + wait_ns;
	struct load_result slice;

	while (clock_now_ns() < end_ns && !interrupt_pending()) {
		int result = load_slice(load, 0, LOOK_NS, &slice, problem);

		if (result < 0)
			return result;
		if (!stream && slice.sender.messages) {
			passage->connects = true;
			return 0;
		}
		if (stream && slice.receiver.bytes) {
			passage->flows = true;
			passage->after_s = (double)(clock_now_ns() - start_ns - LOOK_NS) / 1e9;
			return 0;
		}
	}
	return 0;
}

static int pass(const struct mtu_run *run, const struct rig *rig, enum way way, int64_t wait_ns,
	struct passage *passage, struct problem *problem)
{
	int result = 0;

	*passage = (struct passage){0};
	for (int stream = 0; stream < 2 && result == 0; stream++) {
		struct load *load;

		result = open_load(
			run, rig, way, stream ? LOAD_TCP_STREAM : LOAD_TCP_RR, &load, problem);
		if (result == 0)
			result = wait_for_bytes(load, stream, wait_ns, passage, problem);
		load_close(load);
	}
	return result;
}

static void record_hole(const struct mtu_run *run, enum way way, const struct passage *plain,
	const struct passage *probing)
{
	bool hole = plain->connects && !plain->flows;
	char id[48], title[120], why[400];

	snprintf(id, sizeof(id), "blackhole.%s", way_rows[way].name);
	snprintf(title, sizeof(title), "%s with an MTU too large and ICMP filtered",
		way_rows[way].title);
	if (!plain->connects)
		snprintf(why, sizeof(why), "Not even small requests are answered.");
	else if (!hole)
		snprintf(why, sizeof(why),
			"A stream flows all the same: the outer packets may be fragmented on the way.");
	else if (probing->flows)
		snprintf(why, sizeof(why),
			"A PMTU black hole: connections open and small requests are answered, but a "
			"stream hangs. With net.ipv4.tcp_mtu_probing=1 in the pod it flows after %.1f s.",
			probing->after_s);
	else
		snprintf(why, sizeof(why),
			"A PMTU black hole: connections open and small requests are answered, but a "
			"stream hangs, with net.ipv4.tcp_mtu_probing=1 in the pod, too.");
	const struct fact fact = {.id = id,
		.topic = "MTU",
		.title = title,
		.status = FACT_INFO,
		.value = json_string(!plain->connects ? "no connection"
				     : hole           ? "stalls"
						      : "flows"),
		.why = why,
		.source = "RFC 2923, section 2.1; RFC 4821; net/ipv4/tcp_timer.c (probing begins "
			  "after net.ipv4.tcp_retries1 timeouts)"};
	record_fact(run->record, &fact);
	if (hole && probing->flows) {
		struct label labels[] = {{.name = "encap"}, {.name = NULL}};

		snprintf(labels[0].value, sizeof(labels[0].value), "%s", way_rows[way].name);
		record_value(run->record, &mtu_metrics[MTU_RECOVERY], labels, probing->after_s);
	}
}

static int apply(struct rig *rig, void (*add)(struct rig_plan *plan), struct problem *problem)
{
	struct rig_plan *plan = rig_plan_new();

	add(plan);
	int result = rig_apply(rig, plan, problem);
	rig_plan_free(plan);
	return result;
}

static void add_probing(struct rig_plan *plan)
{
	rig_plan_add(plan, "pod-a", RIG_SYSCTL, "net.ipv4.tcp_mtu_probing=1\n");
	rig_plan_add(plan, "pod-b", RIG_SYSCTL, "net.ipv4.tcp_mtu_probing=1\n");
}

int mtu_hole(const struct mtu_run *run, struct problem *problem)
{
	struct passage plain[WAYS], probing[WAYS] = {0};
	struct cluster cluster = mtu_cluster(run, MTU_LARGE);
	struct rig_plan *plan = rig_plan_new();
	int result = 0;

	cluster_plan(&cluster, plan);
	cluster_plan_silence(plan);
	struct rig *rig = rig_build(plan, problem);
	rig_plan_free(plan);
	if (!rig)
		return -1;
	for (enum way way = 0; way < WAYS && result == 0; way++)
		if (run->ways & UINT32_C(1) << way)
			result = pass(run, rig, way, (int64_t)run->config->stall_ns, &plain[way],
				problem);
	if (result == 0)
		result = apply(rig, add_probing, problem);
	for (enum way way = 0; way < WAYS && result == 0 && !interrupt_pending(); way++) {
		if (!(run->ways & UINT32_C(1) << way))
			continue;
		if (plain[way].connects && !plain[way].flows)
			result = pass(run, rig, way, PROBE_NS, &probing[way], problem);
		if (result == 0)
			record_hole(run, way, &plain[way], &probing[way]);
	}
	rig_free(rig);
	return result;
}
