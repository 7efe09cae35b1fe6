/*
 * What updates of rules that are there take: a Service that is new, an endpoint that changes,
 * everything once more; and what connections to another Service feel of it meanwhile.
 */
#include "program.h"

#include "clock.h"
#include "cpus.h"
#include "interrupt.h"
#include "interval.h"
#include "site.h"
#include "watch.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

/* Connections begin a thousand times a second. That of idle nodes is watched for as long as an
 * update took, and no less than this. */
#define EVERY_NS    INT64_C(1000000)
#define IDLE_MIN_NS INT64_C(20000000)

struct update {
	struct service_run *run;
	size_t size;
	uint32_t count;  /* of Services */
	int64_t watched; /* a UDP Service; -1: there is none */
	uint32_t resync; /* modes that may write everything */
	struct histogram *delay;
	double used_s[MODES];
	double *add_s[MODES], *resync_s[MODES];
	size_t adds[MODES], resyncs[MODES];
};

/* The one in the middle, or the next to it. */
static int64_t choose_watched(const struct rules *rules, uint32_t count)
{
	for (uint32_t i = 0; i < 2 && i <= count / 2; i++)
		if (rules_is_udp(rules, count / 2 - i) && count / 2 - i < count)
			return count / 2 - i;
	return -1;
}

static void record_watch(const struct update *update, enum mode mode, const char *what,
	const struct watch_seen *seen)
{
	struct label labels[SERVICE_LABELS];
	struct label *rest = service_label(update->run, mode, update->size, labels);

	rest[0].name = "update";
	snprintf(rest[0].value, sizeof(rest[0].value), "%s", what);
	rest[1].name = NULL;
	if (!seen->begun)
		return;
	record_events(update->run->record, &service_metrics[UPDATE_LOST], labels,
		(double)seen->lost, (double)seen->begun);
	record_histogram(
		update->run->record, &service_distributions[UPDATE_DELAY], labels, update->delay);
}

static struct watch *begin_watch(
	const struct update *update, enum mode mode, struct problem *problem)
{
	const struct service_run *run = update->run;
	const struct watch_aim aim = {.pod_netns = service_netns(run, mode, ORIGIN_POD),
		.backend_netns = rig_host(run->rig, SITE_BACKEND),
		.cpu = run->cpu,
		.to = service_aim(&run->rules, mode, (uint32_t)update->watched),
		.every_ns = EVERY_NS};

	return watch_begin(&aim, problem);
}

static void idle(int64_t for_ns)
{
	int64_t end_ns = clock_now_ns() + for_ns, now_ns;

	while ((now_ns = clock_now_ns()) < end_ns && !interrupt_pending())
		clock_sleep_until_ns(end_ns - now_ns < 50000000 ? end_ns : now_ns + 50000000);
}

/* Has a plan executed, which it frees, or without one nothing for a time, and watches meanwhile. */
static int watch_over(struct update *update, enum mode mode, const char *what,
	struct rig_plan *plan, double *took_s, struct problem *problem)
{
	struct watch *watch = NULL;
	struct watch_seen seen = {0};
	struct problem of_watch;
	int failure = 0;

	if (update->watched >= 0 && !(watch = begin_watch(update, mode, problem))) {
		rig_plan_free(plan);
		return -EIO;
	}
	if (plan)
		failure = program_write(update->run, update->run->rig, plan, 0, took_s, problem);
	else if (watch)
		idle((int64_t)(*took_s * 1e9));
	if (!watch)
		return failure;
	histogram_reset(update->delay);
	int not_watched = watch_end(watch, &seen, update->delay, &of_watch);
	if (failure == 0 && not_watched < 0)
		failure = problem_set(problem, not_watched, "%s", of_watch.text);
	if (failure == 0 && !interrupt_pending())
		record_watch(update, mode, what, &seen);
	return failure;
}

static void record_time(
	struct update *update, enum mode mode, enum service_metric metric, double took_s)
{
	struct label labels[SERVICE_LABELS];

	service_label(update->run, mode, update->size, labels);
	record_value(update->run->record, &service_metrics[metric], labels, took_s);
	update->used_s[mode] += took_s;
}

/* Untimed, and in a transaction of its own. The next update would find a chain that is left as one
 * that is there. */
static void clean(struct update *update, enum mode mode, uint32_t service, uint32_t turn)
{
	struct rig_plan *plan = rig_plan_new();
	struct problem refused;

	rules_clean(&update->run->rules, mode, service, turn, plan);
	program_apply(update->run->rig, plan, NULL, &refused);
}

/* A Service comes, watched, and goes. */
static int add(struct update *update, enum mode mode, struct problem *problem)
{
	struct service_run *run = update->run;
	struct rig_plan *plan = rig_plan_new();
	double took_s = 0, idle_s;

	rules_add(&run->rules, mode, update->count, update->count + 1, plan);
	int failure = watch_over(update, mode, "add", plan, &took_s, problem);
	if (failure < 0)
		return failure;
	run->present[mode] = update->count + 1;
	record_time(update, mode, PROGRAM_ADD, took_s);
	update->add_s[mode][update->adds[mode]++] = took_s;
	plan = rig_plan_new();
	rules_remove_last(&run->rules, mode, update->count + 1, plan);
	failure = program_apply(run->rig, plan, NULL, problem);
	if (failure < 0)
		return failure;
	run->present[mode] = update->count;
	clean(update, mode, update->count, RULES_GONE);
	idle_s = took_s * 1e9 < IDLE_MIN_NS ? IDLE_MIN_NS / 1e9 : took_s;
	return watch_over(update, mode, "none", NULL, &idle_s, problem);
}

/* There and back, watched, of another Service than the one that connections go to. */
static int change(struct update *update, enum mode mode, struct problem *problem)
{
	uint32_t service = update->count / 2;

	if (service == update->watched && service > 0)
		service--;
	for (int turn = 1; turn >= 0 && !interrupt_pending(); turn--) {
		struct rig_plan *plan = rig_plan_new();
		double took_s = 0;

		rules_change(
			&update->run->rules, mode, update->count, service, (uint32_t)turn, plan);
		int failure = watch_over(update, mode, "change", plan, &took_s, problem);
		if (failure < 0)
			return failure;
		record_time(update, mode, PROGRAM_CHANGE, took_s);
		clean(update, mode, service, (uint32_t)turn);
	}
	return 0;
}

static int resync(struct update *update, enum mode mode, struct problem *problem)
{
	struct rig_plan *plan = rig_plan_new();
	double took_s = 0;

	rules_resync(&update->run->rules, mode, update->count, plan);
	int failure = watch_over(update, mode, "resync", plan, &took_s, problem);
	if (failure == -EMSGSIZE) {
		char what[128];

		/* Nothing of it was sent. */
		snprintf(what, sizeof(what), "%u %s written again with %s in one transaction",
			update->count, service_word(update->count), mode_rows[mode].title);
		program_leave_out(update->run, what, failure, problem);
		update->resync &= ~(UINT32_C(1) << mode);
		return 0;
	}
	if (failure < 0)
		return failure;
	record_time(update, mode, PROGRAM_RESYNC, took_s);
	update->resync_s[mode][update->resyncs[mode]++] = took_s;
	return 0;
}

/* Whether an update is all that kube-proxy does: in IPVS mode it reads every virtual server and its
 * endpoints first (syncEndpoint() in pkg/proxy/ipvs/proxier.go), which would be most of it. */
static bool is_whole(enum mode mode)
{
	return mode != MODE_IPVS;
}

/* Whether everything may be written again: by what that took at smaller sizes, or else by what it
 * took from nothing. */
static bool may_resync(const struct update *update, enum mode mode)
{
	const struct service_run *run = update->run;
	const struct foresee *known = run->resync[mode].last_n >= program_like(run, PROGRAM_SMALL)
					      ? &run->resync[mode]
					      : &run->cold[mode];
	char what[100];

	snprintf(what, sizeof(what), "written again with %s in one transaction",
		mode_rows[mode].title);
	return program_in_time(run, mode, known, update->count, what);
}

static int repeat(struct update *update, enum mode mode, struct problem *problem)
{
	int failure = add(update, mode, problem);

	if (failure == 0 && !interrupt_pending())
		failure = change(update, mode, problem);
	if (failure == 0 && !interrupt_pending() && update->resync & UINT32_C(1) << mode)
		failure = resync(update, mode, problem);
	return failure;
}

static bool has_time(const struct update *update, enum mode mode)
{
	return update->used_s[mode] * 1e9 <= (double)update->run->config->program_limit_ns;
}

static int repeat_all(struct update *update, struct problem *problem)
{
	struct service_run *run = update->run;
	int failure = 0;

	for (uint64_t i = 0; i < run->config->updates; i++) {
		for (int turn = 1; turn < MODES && failure == 0 && !interrupt_pending(); turn++) {
			enum mode mode = i % 2 ? MODES - turn : turn;

			if (!(run->modes & UINT32_C(1) << mode) || !has_time(update, mode))
				continue;
			failure = repeat(update, mode, problem);
			if (failure < 0)
				failure = service_drop(run, mode, update->size, failure, problem);
		}
	}
	return failure;
}

static int reserve(struct update *update, struct problem *problem)
{
	bool enough = (update->delay = histogram_new());

	for (int mode = 0; mode < MODES; mode++) {
		update->add_s[mode] = calloc(update->run->config->updates, sizeof(double));
		update->resync_s[mode] = calloc(update->run->config->updates, sizeof(double));
		enough = enough && update->add_s[mode] && update->resync_s[mode];
	}
	return enough ? 0 : problem_set(problem, -ENOMEM, "no memory for repetitions");
}

/* What later sizes, and the report, go by. */
static void keep(const struct update *update, enum mode mode)
{
	struct service_run *run = update->run;

	if (update->adds[mode] && is_whole(mode))
		run->readings->change_s[mode][update->size] =
			interval_of_median(update->add_s[mode], update->adds[mode]).value;
	if (update->adds[mode] && update->adds[mode] < run->config->updates &&
		!has_time(update, mode))
		program_note_fewer(run, mode, update->size, update->adds[mode]);
	if (update->resyncs[mode])
		foresee_add(&run->resync[mode], update->count,
			interval_of_median(update->resync_s[mode], update->resyncs[mode]).value);
}

int service_update(struct service_run *run, size_t size, struct problem *problem)
{
	struct update update = {.run = run,
		.size = size,
		.count = run->sizes[size],
		.watched = choose_watched(&run->rules, run->sizes[size])};
	int failure = reserve(&update, problem);

	if (size == 0 && !run->rules.udp)
		record_skip(run->record, "what connections feel of an update",
			"they are watched by UDP, and the Services are TCP's alone",
			"let --protocol name udp");
	if (!cpus_leave(run->cpu) && size == 0)
		record_warn(run->record,
			"there is one CPU for everything: while rules are written, connections wait "
			"for it as well as for the kernel");
	for (enum mode mode = MODE_NONE + 1; mode < MODES; mode++)
		if (run->modes & UINT32_C(1) << mode && is_whole(mode) && may_resync(&update, mode))
			update.resync |= UINT32_C(1) << mode;
	if (failure == 0)
		failure = repeat_all(&update, problem);
	for (enum mode mode = MODE_NONE; mode < MODES; mode++) {
		if (failure == 0)
			keep(&update, mode);
		free(update.add_s[mode]);
		free(update.resync_s[mode]);
	}
	histogram_free(update.delay);
	return failure;
}
