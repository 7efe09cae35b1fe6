/* Kernel settings that matter to a node, and whether this host lets you change them. */
#include "host.h"

#include "procfs.h"

#include <stdio.h>
#include <string.h>

#define TOPIC "Kernel settings"

#define SOURCE_PREREQUISITES                                                                       \
	"https://kubernetes.io/docs/setup/production-environment/container-runtimes/"              \
	"#install-and-configure-prerequisites"
#define SOURCE_CNI                                                                                 \
	"https://kubernetes.io/docs/concepts/extend-kubernetes/compute-storage-net/"               \
	"network-plugins/#network-plugin-requirements"
#define SOURCE_INOTIFY                                                                             \
	"https://kind.sigs.k8s.io/docs/user/known-issues/#pod-errors-due-to-too-many-open-files"
#define SOURCE_KUBELET                                                                             \
	"kubelet, setupKernelTunables() (github.com/kubernetes/kubernetes, "                       \
	"pkg/kubelet/cm/container_manager_linux.go)"
#define SOURCE_RP_FILTER "https://docs.kernel.org/networking/ip-sysctl.html (rp_filter)"

struct setting {
	const char *path; /* below /proc/sys */
	const char *title, *source;
	int64_t wanted;
	int64_t least;          /* below it: a warning; between it and `wanted`: information */
	const char *good, *bad; /* what it means to have `wanted`, and not to */
	enum fact_status stuck; /* when it is not as wanted and cannot be set here */
};

static const char *dotted(const char *path, char *buffer, size_t size)
{
	snprintf(buffer, size, "%s", path);
	for (char *at = buffer; *at; at++)
		if (*at == '/')
			*at = '.';
	return buffer;
}

/* The command that sets it, or where to turn when nothing here can. */
static const char *remedy_for(const struct host *host, const char *path, int64_t wanted)
{
	char name[128];

	dotted(path, name, sizeof(name));
	if (!host_settable(host, path))
		return host_say("It cannot be set here: ask the provider to set %s to %lld. Or: %s",
			name, (long long)wanted, REMEDY_KVM);
	return host_say(
		"Run: sysctl -w %s=%lld; echo '%s = %lld' >> /etc/sysctl.d/99-kubernetes.conf",
		name, (long long)wanted, name, (long long)wanted);
}

/* Settings that should be at least `wanted`. */
static const struct setting minima[] = {
	{"net/core/somaxconn", "Longest queue of new connections",
		"https://docs.kernel.org/networking/ip-sysctl.html", 4096, 1024,
		"The kernel's default since Linux 5.4.",
		"Servers on the node's own network drop connections that come in a burst (pods have their own).",
		FACT_WARN},
	{"fs/inotify/max_user_watches", "Files that one user can watch", SOURCE_INOTIFY, 524288,
		65536,
		"Enough for kubelet, runtime, log collectors and pods, which all count as root.",
		"kubelet, runtime, log collectors and pods all count as root and share this: when it is used up, "
		"they fail with \"no space left on device\".",
		FACT_WARN},
	{"fs/inotify/max_user_instances", "Watchers that one user can have", SOURCE_INOTIFY, 512,
		512,
		"Enough for kubelet, runtime, log collectors and pods, which all count as root.",
		"kubelet, runtime, log collectors and pods all count as root and share this: when it is used up, "
		"they fail with \"too many open files\".",
		FACT_WARN},
	{"kernel/pid_max", "Processes and threads of the whole node",
		"https://kubernetes.io/docs/concepts/policy/pid-limiting/", 65536, 32768,
		"Enough for many pods.",
		"A few hundred pods with many threads use it up; then nothing can be started.",
		FACT_WARN},
};

static void report_minimum(const struct host *host, const struct setting *setting)
{
	char id[160], name[128];
	int64_t value;

	snprintf(id, sizeof(id), "sysctl.%s", dotted(setting->path, name, sizeof(name)));
	if (procfs_integer(host->root, &value, "/proc/sys/%s", setting->path)) {
		host_unknown(host, id, TOPIC, setting->title,
			host_say("/proc/sys/%s does not tell.", setting->path), NULL);
		return;
	}
	struct fact fact = {.id = id,
		.topic = TOPIC,
		.title = setting->title,
		.status = value >= setting->wanted  ? FACT_PASS
			  : value >= setting->least ? FACT_INFO
						    : FACT_WARN,
		.value = json_integer(value),
		.unit = "1",
		.why = value >= setting->wanted ? setting->good : setting->bad,
		.source = setting->source};
	if (fact.status != FACT_PASS)
		fact.remedy = remedy_for(host, setting->path, setting->wanted);
	record_fact(host->record, &fact);
}

/* Switches that an installation guide tells to turn on. */
static const struct setting switches[] = {
	{"net/ipv4/ip_forward", "Forwarding of packets", SOURCE_PREREQUISITES, 1, 0,
		"Packets are passed on between pods and the network.",
		"Packets are not yet passed on between pods and the network; kubeadm asks for it, and most "
		"runtimes and network plugins turn it on.",
		FACT_FAIL},
	{"net/bridge/bridge-nf-call-iptables", "Packet rules for bridged traffic", SOURCE_CNI, 1, 0,
		"Traffic between pods on one bridge passes the rules of services.",
		"Traffic between pods on one bridge passes by the rules of services; network plugins with a "
		"bridge (Flannel) need this.",
		FACT_WARN},
};

static void report_switch(const struct host *host, const struct setting *setting)
{
	char id[160], name[128];
	int64_t value;
	struct fact fact = {.id = id,
		.topic = TOPIC,
		.title = setting->title,
		.status = FACT_PASS,
		.why = setting->good,
		.source = setting->source};

	snprintf(id, sizeof(id), "sysctl.%s", dotted(setting->path, name, sizeof(name)));
	if (procfs_integer(host->root, &value, "/proc/sys/%s", setting->path) == 0) {
		fact.value = json_integer(value);
		fact.unit = "1";
	} else if (!strncmp(setting->path, "net/bridge/", 11) &&
		   procfs_exists(host->root, "/proc/sys/net")) {
		value = -1;
		fact.value = host_text("not loaded");
	} else {
		host_unknown(host, id, TOPIC, setting->title,
			host_say("/proc/sys/%s does not tell.", setting->path), NULL);
		return;
	}
	if (value != setting->wanted) {
		bool settable = host_settable(host, setting->path);
		fact.status = settable ? FACT_INFO : setting->stuck;
		fact.why = setting->bad;
		fact.remedy = remedy_for(host, setting->path, setting->wanted);
		if (value < 0 && settable)
			fact.remedy = host_say("First: modprobe br_netfilter; echo br_netfilter > "
					       "/etc/modules-load.d/br_netfilter.conf. %s",
				fact.remedy);
	}
	record_fact(host->record, &fact);
}

static void report_rp_filter(const struct host *host)
{
	static const char *const modes[] = {"Off, as every network plugin works with.",
		"Strict: a packet that comes in on another interface than its answer would leave by is dropped. "
		"Nodes with several interfaces, Cilium and some cloud plugins lose packets to it.",
		"Loose: packets from addresses without any route are dropped. Calico refuses to start with it "
		"unless FELIX_IGNORELOOSERPF is set; others do not mind."};
	int64_t value;
	struct fact fact = {.id = "sysctl.net.ipv4.conf.all.rp_filter",
		.topic = TOPIC,
		.title = "Reverse path filter",
		.unit = "1",
		.source = SOURCE_RP_FILTER};

	if (procfs_integer(host->root, &value, "/proc/sys/net/ipv4/conf/all/rp_filter") ||
		value < 0 || value > 2) {
		host_unknown(host, fact.id, TOPIC, fact.title,
			"/proc/sys/net/ipv4/conf/all/rp_filter does not tell.", NULL);
		return;
	}
	fact.value = json_integer(value);
	fact.status = value ? FACT_INFO : FACT_PASS;
	fact.why = modes[value];
	if (value)
		fact.remedy =
			"If your network plugin's documentation asks for another value: sysctl -w "
			"net.ipv4.conf.all.rp_filter=0, and the same in /etc/sysctl.d/ under a name that sorts "
			"last.";
	record_fact(host->record, &fact);
}

static void report_swappiness(const struct host *host)
{
	int64_t value;
	struct fact fact = {.id = "sysctl.vm.swappiness",
		.topic = TOPIC,
		.title = "Eagerness to swap",
		.status = FACT_INFO,
		.unit = "1",
		.why = "Matters only where swap is in use.",
		.source = "https://docs.kernel.org/admin-guide/sysctl/vm.html#swappiness"};

	if (procfs_integer(host->root, &value, "/proc/sys/vm/swappiness")) {
		host_unknown(host, fact.id, TOPIC, fact.title,
			"/proc/sys/vm/swappiness does not tell.", NULL);
		return;
	}
	fact.value = json_integer(value);
	record_fact(host->record, &fact);
}

static void report_overcommit(const struct host *host)
{
	int64_t value;
	struct fact fact = {.id = "sysctl.vm.overcommit_memory",
		.topic = TOPIC,
		.title = "Overcommitment of memory",
		.status = FACT_PASS,
		.unit = "1",
		.why = "As the kubelet wants it.",
		.source = SOURCE_KUBELET};

	if (procfs_integer(host->root, &value, "/proc/sys/vm/overcommit_memory")) {
		host_unknown(host, fact.id, TOPIC, fact.title,
			"/proc/sys/vm/overcommit_memory does not tell.", NULL);
		return;
	}
	fact.value = json_integer(value);
	if (value != 1) {
		bool settable = host_settable(host, "vm/overcommit_memory");
		fact.status = settable ? FACT_INFO : FACT_FAIL;
		fact.why =
			settable
				? "The kubelet sets it to 1 when it starts."
				: "The kubelet wants to set it to 1 when it starts, may not, and exits.";
		if (!settable)
			fact.remedy = remedy_for(host, "vm/overcommit_memory", 1);
	}
	record_fact(host->record, &fact);
}

void host_sysctl(struct host *host)
{
	host_conntrack(host);
	for (size_t i = 0; i < sizeof(switches) / sizeof(*switches); i++)
		report_switch(host, &switches[i]);
	report_rp_filter(host);
	for (size_t i = 0; i < sizeof(minima) / sizeof(*minima); i++)
		report_minimum(host, &minima[i]);
	report_swappiness(host);
	report_overcommit(host);
}
