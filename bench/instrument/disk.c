#include "disk.h"

#include "mountinfo.h"
#include "procfs.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#define STACK_DEPTH 8 /* device mapper on md on partitions is 3 */
#define NAMES_MAX   256

static const char *const volatile_fs[] = {"tmpfs", "ramfs", "rootfs", NULL};
static const char *const virtual_fs[] = {"tmpfs", "ramfs", "rootfs", "overlay", "aufs", "proc",
	"sysfs", "devtmpfs", "devpts", "cgroup", "cgroup2", "securityfs", "debugfs", "tracefs",
	"configfs", "mqueue", "hugetlbfs", "bpf", "pstore", "efivarfs", "autofs", "fuse.lxcfs",
	NULL};
static const char *const remote_fs[] = {"nfs", "nfs4", "cifs", "smb3", "smbfs", "ceph", "afs",
	"glusterfs", "fuse.glusterfs", "fuse.sshfs", "fuse.s3fs", "fuse.ceph", "fuse.ceph-fuse",
	"lustre", "gpfs", "beegfs", "ocfs2", "gfs2", "orangefs", NULL};

static bool listed(const char *const *list, const char *word)
{
	for (; *list; list++)
		if (!strcmp(*list, word))
			return true;
	return false;
}

static void copy_text(char *to, size_t size, const char *from)
{
	size_t length = strlen(from);

	if (length > size - 1)
		length = size - 1;
	memmove(to, from, length);
	to[length] = '\0';
}

/* Adds options that fit whole and are not there yet. An overlay's lower directories are a page of
 * hashes of no interest here; its upper directory goes to its own field. */
static void add_options(struct disk *disk, const char *options)
{
	char option[sizeof(disk->mount_options)];

	for (const char *at = options; *at; at += *at == ',') {
		size_t length = strcspn(at, ","), used = strlen(disk->mount_options);
		copy_text(option, length < sizeof(option) ? length + 1 : sizeof(option), at);
		at += length;
		if (!strncmp(option, "upperdir=", 9))
			copy_text(disk->upper_dir, sizeof(disk->upper_dir), option + 9);
		if (used + length + 2 > sizeof(disk->mount_options) ||
			!strncmp(option, "lowerdir", 8) ||
			mountinfo_has_option(disk->mount_options, option))
			continue;
		snprintf(disk->mount_options + used, sizeof(disk->mount_options) - used, "%s%s",
			used ? "," : "", option);
	}
}

/* The kernel's name of a device number: the last component of where sysfs links it. */
static bool name_of_number(const char *root, struct disk *disk)
{
	char link[PATH_MAX];

	if (procfs_link(root, link, sizeof(link), "/sys/dev/block/%u:%u", disk->major, disk->minor))
		return false;
	copy_text(disk->device, sizeof(disk->device), procfs_basename(link));
	return true;
}

/* The device number of a node below /dev, by the node itself or by the name that sysfs gives it. */
static bool number_of_source(const char *root, const char *source, struct disk *disk)
{
	char number[32], *names[NAMES_MAX], line[128];
	struct stat status;
	const char *name = procfs_basename(source);
	bool found = false;

	if (procfs_is_live(root) && stat(source, &status) == 0 && S_ISBLK(status.st_mode)) {
		disk->major = major(status.st_rdev);
		disk->minor = minor(status.st_rdev);
		return true;
	}
	if (procfs_line(root, number, sizeof(number), "/sys/class/block/%s/dev", name) == 0)
		return sscanf(number, "%u:%u", &disk->major, &disk->minor) == 2;

	/* /dev/mapper/NAME: device mapper keeps its own names. */
	ssize_t count = procfs_names(root, names, NAMES_MAX, "/sys/class/block");
	for (ssize_t i = 0; i < count && !found; i++)
		found = !procfs_line(root, line, sizeof(line), "/sys/class/block/%s/dm/name",
				names[i]) &&
			!strcmp(line, name) &&
			!procfs_line(root, number, sizeof(number), "/sys/class/block/%s/dev",
				names[i]) &&
			sscanf(number, "%u:%u", &disk->major, &disk->minor) == 2;
	procfs_names_free(names, count);
	return found;
}

/* The whole disk of a partition: sysfs puts its folder into the disk's. */
static void whole_disk(const char *root, const char *device, char *whole, size_t size)
{
	char link[PATH_MAX];

	copy_text(whole, size, device);
	if (!procfs_exists(root, "/sys/class/block/%s/partition", device) ||
		procfs_link(root, link, sizeof(link), "/sys/class/block/%s", device))
		return;
	char *slash = strrchr(link, '/');
	if (!slash)
		return;
	*slash = '\0';
	copy_text(whole, size, procfs_basename(link));
}

/* Follows device mapper and md down to a whole disk that stands on nothing. */
static void physical_disk(const char *root, struct disk *disk)
{
	copy_text(disk->physical, sizeof(disk->physical), disk->parent);
	disk->physical_count = 1;
	for (int depth = 0; depth < STACK_DEPTH; depth++) {
		char *names[NAMES_MAX];
		ssize_t count = procfs_names(
			root, names, NAMES_MAX, "/sys/class/block/%s/slaves", disk->physical);
		if (count > 0) {
			whole_disk(root, names[0], disk->physical, sizeof(disk->physical));
			disk->physical_count *= (unsigned int)count;
		}
		procfs_names_free(names, count);
		if (count <= 0)
			break;
	}
}

/* How a disk is attached, by its kernel name's beginning or by a part of its path in /sys/devices.
 * The first row that fits counts. */
static const struct {
	const char *name, *path, *transport;
	bool remote, is_volatile;
} transports[] = {
	{"rbd", NULL, "rbd", true, false},
	{"nbd", NULL, "nbd", true, false},
	{"drbd", NULL, "drbd", true, false},
	{"zram", NULL, "ram", false, true},
	{"ram", NULL, "ram", false, true},
	{"loop", NULL, "loop", false, false},
	{"nvme", NULL, "nvme", false, false},
	{"pmem", NULL, "pmem", false, false},
	{"mmcblk", NULL, "mmc", false, false},
	{"xvd", NULL, "xen", false, false},
	{NULL, "/vbd-", "xen", false, false},
	{NULL, "/session", "iscsi", true, false},
	{NULL, "/rport-", "fibre channel", true, false},
	{"vd", "/virtio", "virtio", false, false},
	{"sd", "/virtio", "virtio-scsi", false, false},
	{NULL, "/usb", "usb", false, false},
	{NULL, "/ata", "sata", false, false},
	{NULL, "/end_device-", "sas", false, false},
	{NULL, "/VMBUS", "hyper-v", false, false},
	{"sd", NULL, "scsi", false, false},
	{"dm-", NULL, "device mapper", false, false},
	{"md", NULL, "md", false, false},
};

/* Clouds whose network volumes look like local disks say so in the model:
 * docs.aws.amazon.com/ebs "nvme-ebs-volumes", cloud.google.com/compute/docs/disks "disk-symlinks".
 */
static const char *const remote_models[] = {
	"Amazon Elastic Block Store", "PersistentDisk", "nvme_card-pd", NULL};

static void read_transport(const char *root, struct disk *disk)
{
	char link[PATH_MAX], kind[32];

	procfs_link(root, link, sizeof(link), "/sys/class/block/%s", disk->physical);
	for (size_t i = 0; i < sizeof(transports) / sizeof(*transports); i++) {
		const char *name = transports[i].name, *path = transports[i].path;
		if ((name && strncmp(disk->physical, name, strlen(name)) != 0) ||
			(path && !strstr(link, path)))
			continue;
		copy_text(disk->transport, sizeof(disk->transport), transports[i].transport);
		disk->remote |= transports[i].remote;
		disk->is_volatile |= transports[i].is_volatile;
		break;
	}
	/* NVMe over fabrics: pcie is local; tcp, rdma and fc are not. */
	if (!procfs_line(root, kind, sizeof(kind), "/sys/class/block/%s/device/transport",
		    disk->physical) &&
		strcmp(kind, "pcie") != 0) {
		snprintf(disk->transport, sizeof(disk->transport), "nvme over %.16s", kind);
		disk->remote = true;
	}
	for (size_t i = 0; remote_models[i]; i++)
		disk->remote |= strstr(disk->model, remote_models[i]) != NULL;
}

static void read_model(const char *root, struct disk *disk)
{
	char vendor[64], model[64];

	if (!procfs_line(root, disk->model, sizeof(disk->model),
		    "/sys/class/block/%s/loop/backing_file", disk->physical))
		return;
	procfs_line(
		root, vendor, sizeof(vendor), "/sys/class/block/%s/device/vendor", disk->physical);
	procfs_line(root, model, sizeof(model), "/sys/class/block/%s/device/model", disk->physical);
	/* virtio and PCI give a number for a vendor, SATA the word ATA. */
	bool named = model[0] && vendor[0] && strncmp(vendor, "0x", 2) != 0 &&
		     strcmp(vendor, "ATA") != 0;
	snprintf(disk->model, sizeof(disk->model), "%s%s%s", named ? vendor : "", named ? " " : "",
		model);
}

/* "none [mq-deadline] kyber": the active one is in brackets; a lone word is active too. */
static void read_scheduler(const char *root, struct disk *disk)
{
	char line[256];

	if (procfs_line(root, line, sizeof(line), "/sys/class/block/%s/queue/scheduler",
		    disk->physical))
		return;
	char *active = strchr(line, '[');
	if (active)
		active[strcspn(active, "]")] = '\0';
	copy_text(disk->scheduler, sizeof(disk->scheduler), active ? active + 1 : line);
}

static int read_flag(const char *root, const char *device, const char *name)
{
	int64_t value;

	if (procfs_integer(root, &value, "/sys/class/block/%s/queue/%s", device, name))
		return -1;
	return value != 0;
}

static void read_device(const char *root, struct disk *disk)
{
	whole_disk(root, disk->device, disk->parent, sizeof(disk->parent));
	physical_disk(root, disk);
	disk->rotational = read_flag(root, disk->parent, "rotational");
	disk->fua = read_flag(root, disk->parent, "fua");
	procfs_line(root, disk->write_cache, sizeof(disk->write_cache),
		"/sys/class/block/%s/queue/write_cache", disk->physical);
	read_scheduler(root, disk);
	read_model(root, disk);
	read_transport(root, disk);
}

/* The mount that a path is on. Linux tells by its id since 5.8; else the longest mount point
 * decides. */
static const struct mount *mount_of_path(
	const char *root, const char *path, const struct mountinfo *table, struct problem *problem)
{
	char resolved[PATH_MAX];
	struct statx status;
	const struct mount *mount = NULL;

	if (!procfs_is_live(root)) {
		while (*path == '/' || !strncmp(path, "./", 2) || !strcmp(path, "."))
			path++;
		snprintf(resolved, sizeof(resolved), "/%s", path);
	} else if (!realpath(path, resolved)) {
		problem_errno(problem, "cannot find the directory %s", path);
		return NULL;
	} else if (statx(AT_FDCWD, resolved, 0, STATX_MNT_ID, &status) == 0 &&
		   status.stx_mask & STATX_MNT_ID) {
		mount = mountinfo_by_id(table, status.stx_mnt_id);
	}
	if (!mount)
		mount = mountinfo_covering(table, resolved);
	if (!mount)
		problem_set(problem, -ENOENT,
			"no mount in /proc/self/mountinfo covers %s; is this a chroot?", resolved);
	return mount;
}

int disk_of_path(const char *root, const char *path, struct disk *disk, struct problem *problem)
{
	struct mountinfo table;

	*disk = (struct disk){.rotational = -1, .fua = -1};
	int error = mountinfo_read(root, &table, problem);
	if (error)
		goto out;
	const struct mount *mount = mount_of_path(root, path, &table, problem);
	if (!mount) {
		error = -ENOENT;
		goto out;
	}

	copy_text(disk->mount_point, sizeof(disk->mount_point), mount->mount_point);
	copy_text(disk->source, sizeof(disk->source), mount->source);
	copy_text(disk->fs_type, sizeof(disk->fs_type), mount->fs_type);
	add_options(disk, mount->options);
	add_options(disk, mount->super_options);
	disk->is_virtual_fs = listed(virtual_fs, disk->fs_type);
	disk->is_volatile = listed(volatile_fs, disk->fs_type);
	disk->remote = listed(remote_fs, disk->fs_type);

	/* Major 0 is no block device: btrfs, overlay, tmpfs and NFS number themselves. */
	disk->major = mount->major;
	disk->minor = mount->minor;
	bool numbered = mount->major || (!strncmp(disk->source, "/dev/", 5) &&
						number_of_source(root, disk->source, disk));
	if (numbered && name_of_number(root, disk))
		read_device(root, disk);
	else
		disk->major = disk->minor = 0;
out:
	mountinfo_free(&table);
	return error;
}

bool disk_has_option(const struct disk *disk, const char *option)
{
	return mountinfo_has_option(disk->mount_options, option);
}

int disk_flushes(const struct disk *disk, uint64_t *flushes)
{
	char line[512];
	unsigned long long value;

	if (!disk->physical[0])
		return -ENODEV;
	/* A driver without queues of requests is one whose flushes nobody counts: they stay 0. */
	if (!procfs_exists("/", "/sys/class/block/%s/mq", disk->physical))
		return -ENOTSUP;
	int error =
		procfs_line("/", line, sizeof(line), "/sys/class/block/%s/stat", disk->physical);
	if (error)
		return error;
	/* Documentation/block/stat.rst: 15 fields before "flush I/Os", itself before "flush ticks".
	 */
	if (sscanf(line, "%*u %*u %*u %*u %*u %*u %*u %*u %*u %*u %*u %*u %*u %*u %*u %llu %*u",
		    &value) != 1)
		return -ENOTSUP;
	*flushes = value;
	return 0;
}
