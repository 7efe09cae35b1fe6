/*
 * encap: what an overlay network costs, encapsulated against native pod traffic.
 */
#include "encap.h"

#include "descriptors.h"
#include "interrupt.h"
#include "text.h"

#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#define TRIALS_MAX  256 /* lists of 16 settings make fewer */
#define SECONDS(ns) ((double)(ns) / 1e9)
#define IPV6        UINT64_C(2) /* in the mask of families */

const char *const encap_test_names[] = {"stream", "packets", "rr", "crr", "path", NULL};
const char *const encap_offload_names[] = {"all", "plain", "none", NULL};
static const char *const family_names[] = {"ipv4", "ipv6", NULL};
static const char *const link_names[] = {"route", "bridge", NULL};
static struct encap_config config;

static const struct option_row options[] = {
	{.name = "encap",
		.letter = 'e',
		.type = OPTION_CHOICES,
		.offset = offsetof(struct encap_config, ways),
		.argument = "WAYS",
		.help = "Ways between the nodes to compare; native is always among them, and what the "
			"kernel lacks is skipped",
		.value = {"native,vxlan,ipip,geneve,gre,wireguard"},
		.choices = way_names},
	{.name = "test",
		.letter = 't',
		.type = OPTION_CHOICES,
		.offset = offsetof(struct encap_config, tests),
		.argument = "TESTS",
		.help = "What to measure: stream (TCP throughput), packets (UDP packets a second), rr "
			"(TCP request and response), crr (a new connection for each), path (loss, "
			"jitter and reordering of a few packets; always with --peer)",
		.value = {"stream,packets,rr,crr"},
		.choices = encap_test_names},
	{.name = "family",
		.letter = 'f',
		.type = OPTION_CHOICES,
		.offset = offsetof(struct encap_config, families),
		.argument = "FAMILIES",
		.help = "Of the pods' addresses; the nodes' are IPv4. Not with --peer",
		.value = {"ipv4", "ipv4", "ipv4,ipv6"},
		.choices = family_names},
	{.name = "offload",
		.type = OPTION_CHOICES,
		.offset = offsetof(struct encap_config, offloads),
		.argument = "LEVELS",
		.help = "What the nodes' interfaces do for the kernel: all (segments of tunnelled "
			"traffic too), plain (segments and checksums outside tunnels, as virtio has it), "
			"none. With several, those after plain are measured with stream alone. Not with --peer",
		.value = {"plain", "all,plain,none", "all,plain,none"},
		.choices = encap_offload_names},
	{.name = "flows",
		.type = OPTION_COUNTS,
		.offset = offsetof(struct encap_config, flows),
		.argument = "NUMBERS",
		.help = "Connections at a time in test stream; several make a sweep",
		.value = {"1", "1,4", "1,4,16"},
		.min = 1,
		.max = LOAD_FLOWS_MAX},
	{.name = "packet-size",
		.type = OPTION_SIZES,
		.offset = offsetof(struct encap_config, packet_sizes),
		.argument = "SIZES",
		.help = "Payload of a datagram in test packets; several make a sweep",
		.value = {"64", "64,1200", "64,512,1200"},
		.min = 16,
		.max = 65000},
	{.name = "request-size",
		.type = OPTION_SIZES,
		.offset = offsetof(struct encap_config, request_sizes),
		.argument = "SIZES",
		.help = "Bytes of a request and of its response in test rr; several make a sweep",
		.value = {"64", "64", "64,1024,16KiB"},
		.min = 1,
		.max = 1024 * 1024},
	{.name = "write-size",
		.type = OPTION_BYTES,
		.offset = offsetof(struct encap_config, write_bytes),
		.argument = "SIZE",
		.help = "Bytes that test stream hands to the kernel at a time",
		.value = {"128KiB"},
		.min = 1,
		.max = PEER_MESSAGE_MAX},
	{.name = "congestion",
		.type = OPTION_TEXT,
		.offset = offsetof(struct encap_config, congestion),
		.argument = "NAME",
		.help = "TCP congestion control, one that the kernel has at hand "
			"(net.ipv4.tcp_available_congestion_control); by default the host's"},
	{.name = "underlay-mtu",
		.type = OPTION_BYTES,
		.offset = offsetof(struct encap_config, underlay_mtu),
		.argument = "SIZE",
		.help = "MTU between the nodes; the pods get what each encapsulation leaves of it",
		.value = {"1500"},
		.min = 1400,
		.max = 65000},
	{.name = "pod-link",
		.type = OPTION_CHOICE,
		.offset = offsetof(struct encap_config, link_name),
		.argument = "KIND",
		.help = "How a pod is linked to its node: route (as Calico does) or bridge (as Flannel "
			"does)",
		.value = {"route"},
		.choices = link_names},
	{.name = "peer",
		.type = OPTION_TEXT,
		.offset = offsetof(struct encap_config, peer),
		.argument = "HOST[:PORT]",
		.help = "Measure to and from another machine, on which `seatrial serve` runs; the "
			"token comes from --token-file or SEATRIAL_TOKEN",
		.incidental = true},
	{.name = "token-file",
		.type = OPTION_PATH,
		.offset = offsetof(struct encap_config, token_file),
		.argument = "FILE",
		.help = "File with the token that both machines share"},
	{.name = "path-rate",
		.type = OPTION_COUNT,
		.offset = offsetof(struct encap_config, path_rate),
		.argument = "RATE",
		.help = "Packets a second in test path",
		.value = {"1k"},
		.min = 1,
		.max = 1000000},
	{.name = "cpus",
		.type = OPTION_COUNTS,
		.offset = offsetof(struct encap_config, cpus),
		.argument = "SENDER,RECEIVER",
		.help = "CPUs that the two ends are pinned to; by default two of different cores",
		.max = 8191,
		.incidental = true},
	{.name = "slice",
		.type = OPTION_TIME,
		.offset = offsetof(struct encap_config, slice_ns),
		.argument = "TIME",
		.help = "How long a way is measured before it is the next one's turn",
		.value = {"100ms"},
		.min = 1000000,
		.max = UINT64_C(60000000000)},
	{.name = "warm-up",
		.type = OPTION_TIME,
		.offset = offsetof(struct encap_config, warm_ns),
		.argument = "TIME",
		.help = "How long each slice runs before it counts",
		.value = {"15ms"},
		.max = UINT64_C(60000000000)},
	{.name = "blocks",
		.letter = 'r',
		.type = OPTION_COUNT,
		.offset = offsetof(struct encap_config, blocks),
		.argument = "N",
		.help = "Repetitions: each has two slices of every way, in opposite order; fewer than 6 "
			"cannot give a 95 % interval",
		.value = {"6", "24", "40"},
		.min = 1,
		.max = 10000},
	{.name = NULL},
};

static int check(void *settings, struct problem *problem)
{
	struct encap_config *use = settings;
	struct obstacle obstacle;

	use->ways |= UINT64_C(1) << WAY_NATIVE;
	if (use->peer)
		use->tests |= UINT64_C(1) << ENCAP_PATH;
	if (use->peer && use->cpus.count)
		return problem_set(problem, -EINVAL,
			"--cpus is for both ends on this machine: leave it out with --peer");
	use->link = !strcmp(use->link_name, "bridge") ? CLUSTER_BRIDGE : CLUSTER_ROUTE;
	/* Alone, it is why nothing can be measured: supported(). */
	use->without_ipv6 = use->families & IPV6 && use->families != IPV6 &&
			    cluster_ipv6_supported(&obstacle) < 0;
	if (use->without_ipv6)
		use->families &= ~IPV6;
	return cluster_check_cpus(&use->cpus, problem);
}

static double estimate(const void *settings)
{
	const struct encap_config *use = settings;
	static struct encap_trial trials[TRIALS_MAX];
	size_t ways = (size_t)__builtin_popcount(cluster_ways_here(use->ways, NULL));

	return 1 + (double)encap_list_trials(use, trials, TRIALS_MAX) * ((double)use->blocks + 1) *
			   lane_block_s(ways, use->warm_ns, use->slice_ns, use->peer != NULL);
}

static bool supported(const void *settings, struct obstacle *obstacle)
{
	const struct encap_config *use = settings;

	if (use->peer)
		return true;
	return cluster_supported(use->ways, (enum cluster_link)use->link, obstacle) &&
	       (use->families != IPV6 || cluster_ipv6_supported(obstacle) == 0);
}

static struct rig_plan *plan_of(const struct encap_config *use, uint32_t ways)
{
	struct cluster cluster = {
		.ways = ways,
		.link = (enum cluster_link)use->link,
		.offload = CLUSTER_OFFLOAD_PLAIN,
		.underlay_mtu = (uint32_t)use->underlay_mtu,
		.ipv6 = (use->families & IPV6) != 0,
	};
	struct rig_plan *plan = rig_plan_new();

	cluster_plan(&cluster, plan);
	return plan;
}

static void explain_peer(const struct encap_config *use, FILE *out)
{
	static struct encap_trial trials[TRIALS_MAX];

	fprintf(out, "  1. connect to ");
	text_print(out, use->peer);
	fprintf(out,
		" and prove the token\n"
		"  2. make both ends of a tunnel for each encapsulation that both machines can, each in\n"
		"     a network namespace that ends with the program\n"
		"  3. in %zu settings of test, direction and sizes: %llu times, for %.3g s each, there and\n"
		"     back through all ways, send to the peer or have it send\n"
		"  4. divide what each way reads by what no tunnel read in the same turn\n",
		encap_list_trials(use, trials, TRIALS_MAX), (unsigned long long)use->blocks,
		SECONDS(use->slice_ns));
}

static void explain(const void *settings, FILE *out)
{
	const struct encap_config *use = settings;
	static struct encap_trial trials[TRIALS_MAX];
	struct rig_plan *plan;

	if (use->peer) {
		explain_peer(use, out);
		return;
	}
	plan = plan_of(use, cluster_ways_here(use->ways, NULL));
	fprintf(out,
		"  1. make two pods on two nodes, all of them network namespaces that end with the\n"
		"     program, and between the nodes one way for each encapsulation\n"
		"  2. in %zu settings of test, offloads and sizes: %llu times, for %.3g s each, there and\n"
		"     back through all ways, send from pod to pod\n"
		"  3. divide what each way reads by what native routing read in the same turn\n"
		"The same hosts by hand, as root; then iperf3, sockperf or netperf between pod-a and\n"
		"pod-b:\n\n",
		encap_list_trials(use, trials, TRIALS_MAX), (unsigned long long)use->blocks,
		SECONDS(use->slice_ns));
	rig_plan_print(plan, out);
	rig_plan_free(plan);
}

static void record_rig(const struct encap_run *run)
{
	const struct encap_config *use = run->config;
	json_t *target = json_object();

	json_object_set_new(
		target, "path", json_string("pod - node - underlay - node - pod, in this kernel"));
	json_object_set_new(target, "pod link", json_string(use->link_name));
	json_object_set_new(target, "underlay MTU", json_integer((json_int_t)use->underlay_mtu));
	json_object_set_new(target, "sender's CPU", json_integer(run->cpus[0]));
	json_object_set_new(target, "receiver's CPU", json_integer(run->cpus[1]));
	record_target(run->record, target);
	if (run->cpus[0] == run->cpus[1])
		record_warn(run->record,
			"both ends share one CPU: throughput is that of sending and receiving in turns");
}

static int run_trials(struct encap_run *run, struct problem *problem)
{
	static struct encap_trial trials[TRIALS_MAX];
	size_t count = encap_list_trials(run->config, trials, TRIALS_MAX);
	enum cluster_offload offload = CLUSTER_OFFLOAD_PLAIN;
	int result = 0;

	for (size_t i = 0; i < count && result == 0 && !interrupt_pending(); i++) {
		if (run->rig && trials[i].offload != offload) {
			struct rig_plan *plan = rig_plan_new();

			offload = trials[i].offload;
			cluster_plan_offload(offload, plan);
			result = rig_apply(run->rig, plan, problem);
			rig_plan_free(plan);
		}
		if (result == 0)
			result = encap_run_trial(run, &trials[i], problem);
	}
	return result;
}

/* Each flow of a way has a socket at either end. */
static int make_room(const struct encap_config *use, struct problem *problem)
{
	size_t ways = (size_t)__builtin_popcount(cluster_ways_here(use->ways, NULL));
	uint64_t flows = 1;
	char what[64];

	for (size_t i = 0; i < use->flows.count; i++)
		flows = use->flows.at[i] > flows ? use->flows.at[i] : flows;
	snprintf(what, sizeof(what), "%llu flows over %zu ways", (unsigned long long)flows, ways);
	return descriptors_raise(2 * (size_t)flows * ways, what, problem);
}

static int build(struct encap_run *run, struct problem *problem)
{
	const struct encap_config *use = run->config;
	struct obstacle obstacle;

	if (use->without_ipv6 && cluster_ipv6_supported(&obstacle) < 0)
		record_skip(run->record, "family ipv6", obstacle.why, obstacle.enable);
	cluster_choose_cpus(&use->cpus, run->cpus);
	run->ways = cluster_ways_here(use->ways, run->record);
	struct rig_plan *plan = plan_of(use, run->ways);
	run->rig = rig_build(plan, problem);
	rig_plan_free(plan);
	if (!run->rig)
		return -EIO;
	record_rig(run);
	cluster_skip_cpu_time(run->ways, run->cpus, run->record);
	return 0;
}

static int measure(const void *settings, struct record *record, struct problem *problem)
{
	const struct encap_config *use = settings;
	struct lane_company company = {0};
	struct encap_run run = {.config = use, .record = record, .company = &company};
	int result = make_room(use, problem);

	if (result == 0)
		result = use->peer ? encap_connect(&run, problem) : build(&run, problem);
	if (result == 0)
		result = run_trials(&run, problem);
	lane_warn_of_company(&company, record);
	rig_free(run.rig);
	peer_close(run.peer);
	return result;
}

const struct bench bench = {
	.name = "encap",
	.question = "What does the overlay network of a cluster cost here?",
	.method =
		"CNI plugins carry pod traffic between nodes natively, by plain routes (Calico with BGP, "
		"Flannel's host-gw), or wrapped into other packets: VXLAN (Flannel, Calico), IPIP (Calico), "
		"Geneve (Cilium, Antrea, OVN), GRE, or encrypted (WireGuard). Each is built as the plugin builds "
		"it, in the running kernel, between network namespaces: pod, node, underlay, node, pod. "
		"All exist at once, and the destination's address chooses among them.\n\n"
		"The ways take turns of a fraction of a second, there and back, on the same two CPUs; what "
		"counts is each one's reading as a share of native routing's in the same turn. What makes the "
		"host faster or slower for a while does it to all of them.\n\n"
		"Which work the network card takes from the kernel decides the answer. By default the nodes' "
		"interfaces do what virtio does, segments and checksums but not inside tunnels, so that the kernel cuts "
		"tunnelled traffic into packets as it would on a VPS.\n\n"
		"There is no wire in it: it tells what the host's processors can encapsulate, which is the "
		"limit wherever the wire is faster. With --peer the same is measured between two machines, in both "
		"directions, over their own interfaces and whatever lies between.",
	.options = options,
	.config = &config,
	.metrics = encap_metrics,
	.distributions = encap_distributions,
	.check = check,
	.estimate = estimate,
	.supported = supported,
	.explain = explain,
	.measure = measure,
};
