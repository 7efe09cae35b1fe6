#include "identity.h"

#include "text.h"

#include <sched.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#if defined(__x86_64__) || defined(__i386__)
#include <cpuid.h>
#endif

/* The first line of a file, stripped and printable; "" when there is none. */
static const char *first_line(const char *path, char *buffer, size_t size)
{
	char line[512] = "";
	FILE *file = fopen(path, "re");

	if (file) {
		if (!fgets(line, sizeof(line), file))
			line[0] = '\0';
		fclose(file);
	}
	return text_printable(text_strip(line), buffer, size);
}

/* The value behind the first line that starts with one of `keys` and has `separator`; "" without.
 */
static const char *look_up(
	const char *path, const char *const *keys, char separator, char *buffer, size_t size)
{
	char line[1024], *value = NULL;
	FILE *file = fopen(path, "re");

	buffer[0] = '\0';
	if (!file)
		return buffer;
	while (!value && fgets(line, sizeof(line), file))
		for (const char *const *key = keys; *key && !value; key++)
			if (strncmp(line, *key, strlen(*key)) == 0)
				value = strchr(line, separator);
	if (value) {
		value = text_strip(value + 1);
		size_t length = strlen(value);
		if (length >= 2 && value[0] == '"' && value[length - 1] == '"') {
			value[length - 1] = '\0';
			value++;
		}
		text_printable(value, buffer, size);
	}
	fclose(file);
	return buffer;
}

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

	first_line("/etc/machine-id", machine, sizeof(machine));
	snprintf(seed, sizeof(seed), "seatrial host %s%s", machine, machine[0] ? "" : cpu);
	snprintf(id, sizeof(id), "%016llx", (unsigned long long)hash(seed));
	json_object_set_new(host, "id", json_string(id));
}

/* The vendor string of CPUID leaf 0x40000000, agreed between hypervisors; "" without. */
static void read_hypervisor_leaf(char vendor[13])
{
	memset(vendor, 0, 13);
#if defined(__x86_64__) || defined(__i386__)
	unsigned int leaf, part[3], features;

	if (!__get_cpuid(1, &leaf, &part[0], &features, &part[2]) || !(features & (1u << 31)))
		return;
	__cpuid(0x40000000, leaf, part[0], part[1], part[2]);
	memcpy(vendor, part, 12);
#endif
}

static const char *find_hypervisor(char *buffer, size_t size)
{
	static const struct {
		const char *vendor, *name;
	} known[] = {
		{"KVMKVMKVM", "KVM"},
		{"VMwareVMware", "VMware"},
		{"Microsoft Hv", "Hyper-V"},
		{"XenVMMXenVMM", "Xen"},
		{"TCGTCGTCGTCG", "QEMU without KVM"},
		{"bhyve bhyve ", "bhyve"},
		{"ACRNACRNACRN", "ACRN"},
	};
	char vendor[13];

	read_hypervisor_leaf(vendor);
	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (strncmp(vendor, known[i].vendor, strlen(known[i].vendor)) == 0)
			return known[i].name;
	if (vendor[0])
		return text_printable(vendor, buffer, size);
	if (*first_line("/sys/hypervisor/type", buffer, size))
		return buffer;
	const char *const keys[] = {"vendor_id", NULL};
	look_up("/proc/cpuinfo", keys, ':', buffer, size);
	return strcmp(buffer, "User Mode Linux") == 0 ? "User Mode Linux" : NULL;
}

/* As systemd tells containers apart: what PID 1 was told, and marker files of the runtimes. */
static const char *find_container(char *buffer, size_t size)
{
	if (*first_line("/run/systemd/container", buffer, size))
		return buffer;
	if (access("/.dockerenv", F_OK) == 0)
		return "docker";
	if (access("/run/.containerenv", F_OK) == 0)
		return "podman";
	if (access("/proc/vz", F_OK) == 0 && access("/proc/bc", F_OK) != 0)
		return "openvz";
	return NULL;
}

static void set_text(json_t *host, const char *key, const char *value)
{
	json_object_set_new(host, key, json_string(value && *value ? value : "unknown"));
}

json_t *identity_host(void)
{
	static const char *const cpu_keys[] = {"model name", "Processor", "cpu model", NULL};
	static const char *const os_keys[] = {"PRETTY_NAME", NULL};
	char cpu[256], buffer[256];
	struct utsname kernel = {0};
	cpu_set_t allowed;
	json_t *host = json_object();

	uname(&kernel);
	look_up("/proc/cpuinfo", cpu_keys, ':', cpu, sizeof(cpu));
	set_id(host, cpu);
	set_text(host, "kernel", kernel.release);
	set_text(host, "machine", kernel.machine);
	set_text(host, "os", look_up("/etc/os-release", os_keys, '=', buffer, sizeof(buffer)));
	set_text(host, "cpu", cpu);
	int cpus = sched_getaffinity(0, sizeof(allowed), &allowed) == 0
			   ? CPU_COUNT(&allowed)
			   : (int)sysconf(_SC_NPROCESSORS_ONLN);
	json_object_set_new(host, "cpus", json_integer(cpus));
	json_object_set_new(host, "memory_bytes",
		json_integer((json_int_t)sysconf(_SC_PHYS_PAGES) * sysconf(_SC_PAGESIZE)));
	const char *hypervisor = find_hypervisor(buffer, sizeof(buffer));
	json_object_set_new(host, "hypervisor", hypervisor ? json_string(hypervisor) : json_null());
	const char *container = find_container(buffer, sizeof(buffer));
	json_object_set_new(host, "container", container ? json_string(container) : json_null());
	set_text(host, "clocksource",
		first_line("/sys/devices/system/clocksource/clocksource0/current_clocksource",
			buffer, sizeof(buffer)));
	json_object_set_new(host, "root", json_boolean(geteuid() == 0));
	return host;
}
