/*
 * What follows for the user's own cluster, and which mode to run kube-proxy in.
 */
#include "service.h"

#include "blocks.h"
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

/* kube-proxy waits so long between updates (iptables.minSyncPeriod); what takes longer is late by
 * itself. */
#define UPDATE_S 1.0

/* Times of an update that differ so many times are told. */
#define UPDATE_TIMES 3

struct advice {
	const struct service_run *run;
	size_t size;                 /* of the sweep, that it is about */
	struct interval cost[MODES]; /* NAN: not measured there */
	enum mode best, choice;
	FILE *out; /* what is said of it */
};

static bool has(const struct advice *advice, enum mode mode)
{
	return !isnan(advice->cost[mode].value);
}

static size_t modes_at(const struct readings *readings, size_t size)
{
	size_t modes = 0;

	for (enum mode mode = MODE_NONE + 1; mode < MODES; mode++)
		modes += !isnan(blocks_cost(readings, mode, TARGET_RANDOM, size).value);
	return modes;
}

/* The user's own number or, where most can be compared, the largest. */
static size_t choose_size(const struct service_run *run)
{
	const struct readings *readings = run->readings;
	size_t chosen = 0;

	for (size_t s = 0; s < readings->size_count; s++) {
		if (run->config->services && readings->sizes[s] == run->config->services)
			return s;
		if (modes_at(readings, s) >= modes_at(readings, chosen))
			chosen = s;
	}
	return chosen;
}

static struct interval difference(const struct advice *advice, enum mode mode, enum mode other)
{
	return blocks_difference(advice->run->readings, mode, other, TARGET_RANDOM, advice->size);
}

static double limit_s(const struct advice *advice)
{
	return (double)advice->run->config->limit_ns / 1e9;
}

/* Whether it costs so much more than the cheapest that it should not be chosen. */
static bool is_too_dear(const struct advice *advice, enum mode mode)
{
	struct interval more = difference(advice, mode, advice->best);

	return more.low > 0 && more.value >= MATERIAL * limit_s(advice);
}

static void choose(struct advice *advice)
{
	for (enum mode mode = MODE_NONE + 1; mode < MODES; mode++)
		if (has(advice, mode) &&
			(advice->best == MODE_NONE ||
				advice->cost[mode].value < advice->cost[advice->best].value))
			advice->best = mode;
	for (size_t i = 0; i < PREFERENCES && advice->choice == MODE_NONE; i++)
		if (has(advice, preferences[i].mode) && !is_too_dear(advice, preferences[i].mode))
			advice->choice = preferences[i].mode;
}

static void say_costs(const struct advice *advice)
{
	const char *between = " ";
	char services[64], cost[160];

	units_format(advice->run->readings->sizes[advice->size], "1", services, sizeof(services));
	fprintf(advice->out,
		" With %s Services, the first packet of a connection to any of them takes longer by",
		services);
	for (enum mode mode = MODE_NONE + 1; mode < MODES; mode++) {
		if (!has(advice, mode))
			continue;
		blocks_say(&advice->cost[mode], "s", cost, sizeof(cost));
		fprintf(advice->out, "%s%s with %s", between, cost, mode_rows[mode].title);
		between = ", ";
	}
	fprintf(advice->out, ".");
}

/* How the choice stands to another mode, where that is not plain from the figures. */
static void say_difference(const struct advice *advice, enum mode other)
{
	struct interval more = difference(advice, advice->choice, other);
	const char *title = mode_rows[advice->choice].title, *other_title = mode_rows[other].title;
	char text[160], limit[64];

	if (!(more.low > 0) && !(more.high < 0)) {
		fprintf(advice->out,
			" Between %s and %s there is no difference that could be measured.", title,
			other_title);
	} else if (more.low > 0) {
		blocks_say(&more, "s", text, sizeof(text));
		units_format(limit_s(advice), "s", limit, sizeof(limit));
		fprintf(advice->out,
			" %s is cheaper by %s, less than a tenth of the limit of %s: too little to "
			"decide.",
			other_title, text, limit);
	}
}

static void say_differences(const struct advice *advice)
{
	size_t others = 0, dearer = 0;

	for (enum mode mode = MODE_NONE + 1; mode < MODES; mode++) {
		if (mode == advice->choice || !has(advice, mode))
			continue;
		others++;
		dearer += difference(advice, mode, advice->choice).low > 0;
		say_difference(advice, mode);
	}
	if (!others)
		fprintf(advice->out,
			" No other mode was measured at so many Services, to compare it with.");
	else if (dearer == others)
		fprintf(advice->out, " %s costs least, and measurably.",
			mode_rows[advice->choice].title);
}

/* What the user's own connections take of a CPU. */
static void say_load(const struct advice *advice)
{
	const struct service_config *use = advice->run->config;
	const char *between = " ";
	char rate[64], share[160];

	if (!use->connections_per_s || !use->services ||
		use->services != advice->run->readings->sizes[advice->size])
		return;
	for (enum mode mode = MODE_NONE + 1; mode < MODES; mode++) {
		struct interval cpu = blocks_cpu(
			advice->run->readings, mode, advice->size, (double)use->connections_per_s);

		if (isnan(cpu.value))
			continue;
		if (*between == ' ')
			fprintf(advice->out,
				" For %s connections a second, the share of a CPU that this takes is",
				units_format(
					(double)use->connections_per_s, "1", rate, sizeof(rate)));
		fprintf(advice->out, "%s%s with %s", between,
			blocks_say(&cpu, "ratio", share, sizeof(share)), mode_rows[mode].title);
		between = ", ";
	}
	if (*between == ',')
		fputs(".", advice->out);
}

/* What the next Services would do to it, by mode. */
static void say_growth(const struct advice *advice)
{
	const char *between = " Each further Service adds ";
	char slope[160];

	for (enum mode mode = MODE_NONE + 1; mode < MODES; mode++) {
		struct interval grows = blocks_slope(advice->run->readings, mode, TARGET_RANDOM);

		if (!has(advice, mode) || isnan(grows.value))
			continue;
		blocks_say(&grows, "s", slope, sizeof(slope));
		fprintf(advice->out, "%s%s with %s", between,
			grows.low > 0 ? slope : "nothing that could be measured",
			mode_rows[mode].title);
		between = ", ";
	}
	if (strcmp(between, ", ") == 0)
		fputs(".", advice->out);
}

/* The largest number, of those up to the one it is about, at which updates of the choice were
 * measured; the latter where there is none. */
static size_t update_size(const struct advice *advice)
{
	for (size_t size = advice->size + 1; size > 0; size--)
		if (!isnan(advice->run->readings->change_s[advice->choice][size - 1]))
			return size - 1;
	return advice->size;
}

static double change_of(const struct advice *advice, enum mode mode)
{
	return advice->run->readings->change_s[mode][update_size(advice)];
}

/* What a change of the cluster takes to be written, where modes are far apart or it is slow. */
static void say_updates(const struct advice *advice)
{
	double own = change_of(advice, advice->choice);
	const char *between = ", but ";
	char text[64], services[64];
	bool slow = own > UPDATE_S;

	for (enum mode mode = MODE_NONE + 1; mode < MODES; mode++)
		slow |= change_of(advice, mode) > own * UPDATE_TIMES ||
			own > change_of(advice, mode) * UPDATE_TIMES;
	if (isnan(own) || !slow)
		return;
	units_format(
		advice->run->readings->sizes[update_size(advice)], "1", services, sizeof(services));
	fprintf(advice->out, " To add a Service to %s takes %s with %s", services,
		units_format(own, "s", text, sizeof(text)), mode_rows[advice->choice].title);
	for (enum mode mode = MODE_NONE + 1; mode < MODES; mode++) {
		if (mode == advice->choice || isnan(change_of(advice, mode)))
			continue;
		fprintf(advice->out, "%s%s with %s", between,
			units_format(change_of(advice, mode), "s", text, sizeof(text)),
			mode_rows[mode].title);
		between = ", ";
	}
	fprintf(advice->out, "%s",
		own > UPDATE_S
			? "; that is longer than the second that kube-proxy waits between updates, so "
			  "that changes arrive late: weigh it against the connections."
			: ".");
}

static void say_missing(const struct advice *advice)
{
	char services[64], before[128];

	snprintf(before, sizeof(before), " Not measured at %s Services: ",
		units_format(advice->run->readings->sizes[advice->size], "1", services,
			sizeof(services)));
	for (enum mode mode = MODE_NONE + 1; mode < MODES; mode++) {
		if (has(advice, mode))
			continue;
		fprintf(advice->out, "%s%s", before, mode_rows[mode].title);
		snprintf(before, sizeof(before), ", ");
	}
	if (strcmp(before, ", ") == 0)
		fprintf(advice->out, ".");
}

static void say_standing(const struct advice *advice)
{
	for (size_t i = 0; i < PREFERENCES; i++)
		if (preferences[i].mode == advice->choice)
			fprintf(advice->out, " %s", preferences[i].standing);
}

static void record_advice(const struct advice *advice, const char *why)
{
	char title[128], services[64];

	units_format(advice->run->readings->sizes[advice->size], "1", services, sizeof(services));
	snprintf(title, sizeof(title), "Mode for kube-proxy at %s Services", services);
	record_fact(advice->run->record,
		&(struct fact){.id = "service.recommendation",
			.topic = "Services",
			.title = title,
			.status = FACT_INFO,
			.value = json_string(mode_rows[advice->choice].title),
			.why = why,
			.source = "https://kubernetes.io/docs/reference/networking/virtual-ips/"});
}

static void recommend(const struct service_run *run)
{
	struct advice advice = {.run = run, .size = choose_size(run)};
	char *why = NULL, brackets[64];
	size_t length;

	advice.cost[MODE_NONE].value = NAN;
	for (enum mode mode = MODE_NONE + 1; mode < MODES; mode++)
		advice.cost[mode] = blocks_cost(run->readings, mode, TARGET_RANDOM, advice.size);
	choose(&advice);
	if (advice.choice == MODE_NONE)
		return;
	advice.out = open_memstream(&why, &length);
	if (!advice.out)
		return;
	say_differences(&advice);
	say_costs(&advice);
	say_load(&advice);
	say_growth(&advice);
	fprintf(advice.out, " %s",
		blocks_brackets(&advice.cost[advice.choice], brackets, sizeof(brackets)));
	say_updates(&advice);
	say_standing(&advice);
	say_missing(&advice);
	if (fclose(advice.out) == 0)
		record_advice(&advice, why + 1); /* each sentence begins with a space */
	free(why);
}

static size_t predict_mode(const struct service_run *run, enum mode mode, size_t size)
{
	struct label labels[2] = {{.name = "mode"}};
	double rate = (double)run->config->connections_per_s;
	size_t told = 0;

	snprintf(labels[0].value, sizeof(labels[0].value), "%s", mode_rows[mode].name);
	for (size_t b = 0; b < run->readings->blocks; b++) {
		double cpu = blocks_added_cpu(run->readings, mode, size, b) * rate;

		record_value(run->record, &service_metrics[PREDICTED_DELAY], labels,
			*readings_cost(run->readings, mode, TARGET_RANDOM, size, b));
		if (rate > 0)
			record_value(run->record, &service_metrics[PREDICTED_CPU], labels, cpu);
		told += rate > 0 && !isnan(cpu);
	}
	return told;
}

static void predict(const struct service_run *run)
{
	const struct service_config *use = run->config;
	size_t size = choose_size(run), told = 0;
	char text[64], number[40];

	if (!use->services) {
		if (use->connections_per_s)
			record_skip(run->record, "predicted.cpu",
				"how much a connection costs depends on the number of Services",
				"give --services, too");
		return;
	}
	snprintf(text, sizeof(text), "your %s Services",
		units_format((double)use->services, "1", number, sizeof(number)));
	record_mark(run->record, "services", (double)use->services, text, NULL);
	if (run->readings->sizes[size] != use->services)
		return;
	for (enum mode mode = MODE_NONE + 1; mode < MODES; mode++)
		told += predict_mode(run, mode, size);
	if (use->connections_per_s && !told)
		record_skip(run->record, "predicted.cpu",
			"no connections were measured at your number of Services",
			"have test connect among --test, and allow for the programming with "
			"--program-limit");
}

void service_predict(const struct service_run *run)
{
	if (!run->readings->size_count)
		return;
	predict(run);
	recommend(run);
}
