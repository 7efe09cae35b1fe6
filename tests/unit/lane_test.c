#include "lane.h"

#include "cost.h"
#include "cpus.h"
#include "load_udp.h"
#include "record.h"

#include <arpa/inet.h>
#include <criterion/criterion.h>
#include <errno.h>
#include <linux/filter.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <math.h>
#include <net/if.h>
#include <netinet/ip.h>
#include <netinet/udp.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define MS INT64_C(1000000)

static struct lane open_lane(enum load_kind kind, uint32_t bytes, double rate, int cpu)
{
	const struct load_plan plan = {.kind = kind,
		.flows = 1,
		.message_bytes = bytes,
		.response_bytes = bytes,
		.segments = 1,
		.rate = rate};
	struct load_end end = {.netns = -1, .cpu = cpu};
	struct sockaddr_in *address = (struct sockaddr_in *)&end.address;
	struct problem problem = {""};
	struct lane lane;

	address->sin_family = AF_INET;
	address->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	cr_assert_eq(lane_open(&lane, &plan, &end, &end, &problem), 0, "%s", problem.text);
	return lane;
}

static void run_block(struct lane *lanes, size_t count, int64_t slice_ns)
{
	struct problem problem = {""};

	cr_assert_eq(
		lane_run_block(lanes, count, 10 * MS, slice_ns, &problem), 0, "%s", problem.text);
}

static void close_lanes(struct lane *lanes, size_t count)
{
	for (size_t i = 0; i < count; i++)
		lane_close(&lanes[i]);
}

/* Sizes that nothing else on the loopback has, and that tell two lanes apart. */
#define BYTES_A 333
#define BYTES_B 334
#define HEADERS (sizeof(struct iphdr) + sizeof(struct udphdr))

/* A socket that sees the loopback's packets of these sizes. */
static int open_tap(void)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_LEN, 0),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, HEADERS + BYTES_A, 1, 0),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, HEADERS + BYTES_B, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, UINT32_MAX),
		BPF_STMT(BPF_RET | BPF_K, 0),
	};
	const struct sock_fprog program = {sizeof(code) / sizeof(code[0]), code};
	int tap = socket(AF_PACKET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	const struct sockaddr_ll loopback = {.sll_family = AF_PACKET,
		.sll_protocol = htons(ETH_P_ALL),
		.sll_ifindex = (int)if_nametoindex("lo")};

	if (tap < 0)
		cr_skip_test("cannot look at the loopback's packets: %s", strerror(errno));
	cr_assert_eq(setsockopt(tap, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof(program)), 0);
	cr_assert_eq(bind(tap, (const struct sockaddr *)&loopback, sizeof(loopback)), 0);
	return tap;
}

/* Which lane the next datagram is of, and in which of its slices: "a1". False at the end. */
static bool next_datagram(int tap, char name[3])
{
	char packet[2048];
	struct load_number number;
	ssize_t got = recv(tap, packet, sizeof(packet), MSG_DONTWAIT);

	if (got < 0)
		return false;
	memcpy(&number, packet + HEADERS, sizeof(number));
	snprintf(name, 3, "%c%u", got == HEADERS + BYTES_A ? 'a' : 'b', number.slice % 10U);
	return true;
}

static void watch_turns(int tap, char seen[64])
{
	char name[3], last[3] = "";
	struct lane lanes[] = {open_lane(LOAD_UDP_STREAM, BYTES_A, 100, -1),
		open_lane(LOAD_UDP_STREAM, BYTES_B, 100, -1)};

	run_block(lanes, 2, 30 * MS);
	seen[0] = '\0';
	while (next_datagram(tap, name)) {
		if (strcmp(name, last) != 0 && strlen(seen) < 64 - 3)
			strcat(seen, name);
		strcpy(last, name);
	}
	close_lanes(lanes, 2);
}

/* What the machine holds up for all of a slice is not in it: then once more. */
#define TRIES 5

Test(lane, turns_go_there_and_back)
{
	int tap = open_tap();
	char seen[64] = "";

	for (int i = 0; i < TRIES && strlen(seen) < 8; i++)
		watch_turns(tap, seen);
	cr_expect_str_eq(seen, "a1b1b2a2");
	close(tap);
}

/* Two slices with their edges: 10 ms before and 20 after each window of 100. */
static bool is_sent(const struct lane *lane, double rate)
{
	return lane->sent >= floor(rate * 2 * 0.13 * 0.9) && lane->messages > 0;
}

static double ratio_of(const struct lane lanes[2])
{
	return lane_messages_per_s(&lanes[1]) / lane_messages_per_s(&lanes[0]);
}

static void run_whole_block(struct lane lanes[2], const double rates[2])
{
	for (int i = 0; i < TRIES; i++) {
		run_block(lanes, 2, 100 * MS);
		if (is_sent(&lanes[0], rates[0]) && is_sent(&lanes[1], rates[1]) &&
			fabs(log10(ratio_of(lanes) / 10)) < 0.4)
			return;
	}
}

Test(lane, a_block_sums_its_slices)
{
	static const double rates[] = {500, 5000};
	struct lane lanes[2];

	for (size_t i = 0; i < 2; i++)
		lanes[i] = open_lane(LOAD_UDP_STREAM, 100, rates[i], -1);
	for (int block = 0; block < 2; block++) {
		run_whole_block(lanes, rates);
		for (size_t i = 0; i < 2; i++) {
			const struct lane *lane = &lanes[i];

			cr_expect_eq(lane->bytes, lane->messages * 100);
			cr_expect(is_sent(lane, rates[i]), "%g sent", lane->sent);
			cr_expect_leq(lane->messages, lane->sent);
			cr_expect_eq(lane->errors, 0);
			cr_expect_gt(lane->jitter_s, 0);
			cr_expect_gt(lane->latency->total, 0);
			cr_expect_float_eq(lane_bits_per_s(lane), lane_messages_per_s(lane) * 800,
				lane_bits_per_s(lane) * 1e-9);
			cr_expect(isnan(lane->cpu_s), "no end is pinned");
		}
	}
	double ratio = ratio_of(lanes);
	cr_expect(ratio > 3 && ratio < 30, "10 times as many, not %g", ratio);
	close_lanes(lanes, 2);
}

Test(lane, asks_and_is_answered)
{
	struct lane lane = open_lane(LOAD_UDP_RR, 64, 0, -1);

	for (int i = 0; i < TRIES && lane.messages == 0; i++)
		run_block(&lane, 1, 50 * MS);
	cr_expect_gt(lane.messages, 0);
	cr_expect_geq(lane.sent, lane.messages + lane.timeouts);
	cr_expect_eq(lane_loss(&lane), lane.lost / lane.sent);
	lane_close(&lane);
}

Test(lane, says_nothing_where_nothing_is_known)
{
	const struct lane nothing = {.elapsed_s = 0};
	const struct lane failed = {.elapsed_s = 1, .errors = 3, .cpu_s = 1};
	const struct lane stalled = {.elapsed_s = 1, .cpu_s = 1};
	const struct lane known = {.elapsed_s = 2,
		.bytes = 1e9,
		.messages = 1e6,
		.sent = 2e6,
		.lost = 1e6,
		.retransmits = 7,
		.cpu_s = 3};

	cr_expect(isnan(lane_bits_per_s(&nothing)) && isnan(lane_messages_per_s(&nothing)));
	cr_expect(isnan(lane_bits_per_s(&failed)) && isnan(lane_messages_per_s(&failed)));
	cr_expect(isnan(lane_cpu_per_gigabyte(&failed)) && isnan(lane_loss(&failed)));
	cr_expect_eq(lane_bits_per_s(&stalled), 0);
	cr_expect_eq(lane_bits_per_s(&known), 4e9);
	cr_expect_eq(lane_messages_per_s(&known), 5e5);
	cr_expect_eq(lane_cpu_per_gigabyte(&known), 3);
	cr_expect_eq(lane_cpu_per_million(&known), 3);
	cr_expect_eq(lane_retransmits_per_gigabyte(&known), 7);
	cr_expect_eq(lane_loss(&known), 0.5);
}

static size_t warnings_of(const struct lane *lane)
{
	struct record *record =
		record_new(&(struct record_identity){"lane", "?", "none", "quick", 1});
	struct lane_company company = {0};

	lane_look_back(lane, "a stream", &company, record);
	lane_warn_of_company(&company, record);
	json_t *document = record_finish(record, RECORD_COMPLETE, "");
	size_t count = json_array_size(json_object_get(document, "warnings"));
	json_decref(document);
	return count;
}

Test(lane, a_reader_is_told_of_failures_and_company)
{
	cr_expect_eq(warnings_of(&(struct lane){.tried = 1e6, .failures = 3}), 0, "ICMP");
	cr_expect_eq(warnings_of(&(struct lane){.tried = 100, .failures = 100}), 1);
	cr_expect_eq(warnings_of(&(struct lane){.watched_s = 10, .foreign_s = 0.5}), 0);
	cr_expect_eq(warnings_of(&(struct lane){.watched_s = 10, .foreign_s = 5}), 1);
}

/* Another process that computes on a CPU until it is stopped. */
static pid_t start_busy(int cpu)
{
	pid_t pid = fork();

	if (pid == 0) {
		volatile unsigned spins = 0;

		alarm(60);
		if (cpus_pin(cpu) < 0)
			_exit(1);
		for (;;)
			spins++;
	}
	cr_assert_gt(pid, 0);
	return pid;
}

/* Returns the user time that it had. */
static double stop_busy(pid_t pid)
{
	struct rusage usage;

	kill(pid, SIGKILL);
	cr_assert_eq(wait4(pid, NULL, 0, &usage), pid);
	return (double)usage.ru_utime.tv_sec + (double)usage.ru_utime.tv_usec / 1e6;
}

static int open_stat(void)
{
	int stat = cost_cpu_open();

	if (stat < 0)
		cr_skip_test("/proc/stat is not the kernel's here");
	return stat;
}

static double own_s(void)
{
	struct timespec used;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used);
	return (double)used.tv_sec + (double)used.tv_nsec / 1e9;
}

Test(lane, what_others_compute_is_no_cost_but_is_noticed)
{
	int cpu = cpus_last(), stat = open_stat();
	struct cost_cpu before, after;
	struct lane lane = open_lane(LOAD_UDP_STREAM, 100, 200, cpu);
	pid_t busy = start_busy(cpu);
	double used_s = own_s();

	cr_assert(cost_cpu_sample(stat, cpu, &before));
	run_block(&lane, 1, 500 * MS);
	cr_assert(cost_cpu_sample(stat, cpu, &after));
	used_s = own_s() - used_s;
	double busy_s = stop_busy(busy);
	/* What the kernel did there, for whomever, and what this process had: nothing else. A
	 * window's edges are in the same ticks as these, or within them. */
	double most_s = after.system_s - before.system_s + after.softirq_s - before.softirq_s;
	cr_expect_geq(lane.cpu_s, 0);
	cr_expect_leq(lane.cpu_s, most_s + used_s + 1e-6, "%g s measured, at most %g + %g s",
		lane.cpu_s, most_s, used_s);
	/* The windows are five sixths of the time. */
	cr_expect_gt(lane.foreign_s, busy_s / 3, "%g s of others, of which one had %g s",
		lane.foreign_s, busy_s);
	lane_close(&lane);
	close(stat);
}

Test(cost, a_cpu_has_at_least_what_a_process_had_on_it)
{
	int stat = open_stat(), cpu = cpus_last();
	struct cost_cpu before, after;

	cr_assert(cost_cpu_sample(stat, cpu, &before));
	pid_t busy = start_busy(cpu);
	nanosleep(&(struct timespec){.tv_nsec = 500 * MS}, NULL);
	double had_s = stop_busy(busy);
	cr_assert(cost_cpu_sample(stat, cpu, &after));
	/* Ticks, of 10 ms as a rule. */
	cr_expect_gt(after.user_s - before.user_s, 0.5 * had_s - 0.05);
	cr_expect(!cost_cpu_sample(stat, 1 << 20, &after));
	cr_expect_eq(after.user_s, 0);
	cr_expect(!cost_cpu_sample(-1, cpu, &after));
	close(stat);
}

Test(cpus, are_those_that_the_thread_may_run_on)
{
	int pair[2], first = cpus_last();

	cpus_pair(pair);
	cr_assert_geq(first, 0);
	cr_expect_eq(pair[0], first);
	cr_expect_geq(pair[1], 0);
	if (pair[1] == pair[0] && sysconf(_SC_NPROCESSORS_ONLN) > 1)
		cr_log_info("only one CPU is allowed");
	cr_assert_eq(cpus_pin(pair[1]), 0);
	cr_expect_eq(sched_getcpu(), pair[1]);
	cr_expect_eq(cpus_last(), pair[1]);
	cpus_pair(pair);
	cr_expect_eq(pair[0], pair[1]);
	cr_expect_eq(cpus_pin(8000), -EINVAL);
}
