/*
 * rules: what kube-proxy tells the kernel of N Services, in its own words: chains, names, order,
 * matches and transactions, as its sources have them. Text only; the rig has it executed.
 *
 * Services are numbered from 0. Each is one port, TCP or UDP; its rules are at its number's place.
 */
#pragma once

#include "mode.h"

#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>

#define RULES_SERVICES_MAX  50000
#define RULES_ENDPOINTS_MAX 250
#define RULES_ADDRESSES     0x5f0000       /* of endpoints: what all Services may have together */
#define RULES_PORT          80             /* of a Service */
#define RULES_TARGET_PORT   8080           /* of its endpoints */
#define RULES_CLUSTER       "10.128.0.0/9" /* the pods' addresses, endpoints' among them */

/* What all Services have in common. */
struct rules {
	uint32_t endpoints;    /* of each, 1..RULES_ENDPOINTS_MAX */
	bool tcp, udp;         /* with both, they alternate, TCP first */
	const char *scheduler; /* IPVS: "rr", "wrr", "sh" */
};

bool rules_is_udp(const struct rules *rules, uint32_t service);

/* The address of a Service: port RULES_PORT. */
struct in_addr rules_address(uint32_t service);

/* The addresses of its endpoints, all in RULES_CLUSTER: port RULES_TARGET_PORT. */
struct in_addr rules_endpoint(const struct rules *rules, uint32_t service, uint32_t endpoint);

/* Adds to a plan, for a mode's node, what kube-proxy writes before there is any Service. */
void rules_begin(const struct rules *rules, enum mode mode, struct rig_plan *plan);

/* Adds the update that brings Services [from, to) to those before `from`, which are there: only
 * what kube-proxy writes when these are new (its partial sync), as one transaction. */
void rules_add(const struct rules *rules, enum mode mode, uint32_t from, uint32_t to,
	struct rig_plan *plan);

/* Adds the one that writes everything again, all of `count` being there (its full sync). */
void rules_resync(const struct rules *rules, enum mode mode, uint32_t count, struct rig_plan *plan);

/* Adds the one for a Service whose last endpoint became another one, `turn` telling which: an even
 * number is what rules_add() has. */
void rules_change(const struct rules *rules, enum mode mode, uint32_t count, uint32_t service,
	uint32_t turn, struct rig_plan *plan);

/* Adds the one that takes a Service away, the last of `count`. */
void rules_remove_last(
	const struct rules *rules, enum mode mode, uint32_t count, struct rig_plan *plan);

/* Adds what kube-proxy does seconds later: takes the chains away that rules_remove_last() of
 * Service `service`, or, with its `turn`, rules_change(), left empty. Kernels before 6.2 may refuse
 * while they still hold one. Nothing in other modes than nftables. */
#define RULES_GONE UINT32_MAX
void rules_clean(const struct rules *rules, enum mode mode, uint32_t service, uint32_t turn,
	struct rig_plan *plan);

/* Adds what takes everything away again: the node is as it was before rules_begin(). */
void rules_end(const struct rules *rules, enum mode mode, uint32_t count, struct rig_plan *plan);

/* NetworkPolicy as Calico writes it, by iptables and ipset, for the pod of a mode's node: `count`
 * policies that select it, of which the last alone allows what goes to port RULES_TARGET_PORT of
 * the pods in RULES_CLUSTER. `iptables` says with which variant. */
void rules_policies(enum mode mode, enum rig_tool iptables, uint32_t count, struct rig_plan *plan);

/* Adds what every node with kube-proxy has, policies or none: a rule for which connections are
 * tracked. */
void rules_tracking(enum mode mode, enum rig_tool iptables, struct rig_plan *plan);

/* The name that kube-proxy gives a Service's chain: "KUBE-SVC-" and the hash of
 * "namespace/name:port" with the protocol, "tcp" or "udp". */
#define RULES_CHAIN_MAX 32
void rules_service_chain(const char *port_name, const char *protocol, char name[RULES_CHAIN_MAX]);
