#include "mtu.h"

#include "clock.h"
#include "procfs.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define TRIES      3
#define CHECKS     2
#define WAIT_MS    40
#define PACKET_MAX 65000

const char *const mtu_fate_names[] = {"arrives whole", "arrives in fragments", "is lost"};

struct mtu_probe {
	const struct rig *rig;
	int sender, receiver;
	const char *node; /* the receiving one, where outer fragments are put together */
	const char *pod;  /* the receiving one, where the pods' own are */
	bool dont_fragment;
	struct sockaddr_storage from, to;
	uint32_t number;
};

static int open_receiver(void *argument)
{
	struct mtu_probe *probe = argument;
	socklen_t size = sizeof(struct sockaddr_in);

	probe->receiver = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (probe->receiver < 0 ||
		bind(probe->receiver, (struct sockaddr *)&probe->to, sizeof(struct sockaddr_in)) <
			0 ||
		getsockname(probe->receiver, (struct sockaddr *)&probe->to, &size) < 0)
		return -errno;
	return 0;
}

static int open_sender(void *argument)
{
	struct mtu_probe *probe = argument;
	/* PROBE: DF is set and what the kernel believes of the path is ignored; that is what is
	 * being found out. */
	int discover = probe->dont_fragment ? IP_PMTUDISC_PROBE : IP_PMTUDISC_DONT;

	probe->sender = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (probe->sender < 0 ||
		setsockopt(probe->sender, IPPROTO_IP, IP_MTU_DISCOVER, &discover,
			sizeof(discover)) < 0 ||
		bind(probe->sender, (struct sockaddr *)&probe->from, sizeof(struct sockaddr_in)) <
			0 ||
		connect(probe->sender, (struct sockaddr *)&probe->to, sizeof(struct sockaddr_in)) <
			0)
		return -errno;
	return 0;
}

struct mtu_probe *mtu_probe_open(
	const struct rig *rig, enum way way, int side, bool dont_fragment, struct problem *problem)
{
	struct mtu_probe *probe = malloc(sizeof(*probe));

	if (!probe) {
		problem_set(problem, -ENOMEM, "no memory for a probe");
		return NULL;
	}
	*probe = (struct mtu_probe){.rig = rig,
		.sender = -1,
		.receiver = -1,
		.node = side ? "node-a" : "node-b",
		.pod = side ? "pod-a" : "pod-b",
		.dont_fragment = dont_fragment};
	cluster_address(way, side, AF_INET, &probe->from);
	cluster_address(way, !side, AF_INET, &probe->to);
	if (rig_in(rig, probe->pod, open_receiver, probe, problem) < 0 ||
		rig_in(rig, side ? "pod-b" : "pod-a", open_sender, probe, problem) < 0) {
		mtu_probe_close(probe);
		return NULL;
	}
	return probe;
}

void mtu_probe_close(struct mtu_probe *probe)
{
	if (!probe)
		return;
	if (probe->sender >= 0)
		close(probe->sender);
	if (probe->receiver >= 0)
		close(probe->receiver);
	free(probe);
}

/* Packets that a host put together so far, from the two "Ip:" lines of /proc/net/snmp; negative
 * when that is not to be had. */
static int64_t reassembled(const struct rig *rig, const char *host)
{
	char *text = rig_read(rig, host, "/proc/net/snmp");
	char *names = text ? strstr(text, "Ip:") : NULL;
	char *values = names ? strstr(names + 1, "\nIp:") : NULL;
	char *name_end, *value_end;
	int64_t result = -1;

	if (values) {
		char *name = strtok_r(names, " \n", &name_end);
		char *value = strtok_r(values + 1, " \n", &value_end);

		while (name && value && strcmp(name, "ReasmOKs") != 0) {
			name = strtok_r(NULL, " \n", &name_end);
			value = strtok_r(NULL, " \n", &value_end);
		}
		if (name && value)
			result = strtoll(value, NULL, 10);
	}
	free(text);
	return result;
}

/* Whether the datagram with this number arrives within the time that any path here takes. */
static bool arrives(const struct mtu_probe *probe, uint32_t number, size_t bytes)
{
	static char packet[PACKET_MAX];
	struct pollfd ready = {.fd = probe->receiver, .events = POLLIN};
	int64_t end_ns = clock_now_ns() + WAIT_MS * INT64_C(1000000);

	while (clock_now_ns() < end_ns && poll(&ready, 1, WAIT_MS) > 0) {
		ssize_t got = recv(probe->receiver, packet, sizeof(packet), 0);

		if (got == (ssize_t)bytes && !memcmp(packet, &number, sizeof(number)))
			return true;
	}
	return false;
}

int mtu_probe_send(struct mtu_probe *probe, uint32_t packet_bytes, enum mtu_fate *fate,
	struct problem *problem)
{
	static char packet[PACKET_MAX];
	size_t bytes = packet_bytes - MTU_UDP_HEADERS;

	for (int i = 0; i < TRIES; i++) {
		int64_t before =
			reassembled(probe->rig, probe->node) + reassembled(probe->rig, probe->pod);
		uint32_t number = ++probe->number;

		memcpy(packet, &number, sizeof(number));
		/* Too large for a device on this side is one way of being lost. An earlier
		 * ICMP message may be reported here, once. */
		ssize_t sent = send(probe->sender, packet, bytes, 0);
		if (sent < 0 && errno != EMSGSIZE && errno != ECONNREFUSED && errno != EHOSTUNREACH)
			return problem_errno(problem,
				"cannot send a packet of %u bytes between pods", packet_bytes);
		if (sent < 0 || !arrives(probe, number, bytes))
			continue;
		*fate = reassembled(probe->rig, probe->node) + reassembled(probe->rig, probe->pod) >
					before
				? MTU_FRAGMENTS
				: MTU_WHOLE;
		return 0;
	}
	*fate = MTU_LOST;
	return 0;
}

/* A search by single datagrams, and the fate of the last that did not pass whole. */
struct search {
	struct mtu_probe *probe;
	enum mtu_fate *above;
};

static int passes_whole(void *argument, uint32_t packet_bytes, struct problem *problem)
{
	const struct search *search = argument;
	enum mtu_fate fate = MTU_LOST;
	int result = mtu_probe_send(search->probe, packet_bytes, &fate, problem);

	if (result < 0)
		return result;
	if (fate != MTU_WHOLE)
		*search->above = fate;
	return fate == MTU_WHOLE;
}

int mtu_probe_search(struct mtu_probe *probe, uint32_t low, uint32_t high, uint32_t *largest,
	enum mtu_fate *above, struct problem *problem)
{
	enum mtu_fate fate = MTU_LOST;
	int result = mtu_probe_send(probe, low, &fate, problem);

	if (result < 0)
		return result;
	if (fate != MTU_WHOLE)
		return problem_set(problem, -EHOSTUNREACH,
			"a packet of %u bytes between pods %s, so that there is no search for a larger "
			"one",
			low, mtu_fate_names[fate]);
	*above = MTU_WHOLE;
	struct search search = {.probe = probe, .above = above};
	/* A busy machine may have been late for one try. */
	return mtu_largest(low, high, CHECKS, passes_whole, &search, largest, problem);
}
