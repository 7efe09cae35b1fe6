#include "plan.h"

#include "document.h"
#include "judge.h"
#include "settle.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LIMITS_MAX 4096                    /* bytes of --limits */
#define LIMITS     (SETTLE_LIMITS_MAX / 2) /* requirements in it; each may have two */

/* "a, b, c" of the benches in the catalog, for sentences. */
static const char *bench_names(const struct catalog *catalog, char *buffer, size_t size)
{
	size_t used = 0;

	snprintf(buffer, size, "none");
	for (size_t i = 0; i < catalog->count && used < size; i++)
		used += (size_t)snprintf(
			buffer + used, size - used, "%s%s", i ? ", " : "", catalog->bench[i].name);
	return buffer;
}

static void add_bench(struct plan *plan, const struct catalog_bench *bench)
{
	for (size_t i = 0; i < plan->count; i++)
		if (plan->bench[i].bench == bench)
			return;
	plan->bench[plan->count++] = (struct plan_bench){.bench = bench};
}

/* The benches that some requirement refers to, in the order of the profiles. */
static void add_needed(struct plan *plan, const struct catalog *catalog, const json_t *profiles)
{
	const json_t *profile, *requirement;
	size_t i, j;

	json_array_foreach(profiles, i, profile) {
		json_array_foreach(json_object_get(profile, "requirements"), j, requirement) {
			const char *name = document_text(requirement, "bench");
			const struct catalog_bench *bench = catalog_find(catalog, name);
			if (bench)
				add_bench(plan, bench);
			else
				json_object_set_new(plan->missing, name, json_true());
		}
	}
}

static int add_only(
	struct plan *plan, const struct catalog *catalog, const char *only, struct problem *problem)
{
	char name[64], names[400];

	for (const char *at = only;; at++) {
		size_t length = strcspn(at, ",");
		snprintf(name, sizeof(name), "%.*s", length < sizeof(name) ? (int)length : 63, at);
		const struct catalog_bench *bench = catalog_find(catalog, name);
		if (!bench)
			return problem_set(problem, -EINVAL,
				"--only: there is no benchmark \"%s\"; there are: %s", name,
				bench_names(catalog, names, sizeof(names)));
		add_bench(plan, bench);
		at += length;
		if (*at == '\0')
			return 0;
	}
}

static int add_argument(struct plan_bench *bench, struct problem *problem, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

static int add_argument(struct plan_bench *bench, struct problem *problem, const char *format, ...)
{
	va_list arguments;
	size_t count = 0;
	char *text;

	while (bench->arguments[count])
		count++;
	va_start(arguments, format);
	int length = vasprintf(&text, format, arguments);
	va_end(arguments);
	if (length < 0)
		return problem_set(problem, -ENOMEM, "not enough memory for the plan");
	if (count + 1 >= PLAN_ARGUMENTS) {
		free(text);
		return problem_set(problem, -E2BIG, "too many options for %s", bench->bench->name);
	}
	bench->arguments[count] = text;
	return 0;
}

static struct plan_bench *find_planned(struct plan *plan, const char *name, size_t length)
{
	for (size_t i = 0; i < plan->count; i++)
		if (strlen(plan->bench[i].bench->name) == length &&
			strncmp(plan->bench[i].bench->name, name, length) == 0)
			return &plan->bench[i];
	return NULL;
}

/* "--set fsync.payload=2300" becomes the argument "--payload=2300" of fsync. */
static int add_setting(struct plan *plan, const char *setting, struct problem *problem)
{
	size_t name = strcspn(setting, "."), all = strcspn(setting, "=");
	char option[64];

	if (name == 0 || name + 1 >= all || all - name - 1 >= sizeof(option))
		return problem_set(problem, -EINVAL,
			"--set: \"%.100s\" is not of the form BENCH.OPTION=VALUE", setting);
	snprintf(option, sizeof(option), "%.*s", (int)(all - name - 1), setting + name + 1);
	struct plan_bench *bench = find_planned(plan, setting, name);
	if (!bench)
		return problem_set(problem, -EINVAL,
			"--set %.100s: this run has no benchmark \"%.*s\"", setting,
			name < 40 ? (int)name : 40, setting);
	const json_t *row = catalog_option(bench->bench, option);
	if (!row)
		return problem_set(problem, -EINVAL,
			"--set %.100s: the benchmark has no option \"%s\"; `seatrial-%s --help` "
			"shows its options",
			setting, option, bench->bench->name);
	return add_argument(bench, problem, "--%s%s", option, setting + all);
}

/* Appends one side of a requirement's limit, unless it is there or does not fit. */
static size_t add_limit(char *text, size_t used, const char *metric, const char *sign, double value)
{
	char limit[200];

	snprintf(limit, sizeof(limit), "%s%s%.9g", metric, sign, value);
	if (strstr(text, limit) || used + strlen(limit) + 2 > LIMITS_MAX)
		return used;
	return used + (size_t)sprintf(text + used, "%s%s", used ? "," : "", limit);
}

/* A bench that can stop when the answer is clear is told the limits that its readings are held to.
 * What is presumed no run of minutes can make clear. Of very many, the first are enough. */
static int add_limits(struct plan_bench *bench, const json_t *profiles, struct problem *problem)
{
	char text[LIMITS_MAX] = "";
	const json_t *profile, *requirement;
	size_t used = 0, i, j, count = 0;

	json_array_foreach(profiles, i, profile) {
		json_array_foreach(json_object_get(profile, "requirements"), j, requirement) {
			const char *metric = document_text(requirement, "metric");
			double min = judge_min(requirement), max = judge_max(requirement);

			if (strcmp(document_text(requirement, "bench"), bench->bench->name) != 0 ||
				!*metric || judge_is_presumed(requirement) || count++ >= LIMITS)
				continue;
			if (isfinite(min))
				used = add_limit(text, used, metric, ">=", min);
			if (isfinite(max))
				used = add_limit(text, used, metric, "<=", max);
		}
	}
	return used ? add_argument(bench, problem, "--limits=%s", text) : 0;
}

/* The same command later finds the same file: it goes on. */
static int add_soak(
	struct plan_bench *bench, const struct plan_request *request, struct problem *problem)
{
	int failure = add_argument(bench, problem, "--soak=%" PRIu64 "ns", request->soak_ns);

	if (!failure && request->state_dir && catalog_option(bench->bench, "state"))
		failure = add_argument(bench, problem, "--state=%s/soak-%s.json",
			request->state_dir, bench->bench->name);
	return failure;
}

static int add_arguments(
	struct plan *plan, const struct plan_request *request, struct problem *problem)
{
	int failure = 0;

	for (size_t i = 0; i < plan->count && !failure; i++) {
		struct plan_bench *bench = &plan->bench[i];
		failure = add_argument(bench, problem, "--preset=%s", request->preset);
		if (!failure)
			failure = add_argument(bench, problem, "--seed=%" PRIu64, request->seed);
		if (!failure && request->dir && catalog_option(bench->bench, "dir"))
			failure = add_argument(bench, problem, "--dir=%s", request->dir);
		if (!failure && catalog_option(bench->bench, "limits"))
			failure = add_limits(bench, request->profiles, problem);
		if (!failure && request->soak_ns && catalog_option(bench->bench, "soak"))
			failure = add_soak(bench, request, problem);
	}
	for (size_t i = 0; i < request->set->count && !failure; i++)
		failure = add_setting(plan, request->set->at[i], problem);
	return failure;
}

/* What a bench says of itself under its arguments. What it refuses is the user's to correct; any
 * other failure is kept for the run's notes, and the other benches run. */
static int consult(struct plan_bench *bench, struct problem *problem)
{
	bool refused = false;

	if (!bench->bench->description) {
		bench->failure = bench->bench->failure;
		return 0;
	}
	bench->description = catalog_describe(bench->bench->path, bench->bench->name,
		bench->arguments, &refused, &bench->failure);
	if (refused)
		return problem_set(problem, -EINVAL, "%s", bench->failure.text);
	if (!bench->description || !json_is_true(json_object_get(bench->description, "available")))
		return 0;
	bench->estimate_s = json_number_value(json_object_get(bench->description, "estimate_s"));
	if (bench->estimate_s > CATALOG_ESTIMATE_S)
		return problem_set(problem, -EINVAL,
			"seatrial-%s would take %.0f hours; choose smaller options",
			bench->bench->name, bench->estimate_s / 3600);
	return 0;
}

int plan_make(struct plan *plan, const struct catalog *catalog, const struct plan_request *request,
	struct problem *problem)
{
	int failure = 0;

	*plan = (struct plan){.missing = json_object()};
	if (request->only)
		failure = add_only(plan, catalog, request->only, problem);
	else
		add_needed(plan, catalog, request->profiles);
	if (!failure)
		failure = add_arguments(plan, request, problem);
	for (size_t i = 0; i < plan->count && !failure; i++) {
		failure = consult(&plan->bench[i], problem);
		plan->bench[i].limit_s = request->limit_s > 0
						 ? request->limit_s
						 : PLAN_LIMIT_FACTOR * plan->bench[i].estimate_s +
							   PLAN_LIMIT_SLACK_S;
		plan->estimate_s += plan->bench[i].estimate_s * (double)request->repeat;
	}
	plan->steps = plan->count * request->repeat;
	return failure;
}

void plan_release(struct plan *plan)
{
	for (size_t i = 0; i < plan->count; i++) {
		for (size_t j = 0; plan->bench[i].arguments[j]; j++)
			free((char *)plan->bench[i].arguments[j]);
		json_decref(plan->bench[i].description);
	}
	json_decref(plan->missing);
	*plan = (struct plan){0};
}

const struct plan_bench *plan_step(const struct plan *plan, size_t step)
{
	size_t round = step / plan->count, place = step % plan->count;

	return &plan->bench[round % 2 == 0 ? place : plan->count - 1 - place];
}

double plan_remaining_s(const struct plan *plan, size_t step)
{
	double remaining_s = 0;

	for (; step < plan->steps; step++)
		remaining_s += plan_step(plan, step)->estimate_s;
	return remaining_s;
}
