#include "program.h"

#include "blocks.h"

#include "interrupt.h"
#include "site.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

const char *const service_origin_names[ORIGINS + 1] = {"pod", "node", NULL};

/* ---- What the questions share ---- */

/* splitmix64 (Steele, Lea and Flood 2014). */
static uint64_t next(uint64_t *random)
{
	uint64_t mixed = *random += UINT64_C(0x9e3779b97f4a7c15);

	mixed = (mixed ^ mixed >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	mixed = (mixed ^ mixed >> 27) * UINT64_C(0x94d049bb133111eb);
	return mixed ^ mixed >> 31;
}

uint32_t service_random(uint64_t *random, const struct rules *rules, uint32_t count, bool udp)
{
	uint32_t service;

	do
		service = (uint32_t)(next(random) % count);
	while (rules_is_udp(rules, service) != udp);
	return service;
}

struct rules service_rules(const struct service_config *config)
{
	return (struct rules){.endpoints = (uint32_t)config->endpoints,
		.udp = config->protocols & 1,
		.tcp = config->protocols & 2,
		.scheduler = config->scheduler};
}

struct sockaddr_in service_aim(const struct rules *rules, enum mode mode, uint32_t service)
{
	bool direct = mode == MODE_NONE;

	return (struct sockaddr_in){.sin_family = AF_INET,
		.sin_port = htons(direct ? RULES_TARGET_PORT : RULES_PORT),
		.sin_addr = direct ? rules_endpoint(rules, service, 0) : rules_address(service)};
}

struct label *service_label(
	const struct service_run *run, enum mode mode, size_t size, struct label *labels)
{
	labels[0].name = "mode";
	snprintf(labels[0].value, sizeof(labels[0].value), "%s", mode_rows[mode].name);
	labels[1].name = "services";
	snprintf(labels[1].value, sizeof(labels[1].value), "%u", run->sizes[size]);
	labels[2].name = NULL;
	return &labels[2];
}

void service_worsen(struct service_worst *worst, double share, uint32_t services)
{
	if (share > worst->share)
		*worst = (struct service_worst){share, services};
}

enum origin service_origin(const struct service_config *config)
{
	return config->origins & 1 << ORIGIN_POD ? ORIGIN_POD : ORIGIN_NODE;
}

int service_netns(const struct service_run *run, enum mode mode, enum origin origin)
{
	return rig_host(
		run->rig, origin == ORIGIN_POD ? mode_rows[mode].pod : mode_rows[mode].node);
}

/* ---- The sweep ---- */

static bool is_in(const struct option_list *list, uint64_t services)
{
	for (size_t i = 0; i < list->count; i++)
		if (list->at[i] == services)
			return true;
	return false;
}

bool service_asks(const struct service_config *config, enum service_test test, uint64_t services)
{
	const struct option_list *list =
		test == SERVICE_PROGRAM ? &config->program_sweep : &config->sweep;

	return services && test != SERVICE_POLICY && config->tests & UINT64_C(1) << test &&
	       (services == config->services || is_in(list, services));
}

/* In its place, unless it is there or nothing is to be asked of it. */
static void add_size(
	const struct service_config *config, uint64_t size, uint32_t *sizes, size_t *count)
{
	size_t place = *count;
	bool asked = false;

	for (enum service_test test = 0; test < SERVICE_TESTS; test++)
		asked |= service_asks(config, test, size);
	while (place > 0 && sizes[place - 1] > size)
		place--;
	if (!asked || (place > 0 && sizes[place - 1] == size))
		return;
	memmove(&sizes[place + 1], &sizes[place], ((*count)++ - place) * sizeof(*sizes));
	sizes[place] = (uint32_t)size;
}

size_t service_sizes(const struct service_config *config, uint32_t sizes[READINGS_SIZES_MAX])
{
	size_t count = 0;

	for (size_t i = 0; i < config->sweep.count; i++)
		add_size(config, config->sweep.at[i], sizes, &count);
	for (size_t i = 0; i < config->program_sweep.count; i++)
		add_size(config, config->program_sweep.at[i], sizes, &count);
	add_size(config, config->services, sizes, &count);
	return count;
}

static bool was_measured(const struct service_run *run, enum mode mode)
{
	return blocks_last_size(run->readings, mode, TARGET_RANDOM) < run->size_count;
}

int service_drop(struct service_run *run, enum mode mode, size_t size, int failure,
	const struct problem *problem)
{
	char what[80];

	if (mode == MODE_NONE || interrupt_pending())
		return failure;
	snprintf(what, sizeof(what), "%s at %u %s%s", mode_rows[mode].title, run->sizes[size],
		service_word(run->sizes[size]), size + 1 < run->size_count ? " and more" : "");
	program_leave_out(run, what, failure, problem);
	/* What this user or host cannot have at all is not waited for with a recommendation. */
	if (failure == -EMSGSIZE ||
		(failure != -ETIME && failure != -ENOMEM && !was_measured(run, mode)))
		run->here &= ~(UINT32_C(1) << mode);
	run->modes &= ~(UINT32_C(1) << mode);
	return 0;
}

/* The hosts, and on each node what kube-proxy writes before there is any Service. */
static int build(struct service_run *run, struct problem *problem)
{
	struct rig_plan *plan = rig_plan_new();
	int failure = 0;

	site_plan(run->modes, plan);
	run->rig = rig_build(plan, problem);
	rig_plan_free(plan);
	if (!run->rig)
		return -EIO;
	for (enum mode mode = MODE_NONE + 1; mode < MODES && failure == 0; mode++) {
		if (!(run->modes & UINT32_C(1) << mode))
			continue;
		plan = rig_plan_new();
		rules_begin(&run->rules, mode, plan);
		failure = rig_apply(run->rig, plan, problem);
		rig_plan_free(plan);
		if (failure < 0)
			failure = service_drop(run, mode, 0, failure, problem);
	}
	return failure;
}

static void grow(struct service_run *run, size_t size)
{
	struct problem problem;

	for (enum mode mode = MODE_NONE + 1; mode < MODES && !interrupt_pending(); mode++) {
		if (!(run->modes & UINT32_C(1) << mode))
			continue;
		int failure = service_grow(run, mode, run->sizes[size], &problem);
		if (failure < 0)
			service_drop(run, mode, size, failure, &problem);
	}
	run->present[MODE_NONE] = run->sizes[size];
}

static int ask(struct service_run *run, size_t size, struct problem *problem)
{
	static int (*const tests[SERVICE_TESTS])(struct service_run *, size_t, struct problem *) = {
		[SERVICE_LOOKUP] = service_lookup,
		[SERVICE_CONNECT] = service_connect,
		[SERVICE_PROGRAM] = service_update,
	};
	int failure = 0;

	for (enum service_test test = 0; test < SERVICE_TESTS && failure == 0; test++)
		if (tests[test] && service_asks(run->config, test, run->sizes[size]) &&
			!interrupt_pending())
			failure = tests[test](run, size, problem);
	return failure;
}

/* With both protocols, a single Service is TCP's. */
static void look_for_udp(const struct service_run *run)
{
	const uint64_t by_udp = UINT64_C(1) << SERVICE_LOOKUP | UINT64_C(1) << SERVICE_PROGRAM;

	if (run->sizes[0] == 1 && run->rules.udp && !rules_is_udp(&run->rules, 0) &&
		run->config->tests & by_udp)
		record_skip(run->record, "UDP at 1 Service",
			"with both protocols every other Service is UDP, and the first one is TCP",
			"let --protocol name udp alone");
}

static void warn_of_others(const struct service_run *run)
{
	if (run->company.share > 0)
		record_warn(run->record,
			"other programs had CPU %d for up to %.0f %% of the time of test connect (with "
			"%u %s): that is taken off, but what they left in its caches is in the "
			"readings",
			run->cpu, 100 * run->company.share, run->company.services,
			service_word(run->company.services));
	if (run->late.share > 0)
		record_warn(run->record,
			"up to %.0f %% of the exchanges (with %u %s) waited for a packet that the "
			"kernel left to another thread: other work on CPU %d is in the readings",
			100 * run->late.share, run->late.services, service_word(run->late.services),
			run->cpu);
}

static int sweep(struct service_run *run, struct problem *problem)
{
	uint32_t modes = run->modes;
	int failure = build(run, problem);

	look_for_udp(run);
	for (size_t size = 0; size < run->size_count && failure == 0 && !interrupt_pending();
		size++) {
		grow(run, size);
		failure = ask(run, size, problem);
	}
	warn_of_others(run);
	run->modes = modes;
	return failure;
}

int service_sweep(struct service_run *run, struct problem *problem)
{
	const struct service_config *use = run->config;
	int failure = 0;

	run->size_count = service_sizes(use, run->sizes);
	run->here = run->modes & ~(UINT32_C(1) << MODE_NONE);
	run->readings = readings_new(run->sizes, run->size_count, (size_t)use->blocks);
	if (use->tests & UINT64_C(1) << SERVICE_PROGRAM)
		failure = service_cold(run, problem);
	if (failure == 0 && use->tests & ~(UINT64_C(1) << SERVICE_POLICY) && !interrupt_pending())
		failure = sweep(run, problem);
	service_fit(run);
	service_predict(run);
	service_recommend(run);
	if (failure == 0 && use->tests & UINT64_C(1) << SERVICE_POLICY && !interrupt_pending())
		failure = service_policy(run, problem);
	rig_free(run->rig);
	run->rig = NULL;
	readings_free(run->readings);
	run->readings = NULL;
	return failure;
}
