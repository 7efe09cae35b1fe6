/* The parts of the kernel that Kubernetes' networking and runtimes use. */
#include "host.h"

#include "modules.h"

#include <stdio.h>
#include <string.h>

#define TOPIC "Kernel"

#define SOURCE_PREREQUISITES                                                                       \
	"https://kubernetes.io/docs/setup/production-environment/container-runtimes/"              \
	"#install-and-configure-prerequisites"
#define SOURCE_PROXY   "https://kubernetes.io/docs/reference/networking/virtual-ips/#proxy-modes"
#define SOURCE_IPVS    "https://github.com/kubernetes/kubernetes/blob/master/pkg/proxy/ipvs/README.md"
#define SOURCE_FLANNEL "https://github.com/flannel-io/flannel/blob/master/Documentation/backends.md"
#define SOURCE_CALICO  "https://docs.tigera.io/calico/latest/getting-started/kubernetes/requirements"
#define SOURCE_CNI                                                                                 \
	"https://kubernetes.io/docs/concepts/extend-kubernetes/compute-storage-net/network-plugins/"

/* What to do when a part cannot be had, where there is another way. */
#define INSTEAD_PROXY  "Run kube-proxy in nftables or iptables mode instead"
#define INSTEAD_TUNNEL "Choose another encapsulation in the network plugin (or none: host-gw, BGP)"

static const struct part {
	const char *name, *option, *sign, *title;
	enum fact_status absent; /* how bad it is to have no way to it */
	const char *why;         /* what it is for */
	const char *instead;     /* what to do without it; NULL: nothing */
	const char *source;
} parts[] = {
	{"overlay", "OVERLAY_FS", "", "overlay: layers of container images", FACT_FAIL,
		"Container runtimes stack the layers of images with it.", NULL,
		SOURCE_PREREQUISITES},
	{"nf_conntrack", "NF_CONNTRACK", "/proc/sys/net/netfilter/nf_conntrack_max",
		"nf_conntrack: connection tracking", FACT_FAIL,
		"Services and masquerading translate addresses connection by connection.", NULL,
		SOURCE_PROXY},
	{"br_netfilter", "BRIDGE_NETFILTER", "/proc/sys/net/bridge/bridge-nf-call-iptables",
		"br_netfilter: rules for bridged traffic", FACT_WARN,
		"Without it, traffic between pods on one bridge (Flannel and other bridge plugins) passes by the "
		"rules of services and policies.",
		"Choose a network plugin without a bridge (Calico, Cilium)", SOURCE_CNI},
	{"nf_tables", "NF_TABLES", NULL, "nf_tables: packet rules", FACT_WARN,
		"The packet filter of current distributions, and of kube-proxy's nftables mode.",
		"Run kube-proxy in iptables mode with iptables-legacy", SOURCE_PROXY},
	{"iptable_nat", "IP_NF_NAT", NULL, "iptable_nat: legacy address translation", FACT_INFO,
		"iptables-legacy needs it; iptables-nft, the default of current distributions, does not.",
		"Use iptables-nft or kube-proxy's nftables mode", SOURCE_PROXY},
	{"ip_set", "IP_SET", NULL, "ip_set: sets of addresses", FACT_WARN,
		"kube-proxy's IPVS mode and network policies (Calico, kube-router) match addresses by sets.",
		"Choose nftables mode in kube-proxy and the network plugin", SOURCE_IPVS},
	{"ip_vs", "IP_VS", "/proc/net/ip_vs", "ip_vs: IPVS load balancing", FACT_WARN,
		"kube-proxy's IPVS mode (deprecated since Kubernetes 1.35), kube-router and others need it.",
		INSTEAD_PROXY, SOURCE_IPVS},
	{"ip_vs_rr", "IP_VS_RR", NULL, "ip_vs_rr: IPVS round robin", FACT_WARN,
		"The default scheduler of kube-proxy's IPVS mode.", INSTEAD_PROXY, SOURCE_IPVS},
	{"ip_vs_wrr", "IP_VS_WRR", NULL, "ip_vs_wrr: IPVS weighted round robin", FACT_WARN,
		"kube-proxy's IPVS mode checks for it.", INSTEAD_PROXY, SOURCE_IPVS},
	{"ip_vs_sh", "IP_VS_SH", NULL, "ip_vs_sh: IPVS source hashing", FACT_WARN,
		"kube-proxy's IPVS mode checks for it.", INSTEAD_PROXY, SOURCE_IPVS},
	{"vxlan", "VXLAN", NULL, "vxlan: tunnels between nodes", FACT_WARN,
		"Flannel's and Cilium's default, and one of Calico's ways, to carry pods' packets between nodes.",
		INSTEAD_TUNNEL, SOURCE_FLANNEL},
	{"ipip", "NET_IPIP", NULL, "ipip: tunnels between nodes", FACT_WARN,
		"Calico's IP-in-IP mode and Flannel's ipip backend carry pods' packets with it.",
		INSTEAD_TUNNEL, SOURCE_CALICO},
	{"wireguard", "WIREGUARD", NULL, "wireguard: encrypted tunnels", FACT_WARN,
		"Flannel, Calico and Cilium can encrypt traffic between nodes with it.",
		"Do without encryption between nodes, or use a user-space WireGuard",
		SOURCE_CALICO},
};

/* A way out, and what to do without it. */
static const char *or_instead(const struct part *part, const char *way)
{
	return part->instead ? host_say("%s Or: %s.", way, part->instead) : way;
}

static void explain_absence(const struct host *host, const struct modules *modules,
	const struct part *part, struct fact *fact)
{
	bool uninstalled = modules_option(modules, part->option) == 'm';
	const char *way =
		"Install the distribution's standard kernel (Debian: linux-image-amd64, Ubuntu: "
		"linux-generic), or ask the provider to boot the machine with it.";

	if (host->control.level == CONTROL_NONE)
		way = REMEDY_KVM;
	else if (uninstalled)
		way = host_say(
			"Install the rest of the kernel's modules (Ubuntu: apt-get install "
			"linux-modules-extra-%s; Red Hat: dnf install kernel-modules-extra-%s), and "
			"reboot if the kernel was updated since the last boot.",
			host->release, host->release);
	fact->remedy = or_instead(part, way);
	fact->why = host_say("%s %s", part->why,
		uninstalled
			? "The kernel has it as a module, but the module's file is not installed."
			: "This kernel was built without it.");
}

/* There is a module, but it may not be loaded. */
static void explain_ban(
	const struct host *host, const struct part *part, const char *file, struct fact *fact)
{
	fact->why = host_say("%s There is a module, but %s%s.", part->why,
		file[0] ? "it is forbidden by " : "modules cannot be loaded here", file);
	if (file[0])
		fact->remedy =
			host_say("Remove the line \"install %s ...\" from %s.", part->name, file);
	else
		fact->remedy = or_instead(part,
			host->control.level == CONTROL_FULL
				? "Allow loading of modules (kernel.modules_disabled) and reboot."
				: "Ask the provider to load it on the machine that carries this container, or "
				  "choose full virtualisation.");
}

static void report_loadable(const struct host *host, const struct modules *modules,
	const struct part *part, struct fact *fact)
{
	char file[320] = "";

	if (modules_forbidden(modules, part->name, file, sizeof(file)) || !host->control.may_load) {
		fact->status = part->absent;
		explain_ban(host, part, file, fact);
	} else {
		fact->status = FACT_INFO;
		fact->remedy = host_say("Run: modprobe %s; echo %s > /etc/modules-load.d/%s.conf",
			part->name, part->name, part->name);
	}
	fact->value = host_text("loadable");
}

static void report_part(
	const struct host *host, const struct modules *modules, const struct part *part)
{
	char id[64];
	enum module_state state = modules_state(modules, part->name, part->option, part->sign);
	struct fact fact = {.id = id,
		.topic = TOPIC,
		.title = part->title,
		.status = FACT_PASS,
		.why = part->why,
		.source = part->source};

	snprintf(id, sizeof(id), "kernel.module.%s", part->name);
	/* Outside a container there is no other place where its file could be. */
	if (state == MODULE_UNKNOWN && modules_option(modules, part->option) == 'm' &&
		!host->platform.container[0])
		state = MODULE_ABSENT;
	switch (state) {
	case MODULE_UNKNOWN:
		host_unknown(host, id, TOPIC, part->title,
			"Neither this kernel's modules (/lib/modules) nor its configuration can be read here.",
			"Run seatrial on the machine itself, outside a container.");
		return;
	case MODULE_BUILT_IN:
		fact.value = host_text("built in");
		break;
	case MODULE_LOADED:
		fact.value = host_text("loaded");
		break;
	case MODULE_LOADABLE:
		report_loadable(host, modules, part, &fact);
		break;
	case MODULE_ABSENT:
		fact.value = host_text("absent");
		fact.status = part->absent;
		explain_absence(host, modules, part, &fact);
		break;
	}
	record_fact(host->record, &fact);
}

void host_modules(struct host *host)
{
	struct modules modules;

	modules_read(&modules, host->root, host->release);
	for (size_t i = 0; i < sizeof(parts) / sizeof(*parts); i++)
		report_part(host, &modules, &parts[i]);
	modules_free(&modules);
}
