#include "section.h"

#include "field.h"
#include "html.h"
#include "units.h"

#include <math.h>
#include <string.h>

/* What a condition is called, how it is shown, and from where on it may have changed the readings.
 */
static const struct condition {
	const char *key, *name, *unit;
	double disturbing;       /* in the document's unit; 0: never */
	const char *consequence; /* a sentence */
} conditions[] = {
	/* An unloaded hypervisor steals next to nothing; a fiftieth is a neighbour. */
	{"steal_ratio", "CPU time taken by other guests (steal)", "ratio", 0.02,
		"The processors are shared with others, who took time while this was measured."},
	{"busy_ratio", "CPU busy", "ratio", 0, NULL},
	{"softirq_ratio", "CPU in soft interrupts", "ratio", 0, NULL},
	/* Pressure is the share of time in which some task had to wait (kernel,
	 * Documentation/accounting/ psi.rst). The benchmark's own waiting counts too: pressure on
	 * I/O tells nothing of others, and on the processors little needs no word. */
	{"pressure_cpu_ratio", "Tasks waiting for a CPU", "ratio", 0.25,
		"Something competed with the benchmark for the processors."},
	{"pressure_io_ratio", "Tasks waiting for I/O, the benchmark included", "ratio", 0, NULL},
	{"pressure_memory_ratio", "Tasks waiting for memory", "ratio", 0.05,
		"Memory was short while this was measured."},
	{"load1_before", "Load before", "1", 0, NULL},
	{"load1_after", "Load after", "1", 0, NULL},
	{"throttled_periods", "Periods throttled by a CPU limit", "1", 1,
		"A CPU limit (cgroup) stopped the benchmark at times."},
	/* A step: NTP slews by at most 500 ppm (kernel, MAXFREQ), 30 ms a minute. */
	{"clock_step_s", "Wall clock moved", "s", 0.1,
		"The wall clock was set while this was measured. Latencies do not depend on it."},
	{"clock_drift_ppm", "Clock drift (ppm)", "1", 600,
		"The clock that latencies are read from runs unevenly."},
	{"cpu_user_s", "CPU time of the benchmark, user", "s", 0, NULL},
	{"cpu_system_s", "CPU time of the benchmark, system", "s", 0, NULL},
	{"involuntary_switches", "Times the benchmark was made to yield", "1", 0, NULL},
};

static bool disturbs(const struct condition *condition, double value)
{
	return condition->disturbing > 0 && fabs(value) >= condition->disturbing;
}

static size_t write_disturbances(struct page *page, const json_t *found)
{
	size_t disturbances = 0;
	char text[64];
	double value;

	for (size_t i = 0; i < sizeof(conditions) / sizeof(conditions[0]); i++) {
		const struct condition *condition = &conditions[i];

		if (!field_number(found, condition->key, &value) || !disturbs(condition, value))
			continue;
		disturbances++;
		html(page->out, "<p class=\"caution\"><strong>%s: %s.</strong> %s</p>\n",
			condition->name, units_format(value, condition->unit, text, sizeof(text)),
			condition->consequence);
	}
	/* More runnable tasks than processors before we came: the host was not idle. */
	const json_t *host = json_object_get(page->run, "host");
	if (field_number(found, "load1_before", &value) && field_count(host, "cpus") &&
		value > (double)field_count(host, "cpus")) {
		disturbances++;
		html(page->out,
			"<p class=\"caution\"><strong>The host was busy before.</strong> Its load was %s "
			"on %zu processors.</p>\n",
			units_format(value, "1", text, sizeof(text)), field_count(host, "cpus"));
	}
	return disturbances;
}

void section_conditions(struct page *page, const json_t *result)
{
	const json_t *found = json_object_get(result, "conditions");
	char text[64];
	double value;

	if (!json_object_size(found))
		return;
	html(page->out, "<h3>Conditions while measuring</h3>\n");
	if (!write_disturbances(page, found))
		html(page->out,
			"<p>Nothing that the system tells of disturbed the measurement.</p>\n");
	html(page->out, "<dl class=\"list\">\n");
	for (size_t i = 0; i < sizeof(conditions) / sizeof(conditions[0]); i++)
		if (field_number(found, conditions[i].key, &value))
			section_item(page, conditions[i].name,
				units_format(value, conditions[i].unit, text, sizeof(text)));
	html(page->out, "</dl>\n");
}
