/*
 * disk: which file system and block device a path lies on, and what of them decides what a flush
 * costs and whether it protects anything. Reads /proc/self/mountinfo and /sys; changes and opens
 * nothing else.
 */
#pragma once

#include "problem.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Texts are as the kernel gives them (hostile where they land), "" when unknown. */
struct disk {
	char mount_point[1024];
	char source[256];         /* what is mounted: "/dev/vda1", "server:/export", "tmpfs" */
	char fs_type[64];         /* "ext4" */
	char mount_options[1024]; /* of the mount, then of the file system; no lowerdir= of an
				     overlay */
	char upper_dir[1024];     /* of an overlay: where what is written goes */
	bool is_virtual_fs;       /* no disk of its own: tmpfs, overlay, proc, ... */
	bool is_volatile; /* what is written is gone after a reboot: tmpfs, ramfs, RAM disks */
	bool remote;      /* known to be reached over a network; false when not known */

	unsigned int major, minor; /* of `device`; 0:0 when none was found */
	char device[64];   /* block device of the file system: "vda1", "dm-0"; "" for none */
	char parent[64];   /* whole disk that `device` is, or is a partition of: "vda" */
	char physical[64]; /* whole disk below device mapper and md: the first of... */
	unsigned int physical_count; /* ...this many; equals `parent`, 1 when nothing is stacked */

	/* Of `parent`; the kernel works these out for stacked devices too. */
	int rotational; /* 1, 0, or -1 unknown; virtual disks often say 1 whatever is behind them */
	int fua;        /* writes that bypass the cache: 1, 0, or -1 unknown */

	/* Of `physical`. */
	char write_cache[32]; /* "write back": flushes are sent; "write through": they are not
				 needed. What is stacked above need not know: md always says
				 "write back" */
	char scheduler[32];   /* the active one: "none", "mq-deadline" */
	char model[128];      /* vendor and model, or the backing file of a loop device */
	char transport[32];   /* "virtio", "nvme", "sata", "iscsi", "rbd", "loop", ... */
};

/* Fills `disk` for an existing path (below a `root` other than "/", a path of that system, which is
 * not looked at; see procfs.h). Returns 0, also when no block device was found (`device` is ""), or
 * a negative errno with `problem` filled. */
int disk_of_path(const char *root, const char *path, struct disk *disk, struct problem *problem);

/* True when the options have `option`: "nobarrier", or "data=writeback" with its value. */
bool disk_has_option(const struct disk *disk, const char *option);

/* Flush requests that `physical` has completed since boot: the kernel counts them for whole disks
 * only, since Linux 5.5 (Documentation/admin-guide/iostats.rst), and where it counts requests: not
 * for drivers that pass them on as they are (NVMe with several paths, DRBD, volumes of ZFS).
 * Returns 0, -ENOTSUP when it does not count, -ENODEV when there is no block device. Of the running
 * system only. */
int disk_flushes(const struct disk *disk, uint64_t *flushes);
