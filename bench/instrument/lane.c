#include "lane.h"

#include "interrupt.h"

#include <errno.h>
#include <math.h>

#define GIGABYTE 1e9
#define MILLION  1e6

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
	lane->retransmits = lane->cpu_s = lane->jitter_s = 0;
	histogram_reset(lane->latency);
}

/* The kernel's work for others' packets belongs to no process, so all that ran on the CPU counts.
 */
static double cpu_of(const struct load_cost *cost)
{
	return cost->user_s < 0 ? NAN : cost->user_s + cost->system_s + cost->softirq_s;
}

static int run_slice(struct lane *lane, int64_t warm_ns, int64_t slice_ns, struct problem *problem)
{
	struct load_result slice;
	int result = lane->far ? peer_load_slice(lane->far, warm_ns, slice_ns, &slice, problem)
			       : load_slice(lane->load, warm_ns, slice_ns, &slice, problem);

	if (result < 0)
		return result;
	const struct load_side *counted = lane->asks ? &slice.sender : &slice.receiver;
	lane->elapsed_s += counted->elapsed_s;
	lane->bytes += (double)counted->bytes;
	lane->messages += (double)counted->messages;
	lane->sent += (double)slice.sent;
	lane->lost += (double)slice.lost;
	lane->duplicates += (double)slice.receiver.duplicates;
	lane->reordered += (double)slice.receiver.reordered;
	lane->jitter_s = slice.receiver.jitter_s;
	lane->retransmits += (double)slice.sender.retransmits;
	lane->cpu_s += cpu_of(&slice.sender.cost);
	if (!lane->one_cpu)
		lane->cpu_s += cpu_of(&slice.receiver.cost);
	if (slice.latency)
		histogram_merge(lane->latency, slice.latency);
	return 0;
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
	return result;
}

double lane_block_s(size_t count, uint64_t warm_ns, uint64_t slice_ns)
{
	static const double ends_s = 0.075;

	return 2 * (double)count * ((double)(warm_ns + slice_ns) / 1e9 + ends_s);
}

static double share(double what, double of)
{
	return of > 0 ? what / of : NAN;
}

double lane_bits_per_s(const struct lane *lane)
{
	return share(lane->bytes * 8, lane->elapsed_s);
}

double lane_messages_per_s(const struct lane *lane)
{
	return share(lane->messages, lane->elapsed_s);
}

double lane_cpu_per_gigabyte(const struct lane *lane)
{
	return share(lane->cpu_s, lane->bytes / GIGABYTE);
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
