#include "mtu.h"

#include "interrupt.h"

#include <stdio.h>
#include <string.h>

/* Packet sizes relative to the largest that passes whole: near it each byte, further off the slope.
 */
static const int steps[] = {-800, -400, -200, -100, -50, -2, -1, 0, 1, 2, 20, 50};
#define STEPS (sizeof(steps) / sizeof(steps[0]))

static int open_lanes(
	const struct mtu_run *run, enum way way, struct lane *lanes, struct problem *problem)
{
	uint32_t right = mtu_of_pods(run, MTU_RIGHT, way);
	int result = 0;

	for (size_t i = 0; i < STEPS && result == 0; i++) {
		const struct load_plan plan = {.kind = LOAD_UDP_STREAM,
			.flows = 1,
			.message_bytes = (uint32_t)((int)right + steps[i] - MTU_UDP_HEADERS),
			.segments = 1};
		struct load_end sender, receiver;

		mtu_ends(run, run->rig[MTU_LARGE], way, 0, &sender, &receiver);
		result = lane_open(&lanes[i], &plan, &receiver, &sender, problem);
		lanes[i].elsewhere = cluster_works_elsewhere(way, run->cpus);
	}
	return result;
}

static void close_lanes(const struct mtu_run *run, enum way way, struct lane *lanes)
{
	for (size_t i = 0; i < STEPS; i++) {
		char what[80];

		snprintf(what, sizeof(what), "UDP over %s, packets of %d bytes",
			way_rows[way].title, (int)mtu_of_pods(run, MTU_RIGHT, way) + steps[i]);
		lane_look_back(&lanes[i], what, run->company, run->record);
		lane_close(&lanes[i]);
	}
}

static void record_block(const struct mtu_run *run, enum way way, const struct lane *lanes)
{
	uint32_t right = mtu_of_pods(run, MTU_RIGHT, way);

	for (size_t i = 0; i < STEPS; i++) {
		struct label labels[] = {{.name = "encap"}, {.name = "size"}, {.name = NULL}};

		snprintf(labels[0].value, sizeof(labels[0].value), "%s", way_rows[way].name);
		snprintf(labels[1].value, sizeof(labels[1].value), "%d", (int)right + steps[i]);
		record_value(
			run->record, &mtu_metrics[MTU_BY_SIZE], labels, lane_bits_per_s(&lanes[i]));
	}
}

static void mark_boundary(const struct mtu_run *run, enum way way)
{
	struct label labels[] = {{.name = "encap"}, {.name = NULL}};

	snprintf(labels[0].value, sizeof(labels[0].value), "%s", way_rows[way].name);
	record_mark(run->record, "size", mtu_of_pods(run, MTU_RIGHT, way),
		"largest packet without fragments", labels);
}

static int sweep(const struct mtu_run *run, enum way way, struct problem *problem)
{
	struct lane lanes[STEPS] = {0};
	int64_t warm_ns = (int64_t)run->config->warm_ns;
	int64_t slice_ns = (int64_t)run->config->slice_ns / 2; /* there are many of them */
	int result = open_lanes(run, way, lanes, problem);

	mark_boundary(run, way);
	for (uint64_t i = 0; i < run->config->blocks && result == 0; i++) {
		result = lane_run_block(lanes, STEPS, warm_ns / 2, slice_ns, problem);
		if (interrupt_pending())
			break;
		if (result == 0)
			record_block(run, way, lanes);
	}
	close_lanes(run, way, lanes);
	return result;
}

int mtu_cliff(const struct mtu_run *run, struct problem *problem)
{
	int result = 0;

	for (enum way way = 0; way < WAYS && result == 0 && !interrupt_pending(); way++)
		if (run->ways & UINT32_C(1) << way)
			result = sweep(run, way, problem);
	return result;
}
