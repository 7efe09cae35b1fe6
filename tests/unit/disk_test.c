#include "disk.h"
#include "mountinfo.h"
#include "tree.h"

#include <criterion/criterion.h>
#include <sys/sysmacros.h>

TestSuite(disk, .init = tree_make, .fini = tree_remove, .timeout = 20);

/* A block device as sysfs shows it: its folder, and the two links that lead there. */
static void put_device(const char *name, const char *folder, const char *number)
{
	char path[PATH_MAX], target[PATH_MAX];

	snprintf(path, sizeof(path), "/sys/devices/%s/dev", folder);
	tree_put(path, number);
	snprintf(target, sizeof(target), "../../devices/%s", folder);
	snprintf(path, sizeof(path), "/sys/class/block/%s", name);
	tree_link(path, target);
	snprintf(path, sizeof(path), "/sys/dev/block/%.*s", (int)strcspn(number, "\n"), number);
	tree_link(path, target);
}

static void put_attribute(const char *folder, const char *name, const char *value)
{
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "/sys/devices/%s/%s", folder, name);
	tree_put(path, value);
}

#define VIRTIO "pci0000:00/0000:00:04.0/virtio1/block/vda"

static void put_virtio(void)
{
	put_device("vda", VIRTIO, "254:0\n");
	put_attribute(VIRTIO, "queue/rotational", "1\n");
	put_attribute(VIRTIO, "queue/scheduler", "[none] mq-deadline \n");
	put_attribute(VIRTIO, "queue/write_cache", "write back\n");
	put_attribute(VIRTIO, "queue/fua", "0\n");
	put_attribute(VIRTIO, "device/vendor", "0x1af4\n");
	put_device("vda1", VIRTIO "/vda1", "254:1\n");
	put_attribute(VIRTIO "/vda1", "partition", "1\n");
}

static struct disk find(const char *mountinfo, const char *path)
{
	struct disk disk;
	struct problem problem = {.text = ""};

	tree_put("/proc/self/mountinfo", mountinfo);
	cr_assert_eq(disk_of_path(tree, path, &disk, &problem), 0, "%s", problem.text);
	return disk;
}

Test(disk, partition_of_a_virtio_disk)
{
	put_virtio();
	struct disk disk =
		find("22 1 254:1 / / rw,noatime shared:1 - ext4 /dev/vda1 rw,discard,nobarrier\n"
		     "23 22 0:21 / /proc rw - proc proc rw\n",
			"/var/lib/etcd");

	cr_assert_str_eq(disk.mount_point, "/");
	cr_assert_str_eq(disk.source, "/dev/vda1");
	cr_assert_str_eq(disk.fs_type, "ext4");
	cr_assert_str_eq(disk.mount_options, "rw,noatime,discard,nobarrier");
	cr_assert(disk_has_option(&disk, "nobarrier"));
	cr_assert_not(disk_has_option(&disk, "barrier"));
	cr_assert_str_eq(disk.device, "vda1");
	cr_assert_str_eq(disk.parent, "vda");
	cr_assert_str_eq(disk.physical, "vda");
	cr_assert_eq(disk.physical_count, 1);
	cr_assert_eq(disk.major, 254);
	cr_assert_eq(disk.minor, 1);
	cr_assert_eq(disk.rotational, 1);
	cr_assert_eq(disk.fua, 0);
	cr_assert_str_eq(disk.scheduler, "none");
	cr_assert_str_eq(disk.write_cache, "write back");
	cr_assert_str_eq(disk.transport, "virtio");
	cr_assert_str_eq(disk.model, "", "a PCI number is no vendor");
	cr_assert_not(disk.is_virtual_fs);
	cr_assert_not(disk.remote);
}

Test(disk, the_last_of_the_longest_mounts_counts)
{
	put_virtio();
	const char *mountinfo = "22 1 254:1 / / rw - ext4 /dev/vda1 rw\n"
				"30 22 0:40 / /var/lib rw - tmpfs first rw\n"
				"31 30 254:0 / /var/lib rw - xfs /dev/vda rw\n"
				"32 22 0:41 / /var/library rw - tmpfs other rw\n"
				"a line that is none\n"
				"33 22 - broken\n";

	cr_assert_str_eq(find(mountinfo, "/var/lib/etcd").fs_type, "xfs");
	cr_assert_str_eq(find(mountinfo, "/var/lib").device, "vda");
	cr_assert_str_eq(find(mountinfo, "/var/library").fs_type, "tmpfs");
	cr_assert_str_eq(find(mountinfo, "/var/libx").fs_type, "ext4");
	cr_assert_str_eq(find(mountinfo, ".").fs_type, "ext4");
	cr_assert_str_eq(find(mountinfo, "./var/lib/x").fs_type, "xfs");
}

Test(disk, escapes_in_mount_points)
{
	struct disk disk =
		find("22 1 254:1 / / rw - ext4 /dev/none rw\n"
		     "30 22 0:40 / /mnt/a\\040b\\134c\\011d rw - tmpfs with\\040space rw,size=4k\n",
			"/mnt/a b\\c\td/e");

	cr_assert_str_eq(disk.mount_point, "/mnt/a b\\c\td");
	cr_assert_str_eq(disk.source, "with space");
	cr_assert(disk.is_virtual_fs);
	cr_assert(disk.is_volatile);
	cr_assert_str_eq(disk.device, "");
	cr_assert_eq(disk.rotational, -1);
	cr_assert_eq(disk.fua, -1);
}

/* btrfs numbers itself; the device is known by its name only. */
Test(disk, btrfs_by_its_source)
{
	put_virtio();
	struct disk disk = find("22 1 0:33 /@ / rw - btrfs /dev/vda1 rw,space_cache=v2\n", "/");

	cr_assert_str_eq(disk.device, "vda1");
	cr_assert_eq(disk.major, 254);
	cr_assert_eq(disk.minor, 1);
}

Test(disk, down_through_device_mapper_and_md)
{
	put_device("sda", "pci0000:00/ata1/host0/target0:0:0/0:0:0:0/block/sda", "8:0\n");
	put_device("sda2", "pci0000:00/ata1/host0/target0:0:0/0:0:0:0/block/sda/sda2", "8:2\n");
	put_attribute(
		"pci0000:00/ata1/host0/target0:0:0/0:0:0:0/block/sda", "sda2/partition", "2\n");
	put_attribute("pci0000:00/ata1/host0/target0:0:0/0:0:0:0/block/sda", "device/vendor",
		"ATA     \n");
	put_attribute("pci0000:00/ata1/host0/target0:0:0/0:0:0:0/block/sda", "device/model",
		"SAMSUNG SSD   \n");
	put_attribute("pci0000:00/ata1/host0/target0:0:0/0:0:0:0/block/sda", "queue/scheduler",
		"none [mq-deadline]\n");
	put_device("md0", "virtual/block/md0", "9:0\n");
	put_attribute("virtual/block/md0", "slaves/sda2", "");
	put_attribute("virtual/block/md0", "slaves/sdb2", "");
	put_device("dm-0", "virtual/block/dm-0", "253:0\n");
	put_attribute("virtual/block/dm-0", "slaves/md0", "");
	put_attribute("virtual/block/dm-0", "dm/name", "vg-data\n");
	put_attribute("virtual/block/dm-0", "queue/rotational", "0\n");
	put_attribute("virtual/block/dm-0", "queue/write_cache", "write back\n");
	put_attribute("pci0000:00/ata1/host0/target0:0:0/0:0:0:0/block/sda", "queue/write_cache",
		"write through\n");

	struct disk disk = find("22 1 0:50 / / rw - btrfs /dev/mapper/vg-data rw\n", "/");
	cr_assert_str_eq(disk.device, "dm-0", "by the name that device mapper keeps");
	cr_assert_str_eq(disk.parent, "dm-0");
	cr_assert_str_eq(disk.physical, "sda");
	cr_assert_eq(disk.physical_count, 2);
	cr_assert_eq(disk.rotational, 0, "of the stack as a whole");
	cr_assert_str_eq(disk.write_cache, "write through", "md says more than its disks");
	cr_assert_str_eq(disk.scheduler, "mq-deadline", "of the disk below");
	cr_assert_str_eq(disk.model, "SAMSUNG SSD");
	cr_assert_str_eq(disk.transport, "sata");
}

/* A device that names itself below itself must not keep us going round. */
Test(disk, a_loop_of_slaves_ends)
{
	put_device("dm-0", "virtual/block/dm-0", "253:0\n");
	put_attribute("virtual/block/dm-0", "slaves/dm-0", "");
	struct disk disk = find("22 1 253:0 / / rw - ext4 /dev/dm-0 rw\n", "/");
	cr_assert_str_eq(disk.physical, "dm-0");
}

static const struct {
	const char *name, *folder, *model, *transport;
	bool remote, is_volatile;
} attachments[] = {
	{"nvme0n1", "pci0000:00/0000:00:04.0/nvme/nvme0/nvme0n1", "Amazon Elastic Block Store",
		"nvme", true, false},
	{"nvme1n1", "pci0000:00/0000:00:04.0/nvme/nvme1/nvme1n1", "SAMSUNG MZVL2512", "nvme", false,
		false},
	{"sda", "pci0000:00/0000:00:05.0/virtio2/host2/target2:0:0/2:0:0:0/block/sda",
		"QEMU HARDDISK", "virtio-scsi", false, false},
	{"sdb", "platform/host3/session1/target3:0:0/3:0:0:0/block/sdb", "iscsi disk", "iscsi",
		true, false},
	{"sdc", "pci0000:00/0000:00:14.0/usb2/2-1/host4/target4:0:0/4:0:0:0/block/sdc", "Stick",
		"usb", false, false},
	{"xvda", "vbd-51712/block/xvda", "", "xen", false, false},
	{"rbd0", "rbd/0/block/rbd0", "", "rbd", true, false},
	{"nbd0", "virtual/block/nbd0", "", "nbd", true, false},
	{"zram0", "virtual/block/zram0", "", "ram", false, true},
	{"mmcblk0", "platform/mmc0/mmc0:0001/block/mmcblk0", "", "mmc", false, false},
};

Test(disk, how_disks_are_attached)
{
	for (size_t i = 0; i < sizeof(attachments) / sizeof(*attachments); i++) {
		char number[32], line[128];

		snprintf(number, sizeof(number), "%zu:0\n", 100 + i);
		put_device(attachments[i].name, attachments[i].folder, number);
		put_attribute(attachments[i].folder, "device/model", attachments[i].model);
		snprintf(line, sizeof(line), "22 1 %zu:0 / / rw - ext4 /dev/x rw\n", 100 + i);
		struct disk disk = find(line, "/");
		cr_assert_str_eq(disk.device, attachments[i].name);
		cr_assert_str_eq(disk.transport, attachments[i].transport, "%s", disk.device);
		cr_assert_eq(disk.remote, attachments[i].remote, "%s", disk.device);
		cr_assert_eq(disk.is_volatile, attachments[i].is_volatile, "%s", disk.device);
	}
}

Test(disk, nvme_over_a_network)
{
	put_device("nvme0n1", "virtual/nvme-fabrics/ctl/nvme0/nvme0n1", "259:0\n");
	put_attribute("virtual/nvme-fabrics/ctl/nvme0/nvme0n1", "device/transport", "tcp\n");
	struct disk disk = find("22 1 259:0 / / rw - ext4 /dev/nvme0n1 rw\n", "/");
	cr_assert_str_eq(disk.transport, "nvme over tcp");
	cr_assert(disk.remote);
}

Test(disk, overlay_says_where_writes_go)
{
	char mountinfo[4096], layers[2048];

	memset(layers, 'x', sizeof(layers) - 1);
	layers[sizeof(layers) - 1] = '\0';
	snprintf(mountinfo, sizeof(mountinfo),
		"22 1 0:50 / / rw,relatime - overlay overlay rw,lowerdir=/%s,upperdir=/docker/a/diff,"
		"workdir=/docker/a/work\n",
		layers);
	struct disk disk = find(mountinfo, "/");
	cr_assert_str_eq(disk.upper_dir, "/docker/a/diff");
	cr_assert(disk.is_virtual_fs);
	cr_assert_not(disk.is_volatile);
	cr_assert(disk_has_option(&disk, "workdir=/docker/a/work"));
	cr_assert_null(strstr(disk.mount_options, "lowerdir"));
}

Test(disk, network_file_systems_have_no_disk)
{
	struct disk disk = find("22 1 0:50 / / rw - nfs4 10.0.0.1:/export rw,vers=4.2\n", "/");
	cr_assert(disk.remote);
	cr_assert_str_eq(disk.device, "");
}

Test(disk, no_mount_covers_the_path)
{
	struct disk disk;
	struct problem problem = {.text = ""};

	tree_put("/proc/self/mountinfo", "22 1 254:1 / /mnt rw - ext4 /dev/vda1 rw\n");
	cr_assert_eq(disk_of_path(tree, "/var", &disk, &problem), -ENOENT);
	cr_assert_not_null(strstr(problem.text, "/var"));
	cr_assert_eq(disk_of_path("/", "/no/such/directory", &disk, &problem), -ENOENT);
	cr_assert_not_null(strstr(problem.text, "/no/such/directory"));
}

/* Of the machine that runs the test: what we say must be what stat(2) says. */
Test(disk, agrees_with_the_running_system)
{
	struct disk disk;
	struct problem problem = {.text = ""};
	struct stat status;
	uint64_t flushes;

	cr_assert_eq(disk_of_path("/", tree, &disk, &problem), 0, "%s", problem.text);
	cr_assert_eq(stat(tree, &status), 0);
	cr_assert_neq(disk.fs_type[0], '\0');
	if (!disk.device[0]) {
		cr_assert_eq(disk_flushes(&disk, &flushes), -ENODEV);
		cr_skip("the temporary directory is on no block device");
	}
	if (major(status.st_dev) != 0) {
		cr_assert_eq(disk.major, major(status.st_dev));
		cr_assert_eq(disk.minor, minor(status.st_dev));
	}
	int error = disk_flushes(&disk, &flushes);
	cr_assert(error == 0 || error == -ENOTSUP, "%d", error);
}

Test(mountinfo, options_match_whole)
{
	cr_assert(mountinfo_has_option("ro,nosuid,data=journal", "ro"));
	cr_assert(mountinfo_has_option("ro,nosuid,data=journal", "data=journal"));
	cr_assert_not(mountinfo_has_option("errors=remount-ro", "ro"));
	cr_assert_not(mountinfo_has_option("rw", "r"));
	cr_assert_not(mountinfo_has_option("", "ro"));
}
