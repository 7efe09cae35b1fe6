/*
 * The statistics by themselves, for scripts/simulate-gate, scripts/real-aa and
 * tests/system/statistical.py, which simulate them by the thousand and hold them against other
 * programs.
 *
 * Reads doubles (of this machine) from standard input and writes doubles: each request is
 *   KIND, how many numbers follow, the numbers
 * and each answer: how many numbers follow, the numbers. An error is answered by one number, the
 * negative errno. The kinds are the names of functions below.
 */
#include "changes.h"
#include "distribution.h"
#include "gate.h"
#include "holm.h"
#include "rank.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Room for the longest answer: 12 numbers a metric, or 5 a change. */
struct answer {
	double *numbers;
	size_t n;
};

static void put(struct answer *answer, double number)
{
	answer->numbers[answer->n++] = number;
}

/* n, m, a's values, b's values: U, p_greater, p_less, p, whether exact, delta. */
static int ask_rank(const double *numbers, struct answer *answer)
{
	size_t n = (size_t)numbers[0], m = (size_t)numbers[1];
	const double *a = numbers + 2, *b = a + n;
	struct rank_test test;
	int error = rank_test(a, n, b, m, &test);

	if (error)
		return error;
	put(answer, test.u);
	put(answer, test.p_greater);
	put(answer, test.p_less);
	put(answer, test.p);
	put(answer, test.exact);
	put(answer, rank_cliffs_delta(a, n, b, m));
	return 0;
}

/* n, p-values: adjusted. */
static int ask_holm(const double *numbers, struct answer *answer)
{
	answer->n = (size_t)numbers[0];
	memcpy(answer->numbers, numbers + 1, answer->n * sizeof(*numbers));
	return holm_adjust(answer->numbers, answer->n);
}

/* t, degrees, p: P(T >= t), the point of p, P(Z >= t), the normal point of p. */
static int ask_distribution(const double *numbers, struct answer *answer)
{
	put(answer, distribution_t_above(numbers[0], numbers[1]));
	put(answer, distribution_t_point(numbers[2], numbers[1]));
	put(answer, distribution_normal_above(numbers[0]));
	put(answer, distribution_normal_point(numbers[2]));
	return 0;
}

/* Numbers the repetitions' runs, each of `each`. */
static void number_runs(uint32_t *runs, size_t n, size_t each)
{
	for (size_t i = 0; i < n; i++)
		runs[i] = (uint32_t)(i / each);
}

/* One side of a gate: so many runs of so many repetitions, of each of which a rate's exposure is
 * 1. Units are runs or, so many each, `repeats` of one. */
struct shape {
	size_t runs, repetitions, repeats;
};

static struct rate_side count_events(const double *values, struct shape shape, double *room)
{
	double *events = room, *exposures = room + shape.runs;

	for (size_t i = 0; i < shape.runs; i++) {
		events[i] = 0;
		exposures[i] = (double)shape.repetitions;
		for (size_t j = 0; j < shape.repetitions; j++)
			events[i] += values[i * shape.repetitions + j];
	}
	return (struct rate_side){events, exposures, shape.runs};
}

/* What a gate is asked with. */
struct gate_room {
	struct gate_metric *metrics;
	struct gate_result *results;
	struct rate_sides *rates;
	double *counts;
	uint32_t *runs, *whole;
};

static void ask_metrics(const double *numbers, size_t count, const struct shape *shapes,
	const struct gate_room *room)
{
	size_t n = shapes[0].runs * shapes[0].repetitions;
	size_t m = shapes[1].runs * shapes[1].repetitions;
	double *counts = room->counts;

	number_runs(room->runs, n, shapes[0].repetitions);
	number_runs(room->runs + n, m, shapes[1].repetitions);
	number_runs(room->whole, n, shapes[0].repetitions * shapes[0].repeats);
	number_runs(room->whole + n, m, shapes[1].repetitions * shapes[1].repeats);
	for (size_t i = 0; i < count; i++) {
		const double *values = numbers + 12 + i * (n + m);
		struct gate_metric *metric = &room->metrics[i];

		metric->higher_is_better = numbers[9] != 0;
		metric->sides.baseline = (struct repetitions){values, room->runs, n};
		metric->sides.candidate = (struct repetitions){values + n, room->runs + n, m};
		if (numbers[11] > 1) {
			metric->sides.whole[0] = room->whole;
			metric->sides.whole[1] = room->whole + n;
		}
		if (numbers[10] == 0)
			continue;
		room->rates[i].baseline = count_events(values, shapes[0], counts);
		counts += 2 * shapes[0].runs;
		room->rates[i].candidate = count_events(values + n, shapes[1], counts);
		counts += 2 * shapes[1].runs;
		metric->rates = &room->rates[i];
	}
}

/* Metrics, runs and repetitions of each of the baseline, the same of the candidate, alpha,
 * threshold, tolerance, whether independent, whether higher is better, whether values are counts of
 * rare events, how many runs are repeats of one; then each metric's baseline and candidate. For
 * each metric: verdict, p, p_adjusted, ratio, low, high, worse, serial, correlated, by_run,
 * more_repetitions, more_runs. */
static int ask_gate(const double *numbers, struct answer *answer)
{
	size_t metrics = (size_t)numbers[0];
	const struct shape shapes[] = {
		{(size_t)numbers[1], (size_t)numbers[2], (size_t)numbers[11]},
		{(size_t)numbers[3], (size_t)numbers[4], (size_t)numbers[11]}};
	size_t runs = shapes[0].runs + shapes[1].runs;
	size_t repetitions =
		shapes[0].runs * shapes[0].repetitions + shapes[1].runs * shapes[1].repetitions;
	struct gate_settings settings = {
		numbers[5], numbers[6], numbers[7], .independent = numbers[8] != 0};
	struct gate_room room = {
		.metrics = calloc(metrics + 1, sizeof(*room.metrics)),
		.results = calloc(metrics + 1, sizeof(*room.results)),
		.rates = calloc(metrics + 1, sizeof(*room.rates)),
		.counts = calloc(2 * metrics * runs + 1, sizeof(*room.counts)),
		.runs = calloc(repetitions + 1, sizeof(*room.runs)),
		.whole = calloc(repetitions + 1, sizeof(*room.whole)),
	};
	int error =
		room.metrics && room.results && room.rates && room.counts && room.runs && room.whole
			? 0
			: -ENOMEM;

	if (!error) {
		ask_metrics(numbers, metrics, shapes, &room);
		error = gate_judge(room.metrics, metrics, &settings, room.results);
	}
	for (size_t i = 0; i < metrics && !error; i++) {
		const struct gate_result *result = &room.results[i];
		const double row[] = {result->verdict, result->p, result->p_adjusted,
			result->difference.ratio, result->difference.low, result->difference.high,
			result->worse, result->difference.serial, result->difference.correlated,
			result->difference.by_run, (double)result->more_repetitions,
			(double)result->more_runs};

		for (size_t j = 0; j < sizeof(row) / sizeof(*row); j++)
			put(answer, row[j]);
	}
	free(room.metrics);
	free(room.results);
	free(room.rates);
	free(room.counts);
	free(room.runs);
	free(room.whole);
	return error;
}

/* p, magnitude, segment, window, values: index, before, after, ratio, p of each change. */
static int ask_changes(const double *numbers, size_t count, struct answer *answer)
{
	struct changes_settings settings = {
		numbers[0], numbers[1], (size_t)numbers[2], (size_t)numbers[3]};
	size_t n = count - 4, changed;
	struct change *changes = calloc(changes_most(n, &settings) + 1, sizeof(*changes));
	int error = changes ? changes_find(numbers + 4, n, &settings, changes, &changed) : -ENOMEM;

	for (size_t i = 0; !error && i < changed; i++) {
		put(answer, (double)changes[i].index);
		put(answer, changes[i].before);
		put(answer, changes[i].after);
		put(answer, changes[i].ratio);
		put(answer, changes[i].p);
	}
	free(changes);
	return error;
}

/* Segment, values: energy, index of the best division. */
static int ask_divide(const double *numbers, size_t count, struct answer *answer)
{
	struct changes_division division =
		changes_divide(numbers + 1, count - 1, (size_t)numbers[0]);

	put(answer, division.energy);
	put(answer, (double)division.index);
	return 0;
}

static int answer_to(int kind, const double *numbers, size_t n, struct answer *answer)
{
	switch (kind) {
	case 0:
		return ask_rank(numbers, answer);
	case 1:
		return ask_holm(numbers, answer);
	case 2:
		return ask_distribution(numbers, answer);
	case 3:
		return ask_gate(numbers, answer);
	case 4:
		return ask_changes(numbers, n, answer);
	case 5:
		return ask_divide(numbers, n, answer);
	default:
		return -ENOSYS;
	}
}

int main(void)
{
	double head[2];

	while (fread(head, sizeof(*head), 2, stdin) == 2) {
		size_t n = (size_t)head[1];
		double *numbers = malloc((n + 1) * sizeof(*numbers));
		struct answer answer = {malloc((12 * n + 64) * sizeof(double)), 0};

		if (!numbers || !answer.numbers ||
			fread(numbers, sizeof(*numbers), n, stdin) != n) {
			fprintf(stderr, "statistics_tool: a request ends early, or is too long\n");
			return 1;
		}
		int error = answer_to((int)head[0], numbers, n, &answer);

		if (error) {
			answer.numbers[0] = error;
			answer.n = 1;
		}
		double length = (double)answer.n;

		fwrite(&length, sizeof(length), 1, stdout);
		fwrite(answer.numbers, sizeof(double), answer.n, stdout);
		free(numbers);
		free(answer.numbers);
	}
	return fflush(stdout) ? 1 : 0;
}
