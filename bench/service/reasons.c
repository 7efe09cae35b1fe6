#include "reasons.h"

#include "blocks.h"
#include "units.h"

#include <math.h>
#include <string.h>

/* kube-proxy waits so long between updates (iptables.minSyncPeriod); what takes longer is late by
 * itself. */
#define UPDATE_S 1.0

/* Times of an update that differ so many times are told. */
#define UPDATE_TIMES 3

bool reasons_has(const struct advice *advice, enum mode mode)
{
	return !isnan(advice->cost[mode].value);
}

struct interval reasons_difference(const struct advice *advice, enum mode mode, enum mode other)
{
	return blocks_difference(advice->run->readings, mode, other, TARGET_RANDOM, advice->size);
}

double reasons_limit_s(const struct advice *advice)
{
	return (double)advice->run->config->limit_ns / 1e9;
}

void reasons_say_costs(const struct advice *advice)
{
	const char *between = " ";
	char services[64], cost[160];

	units_format(advice->run->readings->sizes[advice->size], "1", services, sizeof(services));
	fprintf(advice->out,
		" With %s %s, the first packet of a connection to any of them takes longer by",
		services, service_word(advice->run->readings->sizes[advice->size]));
	for (enum mode mode = MODE_NONE + 1; mode < MODES; mode++) {
		if (!reasons_has(advice, mode))
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
	struct interval more = reasons_difference(advice, advice->choice, other);
	const char *title = mode_rows[advice->choice].title, *other_title = mode_rows[other].title;
	char text[160], limit[64];

	if (!isfinite(more.low) || !isfinite(more.high)) {
		fprintf(advice->out, " Between %s and %s there are too few blocks to tell.", title,
			other_title);
	} else if (!(more.low > 0) && !(more.high < 0)) {
		fprintf(advice->out,
			" Between %s and %s there is no difference that could be measured.", title,
			other_title);
	} else if (more.low > 0) {
		blocks_say(&more, "s", text, sizeof(text));
		units_format(reasons_limit_s(advice), "s", limit, sizeof(limit));
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
		if (mode == advice->choice || !reasons_has(advice, mode))
			continue;
		others++;
		dearer += reasons_difference(advice, mode, advice->choice).low > 0;
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

		if (!reasons_has(advice, mode) || isnan(grows.value))
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

void reasons_say(const struct advice *advice)
{
	char brackets[64];

	say_differences(advice);
	reasons_say_costs(advice);
	say_load(advice);
	say_growth(advice);
	fprintf(advice->out, " %s",
		blocks_brackets(&advice->cost[advice->choice], brackets, sizeof(brackets)));
	say_updates(advice);
}
