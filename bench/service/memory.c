#include "memory.h"

#include "clock.h"
#include "interrupt.h"
#include "procfs.h"
#include "units.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <unistd.h>

/* Of the memory that is available. */
#define SHARE 0.5

#define LOOK_NS INT64_C(20000000)

/* Readings that differ by no more than this stand still. */
#define STILL_BYTES 65536

/* How long they must do so. Each CPU keeps what it counted to itself for up to a second
 * (vm.stat_interval), unless it is asked for. */
#define STILL_NS             INT64_C(60000000)
#define STILL_UNREFRESHED_NS INT64_C(1200000000)

/* Where others never let them stand still, nothing is gained by waiting: rules are freed sooner. */
#define REFRESHED_NS INT64_C(400000000)

/* Has every CPU hand over what it counted (mm/vmstat.c): reading this file does. Root may. */
static bool refresh(void)
{
	char byte;
	int file = open("/proc/sys/vm/stat_refresh", O_RDONLY | O_CLOEXEC);
	bool done = file >= 0 && read(file, &byte, sizeof(byte)) == 0;

	if (file >= 0)
		close(file);
	return done;
}

static int64_t in_use(void)
{
	static const char *const lines[] = {"SUnreclaim", "VmallocUsed", "Percpu"};
	char text[8192];
	int64_t sum = 0, kib;
	ssize_t length = procfs_read("/", text, sizeof(text), "/proc/meminfo");

	if (length < 0)
		return length;
	for (size_t i = 0; i < sizeof(lines) / sizeof(*lines); i++) {
		int failure = procfs_lookup_integer(text, lines[i], &kib);

		if (failure < 0)
			return failure;
		sum += kib * 1024;
	}
	return sum;
}

int64_t memory_settled(void)
{
	int64_t begin = clock_now_ns(), since = begin, now = begin;
	bool refreshed = refresh();
	int64_t still_ns = refreshed ? STILL_NS : STILL_UNREFRESHED_NS;
	int64_t limit_ns = refreshed ? REFRESHED_NS : MEMORY_SETTLE_NS;
	int64_t bytes = in_use();

	while (bytes >= 0 && now - since < still_ns && now - begin < limit_ns &&
		!interrupt_pending()) {
		clock_sleep_until_ns(now + LOOK_NS);
		refresh();
		int64_t next = in_use();
		now = clock_now_ns();
		if (next < 0 || llabs(next - bytes) > STILL_BYTES) {
			bytes = next;
			since = now;
		}
	}
	return bytes;
}

int memory_allows(double bytes, const char *what, struct problem *problem)
{
	char text[8192], wanted[40], room[40];
	int64_t available_kib;
	ssize_t length = procfs_read("/", text, sizeof(text), "/proc/meminfo");

	if (length < 0 || procfs_lookup_integer(text, "MemAvailable", &available_kib) < 0)
		return 0;
	double available = (double)available_kib * 1024;
	if (bytes <= available * SHARE)
		return 0;
	return problem_set(problem, -ENOMEM,
		"%s would take about %s of memory, and of the %s that are available no more than half "
		"are taken",
		what, units_format(bytes, "B", wanted, sizeof(wanted)),
		units_format(available, "B", room, sizeof(room)));
}
