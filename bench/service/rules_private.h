/* rules_private: what the writers of rules share. */
#pragma once

#include "rules.h"

#include <stdio.h>

/* How one mode says it; the arguments are those of rules.h. */
struct rules_writer {
	void (*begin)(const struct rules *rules, enum mode mode, struct rig_plan *plan);
	void (*add)(const struct rules *rules, enum mode mode, uint32_t from, uint32_t to,
		struct rig_plan *plan);
	void (*resync)(
		const struct rules *rules, enum mode mode, uint32_t count, struct rig_plan *plan);
	void (*change)(const struct rules *rules, enum mode mode, uint32_t count, uint32_t service,
		uint32_t turn, struct rig_plan *plan);
	void (*remove_last)(
		const struct rules *rules, enum mode mode, uint32_t count, struct rig_plan *plan);
	void (*end)(
		const struct rules *rules, enum mode mode, uint32_t count, struct rig_plan *plan);
	/* NULL: it leaves nothing */
	void (*clean)(const struct rules *rules, enum mode mode, uint32_t service, uint32_t turn,
		struct rig_plan *plan);
};
extern const struct rules_writer rules_iptables, rules_nftables, rules_ipvs;

/* kube-proxy's defaults: its mark, and the addresses of Services that kubeadm gives. */
#define RULES_MARK         "0x4000"
#define RULES_SERVICE_CIDR "10.96.0.0/12"

/* A Service in words. */
struct rules_service {
	uint32_t number;
	const char *protocol; /* "tcp" */
	char place[40];       /* "ns-7/svc-7" */
	char name[48];        /* "ns-7/svc-7:p80" */
	char address[16];
};
void rules_service(const struct rules *rules, uint32_t number, struct rules_service *service);

/* The address of an endpoint in words, the last one's being another at an odd turn. */
void rules_endpoint_text(const struct rules *rules, uint32_t service, uint32_t endpoint,
	uint32_t turn, char text[16]);

/* The first characters of the hash of a text, in base 32: with a NUL, 17 or 9. */
void rules_hash16(const char *text, char name[17]);
void rules_hash8(const char *text, char name[9]);

/* Text that grows: rig_plan_add() takes long for many pieces. */
struct rules_text {
	FILE *out;
	char *memory;
	size_t size;
};
void rules_text_open(struct rules_text *text);
void rules_text_close(struct rules_text *text); /* then free(text->memory) */

/* Takes all chains and rules out of the tables nat and filter. */
void rules_flush_iptables(enum mode mode, enum rig_tool tool, struct rig_plan *plan);
