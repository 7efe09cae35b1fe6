#include "mtu.h"

#include <stdio.h>
#include <string.h>

/* IPv4 hosts take at least this much (RFC 791, section 3.1). */
#define SMALLEST 576

static int narrow(
	uint32_t *low, uint32_t high, mtu_try *try, void *argument, struct problem *problem)
{
	while (*low < high) {
		uint32_t middle = *low + (high - *low + 1) / 2;
		int passes = try(argument, middle, problem);

		if (passes < 0)
			return passes;
		if (passes)
			*low = middle;
		else
			high = middle - 1;
	}
	return 0;
}

int mtu_largest(uint32_t low, uint32_t high, int checks, mtu_try *try, void *argument,
	uint32_t *largest, struct problem *problem)
{
	int result;

	*largest = low;
	result = narrow(largest, high, try, argument, problem);
	for (int i = 0; i < checks && result == 0 && *largest < high; i++) {
		result = try(argument, *largest + 1, problem);
		if (result <= 0)
			continue;
		++*largest;
		result = narrow(largest, high, try, argument, problem);
	}
	return result;
}

static void record_found(
	const struct mtu_run *run, enum way way, uint32_t found, enum mtu_fate above)
{
	const struct way_row *row = &way_rows[way];
	uint32_t computed = run->path_mtu - row->overhead4;
	char id[40], title[80], why[320], source[160];

	snprintf(id, sizeof(id), "mtu.%s", row->name);
	snprintf(title, sizeof(title), "Largest pod packet over %s", row->title);
	snprintf(why, sizeof(why),
		"By sending: %u bytes pass whole, one byte more %s. Computed: %u, path MTU %u "
		"less %u bytes of headers.",
		found, mtu_fate_names[above], computed, run->path_mtu, row->overhead4);
	snprintf(source, sizeof(source), "sizes of the outer headers: %s", row->used_by);
	const struct fact fact = {.id = id,
		.topic = "MTU",
		.title = title,
		.status = found == computed ? FACT_PASS : FACT_WARN,
		.value = json_integer(found),
		.unit = "bytes",
		.why = why,
		.remedy = found == computed
				  ? NULL
				  : "Set the pods' MTU to what passes, not to what was computed; "
				    "look for a kernel that adds other headers",
		.source = source};
	record_fact(run->record, &fact);
}

static int search(const struct mtu_run *run, enum way way, uint32_t *found, enum mtu_fate *above,
	struct problem *problem)
{
	struct mtu_probe *probe = mtu_probe_open(run->rig[MTU_LARGE], way, 0, true, problem);
	int result = probe ? mtu_probe_search(probe, SMALLEST, mtu_of_pods(run, MTU_LARGE, way),
				     found, above, problem)
			   : -1;

	mtu_probe_close(probe);
	return result;
}

static int send_one(const struct mtu_run *run, enum mtu_setting setting, enum way way,
	uint32_t packet_bytes, enum mtu_fate *fate, struct problem *problem)
{
	struct mtu_probe *probe = mtu_probe_open(run->rig[setting], way, 0, true, problem);
	int result = probe ? mtu_probe_send(probe, packet_bytes, fate, problem) : -1;

	mtu_probe_close(probe);
	return result;
}

/* WireGuard fills a packet up to a multiple of 16 bytes, or to its route's MTU where that is less
 * (drivers/net/wireguard/send.c, calculate_skb_padding()): with too large an MTU, packets of the
 * right one grow as they do not otherwise. So the right one is tried where it is set, too. */
static int try_right(const struct mtu_run *run, enum way way, uint32_t *found, enum mtu_fate *above,
	struct problem *problem)
{
	uint32_t right = mtu_of_pods(run, MTU_RIGHT, way);
	enum mtu_fate fate;

	if (*found >= right)
		return 0;
	int result = send_one(run, MTU_RIGHT, way, right, &fate, problem);
	if (result < 0 || fate != MTU_WHOLE)
		return result;
	*found = right;
	return send_one(run, MTU_LARGE, way, right + 1, above, problem);
}

int mtu_search(const struct mtu_run *run, struct problem *problem)
{
	for (enum way way = 0; way < WAYS; way++) {
		enum mtu_fate above;
		uint32_t found;

		if (!(run->ways & UINT32_C(1) << way))
			continue;
		int result = search(run, way, &found, &above, problem);
		if (result == 0)
			result = try_right(run, way, &found, &above, problem);
		if (result < 0)
			return result;
		record_found(run, way, found, above);
	}
	return 0;
}
