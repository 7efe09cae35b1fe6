#include "cost.h"

#include "clock.h"

#include <fcntl.h>
#include <linux/magic.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/vfs.h>
#include <unistd.h>

static double seconds(struct timeval time)
{
	return (double)time.tv_sec + (double)time.tv_usec / 1e6;
}

static void sample_process(struct cost_sample *sample)
{
	struct rusage self, children;

	getrusage(RUSAGE_SELF, &self);
	getrusage(RUSAGE_CHILDREN, &children);
	sample->user_s = seconds(self.ru_utime) + seconds(children.ru_utime);
	sample->system_s = seconds(self.ru_stime) + seconds(children.ru_stime);
	sample->switches = self.ru_nivcsw + children.ru_nivcsw;
}

/* A line of /proc/stat (proc(5)): ticks. Guest time is already in user. */
enum { USER, NICE, SYSTEM, IDLE, IOWAIT, IRQ, SOFTIRQ, STEAL, FIELDS };

/* Reads the figures after a line's label, as seconds. */
static bool parse_ticks(const char *text, double seconds_of[FIELDS])
{
	double rate = (double)sysconf(_SC_CLK_TCK);

	for (int i = 0; i < FIELDS; i++) {
		char *end;

		seconds_of[i] = (double)strtoull(text, &end, 10) / rate;
		if (end == text)
			return false;
		text = end;
	}
	return true;
}

static void sample_machine(struct cost_sample *sample)
{
	double used[FIELDS], total = 0;
	char line[512];
	FILE *file = fopen("/proc/stat", "re");

	sample->cpu_total_s = -1;
	if (!file)
		return;
	if (fgets(line, sizeof(line), file) && strncmp(line, "cpu ", 4) == 0 &&
		parse_ticks(line + 4, used)) {
		for (int i = 0; i < FIELDS; i++)
			total += used[i];
		sample->cpu_total_s = total;
		sample->cpu_idle_s = used[IDLE] + used[IOWAIT];
		sample->cpu_softirq_s = used[SOFTIRQ];
		sample->cpu_steal_s = used[STEAL];
	}
	fclose(file);
}

int cost_cpu_open(void)
{
	int stat = open("/proc/stat", O_RDONLY | O_CLOEXEC);
	struct statfs system;

	if (stat >= 0 && (fstatfs(stat, &system) < 0 || system.f_type == FUSE_SUPER_MAGIC)) {
		close(stat);
		return -1;
	}
	return stat;
}

bool cost_cpu_sample(int stat, int cpu, struct cost_cpu *sample)
{
	char text[256 << 10]; /* some 2,400 CPUs */
	double used[FIELDS];
	ssize_t size = pread(stat, text, sizeof(text) - 1, 0);

	memset(sample, 0, sizeof(*sample));
	text[size > 0 ? size : 0] = '\0';
	for (char *line = text; line; line = strchr(line, '\n')) {
		char *label;

		line += *line == '\n';
		if (strncmp(line, "cpu", 3) != 0)
			return false;
		if (line[3] == ' ' || strtol(line + 3, &label, 10) != cpu)
			continue;
		if (!parse_ticks(label, used))
			return false;
		sample->user_s = used[USER] + used[NICE];
		sample->system_s = used[SYSTEM] + used[IRQ];
		sample->softirq_s = used[SOFTIRQ];
		return true;
	}
	return false;
}

/* "some ... total=N" in microseconds (kernel, Documentation/accounting/psi.rst). */
static double read_pressure(const char *path)
{
	double total_us = -1e6;
	FILE *file = fopen(path, "re");

	if (!file)
		return -1;
	if (fscanf(file, "some avg10=%*f avg60=%*f avg300=%*f total=%lf", &total_us) != 1)
		total_us = -1e6;
	fclose(file);
	return total_us / 1e6;
}

/* Copies the path of our cgroup that has the CPU controller into `path`: version 2, or 1 as systemd
 * and Docker mount it. */
static bool find_cgroup_stat(char *path, size_t size)
{
	char line[1024];
	bool found = false;
	FILE *file = fopen("/proc/self/cgroup", "re");

	if (!file)
		return false;
	while (!found && fgets(line, sizeof(line), file)) {
		char *controllers = strchr(line, ':');
		char *where = controllers ? strchr(controllers + 1, ':') : NULL;

		if (!where)
			continue;
		*where++ = '\0';
		where[strcspn(where, "\n")] = '\0';
		const char *mount = controllers[1] ? "/sys/fs/cgroup/cpu" : "/sys/fs/cgroup";
		if (controllers[1] && strncmp(controllers + 1, "cpu", 3) != 0)
			continue;
		snprintf(path, size, "%s%s/cpu.stat", mount, where);
		found = access(path, R_OK) == 0;
	}
	fclose(file);
	return found;
}

static int64_t read_throttled(void)
{
	char path[1200], line[128];
	long long throttled = -1;

	if (!find_cgroup_stat(path, sizeof(path)))
		return -1;
	FILE *file = fopen(path, "re");
	if (!file)
		return -1;
	while (fgets(line, sizeof(line), file) &&
		sscanf(line, "nr_throttled %lld", &throttled) != 1)
		;
	fclose(file);
	return throttled;
}

void cost_sample(struct cost_sample *sample)
{
	memset(sample, 0, sizeof(*sample));
	sample->time_ns = clock_now_ns();
	sample_process(sample);
	sample_machine(sample);
	sample->pressure_s[0] = read_pressure("/proc/pressure/cpu");
	sample->pressure_s[1] = read_pressure("/proc/pressure/io");
	sample->pressure_s[2] = read_pressure("/proc/pressure/memory");
	if (getloadavg(&sample->load1, 1) != 1)
		sample->load1 = -1;
	sample->throttled = read_throttled();
}

/* Ticks are coarse, and idle time may even run backwards (proc(5)): a ratio is held to 0..1. */
static void set_ratio(json_t *object, const char *key, double part, double whole)
{
	if (whole > 0)
		json_object_set_new(object, key, json_real(fmin(1, fmax(0, part / whole))));
}

json_t *cost_difference(const struct cost_sample *before, const struct cost_sample *after)
{
	static const char *const pressure[] = {
		"pressure_cpu_ratio", "pressure_io_ratio", "pressure_memory_ratio"};
	json_t *object = json_object();
	double elapsed_s = (double)(after->time_ns - before->time_ns) / 1e9;

	json_object_set_new(
		object, "cpu_user_s", json_real(fmax(0, after->user_s - before->user_s)));
	json_object_set_new(
		object, "cpu_system_s", json_real(fmax(0, after->system_s - before->system_s)));
	json_object_set_new(
		object, "involuntary_switches", json_integer(after->switches - before->switches));
	if (before->cpu_total_s >= 0 && after->cpu_total_s >= 0) {
		double total_s = after->cpu_total_s - before->cpu_total_s;

		set_ratio(object, "busy_ratio", total_s - (after->cpu_idle_s - before->cpu_idle_s),
			total_s);
		set_ratio(object, "steal_ratio", after->cpu_steal_s - before->cpu_steal_s, total_s);
		set_ratio(object, "softirq_ratio", after->cpu_softirq_s - before->cpu_softirq_s,
			total_s);
	}
	for (int i = 0; i < 3; i++)
		if (before->pressure_s[i] >= 0 && after->pressure_s[i] >= 0)
			set_ratio(object, pressure[i], after->pressure_s[i] - before->pressure_s[i],
				elapsed_s);
	if (before->load1 >= 0)
		json_object_set_new(object, "load1_before", json_real(before->load1));
	if (after->load1 >= 0)
		json_object_set_new(object, "load1_after", json_real(after->load1));
	if (before->throttled >= 0 && after->throttled >= before->throttled)
		json_object_set_new(object, "throttled_periods",
			json_integer(after->throttled - before->throttled));
	return object;
}

double cost_steal_ratio(const struct cost_sample *before, const struct cost_sample *after)
{
	double total_s = after->cpu_total_s - before->cpu_total_s;

	if (before->cpu_total_s < 0 || after->cpu_total_s < 0 || total_s <= 0)
		return -1;
	return (after->cpu_steal_s - before->cpu_steal_s) / total_s;
}
