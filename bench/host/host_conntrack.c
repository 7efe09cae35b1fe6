/* How many connections the kernel follows, and who decided that. */
#include "host.h"

#include "procfs.h"

#include <stdio.h>

#define ID    "sysctl.net.netfilter.nf_conntrack_max"
#define TITLE "Connections the kernel can follow"

#define GIB (INT64_C(1) << 30)

/* kube-proxy's defaults (pkg/proxy/apis/config/v1alpha1/defaults.go); the cap came with 1.36
 * (github.com/kubernetes/kubernetes/pull/137002). */
#define PROXY_PER_CPU INT64_C(32768)
#define PROXY_MIN     INT64_C(131072)
#define PROXY_MAX     INT64_C(1048576)

#define SOURCE                                                                                     \
	"https://docs.kernel.org/networking/nf_conntrack-sysctl.html; kernel "                     \
	"nf_conntrack_init_start(); https://kubernetes.io/docs/reference/"                         \
	"command-line-tools-reference/kube-proxy/ (--conntrack-max-per-core, --conntrack-min)"

/* The kernel's own choice on 64 bits, net/netfilter/nf_conntrack_core.c: a hash table by the size
 * of memory, and as many connections as buckets; before Linux 5.15 (commit d532bcd0b269) a quarter
 * of the buckets and four connections in each. */
struct table {
	int64_t buckets, max;
};
static struct table kernel_default(int version, int64_t memory_bytes)
{
	bool is_new = version >= LINUX(5, 15);
	struct table table;

	if (memory_bytes > 4 * GIB)
		table.buckets = is_new ? 262144 : 65536;
	else if (memory_bytes > GIB)
		table.buckets = is_new ? 65536 : 16384;
	else {
		table.buckets = memory_bytes / 16384 / 8;
		if (table.buckets < (is_new ? 1024 : 32))
			table.buckets = is_new ? 1024 : 32;
		/* Rounded up to whole pages of 8-byte list heads. */
		table.buckets = (table.buckets + 511) / 512 * 512;
	}
	table.max = table.buckets * (is_new ? 1 : 4);
	return table;
}

static int64_t proxy_default(int64_t cpus)
{
	int64_t max = cpus * PROXY_PER_CPU;

	return max < PROXY_MIN ? PROXY_MIN : max > PROXY_MAX ? PROXY_MAX : max;
}

/* One sentence on where a value comes from. */
static const char *explain_origin(const struct host *host, int64_t max, int64_t buckets)
{
	struct table table = kernel_default(host->version, host->memory_total_bytes);
	const char *rule =
		host->version >= LINUX(5, 15)
			? "262144 above 4 GiB of memory, 65536 above 1 GiB, else less"
			: "65536 buckets above 4 GiB of memory, 16384 above 1 GiB, else less, times 4";

	if (!host->version || !host->memory_total_bytes)
		return host_say(
			"Whether this is the kernel's default cannot be told without its version and "
			"memory.");
	if (max == table.max)
		return host_say("This is the kernel's default for this much memory (%s).", rule);
	if (host->cpus && max == proxy_default(host->cpus))
		return host_say(
			"This is what kube-proxy sets for %lld processors; the kernel's default "
			"would be %lld.",
			(long long)host->cpus, (long long)table.max);
	if (buckets && max == buckets * 8)
		return host_say(
			"Somebody gave the module a table size: the kernel then allows 8 times its %lld "
			"buckets; its default would be %lld.",
			(long long)buckets, (long long)table.max);
	return host_say(
		"Somebody set it: the kernel's default for this much memory would be %lld (%s).",
		(long long)table.max, rule);
}

static void judge(const struct host *host, int64_t max, const char *origin)
{
	int64_t wanted = host->cpus ? proxy_default(host->cpus) : PROXY_MIN;
	bool settable = host_settable(host, "net/netfilter/nf_conntrack_max");
	struct fact fact = {.id = ID,
		.topic = "Kernel settings",
		.title = TITLE,
		.status = FACT_PASS,
		.value = json_integer(max),
		.unit = "1",
		.source = SOURCE};

	if (max >= wanted) {
		fact.why = host_say("%s kube-proxy wants %lld here.", origin, (long long)wanted);
	} else if (settable) {
		fact.status = FACT_INFO;
		fact.why = host_say(
			"%s kube-proxy will raise it to %lld when it starts. When the table is full, new "
			"connections are dropped.",
			origin, (long long)wanted);
		fact.remedy = host_say(
			"Without kube-proxy: sysctl -w net.netfilter.nf_conntrack_max=%lld, and the "
			"same in /etc/sysctl.d/.",
			(long long)wanted);
	} else {
		fact.status = FACT_WARN;
		fact.why = host_say(
			"%s kube-proxy wants to raise it to %lld and may not. When the table is full, new "
			"connections are dropped.",
			origin, (long long)wanted);
		fact.remedy =
			"Ask the provider to raise it, and set conntrack.maxPerCore: 0 for kube-proxy, or choose "
			"full virtualisation.";
	}
	record_fact(host->record, &fact);
}

/* The setting belongs to the module. */
static void report_missing(const struct host *host)
{
	struct table table = kernel_default(host->version, host->memory_total_bytes);
	bool known = host->version && host->memory_total_bytes && host->cpus;

	if (!procfs_exists(host->root, "/proc/sys/net")) {
		host_unknown(host, ID, "Kernel settings", TITLE, "/proc/sys/net does not tell.",
			"Mount /proc.");
		return;
	}
	record_fact(host->record,
		&(struct fact){.id = ID,
			.topic = "Kernel settings",
			.title = TITLE,
			.status = FACT_INFO,
			.value = host_text("not loaded"),
			.why = known ? host_say("nf_conntrack is not loaded yet. The kernel will "
						"allow %lld connections on this much memory, and "
						"kube-proxy will want %lld.",
					       (long long)table.max,
					       (long long)proxy_default(host->cpus))
				     : "nf_conntrack is not loaded yet.",
			.remedy = "To see the setting: modprobe nf_conntrack, and run this again.",
			.source = SOURCE});
}

void host_conntrack(struct host *host)
{
	int64_t max, buckets = 0;

	if (procfs_integer(host->root, &max, "/proc/sys/net/netfilter/nf_conntrack_max")) {
		report_missing(host);
		return;
	}
	procfs_integer(host->root, &buckets, "/proc/sys/net/netfilter/nf_conntrack_buckets");
	judge(host, max, explain_origin(host, max, buckets));
}
