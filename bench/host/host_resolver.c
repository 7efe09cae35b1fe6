/* How names are resolved: /etc/resolv.conf as glibc reads it, resolv.conf(5). */
#include "host.h"

#include "procfs.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TOPIC "Name resolution"

#define SOURCE_DEBUG                                                                               \
	"https://kubernetes.io/docs/tasks/administer-cluster/dns-debugging-resolution/#known-issues"

struct resolver {
	int servers, loopback; /* name servers, and those of them on this machine */
	char stub[64];         /* the first of the latter */
	int searched;          /* domains */
	long ndots, timeout_s, attempts;
	bool single_request_reopen, single_request;
};

/* "ndots:5": the number when the option has this name. glibc clips it to `most`. */
static void numeric_option(const char *option, const char *name, long most, long *value)
{
	size_t length = strlen(name);

	if (strncmp(option, name, length) != 0 || option[length] != ':')
		return;
	char *end;
	long number = strtol(option + length + 1, &end, 10);
	if (end != option + length + 1 && number >= 0)
		*value = number < most ? number : most;
}

static void read_options(char *words, struct resolver *resolver)
{
	const char *option;

	while ((option = strsep(&words, " \t"))) {
		numeric_option(option, "ndots", 15, &resolver->ndots);
		numeric_option(option, "timeout", 30, &resolver->timeout_s);
		numeric_option(option, "attempts", 5, &resolver->attempts);
		resolver->single_request_reopen |= !strcmp(option, "single-request-reopen");
		resolver->single_request |= !strcmp(option, "single-request");
	}
}

static void read_line(char *line, struct resolver *resolver)
{
	if (*line == '#' || *line == ';')
		return;
	const char *key = strsep(&line, " \t");
	if (!line)
		return;
	line += strspn(line, " \t");
	line[strcspn(line, "\r")] = '\0';
	if (!strcmp(key, "nameserver")) {
		line[strcspn(line, " \t")] = '\0';
		bool local = !strncmp(line, "127.", 4) || !strcmp(line, "::1");
		resolver->servers += line[0] != '\0';
		if (local && resolver->loopback++ == 0)
			snprintf(resolver->stub, sizeof(resolver->stub), "%s", line);
	} else if (!strcmp(key, "options")) {
		read_options(line, resolver);
	} else if (!strcmp(key, "search") || !strcmp(key, "domain")) {
		/* The last such line counts. */
		resolver->searched = 0;
		for (const char *word; (word = strsep(&line, " \t"));)
			resolver->searched += word[0] != '\0';
	}
}

/* Addresses stay out of the document, so that it can be published; this machine's own says nothing.
 */
static void report_servers(const struct host *host, const struct resolver *resolver)
{
	struct fact fact = {.id = "resolver.nameservers",
		.topic = TOPIC,
		.title = "Name servers",
		.status = FACT_PASS,
		.source = SOURCE_DEBUG};

	if (resolver->stub[0])
		fact.value =
			host_text("%d (%s on this machine)", resolver->servers, resolver->stub);
	else
		fact.value = host_text("%d", resolver->servers);
	if (!resolver->servers) {
		fact.status = FACT_WARN;
		fact.why =
			"No name server is set: names, also those of image registries, are not found.";
		fact.remedy =
			"Put a line \"nameserver ADDRESS\" into /etc/resolv.conf, or set up the network's DHCP.";
	} else if (resolver->servers > 3) {
		fact.status = FACT_WARN;
		fact.why = "glibc and pods use the first three only; the kubelet complains.";
		fact.remedy = "Leave at most three nameserver lines in /etc/resolv.conf.";
	} else if (resolver->loopback) {
		fact.status = FACT_INFO;
		fact.why =
			"A resolver on this machine answers. Pods cannot reach it, and CoreDNS that forwards "
			"to it asks itself in a loop; kubeadm takes care of systemd-resolved.";
		fact.remedy =
			"Without kubeadm: set resolvConf: /run/systemd/resolve/resolv.conf for the kubelet.";
	}
	record_fact(host->record, &fact);
}

static void report_ndots(const struct host *host, const struct resolver *resolver)
{
	bool many = resolver->ndots > 1;

	record_fact(host->record,
		&(struct fact){.id = "resolver.ndots",
			.topic = TOPIC,
			.title = "Dots before a name is tried as it is (ndots)",
			.status = many ? FACT_INFO : FACT_PASS,
			.value = json_integer(resolver->ndots),
			.unit = "1",
			.why = many ? host_say(
					      "Names with fewer dots are first tried with each of the %d search domains: "
					      "as many more questions per look-up. Pods get 5 whatever is set here.",
					      resolver->searched)
				    : "Of the host's own programs; pods get 5, whatever is set here.",
			.remedy = many ? "Remove ndots from the options line of /etc/resolv.conf."
				       : NULL,
			.source = "resolv.conf(5)"});
}

static void report_reopen(const struct host *host, const struct resolver *resolver)
{
	bool set = resolver->single_request_reopen || resolver->single_request;

	record_fact(host->record,
		&(struct fact){.id = "resolver.single_request_reopen",
			.topic = TOPIC,
			.title =
				"A and AAAA questions from separate sockets (single-request-reopen)",
			.status = FACT_INFO,
			.value = json_boolean(resolver->single_request_reopen),
			.why = set ? "Programs with glibc do not fall for the race in connection tracking that makes look-ups "
				     "take 5 s."
				   : "Both questions leave from one socket at once. Behind address translation the kernel "
				     "can lose one of them; the look-up then takes 5 s. Rare on the host itself.",
			.remedy =
				set ? NULL
				    : "If look-ups sometimes take 5 s: add \"options single-request-reopen\" to "
				      "/etc/resolv.conf (for pods: dnsConfig), or run NodeLocal DNSCache.",
			.source =
				"https://kubernetes.io/docs/tasks/administer-cluster/nodelocaldns/"});
}

static void report_timeout(const struct host *host, const struct resolver *resolver)
{
	bool slow = resolver->timeout_s > 5;

	record_fact(host->record,
		&(struct fact){.id = "resolver.timeout",
			.topic = TOPIC,
			.title = "Time before another server is asked",
			.status = slow ? FACT_WARN : FACT_PASS,
			.value = json_integer(resolver->timeout_s),
			.unit = "s",
			.why = host_say(
				"When a server does not answer, a look-up waits this long before the next is tried, "
				"%ld rounds in all.",
				resolver->attempts),
			.remedy = slow ? "Set \"options timeout:2 attempts:3\" in /etc/resolv.conf."
				       : NULL,
			.source = "resolv.conf(5)"});
}

void host_resolver(struct host *host)
{
	static const char *const facts[][2] = {{"resolver.nameservers", "Name servers"},
		{"resolver.ndots", "Dots before a name is tried as it is (ndots)"},
		{"resolver.single_request_reopen", "A and AAAA questions from separate sockets"},
		{"resolver.timeout", "Time before another server is asked"}};
	/* glibc's defaults: RES_TIMEOUT and RES_DFLRETRY in resolv.h. */
	struct resolver resolver = {.ndots = 1, .timeout_s = 5, .attempts = 2};
	char *text = NULL;

	if (procfs_slurp(host->root, &text, 1U << 20, "/etc/resolv.conf") < 0) {
		for (size_t i = 0; i < sizeof(facts) / sizeof(*facts); i++)
			host_unknown(host, facts[i][0], TOPIC, facts[i][1],
				"/etc/resolv.conf cannot be read.",
				"Set up name resolution (systemd-resolved, NetworkManager, or the file by hand).");
		return;
	}
	char *rest = text, *line;
	while ((line = strsep(&rest, "\n")))
		read_line(line, &resolver);
	free(text);
	report_servers(host, &resolver);
	report_ndots(host, &resolver);
	report_reopen(host, &resolver);
	report_timeout(host, &resolver);
}
