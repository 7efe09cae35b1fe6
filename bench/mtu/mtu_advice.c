/*
 * What to write into a CNI plugin's configuration. Flannel and Cilium are told the MTU of the path
 * and subtract their headers themselves; Calico is told that of the pods.
 */
#include "mtu.h"

#include <stdio.h>

static void advise(const struct mtu_run *run, const char *id, const char *title, const char *value,
	const char *why, const char *source)
{
	const struct fact fact = {.id = id,
		.topic = "MTU settings",
		.title = title,
		.status = FACT_INFO,
		.value = json_string(value),
		.why = why,
		.source = source};
	record_fact(run->record, &fact);
}

static void advise_calico(const struct mtu_run *run, enum way way)
{
	char id[48], title[80], value[80];

	if (!mtu_on_path(run, way))
		return;
	snprintf(id, sizeof(id), "setting.calico.%s", way_rows[way].name);
	snprintf(title, sizeof(title), "Calico, %s", way_rows[way].title);
	snprintf(value, sizeof(value), "veth_mtu: \"%u\"", mtu_on_path(run, way));
	advise(run, id, title, value,
		"The pods' MTU, in ConfigMap calico-config; with the operator the same number is "
		"spec.calicoNetwork.mtu of Installation.",
		"https://docs.tigera.io/calico/latest/networking/configuring/mtu");
}

void mtu_record_advice(const struct mtu_run *run)
{
	static const enum way calico[] = {WAY_NATIVE, WAY_VXLAN, WAY_IPIP, WAY_WIREGUARD};
	char value[120];

	snprintf(value, sizeof(value), "\"Backend\": {\"Type\": \"vxlan\", \"MTU\": %u}",
		run->path_mtu);
	advise(run, "setting.flannel.vxlan", "Flannel, VXLAN", value,
		"The MTU of the path in net-conf.json; Flannel subtracts its headers itself. Needed "
		"only where the interface shows another.",
		"https://github.com/flannel-io/flannel/blob/master/Documentation/backends.md");
	snprintf(value, sizeof(value), "MTU: %u", run->path_mtu);
	advise(run, "setting.cilium", "Cilium", value,
		"The MTU of the path as a Helm value; Cilium subtracts its headers itself. Needed only "
		"where the interface shows another.",
		"https://docs.cilium.io/en/stable/helm-reference/");
	for (size_t i = 0; i < sizeof(calico) / sizeof(calico[0]); i++)
		advise_calico(run, calico[i]);
}
