/* Memory, swap, and how much the machine already waits for something. */
#include "host.h"

#include "procfs.h"
#include "units.h"

#include <stdio.h>
#include <string.h>

#define TOPIC "Memory"

#define MIB (INT64_C(1) << 20)

/* kubeadm's ControlPlaneMem (cmd/kubeadm/app/constants/constants.go), and what K3s asks of an agent
 * (docs.k3s.io/installation/requirements), the least of any common distribution. */
#define CONTROL_PLANE_MIB 1700
#define AGENT_MIB         512

static void report_total(const struct host *host)
{
	int64_t total = host->memory_total_bytes;
	struct fact fact = {.id = "memory.total",
		.topic = TOPIC,
		.title = "Memory",
		.status = FACT_PASS,
		.unit = "B",
		.source = "https://kubernetes.io/docs/setup/production-environment/tools/kubeadm/"
			  "install-kubeadm/#before-you-begin"};

	if (!total) {
		host_unknown(
			host, fact.id, TOPIC, fact.title, "/proc/meminfo does not tell.", NULL);
		return;
	}
	fact.value = json_integer(total);
	if (total < AGENT_MIB * MIB) {
		fact.status = FACT_FAIL;
		fact.why =
			"Less than even a minimal worker (K3s agent: 512 MiB) needs before any pod runs.";
		fact.remedy = "Choose a plan with at least 2 GiB.";
		fact.source = "https://docs.k3s.io/installation/requirements";
	} else if (total < CONTROL_PLANE_MIB * MIB) {
		fact.status = FACT_WARN;
		fact.why =
			"kubeadm refuses a control plane with less than 1700 MiB, and a worker has little "
			"left for pods.";
		fact.remedy =
			"Choose a plan with at least 2 GiB, or use this one as a small worker.";
	}
	record_fact(host->record, &fact);
}

static void report_available(const struct host *host, const char *meminfo)
{
	int64_t available;
	struct fact fact = {.id = "memory.available",
		.topic = TOPIC,
		.title = "Memory available",
		.status = FACT_PASS,
		.unit = "B",
		.why = "What new programs can have without swapping.",
		.source = "proc_meminfo(5)"};

	if (procfs_lookup_integer(meminfo, "MemAvailable", &available)) {
		host_unknown(host, fact.id, TOPIC, fact.title,
			"/proc/meminfo does not tell (Linux 3.14 and newer do).", NULL);
		return;
	}
	fact.value = json_integer(available * 1024);
	if (available * 1024 < AGENT_MIB * MIB) {
		fact.status = FACT_WARN;
		fact.why =
			"Other programs have taken nearly all memory: the kubelet would evict pods at once.";
		fact.remedy =
			"Find what uses it (ps -eo rss,comm --sort=-rss | head), or choose more memory.";
	}
	record_fact(host->record, &fact);
}

/* "/dev/vda2 partition 1048572 0 -2": one line each, below a heading. */
static void report_swap(const struct host *host)
{
	char text[8192], value[256] = "", *rest = text, *line;
	struct fact fact = {.id = "swap.active",
		.topic = TOPIC,
		.title = "Swap",
		.status = FACT_PASS,
		.why = "The kubelet starts as it comes.",
		.source = "https://kubernetes.io/docs/reference/node/swap-behavior/"};
	bool read = procfs_read(host->root, text, sizeof(text), "/proc/swaps") >= 0;

	/* Without CONFIG_SWAP there is no such file. */
	if (!read && !procfs_exists(host->root, "/proc/meminfo")) {
		host_unknown(host, fact.id, TOPIC, fact.title, "/proc/swaps does not tell.",
			"Mount /proc.");
		return;
	}
	strsep(&rest, "\n");
	while (rest && (line = strsep(&rest, "\n"))) {
		char name[128];
		long long kib;
		size_t used = strlen(value);

		if (sscanf(line, "%127s %*s %lld", name, &kib) == 2)
			snprintf(value + used, sizeof(value) - used, "%s%s (%s)", used ? ", " : "",
				name, BYTES(kib * 1024));
	}
	fact.value = host_text("%s", value[0] ? value : "none");
	if (value[0]) {
		fact.status = FACT_WARN;
		fact.why =
			"The kubelet does not start while swap is in use, unless it is told to tolerate it: "
			"a pod that swaps slows down everything on the node.";
		fact.remedy =
			"Run: swapoff -a, and put a # before the swap lines in /etc/fstab (for zram: remove "
			"the zram-generator package). Or set failSwapOn: false for the kubelet.";
	}
	record_fact(host->record, &fact);
}

/* Pressure stall information: the share of the last minute in which at least one task waited. */
static void report_pressure(const struct host *host, const char *what, const char *title)
{
	char line[256], id[32];
	double minute;
	struct fact fact = {.id = id,
		.topic = "Load",
		.title = title,
		.status = FACT_PASS,
		.unit = "ratio",
		.source = "https://docs.kernel.org/accounting/psi.html"};

	snprintf(id, sizeof(id), "pressure.%s", what);
	if (procfs_line(host->root, line, sizeof(line), "/proc/pressure/%s", what) ||
		sscanf(line, "some avg10=%*f avg60=%lf", &minute) != 1) {
		host_unknown(host, id, fact.topic, title,
			"The kernel keeps no pressure statistics (Linux 4.20, CONFIG_PSI).",
			"Boot with psi=1 on the kernel's command line.");
		return;
	}
	fact.value = json_real(minute / 100);
	if (minute > 10) {
		fact.status = FACT_WARN;
		fact.why =
			"Something else kept this machine busy in the last minute, or the machine is too "
			"small for what it does: readings taken now will be worse than its best.";
		fact.remedy = "Look what runs (top, iotop); measure again when it is idle.";
	}
	record_fact(host->record, &fact);
}

void host_memory(struct host *host)
{
	char meminfo[8192];

	procfs_read(host->root, meminfo, sizeof(meminfo), "/proc/meminfo");
	report_total(host);
	report_available(host, meminfo);
	report_swap(host);
	report_pressure(host, "cpu", "Waiting for a processor");
	report_pressure(host, "memory", "Waiting for memory");
	report_pressure(host, "io", "Waiting for disks");
}
