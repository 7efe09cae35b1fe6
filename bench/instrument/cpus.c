#include "cpus.h"

#include "procfs.h"

#include <sched.h>
#include <stdio.h>
#include <string.h>

/* The siblings of a CPU as the kernel lists them, "0,4" or "0-1"; equal texts mean one core. */
static void core_of(int cpu, char *text, size_t size)
{
	if (procfs_line("", text, size,
		    "/sys/devices/system/cpu/cpu%d/topology/thread_siblings_list", cpu) < 0)
		snprintf(text, size, "%d", cpu);
}

void cpus_pair(int pair[2])
{
	cpu_set_t allowed;
	char first[64], other[64];

	pair[0] = pair[1] = 0;
	if (sched_getaffinity(0, sizeof(allowed), &allowed) < 0)
		return;
	int cpu = CPU_SETSIZE - 1;
	while (cpu > 0 && !CPU_ISSET(cpu, &allowed))
		cpu--;
	pair[0] = pair[1] = cpu;
	core_of(cpu, first, sizeof(first));
	while (--cpu >= 0) {
		if (!CPU_ISSET(cpu, &allowed))
			continue;
		if (pair[1] == pair[0])
			pair[1] = cpu;
		core_of(cpu, other, sizeof(other));
		if (strcmp(first, other) != 0) {
			pair[1] = cpu;
			return;
		}
	}
}
