/* The kernel's version, and whether it can load modules at all. */
#include "host.h"

#include "procfs.h"

#include <string.h>

#define TOPIC "Kernel"

#define SOURCE_VERSIONS                                                                            \
	"https://kubernetes.io/docs/reference/node/kernel-version-requirements/ and "              \
	"https://github.com/kubernetes/system-validators (validators/types_unix.go)"

/* The series that kubeadm's preflight accepts without a warning besides everything from 6.0 on. */
static bool is_lts(int version)
{
	return version == LINUX(5, 4) || version == LINUX(5, 10) || version == LINUX(5, 15);
}

static void report_version(const struct host *host)
{
	struct fact fact = {.id = "kernel.version",
		.topic = TOPIC,
		.title = "Version",
		.status = FACT_PASS,
		.why = "Everything current Kubernetes asks of a kernel's version is there.",
		.remedy =
			host->control.level == CONTROL_NONE
				? REMEDY_KVM
				: "Install a current kernel: upgrade the distribution, or use its backports or "
				  "hardware enablement kernel (Debian: -t bookworm-backports, Ubuntu: linux-generic-hwe).",
		.source = SOURCE_VERSIONS};

	if (!host->version) {
		host_unknown(host, fact.id, TOPIC, fact.title,
			"/proc/sys/kernel/osrelease does not tell.", "Mount /proc.");
		return;
	}
	fact.value = host_text("%s", host->release);
	if (host->version >= LINUX(6, 0) || host->version == LINUX(5, 15)) {
		fact.remedy = NULL;
	} else if (host->version == LINUX(4, 18) && strstr(host->release, ".el8")) {
		fact.status = FACT_WARN;
		fact.why =
			"Red Hat 8's kernel has many newer features built into 4.18, but kubeadm warns of it "
			"and kube-proxy's nftables mode needs 5.13.";
	} else if (host->version < LINUX(4, 19)) {
		fact.status = FACT_FAIL;
		fact.why =
			"Too old: no Kubernetes release that still gets fixes is tested on it, and control "
			"groups version 2, overlayfs and eBPF lack what runtimes and network plugins need.";
	} else if (host->version < LINUX(5, 4)) {
		fact.status = FACT_WARN;
		fact.why =
			"kubeadm warns: 5.4 is the oldest series it is tested on. Control groups version 2 "
			"want 5.8, kube-proxy's nftables mode 5.13.";
	} else if (host->version < LINUX(5, 13)) {
		fact.status = is_lts(host->version) ? FACT_INFO : FACT_WARN;
		fact.why =
			"kube-proxy's nftables mode needs 5.13 and control groups version 2 are recommended "
			"from 5.10 on; kubeadm accepts 5.4, 5.10, 5.15 and 6.x.";
	} else {
		fact.status = FACT_INFO;
		fact.why =
			"Works, but is no long-term series: kubeadm warns, and it gets no more fixes.";
	}
	record_fact(host->record, &fact);
}

static void report_loading(const struct host *host)
{
	int64_t locked = 0;
	struct fact fact = {.id = "kernel.modules",
		.topic = TOPIC,
		.title = "Loading of modules",
		.status = FACT_WARN,
		.source =
			"https://docs.kernel.org/admin-guide/sysctl/kernel.html#modules-disabled"};

	procfs_integer(host->root, &locked, "/proc/sys/kernel/modules_disabled");
	if (procfs_exists(host->root, "/proc/sys/kernel") &&
		!procfs_exists(host->root, "/proc/modules")) {
		fact.value = host_text("not supported");
		fact.why =
			"This kernel was built without loadable modules: what is not in it cannot be added.";
		fact.remedy =
			"If something below is absent that you need, install the distribution's standard "
			"kernel, or ask the provider to boot the machine with it.";
	} else if (locked) {
		fact.value = host_text("disabled");
		fact.why =
			"kernel.modules_disabled is set: no module can be loaded until the next boot.";
		fact.remedy =
			"Remove kernel.modules_disabled from /etc/sysctl.d and reboot, or load what is "
			"needed before it is set (/etc/modules-load.d).";
	} else if (host->control.level == CONTROL_UNKNOWN) {
		host_unknown(host, fact.id, TOPIC, fact.title,
			host_say("It cannot be told: %s.", host->control.reason), NULL);
		return;
	} else if (!host->control.may_load) {
		fact.value = host_text("not permitted");
		fact.why = host_say("Root here may not load modules: %s.", host->control.reason);
		fact.remedy = REMEDY_KVM;
	} else {
		fact.status = FACT_PASS;
		fact.value = host_text("permitted");
		fact.why = "Root can load what is not loaded yet.";
	}
	record_fact(host->record, &fact);
}

void host_kernel(struct host *host)
{
	report_version(host);
	report_loading(host);
}
