/*
 * seatrial serve: lets another machine measure the network between it and this one.
 */
#include "command.h"
#include "exit_code.h"
#include "interrupt.h"
#include "peer_address.h"
#include "peer_server.h"
#include "settings.h"
#include "text.h"

#include <errno.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <stdlib.h>
#include <string.h>

static struct {
	const char *listen, *token_file;
	uint64_t port, for_ns, slice_ns, session_ns, idle_ns, bytes, flows;
	bool once, quiet;
} serve;

/* An address of this machine that another one may reach: the first that is not loopback's. */
static const char *reachable(char text[ADDRESS_TEXT])
{
	struct sockaddr_storage address = {.ss_family = AF_UNSPEC};
	struct ifaddrs *all = NULL;

	if (getifaddrs(&all) == 0)
		for (const struct ifaddrs *at = all; at && address.ss_family == AF_UNSPEC;
			at = at->ifa_next)
			if (at->ifa_addr && at->ifa_addr->sa_family == AF_INET &&
				(at->ifa_flags & IFF_UP) && !(at->ifa_flags & IFF_LOOPBACK))
				*(struct sockaddr_in *)&address =
					*(const struct sockaddr_in *)at->ifa_addr;
	freeifaddrs(all);
	if (address.ss_family == AF_UNSPEC)
		return NULL;
	address_set_port(&address, (uint16_t)serve.port);
	return address_text(&address, text);
}

static void say(const char *text)
{
	if (serve.quiet)
		return;
	text_print(stdout, text);
	putchar('\n');
	fflush(stdout);
}

/* Whatever --quiet says: without it a token of our own would be lost. */
static void show_token(const char *token)
{
	char text[ADDRESS_TEXT], named[ADDRESS_TEXT + 16];
	const char *address = serve.listen ? NULL : reachable(text);

	if (serve.listen)
		snprintf(named, sizeof(named),
			strchr(serve.listen, ':') ? "[%.64s]:%u" : "%.64s:%u", serve.listen,
			(unsigned)serve.port);
	else
		snprintf(named, sizeof(named), "%s", address ? address : "ADDRESS");
	printf("The token, which no file keeps:\n"
	       "  %s\n"
	       "On the other machine, put it into a file of your own, and run a benchmark that measures\n"
	       "between two:\n"
	       "  (umask 077; cat >token)      then paste the token, press Enter and Ctrl-D\n"
	       "  seatrial-encap --token-file token --peer %s\n"
	       "  seatrial-mtu --token-file token --peer %s\n",
		token, named, named);
	fflush(stdout);
}

static void show_start(void)
{
	char text[256];

	snprintf(text, sizeof(text),
		"Listening on %s, TCP port %u; loads use TCP and UDP ports %u to %u, tunnels UDP %u and %u.",
		serve.listen ? serve.listen : "all addresses, for who knows the token",
		(unsigned)serve.port, (unsigned)serve.port + 1, (unsigned)serve.port + PEER_LOADS,
		(unsigned)serve.port + PEER_VXLAN, (unsigned)serve.port + PEER_GENEVE);
	say(text);
}

static int command_serve_main(int count, char **operands, struct problem *problem)
{
	char token[PEER_TOKEN_SIZE];
	struct peer_server server = {.listen = serve.listen,
		.port = (uint16_t)serve.port,
		.token = token,
		.once = serve.once,
		.for_ns = serve.for_ns,
		.limits = {.flows = (uint32_t)serve.flows,
			.slice_ns = serve.slice_ns,
			.session_ns = serve.session_ns,
			.idle_ns = serve.idle_ns,
			.bytes = serve.bytes},
		.say = say};

	(void)count;
	(void)operands;
	int failure = peer_token_get(serve.token_file, token, problem);
	bool own = failure == -ENOENT && !serve.token_file;
	if (own)
		failure = peer_token_new(token, problem);
	if (failure < 0)
		return EXIT_CODE_FAILURE;
	problem->text[0] = '\0';
	interrupt_catch();
	show_start();
	if (own)
		show_token(token);
	return peer_serve(&server, problem) < 0 ? EXIT_CODE_FAILURE : EXIT_CODE_OK;
}

#define DAY_NS UINT64_C(86400000000000)

static const struct option_row rows[] = {
	{.name = "listen",
		.letter = 'l',
		.type = OPTION_TEXT,
		.offset = offsetof(__typeof__(serve), listen),
		.argument = "ADDRESS",
		.help = "Listen on this address only; without it on all"},
	{.name = "port",
		.letter = 'p',
		.type = OPTION_COUNT,
		.offset = offsetof(__typeof__(serve), port),
		.argument = "N",
		.help = "TCP port of the control connection; the 18 ports after it are for data",
		.value = {"7512"},
		.min = 1,
		.max = 65535 - PEER_PORTS},
	{.name = "token-file",
		.type = OPTION_PATH,
		.offset = offsetof(__typeof__(serve), token_file),
		.argument = "FILE",
		.help = "File with the token; without it SEATRIAL_TOKEN, else a random one is made "
			"and printed"},
	{.name = "once",
		.type = OPTION_FLAG,
		.offset = offsetof(__typeof__(serve), once),
		.help = "End after the first session"},
	{.name = "for",
		.type = OPTION_TIME,
		.offset = offsetof(__typeof__(serve), for_ns),
		.argument = "TIME",
		.help = "End after this time; 0: when stopped",
		.value = {"0"},
		.max = 365 * DAY_NS},
	{.name = "max-slice",
		.type = OPTION_TIME,
		.offset = offsetof(__typeof__(serve), slice_ns),
		.argument = "TIME",
		.help = "Longest stretch of traffic, its warm-up included",
		.value = {"60s"},
		.min = 1000000,
		.max = PEER_SLICE_NS_MAX},
	{.name = "max-session",
		.type = OPTION_TIME,
		.offset = offsetof(__typeof__(serve), session_ns),
		.argument = "TIME",
		.help = "Longest session of a client",
		.value = {"2h"},
		.min = 1000000,
		.max = DAY_NS},
	{.name = "max-idle",
		.type = OPTION_TIME,
		.offset = offsetof(__typeof__(serve), idle_ns),
		.argument = "TIME",
		.help = "Longest time in which a client asks for nothing",
		.value = {"2m"},
		.min = 1000000,
		.max = DAY_NS},
	{.name = "max-bytes",
		.type = OPTION_BYTES,
		.offset = offsetof(__typeof__(serve), bytes),
		.argument = "SIZE",
		.help = "Begin no stretch of traffic once this end has sent and received so much in "
			"a session; the last one may exceed it, for --max-slice at most",
		.value = {"500GB"},
		.min = 1,
		.max = UINT64_C(1) << 52},
	{.name = "max-flows",
		.type = OPTION_COUNT,
		.offset = offsetof(__typeof__(serve), flows),
		.argument = "N",
		.help = "Most connections of a load",
		.value = {"64"},
		.min = 1,
		.max = LOAD_FLOWS_MAX},
	{.name = "quiet",
		.letter = 'q',
		.type = OPTION_FLAG,
		.offset = offsetof(__typeof__(serve), quiet),
		.help = "Print nothing but a token that was made, and errors"},
	{.name = NULL},
};
static const struct option_row *const tables[] = {rows, settings_help, NULL};
static void *const configs[] = {&serve, &settings, NULL};

static const struct option_program program = {
	.name = "seatrial serve",
	.summary = "Let another machine measure the network between it and this one",
	.operands = "",
	.description =
		"Waits for benchmarks on another machine, run there with --peer, and is the far end of "
		"their traffic. One client at a time, until it hangs up. Ends by Ctrl-C (SIGINT) or "
		"SIGTERM and leaves nothing behind, whatever ends it.\n\n"
		"Only who knows the token may start traffic. It is proven by challenge and response and "
		"never crosses the network; each message of the control connection is authenticated, "
		"so that nobody on the way can change, repeat or add one. Nothing is encrypted: who is "
		"on the way can read the kernel release, the limits and MTU of this machine, which "
		"traffic is asked for, and what was measured. The traffic itself is zeros and numbers. A "
		"machine that gives wrong tokens is answered once a second.\n\n"
		"Traffic goes to the address of the client only; ports are open only while a load is, "
		"and take traffic from that address only. Not so a tunnel's while it is up: the kernel "
		"takes a VXLAN or Geneve packet from anybody who hits its port and its number, one of 16 "
		"million by chance; what is in it ends in the tunnel's network namespace, where nothing "
		"but a load listens. A firewall has to let through, on both machines, the port of the "
		"control connection and the 18 after it. Tunnels (VXLAN, Geneve; IPIP and GRE, which "
		"have no ports) need root on both and live in a network namespace of their own: neither "
		"machine's interfaces, routes or firewall are changed, and no kernel module is "
		"loaded.\n\n"
		"  seatrial serve --listen 192.0.2.1 --once",
	.tables = tables,
};

const struct command command_serve = {
	.program = &program,
	.configs = configs,
	.function = command_serve_main,
};
