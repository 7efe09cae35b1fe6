#include "clock.h"

#include "histogram.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <sys/resource.h>

int clock_sleep_until_ns(int64_t deadline_ns)
{
	struct timespec deadline = {
		.tv_sec = deadline_ns / INT64_C(1000000000),
		.tv_nsec = deadline_ns % INT64_C(1000000000),
	};

	return -clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &deadline, NULL);
}

struct clock_cost clock_calibrate(void)
{
	enum { READS = 20000, ROUNDS = 5 };
	/* Where reading the clock is a system call, so many of them could take half a minute. */
	const int64_t round_ns = 10000000;
	struct clock_cost best = {INFINITY, INFINITY, INFINITY};
	struct histogram *histogram = histogram_new();

	/* The best of several rounds: an interrupt in one of them is not a cost of the clock. */
	for (int round = 0; round < ROUNDS; round++) {
		int64_t start = clock_now_ns(), last = start, now = start;
		int reads = 0;

		for (; reads < READS && now - start < round_ns; reads++) {
			now = clock_now_ns();
			if (now > last && (double)(now - last) < best.resolution_ns)
				best.resolution_ns = (double)(now - last);
			last = now;
		}
		best.read_ns = fmin(best.read_ns, (double)(now - start) / reads);

		start = now = clock_now_ns();
		for (reads = 0; histogram && reads < READS && now - start < round_ns; reads++) {
			int64_t before = clock_now_ns();

			now = clock_now_ns();
			histogram_record(histogram, now - before);
		}
		if (reads > 0)
			best.loop_ns = fmin(best.loop_ns, (double)(clock_now_ns() - start) / reads);
	}
	histogram_free(histogram);
	return best;
}

struct clock_spin clock_spin(int64_t duration_ns)
{
	struct clock_spin spin = {0};
	int64_t last = clock_now_ns(), end = last + duration_ns;

	while (last < end) {
		int64_t now = clock_now_ns(), gap = now - last;

		spin.reads++;
		if (gap >= CLOCK_GAP_NS) {
			spin.gaps++;
			spin.gaps_total_ns += gap;
		}
		if (gap > spin.gap_max_ns)
			spin.gap_max_ns = gap;
		last = now;
	}
	return spin;
}

static int64_t read_ns(clockid_t id)
{
	struct timespec now;

	clock_gettime(id, &now);
	return now.tv_sec * INT64_C(1000000000) + now.tv_nsec;
}

int64_t clock_utc_ns(void)
{
	return read_ns(CLOCK_REALTIME);
}

const char *clock_utc(char buffer[CLOCK_UTC_SIZE])
{
	struct timespec now;
	struct tm utc;

	clock_gettime(CLOCK_REALTIME, &now);
	gmtime_r(&now.tv_sec, &utc);
	size_t used = strftime(buffer, CLOCK_UTC_SIZE, "%Y-%m-%dT%H:%M:%S", &utc);
	snprintf(buffer + used, CLOCK_UTC_SIZE - used, ".%03ldZ", now.tv_nsec / 1000000);
	return buffer;
}

static double seconds(struct timeval time)
{
	return (double)time.tv_sec + (double)time.tv_usec / 1e6;
}

struct clock_cpu clock_cpu(void)
{
	struct rusage usage;

	getrusage(RUSAGE_SELF, &usage);
	return (struct clock_cpu){seconds(usage.ru_utime), seconds(usage.ru_stime)};
}

void clock_watch_start(struct clock_watch *watch)
{
	watch->monotonic_ns = clock_now_ns();
	watch->realtime_ns = read_ns(CLOCK_REALTIME);
	watch->raw_ns = read_ns(CLOCK_MONOTONIC_RAW);
}

struct clock_verdict clock_watch_finish(const struct clock_watch *watch)
{
	struct clock_watch now;

	clock_watch_start(&now);
	double elapsed_ns = (double)(now.monotonic_ns - watch->monotonic_ns);
	double wall_ns = (double)(now.realtime_ns - watch->realtime_ns);
	double raw_ns = (double)(now.raw_ns - watch->raw_ns);

	return (struct clock_verdict){
		.step_s = (wall_ns - elapsed_ns) / 1e9,
		.drift_ppm = raw_ns > 0 ? (elapsed_ns - raw_ns) / raw_ns * 1e6 : 0,
	};
}
