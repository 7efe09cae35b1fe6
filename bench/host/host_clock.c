/* The clock: how time is read, and whether it is right. */
#include "host.h"

#include "procfs.h"

#include <stdio.h>
#include <string.h>
#include <sys/timex.h>

#define TOPIC "Clock"

#define SOURCES "/sys/devices/system/clocksource/clocksource0"

/* Clock sources that a process reads without entering the kernel (vDSO), on some architecture. */
static const char *const fast[] = {"tsc", "kvm-clock", "hyperv_clocksource_tsc_page",
	"arch_sys_counter", "timebase", "riscv_clocksource", "stp", "tod", "Constant", NULL};

static void report_source(const struct host *host)
{
	char source[64], available[256] = "";
	struct fact fact = {.id = "clock.source",
		.topic = TOPIC,
		.title = "Clock source",
		.status = FACT_PASS,
		.why = "Programs read the time without asking the kernel, in some tens of nanoseconds.",
		.source = "https://docs.kernel.org/virt/kvm/x86/timekeeping.html"};

	if (procfs_line(host->root, source, sizeof(source), SOURCES "/current_clocksource")) {
		host_unknown(
			host, fact.id, TOPIC, fact.title, SOURCES " does not tell.", "Mount /sys.");
		return;
	}
	procfs_line(host->root, available, sizeof(available), SOURCES "/available_clocksource");
	fact.value = host_text("%s", source);
	for (size_t i = 0; fast[i]; i++)
		if (!strcmp(source, fast[i])) {
			record_fact(host->record, &fact);
			return;
		}
	fact.status = FACT_WARN;
	fact.why = host_say(
		"Every look at the clock through \"%s\" enters the kernel, most of them also the "
		"hypervisor: busy programs (databases, proxies, etcd) lose time to it.",
		source);
	fact.remedy =
		!strncmp(available, "tsc", 3) || strstr(available, " tsc")
			? "Run: echo tsc > " SOURCES
			  "/current_clocksource, and boot with clocksource=tsc to keep it."
			: "Ask the provider for a host whose time stamp counter (TSC) is stable.";
	record_fact(host->record, &fact);
}

static void report_synchronized(const struct host *host)
{
	struct timex state = {.modes = 0}; /* asks, sets nothing: adjtimex(2) */
	struct fact fact = {.id = "clock.synchronized",
		.topic = TOPIC,
		.title = "Clock kept right",
		.status = FACT_PASS,
		.why = "A time service corrects the clock.",
		.source = "adjtimex(2), STA_UNSYNC"};
	bool synchronized;

	if (host->live) {
		int result = adjtimex(&state);
		if (result < 0) {
			host_unknown(host, fact.id, TOPIC, fact.title,
				"The kernel does not answer adjtimex(2) here.", NULL);
			return;
		}
		synchronized = result != TIME_ERROR && !(state.status & STA_UNSYNC);
	} else {
		synchronized = procfs_exists(host->root, "/run/systemd/timesync/synchronized");
		if (!synchronized) {
			host_unknown(host, fact.id, TOPIC, fact.title,
				"Only the running kernel knows; a copy of its files does not tell.",
				"Run seatrial on the host itself.");
			return;
		}
	}
	fact.value = json_boolean(synchronized);
	if (!synchronized) {
		fact.status = FACT_WARN;
		fact.why =
			"Nothing corrects the clock. When nodes disagree on the time, certificates are not "
			"valid yet, leases end early, and logs cannot be compared.";
		fact.remedy =
			"Install a time service (apt-get install chrony, or dnf install chrony); in a "
			"container, ask the provider to synchronise the machine.";
	}
	record_fact(host->record, &fact);
}

void host_clock(struct host *host)
{
	report_source(host);
	report_synchronized(host);
}
