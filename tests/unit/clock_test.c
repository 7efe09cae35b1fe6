#include "clock.h"

#include "cost.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <math.h>
#include <signal.h>
#include <string.h>
#include <sys/time.h>
#include <time.h>

#define MILLISECOND INT64_C(1000000)

Test(clock, sleeps_until_a_time_and_not_less)
{
	int64_t deadline_ns = clock_now_ns() + 20 * MILLISECOND;

	cr_assert_eq(clock_sleep_until_ns(deadline_ns), 0);
	cr_assert_geq(clock_now_ns(), deadline_ns);
	cr_assert_eq(clock_sleep_until_ns(deadline_ns), 0, "a time that has passed");
}

static void nothing(int number)
{
	(void)number;
}

/* Again and again: held up before what it is to interrupt, a single signal would have come. */
static void alarm_every(suseconds_t period_us, void (*handler)(int))
{
	struct sigaction action = {.sa_handler = handler};
	const struct timeval period = {.tv_usec = period_us};
	struct itimerval timer = {.it_interval = period, .it_value = period};

	sigaction(SIGALRM, &action, NULL);
	setitimer(ITIMER_REAL, &timer, NULL);
}

Test(clock, a_signal_ends_a_sleep)
{
	alarm_every(10000, nothing);
	cr_assert_eq(clock_sleep_until_ns(clock_now_ns() + 60000 * MILLISECOND), -EINTR);
}

Test(clock, a_spin_cannot_lose_more_time_than_it_took)
{
	struct clock_spin spin = {0};

	/* What is held up for nearly all of a spin reads little. */
	for (int i = 0; i < 20 && spin.reads <= 1000; i++) {
		spin = clock_spin(20 * MILLISECOND);
		cr_assert_leq(spin.gaps_total_ns, 20 * MILLISECOND + spin.gap_max_ns);
	}
	cr_assert_gt(spin.reads, 1000);
}

/* A handler that sleeps takes a known time from the spinning thread, as a hypervisor would. */
static void steal(int number)
{
	struct timespec time = {.tv_nsec = 30 * MILLISECOND};

	(void)number;
	nanosleep(&time, NULL);
}

Test(clock, a_spin_recovers_an_injected_stall)
{
	alarm_every(50000, steal);
	struct clock_spin spin = clock_spin(100 * MILLISECOND);

	cr_assert_geq(spin.gap_max_ns, 30 * MILLISECOND);
	cr_assert_geq(spin.gaps, 1);
	cr_assert_geq(spin.gaps_total_ns, spin.gap_max_ns);
}

Test(clock, watches_without_crying_wolf)
{
	struct clock_verdict verdict = {.drift_ppm = INFINITY};

	/* What is held up between reading one clock and the next sees a drift. */
	for (int i = 0; i < 20 && fabs(verdict.drift_ppm) >= 10000; i++) {
		struct clock_watch watch;

		clock_watch_start(&watch);
		clock_sleep_until_ns(clock_now_ns() + 50 * MILLISECOND);
		verdict = clock_watch_finish(&watch);
		cr_assert_lt(fabs(verdict.step_s), 1);
	}
	cr_assert_lt(fabs(verdict.drift_ppm), 10000);
}

static double process_s(void)
{
	struct timespec used;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used);
	return (double)used.tv_sec + (double)used.tv_nsec / 1e9;
}

Test(cost, counts_the_cpu_time_that_was_spent)
{
	struct cost_sample before, after;
	double outer_s = process_s();

	cost_sample(&before);
	double inner_s = process_s();
	for (int i = 0; i < 100 && process_s() - inner_s < 0.1; i++)
		clock_spin(100 * MILLISECOND);
	inner_s = process_s() - inner_s;
	cost_sample(&after);
	outer_s = process_s() - outer_s;
	json_t *conditions = cost_difference(&before, &after);
	double cpu_s = json_number_value(json_object_get(conditions, "cpu_user_s")) +
		       json_number_value(json_object_get(conditions, "cpu_system_s"));

	/* What the kernel's clock of this process says, whatever others took of the time. A tick of
	 * 10 ms on either side may be on its way. */
	cr_assert_gt(inner_s, 0.09);
	cr_assert(cpu_s > inner_s - 0.02 && cpu_s < outer_s + 0.02, "had %f to %f s, counted %f",
		inner_s, outer_s, cpu_s);
	const char *key;
	json_t *value;
	json_object_foreach(conditions, key, value) {
		cr_assert(json_is_number(value), "%s is no number", key);
		cr_assert_geq(json_number_value(value), 0, "%s", key);
		if (strstr(key, "_ratio"))
			cr_assert_leq(json_number_value(value), 1, "%s", key);
	}
	json_decref(conditions);
}

Test(cost, leaves_out_what_is_not_known)
{
	struct cost_sample before, after;

	cost_sample(&before);
	after = before;
	after.cpu_total_s = -1;
	after.pressure_s[1] = -1;
	after.throttled = -1;
	json_t *conditions = cost_difference(&before, &after);

	cr_assert_null(json_object_get(conditions, "steal_ratio"));
	cr_assert_null(json_object_get(conditions, "pressure_io_ratio"));
	cr_assert_null(json_object_get(conditions, "throttled_periods"));
	json_decref(conditions);
}
