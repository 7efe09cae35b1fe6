#include "identity.h"

#include "platform.h"
#include "procfs.h"
#include "text.h"

#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

/* FNV-1a, 64 bits: of 128 random bits it gives nothing back, and an installation keeps its id. */
static uint64_t hash(const char *text)
{
	uint64_t value = UINT64_C(0xcbf29ce484222325);

	for (; *text; text++)
		value = (value ^ (unsigned char)*text) * UINT64_C(0x100000001b3);
	return value;
}

static void set_id(json_t *host, const char *cpu)
{
	char machine[128], seed[512], id[17];

	if (procfs_line("/", machine, sizeof(machine), "/etc/machine-id"))
		machine[0] = '\0';
	snprintf(seed, sizeof(seed), "seatrial host %s%.256s", machine, machine[0] ? "" : cpu);
	snprintf(id, sizeof(id), "%016llx", (unsigned long long)hash(seed));
	json_object_set_new(host, "id", json_string(id));
}

static void set_text(json_t *host, const char *key, const char *value)
{
	char safe[256];

	json_object_set_new(host, key,
		json_string(*value ? text_printable(value, safe, sizeof(safe)) : "unknown"));
}

/* As set_text(), but nothing is null: there is none. */
static void set_text_or_null(json_t *host, const char *key, const char *value)
{
	if (*value)
		set_text(host, key, value);
	else
		json_object_set_new(host, key, json_null());
}

/* What x86, then Arm, then MIPS and others call it in /proc/cpuinfo. */
static void find_cpu(char *name, size_t size)
{
	static const char *const keys[] = {"model name", "Processor", "cpu model"};
	char *text = NULL;

	name[0] = '\0';
	if (procfs_slurp("/", &text, 8U << 20, "/proc/cpuinfo") > 0)
		for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]) && !name[0]; i++)
			if (procfs_lookup(text, keys[i], name, size))
				name[0] = '\0';
	free(text);
}

/* PRETTY_NAME of os-release(5), which may be in quotes. */
static void find_system(char *name, size_t size)
{
	char text[4096];

	name[0] = '\0';
	if (procfs_read("/", text, sizeof(text), "/etc/os-release") <= 0 ||
		procfs_lookup(text, "PRETTY_NAME", name, size))
		return;
	size_t length = strlen(name);
	if (length >= 2 && name[0] == '"' && name[length - 1] == '"') {
		memmove(name, name + 1, length - 2);
		name[length - 2] = '\0';
	}
}

static void set_platform(json_t *host)
{
	struct mountinfo mounts;
	struct platform platform;

	if (mountinfo_read("/", &mounts, NULL) < 0)
		mounts.count = 0;
	platform_find("/", &mounts, &platform);
	mountinfo_free(&mounts);
	set_text_or_null(host, "hypervisor", platform.hypervisor);
	set_text_or_null(host, "container", platform.container);
}

json_t *identity_host(void)
{
	char text[256];
	struct utsname kernel = {0};
	cpu_set_t allowed;
	json_t *host = json_object();

	uname(&kernel);
	find_cpu(text, sizeof(text));
	set_id(host, text);
	set_text(host, "cpu", text);
	set_text(host, "kernel", kernel.release);
	set_text(host, "machine", kernel.machine);
	find_system(text, sizeof(text));
	set_text(host, "os", text);
	int cpus = sched_getaffinity(0, sizeof(allowed), &allowed) == 0
			   ? CPU_COUNT(&allowed)
			   : (int)sysconf(_SC_NPROCESSORS_ONLN);
	json_object_set_new(host, "cpus", json_integer(cpus));
	json_object_set_new(host, "memory_bytes",
		json_integer((json_int_t)sysconf(_SC_PHYS_PAGES) * sysconf(_SC_PAGESIZE)));
	set_platform(host);
	if (procfs_line("/", text, sizeof(text),
		    "/sys/devices/system/clocksource/clocksource0/current_clocksource"))
		text[0] = '\0';
	set_text(host, "clocksource", text);
	json_object_set_new(host, "root", json_boolean(geteuid() == 0));
	return host;
}
