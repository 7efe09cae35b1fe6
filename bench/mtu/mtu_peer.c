/*
 * The path to another machine. Packets with DF of one size are sent there, some for each try, and
 * those that arrive are counted at the other end: nothing on the way need send or let pass ICMP.
 */
#include "mtu.h"

#include "peer.h"

#include <errno.h>
#include <stdio.h>

#define TRY_NS   INT64_C(100000000)
#define TRY_RATE 200 /* packets a second: 20 a try, lest a loss of some should decide */
#define SMALLEST 576
#define CHECKS   3 /* that a byte more does not pass */

/* Whether packets of a size, with their IP header, reach the peer. */
static int passes(
	struct peer *peer, enum way way, uint32_t packet_bytes, bool *pass, struct problem *problem)
{
	const struct load_plan plan = {.kind = LOAD_UDP_STREAM,
		.flows = 1,
		.message_bytes = packet_bytes - peer_udp_headers(peer, way),
		.rate = TRY_RATE,
		.segments = 1,
		.dont_fragment = true};
	struct load_result slice = {0};
	struct peer_load *load = peer_load_open(peer, &plan, way, PEER_TO, problem);
	int result = load ? peer_load_slice(load, 0, TRY_NS, &slice, problem) : -EIO;

	peer_load_close(load);
	*pass = slice.sent > slice.lost;
	return result;
}

static int passes_natively(void *argument, uint32_t packet_bytes, struct problem *problem)
{
	bool pass = false;
	int result = passes(argument, WAY_NATIVE, packet_bytes, &pass, problem);

	return result < 0 ? result : pass;
}

static int search(struct peer *peer, uint32_t high, uint32_t *found, struct problem *problem)
{
	int pass = passes_natively(peer, SMALLEST, problem);

	if (pass < 0)
		return pass;
	if (!pass)
		return problem_set(problem, -EHOSTUNREACH,
			"packets of %u bytes do not reach the peer: its data ports may be filtered "
			"(seatrial serve --help names them)",
			SMALLEST);
	/* An outage during one try would end the search too low. */
	return mtu_largest(SMALLEST, high, CHECKS, passes_natively, peer, found, problem);
}

static void record_path(const struct mtu_run *run, uint32_t interface)
{
	bool less = run->path_mtu < interface;
	char why[320];

	snprintf(why, sizeof(why),
		less ? "Packets of more than %u bytes do not arrive, though this host's interface takes %u."
		     : "Packets of %u bytes, which fill this host's interface (%u), arrive.",
		run->path_mtu, interface);
	const struct fact fact = {.id = "mtu.path",
		.topic = "MTU",
		.title = "MTU of the path to the peer",
		.status = less ? FACT_WARN : FACT_PASS,
		.value = json_integer(run->path_mtu),
		.unit = "bytes",
		.why = why,
		.remedy =
			less ? "Set the MTU of the nodes' interfaces, or that of the CNI plugin, by "
			       "the path and not by the interface"
			     : NULL};
	record_fact(run->record, &fact);
}

static void record_tunnel(const struct mtu_run *run, enum way way, uint32_t mtu, bool pass)
{
	char id[40], title[80], why[200];

	snprintf(id, sizeof(id), "mtu.peer.%s", way_rows[way].name);
	snprintf(title, sizeof(title), "%s to the peer with MTU %u", way_rows[way].title, mtu);
	snprintf(why, sizeof(why), "Packets of %u bytes sent through the tunnel %s.", mtu,
		pass ? "arrive" : "do not arrive");
	const struct fact fact = {.id = id,
		.topic = "MTU",
		.title = title,
		.status = pass ? FACT_PASS : FACT_WARN,
		.value = json_boolean(pass),
		.why = why,
		.remedy =
			pass ? NULL
			     : "Have the provider let this encapsulation pass between the machines "
			       "(protocol or port), or use another"};
	record_fact(run->record, &fact);
}

static void skip(const struct mtu_run *run, enum way way, const char *why, const char *enable)
{
	char what[80];

	snprintf(what, sizeof(what), "%s to the peer", way_rows[way].title);
	record_skip(run->record, what, why, enable);
}

/* Tunnels are tried with packets that fill them: a computed MTU that is right passes. */
static void try_tunnels(const struct mtu_run *run, struct peer *peer, uint32_t far)
{
	for (enum way way = WAY_NATIVE + 1; way < WAYS; way++) {
		uint32_t mtu = mtu_on_path(run, way);
		struct problem problem;
		bool pass;

		if (!(run->ways & UINT32_C(1) << way) || !mtu)
			continue;
		if (!(far & UINT32_C(1) << way))
			skip(run, way, "the peer cannot make its end of it",
				"Run seatrial serve as root there, and load the kernel's module for it; "
				"WireGuard is measured on one machine only");
		else if (peer_tunnel_up(peer, way, mtu, &problem) < 0 ||
			 passes(peer, way, mtu, &pass, &problem) < 0)
			skip(run, way, problem.text, "Tunnels between machines need root on both");
		else
			record_tunnel(run, way, mtu, pass);
	}
}

int mtu_path_to_peer(struct mtu_run *run, struct problem *problem)
{
	struct peer *peer = peer_connect(run->config->peer, run->config->token_file, problem);
	struct peer_description far;
	int result = peer ? peer_describe(peer, &far, problem) : -EIO;
	uint32_t interface = peer ? peer_mtu(peer) : 0;

	if (result == 0 && interface < SMALLEST)
		result = problem_set(problem, -ENODEV,
			"nothing tells the MTU of this host's interface towards the peer");
	if (result == 0)
		result = search(peer, interface, &run->path_mtu, problem);
	if (result == 0) {
		run->family = peer_family(peer);
		record_path(run, interface);
		try_tunnels(run, peer, far.ways);
	}
	peer_close(peer);
	return result;
}
