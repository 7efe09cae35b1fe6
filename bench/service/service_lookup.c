/* What the first packet of a connection pays, and those after it. */
#include "service.h"

#include "interrupt.h"
#include "probe.h"
#include "site.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>

#define WARM_EXCHANGES PROBE_LOST_MAX /* so that a broken path shows */
#define LATE           0.01           /* share of exchanges that is worth a warning */

/* One question: what all modes are asked in turn. */
struct question {
	bool udp, established;
	enum origin origin;
	enum target target; /* of first packets */
};

struct lookup {
	struct service_run *run;
	struct probe *probe;
	size_t size;
	size_t exchanges;        /* of a turn */
	int64_t *latency[MODES]; /* of two turns */
	struct sockaddr_in *to;
	uint32_t *services; /* that a turn goes to, if any */
	struct histogram *histogram;
	uint64_t random;
	uint64_t asked[MODES], unanswered[MODES];
};

/* ---- Where a turn goes ---- */

/* The Service of a protocol that is nearest to a place; -1: there is none. */
static int64_t nearest(const struct rules *rules, uint32_t count, bool udp, uint32_t place)
{
	for (uint32_t away = 0; away < 2; away++) {
		if (place >= away && rules_is_udp(rules, place - away) == udp)
			return place - away;
		if (place + away < count && rules_is_udp(rules, place + away) == udp)
			return place + away;
	}
	return -1;
}

static int64_t service_of(const struct lookup *lookup, const struct question *question)
{
	uint32_t count = lookup->run->sizes[lookup->size];
	const uint32_t places[TARGETS] = {[TARGET_MIDDLE] = count / 2, [TARGET_LAST] = count - 1};
	uint32_t place = question->established ? count - 1 : places[question->target];

	return nearest(&lookup->run->rules, count, question->udp, place);
}

static bool is_random(const struct question *question)
{
	return !question->established && question->target == TARGET_RANDOM;
}

static bool is_miss(const struct question *question)
{
	return !question->established && question->target == TARGET_MISS;
}

/* Chosen once for all modes. */
static void choose(struct lookup *lookup, const struct question *question)
{
	const struct service_run *run = lookup->run;
	uint32_t one = is_miss(question) ? 0 : (uint32_t)service_of(lookup, question);

	for (size_t i = 0; i < lookup->exchanges; i++)
		lookup->services[i] = is_random(question)
					      ? service_random(&lookup->random, &run->rules,
							run->sizes[lookup->size], question->udp)
					      : one;
}

static int take_turn(struct lookup *lookup, const struct question *question, enum mode mode,
	int64_t *latency_ns, struct problem *problem)
{
	static const enum probe_kind kinds[2][2] = {
		{PROBE_TCP_FIRST, PROBE_TCP_ESTABLISHED}, {PROBE_UDP_FIRST, PROBE_UDP_ESTABLISHED}};
	struct probe_aim aim = {
		.kind = kinds[question->udp][question->established],
		.netns = service_netns(lookup->run, mode, question->origin),
		.to = lookup->to,
		.to_count = is_random(question) ? lookup->exchanges : 1,
	};

	for (size_t i = 0; i < aim.to_count; i++)
		lookup->to[i] = service_aim(&lookup->run->rules, mode, lookup->services[i]);
	if (is_miss(question))
		lookup->to[0] = (struct sockaddr_in){.sin_family = AF_INET,
			.sin_port = htons(RULES_TARGET_PORT),
			.sin_addr = site_elsewhere()};
	return probe_turn(lookup->probe, &aim, lookup->exchanges, latency_ns, problem);
}

/* All modes there and back. */
static int ask(struct lookup *lookup, const struct question *question, size_t block,
	struct problem *problem)
{
	int failure = 0;

	for (int turn = 0; turn < 2 * MODES && failure == 0 && !interrupt_pending(); turn++) {
		enum mode mode = service_turn(block, turn);

		if (turn % MODES == 0)
			choose(lookup, question);
		if (lookup->run->modes & UINT32_C(1) << mode)
			failure = take_turn(lookup, question, mode,
				lookup->latency[mode] + (turn < MODES ? 0 : lookup->exchanges),
				problem);
		if (failure == -ETIMEDOUT)
			failure = service_drop(lookup->run, mode, lookup->size, failure, problem);
	}
	return failure;
}

/* ---- What it reads ---- */

static double median_s(struct lookup *lookup, enum mode mode)
{
	size_t count = 2 * lookup->exchanges, unanswered;
	double median = probe_median_s(lookup->latency[mode], count, &unanswered);

	lookup->asked[mode] += count;
	lookup->unanswered[mode] += unanswered;
	return median;
}

static void label(const struct lookup *lookup, const struct question *question, enum mode mode,
	struct label labels[SERVICE_LABELS])
{
	struct label *rest = service_label(lookup->run, mode, lookup->size, labels);

	rest[0].name = "protocol";
	snprintf(rest[0].value, sizeof(rest[0].value), "%s", question->udp ? "udp" : "tcp");
	rest[1].name = "from";
	snprintf(
		rest[1].value, sizeof(rest[1].value), "%s", service_origin_names[question->origin]);
	rest[2].name = NULL;
}

static void record_distribution(
	struct lookup *lookup, const struct label *labels, const int64_t *latency_ns)
{
	histogram_reset(lookup->histogram);
	for (size_t i = 0; i < 2 * lookup->exchanges; i++)
		if (latency_ns[i] >= 0)
			histogram_record(lookup->histogram, latency_ns[i]);
	record_histogram(lookup->run->record, &service_distributions[FIRST_PACKET], labels,
		lookup->histogram);
}

/* Whether it is what lines are fitted to: UDP's, where there is any. Of the user's own number,
 * TCP's else, so that it is told of. */
static bool is_kept(const struct lookup *lookup, const struct question *question)
{
	const struct service_config *config = lookup->run->config;
	uint32_t count = lookup->run->sizes[lookup->size];
	bool udp = config->protocols & 1;

	if (count == config->services && nearest(&lookup->run->rules, count, true, 0) < 0)
		udp = false;
	return !question->established && question->origin == service_origin(config) &&
	       question->udp == udp;
}

static void record_question(struct lookup *lookup, const struct question *question, size_t block)
{
	const struct service_run *run = lookup->run;
	enum service_metric metric =
		question->established ? LOOKUP_ESTABLISHED : LOOKUP_FIRST + question->target;
	bool kept = is_kept(lookup, question);
	double base_s = median_s(lookup, MODE_NONE);

	if (kept && question->target == TARGET_LAST)
		*readings_base(run->readings, lookup->size, block) = base_s;
	for (enum mode mode = 0; mode < MODES; mode++) {
		struct label labels[SERVICE_LABELS];

		if (!(run->modes & UINT32_C(1) << mode))
			continue;
		label(lookup, question, mode, labels);
		if (is_random(question) && question->origin == service_origin(run->config))
			record_distribution(lookup, labels, lookup->latency[mode]);
		if (mode == MODE_NONE)
			continue;
		double cost_s = median_s(lookup, mode) - base_s;
		record_value(run->record, &service_metrics[metric], labels, cost_s);
		if (kept)
			*readings_cost(run->readings, mode, question->target, lookup->size, block) =
				cost_s;
	}
}

/* ---- Blocks ---- */

/* With both protocols, one Service is TCP's alone. */
static bool can_ask(const struct lookup *lookup, const struct question *question)
{
	const struct service_config *use = lookup->run->config;

	return use->protocols & (question->udp ? 1 : 2) &&
	       use->origins & UINT64_C(1) << question->origin &&
	       (is_miss(question) || service_of(lookup, question) >= 0);
}

/* Asks every question once; `counts`: it is a repetition. */
static int run_block(struct lookup *lookup, size_t block, bool counts, struct problem *problem)
{
	int failure = 0;

	/* The bits of a number: protocol and origin. */
	for (int i = 0; i < 4 * (TARGETS + 1) && failure == 0; i++) {
		const struct question question = {.udp = !(i & 1),
			.origin = i & 2 ? ORIGIN_NODE : ORIGIN_POD,
			.established = i / 4 == TARGETS,
			.target = (enum target)(i / 4 % TARGETS)};

		if (!can_ask(lookup, &question))
			continue;
		failure = ask(lookup, &question, block, problem);
		if (interrupt_pending())
			break;
		if (failure == 0 && counts)
			record_question(lookup, &question, block);
	}
	return failure;
}

static int run_blocks(struct lookup *lookup, struct problem *problem)
{
	const struct service_config *use = lookup->run->config;

	/* Rules that were just written are in no cache. */
	lookup->exchanges = WARM_EXCHANGES;
	int failure = run_block(lookup, 0, false, problem);
	lookup->exchanges = use->exchanges;
	for (size_t block = 0; block < use->blocks && failure == 0 && !interrupt_pending(); block++)
		failure = run_block(lookup, block, true, problem);
	return failure;
}

static void look_back(const struct lookup *lookup)
{
	struct record *record = lookup->run->record;
	double exchanges = (double)probe_exchanges(lookup->probe);
	uint32_t services = lookup->run->sizes[lookup->size];
	double late = (double)probe_late(lookup->probe);

	if (interrupt_pending())
		return;
	for (enum mode mode = 0; mode < MODES; mode++)
		if (lookup->unanswered[mode])
			record_warn(record,
				"%s at %u %s: of %llu exchanges, %llu had no answer within %d ms; "
				"they are in no reading",
				mode_rows[mode].title, services, service_word(services),
				(unsigned long long)lookup->asked[mode],
				(unsigned long long)lookup->unanswered[mode], PROBE_WAIT_MS);
	if (late > LATE * exchanges)
		service_worsen(&lookup->run->late, late / exchanges, services);
}

/* Memory for the turns. Out of memory is a failure here: nothing has been measured yet. */
static int reserve(struct lookup *lookup, struct problem *problem)
{
	size_t exchanges = lookup->run->config->exchanges;
	bool enough = true;

	for (enum mode mode = 0; mode < MODES; mode++) {
		lookup->latency[mode] = calloc(2 * exchanges, sizeof(int64_t));
		enough = enough && lookup->latency[mode];
	}
	lookup->to = calloc(exchanges, sizeof(*lookup->to));
	lookup->services = calloc(exchanges, sizeof(*lookup->services));
	lookup->histogram = histogram_new();
	if (!enough || !lookup->to || !lookup->services || !lookup->histogram)
		return problem_set(problem, -ENOMEM, "no memory for %zu exchanges", exchanges);
	return 0;
}

int service_lookup(struct service_run *run, size_t size, struct problem *problem)
{
	struct lookup lookup = {
		.run = run, .size = size, .random = bench_common.seed + run->sizes[size]};
	int failure = reserve(&lookup, problem);

	if (failure == 0) {
		lookup.probe = probe_open(rig_host(run->rig, SITE_BACKEND), run->cpu, problem);
		failure = lookup.probe ? run_blocks(&lookup, problem) : -EIO;
	}
	if (lookup.probe)
		look_back(&lookup);
	probe_close(lookup.probe);
	histogram_free(lookup.histogram);
	free(lookup.services);
	free(lookup.to);
	for (enum mode mode = 0; mode < MODES; mode++)
		free(lookup.latency[mode]);
	return failure;
}
