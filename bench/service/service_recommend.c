/*
 * Which mode to run kube-proxy in: where all modes that can be had here were measured, as one that
 * was left out might be better than the rest.
 */
#include "service.h"

#include "blocks.h"
#include "reasons.h"
#include "units.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* From the one to prefer on, where costs do not decide. nftables mode is stable since Kubernetes
 * 1.33 (KEP-3866), iptables mode is the default, IPVS mode is deprecated since 1.35 (KEP-5495). The
 * versions that nftables mode asks for are those in kubernetes/pkg/proxy/nftables/supported.go. */
static const struct preference {
	enum mode mode;
	const char *standing;
} preferences[] = {
	{MODE_NFTABLES,
		"nftables mode is stable since Kubernetes 1.33 but not the default: it has to "
		"be set, and needs Linux 5.13 and nft 1.0.1 or newer."},
	{MODE_IPTABLES_NFT, "iptables mode is kube-proxy's default."},
	{MODE_IPTABLES_LEGACY, "iptables mode is kube-proxy's default."},
	{MODE_IPVS, "But IPVS mode is deprecated since Kubernetes 1.35 and will be removed: where "
		    "nftables mode can be had, measure that."},
};
#define PREFERENCES (sizeof(preferences) / sizeof(preferences[0]))

/* A difference decides when it is at least this share of what the user would let a mode add. */
#define MATERIAL 0.1

/* Fewer blocks give no interval of 95 %, and a fragment of a block's fellows is no comparison. */
#define BLOCKS_MIN 6

static bool was_measured(const struct readings *readings, enum mode mode, size_t size)
{
	size_t enough = readings->blocks < BLOCKS_MIN ? readings->blocks : BLOCKS_MIN;

	return blocks_cost(readings, mode, TARGET_RANDOM, size).n >= enough;
}

/* Of the modes that can be had here, how many were not measured. */
static size_t missing_at(const struct service_run *run, size_t size)
{
	size_t missing = 0;

	for (enum mode mode = MODE_NONE + 1; mode < MODES; mode++)
		missing +=
			run->here & UINT32_C(1) << mode && !was_measured(run->readings, mode, size);
	return missing;
}

/* The user's own number or else the largest, of those with which most modes were measured. */
static size_t choose_size(const struct service_run *run)
{
	const struct readings *readings = run->readings;
	size_t chosen = 0;

	for (size_t s = 0; s < readings->size_count; s++)
		if (missing_at(run, s) <= missing_at(run, chosen))
			chosen = s;
	for (size_t s = 0; s < readings->size_count; s++)
		if (readings->sizes[s] == run->config->services &&
			missing_at(run, s) == missing_at(run, chosen))
			chosen = s;
	return chosen;
}

/* Whether it costs so much more than the cheapest that it should not be chosen. */
static bool is_too_dear(const struct advice *advice, enum mode mode)
{
	struct interval more = reasons_difference(advice, mode, advice->best);

	return more.low > 0 && more.value >= MATERIAL * reasons_limit_s(advice);
}

static void choose(struct advice *advice)
{
	for (enum mode mode = MODE_NONE + 1; mode < MODES; mode++)
		if (reasons_has(advice, mode) &&
			(advice->best == MODE_NONE ||
				advice->cost[mode].value < advice->cost[advice->best].value))
			advice->best = mode;
	for (size_t i = 0; i < PREFERENCES && advice->choice == MODE_NONE; i++)
		if (reasons_has(advice, preferences[i].mode) &&
			!is_too_dear(advice, preferences[i].mode))
			advice->choice = preferences[i].mode;
}

/* "5,000 Services" */
static const char *number_at(const struct advice *advice, size_t size, char text[64])
{
	uint32_t services = advice->run->readings->sizes[size];
	char number[32];

	snprintf(text, 64, "%s %s", units_format(services, "1", number, sizeof(number)),
		service_word(services));
	return text;
}

/* "IPVS, nftables": those of a mask that were not measured at a size. */
static void list_missing(const struct advice *advice, uint32_t modes, size_t size)
{
	const char *between = "";

	for (enum mode mode = MODE_NONE + 1; mode < MODES; mode++)
		if (modes & UINT32_C(1) << mode &&
			!was_measured(advice->run->readings, mode, size)) {
			fprintf(advice->out, "%s%s", between, mode_rows[mode].title);
			between = ", ";
		}
}

/* Those that this host has not, or that failed. */
static void say_missing(const struct advice *advice)
{
	size_t missing = 0;
	char services[64];

	for (enum mode mode = MODE_NONE + 1; mode < MODES; mode++)
		missing += !was_measured(advice->run->readings, mode, advice->size);
	if (!missing)
		return;
	fprintf(advice->out, " Not measured at %s: ", number_at(advice, advice->size, services));
	list_missing(advice, UINT32_MAX, advice->size);
	fputs(".", advice->out);
}

/* Where it is not about the number that one would expect. */
static void say_size(const struct advice *advice)
{
	const struct service_run *run = advice->run;
	const struct readings *readings = run->readings;
	size_t expected = readings->size_count - 1;
	char services[64], measured[64];

	for (size_t s = 0; s < readings->size_count; s++)
		if (readings->sizes[s] == run->config->services)
			expected = s;
	if (expected == advice->size || !missing_at(run, expected))
		return;
	fprintf(advice->out, " With %s, not measured: ", number_at(advice, expected, services));
	list_missing(advice, run->here, expected);
	fprintf(advice->out, "; %s are the most that all modes were measured with.",
		number_at(advice, advice->size, measured));
}

/* Whether nothing is recommended, and why. */
static bool say_unclear(const struct advice *advice)
{
	const struct service_run *run = advice->run;
	char services[64];

	if (run->readings->blocks < BLOCKS_MIN) {
		fprintf(advice->out,
			" Fewer than %d blocks are too few to tell one mode from another: raise "
			"--blocks.",
			BLOCKS_MIN);
		return true;
	}
	if (!missing_at(run, advice->size))
		return false;
	fprintf(advice->out, " At no number of Services were all modes measured. With %s, ",
		number_at(advice, advice->size, services));
	list_missing(advice, run->here, advice->size);
	fprintf(advice->out,
		" had less than %d blocks, and might be better than the rest: give smaller numbers, "
		"or raise --program-limit.",
		BLOCKS_MIN);
	return true;
}

static void say_standing(const struct advice *advice)
{
	for (size_t i = 0; i < PREFERENCES; i++)
		if (preferences[i].mode == advice->choice)
			fprintf(advice->out, " %s", preferences[i].standing);
}

static void record_advice(const struct advice *advice, const char *value, const char *why)
{
	char title[128], services[64];

	snprintf(title, sizeof(title), "Mode for kube-proxy at %s",
		number_at(advice, advice->size, services));
	record_fact(advice->run->record,
		&(struct fact){.id = "service.recommendation",
			.topic = "Services",
			.title = title,
			.status = FACT_INFO,
			.value = json_string(value),
			.why = why,
			.source = "https://kubernetes.io/docs/reference/networking/virtual-ips/"});
}

static void say_choice(const struct advice *advice)
{
	say_size(advice);
	reasons_say(advice);
	say_standing(advice);
	say_missing(advice);
}

void service_recommend(const struct service_run *run)
{
	struct advice advice = {.run = run};
	char *why = NULL;
	size_t length;

	if (!run->readings->size_count)
		return;
	advice.size = choose_size(run);
	advice.cost[MODE_NONE].value = NAN;
	for (enum mode mode = MODE_NONE + 1; mode < MODES; mode++) {
		advice.cost[mode] = blocks_cost(run->readings, mode, TARGET_RANDOM, advice.size);
		if (!was_measured(run->readings, mode, advice.size))
			advice.cost[mode].value = NAN;
	}
	choose(&advice);
	if (advice.choice == MODE_NONE)
		return;
	advice.out = open_memstream(&why, &length);
	if (!advice.out)
		return;
	bool unclear = say_unclear(&advice);
	if (unclear)
		reasons_say_costs(&advice);
	else
		say_choice(&advice);
	/* Each sentence begins with a space. */
	if (fclose(advice.out) == 0)
		record_advice(
			&advice, unclear ? "not clear" : mode_rows[advice.choice].title, why + 1);
	free(why);
}
