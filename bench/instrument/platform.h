/*
 * platform: what a system runs on: which hypervisor carries its machine, and which container it is
 * in, if any. Reads files below a root (procfs.h); of the running system also CPUID.
 */
#pragma once

#include "mountinfo.h"

enum platform_machine { PLATFORM_UNKNOWN, PLATFORM_BARE, PLATFORM_VIRTUAL };

struct platform {
	enum platform_machine machine;
	char hypervisor[64]; /* "KVM"; "" unless virtual */
	char container[64];  /* "docker", "lxc", ...; "" when none was seen */
};

/* Finds out; `mounts` are those of the system below `root`, and may be empty. */
void platform_find(const char *root, const struct mountinfo *mounts, struct platform *platform);
