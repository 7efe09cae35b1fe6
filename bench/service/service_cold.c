/*
 * From nothing to N Services in one transaction, as kube-proxy does when it starts on a node, and
 * the memory that the kernel takes for them. On nodes of their own: these need no pods.
 */
#include "program.h"

#include "interrupt.h"
#include "memory.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

/* Fewer take less memory than others take and give back meanwhile. */
#define MEMORY_SERVICES_MIN 1000

/* Share of what a mode took by which the memory of all may differ between before and after. */
#define DISTURBED 0.25

/* What takes time in proportion to its square cannot be told from what a much smaller number took:
 * from 1,000 on, numbers in between are tried, unless that law alone is too much. */
#define STEP_FIRST 1000
#define STEP       4
#define LEAP       8

struct cold {
	struct service_run *run;
	struct rig *rig;
	uint32_t modes;        /* that have not failed */
	double used_s[MODES];  /* at this size */
	double *took_s[MODES]; /* of its repetitions */
	size_t count[MODES];
	int64_t cleared;           /* memory since the last rules were taken away; 0: not known */
	size_t weighed, disturbed; /* repetitions: memory was looked at, and could not be told */
};

static struct rig *build(const struct service_run *run, struct problem *problem)
{
	struct rig_plan *plan = rig_plan_new();

	for (enum mode mode = MODE_NONE + 1; mode < MODES; mode++)
		if (run->modes & UINT32_C(1) << mode)
			rig_plan_host(plan, mode_rows[mode].node);
	struct rig *rig = rig_build(plan, problem);
	rig_plan_free(plan);
	return rig;
}

static int clear(const struct cold *cold, enum mode mode, uint32_t count, struct problem *problem)
{
	struct rig_plan *plan = rig_plan_new();

	rules_end(&cold->run->rules, mode, count, plan);
	return program_apply(cold->rig, plan, NULL, problem);
}

static int fill(const struct cold *cold, enum mode mode, uint32_t count, double *took_s,
	struct problem *problem)
{
	int failure = program_fits(cold->run, count, problem);

	if (failure < 0)
		return failure;
	struct rig_plan *plan = rig_plan_new();
	rules_begin(&cold->run->rules, mode, plan);
	if (count)
		rules_add(&cold->run->rules, mode, 0, count, plan);
	return program_write(cold->run, cold->rig, plan, 0, took_s, problem);
}

/* Goes on without a mode, whose node is not what it should be. Returns 0; `failure` itself when
 * interrupted. */
static int leave_out(struct cold *cold, enum mode mode, uint32_t count, int failure,
	const struct problem *problem)
{
	char what[128];

	if (interrupt_pending())
		return failure;
	snprintf(what, sizeof(what), "%u %s or more with %s in one transaction", count,
		service_word(count), mode_rows[mode].title);
	program_leave_out(cold->run, what, failure, problem);
	cold->modes &= ~(UINT32_C(1) << mode);
	return 0;
}

/* A try that is not recorded: it tells what larger numbers will take. */
static int try_size(struct cold *cold, enum mode mode, uint32_t count, struct problem *problem)
{
	double took_s;
	int failure = fill(cold, mode, count, &took_s, problem);

	if (failure == 0)
		failure = clear(cold, mode, count, problem);
	if (failure == 0)
		foresee_add(&cold->run->cold[mode], count, took_s);
	return failure;
}

/* What the tools take for next to nothing; at first their files are read from disk. */
static int find_base(struct cold *cold, struct problem *problem)
{
	int failure = 0;

	for (enum mode mode = MODE_NONE + 1; mode < MODES; mode++)
		for (int i = 0; i < 2 && failure == 0 && cold->modes & UINT32_C(1) << mode; i++) {
			failure = try_size(cold, mode, 0, problem);
			if (failure < 0)
				failure = leave_out(cold, mode, 0, failure, problem);
		}
	return failure;
}

/* What others take steadily meanwhile falls out, as before and after are both compared with. When
 * they did not come back to what they were, others took or gave something else: no reading. */
static void record_memory(
	struct cold *cold, const struct label *labels, int64_t before, int64_t with)
{
	int64_t after = cold->cleared;
	double taken = (double)with - (double)(before + after) / 2;

	if (before < 0 || with < 0 || after < 0 || interrupt_pending())
		return;
	cold->weighed++;
	if (fabs((double)(after - before)) > taken * DISTURBED)
		cold->disturbed++;
	else
		record_value(cold->run->record, &service_metrics[PROGRAM_MEMORY], labels, taken);
}

static int repeat(struct cold *cold, enum mode mode, size_t size, struct problem *problem)
{
	uint32_t count = cold->run->sizes[size];
	bool weigh = count >= MEMORY_SERVICES_MIN;
	struct label labels[SERVICE_LABELS];
	double took_s;
	int64_t before = weigh && cold->cleared <= 0 ? memory_settled() : cold->cleared;
	int failure = fill(cold, mode, count, &took_s, problem);

	if (failure < 0)
		return failure;
	int64_t with = weigh ? memory_settled() : 0;
	failure = clear(cold, mode, count, problem);
	if (failure < 0)
		return failure;
	cold->cleared = weigh ? memory_settled() : 0;
	service_label(cold->run, mode, size, labels);
	record_value(cold->run->record, &service_metrics[PROGRAM_COLD], labels, took_s);
	cold->took_s[mode][cold->count[mode]++] = took_s;
	cold->used_s[mode] += took_s;
	if (weigh)
		record_memory(cold, labels, before, with);
	return 0;
}

/* Tries numbers below one that is much larger than what is known. */
static int come_near(struct cold *cold, enum mode mode, uint32_t count, struct problem *problem)
{
	const struct service_run *run = cold->run;
	const struct foresee *known = &run->cold[mode];
	double limit_s = (double)run->config->program_limit_ns / 1e9;
	double small = program_like(run, PROGRAM_SMALL), first = program_like(run, STEP_FIRST);
	int failure = 0;

	while (failure == 0 && count > small && count > LEAP * known->last_n) {
		double next = known->last_n < small ? small : fmax(first, STEP * known->last_n);
		double law = program_power(run, mode, known->last_n);

		if (known->last_n >= small &&
			foresee_s(known, known->last_n < first ? next : count, law) > limit_s)
			break;
		failure = try_size(cold, mode, (uint32_t)next, problem);
		if (failure < 0)
			failure = leave_out(cold, mode, (uint32_t)next, failure, problem);
		if (!(cold->modes & UINT32_C(1) << mode))
			break;
	}
	return failure;
}

/* Which modes are to be measured at a size. */
static int choose_modes(struct cold *cold, size_t size, uint32_t *modes, struct problem *problem)
{
	uint32_t count = cold->run->sizes[size];
	int failure = 0;

	*modes = 0;
	for (enum mode mode = MODE_NONE + 1; mode < MODES && failure == 0; mode++) {
		char what[100];

		snprintf(what, sizeof(what), "with %s in one transaction", mode_rows[mode].title);
		cold->used_s[mode] = 0;
		cold->count[mode] = 0;
		if (cold->modes & UINT32_C(1) << mode)
			failure = come_near(cold, mode, count, problem);
		if (cold->modes & UINT32_C(1) << mode &&
			program_in_time(cold->run, mode, &cold->run->cold[mode], count, what))
			*modes |= UINT32_C(1) << mode;
	}
	return failure;
}

static bool has_time(const struct cold *cold, enum mode mode)
{
	return cold->used_s[mode] * 1e9 <= (double)cold->run->config->program_limit_ns;
}

static int repeat_all(struct cold *cold, uint32_t modes, size_t size, struct problem *problem)
{
	int failure = 0;

	for (uint64_t i = 0; i < cold->run->config->updates; i++)
		for (int turn = 1; turn < MODES && failure == 0 && !interrupt_pending(); turn++) {
			enum mode mode = i % 2 ? MODES - turn : turn;

			if (!(modes & cold->modes & UINT32_C(1) << mode) || !has_time(cold, mode))
				continue;
			failure = repeat(cold, mode, size, problem);
			if (failure < 0)
				failure = leave_out(
					cold, mode, cold->run->sizes[size], failure, problem);
		}
	return failure;
}

static int measure_size(struct cold *cold, size_t size, struct problem *problem)
{
	uint32_t modes;
	int failure = choose_modes(cold, size, &modes, problem);

	cold->cleared = 0;
	if (failure == 0)
		failure = repeat_all(cold, modes, size, problem);
	for (enum mode mode = MODE_NONE + 1; mode < MODES; mode++) {
		if (!cold->count[mode])
			continue;
		foresee_add(&cold->run->cold[mode], cold->run->sizes[size],
			interval_of_median(cold->took_s[mode], cold->count[mode]).value);
		if (cold->count[mode] < cold->run->config->updates && !has_time(cold, mode))
			program_note_fewer(cold->run, mode, size, cold->count[mode]);
	}
	return failure;
}

int service_cold(struct service_run *run, struct problem *problem)
{
	struct cold cold = {.run = run, .modes = run->modes, .rig = build(run, problem)};
	int failure = cold.rig ? 0 : -EIO;

	for (int mode = 0; mode < MODES; mode++) {
		cold.took_s[mode] = calloc(run->config->updates, sizeof(double));
		if (!cold.took_s[mode])
			failure = problem_set(problem, -ENOMEM, "no memory for repetitions");
	}
	if (failure == 0)
		failure = find_base(&cold, problem);
	for (size_t i = 0; i < run->size_count && failure == 0 && !interrupt_pending(); i++)
		if (service_asks(run->config, SERVICE_PROGRAM, run->sizes[i]))
			failure = measure_size(&cold, i, problem);
	if (cold.disturbed)
		record_warn(run->record,
			"in %zu of %zu repetitions, other programs took or freed so much kernel memory that "
			"what the rules took could not be told; those have no reading of it",
			cold.disturbed, cold.weighed);
	for (int mode = 0; mode < MODES; mode++)
		free(cold.took_s[mode]);
	rig_free(cold.rig);
	return failure;
}
