/*
 * Whatever the kernel's files hold, in a copy that somebody sent, seatrial-host's topics and the
 * readers of disks, modules and routes end with facts that can be written. The input is a list of
 * files: which one, how many bytes it has, and those bytes.
 */
#include "host.h"

#include "disk.h"
#include "folder.h"
#include "procfs.h"
#include "record_private.h"
#include "uplink.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char *const names[] = {"proc/1/cgroup", "proc/1/environ", "proc/cgroups",
	"proc/cpuinfo", "proc/filesystems", "proc/meminfo", "proc/modules", "proc/net/ipv6_route",
	"proc/net/route", "proc/pressure/memory", "proc/self/cgroup", "proc/self/mountinfo",
	"proc/self/status", "proc/self/uid_map", "proc/stat", "proc/swaps",
	"proc/sys/kernel/modules_disabled", "proc/sys/net/ipv4/conf/all/rp_filter",
	"proc/sys/net/netfilter/nf_conntrack_max", "proc/sys/vm/overcommit_memory",
	"sys/class/net/eth0/mtu", "sys/class/net/eth0/speed", "sys/class/net/eth0/operstate",
	"sys/class/block/vda/dev", "sys/class/block/vda/queue/scheduler",
	"sys/class/block/vda/queue/write_cache", "sys/class/block/vda/device/model",
	"sys/devices/system/cpu/online", "sys/devices/system/cpu/cpu0/topology/core_id",
	"sys/devices/system/cpu/vulnerabilities/spectre_v2",
	"sys/devices/system/clocksource/clocksource0/current_clocksource",
	"sys/devices/system/clocksource/clocksource0/available_clocksource",
	"sys/fs/cgroup/cgroup.controllers", "sys/fs/cgroup/cpu.max", "sys/fs/cgroup/memory.max",
	"sys/hypervisor/type", "sys/class/dmi/id/sys_vendor", "sys/class/dmi/id/product_name",
	"run/systemd/container", "etc/resolv.conf", "etc/modprobe.d/a.conf", "boot/config-6.1",
	"lib/modules/6.1/modules.dep", "lib/modules/6.1/modules.builtin"};
#define NAMES (sizeof(names) / sizeof(names[0]))

static void (*const topics[])(struct host *) = {host_virtualization, host_control, host_cpu,
	host_memory, host_cgroup, host_clock, host_kernel, host_modules, host_sysctl, host_disk,
	host_network, host_resolver};

/* What is there unless the input has another. */
static const char *const usual[][2] = {{"proc/sys/kernel/osrelease", "6.1\n"},
	{"proc/self/mountinfo", "22 1 254:1 / / rw - ext4 /dev/vda rw\n"
				"23 22 0:20 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n"},
	{"sys/class/block/vda/dev", "254:1\n"}, {"proc/self/cgroup", "0::/\n"},
	{"proc/meminfo", "MemTotal: 1000 kB\n"}};

__attribute__((noinline)) static void require(bool holds)
{
	if (!holds)
		abort();
}

static void write_files(const uint8_t *data, size_t size)
{
	char path[PATH_MAX];

	for (size_t i = 0; i < NAMES; i++) {
		snprintf(path, sizeof(path), "%s/%s", folder, names[i]);
		unlink(path);
	}
	for (size_t i = 0; i < sizeof(usual) / sizeof(usual[0]); i++)
		folder_write(usual[i][0], usual[i][1], strlen(usual[i][1]));
	while (size >= 2) {
		size_t length = data[1] < size - 2 ? data[1] : size - 2;

		folder_write(names[data[0] % NAMES], data + 2, length);
		data += 2 + length;
		size -= 2 + length;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct record record = {.document = json_object()};
	struct problem problem = {""};
	struct host host = {.root = folder,
		.dir = "/var/lib",
		.record = &record,
		.version = 6001,
		.release = "6.1"};
	struct disk disk;
	char name[16];

	folder_open();
	json_object_set_new(record.document, "facts", json_array());
	write_files(data, size);
	mountinfo_read(host.root, &host.mounts, &problem);
	platform_find(host.root, &host.mounts, &host.platform);
	for (size_t i = 0; i < sizeof(topics) / sizeof(topics[0]); i++)
		topics[i](&host);
	disk_of_path(host.root, "/var/lib", &disk, &problem);
	uplink_find(host.root, name);
	char *text = json_dumps(record.document, 0);
	require(text && json_array_size(json_object_get(record.document, "facts")) > 10);
	free(text);
	mountinfo_free(&host.mounts);
	json_decref(record.document);
	return 0;
}
