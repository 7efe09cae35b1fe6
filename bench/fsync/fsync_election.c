/*
 * From the latency of flushes to what they do to a cluster of etcd members.
 *
 * A member's raft loop writes and flushes its log, and sends nothing meanwhile: a leader sends
 * heartbeats with the next batch, before it flushes that (etcd/server/etcdserver/raft.go, start()).
 * So a flush that lasts S keeps the leader silent for S and for what had passed since its last
 * heartbeat, between 0 and one heartbeat interval h. A follower calls an election when it has heard
 * nothing for R of its ticks of length h, R drawn anew each time from the E / h values from E / h
 * on, E being the election timeout (raft.go, resetRandomizedElectionTimeout()); its ticks have a
 * phase of their own. Both together: a follower waits a time uniform between E - h and 2 E - h, and
 * of members n, n - 1 wait. The others grant their votes, for they heard nothing either.
 *
 * That is what a stall of the leader's own disk does. Stalls of a majority of followers at one time
 * come on top; where members do not share a disk they are rarer by far.
 */
#include "fsync.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

#define DAY_S 86400.0

static const int members[FSYNC_CLUSTERS] = {3, 5};

double fsync_election_odds(int cluster, double stall_s, double heartbeat_s, double election_s)
{
	enum { STEPS = 64 };
	double odds = 0;

	for (int i = 0; i < STEPS; i++) {
		double silence_s = stall_s + heartbeat_s * (i + 0.5) / STEPS;
		double waits = (2 * election_s - heartbeat_s - silence_s) / election_s;

		odds += 1 - pow(fmin(1, fmax(0, waits)), cluster - 1);
	}
	return odds / STEPS;
}

/* Counts what the flushes of one repetition would have done. */
void fsync_note_elections(struct fsync_trial *trial, const struct fsync_config *use,
	const struct metric_spec *stalls, const struct metric_spec *changes, struct record *record)
{
	const struct histogram *flushes = trial->latency[0].histogram;
	double heartbeat_s = (double)use->heartbeat_ns / 1e9;
	double election_s = (double)use->election_ns / 1e9;
	struct fsync_stability *stability = &trial->stability;
	double stalled = 0, lost[FSYNC_CLUSTERS] = {0};
	struct label labels[FSYNC_LABELS + 2] = {0};
	size_t count = 0;

	for (size_t slot = histogram_slot((int64_t)use->heartbeat_ns); slot < HISTOGRAM_SLOTS;
		slot++) {
		double flush_s = 0.5e-9 * ((double)histogram_slot_lowest_ns(slot) +
						  (double)histogram_slot_highest_ns(slot));

		if (!flushes->slots[slot] || flush_s < heartbeat_s)
			continue;
		stalled += (double)flushes->slots[slot];
		for (size_t i = 0; i < FSYNC_CLUSTERS; i++)
			lost[i] +=
				(double)flushes->slots[slot] *
				fsync_election_odds(members[i], flush_s, heartbeat_s, election_s);
	}
	record_events(record, stalls, trial->labels, stalled, trial->elapsed_s / DAY_S);
	while (trial->labels[count].name) {
		labels[count] = trial->labels[count];
		count++;
	}
	labels[count].name = "members";
	for (size_t i = 0; i < FSYNC_CLUSTERS; i++) {
		snprintf(labels[count].value, sizeof(labels[count].value), "%d", members[i]);
		record_events(record, changes, labels, lost[i], trial->elapsed_s / DAY_S);
		stability->lost[i] += lost[i];
	}
	stability->stalls += stalled;
	stability->flushes += flushes->total;
	stability->exposure_s += trial->elapsed_s;
	if (flushes->max_ns > stability->longest_ns)
		stability->longest_ns = flushes->max_ns;
}

/* "0 leader changes a day (95 % interval 0 to 7,000), ...": how often, and how likely within a day.
 */
static void describe_rate(
	const char *what, double events, double exposure_s, char *text, size_t size)
{
	struct interval rate = interval_of_rate(events, exposure_s / DAY_S);
	const double rates[] = {rate.value, rate.low, rate.high};
	const struct interval chance = {.value = 1 - exp(-rate.value),
		.low = 1 - exp(-rate.low),
		.high = 1 - exp(-rate.high)};
	char number[3][32], chances[100];
	int used;

	for (size_t i = 0; i < 3; i++)
		units_format(rates[i], "1", number[i], sizeof(number[i]));
	used = snprintf(text, size,
		"%s %s a day at this load (95 %% interval %s to %s); the chance of one or more in a "
		"day is %s",
		number[0], what, number[1], number[2],
		units_format_interval(&chance, "ratio", chances, sizeof(chances)));
	if (used > 0 && (size_t)used < size && rate.low <= 1 && rate.high > 1)
		snprintf(text + used, size - (size_t)used,
			". To know of fewer than one a day takes %.2g days of measuring without more",
			interval_exposure_for(events, 1));
}

static void record_consequence(
	struct record *record, const char *id, const char *title, const char *text, const char *why)
{
	record_fact(record,
		&(struct fact){.id = id,
			.topic = "What it means for etcd",
			.title = title,
			.status = FACT_INFO,
			.value = json_string(text),
			.why = why,
			.source = "etcd, server/etcdserver/raft.go; etcd-io/raft, raft.go"});
}

static void record_flushes(struct record *record, const struct fsync_stability *stability)
{
	char text[256], longest[32], measured[32];

	snprintf(text, sizeof(text), "%s, of %" PRIu64 " in %s of load",
		units_format((double)stability->longest_ns / 1e9, "s", longest, sizeof(longest)),
		stability->flushes,
		units_format(stability->exposure_s, "s", measured, sizeof(measured)));
	record_consequence(record, "etcd.longest", "Longest flush of the log", text,
		"A member does nothing else meanwhile: it sends no heartbeat and answers no write");
}

void fsync_record_stability(const struct fsync_trial *trials, size_t count,
	const struct fsync_config *use, struct record *record)
{
	const struct fsync_stability *worst = NULL;
	char id[32], title[80], text[512], heartbeat[32];

	for (size_t i = 0; i < count; i++) {
		const struct fsync_stability *one = &trials[i].stability;

		if (one->exposure_s > 0 && (!worst || one->longest_ns > worst->longest_ns))
			worst = one;
	}
	if (!worst)
		return;
	record_flushes(record, worst);
	snprintf(title, sizeof(title), "Cluster of 1 member: stalls of %s or more",
		units_exact(UNIT_TIME_NS, use->heartbeat_ns, heartbeat, sizeof(heartbeat)));
	describe_rate("stalls", worst->stalls, worst->exposure_s, text, sizeof(text));
	record_consequence(record, "etcd.members.1", title, text,
		"A lone member holds no elections, but every write waits while its disk stalls. In "
		"larger clusters each such stall of the leader is a missed heartbeat");
	for (size_t i = 0; i < FSYNC_CLUSTERS; i++) {
		snprintf(id, sizeof(id), "etcd.members.%d", members[i]);
		snprintf(title, sizeof(title), "Cluster of %d members with such disks", members[i]);
		describe_rate(
			"leader changes", worst->lost[i], worst->exposure_s, text, sizeof(text));
		record_consequence(record, id, title, text,
			"A leader that flushes for about as long as the election timeout is "
			"replaced, and until then nothing can be changed in the cluster");
	}
}
