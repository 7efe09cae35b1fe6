/*
 * service: what a Service's address costs: iptables, IPVS and nftables at N Services.
 */
#include "service.h"

#include "cpus.h"
#include "site.h"

#include <errno.h>
#include <stddef.h>
#include <stdlib.h>

#define SECONDS(ns) ((double)(ns) / 1e9)

static const char *const test_names[] = {"lookup", "connect", "program", "policy", NULL};
static const char *const protocol_names[] = {"udp", "tcp", NULL};
static const char *const scheduler_names[] = {"rr", "wrr", "sh", NULL};
static struct service_config config;

static const struct option_row options[] = {
	{.name = "mode",
		.letter = 'm',
		.type = OPTION_CHOICES,
		.offset = offsetof(struct service_config, modes),
		.argument = "MODES",
		.help = "Modes of kube-proxy to compare; what the kernel lacks is skipped",
		.value = {"iptables-legacy,iptables-nft,ipvs,nftables"},
		.choices = mode_names},
	{.name = "test",
		.letter = 't',
		.type = OPTION_CHOICES,
		.offset = offsetof(struct service_config, tests),
		.argument = "TESTS",
		.help = "What to measure: lookup (what the first packet of a connection pays, and "
			"those after it), connect (TCP connections a second, CPU time for each), program "
			"(writing the rules), policy (NetworkPolicy)",
		.value = {"lookup,connect,program", "lookup,connect,program,policy",
			"lookup,connect,program,policy"},
		.choices = test_names},
	{.name = "sweep",
		.letter = 'n',
		.type = OPTION_COUNTS,
		.offset = offsetof(struct service_config, sweep),
		.argument = "NUMBERS",
		.help = "Numbers of Services to measure at, but for test program",
		.value = {"100,1000,3000", "1,100,1000,2000,5000,10000",
			"1,100,1000,2000,5000,10000,20000,50000"},
		.min = 1,
		.max = RULES_SERVICES_MAX},
	{.name = "program-sweep",
		.type = OPTION_COUNTS,
		.offset = offsetof(struct service_config, program_sweep),
		.argument = "NUMBERS",
		.help = "Numbers of Services for test program, which takes longest",
		.value = {"1000", "100,1000,10000", "1,100,1000,2000,5000,10000,20000,50000"},
		.min = 1,
		.max = RULES_SERVICES_MAX},
	{.name = "services",
		.letter = 'N',
		.type = OPTION_COUNT,
		.offset = offsetof(struct service_config, services),
		.argument = "N",
		.help = "Services of your own cluster, for a prediction: counted by ports, as kube-proxy "
			"does; measured at, too",
		.max = RULES_SERVICES_MAX},
	{.name = "endpoints",
		.letter = 'E',
		.type = OPTION_COUNT,
		.offset = offsetof(struct service_config, endpoints),
		.argument = "N",
		.help = "Endpoints of each Service",
		.value = {"2"},
		.min = 1,
		.max = RULES_ENDPOINTS_MAX},
	{.name = "connections-per-second",
		.letter = 'R',
		.type = OPTION_COUNT,
		.offset = offsetof(struct service_config, connections_per_s),
		.argument = "RATE",
		.help = "New connections a second on a node of your own cluster, for a prediction",
		.max = 10000000},
	{.name = "limit",
		.type = OPTION_TIME,
		.offset = offsetof(struct service_config, limit_ns),
		.argument = "TIME",
		.help = "What you would let a mode add to a connection's first packet; the number of "
			"Services that takes it there is told",
		.value = {"100us"},
		.min = 1000,
		.max = UINT64_C(10000000000)},
	{.name = "protocol",
		.type = OPTION_CHOICES,
		.offset = offsetof(struct service_config, protocols),
		.argument = "PROTOCOLS",
		.help = "Of the Services; with both, every other one is UDP",
		.value = {"udp,tcp"},
		.choices = protocol_names},
	{.name = "from",
		.type = OPTION_CHOICES,
		.offset = offsetof(struct service_config, origins),
		.argument = "ORIGINS",
		.help = "Where connections come from: pod (the node's PREROUTING), node (its OUTPUT)",
		.value = {"pod", "pod,node", "pod,node"},
		.choices = service_origin_names},
	{.name = "scheduler",
		.type = OPTION_CHOICE,
		.offset = offsetof(struct service_config, scheduler),
		.argument = "NAME",
		.help = "How IPVS chooses an endpoint",
		.value = {"rr"},
		.choices = scheduler_names},
	{.name = "policies",
		.type = OPTION_COUNTS,
		.offset = offsetof(struct service_config, policies),
		.argument = "NUMBERS",
		.help = "Numbers of NetworkPolicies that select a pod, for test policy",
		.value = {"10,100", "1,10,100,1000", "1,10,100,1000"},
		.min = 1,
		.max = 10000},
	{.name = "blocks",
		.letter = 'r',
		.type = OPTION_COUNT,
		.offset = offsetof(struct service_config, blocks),
		.argument = "N",
		.help = "Repetitions: each has two turns of every mode, in opposite order; fewer than 6 "
			"cannot give a 95 % interval",
		.value = {"6", "15", "30"},
		.min = 1,
		.max = 10000},
	{.name = "exchanges",
		.type = OPTION_COUNT,
		.offset = offsetof(struct service_config, exchanges),
		.argument = "N",
		.help = "How many connections a turn begins, one after another",
		.value = {"24", "28", "64"},
		.min = 4,
		.max = 1000},
	{.name = "connect-time",
		.type = OPTION_TIME,
		.offset = offsetof(struct service_config, connect_ns),
		.argument = "TIME",
		.help = "Length of a turn in test connect",
		.value = {"10ms", "10ms", "40ms"},
		.min = 1000000,
		.max = UINT64_C(10000000000)},
	{.name = "updates",
		.type = OPTION_COUNT,
		.offset = offsetof(struct service_config, updates),
		.argument = "N",
		.help = "Repetitions in test program",
		.value = {"3", "3", "10"},
		.min = 1,
		.max = 1000},
	{.name = "program-limit",
		.type = OPTION_TIME,
		.offset = offsetof(struct service_config, program_limit_ns),
		.argument = "TIME",
		.help = "What would take longer than this to program is left out, by what fewer "
			"Services took",
		.value = {"8s", "20s", "5m"},
		.min = 10000000,
		.max = UINT64_C(86400000000000)},
	{.name = "cpu",
		.type = OPTION_COUNTS,
		.offset = offsetof(struct service_config, cpu),
		.argument = "CPU",
		.help = "CPU that both ends of the exchanges are pinned to; by default the last",
		.max = 8191,
		.incidental = true},
	{.name = NULL},
};

static uint64_t largest(const struct service_config *use)
{
	uint32_t sizes[READINGS_SIZES_MAX];
	size_t count = service_sizes(use, sizes);

	return count ? sizes[count - 1] : 0;
}

static int check(void *settings, struct problem *problem)
{
	struct service_config *use = settings;

	if (use->modes == UINT64_C(1) << MODE_NONE)
		return problem_set(problem, -EINVAL,
			"--mode=none has nothing to be compared with: name another one, too");
	use->modes |= UINT64_C(1) << MODE_NONE;
	/* A Service comes and goes beside those that are there. */
	if ((largest(use) + 1) * use->endpoints > RULES_ADDRESSES)
		return problem_set(problem, -EINVAL,
			"%llu Services with %llu endpoints each are more than there are addresses for: "
			"give no more than %llu of these Services, or fewer --endpoints",
			(unsigned long long)largest(use), (unsigned long long)use->endpoints,
			(unsigned long long)(RULES_ADDRESSES / use->endpoints - 1));
	if (use->cpu.count > 1)
		return problem_set(problem, -EINVAL, "--cpu names %zu: give one", use->cpu.count);
	return 0;
}

static uint32_t modes_here(const struct service_config *use, struct record *record)
{
	uint32_t modes = UINT32_C(1) << MODE_NONE;

	for (enum mode mode = MODE_NONE + 1; mode < MODES; mode++) {
		struct obstacle obstacle;

		if (!(use->modes & UINT64_C(1) << mode))
			continue;
		if (mode_supported(mode, &obstacle) == 0)
			modes |= UINT32_C(1) << mode;
		else if (record)
			record_skip(record, mode_rows[mode].title, obstacle.why, obstacle.enable);
	}
	return modes;
}

static bool supported(const void *settings, struct obstacle *obstacle)
{
	const struct service_config *use = settings;

	if (rig_supported(obstacle) < 0)
		return false;
	/* The last mode that is not there tells why. */
	for (enum mode mode = MODE_NONE + 1; mode < MODES; mode++)
		if (use->modes & UINT64_C(1) << mode && mode_supported(mode, obstacle) == 0)
			return true;
	return false;
}

static double estimate(const void *settings)
{
	const struct service_config *use = settings;

	return service_estimate(use, modes_here(use, NULL));
}

/* Two Services, to be repeated by hand. */
static void print_hosts(const struct service_config *use, FILE *out)
{
	const struct rules rules = service_rules(use);
	uint32_t modes = modes_here(use, NULL);
	struct rig_plan *plan = rig_plan_new();

	site_plan(modes, plan);
	for (enum mode mode = MODE_NONE + 1; mode < MODES; mode++) {
		if (!(modes & UINT32_C(1) << mode))
			continue;
		rules_begin(&rules, mode, plan);
		rules_add(&rules, mode, 0, 2, plan);
	}
	rig_plan_print(plan, out);
	rig_plan_free(plan);
}

static void explain(const void *settings, FILE *out)
{
	const struct service_config *use = settings;

	fprintf(out,
		"  1. make a pod on a node for each mode, and one backend that has the address of\n"
		"     every endpoint; all of them are network namespaces that end with the program\n"
		"  2. bring the nodes to each of %zu numbers of Services, the largest %llu, as\n"
		"     kube-proxy does when they are new\n"
		"  3. at each, %llu times, there and back through all modes: begin %llu connections,\n"
		"     one after another, to the first, the middle, the last and any Service and to an\n"
		"     address that is none; for %.3g s, open and close TCP connections to any Service\n"
		"  4. take off what no rules read in the same turn\n"
		"  5. at %zu numbers, write the rules in other ways that kube-proxy has, and look at\n"
		"     time, memory and what new connections feel of it\n"
		"The same hosts with two Services by hand, as root; then ask 10.96.0.10, port 80, from\n"
		"a pod, with a server in the backend on port %d of every address:\n\n",
		use->sweep.count, (unsigned long long)largest(use), (unsigned long long)use->blocks,
		(unsigned long long)use->exchanges, SECONDS(use->connect_ns),
		use->program_sweep.count, RULES_TARGET_PORT);
	print_hosts(use, out);
}

static void record_hosts(const struct service_run *run)
{
	const struct service_config *use = run->config;
	json_t *target = json_object();

	json_object_set_new(target, "path", json_string("pod - node - backend, in this kernel"));
	json_object_set_new(
		target, "endpoints of a Service", json_integer((json_int_t)use->endpoints));
	json_object_set_new(target, "CPU of both ends", json_integer(run->cpu));
	record_target(run->record, target);
}

static int measure(const void *settings, struct record *record, struct problem *problem)
{
	const struct service_config *use = settings;
	struct service_run run = {.config = use,
		.record = record,
		.rules = service_rules(use),
		.cpu = use->cpu.count ? (int)use->cpu.at[0] : cpus_last()};

	run.modes = modes_here(use, record);
	record_hosts(&run);
	return service_sweep(&run, problem);
}

const struct bench bench = {
	.name = "service",
	.question = "What does a Service's address cost here, and in which mode of kube-proxy?",
	.method = service_method,
	.sections = service_sections,
	.options = options,
	.config = &config,
	.metrics = service_metrics,
	.distributions = service_distributions,
	.check = check,
	.estimate = estimate,
	.supported = supported,
	.explain = explain,
	.measure = measure,
};
