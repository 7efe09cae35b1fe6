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
	const struct metric_spec *heartbeats, const struct metric_spec *changes,
	struct record *record)
{
	const struct histogram *flushes = trial->latency[0].histogram;
	double heartbeat_s = (double)use->heartbeat_ns / 1e9;
	double election_s = (double)use->election_ns / 1e9;
	struct fsync_stability *stability = &trial->stability;
	double missed = 0, lost[FSYNC_CLUSTERS] = {0};
	struct label labels[FSYNC_LABELS + 2] = {0};
	size_t count = 0;

	for (size_t slot = histogram_slot((int64_t)use->heartbeat_ns); slot < HISTOGRAM_SLOTS;
		slot++) {
		double flush_s = 0.5e-9 * ((double)histogram_slot_lowest_ns(slot) +
						  (double)histogram_slot_highest_ns(slot));

		if (!flushes->slots[slot] || flush_s < heartbeat_s)
			continue;
		missed += (double)flushes->slots[slot];
		for (size_t i = 0; i < FSYNC_CLUSTERS; i++)
			lost[i] +=
				(double)flushes->slots[slot] *
				fsync_election_odds(members[i], flush_s, heartbeat_s, election_s);
	}
	record_events(record, heartbeats, trial->labels, missed, trial->elapsed_s / DAY_S);
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
	stability->missed += missed;
	stability->flushes += flushes->total;
	stability->exposure_s += trial->elapsed_s;
	if (flushes->max_ns > stability->longest_ns)
		stability->longest_ns = flushes->max_ns;
}

/* "none to 7,000 leader changes a day" as the chance of one or more in a day. */
static double chance(double per_day)
{
	return 1 - exp(-per_day);
}

static void describe_cluster(
	const struct fsync_stability *stability, size_t i, char *text, size_t size)
{
	double days = stability->exposure_s / DAY_S;
	struct interval rate = interval_of_rate(stability->lost[i], days);
	char longest[32], measured[32], value[32], low[32], high[32];
	int used = snprintf(text, size,
		"%s leader changes a day at this load (95 %% interval %s to %s), the chance of one or "
		"more in a day is %.3g %% (%.3g to %.3g %%); the longest of %" PRIu64
		" flushes in %s took %s",
		units_format(rate.value, "1", value, sizeof(value)),
		units_format(rate.low, "1", low, sizeof(low)),
		units_format(rate.high, "1", high, sizeof(high)), 100 * chance(rate.value),
		100 * chance(rate.low), 100 * chance(rate.high), stability->flushes,
		units_format(stability->exposure_s, "s", measured, sizeof(measured)),
		units_format((double)stability->longest_ns / 1e9, "s", longest, sizeof(longest)));

	if (used > 0 && (size_t)used < size && rate.low <= 1 && rate.high > 1)
		snprintf(text + used, size - (size_t)used,
			". To know of fewer than one a day takes %.2g days of measuring without more",
			interval_exposure_for(stability->lost[i], 1));
}

static void record_single(struct record *record, const struct fsync_stability *stability,
	const struct fsync_config *use)
{
	double seconds = stability->exposure_s;
	struct interval rate = interval_of_rate(stability->missed, seconds / DAY_S);
	char text[512], value[32], high[32], longest[32], heartbeat[32];

	snprintf(text, sizeof(text),
		"no elections, but every write waits while its disk stalls: %s stalls of %s or more a "
		"day (at most %s), the longest %s",
		units_format(rate.value, "1", value, sizeof(value)),
		units_exact(UNIT_TIME_NS, use->heartbeat_ns, heartbeat, sizeof(heartbeat)),
		units_format(rate.high, "1", high, sizeof(high)),
		units_format((double)stability->longest_ns / 1e9, "s", longest, sizeof(longest)));
	record_fact(record,
		&(struct fact){.id = "etcd.members.1",
			.topic = "What it means for etcd",
			.title = "Cluster of 1 member",
			.status = FACT_INFO,
			.value = json_string(text),
			.why = "A lone member has no one to lose the lead to; a broken disk "
			       "loses the cluster"});
}

void fsync_record_stability(const struct fsync_trial *trials, size_t count,
	const struct fsync_config *use, struct record *record)
{
	const struct fsync_stability *worst = NULL;

	for (size_t i = 0; i < count; i++) {
		const struct fsync_stability *one = &trials[i].stability;

		if (one->exposure_s > 0 && (!worst || one->longest_ns > worst->longest_ns))
			worst = one;
	}
	if (!worst)
		return;
	record_single(record, worst, use);
	for (size_t i = 0; i < FSYNC_CLUSTERS; i++) {
		char id[32], title[64], text[768];

		snprintf(id, sizeof(id), "etcd.members.%d", members[i]);
		snprintf(title, sizeof(title), "Cluster of %d members with such disks", members[i]);
		describe_cluster(worst, i, text, sizeof(text));
		record_fact(record,
			&(struct fact){.id = id,
				.topic = "What it means for etcd",
				.title = title,
				.status = FACT_INFO,
				.value = json_string(text),
				.why = "A leader that flushes for about as long as the election "
				       "timeout is replaced, and until then nothing can be "
				       "changed in the cluster",
				.source =
					"etcd, server/etcdserver/raft.go; etcd-io/raft, raft.go"});
	}
}
