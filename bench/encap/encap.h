/*
 * encap: what the modules of this benchmark share.
 *
 * A trial is one kind of traffic with one setting. Within a trial the ways between the nodes take
 * turns in slices, A B C and back C B A, which make one block: what a way reads in a block is
 * divided by what native routing reads in the same block, and blocks are the repetitions.
 */
#pragma once

#include "bench.h"
#include "cluster.h"
#include "lane.h"

enum encap_test { ENCAP_STREAM, ENCAP_PACKETS, ENCAP_RR, ENCAP_CRR, ENCAP_PATH, ENCAP_TESTS };

struct encap_config {
	uint64_t ways, tests, families, offloads; /* masks over enum way, encap_test, ... */
	uint64_t link;                            /* mask of one: enum cluster_link */
	const char *link_name;
	bool without_ipv6; /* asked for, but not here */
	struct option_list flows, packet_sizes, request_sizes, cpus;
	uint64_t write_bytes, underlay_mtu;
	uint64_t slice_ns, warm_ns, blocks;
	uint64_t path_rate;
	const char *congestion;        /* NULL: the host's */
	const char *peer, *token_file; /* NULL: no other machine */
};

#define ENCAP_LABELS 6

struct encap_trial {
	enum encap_test test;
	enum cluster_offload offload;
	int family; /* AF_INET, AF_INET6 */
	uint32_t flows;
	enum peer_direction direction; /* with a peer */
	uint32_t bytes; /* of a datagram's payload, or of a request; 0 where it is no setting */
};

/* A rig under way: what all trials need. */
struct encap_run {
	const struct encap_config *config;
	struct rig *rig;   /* or */
	struct peer *peer; /* another machine */
	uint32_t ways;     /* those that can be measured */
	int cpus[2];       /* of the sender and the receiver */
	struct lane_company *company;
	struct record *record;
};

extern const struct metric_spec encap_metrics[];
extern const struct distribution_spec encap_distributions[];
extern const char *const encap_test_names[ENCAP_TESTS + 1];
extern const char *const encap_offload_names[];

/* Lists the trials of a configuration, at most `max`; returns how many. */
size_t encap_list_trials(const struct encap_config *config, struct encap_trial *trials, size_t max);

/* Runs one trial on all ways and records what they read. */
int encap_run_trial(
	const struct encap_run *run, const struct encap_trial *trial, struct problem *problem);

/* Connects to the peer of the configuration and makes the tunnels that both machines can; records
 * what is there and what is not. Returns 0 or a negative errno with a sentence. */
int encap_connect(struct encap_run *run, struct problem *problem);
