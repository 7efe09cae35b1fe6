/*
 * The client's side of peer.h for tests/system/peer.py: does one thing and prints JSON.
 *
 *   peer_tool HOST:PORT describe | echo
 *   peer_tool HOST:PORT load WAY to|from KIND FLOWS MESSAGE RESPONSE RATE SECONDS [SLICES]
 *   peer_tool HOST:PORT hold WAY      opens a tunnel (or none) and a load, says so, and sleeps
 */
#include "clock.h"
#include "interrupt.h"
#include "peer.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static struct problem problem;

static int fail(void)
{
	fprintf(stderr, "%s\n", problem.text);
	return 1;
}

static int print(json_t *object)
{
	json_dumpf(object, stdout, 0);
	putchar('\n');
	fflush(stdout);
	json_decref(object);
	return 0;
}

static enum way way_of(const char *name)
{
	int way = 0;

	while (way < WAYS - 1 && strcmp(way_rows[way].name, name) != 0)
		way++;
	return (enum way)way;
}

static int describe(struct peer *peer)
{
	struct peer_description far;

	if (peer_describe(peer, &far, &problem) < 0)
		return fail();
	return print(json_pack("{s:s, s:s, s:i, s:i, s:i, s:i, s:i, s:i}", "version", far.version,
		"kernel", far.kernel, "mtu", (int)far.mtu, "ways", (int)far.ways, "here",
		(int)peer_mtu(peer), "udp", (int)peer_udp_headers(peer, WAY_NATIVE), "udp_inside",
		(int)peer_udp_headers(peer, WAY_VXLAN), "vxlan",
		(int)way_overhead(WAY_VXLAN, peer_family(peer))));
}

static int echo(struct peer *peer)
{
	int64_t rtt_ns;

	if (peer_echo(peer, &rtt_ns, &problem) < 0)
		return fail();
	return print(json_pack("{s:f}", "rtt_s", (double)rtt_ns / 1e9));
}

static json_t *side_of(const struct load_side *side)
{
	return json_pack("{s:f, s:I, s:I, s:I, s:I, s:I, s:f}", "elapsed_s", side->elapsed_s,
		"bytes", (json_int_t)side->bytes, "messages", (json_int_t)side->messages, "errors",
		(json_int_t)side->errors, "duplicates", (json_int_t)side->duplicates, "reordered",
		(json_int_t)side->reordered, "jitter_s", side->jitter_s);
}

static struct peer_load *open_load(struct peer *peer, const char *const *words)
{
	static const char *const kinds[] = {
		"tcp_stream", "udp_stream", "tcp_rr", "udp_rr", "tcp_crr"};
	enum way way = way_of(words[0]);
	struct load_plan plan = {.flows = (uint32_t)atoi(words[3]),
		.message_bytes = (uint32_t)atoi(words[4]),
		.response_bytes = (uint32_t)atoi(words[5]),
		.rate = atof(words[6]),
		.segments = 1};

	while (strcmp(kinds[plan.kind], words[2]) != 0)
		plan.kind++;
	if (way != WAY_NATIVE && peer_tunnel_here(peer, way) < 0 &&
		peer_tunnel_up(peer, way, 0, &problem) < 0)
		return NULL;
	return peer_load_open(
		peer, &plan, way, strcmp(words[1], "to") == 0 ? PEER_TO : PEER_FROM, &problem);
}

static int run_load(struct peer *peer, const char *const *words)
{
	struct peer_load *load = open_load(peer, words);
	int slices = words[8] ? atoi(words[8]) : 1, failure = load ? 0 : -1;

	for (int i = 0; i < slices && failure == 0; i++) {
		struct load_result result;

		failure = peer_load_slice(
			load, 100000000, (int64_t)(atof(words[7]) * 1e9), &result, &problem);
		if (failure == 0)
			print(json_pack("{s:o, s:o, s:I, s:I, s:I, s:I}", "sender",
				side_of(&result.sender), "receiver", side_of(&result.receiver),
				"sent", (json_int_t)result.sent, "lost", (json_int_t)result.lost,
				"p50_ns",
				result.latency
					? (json_int_t)histogram_quantile_ns(result.latency, 0.5)
					: 0,
				"count", result.latency ? (json_int_t)result.latency->total : 0));
	}
	peer_load_close(load);
	return failure ? fail() : 0;
}

static int hold(struct peer *peer, const char *way)
{
	const char *words[] = {way, "to", "tcp_stream", "1", "1000", "0", "0", "30", NULL};
	struct peer_load *load = open_load(peer, words);
	struct load_result result;

	if (!load)
		return fail();
	puts("held");
	fflush(stdout);
	int failure = peer_load_slice(load, 0, 30000000000, &result, &problem);
	peer_load_close(load);
	return failure ? fail() : 0;
}

int main(int argc, char **argv)
{
	struct peer *peer = argc > 2 ? peer_connect(argv[1], NULL, &problem) : NULL;
	int code = 2;

	interrupt_catch();
	if (!peer)
		return fail();
	if (strcmp(argv[2], "describe") == 0)
		code = describe(peer);
	else if (strcmp(argv[2], "echo") == 0)
		code = echo(peer);
	else if (strcmp(argv[2], "load") == 0 && argc >= 11)
		code = run_load(peer, (const char *const *)argv + 3);
	else if (strcmp(argv[2], "hold") == 0 && argc == 4)
		code = hold(peer, argv[3]);
	peer_close(peer);
	return code;
}
