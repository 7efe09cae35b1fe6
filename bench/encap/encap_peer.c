/* Between two machines: who the other is, and the tunnels to it. */
#include "encap.h"

#include "text.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static void skip(const struct encap_run *run, enum way way, const char *why, const char *enable)
{
	char what[64];

	snprintf(what, sizeof(what), "encapsulation %s", way_rows[way].title);
	record_skip(run->record, what, why, enable);
}

static void record_peer(
	const struct encap_run *run, const struct peer_description *far, int64_t rtt_ns)
{
	const char *const texts[][2] = {{"peer", run->config->peer}, {"peer's kernel", far->kernel},
		{"peer's seatrial", far->version}};
	json_t *target = json_object();
	char text[512];

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		json_object_set_new(target, texts[i][0],
			json_string(text_printable(texts[i][1], text, sizeof(text))));
	json_object_set_new(target, "peer's interface MTU", json_integer(far->mtu));
	json_object_set_new(target, "interface MTU", json_integer(peer_mtu(run->peer)));
	json_object_set_new(
		target, "round trip when idle", json_sprintf("%.3g ms", (double)rtt_ns / 1e6));
	record_target(run->record, target);
}

/* Native routing needs none. Others must be in both kernels, and made at both ends. */
static void raise_tunnels(struct encap_run *run, const struct peer_description *far)
{
	uint32_t here = cluster_ways_here(run->config->ways, run->record);

	run->ways = UINT32_C(1) << WAY_NATIVE;
	for (enum way way = WAY_NATIVE + 1; way < WAYS; way++) {
		struct problem problem;

		if (!(here & UINT32_C(1) << way))
			continue;
		if (!(far->ways & UINT32_C(1) << way))
			skip(run, way, "the peer cannot make its end of it",
				"Run seatrial serve as root there, and load the kernel's module for it; "
				"WireGuard is measured on one machine only");
		else if (peer_tunnel_up(run->peer, way, 0, &problem) < 0)
			skip(run, way, problem.text, "Tunnels between machines need root on both");
		else
			run->ways |= UINT32_C(1) << way;
	}
}

/* What the rig alone has is no parameter of this measurement. */
static void record_parameters_used(const struct encap_run *run)
{
	static const char *const of_rig[] = {
		"family", "offload", "cpus", "underlay-mtu", "pod-link"};
	json_t *parameters = options_effective(bench.options, run->config);

	for (size_t i = 0; i < sizeof(of_rig) / sizeof(of_rig[0]); i++)
		json_object_del(parameters, of_rig[i]);
	record_parameters(run->record, parameters);
}

int encap_connect(struct encap_run *run, struct problem *problem)
{
	struct peer_description far;
	int64_t rtt_ns = 0;

	run->peer = peer_connect(run->config->peer, run->config->token_file, problem);
	if (!run->peer)
		return -EIO;
	int result = peer_describe(run->peer, &far, problem);
	if (result == 0)
		result = peer_echo(run->peer, &rtt_ns, problem);
	if (result < 0)
		return result;
	record_peer(run, &far, rtt_ns);
	record_parameters_used(run);
	raise_tunnels(run, &far);
	return 0;
}
