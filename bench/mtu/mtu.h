/*
 * mtu: what the modules of this benchmark share.
 *
 * The path under test is node - router - node. The nodes' interfaces take more than the path does,
 * as where a provider's network has an MTU of its own below the one that the interface shows, so
 * that a pod's MTU may be set right or wrong and nothing but the packets' fate tells the two apart.
 */
#pragma once

#include "bench.h"
#include "cluster.h"
#include "lane.h"

#define MTU_UDP_HEADERS  28           /* bytes, with those of IPv4 */
#define MTU_STREAM_BYTES (128 * 1024) /* of a write */

enum mtu_test {
	MTU_SEARCH,   /* the largest packet that passes whole, by sending */
	MTU_PENALTY,  /* throughput and CPU with an MTU right, too large and too small */
	MTU_LOSS,     /* the same with packets lost on the path */
	MTU_CLIFF,    /* throughput against packet size */
	MTU_HOLE,     /* a path that drops without telling */
	MTU_MISMATCH, /* two nodes of different opinion */
	MTU_TESTS,
};

struct mtu_config {
	uint64_t ways, tests; /* masks over enum way, enum mtu_test */
	uint64_t path_mtu;    /* 0: that of the host's uplink */
	uint64_t small_mtu;
	struct option_list cpus;
	uint64_t slice_ns, warm_ns, blocks;
	uint64_t loss_permille, loss_rate, loss_ns;
	uint64_t stall_ns;
	const char *peer, *token_file; /* NULL: no other machine */
};

/* A pod's MTU, as a setting that is compared. */
enum mtu_setting { MTU_RIGHT, MTU_LARGE, MTU_SMALL, MTU_SETTINGS };
extern const char *const mtu_setting_names[MTU_SETTINGS];

/* What all tests need. A rig a setting; NULL where not built. */
struct mtu_run {
	const struct mtu_config *config;
	struct record *record;
	uint32_t path_mtu;
	int family;    /* of the path: AF_INET, or what the peer is reached by */
	uint32_t ways; /* those that this kernel has */
	int cpus[2];   /* of the sender and the receiver */
	struct lane_company *company;
	struct rig *rig[MTU_SETTINGS];
};

extern const struct metric_spec mtu_metrics[];
enum mtu_metric {
	MTU_STREAM,
	MTU_STREAM_CPU,
	MTU_DATAGRAMS,
	MTU_DATAGRAM_CPU,
	MTU_STREAM_SHARE,
	MTU_DATAGRAM_SHARE,
	MTU_DATAGRAM_LOSS,
	MTU_BY_SIZE,
	MTU_RECOVERY,
};

/* The topology of all tests: pods of `pod_mtu` (0: right for each way). */
struct cluster mtu_cluster(const struct mtu_run *run, enum mtu_setting setting);
uint32_t mtu_of_pods(const struct mtu_run *run, enum mtu_setting setting, enum way way);

/* What pods may have on the path itself, by its family; 0 where a way does not go over that. */
uint32_t mtu_on_path(const struct mtu_run *run, enum way way);

/* Ends of a load from pod-a to pod-b (side 0) or back (side 1), pinned. */
void mtu_ends(const struct mtu_run *run, const struct rig *rig, enum way way, int side,
	struct load_end *sender, struct load_end *receiver);

/* Whether packets of a size pass: 1, 0, or a negative errno with a sentence. */
typedef int mtu_try(void *argument, uint32_t packet_bytes, struct problem *problem);

/* The largest size from `low` on, which passes, to `high` that does, by halving. What lies above
 * has to fail `checks` times more: one try may fail for other reasons than its size. */
int mtu_largest(uint32_t low, uint32_t high, int checks, mtu_try *try, void *argument,
	uint32_t *largest, struct problem *problem);

/* What became of a datagram. */
enum mtu_fate { MTU_WHOLE, MTU_FRAGMENTS, MTU_LOST };
extern const char *const mtu_fate_names[];

/* Single datagrams between the pods: `packet_bytes` with their IP header, with DF or without. */
struct mtu_probe;
struct mtu_probe *mtu_probe_open(
	const struct rig *rig, enum way way, int side, bool dont_fragment, struct problem *problem);
int mtu_probe_send(struct mtu_probe *probe, uint32_t packet_bytes, enum mtu_fate *fate,
	struct problem *problem);
/* The largest packet from `low` on, which passes, to `high` that passes whole; `above` is the fate
 * of one byte more. */
int mtu_probe_search(struct mtu_probe *probe, uint32_t low, uint32_t high, uint32_t *largest,
	enum mtu_fate *above, struct problem *problem);
void mtu_probe_close(struct mtu_probe *probe);

/* Finds the MTU of the path to the peer, tries each tunnel with what follows from it, and records
 * both. Returns 0 or a negative errno with a sentence. */
int mtu_path_to_peer(struct mtu_run *run, struct problem *problem);

/* The tests. Each returns 0 or a negative errno with a sentence. */
int mtu_search(const struct mtu_run *run, struct problem *problem);
int mtu_penalty(const struct mtu_run *run, struct problem *problem);
int mtu_loss(const struct mtu_run *run, struct problem *problem);
int mtu_cliff(const struct mtu_run *run, struct problem *problem);
int mtu_hole(const struct mtu_run *run, struct problem *problem);
int mtu_mismatch(const struct mtu_run *run, struct problem *problem);

/* What to write into the CNI plugin's configuration, as facts. */
void mtu_record_advice(const struct mtu_run *run);
