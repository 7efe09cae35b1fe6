/*
 * null: what the instrument itself costs and sees. Measures nothing but the time between two clock
 * reads, so that the whole path from option to report can be tried anywhere.
 */
#include "bench.h"
#include "clock.h"
#include "interrupt.h"

#include <errno.h>
#include <stddef.h>

static struct config {
	uint64_t duration_ns, repetitions;
} config;

static const struct option_row options[] = {
	{.name = "duration",
		.letter = 't',
		.type = OPTION_TIME,
		.offset = offsetof(struct config, duration_ns),
		.argument = "TIME",
		.help = "Length of one repetition",
		.value = {"100ms", "300ms", "1s"},
		.min = 1000000,
		.max = UINT64_C(3600000000000)},
	{.name = "repetitions",
		.letter = 'r',
		.type = OPTION_COUNT,
		.offset = offsetof(struct config, repetitions),
		.argument = "N",
		.help = "Number of repetitions; fewer than 6 cannot give a 95 % interval",
		.value = {"6", "6", "10"},
		.min = 1,
		.max = 1000},
	{.name = NULL},
};

static const struct metric_spec metrics[] = {
	{"null.rate", "Clock pairs a second", "reads/s", BETTER_HIGHER}, {.name = NULL}};
static const struct distribution_spec distributions[] = {
	{"null.gap", "Time between two clock reads"}, {.name = NULL}};

static double estimate(const void *settings)
{
	const struct config *use = settings;

	return (double)use->duration_ns / 1e9 * (double)use->repetitions;
}

static void explain(const void *settings, FILE *out)
{
	const struct config *use = settings;

	fprintf(out,
		"  1. read the clock twice, over and over, for %.3g s, and keep the difference\n"
		"  2. repeat that %llu times\n",
		(double)use->duration_ns / 1e9, (unsigned long long)use->repetitions);
}

static int measure(const void *settings, struct record *record, struct problem *problem)
{
	const struct config *use = settings;
	struct histogram *gaps = histogram_new();
	struct series *series = record_series(record, &distributions[0], NULL);

	if (!gaps)
		return problem_set(problem, -ENOMEM, "no memory for a histogram");
	for (uint64_t i = 0; i < use->repetitions && !interrupt_pending(); i++) {
		int64_t start_ns = clock_now_ns(), end_ns = start_ns + (int64_t)use->duration_ns;

		histogram_reset(gaps);
		for (int64_t now_ns = start_ns; now_ns < end_ns && !interrupt_pending();) {
			int64_t before_ns = clock_now_ns();

			now_ns = clock_now_ns();
			histogram_record(gaps, now_ns - before_ns);
			series_add(series, before_ns, now_ns - before_ns);
		}
		double elapsed_s = (double)(clock_now_ns() - start_ns) / 1e9;
		record_histogram(record, &distributions[0], NULL, gaps);
		record_value(record, &metrics[0], NULL, (double)gaps->total / elapsed_s);
	}
	histogram_free(gaps);
	return 0;
}

const struct bench bench = {
	.name = "null",
	.question = "What does the instrument itself cost here, and how steady is this CPU?",
	.method =
		"Reads the monotonic clock in pairs and records the time between the two reads. The median "
		"is the cost of the instrument; a long gap is time that an interrupt, another task or "
		"another guest of the hypervisor took from this CPU.",
	.options = options,
	.config = &config,
	.metrics = metrics,
	.distributions = distributions,
	.estimate = estimate,
	.explain = explain,
	.measure = measure,
};
