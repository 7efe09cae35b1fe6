/*
 * service: what the modules of this benchmark share.
 *
 * Sizes ascend: at each, the nodes of all modes get the Services that are new, one update after
 * another, and then take turns at being asked. The rules written are those of rules.h, the hosts
 * those of site.h, and each question is an exchange of probe.h.
 */
#pragma once

#include "bench.h"
#include "foresee.h"
#include "readings.h"
#include "rules.h"

enum service_test {
	SERVICE_LOOKUP,  /* what the first packet of a connection pays, and those after it */
	SERVICE_CONNECT, /* TCP connections a second, and CPU time for one */
	SERVICE_PROGRAM, /* writing the rules: time, memory, and what connections feel of it */
	SERVICE_POLICY,  /* NetworkPolicy */
	SERVICE_TESTS,
};

enum origin { ORIGIN_POD, ORIGIN_NODE, ORIGINS };

extern const char *const service_origin_names[ORIGINS + 1];

struct service_config {
	uint64_t modes, tests, protocols, origins; /* masks; protocols: 1 << 0 UDP, 1 << 1 TCP */
	struct option_list sweep, program_sweep, policies;
	uint64_t services, connections_per_s; /* the user's own cluster; 0: not told */
	uint64_t endpoints;
	const char *scheduler;
	uint64_t limit_ns; /* of a lookup, that the user would not go beyond */
	uint64_t blocks, exchanges, connect_ns;
	uint64_t updates, program_limit_ns;
	struct option_list cpu;
};

/* What bringing Services to a mode's node took, by updates of SERVICE_UPDATE and more: the first
 * and the last one so far. */
struct service_growth {
	uint32_t first_at, last_at; /* Services after it; 0: there was none */
	double first_s, last_s;
	double guess_s; /* what one would take by a smaller one; 0: there was none */
	uint32_t most;  /* Services that fit in one, where that is fewer; 0: not known to be */
};

/* What others disturbed, as a share of it, at the number of Services where that was largest. */
struct service_worst {
	double share; /* 0: nowhere worth a word */
	uint32_t services;
};

/* A run under way. */
struct service_run {
	const struct service_config *config;
	struct record *record;
	struct rig *rig;
	struct rules rules;
	/* Those that can be measured, MODE_NONE among them; at one size, those that are there. */
	uint32_t modes;
	int cpu; /* that the exchanges run on */
	struct readings *readings;
	uint32_t sizes[READINGS_SIZES_MAX]; /* of all tests, ascending */
	size_t size_count;
	uint32_t present[MODES]; /* how many Services a mode's node has now */
	struct service_growth growth[MODES];
	struct service_worst company; /* the time of test connect that the CPU was others' */
	struct service_worst late;    /* exchanges whose packet came by another thread */
	uint32_t here;                /* modes that an answer has to be about */
	uint32_t fewer; /* modes of which it was said that they had fewer repetitions */
	struct foresee cold[MODES], resync[MODES]; /* what a transaction with all took */
};

#define SERVICE_LABELS 6

enum service_metric {
	LOOKUP_FIRST, /* + enum target */
	LOOKUP_ESTABLISHED = LOOKUP_FIRST + TARGETS,
	CONNECT_RATE,
	CONNECT_CPU,
	CONNECT_ADDED,
	SLOPE_LAST,
	SLOPE_MISS,
	FIT_LAST,
	FIT_MISS,
	REACH_DELAY,
	REACH_TENTH,
	PROGRAM_COLD,
	PROGRAM_RESYNC,
	PROGRAM_ADD,
	PROGRAM_CHANGE,
	PROGRAM_MEMORY,
	UPDATE_LOST,
	POLICY_FIRST,
	POLICY_ESTABLISHED,
	PREDICTED_CPU,
	PREDICTED_DELAY,
};
extern const struct metric_spec service_metrics[];

enum service_distribution { FIRST_PACKET, UPDATE_DELAY };
extern const struct distribution_spec service_distributions[];

/* Measures what all sizes of the sweep read (service_sweep.c). All return 0 or a negative errno
 * with a sentence; what was recorded before is kept. */
int service_sweep(struct service_run *run, struct problem *problem);

/* At one size, for which all nodes are programmed: lookups (service_lookup.c) and connections
 * (service_connect.c). */
int service_lookup(struct service_run *run, size_t size, struct problem *problem);
int service_connect(struct service_run *run, size_t size, struct problem *problem);

/* A pseudo-random Service of a protocol among the first `count`; there is one. `random` is the
 * state: any number to begin with. */
uint32_t service_random(uint64_t *random, const struct rules *rules, uint32_t count, bool udp);

/* Whether a test is to be made at so many Services: those of its list, and the user's own. Test
 * policy has none. */
bool service_asks(const struct service_config *config, enum service_test test, uint64_t services);

/* The numbers of Services of all tests, ascending, each once. Returns how many there are. */
size_t service_sizes(const struct service_config *config, uint32_t sizes[READINGS_SIZES_MAX]);

/* How long a run will take with a mask of modes, in seconds (service_estimate.c). */
double service_estimate(const struct service_config *config, uint32_t modes);

/* Takes a mode out of the sweep from a size on, and records why: without it, the run goes on.
 * Returns 0; `failure` itself where nothing is left without it, or when interrupted. */
int service_drop(struct service_run *run, enum mode mode, size_t size, int failure,
	const struct problem *problem);

/* Whose turn it is, of 2 * MODES in a block: all there and back, in each block from another one on.
 */
static inline enum mode service_turn(size_t block, int turn)
{
	int place = turn < MODES ? turn : 2 * MODES - 1 - turn;

	return (enum mode)(((size_t)place + block) % MODES);
}

/* What all Services of a configuration have in common. */
struct rules service_rules(const struct service_config *config);

/* Where a mode's packets for a Service go: to its address, and of MODE_NONE to an endpoint's. */
struct sockaddr_in service_aim(const struct rules *rules, enum mode mode, uint32_t service);

/* The labels "mode" and "services" of what a mode read at one size; both may be followed by
 * others. Returns the label after them. */
struct label *service_label(
	const struct service_run *run, enum mode mode, size_t size, struct label *labels);

/* Where most connections come from: a pod, if that was asked for. */
enum origin service_origin(const struct service_config *config);
int service_netns(const struct service_run *run, enum mode mode, enum origin origin);

/* "Service" or "Services", as a number of them is called. */
static inline const char *service_word(uint32_t count)
{
	return count == 1 ? "Service" : "Services";
}

/* Notes a share that is worth a word. */
void service_worsen(struct service_worst *worst, double share, uint32_t services);

/* Brings a mode's node to `count` Services, by updates of at most SERVICE_UPDATE with two
 * endpoints, or as many rules, where what tools and kernel do for one grows with its square, and of
 * fewer where an ordinary user may not send so many at once. -ETIME when all of it would take
 * longer than config->program_limit_ns by what those before took; the node stays as it is then, and
 * a sentence says what was foreseen. Or when it did take longer; other failures, too, leave the
 * node as it came to be (service_grow.c). */
#define SERVICE_UPDATE 1000
int service_grow(struct service_run *run, enum mode mode, uint32_t count, struct problem *problem);

/* At one size: updates, and what connections feel of them (service_update.c). Keeps the tools that
 * this thread starts off the CPU of the exchanges from then on. */
int service_update(struct service_run *run, size_t size, struct problem *problem);

/* On hosts of its own: from nothing to each size of the sweep, and the memory taken
 * (service_cold.c). Before service_update(), which leaves out what this found to take too long. */
int service_cold(struct service_run *run, struct problem *problem);

/* NetworkPolicy, on hosts of its own (service_policy.c). */
int service_policy(struct service_run *run, struct problem *problem);

/* Fits lines, records slopes and limits (service_fit.c), the prediction (service_predict.c) and the
 * recommendation (service_recommend.c). */
void service_fit(const struct service_run *run);
void service_predict(const struct service_run *run);
void service_recommend(const struct service_run *run);

/* What the manual page and the report say of it (service_text.c). */
extern const char service_method[], service_sections[];
