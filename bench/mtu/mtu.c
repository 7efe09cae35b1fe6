/*
 * mtu: which MTU pods may have on this host's network, and what a wrong one costs.
 */
#include "mtu.h"

#include "interrupt.h"
#include "procfs.h"
#include "text.h"
#include "uplink.h"

#include <errno.h>
#include <inttypes.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SECONDS(ns) ((double)(ns) / 1e9)

/* Bytes. IPv6 must get through every tunnel (1280 and at most 80 bytes of headers). */
#define PATH_LEAST 1360
#define PATH_MOST  9216

/* What the search on the path to a peer takes: some dozen tries. */
#define SEARCH_S 15

/* What the nodes' interfaces take beyond the path: more than any encapsulation adds. */
#define HEADROOM 100

static const char *const test_names[] = {
	"search", "penalty", "loss", "cliff", "hole", "mismatch", NULL};

static struct mtu_config config;

static const struct option_row options[] = {
	{.name = "encap",
		.letter = 'e',
		.type = OPTION_CHOICES,
		.offset = offsetof(struct mtu_config, ways),
		.argument = "WAYS",
		.help = "Ways between the nodes; what the kernel lacks is skipped",
		.value = {"native,vxlan,ipip,geneve,gre,wireguard"},
		.choices = way_names},
	{.name = "test",
		.letter = 't',
		.type = OPTION_CHOICES,
		.offset = offsetof(struct mtu_config, tests),
		.argument = "TESTS",
		.help = "What to do: search (the largest packet that passes whole), penalty (throughput "
			"and CPU with an MTU right, too large, too small), loss (the same with packets "
			"lost), cliff (throughput against packet size), hole (a path that drops "
			"without telling), mismatch (two nodes of different MTU)",
		.value = {"search", "search,penalty,loss,cliff,hole,mismatch"},
		.choices = test_names},
	{.name = "path-mtu",
		.letter = 'p',
		.type = OPTION_BYTES,
		.offset = offsetof(struct mtu_config, path_mtu),
		.argument = "SIZE",
		.help = "MTU of the path between nodes; by default that of this host's uplink",
		.min = PATH_LEAST,
		.max = PATH_MOST},
	{.name = "small-mtu",
		.type = OPTION_BYTES,
		.offset = offsetof(struct mtu_config, small_mtu),
		.argument = "SIZE",
		.help = "Pod MTU to compare as too small; by default IPv6's minimum, which is what "
			"the cautious set",
		.value = {"1280"},
		.min = 576,
		.max = 9000},
	{.name = "loss",
		.type = OPTION_COUNT,
		.offset = offsetof(struct mtu_config, loss_permille),
		.argument = "N",
		.help = "Packets of a thousand that get lost in test loss",
		.value = {"10"},
		.min = 1,
		.max = 500},
	{.name = "loss-rate",
		.type = OPTION_COUNT,
		.offset = offsetof(struct mtu_config, loss_rate),
		.argument = "RATE",
		.help = "Datagrams a second in test loss",
		.value = {"5k"},
		.min = 10,
		.max = 1000000},
	{.name = "loss-time",
		.type = OPTION_TIME,
		.offset = offsetof(struct mtu_config, loss_ns),
		.argument = "TIME",
		.help = "How long datagrams are sent for each MTU in test loss",
		.value = {"2s", "3s", "10s"},
		.min = 100000000,
		.max = UINT64_C(600000000000)},
	{.name = "stall",
		.type = OPTION_TIME,
		.offset = offsetof(struct mtu_config, stall_ns),
		.argument = "TIME",
		.help = "How long a stream is waited for before it counts as stalled in test hole",
		.value = {"1500ms"},
		.min = 100000000,
		.max = UINT64_C(600000000000)},
	{.name = "peer",
		.type = OPTION_TEXT,
		.offset = offsetof(struct mtu_config, peer),
		.argument = "HOST[:PORT]",
		.help = "Find the MTU of the path to another machine, on which `seatrial serve` "
			"runs, by sending, and build the path under test with it; the token comes from "
			"--token-file or SEATRIAL_TOKEN",
		.incidental = true},
	{.name = "token-file",
		.type = OPTION_PATH,
		.offset = offsetof(struct mtu_config, token_file),
		.argument = "FILE",
		.help = "File with the token that both machines share"},
	{.name = "cpus",
		.type = OPTION_COUNTS,
		.offset = offsetof(struct mtu_config, cpus),
		.argument = "SENDER,RECEIVER",
		.help = "CPUs that the two ends are pinned to; by default two of different cores",
		.max = 8191,
		.incidental = true},
	{.name = "slice",
		.type = OPTION_TIME,
		.offset = offsetof(struct mtu_config, slice_ns),
		.argument = "TIME",
		.help = "How long a setting is measured before it is the next one's turn",
		.value = {"100ms", "100ms", "200ms"},
		.min = 1000000,
		.max = UINT64_C(60000000000)},
	{.name = "warm-up",
		.type = OPTION_TIME,
		.offset = offsetof(struct mtu_config, warm_ns),
		.argument = "TIME",
		.help = "How long each slice runs before it counts",
		.value = {"15ms"},
		.max = UINT64_C(60000000000)},
	{.name = "blocks",
		.letter = 'r',
		.type = OPTION_COUNT,
		.offset = offsetof(struct mtu_config, blocks),
		.argument = "N",
		.help = "Repetitions: each has two slices of every setting, in opposite order; fewer "
			"than 6 cannot give a 95 % interval",
		.value = {"6", "6", "20"},
		.min = 1,
		.max = 10000},
	{.name = NULL},
};

const struct metric_spec mtu_metrics[] = {
	[MTU_STREAM] = {"stream.throughput", "TCP throughput between pods", "bit/s", BETTER_HIGHER},
	[MTU_STREAM_CPU] = {"stream.cpu", "CPU time for a GB of TCP, both ends", "s/GB",
		BETTER_LOWER},
	[MTU_DATAGRAMS] = {"datagram.throughput", "UDP throughput in full packets", "bit/s",
		BETTER_HIGHER},
	[MTU_DATAGRAM_CPU] = {"datagram.cpu", "CPU time for a GB of UDP, both ends", "s/GB",
		BETTER_LOWER},
	[MTU_STREAM_SHARE] = {"share.stream", "TCP throughput, share of the right MTU's", "ratio",
		BETTER_HIGHER, .relative_to = "right MTU"},
	[MTU_DATAGRAM_SHARE] = {"share.datagram", "UDP throughput, share of the right MTU's",
		"ratio", BETTER_HIGHER, .relative_to = "right MTU"},
	[MTU_DATAGRAM_LOSS] = {"datagram.loss", "Datagrams lost where packets are", "ratio",
		BETTER_LOWER},
	[MTU_BY_SIZE] = {"cliff.throughput", "UDP throughput against packet size", "bit/s",
		BETTER_HIGHER, .against = "size"},
	[MTU_RECOVERY] = {"blackhole.recovery",
		"Time until a stream finds its way out of a black hole", "s", BETTER_LOWER},
	{.name = NULL},
};

uint32_t mtu_of_pods(const struct mtu_run *run, enum mtu_setting setting, enum way way)
{
	uint32_t right = run->path_mtu - way_rows[way].overhead4;

	if (setting == MTU_SMALL)
		return (uint32_t)run->config->small_mtu < right ? (uint32_t)run->config->small_mtu
								: right;
	if (setting == MTU_RIGHT)
		return right;
	/* What one gets who forgets the headers; without any, who believes the interface. */
	return way == WAY_NATIVE ? run->path_mtu + HEADROOM : run->path_mtu;
}

uint32_t mtu_on_path(const struct mtu_run *run, enum way way)
{
	uint32_t overhead = way_overhead(way, run->family);

	return way == WAY_NATIVE || overhead ? run->path_mtu - overhead : 0;
}

struct cluster mtu_cluster(const struct mtu_run *run, enum mtu_setting setting)
{
	struct cluster cluster = {.ways = run->ways,
		.link = CLUSTER_ROUTE,
		.offload = CLUSTER_OFFLOAD_PLAIN,
		.underlay_mtu = run->path_mtu + HEADROOM,
		.path_mtu = run->path_mtu};

	for (enum way way = 0; way < WAYS; way++)
		cluster.pod_mtu[way] = mtu_of_pods(run, setting, way);
	return cluster;
}

void mtu_ends(const struct mtu_run *run, const struct rig *rig, enum way way, int side,
	struct load_end *sender, struct load_end *receiver)
{
	static const char *const pods[] = {"pod-a", "pod-b"};

	*sender = (struct load_end){.netns = rig_host(rig, pods[side]), .cpu = run->cpus[0]};
	*receiver = (struct load_end){.netns = rig_host(rig, pods[!side]), .cpu = run->cpus[1]};
	cluster_address(way, side, AF_INET, &sender->from);
	cluster_address(way, !side, AF_INET, &receiver->address);
	sender->address = receiver->address;
}

static bool has(const struct mtu_config *use, enum mtu_test test)
{
	return use->tests & UINT64_C(1) << test;
}

static int check(void *settings, struct problem *problem)
{
	const struct mtu_config *use = settings;

	return cluster_check_cpus(&use->cpus, problem);
}

static double estimate(const void *settings)
{
	const struct mtu_config *use = settings;
	double blocks = (double)use->blocks;
	double each = 0;

	if (has(use, MTU_SEARCH))
		each += 1;
	if (has(use, MTU_PENALTY))
		each += 2 * (blocks + 1) *
			lane_block_s(MTU_SETTINGS, use->warm_ns, use->slice_ns, false);
	if (has(use, MTU_LOSS))
		each += MTU_SETTINGS * SECONDS(use->loss_ns) * 1.1;
	if (has(use, MTU_CLIFF))
		each += blocks * lane_block_s(12, use->warm_ns / 2, use->slice_ns / 2, false);
	if (has(use, MTU_HOLE))
		each += SECONDS(use->stall_ns) + 7;
	if (has(use, MTU_MISMATCH))
		each += 1;
	return (use->peer ? SEARCH_S : 1) +
	       each * __builtin_popcount(cluster_ways_here(use->ways, NULL));
}

static bool supported(const void *settings, struct obstacle *obstacle)
{
	const struct mtu_config *use = settings;

	return cluster_supported(use->ways, CLUSTER_ROUTE, obstacle) &&
	       (use->tests != UINT64_C(1) << MTU_LOSS || cluster_loss_supported(obstacle) == 0);
}

/* The path under test, with where its MTU comes from. */
static uint32_t path_mtu_of(const struct mtu_config *use, char *origin, size_t size)
{
	char interface[IFNAMSIZ];
	int64_t mtu;

	snprintf(origin, size, "--path-mtu");
	if (use->path_mtu)
		return (uint32_t)use->path_mtu;
	snprintf(origin, size, "Ethernet's, since no uplink tells");
	if (!uplink_find("/", interface) ||
		procfs_integer("/", &mtu, "/sys/class/net/%s/mtu", interface) < 0 ||
		mtu < PATH_LEAST || mtu > PATH_MOST)
		return 1500;
	snprintf(origin, size, "interface %s, which the default route leaves by", interface);
	return (uint32_t)mtu;
}

static void explain(const void *settings, FILE *out)
{
	const struct mtu_config *use = settings;
	char origin[120];
	struct mtu_run run = {.config = use,
		.path_mtu = path_mtu_of(use, origin, sizeof(origin)),
		.ways = cluster_ways_here(use->ways, NULL)};
	struct cluster cluster = mtu_cluster(&run, MTU_LARGE);
	struct rig_plan *plan = rig_plan_new();

	if (use->peer)
		snprintf(origin, sizeof(origin),
			"until packets with DF, sent to the peer, have told better");
	fprintf(out,
		"  Path MTU: %u (%s)\n"
		"  1. make pods and nodes, all of them network namespaces that end with the program,\n"
		"     with a router between the nodes whose further link has the path's MTU; three times,\n"
		"     with pods of an MTU that is right, too large and too small\n"
		"  2. send single packets with DF to find the largest that passes whole\n"
		"  3. %" PRIu64
		" times, for %.3g s each, there and back: TCP and UDP with each MTU\n"
		"  4. as --test says: with lost packets, by packet size, with ICMP filtered, with two\n"
		"     nodes of different MTU\n"
		"The hosts with the MTU too large by hand, as root:\n\n",
		run.path_mtu, origin, use->blocks, SECONDS(use->slice_ns));
	cluster_plan(&cluster, plan);
	rig_plan_print(plan, out);
	rig_plan_free(plan);
}

static int build(struct mtu_run *run, struct problem *problem)
{
	for (enum mtu_setting i = 0; i < MTU_SETTINGS; i++) {
		struct cluster cluster = mtu_cluster(run, i);
		struct rig_plan *plan = rig_plan_new();

		cluster_plan(&cluster, plan);
		run->rig[i] = rig_build(plan, problem);
		rig_plan_free(plan);
		if (!run->rig[i])
			return -EIO;
	}
	return 0;
}

static void record_path(const struct mtu_run *run, const char *origin)
{
	json_t *target = json_object();
	char text[512];

	json_object_set_new(
		target, "path", json_string("pod - node - router - node - pod, in this kernel"));
	json_object_set_new(target, "path MTU", json_integer(run->path_mtu));
	json_object_set_new(target, "known from", json_string(origin));
	if (run->config->peer)
		json_object_set_new(target, "peer",
			json_string(text_printable(run->config->peer, text, sizeof(text))));
	json_object_set_new(target, "sender's CPU", json_integer(run->cpus[0]));
	json_object_set_new(target, "receiver's CPU", json_integer(run->cpus[1]));
	record_target(run->record, target);
	if (!run->config->path_mtu && !run->config->peer)
		record_warn(run->record,
			"the path between real nodes may carry less than this host's interface (%u): "
			"measure between two of them with --peer",
			run->path_mtu);
}

static int measure(const void *settings, struct record *record, struct problem *problem)
{
	static int (*const tests[MTU_TESTS])(const struct mtu_run *, struct problem *) = {
		mtu_search, mtu_penalty, mtu_loss, mtu_cliff, mtu_hole, mtu_mismatch};
	/* Loss is put on the rigs that the others share, and stays. */
	static const enum mtu_test order[] = {
		MTU_SEARCH, MTU_PENALTY, MTU_CLIFF, MTU_HOLE, MTU_MISMATCH, MTU_LOSS};
	const struct mtu_config *use = settings;
	struct lane_company company = {0};
	char origin[120];
	struct mtu_run run = {.config = use,
		.record = record,
		.family = AF_INET,
		.company = &company,
		.path_mtu = path_mtu_of(use, origin, sizeof(origin)),
		.ways = cluster_ways_here(use->ways, record)};

	int result = 0;

	cluster_choose_cpus(&use->cpus, run.cpus);
	if (use->peer) {
		snprintf(origin, sizeof(origin), "packets sent to the peer");
		result = mtu_path_to_peer(&run, problem);
	}
	if (result == 0) {
		record_path(&run, origin);
		result = build(&run, problem);
	}
	if (result == 0) {
		mtu_record_advice(&run);
		cluster_skip_cpu_time(run.ways, run.cpus, record);
	}
	for (size_t i = 0; i < MTU_TESTS && result == 0 && !interrupt_pending(); i++)
		if (has(use, order[i]))
			result = tests[order[i]](&run, problem);
	lane_warn_of_company(&company, record);
	for (enum mtu_setting i = 0; i < MTU_SETTINGS; i++)
		rig_free(run.rig[i]);
	return result;
}

const struct bench bench = {
	.name = "mtu",
	.question = "Which MTU may pods have here, and what does a wrong one cost?",
	.method =
		"Encapsulation takes room in every packet. Pods that do not know send packets which, wrapped, are too "
		"large for the path: they are cut into fragments, for which each packet costs two, or they are dropped.\n\n"
		"The path is built in the running kernel between network namespaces: pod, node, router, node, pod. Its MTU is "
		"that of this host's uplink. For each encapsulation the right MTU is computed, and then searched by "
		"sending single packets which must not be fragmented and watching whether they arrive in one piece.\n\n"
		"What a wrong MTU costs is measured in turns, there and back, on the same two CPUs, as a share of what the "
		"right one gives. Test loss has a known part of the packets dropped, of which fragments "
		"lose more. Test hole filters the ICMP messages that would tell a sender that its packets are too large.\n\n"
		"There is no wire in it: what a provider's network does to large packets shows only between two real hosts. "
		"With --peer the path's MTU is found by sending to another machine, and each tunnel that both "
		"can make is tried with the MTU that follows from it.",
	.options = options,
	.config = &config,
	.metrics = mtu_metrics,
	.check = check,
	.estimate = estimate,
	.supported = supported,
	.explain = explain,
	.measure = measure,
};
