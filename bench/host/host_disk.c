/* The disk under the directory: what it is, how it is reached, and what a flush of it is worth. */
#include "host.h"

#include "disk.h"
#include "units.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statvfs.h>

#define TOPIC_DISK "Disk"
#define TOPIC_FS   "File system"

#define GIB (INT64_C(1) << 30)

#define SOURCE_ETCD  "https://etcd.io/docs/latest/op-guide/hardware/#disks"
#define SOURCE_CACHE "https://docs.kernel.org/block/writeback_cache_control.html"
#define SOURCE_EVICTION                                                                            \
	"https://kubernetes.io/docs/concepts/scheduling-eviction/node-pressure-eviction/"          \
	"#hard-eviction-thresholds"
#define SOURCE_EXT4 "https://docs.kernel.org/admin-guide/ext4.html"

/* Disks whose provider stands between us and the medium. */
static bool is_virtual(const struct host *host, const struct disk *disk)
{
	return host->platform.hypervisor[0] || disk->remote || !strcmp(disk->transport, "loop");
}

static void report_type(const struct host *host, const struct disk *disk)
{
	const char *below = strcmp(disk->device, disk->physical) != 0
				    ? host_say(" on %s%s", disk->physical,
					      disk->physical_count > 1 ? " and others" : "")
				    : "";
	struct fact fact = {.id = "disk.type",
		.topic = TOPIC_DISK,
		.title = "Kind of disk",
		.status = FACT_INFO,
		.value = host_text("%s: %s%s%s%s%s", disk->device,
			disk->transport[0] ? disk->transport : "disk", below,
			disk->model[0] ? " (" : "", disk->model, disk->model[0] ? ")" : ""),
		.source = SOURCE_ETCD};

	if (disk->is_volatile) {
		fact.status = FACT_FAIL;
		fact.why = "This disk is memory: everything on it is gone after a reboot.";
		fact.remedy =
			"Give --dir a directory on a real disk, and keep Kubernetes' data there.";
	} else if (disk->remote) {
		fact.status = FACT_WARN;
		fact.why =
			"The disk is reached over a network: each durable write of etcd waits for the way there "
			"and back, and for whatever else uses that network.";
		fact.remedy =
			"For a control plane ask for a local NVMe disk; check with seatrial-fsync what this one "
			"does.";
	} else if (!strcmp(disk->transport, "loop")) {
		fact.status = FACT_WARN;
		fact.why =
			"The disk is a file on another file system: every write passes through both.";
		fact.remedy = "Use a disk or partition of its own.";
	} else if (!strcmp(disk->transport, "mmc") || !strcmp(disk->transport, "usb")) {
		fact.status = FACT_WARN;
		fact.why =
			"Memory cards and USB disks take long for small durable writes and wear out under etcd.";
		fact.remedy = "Use an SSD.";
	} else if (is_virtual(host, disk)) {
		fact.why =
			"What stands behind a virtual disk (local NVMe, or a network) cannot be seen from inside: "
			"seatrial-fsync measures what it does.";
	} else {
		fact.status = FACT_PASS;
	}
	record_fact(host->record, &fact);
}

static void report_scheduler(const struct host *host, const struct disk *disk)
{
	struct fact fact = {.id = "disk.scheduler",
		.topic = TOPIC_DISK,
		.title = "Request scheduler",
		.status = FACT_PASS,
		.source = "https://docs.kernel.org/block/switching-sched.html"};

	if (!disk->scheduler[0]) {
		host_unknown(host, fact.id, TOPIC_DISK, fact.title,
			"/sys/class/block does not tell.", NULL);
		return;
	}
	fact.value = host_text("%s", disk->scheduler);
	if (!strcmp(disk->scheduler, "bfq") || !strcmp(disk->scheduler, "cfq")) {
		fact.status = FACT_WARN;
		fact.why =
			"This scheduler shares out the disk for desktops: it can hold back etcd's small writes "
			"while another program writes a lot.";
		fact.remedy = host_say(
			"Run: echo %s > /sys/block/%s/queue/scheduler (and an udev rule to keep it).",
			disk->rotational == 1 && !host->platform.hypervisor[0] ? "mq-deadline"
									       : "none",
			disk->physical);
	}
	record_fact(host->record, &fact);
}

static void report_write_cache(const struct host *host, const struct disk *disk)
{
	struct fact fact = {.id = "disk.write_cache",
		.topic = TOPIC_DISK,
		.title = "Write cache",
		.status = FACT_PASS,
		.source = SOURCE_CACHE};

	if (!disk->write_cache[0]) {
		host_unknown(host, fact.id, TOPIC_DISK, fact.title,
			"The kernel does not tell (Linux 4.7 and newer do).", NULL);
		return;
	}
	fact.value = host_text("%s", disk->write_cache);
	if (!strcmp(disk->write_cache, "write back")) {
		fact.why =
			is_virtual(host, disk)
				? "fsync sends a flush to the disk. Whether the provider's side obeys cannot be seen "
				  "from here; seatrial-fsync looks for signs that it does not."
				: "fsync sends a flush to the disk, which empties its cache.";
	} else if (is_virtual(host, disk)) {
		fact.status = FACT_INFO;
		fact.why =
			"The disk says that it needs no flush, so that fsync sends none: data is safe if the "
			"provider writes through, and not if the cache is merely hidden.";
		fact.remedy =
			"Ask the provider whether the disk's write cache survives a power failure.";
	} else {
		fact.why =
			"The disk has no cache that a power failure could empty: fsync needs no flush and is cheap.";
	}
	record_fact(host->record, &fact);
}

static void report_rotational(const struct host *host, const struct disk *disk)
{
	struct fact fact = {.id = "disk.rotational",
		.topic = TOPIC_DISK,
		.title = "Spinning disk",
		.status = FACT_PASS,
		.source = SOURCE_ETCD};

	if (disk->rotational < 0) {
		host_unknown(host, fact.id, TOPIC_DISK, fact.title,
			"/sys/class/block does not tell.", NULL);
		return;
	}
	fact.value = json_boolean(disk->rotational);
	if (is_virtual(host, disk)) {
		fact.status = FACT_INFO;
		fact.why = "Virtual disks say this or the other whatever is behind them.";
	} else if (disk->rotational) {
		fact.status = FACT_WARN;
		fact.why =
			"A spinning disk does about a hundred durable writes a second: too few for etcd.";
		fact.remedy = "Use an SSD for a control plane node.";
	}
	record_fact(host->record, &fact);
}

/* Thresholds are the kubelet's default hard eviction signals and the share above which it deletes
 * images (imageGCHighThresholdPercent: 85). */
static void report_free(const struct host *host)
{
	struct statvfs space;
	struct fact fact = {.id = "disk.free",
		.topic = TOPIC_FS,
		.title = "Free space",
		.status = FACT_PASS,
		.unit = "B",
		.source = SOURCE_EVICTION};

	if (!host->live || statvfs(host->dir, &space) < 0 || space.f_blocks == 0) {
		host_unknown(host, fact.id, TOPIC_FS, fact.title,
			host->live
				? "The file system does not tell."
				: "Only the running system knows; a copy of its files does not tell.",
			host->live ? NULL : "Run seatrial on the host itself.");
		return;
	}
	int64_t bytes = (int64_t)space.f_bavail * (int64_t)space.f_frsize;
	double share = (double)space.f_bavail / (double)space.f_blocks;
	double files = space.f_files ? (double)space.f_favail / (double)space.f_files : 1;
	fact.value = json_integer(bytes);
	fact.why = host_say("%.0f %% of the file system.", share * 100);
	if (files < 0.05) {
		fact.status = FACT_WARN;
		fact.why =
			"Fewer than 5 % of the inodes are free: the kubelet would evict pods at once.";
		fact.remedy = "Delete small files, or make the file system anew with more inodes.";
	} else if (share < 0.15 || bytes < 10 * GIB) {
		fact.status = FACT_WARN;
		fact.why = host_say(
			"%.0f %% of the file system. Below 15 %% the kubelet deletes images, below 10 %% it "
			"evicts pods; images and logs alone need some 10 GiB.",
			share * 100);
		fact.remedy = "Free space, or choose a larger disk.";
	}
	record_fact(host->record, &fact);
}

static void report_fs_type(const struct host *host, const struct disk *disk)
{
	struct fact fact = {.id = "fs.type",
		.topic = TOPIC_FS,
		.title = "Type",
		.status = FACT_INFO,
		.value = host_text("%s", disk->fs_type),
		.source = "https://docs.kernel.org/filesystems/overlayfs.html#upper-and-lower"};

	if (!strcmp(disk->fs_type, "ext4") || !strcmp(disk->fs_type, "xfs")) {
		fact.status = FACT_PASS;
		fact.why = "What container runtimes are used with most.";
	} else if (!strcmp(disk->fs_type, "overlay")) {
		fact.status = FACT_WARN;
		fact.why = host_say(
			"This is a container's own file system (written to %s): it goes with the container, and "
			"readings pass through one more layer.",
			disk->upper_dir[0] ? disk->upper_dir
					   : "a directory of the machine that cannot be seen here");
		fact.remedy = "Give --dir a directory that is mounted from the machine (a volume).";
	} else if (disk->is_volatile) {
		fact.status = FACT_FAIL;
		fact.why = "This file system is memory: everything in it is gone after a reboot.";
		fact.remedy = "Give --dir a directory on a disk, and keep Kubernetes' data there.";
	} else if (disk->is_virtual_fs) {
		fact.status = FACT_FAIL;
		fact.why = "This is no file system for data.";
		fact.remedy =
			"Give --dir the directory where Kubernetes' data will be, e.g. /var/lib.";
	} else if (disk->remote || !strncmp(disk->fs_type, "fuse", 4) ||
		   !strcmp(disk->fs_type, "9p") || !strcmp(disk->fs_type, "virtiofs")) {
		fact.status = FACT_WARN;
		fact.why =
			"Container runtimes and etcd need a local file system: overlayfs does not work on top of "
			"this one, or is slow.";
		fact.remedy =
			"Keep /var/lib/containerd, /var/lib/kubelet and /var/lib/etcd on ext4 or xfs.";
	} else {
		fact.why = "Works, with care: container runtimes are tested on ext4 and xfs first.";
	}
	record_fact(host->record, &fact);
}

/* Mount options that change what fsync promises or costs, and those that keep containers from
 * running. */
static const struct {
	const char *option;
	enum fact_status status;
	const char *why, *remedy, *source;
} notable[] = {
	{"ro", FACT_FAIL, "Mounted read-only: nothing can be written.",
		"Run: mount -o remount,rw, and look in dmesg for the error that made it read-only.",
		"mount(8)"},
	{"nobarrier", FACT_WARN,
		"fsync does not flush the disk's cache: a power failure loses what was promised to be safe, and "
		"readings look better than they are.",
		"Remove nobarrier from /etc/fstab and reboot.", SOURCE_EXT4},
	{"barrier=0", FACT_WARN,
		"fsync does not flush the disk's cache: a power failure loses what was promised to be safe, and "
		"readings look better than they are.",
		"Remove barrier=0 from /etc/fstab and reboot.", SOURCE_EXT4},
	{"noexec", FACT_WARN, "Programs cannot be run from here: containers would not start.",
		"Remove noexec from /etc/fstab, or keep /var/lib/containerd elsewhere.",
		"mount(8)"},
	{"data=writeback", FACT_WARN,
		"After a crash, files can hold old content of the disk: faster, and not for databases.",
		"Remove data=writeback from /etc/fstab and reboot.", SOURCE_EXT4},
	{"sync", FACT_WARN, "Every write waits for the disk, also those that need not.",
		"Remove sync from /etc/fstab.", "mount(8)"},
	{"dirsync", FACT_INFO, "Every change of a directory waits for the disk.", NULL, "mount(8)"},
	{"data=journal", FACT_INFO,
		"All data is written twice, to the journal first: fsync costs more.", NULL,
		SOURCE_EXT4},
	{"nosuid", FACT_INFO,
		"Containers whose programs change user (sudo, ping) may not work from here.", NULL,
		"mount(8)"},
	{"discard", FACT_INFO,
		"Freed space is returned to the disk at once, which some disks do slowly.",
		"If deleting files is slow: use fstrim.timer instead of the discard option.",
		SOURCE_EXT4},
};

static void report_options(const struct host *host, const struct disk *disk)
{
	struct fact fact = {.id = "fs.mount_options",
		.topic = TOPIC_FS,
		.title = "Mount options",
		.status = FACT_PASS,
		.value = host_text("%s", disk->mount_options),
		.why = "None that weakens fsync or keeps containers from running.",
		.source = "mount(8)"};

	for (size_t i = 0; i < sizeof(notable) / sizeof(*notable); i++)
		if (disk_has_option(disk, notable[i].option)) {
			fact.status = notable[i].status;
			fact.why = notable[i].why;
			fact.remedy = notable[i].remedy;
			fact.source = notable[i].source;
			break;
		}
	record_fact(host->record, &fact);
}

/* For the table of what was judged. */
static void record_disk(const struct host *host, const struct disk *disk)
{
	json_t *target = json_object();
	char path[PATH_MAX];

	json_object_set_new(
		target, "directory", host_text("%s", realpath(host->dir, path) ? path : host->dir));
	json_object_set_new(target, "mount point", host_text("%s", disk->mount_point));
	json_object_set_new(target, "file system", host_text("%s", disk->fs_type));
	if (disk->device[0])
		json_object_set_new(target, "device", host_text("%s", disk->device));
	record_target(host->record, target);
}

void host_disk(struct host *host)
{
	struct problem problem;
	struct disk disk;

	if (disk_of_path(host->root, host->dir, &disk, &problem)) {
		record_skip(host->record, "disk and file system", problem.text,
			"Give --dir a directory that exists.");
		return;
	}
	record_disk(host, &disk);
	if (disk.device[0]) {
		report_type(host, &disk);
		report_scheduler(host, &disk);
		report_write_cache(host, &disk);
		report_rotational(host, &disk);
	} else {
		record_skip(host->record, "the disk itself",
			host_say("%s on %s has no block device that can be seen here", disk.fs_type,
				disk.source),
			"Give --dir a directory on a disk; in a container, one that is mounted from the machine.");
	}
	report_free(host);
	report_fs_type(host, &disk);
	report_options(host, &disk);
}
