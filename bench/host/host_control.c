/* Who rules the kernel: is this a container, and may root here change what Kubernetes must change.
 */
#include "host.h"

#include "procfs.h"

#include <errno.h>
#include <linux/capability.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define TOPIC "Virtualisation"

#define SOURCE_KUBELET                                                                             \
	"kubelet, setupKernelTunables() (github.com/kubernetes/kubernetes, "                       \
	"pkg/kubelet/cm/container_manager_linux.go)"

/* What /proc/self tells of this process; of a copy, of the process that made it. */
struct self {
	bool known;
	bool initial_user_ns;
	uint64_t bounding; /* capabilities that root can have at all */
	int64_t user;
};

static struct self read_self(const struct host *host)
{
	struct self self = {.user = -1};
	char text[8192], word[64];
	unsigned long long inside, outside, count, bounding;

	if (procfs_read(host->root, text, sizeof(text), "/proc/self/uid_map") <= 0 ||
		sscanf(text, "%llu %llu %llu", &inside, &outside, &count) != 3)
		return self;
	self.initial_user_ns = inside == 0 && outside == 0 && count == UINT32_MAX;
	if (procfs_read(host->root, text, sizeof(text), "/proc/self/status") <= 0 ||
		procfs_lookup(text, "CapBnd", word, sizeof(word)) ||
		sscanf(word, "%llx", &bounding) != 1)
		return self;
	self.bounding = bounding;
	if (!procfs_lookup(text, "Uid", word, sizeof(word)))
		sscanf(word, "%*d %ld", &self.user);
	self.known = true;
	return self;
}

static bool may(const struct self *self, int capability)
{
	return self->bounding & (UINT64_C(1) << capability);
}

static bool sysctls_read_only(const struct host *host)
{
	const struct mount *mount = mountinfo_covering(&host->mounts, "/proc/sys");

	return mount && (mountinfo_has_option(mount->options, "ro") ||
				mountinfo_has_option(mount->super_options, "ro"));
}

static void set_level(struct control *control, enum control_level level, const char *reason)
{
	control->level = level;
	snprintf(control->reason, sizeof(control->reason), "%s", reason);
}

static void judge_control(struct host *host)
{
	struct control *control = &host->control;
	struct self self = read_self(host);
	int64_t locked = 0;

	control->is_root = host->live ? geteuid() == 0 : self.user == 0;
	bool no_modules = procfs_exists(host->root, "/proc/sys/kernel") &&
			  !procfs_exists(host->root, "/proc/modules");
	procfs_integer(host->root, &locked, "/proc/sys/kernel/modules_disabled");

	if (!strcmp(host->platform.container, "openvz"))
		set_level(control, CONTROL_NONE, "an OpenVZ container shares its host's kernel");
	else if (sysctls_read_only(host))
		set_level(control, CONTROL_NONE, "/proc/sys is mounted read-only");
	else if (!self.known)
		set_level(control, CONTROL_UNKNOWN, "/proc/self/status and uid_map do not tell");
	else if (!self.initial_user_ns)
		set_level(control, CONTROL_NONE,
			"root here is an ordinary user of the machine (user namespace)");
	else if (!may(&self, CAP_SYS_ADMIN))
		set_level(control, CONTROL_NONE, "root here lacks CAP_SYS_ADMIN");
	else if (!may(&self, CAP_NET_ADMIN))
		set_level(control, CONTROL_PARTIAL, "root here lacks CAP_NET_ADMIN");
	else if (!may(&self, CAP_SYS_MODULE))
		set_level(control, CONTROL_PARTIAL, "root here may not load kernel modules");
	else if (host->platform.container[0])
		set_level(control, CONTROL_PARTIAL,
			"a privileged container shares its host's kernel");
	else
		set_level(control, CONTROL_FULL, "");
	control->may_load = control->level >= CONTROL_PARTIAL && may(&self, CAP_SYS_MODULE) &&
			    !no_modules && !locked;
}

bool host_settable(const struct host *host, const char *sysctl)
{
	char path[512];

	if (host->live && host->control.is_root) {
		snprintf(path, sizeof(path), "/proc/sys/%s", sysctl);
		/* A missing one belongs to a module that is not loaded: then the rest decides. */
		if (euidaccess(path, W_OK) == 0)
			return true;
		if (errno != ENOENT)
			return false;
	}
	return host->control.level >= CONTROL_PARTIAL;
}

static void report_container(const struct host *host)
{
	const struct control *control = &host->control;
	struct fact fact = {.id = "virt.container", .topic = TOPIC, .title = "Container"};

	if (!host->platform.container[0] && control->level == CONTROL_UNKNOWN) {
		host_unknown(host, fact.id, TOPIC, fact.title,
			host_say("It cannot be told: %s.", control->reason),
			"Run seatrial on the host itself, as root.");
		return;
	}
	if (!host->platform.container[0]) {
		fact.status = FACT_PASS;
		fact.value = host_text("none");
		fact.why =
			"Nothing shows that this is a container: the kernel is this machine's own.";
	} else {
		fact.status = control->level == CONTROL_NONE ? FACT_FAIL : FACT_WARN;
		fact.value = host_text("%s", host->platform.container);
		fact.why = host_say(
			"This is a container on somebody's kernel%s%s. A Kubernetes node needs "
			"a kernel that it can set up: modules, network settings, control groups.",
			control->reason[0] ? ": " : "", control->reason);
		fact.remedy =
			control->level == CONTROL_NONE
				? REMEDY_KVM
				: "Fine for trying Kubernetes out; for a node, run seatrial on the "
				  "machine itself, outside the container.";
		fact.source = "https://kubernetes.io/docs/setup/production-environment/"
			      "container-runtimes/#install-and-configure-prerequisites";
	}
	record_fact(host->record, &fact);
}

static void report_control(const struct host *host)
{
	const struct control *control = &host->control;
	struct fact fact = {.id = "virt.kernel_control",
		.topic = TOPIC,
		.title = "Control over the kernel",
		.why = host_say(
			"Root here cannot set up the kernel as a node must: %s.", control->reason),
		.source = SOURCE_KUBELET};

	switch (control->level) {
	case CONTROL_UNKNOWN:
		host_unknown(host, fact.id, TOPIC, fact.title,
			host_say("It cannot be told: %s.", control->reason),
			"Run seatrial on the host itself, as root.");
		return;
	case CONTROL_NONE:
		fact.status = FACT_FAIL;
		fact.value = host_text("none");
		fact.remedy = REMEDY_KVM;
		break;
	case CONTROL_PARTIAL:
		fact.status = FACT_WARN;
		fact.value = host_text("partial");
		fact.remedy =
			"Run seatrial on the machine itself; if this is all that the provider sells, "
			"ask for a plan with a kernel of your own.";
		break;
	case CONTROL_FULL:
		fact.status = FACT_PASS;
		fact.value = host_text("full");
		fact.why = control->is_root
				   ? "Root here is root of this kernel."
				   : "Root here is root of this kernel (this run is not root).";
		break;
	}
	record_fact(host->record, &fact);
}

static void report_writable(const struct host *host)
{
	/* Three that the kubelet sets at start and exits without, and two that networking needs. */
	static const char *const needed[] = {"vm/overcommit_memory", "kernel/panic",
		"kernel/panic_on_oops", "net/ipv4/ip_forward", "net/core/somaxconn"};
	struct fact fact = {.id = "sysctl.writable",
		.topic = "Kernel settings",
		.title = "Kernel settings can be changed",
		.status = FACT_PASS,
		.source = SOURCE_KUBELET};
	const char *refused = NULL;

	if (host->control.level == CONTROL_UNKNOWN) {
		host_unknown(host, fact.id, fact.topic, fact.title,
			host_say("It cannot be told: %s.", host->control.reason),
			"Run seatrial on the host itself, as root.");
		return;
	}
	for (size_t i = 0; i < sizeof(needed) / sizeof(*needed) && !refused; i++)
		if (!host_settable(host, needed[i]))
			refused = needed[i];
	fact.value = json_boolean(!refused);
	fact.why =
		host->control.is_root && host->live
			? "The kernel would let root set them; asked, not tried."
			: "Judged by mounts, user namespace and capabilities; as root it would be asked.";
	if (refused) {
		fact.status = FACT_FAIL;
		fact.why = host_say(
			"/proc/sys/%s cannot be set here%s%s. The kubelet sets kernel settings when it "
			"starts and exits when it may not.",
			refused, host->control.reason[0] ? ": " : "", host->control.reason);
		fact.remedy = REMEDY_KVM;
	}
	record_fact(host->record, &fact);
}

void host_control(struct host *host)
{
	judge_control(host);
	report_container(host);
	report_control(host);
	report_writable(host);
}
