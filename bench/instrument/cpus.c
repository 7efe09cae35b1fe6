#include "cpus.h"

#include "procfs.h"

#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>

/* As many as any configuration of Linux can have (CONFIG_NR_CPUS of x86). */
#define CPUS_FIRST 1024
#define CPUS_MOST  8192

/* Those that this thread may run on, with the size of the set in bytes and in CPUs; CPU_FREE() it.
 * NULL: not known. The kernel refuses a set that is smaller than its own. */
static cpu_set_t *allowed(size_t *size, int *count)
{
	for (*count = CPUS_FIRST; *count <= CPUS_MOST; *count *= 2) {
		cpu_set_t *set = CPU_ALLOC(*count);

		*size = CPU_ALLOC_SIZE(*count);
		if (!set || sched_getaffinity(0, *size, set) == 0)
			return set;
		int refused = errno;
		CPU_FREE(set);
		if (refused != EINVAL)
			break;
	}
	return NULL;
}

/* The siblings of a CPU as the kernel lists them, "0,4" or "0-1"; equal texts mean one core. */
static void core_of(int cpu, char *text, size_t size)
{
	if (procfs_line("", text, size,
		    "/sys/devices/system/cpu/cpu%d/topology/thread_siblings_list", cpu) < 0)
		snprintf(text, size, "%d", cpu);
}

/* The second of a pair whose first is the highest of the set. */
static int choose_other(const cpu_set_t *set, size_t size, int first)
{
	char of_first[64], of_other[64];
	int other = first;

	core_of(first, of_first, sizeof(of_first));
	for (int cpu = first - 1; cpu >= 0; cpu--) {
		if (!CPU_ISSET_S(cpu, size, set))
			continue;
		if (other == first)
			other = cpu;
		core_of(cpu, of_other, sizeof(of_other));
		if (strcmp(of_first, of_other) != 0)
			return cpu;
	}
	return other;
}

void cpus_pair(int pair[2])
{
	size_t size;
	int count;
	cpu_set_t *set = allowed(&size, &count);

	pair[0] = pair[1] = 0;
	if (!set)
		return;
	while (--count > 0 && !CPU_ISSET_S(count, size, set))
		;
	pair[0] = count;
	pair[1] = choose_other(set, size, count);
	CPU_FREE(set);
}

int cpus_last(void)
{
	size_t size;
	int count;
	cpu_set_t *set = allowed(&size, &count);

	if (!set)
		return -1;
	while (--count >= 0 && !CPU_ISSET_S(count, size, set))
		;
	CPU_FREE(set);
	return count;
}

int cpus_pin(int cpu)
{
	cpu_set_t *set = CPU_ALLOC(cpu + 1);
	size_t size = CPU_ALLOC_SIZE(cpu + 1);

	if (!set)
		return -ENOMEM;
	CPU_ZERO_S(size, set);
	CPU_SET_S(cpu, size, set);
	int failure = sched_setaffinity(0, size, set) < 0 ? -errno : 0;
	CPU_FREE(set);
	return failure;
}

bool cpus_leave(int cpu)
{
	size_t size;
	int count;
	cpu_set_t *set = allowed(&size, &count);

	if (!set)
		return false;
	CPU_CLR_S(cpu, size, set);
	bool left = CPU_COUNT_S(size, set) > 0 && sched_setaffinity(0, size, set) == 0;
	CPU_FREE(set);
	return left;
}
