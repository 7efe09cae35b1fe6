/*
 * Runs one load between two namespaces and prints what it saw, for scripts/compare-net, tests/guest
 * and people: load_tool KIND MILLISECONDS [NAME=VALUE]...
 *
 *   flows, message, response, rate, segments   as in load.h
 *   address    of the receiver, 127.0.0.1 otherwise
 *   netns, netns2, cpu, cpu2                   of the receiver and of the sender: paths, numbers
 *   warm       milliseconds of each slice that do not count, 200 otherwise
 *   slices     how many to run, 1 otherwise; each prints a line
 *
 * A rate comes with the interval that a document would have for it (record_events()).
 */
#include "interrupt.h"
#include "interval.h"
#include "load.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct setting {
	struct load_plan plan;
	struct load_end receiver, sender;
	uint32_t warm_ms, slices;
};

static const char *const kinds[] = {"tcp-stream", "udp-stream", "tcp-rr", "udp-rr", "tcp-crr"};

static int read_kind(const char *name)
{
	for (int i = 0; i < (int)(sizeof(kinds) / sizeof(kinds[0])); i++)
		if (strcmp(name, kinds[i]) == 0)
			return i;
	return -1;
}

static bool read_address(const char *text, struct sockaddr_storage *address)
{
	struct sockaddr_in *v4 = (struct sockaddr_in *)address;
	struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)address;

	address->ss_family = strchr(text, ':') ? AF_INET6 : AF_INET;
	return inet_pton(address->ss_family, text,
		       address->ss_family == AF_INET6 ? (void *)&v6->sin6_addr : &v4->sin_addr) ==
	       1;
}

static bool read_setting(const char *text, struct setting *setting)
{
	const char *value = strchr(text, '=');
	size_t length = value ? (size_t)(value++ - text) : 0;
	struct load_plan *plan = &setting->plan;
	struct load_end *receiver = &setting->receiver, *sender = &setting->sender;
	struct {
		const char *name;
		uint32_t *number;
	} const numbers[] = {{"flows", &plan->flows}, {"message", &plan->message_bytes},
		{"response", &plan->response_bytes}, {"segments", &plan->segments},
		{"cpu", (uint32_t *)&receiver->cpu}, {"cpu2", (uint32_t *)&sender->cpu},
		{"warm", &setting->warm_ms}, {"slices", &setting->slices}};

	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
		if (strlen(numbers[i].name) == length && !strncmp(text, numbers[i].name, length)) {
			*numbers[i].number = (uint32_t)strtoul(value, NULL, 10);
			return true;
		}
	if (length == 4 && strncmp(text, "rate", 4) == 0)
		plan->rate = strtod(value, NULL);
	else if (length == 7 && strncmp(text, "address", 7) == 0)
		return read_address(value, &receiver->address) &&
		       read_address(value, &sender->address);
	else if (length == 5 && strncmp(text, "netns", 5) == 0)
		return (receiver->netns = open(value, O_RDONLY | O_CLOEXEC)) >= 0;
	else if (length == 6 && strncmp(text, "netns2", 6) == 0)
		return (sender->netns = open(value, O_RDONLY | O_CLOEXEC)) >= 0;
	else
		return false;
	return true;
}

static void print_side(const char *name, const struct load_side *side)
{
	printf("\"%s\": {\"elapsed\": %.9f, \"bytes\": %lu, \"messages\": %lu, \"errors\": %lu, "
	       "\"timeouts\": %lu, \"user\": %.2f, \"system\": %.2f, \"softirq\": %.2f, "
	       "\"thread\": %.6f, \"retransmits\": %lu, \"rtt\": %.6f, \"mss\": %u, "
	       "\"duplicates\": %lu, \"reordered\": %lu, \"jitter\": %.9f}, ",
		name, side->elapsed_s, side->bytes, side->messages, side->errors, side->timeouts,
		side->cost.user_s, side->cost.system_s, side->cost.softirq_s, side->cost.thread_s,
		side->retransmits, side->rtt_s, side->mss, side->duplicates, side->reordered,
		side->jitter_s);
}

/* Of events among so many datagrams: point, low, high. */
static void print_rate(const char *name, uint64_t events, uint64_t datagrams)
{
	struct interval rate = interval_of_rate((double)events, (double)datagrams);

	printf("\"%s\": [%.9f, %.9f, %.9f], ", name, rate.value, rate.low, rate.high);
}

static void print_slice(const struct setting *setting, const struct load_result *result)
{
	const struct load_side *receiver = &result->receiver;

	printf("{");
	print_side("sender", &result->sender);
	print_side("receiver", receiver);
	if (setting->plan.kind == LOAD_UDP_STREAM && result->sent) {
		print_rate("loss rate", result->lost, result->sent);
		print_rate("duplicate rate", receiver->duplicates, result->sent);
		print_rate("reordered rate", receiver->reordered, result->sent);
	}
	printf("\"sent\": %lu, \"lost\": %lu, \"p50\": %.9f, \"p99\": %.9f}\n", result->sent,
		result->lost,
		result->latency ? (double)histogram_quantile_ns(result->latency, 0.5) / 1e9 : 0,
		result->latency ? (double)histogram_quantile_ns(result->latency, 0.99) / 1e9 : 0);
	fflush(stdout);
}

int main(int argc, char **argv)
{
	struct setting setting = {
		.plan = {.flows = 1, .message_bytes = 64, .response_bytes = 64, .segments = 1},
		.receiver = {.netns = -1, .cpu = -1},
		.sender = {.netns = -1, .cpu = -1},
		.warm_ms = 200,
		.slices = 1};
	struct problem problem = {""};
	struct load_result result;
	int kind = argc > 2 ? read_kind(argv[1]) : -1, failure = 0;
	bool ok = kind >= 0 && read_setting("address=127.0.0.1", &setting);

	for (int i = 3; ok && i < argc; i++)
		ok = read_setting(argv[i], &setting);
	if (!ok) {
		fprintf(stderr, "usage: load_tool KIND MILLISECONDS [NAME=VALUE]...\n");
		return 2;
	}
	setting.plan.kind = (enum load_kind)kind;
	interrupt_catch();
	struct load *load = load_open(&setting.plan, &setting.receiver, &setting.sender, &problem);
	for (uint32_t i = 0; load && !failure && i < setting.slices && !interrupt_pending(); i++) {
		failure = load_slice(load, setting.warm_ms * INT64_C(1000000),
			strtol(argv[2], NULL, 10) * 1000000, &result, &problem);
		if (failure == 0)
			print_slice(&setting, &result);
	}
	if (!load || failure)
		fprintf(stderr, "load_tool: %s\n", problem.text);
	load_close(load);
	return !load || failure;
}
