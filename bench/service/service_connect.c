/* TCP connections to any Service: how many a second on one CPU, and the CPU time for one. */
#include "service.h"

#include "interrupt.h"
#include "probe.h"
#include "site.h"

#include <errno.h>
#include <math.h>

#define CHOICES 1024 /* of Services, taken in turn for as long as a turn lasts */
#define COMPANY 0.05 /* share of the CPU that others had and a reader should know of */

/* What a mode did in a block, and in all. */
struct connections {
	double count, spent_s;
	double waiting_s, elapsed_s; /* of all blocks */
};

static int take_turn(struct service_run *run, struct probe *probe, enum mode mode,
	const uint32_t *services, struct connections *connections, struct problem *problem)
{
	struct sockaddr_in to[CHOICES];
	struct probe_aim aim = {.kind = PROBE_TCP_FIRST,
		.netns = service_netns(run, mode, service_origin(run->config)),
		.to = to,
		.to_count = CHOICES};
	struct probe_rate rate = {0};

	for (size_t i = 0; i < CHOICES; i++)
		to[i] = service_aim(&run->rules, mode, services[i]);
	int failure =
		probe_connections(probe, &aim, (int64_t)run->config->connect_ns, &rate, problem);
	connections->count += (double)rate.connections;
	connections->spent_s += (double)(rate.elapsed_ns - rate.waiting_ns - rate.asleep_ns) / 1e9;
	connections->waiting_s += (double)rate.waiting_ns / 1e9;
	connections->elapsed_s += (double)rate.elapsed_ns / 1e9;
	return failure;
}

/* All modes there and back, to the same Services. */
static int run_block(struct service_run *run, struct probe *probe, size_t size, size_t block,
	uint64_t *random, struct connections of[MODES], struct problem *problem)
{
	uint32_t services[CHOICES];
	int failure = 0;

	for (size_t i = 0; i < CHOICES; i++)
		services[i] = service_random(random, &run->rules, run->sizes[size], false);
	for (enum mode mode = 0; mode < MODES; mode++)
		of[mode].count = of[mode].spent_s = 0;
	for (int turn = 0; turn < 2 * MODES && failure == 0 && !interrupt_pending(); turn++) {
		enum mode mode = service_turn(block, turn);

		if (run->modes & UINT32_C(1) << mode)
			failure = take_turn(run, probe, mode, services, &of[mode], problem);
		if (failure == -ETIMEDOUT)
			failure = service_drop(run, mode, size, failure, problem);
	}
	return failure;
}

static double cpu_s(const struct connections *connections)
{
	return connections->count > 0 ? connections->spent_s / connections->count : NAN;
}

static void record_block(const struct service_run *run, size_t size, size_t block,
	const struct connections of[MODES])
{
	double base_s = cpu_s(&of[MODE_NONE]);

	for (enum mode mode = 0; mode < MODES; mode++) {
		double spent_s = cpu_s(&of[mode]);
		struct label labels[SERVICE_LABELS];

		if (!(run->modes & UINT32_C(1) << mode))
			continue;
		service_label(run, mode, size, labels);
		*readings_connection(run->readings, mode, size, block) = spent_s;
		record_value(run->record, &service_metrics[CONNECT_RATE], labels, 1 / spent_s);
		record_value(run->record, &service_metrics[CONNECT_CPU], labels, spent_s);
		if (mode != MODE_NONE)
			record_value(run->record, &service_metrics[CONNECT_ADDED], labels,
				spent_s - base_s);
	}
}

static void look_back(struct service_run *run, const struct probe *probe, size_t size,
	const struct connections of[MODES])
{
	double waiting_s = 0, elapsed_s = 0;

	for (enum mode mode = 0; mode < MODES; mode++) {
		waiting_s += of[mode].waiting_s;
		elapsed_s += of[mode].elapsed_s;
	}
	if (waiting_s > COMPANY * elapsed_s)
		service_worsen(&run->company, waiting_s / elapsed_s, run->sizes[size]);
	if (probe_unanswered(probe) && !interrupt_pending())
		record_warn(run->record,
			"at %u %s, %llu of %llu connections were not accepted within %d ms; they "
			"are in no reading",
			run->sizes[size], service_word(run->sizes[size]),
			(unsigned long long)probe_unanswered(probe),
			(unsigned long long)probe_exchanges(probe), PROBE_WAIT_MS);
}

int service_connect(struct service_run *run, size_t size, struct problem *problem)
{
	struct connections of[MODES] = {0};
	uint64_t random = bench_common.seed + run->sizes[size];

	if (!run->rules.tcp)
		return 0;
	struct probe *probe = probe_open(rig_host(run->rig, SITE_BACKEND), run->cpu, problem);
	if (!probe)
		return -EIO;
	/* The first one warms. */
	int failure = run_block(run, probe, size, 0, &random, of, problem);
	for (size_t block = 0; block < run->config->blocks && failure == 0 && !interrupt_pending();
		block++) {
		failure = run_block(run, probe, size, block, &random, of, problem);
		if (failure == 0 && !interrupt_pending())
			record_block(run, size, block, of);
	}
	look_back(run, probe, size, of);
	probe_close(probe);
	return failure;
}
