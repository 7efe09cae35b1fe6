/* Which hypervisor carries this machine. */
#include "host.h"

#include <string.h>

#define TOPIC "Virtualisation"

/* Kinds of virtual machine that cost more than one expects. */
static const struct {
	const char *name, *why, *remedy;
} poor[] = {
	{"QEMU without KVM",
		"The processor is emulated in software: everything runs ten to a hundred times slower.",
		"Ask the provider for hardware virtualisation (KVM), or choose another plan."},
	{"Bochs", "The processor is emulated in software: everything runs far slower.",
		"Ask the provider for hardware virtualisation (KVM), or choose another plan."},
	{"User Mode Linux",
		"The kernel runs as a process of another Linux: system calls are slow and it has one CPU.",
		"Choose a plan with hardware virtualisation (KVM)."},
	{"Xen PV",
		"Paravirtualised Xen makes system calls and page faults slower than hardware virtualisation "
		"does, and the kernel is often the provider's.",
		"Ask the provider to move the machine to Xen HVM, PVH or KVM."},
};

void host_virtualization(struct host *host)
{
	struct fact fact = {.id = "virt.hypervisor",
		.topic = TOPIC,
		.title = "Hypervisor",
		.status = FACT_PASS,
		.why = "The machine has a kernel of its own, as Kubernetes needs."};

	switch (host->platform.machine) {
	case PLATFORM_UNKNOWN:
		host_unknown(host, fact.id, TOPIC, fact.title,
			"Neither processor, kernel nor firmware tells whether this is a virtual machine.",
			"Ask the provider.");
		return;
	case PLATFORM_BARE:
		fact.value = host_text("none");
		fact.why =
			"The processor reports no hypervisor: a machine of its own, with no neighbours on it.";
		break;
	case PLATFORM_VIRTUAL:
		fact.value = host_text("%s", host->platform.hypervisor);
		for (size_t i = 0; i < sizeof(poor) / sizeof(*poor); i++)
			if (!strcmp(host->platform.hypervisor, poor[i].name)) {
				fact.status = FACT_WARN;
				fact.why = poor[i].why;
				fact.remedy = poor[i].remedy;
			}
		break;
	}
	record_fact(host->record, &fact);
}
