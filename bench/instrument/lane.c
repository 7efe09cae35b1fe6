#include "lane.h"

#include "interrupt.h"
#include "record.h"

#include <errno.h>
#include <math.h>

#define GIGABYTE 1e9
#define MILLION  1e6

/* Others' user time on the ends' CPUs, as a share of the windows, from which on it is worth a
 * warning: what they do in the kernel beside it is in the readings. */
#define COMPANY 0.1

/* Messages that fail, as a share, from which on they are worth a warning: each ICMP message makes
 * one fail. */
#define FAILURES 0.001

static int begin(struct lane *lane, const struct load_plan *plan, struct problem *problem)
{
	*lane = (struct lane){
		.asks = plan->kind != LOAD_TCP_STREAM && plan->kind != LOAD_UDP_STREAM};
	lane->latency = histogram_new();
	return lane->latency ? 0 : problem_set(problem, -ENOMEM, "no memory for a histogram");
}

int lane_open(struct lane *lane, const struct load_plan *plan, const struct load_end *receiver,
	const struct load_end *sender, struct problem *problem)
{
	int result = begin(lane, plan, problem);

	if (result < 0)
		return result;
	lane->one_cpu = receiver->cpu == sender->cpu;
	lane->load = load_open(plan, receiver, sender, problem);
	return lane->load ? 0 : -EIO;
}

int lane_open_peer(struct lane *lane, struct peer *peer, const struct load_plan *plan, enum way way,
	enum peer_direction direction, struct problem *problem)
{
	int result = begin(lane, plan, problem);

	if (result < 0)
		return result;
	lane->far = peer_load_open(peer, plan, way, direction, problem);
	return lane->far ? 0 : -EIO;
}

void lane_close(struct lane *lane)
{
	load_close(lane->load);
	peer_load_close(lane->far);
	histogram_free(lane->latency);
	*lane = (struct lane){0};
}

static void begin_block(struct lane *lane)
{
	lane->elapsed_s = lane->bytes = lane->messages = 0;
	lane->sent = lane->lost = lane->duplicates = lane->reordered = 0;
	lane->retransmits = lane->cpu_s = lane->sending_s = lane->jitter_s = 0;
	lane->errors = lane->timeouts = 0;
	lane->jitters = 0;
	histogram_reset(lane->latency);
}

/* What both ends' CPUs did. One that both share has but one system and softirq time. */
static void add_cost(
	struct lane *lane, const struct load_side *sender, const struct load_side *receiver)
{
	const struct load_cost *one = &sender->cost, *other = &receiver->cost;
	double shared = lane->one_cpu ? 0 : 1;

	if (one->cpu_user_s < 0 || other->cpu_user_s < 0) {
		lane->cpu_s = lane->sending_s = NAN;
		return;
	}
	lane->cpu_s += one->user_s + other->user_s + one->system_s + one->softirq_s +
		       shared * (other->system_s + other->softirq_s);
	lane->sending_s += lane->one_cpu ? NAN : one->user_s + one->system_s + one->softirq_s;
	lane->foreign_s +=
		one->cpu_user_s + shared * other->cpu_user_s - one->user_s - other->user_s;
	lane->watched_s += sender->elapsed_s + shared * receiver->elapsed_s;
}

/* `jitter_s` is a sum until the block is over. */
static void add_slice(struct lane *lane, const struct load_result *slice)
{
	const struct load_side *counted = lane->asks ? &slice->sender : &slice->receiver;

	lane->elapsed_s += counted->elapsed_s;
	lane->bytes += (double)counted->bytes;
	lane->messages += (double)counted->messages;
	lane->sent += (double)slice->sent;
	lane->lost += (double)slice->lost;
	lane->duplicates += (double)slice->receiver.duplicates;
	lane->reordered += (double)slice->receiver.reordered;
	if (slice->receiver.jitter_s >= 0) {
		lane->jitter_s += slice->receiver.jitter_s;
		lane->jitters++;
	}
	lane->retransmits += (double)slice->sender.retransmits;
	lane->errors += (double)(slice->sender.errors + slice->receiver.errors);
	lane->timeouts += (double)slice->sender.timeouts;
	lane->stalled += (double)slice->sender.stalled;
	lane->tried += (double)(slice->sender.messages + slice->sender.errors +
				slice->sender.timeouts + slice->receiver.errors);
	add_cost(lane, &slice->sender, &slice->receiver);
	if (slice->latency)
		histogram_merge(lane->latency, slice->latency);
}

static int run_slice(struct lane *lane, int64_t warm_ns, int64_t slice_ns, struct problem *problem)
{
	struct load_result slice;
	int result = lane->far ? peer_load_slice(lane->far, warm_ns, slice_ns, &slice, problem)
			       : load_slice(lane->load, warm_ns, slice_ns, &slice, problem);

	if (result == 0)
		add_slice(lane, &slice);
	return result;
}

static void end_block(struct lane *lane)
{
	lane->jitter_s = lane->jitters ? lane->jitter_s / lane->jitters : NAN;
	lane->failures += lane->errors + lane->timeouts;
	if (lane->elsewhere)
		lane->cpu_s = lane->sending_s = NAN;
}

int lane_run_block(struct lane *lanes, size_t count, int64_t warm_ns, int64_t slice_ns,
	struct problem *problem)
{
	int result = 0;

	for (size_t i = 0; i < count; i++)
		begin_block(&lanes[i]);
	for (size_t i = 0; i < 2 * count && result == 0 && !interrupt_pending(); i++)
		result = run_slice(
			&lanes[i < count ? i : 2 * count - 1 - i], warm_ns, slice_ns, problem);
	for (size_t i = 0; i < count; i++)
		end_block(&lanes[i]);
	return result;
}

void lane_look_back(const struct lane *lane, const char *what, struct lane_company *company,
	struct record *record)
{
	company->foreign_s += lane->foreign_s;
	company->watched_s += lane->watched_s;
	if (lane->failures > FAILURES * lane->tried)
		record_warn(record,
			"%s: of %.0f messages, %.0f could not be sent or were not answered, which is "
			"in the readings",
			what, lane->tried, lane->failures);
	if (lane->stalled > 0)
		record_warn(record,
			"%s: %.0f times a request had no answer for as long as a slice; its latency is "
			"at least what is in the readings",
			what, lane->stalled);
}

void lane_warn_of_company(const struct lane_company *company, struct record *record)
{
	double share = company->watched_s > 0 ? company->foreign_s / company->watched_s : 0;

	if (share > COMPANY)
		record_warn(record,
			"other programs ran for %.0f %% of the time on the CPUs of the two ends, and what "
			"they had the kernel do there is among the CPU time measured",
			share * 100);
}

double lane_block_s(size_t count, uint64_t warm_ns, uint64_t slice_ns, bool far)
{
	double ends_s = far ? 0.35 : 0.075;

	return 2 * (double)count * ((double)(warm_ns + slice_ns) / 1e9 + ends_s);
}

static double share(double what, double of)
{
	return of > 0 ? what / of : NAN;
}

/* Nothing came, since nothing could be sent: no reading, rather than a low one. */
static bool failed(const struct lane *lane)
{
	return lane->errors > 0 && lane->messages == 0 && lane->bytes == 0;
}

double lane_bits_per_s(const struct lane *lane)
{
	return failed(lane) ? NAN : share(lane->bytes * 8, lane->elapsed_s);
}

double lane_messages_per_s(const struct lane *lane)
{
	return failed(lane) ? NAN : share(lane->messages, lane->elapsed_s);
}

double lane_cpu_per_gigabyte(const struct lane *lane)
{
	return share(lane->cpu_s, lane->bytes / GIGABYTE);
}

double lane_sender_cpu_per_gigabyte(const struct lane *lane)
{
	return share(lane->sending_s, lane->bytes / GIGABYTE);
}

double lane_cpu_per_million(const struct lane *lane)
{
	return share(lane->cpu_s, lane->messages / MILLION);
}

double lane_retransmits_per_gigabyte(const struct lane *lane)
{
	return share(lane->retransmits, lane->bytes / GIGABYTE);
}

double lane_loss(const struct lane *lane)
{
	return share(lane->lost, lane->sent);
}
