#include "platform.h"

#include "mountinfo.h"
#include "procfs.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#if defined(__x86_64__) || defined(__i386__)
#include <cpuid.h>
#endif

/* Inode numbers of the first namespaces are part of the kernel's interface
 * (include/uapi/linux/nsfs.h, before that include/linux/proc_ns.h): PROC_PID_INIT_INO. */
#define INITIAL_PID_NAMESPACE "pid:[4026531836]"

/* Vendor signatures of CPUID leaf 0x40000000, which hypervisors agree on. */
static const struct {
	const char *vendor, *name;
} signatures[] = {
	{"KVMKVMKVM", "KVM"},
	{"Linux KVM Hv", "KVM"},
	{"VMwareVMware", "VMware"},
	{"Microsoft Hv", "Hyper-V"},
	{"XenVMMXenVMM", "Xen"},
	{"TCGTCGTCGTCG", "QEMU without KVM"},
	{"bhyve bhyve ", "bhyve"},
	{"ACRNACRNACRN", "ACRN"},
	{"VBoxVBoxVBox", "VirtualBox"},
	{" lrpepyh  vr", "Parallels"},
	{"prl hyperv  ", "Parallels"},
};

/* What the firmware of virtual machines says of itself (DMI); the first part that fits. Clouds that
 * brand theirs run KVM. */
static const struct {
	const char *part, *name;
} vendors[] = {
	{"KVM", "KVM"},
	{"Amazon EC2", "KVM"},
	{"Google Compute Engine", "KVM"},
	{"OpenStack", "KVM"},
	{"DigitalOcean", "KVM"},
	{"Hetzner", "KVM"},
	{"Alibaba Cloud", "KVM"},
	{"QEMU", "KVM"},
	{"VMware", "VMware"},
	{"VirtualBox", "VirtualBox"},
	{"HVM domU", "Xen"},
	{"Xen", "Xen"},
	{"Virtual Machine", "Hyper-V"},
	{"Parallels", "Parallels"},
	{"BHYVE", "bhyve"},
};

static void set_name(struct platform *platform, const char *name)
{
	snprintf(platform->hypervisor, sizeof(platform->hypervisor), "%.63s", name);
}

/* The hypervisor's own word; of the running system only. KVM and Xen can pose as Hyper-V for the
 * sake of Windows; they keep their own signature 0x100 further on. */
static void ask_processor(const char *root, struct platform *platform)
{
#if defined(__x86_64__) || defined(__i386__)
	for (unsigned int base = 0x40000000; procfs_is_live(root) && base <= 0x40000100;
		base += 0x100) {
		unsigned int leaf, part[3];
		char vendor[13] = "";

		__cpuid(base, leaf, part[0], part[1], part[2]);
		memcpy(vendor, part, 12);
		for (size_t i = 0; i < sizeof(signatures) / sizeof(*signatures); i++)
			if (!strncmp(vendor, signatures[i].vendor, strlen(signatures[i].vendor)))
				set_name(platform, signatures[i].name);
	}
#else
	(void)root;
	(void)platform;
#endif
}

/* What the kernel noticed. Returns true when that settles it. */
static bool ask_kernel(const char *root, struct platform *platform)
{
	char text[256];

	if (!procfs_line(root, text, sizeof(text), "/sys/hypervisor/type") &&
		!strcmp(text, "xen")) {
		char guest[16];

		if (procfs_line(root, guest, sizeof(guest), "/sys/hypervisor/guest_type"))
			guest[0] = '\0';
		bool control =
			procfs_read(root, text, sizeof(text), "/proc/xen/capabilities") > 0 &&
			strstr(text, "control_d");
		snprintf(platform->hypervisor, sizeof(platform->hypervisor), "Xen%s%s",
			control || guest[0] ? " " : "", control ? "dom0" : guest);
		return true;
	}
	if (procfs_read(root, text, sizeof(text), "/proc/device-tree/hypervisor/compatible") > 0) {
		set_name(platform, strstr(text, "kvm") ? "KVM" : text);
		return true;
	}
	return false;
}

static void ask_firmware(const char *root, struct platform *platform)
{
	static const char *const files[] = {
		"product_name", "sys_vendor", "board_vendor", "bios_vendor"};
	char text[256];

	for (size_t i = 0; i < sizeof(files) / sizeof(*files); i++) {
		if (procfs_line(root, text, sizeof(text), "/sys/class/dmi/id/%s", files[i]))
			continue;
		for (size_t v = 0; v < sizeof(vendors) / sizeof(*vendors); v++)
			if (strstr(text, vendors[v].part)) {
				set_name(platform, vendors[v].name);
				return;
			}
	}
}

/* On x86 a hypervisor sets a flag that it may hide but nobody fakes, so that the firmware of a
 * rented bare metal machine, which names the cloud too, does not mislead. */
static enum platform_machine find_hypervisor(const char *root, struct platform *platform)
{
	char *cpuinfo = NULL, flags[8192] = "", vendor[64] = "";

	if (procfs_slurp(root, &cpuinfo, 8U << 20, "/proc/cpuinfo") > 0) {
		procfs_lookup(cpuinfo, "flags", flags, sizeof(flags));
		procfs_lookup(cpuinfo, "vendor_id", vendor, sizeof(vendor));
	}
	free(cpuinfo);
	if (!strcmp(vendor, "User Mode Linux")) {
		set_name(platform, vendor);
		return PLATFORM_VIRTUAL;
	}
	if (ask_kernel(root, platform))
		return PLATFORM_VIRTUAL;
	if (flags[0]) {
		if (!strstr(flags, " hypervisor"))
			return PLATFORM_BARE;
		ask_processor(root, platform);
		if (!platform->hypervisor[0])
			ask_firmware(root, platform);
		if (!platform->hypervisor[0])
			set_name(platform, "unknown hypervisor");
		return PLATFORM_VIRTUAL;
	}
	ask_firmware(root, platform);
	return platform->hypervisor[0] ? PLATFORM_VIRTUAL : PLATFORM_UNKNOWN;
}

/* What the control group of PID 1 gives away of its runtime. */
static const struct {
	const char *part, *name;
} runtimes[] = {
	{"/kubepods", "kubernetes"},
	{"/docker", "docker"},
	{"libpod", "podman"},
	{"/lxc", "lxc"},
	{"/garden", "garden"},
	{"containerd", "containerd"},
	{"crio-", "cri-o"},
};

static bool named_by_init(const char *root, struct platform *platform)
{
	char *name = platform->container, text[8192];
	size_t size = sizeof(platform->container);

	/* Written by systemd as PID 1, from the environment its runtime gave it. */
	if (!procfs_line(root, name, size, "/run/systemd/container"))
		return true;
	ssize_t length = procfs_read(root, text, sizeof(text), "/proc/1/environ");
	for (ssize_t at = 0; at < length; at += (ssize_t)strlen(text + at) + 1)
		if (!strncmp(text + at, "container=", 10) && text[at + 10]) {
			snprintf(name, size, "%.63s", text + at + 10);
			return true;
		}
	return false;
}

/* Whether this process is in the process namespace that the kernel began with. Containers are not,
 * but for those that share it on purpose (--pid=host). A copy does not tell. */
enum place { PLACE_UNKNOWN, PLACE_FIRST_NAMESPACE, PLACE_OWN_NAMESPACE };

static enum place find_place(const char *root)
{
	char link[64];

	if (procfs_link(root, link, sizeof(link), "/proc/self/ns/pid"))
		return PLACE_UNKNOWN;
	return strcmp(link, INITIAL_PID_NAMESPACE) == 0 ? PLACE_FIRST_NAMESPACE
							: PLACE_OWN_NAMESPACE;
}

/* The files that Docker and Podman leave also turn up in virtual machines whose image began as a
 * container's. There, PID 1 is the first of the kernel and the root file system is no overlay. */
static const char *find_marker(const char *root, const struct mountinfo *mounts, enum place place)
{
	const struct mount *top = mountinfo_covering(mounts, "/");

	if (place == PLACE_FIRST_NAMESPACE && top && strcmp(top->fs_type, "overlay") != 0)
		return NULL;
	if (procfs_exists(root, "/.dockerenv"))
		return "docker";
	return procfs_exists(root, "/run/.containerenv") ? "podman" : NULL;
}

static const char *find_traces(const char *root, const struct mountinfo *mounts)
{
	char text[8192], release[128];

	if (procfs_line(root, release, sizeof(release), "/proc/sys/kernel/osrelease"))
		release[0] = '\0';
	/* /proc/bc is there on OpenVZ's host only. */
	if (procfs_exists(root, "/proc/vz") && !procfs_exists(root, "/proc/bc"))
		return "openvz";
	if (strstr(release, "-WSL") || strstr(release, "-Microsoft"))
		return "wsl";
	for (size_t i = 0; i < mounts->count; i++)
		if (!strcmp(mounts->mounts[i].fs_type, "fuse.lxcfs") &&
			!strncmp(mounts->mounts[i].mount_point, "/proc/", 6))
			return "lxc";
	if (procfs_read(root, text, sizeof(text), "/proc/1/cgroup") > 0)
		for (size_t i = 0; i < sizeof(runtimes) / sizeof(*runtimes); i++)
			if (strstr(text, runtimes[i].part))
				return runtimes[i].name;
	return NULL;
}

static void find_container(
	const char *root, const struct mountinfo *mounts, struct platform *platform)
{
	enum place place = find_place(root);

	if (named_by_init(root, platform))
		return;
	const char *found = find_traces(root, mounts);
	if (!found)
		found = find_marker(root, mounts, place);
	if (!found && place == PLACE_OWN_NAMESPACE)
		found = "unknown kind";
	if (found)
		snprintf(platform->container, sizeof(platform->container), "%s", found);
}

void platform_find(const char *root, const struct mountinfo *mounts, struct platform *platform)
{
	*platform = (struct platform){0};
	platform->machine = find_hypervisor(root, platform);
	find_container(root, mounts, platform);
}
