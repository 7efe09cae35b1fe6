/* The processor: model, count, topology, what binaries it can run, frequency, vulnerabilities,
 * steal. */
#include "host.h"

#include "procfs.h"

#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TOPIC "Processor"

#define SOURCE_KUBEADM                                                                             \
	"https://kubernetes.io/docs/setup/production-environment/tools/kubeadm/install-kubeadm/"   \
	"#before-you-begin"

static void report_model(const struct host *host, const char *cpuinfo)
{
	static const char *const keys[] = {
		"model name", "Model", "Processor", "cpu model", "uarch", "cpu"};
	char model[256] = "";

	for (size_t i = 0; i < sizeof(keys) / sizeof(*keys) && !model[0]; i++)
		procfs_lookup(cpuinfo, keys[i], model, sizeof(model));
	if (model[0])
		record_fact(host->record, &(struct fact){.id = "cpu.model",
						  .topic = TOPIC,
						  .title = "Model",
						  .status = FACT_INFO,
						  .value = host_text("%s", model)});
	else
		host_unknown(host, "cpu.model", TOPIC, "Model", "/proc/cpuinfo names no processor.",
			NULL);
}

static void report_count(const struct host *host)
{
	cpu_set_t allowed;
	int64_t usable = host->cpus;
	struct fact fact = {.id = "cpu.count",
		.topic = TOPIC,
		.title = "Processors",
		.status = FACT_PASS,
		.unit = "1",
		.source = SOURCE_KUBEADM};

	if (host->live && sched_getaffinity(0, sizeof(allowed), &allowed) == 0 &&
		(!usable || CPU_COUNT(&allowed) < usable))
		usable = CPU_COUNT(&allowed);
	if (!usable) {
		host_unknown(host, fact.id, TOPIC, fact.title,
			"/sys/devices/system/cpu/online does not tell.", "Mount /sys.");
		return;
	}
	fact.value = json_integer(usable);
	fact.why =
		usable < host->cpus
			? host_say(
				  "%lld processors are online, of which this process may use %lld.",
				  (long long)host->cpus, (long long)usable)
			: "Enough for a control plane node, which needs 2.";
	if (usable < 2) {
		fact.status = FACT_WARN;
		fact.why =
			"kubeadm refuses to set up a control plane on fewer than 2 processors; a small "
			"worker can do with one.";
		fact.remedy =
			"Choose a plan with at least 2 processors, or use this one as a worker only.";
	}
	record_fact(host->record, &fact);
}

/* Distinct values of a topology file (or a pair of them) over all processors. */
static size_t count_distinct(
	const struct host *host, char **cpus, ssize_t count, const char *first, const char *second)
{
	int64_t seen[1024][2];
	size_t distinct = 0;

	for (ssize_t i = 0; i < count && distinct < 1024; i++) {
		int64_t a, b = 0;
		size_t at = 0;

		if (strncmp(cpus[i], "cpu", 3) != 0 || strspn(cpus[i] + 3, "0123456789") == 0 ||
			procfs_integer(host->root, &a, "/sys/devices/system/cpu/%s/topology/%s",
				cpus[i], first) ||
			(second &&
				procfs_integer(host->root, &b,
					"/sys/devices/system/cpu/%s/topology/%s", cpus[i], second)))
			continue;
		while (at < distinct && (seen[at][0] != a || seen[at][1] != b))
			at++;
		seen[at][0] = a;
		seen[at][1] = b;
		distinct += at == distinct;
	}
	return distinct;
}

static void report_topology(const struct host *host)
{
	char *names[2048], nodes[256] = "";
	ssize_t count = procfs_names(host->root, names, 2048, "/sys/devices/system/cpu");
	size_t sockets = count_distinct(host, names, count, "physical_package_id", NULL);
	size_t cores = count_distinct(host, names, count, "physical_package_id", "core_id");
	struct fact fact = {
		.id = "cpu.topology", .topic = TOPIC, .title = "Topology", .status = FACT_INFO};

	procfs_names_free(names, count);
	if (!sockets || !cores || !host->cpus) {
		host_unknown(host, fact.id, TOPIC, fact.title,
			"/sys/devices/system/cpu does not tell how processors share cores.", NULL);
		return;
	}
	procfs_line(host->root, nodes, sizeof(nodes), "/sys/devices/system/node/online");
	int64_t numa = host_count_list(nodes);
	int64_t threads = host->cpus / (int64_t)cores;
	fact.value = host_text("%zu socket%s, %zu core%s, %lld thread%s per core, %lld NUMA node%s",
		sockets, sockets == 1 ? "" : "s", cores, cores == 1 ? "" : "s", (long long)threads,
		threads == 1 ? "" : "s", (long long)(numa > 0 ? numa : 1), numa > 1 ? "s" : "");
	fact.why =
		host->platform.hypervisor[0]
			? "As the hypervisor presents it: a virtual processor may be a whole "
			  "core, one thread of a core, or a share of one; seatrial measures which."
		: threads > 1 ? "Two threads of one core share its speed."
			      : NULL;
	record_fact(host->record, &fact);
}

/* Levels of the x86-64 psABI (gitlab.com/x86-psABIs/x86-64-ABI): the flags that each adds, as
 * /proc/cpuinfo names them ("abm" stands for lzcnt). */
static const char *const levels[][12] = {
	{"cmov", "cx8", "fpu", "fxsr", "mmx", "syscall", "sse", "sse2", NULL},
	{"cx16", "lahf_lm", "popcnt", "sse4_1", "sse4_2", "ssse3", NULL},
	{"avx", "avx2", "bmi1", "bmi2", "f16c", "fma", "abm", "movbe", "xsave", NULL},
	{"avx512f", "avx512bw", "avx512cd", "avx512dq", "avx512vl", NULL},
};

static bool has_flag(const char *flags, const char *flag)
{
	size_t length = strlen(flag);

	for (const char *at = flags; (at = strstr(at, flag)); at += length)
		if ((at == flags || at[-1] == ' ') && (at[length] == ' ' || !at[length]))
			return true;
	return false;
}

static void report_level(const struct host *host, const char *cpuinfo)
{
	char flags[8192];
	size_t level = 0;
	struct fact fact = {.id = "cpu.x86_64_level",
		.topic = TOPIC,
		.title = "Instruction set level",
		.status = FACT_PASS,
		.why = "Programs built for this level of x86-64 run here.",
		.source =
			"x86-64 psABI, micro-architecture levels (gitlab.com/x86-psABIs/x86-64-ABI)"};

	if (procfs_lookup(cpuinfo, "flags", flags, sizeof(flags)) || !has_flag(flags, "lm"))
		return; /* not an x86-64 */
	while (level < 4) {
		const char *const *flag = levels[level];
		while (*flag && has_flag(flags, *flag))
			flag++;
		if (*flag)
			break;
		level++;
	}
	fact.value = host_text("x86-64-v%zu", level ? level : 1);
	if (level < 2) {
		fact.status = FACT_WARN;
		fact.why =
			"Container images based on newer distributions (Red Hat 9 and its family) need "
			"x86-64-v2 and will not start: the hypervisor hides what its processor can do.";
		fact.remedy =
			"Ask the provider to set the virtual processor to \"host\" (host-passthrough) "
			"instead of kvm64 or qemu64.";
	} else if (level < 3) {
		fact.status = FACT_INFO;
		fact.why =
			"Most images run; some need x86-64-v3 (AVX2), for instance Red Hat 10's.";
		fact.remedy =
			"If you need such images, ask for a processor with AVX2, passed through.";
	}
	record_fact(host->record, &fact);
}

static void report_governor(const struct host *host)
{
	char governor[32], driver[32] = "";
	struct fact fact = {.id = "cpu.frequency_governor",
		.topic = TOPIC,
		.title = "Frequency governor",
		.status = FACT_PASS,
		.source = "https://docs.kernel.org/admin-guide/pm/cpufreq.html"};

	if (procfs_line(host->root, governor, sizeof(governor),
		    "/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor")) {
		if (!host->cpus) {
			host_unknown(host, fact.id, TOPIC, fact.title,
				"/sys/devices/system/cpu does not tell.", "Mount /sys.");
			return;
		}
		fact.status = FACT_INFO;
		fact.value = host_text("not exposed");
		fact.why =
			"The frequency is not this system's to set: the hypervisor or firmware decides.";
		record_fact(host->record, &fact);
		return;
	}
	procfs_line(host->root, driver, sizeof(driver),
		"/sys/devices/system/cpu/cpu0/cpufreq/scaling_driver");
	fact.value = host_text("%s", governor);
	/* These two drivers leave "powersave" to the hardware, which does raise the frequency. */
	bool active = !strcmp(driver, "intel_pstate") || !strcmp(driver, "amd-pstate-epp");
	if (!strcmp(governor, "powersave") && !active) {
		fact.status = FACT_WARN;
		fact.why =
			"The processor is held at its lowest frequency: everything takes longer.";
		fact.remedy = "Run: cpupower frequency-set -g performance";
	} else if (strcmp(governor, "performance") != 0 && strcmp(governor, "schedutil") != 0) {
		fact.status = FACT_INFO;
		fact.why =
			"The frequency follows the load with some delay, which short bursts notice.";
		fact.remedy = "For steady latency: cpupower frequency-set -g performance";
	}
	record_fact(host->record, &fact);
}

static void report_vulnerabilities(const struct host *host)
{
	char *names[128], line[256], list[512] = "";
	ssize_t count =
		procfs_names(host->root, names, 128, "/sys/devices/system/cpu/vulnerabilities");
	int open = 0;
	struct fact fact = {.id = "cpu.vulnerabilities",
		.topic = TOPIC,
		.title = "Processor vulnerabilities left open",
		.status = FACT_PASS,
		.source = "https://docs.kernel.org/admin-guide/hw-vuln/"};

	if (count <= 0) {
		host_unknown(host, fact.id, TOPIC, fact.title,
			"The kernel does not list them (Linux 4.15 and newer do).",
			"Use a newer kernel.");
		return;
	}
	for (ssize_t i = 0; i < count; i++)
		if (!procfs_line(host->root, line, sizeof(line),
			    "/sys/devices/system/cpu/vulnerabilities/%s", names[i]) &&
			!strncmp(line, "Vulnerable", 10)) {
			size_t used = strlen(list);
			snprintf(list + used, sizeof(list) - used, "%s%s", open++ ? ", " : "",
				names[i]);
		}
	procfs_names_free(names, count);
	fact.value = open ? host_text("%s", list) : host_text("none");
	if (open) {
		fact.status = FACT_INFO;
		fact.why =
			"Pods, or neighbours on the same machine, may be able to read each other's data.";
		fact.remedy =
			"Update the kernel; if that does not help, ask the provider for updated "
			"microcode that the virtual machine can see.";
	}
	record_fact(host->record, &fact);
}

/* Time in which the hypervisor ran somebody else although this machine had work, as a share of the
 * time it wanted to run (user, nice, system, irq, softirq, steal), since boot. */
static void report_steal(const struct host *host)
{
	char line[512];
	unsigned long long user, nice, system, idle, wait, irq, softirq, steal;
	struct fact fact = {.id = "cpu.steal",
		.topic = TOPIC,
		.title = "Processor time stolen since boot",
		.status = FACT_PASS,
		.unit = "ratio",
		.source = "proc_stat(5)"};

	if (procfs_line(host->root, line, sizeof(line), "/proc/stat") ||
		sscanf(line, "cpu %llu %llu %llu %llu %llu %llu %llu %llu", &user, &nice, &system,
			&idle, &wait, &irq, &softirq, &steal) != 8 ||
		user + nice + system + irq + softirq + steal == 0) {
		host_unknown(host, fact.id, TOPIC, fact.title, "/proc/stat does not tell.", NULL);
		return;
	}
	double ratio = (double)steal / (double)(user + nice + system + irq + softirq + steal);
	fact.value = json_real(ratio);
	fact.why = host->platform.hypervisor[0]
			   ? "Of the time this machine wanted to run. Some hypervisors do not tell "
			     "their guests, so that 0 proves nothing."
			   : NULL;
	if (ratio > 0.10) {
		fact.status = FACT_WARN;
		fact.why =
			"The machine shares its processor with neighbours that use it a lot: requests wait "
			"for a processor that is somewhere else.";
		fact.remedy =
			"Choose a plan with dedicated processors, or ask to be moved to another machine.";
	} else if (ratio > 0.02) {
		fact.status = FACT_INFO;
		fact.why = "Neighbours take a noticeable part of the processor.";
	}
	record_fact(host->record, &fact);
}

void host_cpu(struct host *host)
{
	char *cpuinfo = NULL;

	if (procfs_slurp(host->root, &cpuinfo, 8U << 20, "/proc/cpuinfo") < 0)
		cpuinfo = NULL;
	report_model(host, cpuinfo ? cpuinfo : "");
	report_count(host);
	report_topology(host);
	report_level(host, cpuinfo ? cpuinfo : "");
	report_governor(host);
	report_vulnerabilities(host);
	report_steal(host);
	free(cpuinfo);
}
