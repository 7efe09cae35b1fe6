/* Control groups: which version, which controllers, and what they deny this process. */
#include "host.h"

#include "procfs.h"
#include "units.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>

#define TOPIC "Control groups"

#define SOURCE_V2 "https://kubernetes.io/docs/concepts/architecture/cgroups/"
#define SOURCE_V1                                                                                  \
	"https://github.com/kubernetes/enhancements/tree/master/keps/sig-node/"                    \
	"5573-remove-cgroup-v1"
#define SOURCE_KERNEL "https://docs.kernel.org/admin-guide/cgroup-v2.html"

/* Where a controller's files for this process are: mount point, then the path below it. */
struct group {
	bool v2;
	size_t top; /* length of the mount point */
	char path[PATH_MAX];
};

static const struct mount *find_mount(
	const struct host *host, const char *fs_type, const char *option)
{
	for (size_t i = 0; i < host->mounts.count; i++) {
		const struct mount *mount = &host->mounts.mounts[i];

		if (!strcmp(mount->fs_type, fs_type) &&
			(!option || mountinfo_has_option(mount->super_options, option)))
			return mount;
	}
	return NULL;
}

/* The path that /proc/self/cgroup, "ID:CONTROLLERS:PATH" a line, gives for a controller; version 2
 * has an empty list of controllers. */
static bool find_path(const struct host *host, const char *controller, char *path, size_t size)
{
	char text[8192], *rest = text, *line;

	if (procfs_read(host->root, text, sizeof(text), "/proc/self/cgroup") <= 0)
		return false;
	while ((line = strsep(&rest, "\n"))) {
		strsep(&line, ":");
		const char *controllers = strsep(&line, ":");

		if (!controllers || !line ||
			(controller ? !mountinfo_has_option(controllers, controller)
				    : controllers[0] != '\0'))
			continue;
		snprintf(path, size, "%s", line);
		return true;
	}
	return false;
}

/* A container may see the whole machine's path and only its own part mounted, or nothing of either.
 */
static bool find_group(const struct host *host, const char *controller, struct group *group)
{
	char path[1024];
	const struct mount *mount = find_mount(host, "cgroup", controller);

	group->v2 = !mount;
	if (!mount)
		mount = find_mount(host, "cgroup2", NULL);
	if (!mount || !find_path(host, group->v2 ? NULL : controller, path, sizeof(path)))
		return false;
	const char *below = "";
	size_t top = strcmp(mount->top, "/") != 0 ? strlen(mount->top) : 0;
	if (strncmp(path, mount->top, top) == 0 && !strstr(path, "/.."))
		below = path + top;
	group->top = strlen(mount->mount_point);
	snprintf(group->path, sizeof(group->path), "%s%s", mount->mount_point,
		strcmp(below, "/") != 0 ? below : "");
	return true;
}

/* Up to the parent group; false at the top. */
static bool ascend(struct group *group)
{
	char *slash = strrchr(group->path + group->top, '/');

	if (!slash)
		return false;
	*slash = '\0';
	return true;
}

enum version { VERSION_NONE, VERSION_1, VERSION_HYBRID, VERSION_2 };

/* Kubernetes goes by what is mounted at /sys/fs/cgroup; a version 2 beside it, which systemd keeps
 * for itself, does not count. */
static enum version find_version(const struct host *host)
{
	const struct mount *main = mountinfo_covering(&host->mounts, "/sys/fs/cgroup");
	bool v1 = find_mount(host, "cgroup", NULL), v2 = find_mount(host, "cgroup2", NULL);

	if (main && !strcmp(main->fs_type, "cgroup2"))
		return VERSION_2;
	if (v1)
		return v2 ? VERSION_HYBRID : VERSION_1;
	return v2 ? VERSION_2 : VERSION_NONE;
}

static void report_version(const struct host *host, enum version version)
{
	struct fact fact = {.id = "cgroup.version",
		.topic = TOPIC,
		.title = "Version",
		.status = FACT_PASS,
		.why = "Version 2, as current Kubernetes expects.",
		.source = SOURCE_V2};
	bool denied = host->control.level == CONTROL_NONE;

	if (version == VERSION_NONE) {
		host_unknown(host, fact.id, TOPIC, fact.title, "No control groups are mounted.",
			"Mount them: mount -t cgroup2 cgroup2 /sys/fs/cgroup");
		return;
	}
	fact.value = host_text("%s", version == VERSION_2   ? "v2"
				     : version == VERSION_1 ? "v1"
							    : "v1 (hybrid)");
	if (version != VERSION_2) {
		fact.status = denied ? FACT_FAIL : FACT_WARN;
		fact.why =
			"Since Kubernetes 1.35 the kubelet does not start on version 1 unless failCgroupV1 "
			"is set to false, and support is about to be removed; swap and memory quality of "
			"service need version 2.";
		if (denied)
			fact.remedy =
				"Ask the provider to switch the machine to version 2, or choose full "
				"virtualisation.";
		else if (host->version >= LINUX(5, 8))
			fact.remedy =
				"Boot with systemd.unified_cgroup_hierarchy=1: add it to GRUB_CMDLINE_LINUX "
				"in /etc/default/grub, run update-grub, reboot. Distributions released since "
				"2022 do so by themselves.";
		else
			fact.remedy =
				"Install a distribution with Linux 5.8 or newer that uses version 2.";
		fact.source = SOURCE_V1;
	} else if (host->version && host->version < LINUX(5, 8)) {
		fact.status = FACT_WARN;
		fact.why = "Kubernetes wants Linux 5.8 or newer for version 2.";
		fact.remedy = "Install a newer kernel.";
	}
	record_fact(host->record, &fact);
}

/* One word of a space-separated list. */
static bool has_word(const char *list, const char *word)
{
	size_t length = strlen(word);

	for (const char *at = list; (at = strstr(at, word)); at += length)
		if ((at == list || at[-1] == ' ') && (!at[length] || at[length] == ' '))
			return true;
	return false;
}

/* Names of the enabled controllers with spaces between them. */
static bool read_controllers(const struct host *host, enum version version, char *list, size_t size)
{
	char text[4096], *rest = text, *line;
	const struct mount *mount = find_mount(host, "cgroup2", NULL);

	list[0] = '\0';
	if (version == VERSION_2)
		return mount && !procfs_line(host->root, list, size, "%s/cgroup.controllers",
					mount->mount_point);
	if (procfs_read(host->root, text, sizeof(text), "/proc/cgroups") <= 0)
		return false;
	while ((line = strsep(&rest, "\n"))) {
		char name[32];
		int enabled;
		size_t used = strlen(list);

		if (sscanf(line, "%31s %*d %*d %d", name, &enabled) == 2 && enabled)
			snprintf(list + used, size - used, "%s%s", used ? " " : "", name);
	}
	return list[0];
}

/* What kubeadm's preflight requires (github.com/kubernetes/system-validators, types_unix.go). */
static void report_controllers(const struct host *host, enum version version)
{
	static const char *const required_1[] = {
		"cpu", "cpuacct", "cpuset", "devices", "freezer", "memory", "pids", NULL};
	static const char *const required_2[] = {"cpu", "cpuset", "memory", "pids", NULL};
	char list[512], missing[128] = "";
	struct fact fact = {.id = "cgroup.controllers",
		.topic = TOPIC,
		.title = "Controllers",
		.status = FACT_PASS,
		.source =
			"https://github.com/kubernetes/system-validators (validators/types_unix.go)"};

	if (!read_controllers(host, version, list, sizeof(list))) {
		host_unknown(host, fact.id, TOPIC, fact.title, "The kernel's list cannot be read.",
			NULL);
		return;
	}
	for (const char *const *name = version == VERSION_2 ? required_2 : required_1; *name;
		name++) {
		size_t used = strlen(missing);
		if (!has_word(list, *name))
			snprintf(missing + used, sizeof(missing) - used, "%s%s", used ? ", " : "",
				*name);
	}
	fact.value = host_text("%s", list);
	if (missing[0]) {
		fact.status = FACT_FAIL;
		fact.why = host_say(
			"Missing: %s. Without them the kubelet cannot limit what pods use.",
			missing);
		fact.remedy =
			host->control.level == CONTROL_FULL
				? "Enable them on the kernel's command line (cgroup_enable=memory, or remove "
				  "cgroup_disable=...), or use the distribution's standard kernel."
				: "Ask the provider to delegate them, or choose full virtualisation.";
	}
	record_fact(host->record, &fact);
}

/* The CPUs a group may use; negative for no limit. */
static double read_cpu_limit(const struct host *host, const struct group *group)
{
	char line[64];
	long long quota;
	int64_t v1_quota, period;

	if (group->v2) {
		long long v2_period;
		if (!procfs_line(host->root, line, sizeof(line), "%s/cpu.max", group->path) &&
			sscanf(line, "%lld %lld", &quota, &v2_period) == 2 && v2_period > 0)
			return (double)quota / (double)v2_period;
	} else if (!procfs_integer(host->root, &v1_quota, "%s/cpu.cfs_quota_us", group->path) &&
		   !procfs_integer(host->root, &period, "%s/cpu.cfs_period_us", group->path) &&
		   v1_quota > 0 && period > 0) {
		return (double)v1_quota / (double)period;
	}
	return -1;
}

static double read_memory_limit(const struct host *host, const struct group *group)
{
	int64_t bytes;

	/* "max" is no number; version 1 says no limit with the largest multiple of a page. */
	if (procfs_integer(host->root, &bytes, "%s/%s", group->path,
		    group->v2 ? "memory.max" : "memory.limit_in_bytes") ||
		bytes >= INT64_MAX / 4096 * 4096 - 65536)
		return -1;
	return (double)bytes;
}

/* The tightest limit on the way from this process's group to the top; negative for none. */
static double tightest(const struct host *host, struct group group,
	double (*read)(const struct host *, const struct group *))
{
	double limit = -1;

	do {
		double here = read(host, &group);
		if (here >= 0 && (limit < 0 || here < limit))
			limit = here;
	} while (ascend(&group));
	return limit;
}

static void report_cpu_limit(const struct host *host)
{
	struct group group;
	struct fact fact = {.id = "cgroup.cpu_limit",
		.topic = TOPIC,
		.title = "Processor limit",
		.status = FACT_PASS,
		.source = SOURCE_KERNEL};

	if (!find_group(host, "cpu", &group)) {
		host_unknown(host, fact.id, TOPIC, fact.title,
			"No group with a processor limit can be found.", NULL);
		return;
	}
	double limit = tightest(host, group, read_cpu_limit);
	if (limit < 0) {
		fact.value = host_text("none");
	} else {
		fact.value = json_real(limit);
		fact.unit = "cpus";
		fact.status = host->cpus && limit >= (double)host->cpus ? FACT_INFO : FACT_WARN;
		fact.why = host_say(
			"A control group above this process allows %.3g processors of the %lld that "
			"the machine shows; what exceeds them is made to wait.",
			limit, (long long)host->cpus);
		fact.remedy =
			"If you did not set it (systemctl show --property=CPUQuotaPerSecUSec), the "
			"provider did: count on that many processors only.";
	}
	record_fact(host->record, &fact);
}

static void report_memory_limit(const struct host *host)
{
	struct group group;
	struct fact fact = {.id = "cgroup.memory_limit",
		.topic = TOPIC,
		.title = "Memory limit",
		.status = FACT_PASS,
		.source = SOURCE_KERNEL};

	if (!find_group(host, "memory", &group)) {
		host_unknown(host, fact.id, TOPIC, fact.title,
			"No group with a memory limit can be found.", NULL);
		return;
	}
	double limit = tightest(host, group, read_memory_limit);
	if (limit < 0) {
		fact.value = host_text("none");
	} else {
		fact.value = json_integer((json_int_t)limit);
		fact.unit = "B";
		fact.status = host->memory_total_bytes && limit >= (double)host->memory_total_bytes
				      ? FACT_INFO
				      : FACT_WARN;
		fact.why = host_say(
			"A control group above this process allows %s of the %s that the machine "
			"shows; a program that exceeds it is killed.",
			BYTES(limit), BYTES(host->memory_total_bytes));
		fact.remedy =
			"If you did not set it (systemctl show --property=MemoryMax), the provider did: "
			"count on that much memory only.";
	}
	record_fact(host->record, &fact);
}

/* Periods in which a group of ours had used up its processor limit, of all it was active in. */
static void report_throttling(const struct host *host)
{
	char text[4096];
	struct group group;
	int64_t periods = 0, throttled = 0;
	bool counted = false;
	struct fact fact = {.id = "cgroup.throttling",
		.topic = TOPIC,
		.title = "Throttled by the processor limit",
		.status = FACT_PASS,
		.unit = "ratio",
		.source = SOURCE_KERNEL};

	if (find_group(host, "cpu", &group))
		do {
			int64_t p, t;
			if (procfs_read(
				    host->root, text, sizeof(text), "%s/cpu.stat", group.path) <= 0)
				continue;
			counted = true;
			/* The topmost group of version 2 has no limit and counts no periods. */
			if (!procfs_lookup_integer(text, "nr_periods", &p) &&
				!procfs_lookup_integer(text, "nr_throttled", &t) &&
				t >= throttled) {
				periods = p;
				throttled = t;
			}
		} while (ascend(&group));
	if (!counted) {
		host_unknown(
			host, fact.id, TOPIC, fact.title, "No group counts it (cpu.stat).", NULL);
		return;
	}
	double ratio = periods > 0 ? (double)throttled / (double)periods : 0;
	fact.value = json_real(ratio);
	fact.why =
		throttled
			? host_say(
				  "In %lld of %lld periods since the group was made, its programs were stopped "
				  "until the next one: latencies jump by up to 100 ms.",
				  (long long)throttled, (long long)periods)
			: "No group of this process has ever been stopped for using too much processor time.";
	if (throttled) {
		fact.status = ratio > 0.01 ? FACT_WARN : FACT_INFO;
		fact.remedy = "Raise or remove the limit, or choose a plan with more processors.";
	}
	record_fact(host->record, &fact);
}

void host_cgroup(struct host *host)
{
	enum version version = find_version(host);

	report_version(host, version);
	report_controllers(host, version);
	report_cpu_limit(host);
	report_memory_limit(host);
	report_throttling(host);
}
