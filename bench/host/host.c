/*
 * host: what this host is and may do, as facts that say what they mean for Kubernetes and what to
 * do.
 *
 * The topics are the files beside this one. All of them read a description of a system below --root
 * with procfs.h; what only a system call tells is left unknown for a copy.
 */
#include "host.h"

#include "bench.h"
#include "interrupt.h"
#include "procfs.h"
#include "text.h"

#include <errno.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

static struct config {
	const char *dir, *root;
} config;

static const struct option_row options[] = {
	{.name = "dir",
		.letter = 'd',
		.type = OPTION_PATH,
		.offset = offsetof(struct config, dir),
		.argument = "DIR",
		.help = "Judge the disk that this directory lies on",
		.value = {"."}},
	{.name = "root",
		.type = OPTION_PATH,
		.offset = offsetof(struct config, root),
		.argument = "DIR",
		.help = "Read another system's /proc, /sys, /etc and /lib below this directory, "
			"e.g. a collected copy; --dir is then a path of that system",
		.value = {"/"},
		.hidden = true},
	{.name = NULL},
};

json_t *host_text(const char *format, ...)
{
	char text[1024], printable[1024];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	return json_string(text_printable(text, printable, sizeof(printable)));
}

const char *host_say(const char *format, ...)
{
	static char ring[HOST_SENTENCES][1024];
	static size_t next;
	char *text = ring[next++ % HOST_SENTENCES];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(text, sizeof(ring[0]), format, arguments);
	va_end(arguments);
	return text;
}

void host_unknown(const struct host *host, const char *id, const char *topic, const char *title,
	const char *why, const char *remedy)
{
	record_fact(host->record, &(struct fact){.id = id,
					  .topic = topic,
					  .title = title,
					  .status = FACT_UNKNOWN,
					  .why = why,
					  .remedy = remedy});
}

int64_t host_count_list(const char *list)
{
	int64_t count = 0;

	while (*list) {
		char *end;
		long first = strtol(list, &end, 10), last = first;

		if (end == list)
			return -1;
		if (*end == '-') {
			list = end + 1;
			last = strtol(list, &end, 10);
			if (end == list)
				return -1;
		}
		/* No machine has a million processors; a copied file may say so. */
		if (first < 0 || last < first || last > 1000000)
			return -1;
		count += last - first + 1;
		if (*end && *end != ',')
			return -1;
		list = *end ? end + 1 : end;
	}
	return count ? count : -1;
}

/* What several topics reckon with. */
static void read_basics(struct host *host)
{
	char text[8192];
	int64_t kib;
	int major, minor;

	procfs_line(host->root, host->release, sizeof(host->release), "/proc/sys/kernel/osrelease");
	if (sscanf(host->release, "%d.%d", &major, &minor) == 2)
		host->version = LINUX(major, minor);
	if (procfs_read(host->root, text, sizeof(text), "/proc/meminfo") > 0 &&
		!procfs_lookup_integer(text, "MemTotal", &kib))
		host->memory_total_bytes = kib * 1024;
	if (!procfs_line(host->root, text, sizeof(text), "/sys/devices/system/cpu/online")) {
		int64_t online = host_count_list(text);
		host->cpus = online > 0 ? online : 0;
	}
}

static void (*const topics[])(struct host *) = {
	host_virtualization,
	host_control,
	host_cpu,
	host_memory,
	host_cgroup,
	host_clock,
	host_kernel,
	host_modules,
	host_sysctl,
	host_disk,
	host_network,
	host_resolver,
};

static int check(void *settings, struct problem *problem)
{
	const struct config *use = settings;

	if (!procfs_exists(use->root, "/proc"))
		return problem_set(problem, -ENOENT,
			"there is no /proc below %s: --root takes the directory that holds the copies "
			"of /proc, /sys, /etc and /lib",
			use->root);
	return 0;
}

static double estimate(const void *settings)
{
	(void)settings;
	return 1;
}

static void explain(const void *settings, FILE *out)
{
	const struct config *use = settings;

	fprintf(out,
		"  1. read files below %s only: /proc, /sys, /etc, /lib/modules, /boot/config-*\n",
		use->root);
	if (procfs_is_live(use->root))
		fprintf(out,
			"  2. ask the processor (CPUID), the clock (adjtimex), the file system of %s "
			"(statvfs)\n     and the network card (ethtool's read-only requests)\n",
			use->dir);
	fprintf(out, "  Nothing is written, no module is loaded, no setting is changed.\n");
}

static int measure(const void *settings, struct record *record, struct problem *problem)
{
	const struct config *use = settings;
	struct host host = {.root = use->root,
		.live = procfs_is_live(use->root),
		.dir = use->dir,
		.record = record};

	if (mountinfo_read(host.root, &host.mounts, problem))
		record_skip(record, "mounts", problem->text, "mount /proc");
	read_basics(&host);
	platform_find(host.root, &host.mounts, &host.platform);
	for (size_t i = 0; i < sizeof(topics) / sizeof(*topics) && !interrupt_pending(); i++)
		topics[i](&host);
	mountinfo_free(&host.mounts);
	return 0;
}

const struct bench bench = {
	.name = "host",
	.question = "What is this host, and what may it do as a Kubernetes node?",
	.method =
		"Reads what the kernel says of itself, of the machine and of its settings, and judges each "
		"fact by what Kubernetes, its network plugins and etcd need: pass, info, warn or fail, with "
		"what it means and what to do.\n\n"
		"A bare server that will become a node is the measure: what kubeadm, the kubelet or an "
		"installation guide sets anyway is information with the command, not a failure. Failures "
		"are what no command on the host can mend, or what makes a cluster impossible. What cannot "
		"be found out is unknown, never guessed.\n\n"
		"Read only: no module is loaded, no setting is changed, nothing is written. Whether a "
		"setting could be changed is judged by asking the kernel for permission, and by mounts, "
		"user namespace and capabilities.",
	.options = options,
	.config = &config,
	.check = check,
	.estimate = estimate,
	.explain = explain,
	.measure = measure,
};
