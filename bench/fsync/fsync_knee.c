/*
 * Mode knee: the highest rate of writes that etcd could keep up here, with 99 % of them durable in
 * time.
 *
 * A probe is a short run of mode etcd at one rate. It passes when 90 % of the rate is reached (what
 * etcdctl check perf asks) and the 99th percentile of an entry's wait, from when it was due, is
 * within the limit. Only two failures in a row count: one hiccup of the host is not the disk's
 * knee. Rates are tried in growing steps up or down from the last knee until one passes and the
 * next does not, then between these two until they are an eighth apart. The reading is the rate
 * that the best probe reached.
 */
#include "fsync.h"

#include "clock.h"
#include "interrupt.h"

#include <errno.h>
#include <math.h>

#define LEAST_RATE    10.0
#define FIRST_RATE    200.0
#define FIRST_STEP    2.0
#define LATER_STEP    1.2
#define CLOSE_ENOUGH  1.12
#define LEAST_REACHED 0.9
#define LEAST_SAMPLES 100.0
#define LONGEST_NS    INT64_C(1000000000)
#define DATABASE      (UINT64_C(4) << 20) /* written anew for each probe */

/* A slow disk at a low rate needs long probes. When they have taken this long, the repetitions
 * there are must do. */
#define BUDGET_NS INT64_C(45000000000)

/* What a repetition of the search has found. */
struct search {
	struct fsync_trial *trial, probe;
	struct fsync_config config;
	const struct scratch *scratch;
	int64_t probe_ns;
	uint64_t writes; /* of the best probe that passed */
	double elapsed_s;
	double passed, failed; /* the highest rate that passed, the lowest that did not; 0: none */
};

static bool is_sustained(const struct search *search)
{
	const struct fsync_trial *probe = &search->probe;
	double reached = (double)probe->writes / probe->elapsed_s;

	/* One of a few proves nothing. */
	uint64_t late = histogram_count_above(
		probe->latency[1].histogram, (int64_t)search->config.knee_p99_ns);

	return reached >= LEAST_REACHED * (double)probe->rate &&
	       late <= (probe->writes > 200 ? probe->writes / 100 : 1);
}

/* Runs one probe; 1 when it passes, 0 when not. */
static int try_once(struct search *search, double rate, struct problem *problem)
{
	struct fsync_trial *probe = &search->probe;
	int64_t duration_ns = (int64_t)(LEAST_SAMPLES / rate * 1e9);

	if (duration_ns > LONGEST_NS)
		duration_ns = LONGEST_NS;
	if (duration_ns < search->probe_ns)
		duration_ns = search->probe_ns;
	probe->rate = (uint64_t)rate;
	probe->writes = 0;
	probe->elapsed_s = 0;
	for (size_t i = 0; i < FSYNC_LATENCIES; i++)
		histogram_reset(probe->latency[i].histogram);
	int result = fsync_etcd_run(probe, &search->config, search->scratch, duration_ns, problem);
	if (result < 0 || interrupt_pending() || probe->elapsed_s <= 0)
		return result;
	return is_sustained(search);
}

/* Notes whether a rate is sustained. */
static int try_rate(struct search *search, double rate, struct problem *problem)
{
	int result = try_once(search, rate, problem);

	if (result == 0 && !interrupt_pending())
		result = try_once(search, rate, problem);
	if (result < 0 || interrupt_pending())
		return result;
	if (result == 0) {
		search->failed = rate;
		return 0;
	}
	search->passed = rate;
	search->writes = search->probe.writes;
	search->elapsed_s = search->probe.elapsed_s;
	return 0;
}

static bool is_open(const struct search *search)
{
	if (!search->passed)
		return search->failed == 0 || search->failed > LEAST_RATE;
	return search->failed == 0 && search->passed < (double)search->config.knee_most;
}

/* Steps up from a rate that passes or down from one that does not until there is one of each. */
static int find_bracket(struct search *search, double start, double step, struct problem *problem)
{
	double most = (double)search->config.knee_most;
	double rate = fmin(fmax(start, LEAST_RATE), most);
	int result = 0;

	while (result == 0 && is_open(search) && !interrupt_pending()) {
		result = try_rate(search, rate, problem);
		rate = search->passed ? fmin(rate * step, most) : fmax(rate / step, LEAST_RATE);
		step = fmin(step * sqrt(step), 4);
	}
	return result;
}

static int search_knee(struct search *search, struct problem *problem)
{
	double last = search->trial->knee;
	int result = find_bracket(
		search, last ? last : FIRST_RATE, last ? LATER_STEP : FIRST_STEP, problem);

	while (result == 0 && search->passed && search->failed > search->passed * CLOSE_ENOUGH &&
		!interrupt_pending())
		result = try_rate(search, sqrt(search->passed * search->failed), problem);
	/* Half a search says nothing. */
	if (result < 0 || interrupt_pending())
		return result;
	search->trial->knee = fmax(search->passed, LEAST_RATE);
	search->trial->writes = search->writes;
	/* That no rate is sustained is a reading too. */
	search->trial->elapsed_s = search->passed ? search->elapsed_s : search->probe.elapsed_s;
	return 0;
}

int fsync_knee_run(struct fsync_trial *trial, const struct fsync_config *config,
	const struct scratch *scratch, int64_t duration_ns, struct problem *problem)
{
	struct search search = {
		.trial = trial,
		.probe = {.mode = FSYNC_ETCD,
			.payload = trial->payload,
			.latencies = FSYNC_LATENCIES},
		.config = *config,
		.scratch = scratch,
		.probe_ns = duration_ns,
	};
	int64_t start_ns = clock_now_ns();
	int result = 0;

	if (trial->knee_spent_ns > BUDGET_NS)
		return 0;
	if (search.config.database_bytes > DATABASE)
		search.config.database_bytes = DATABASE;
	for (size_t i = 0; i < FSYNC_LATENCIES && result == 0; i++) {
		search.probe.latency[i].histogram = histogram_new();
		if (!search.probe.latency[i].histogram)
			result = problem_set(problem, -ENOMEM, "no memory for latencies");
	}
	if (result == 0)
		result = search_knee(&search, problem);
	for (size_t i = 0; i < FSYNC_LATENCIES; i++)
		histogram_free(search.probe.latency[i].histogram);
	trial->knee_spent_ns += clock_now_ns() - start_ns;
	return result;
}
