/* Network interfaces: MTU, driver, queues, offloads. */
#include "host.h"

#include "ethtool.h"
#include "procfs.h"
#include "uplink.h"

#include <ctype.h>
#include <limits.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>

#define TOPIC "Network"

#define INTERFACES_MAX   1024
#define INTERFACES_SHOWN 16

#define SOURCE_MTU "https://docs.tigera.io/calico/latest/networking/configuring/mtu"

static void report_mtu(const struct host *host, const char *interface)
{
	int64_t mtu;
	struct fact fact = {.id = "net.mtu",
		.topic = TOPIC,
		.title = host_say("Largest packet (MTU) of %s, the way out", interface),
		.status = FACT_PASS,
		.unit = "bytes",
		.source = SOURCE_MTU};

	if (procfs_integer(host->root, &mtu, "/sys/class/net/%s/mtu", interface)) {
		host_unknown(host, fact.id, TOPIC, fact.title, "/sys/class/net does not tell.",
			"Mount /sys.");
		return;
	}
	fact.value = json_integer(mtu);
	if (mtu < 1280) {
		fact.status = FACT_WARN;
		fact.why =
			"Below 1280, the least that IPv6 works with; tunnels between nodes need 20 to 60 bytes more.";
		fact.remedy = "Ask the provider why the MTU is so small and for 1500.";
		fact.source = "RFC 8200, section 5";
	} else if (mtu < 1500) {
		fact.status = FACT_INFO;
		fact.why = host_say(
			"The provider's network has a tunnel of its own. Pods then have at most %lld with VXLAN, "
			"%lld with WireGuard; a network plugin that assumes 1500 loses large packets.",
			(long long)mtu - 50, (long long)mtu - 60);
		fact.remedy = "Check that the network plugin finds the MTU by itself, or set it.";
	} else {
		fact.why = host_say(
			"Pods have at most %lld with VXLAN, %lld with WireGuard, %lld with IPIP.",
			(long long)mtu - 50, (long long)mtu - 60, (long long)mtu - 20);
	}
	record_fact(host->record, &fact);
}

/* Cards that hypervisors emulate register by register; elsewhere they are real. */
static const char *const emulated[] = {"e1000", "e1000e", "8139cp", "8139too", "ne2k-pci",
	"ne2k_pci", "pcnet32", "rtl8139", "tulip", NULL};

static void read_driver(const struct host *host, const char *interface, char *driver, size_t size)
{
	char link[PATH_MAX];

	procfs_link(host->root, link, sizeof(link), "/sys/class/net/%s/device/driver", interface);
	snprintf(driver, size, "%s", procfs_basename(link));
}

static void report_driver(const struct host *host, const char *interface)
{
	char driver[64];
	struct fact fact = {
		.id = "net.driver", .topic = TOPIC, .title = "Driver", .status = FACT_INFO};

	read_driver(host, interface, driver, sizeof(driver));
	if (!driver[0]) {
		fact.value = host_text("none");
		fact.why = "A software interface (bond, bridge, tunnel, or a container's).";
		record_fact(host->record, &fact);
		return;
	}
	fact.status = FACT_PASS;
	fact.value = host_text("%s", driver);
	for (size_t i = 0; emulated[i] && host->platform.hypervisor[0]; i++)
		if (!strcmp(driver, emulated[i])) {
			fact.status = FACT_WARN;
			fact.why =
				"The hypervisor emulates an old network card: every packet costs it several "
				"interruptions.";
			fact.remedy =
				"Ask the provider for a virtio (KVM), vmxnet3 (VMware) or SR-IOV network card.";
		}
	record_fact(host->record, &fact);
}

static void report_queues(const struct host *host, const char *interface)
{
	char *names[4096];
	ssize_t count =
		procfs_names(host->root, names, 4096, "/sys/class/net/%s/queues", interface);
	int64_t queues = 0;
	struct fact fact = {.id = "net.queues",
		.topic = TOPIC,
		.title = "Receive queues",
		.status = FACT_PASS,
		.unit = "1",
		.source = "https://docs.kernel.org/networking/scaling.html"};

	for (ssize_t i = 0; i < count; i++)
		queues += !strncmp(names[i], "rx-", 3);
	procfs_names_free(names, count);
	if (!queues) {
		host_unknown(
			host, fact.id, TOPIC, fact.title, "/sys/class/net does not tell.", NULL);
		return;
	}
	fact.value = json_integer(queues);
	fact.why = "Packets are received on several processors at once.";
	if (host->cpus < 2) {
		fact.why = NULL;
	} else if (queues == 1) {
		fact.status = FACT_INFO;
		fact.why = "One processor receives all packets; with many it becomes the limit.";
		fact.remedy =
			"Ask the provider for a network card with several queues (virtio: multiqueue), or spread "
			"the work with receive packet steering.";
	}
	record_fact(host->record, &fact);
}

/* Offloads that decide what a byte costs, and their names in the kernel (net/ethtool/common.c). */
static const struct {
	const char *feature, *shown;
	bool needed;
} offloads[] = {
	{"rx-checksum", "receive checksum", false},
	{"tx-scatter-gather", "scatter-gather", false},
	{"tx-tcp-segmentation", "TSO", true},
	{"tx-generic-segmentation", "GSO", true},
	{"rx-gro", "GRO", true},
	{"tx-udp_tnl-segmentation", "TSO in VXLAN", false},
};
#define OFFLOADS (sizeof(offloads) / sizeof(*offloads))

static void report_offloads(const struct host *host, const char *interface)
{
	const char *names[OFFLOADS];
	enum feature_state states[OFFLOADS];
	char on[256] = "", off[256] = "", missed[64] = "";
	struct fact fact = {.id = "net.offloads",
		.topic = TOPIC,
		.title = "Offloads",
		.status = FACT_PASS,
		.why = "Large pieces go through the kernel at once and are cut up late.",
		.source = "https://docs.kernel.org/networking/segmentation-offloads.html"};

	for (size_t i = 0; i < OFFLOADS; i++)
		names[i] = offloads[i].feature;
	if (!host->live || ethtool_features(interface, names, OFFLOADS, states)) {
		host_unknown(host, fact.id, TOPIC, fact.title,
			host->live
				? "The interface does not answer ethtool's questions."
				: "Only the running system knows; a copy of its files does not tell.",
			host->live ? NULL : "Run seatrial on the host itself.");
		return;
	}
	for (size_t i = 0; i < OFFLOADS; i++) {
		char *list = states[i] == FEATURE_ON ? on : off;
		size_t used = strlen(list);

		if (states[i] == FEATURE_UNKNOWN)
			continue;
		snprintf(list + used, sizeof(on) - used, "%s%s", used ? ", " : "",
			offloads[i].shown);
		used = strlen(missed);
		if (states[i] == FEATURE_OFF && offloads[i].needed)
			snprintf(missed + used, sizeof(missed) - used, "%s%s", used ? ", " : "",
				offloads[i].shown);
	}
	fact.value = host_text("on: %s; off: %s", on[0] ? on : "none", off[0] ? off : "none");
	if (missed[0]) {
		fact.status = FACT_INFO;
		fact.why = host_say(
			"Off: %s. Every packet then passes through the whole kernel by itself, which costs "
			"several times the processor time at the same throughput.",
			missed);
		fact.remedy = host_say(
			"Try: ethtool -K %s tso on gso on gro on. What cannot be turned on, the network "
			"card does not have: ask the provider for virtio with offloads.",
			interface);
	}
	record_fact(host->record, &fact);
}

/* "eth0.100" is a VLAN's name and no part of an id. */
static void make_id(const char *interface, char *id, size_t size)
{
	snprintf(id, size, "net.interface.%s.mtu", interface);
	for (char *at = id + 14; *at && strcmp(at, ".mtu") != 0; at++)
		*at = isalnum((unsigned char)*at) ? (char)tolower((unsigned char)*at) : '_';
}

static void report_interface(const struct host *host, const char *interface)
{
	char id[64], driver[64], state[32] = "";
	int64_t mtu, speed;

	make_id(interface, id, sizeof(id));
	if (procfs_integer(host->root, &mtu, "/sys/class/net/%s/mtu", interface))
		return;
	read_driver(host, interface, driver, sizeof(driver));
	procfs_line(host->root, state, sizeof(state), "/sys/class/net/%s/operstate", interface);
	/* -1, or an error, where there is no such thing as a speed. */
	bool timed = !procfs_integer(host->root, &speed, "/sys/class/net/%s/speed", interface) &&
		     speed > 0;
	record_fact(host->record,
		&(struct fact){.id = id,
			.topic = TOPIC,
			.title = host_say("Interface %s", interface),
			.status = FACT_INFO,
			.value = host_text("%s: MTU %lld, %s%s%s%s", interface, (long long)mtu,
				driver[0] ? driver : "no driver", state[0] ? ", " : "", state,
				timed ? host_say(", %lld Mbit/s", (long long)speed) : "")});
}

/* All that have a device behind them; on a node there are also hundreds that have none. */
static void report_interfaces(const struct host *host)
{
	char *names[INTERFACES_MAX];
	ssize_t count = procfs_names(host->root, names, INTERFACES_MAX, "/sys/class/net");
	int shown = 0;

	for (ssize_t i = 0; i < count && shown < INTERFACES_SHOWN; i++)
		if (procfs_exists(host->root, "/sys/class/net/%s/device", names[i])) {
			report_interface(host, names[i]);
			shown++;
		}
	procfs_names_free(names, count);
}

void host_network(struct host *host)
{
	char interface[IFNAMSIZ];

	if (uplink_find(host->root, interface)) {
		report_mtu(host, interface);
		report_driver(host, interface);
		report_queues(host, interface);
		report_offloads(host, interface);
	} else {
		host_unknown(host, "net.mtu", TOPIC, "Largest packet (MTU)",
			"No default route can be found.", "Set up the network.");
		record_skip(host->record, "network card of the default route",
			"no default route can be found", "Set up the network.");
	}
	report_interfaces(host);
}
