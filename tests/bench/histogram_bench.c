/*
 * What one histogram_record() costs, on latencies as a disk gives them: log-normal, made
 * beforehand. Beside it, for comparison, the same loop only storing each value, and a read of the
 * clock.
 */
#include "clock.h"
#include "histogram.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#define VALUES      (1 << 16)
#define PASSES      16 /* over the values, in one repetition */
#define REPETITIONS 41

static int64_t values[VALUES];
static int64_t stored[VALUES];
static struct histogram *histogram;

static double random_uniform(void)
{
	static uint64_t state = 1;

	/* Knuth's MMIX generator. */
	state = state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return ((double)(state >> 11) + 0.5) * 0x1p-53;
}

/* Median 1 ms; `sigma` is the standard deviation of the natural logarithm. */
static void values_fill(double sigma)
{
	for (size_t i = 0; i < VALUES; i++) {
		double normal = sqrt(-2 * log(random_uniform())) * cos(2 * M_PI * random_uniform());

		values[i] = (int64_t)(1e6 * exp(sigma * normal));
	}
}

static void pass_record(void)
{
	for (size_t i = 0; i < VALUES; i++)
		histogram_record(histogram, values[i]);
}

static void pass_store(void)
{
	for (size_t i = 0; i < VALUES; i++)
		*(volatile int64_t *)&stored[i] = values[i];
}

static void pass_clock(void)
{
	for (size_t i = 0; i < VALUES; i++)
		*(volatile int64_t *)&stored[i] = clock_now_ns();
}

static int compare_doubles(const void *left, const void *right)
{
	double a = *(const double *)left;
	double b = *(const double *)right;

	return (a > b) - (a < b);
}

/* Median over repetitions, in ns for one value. */
static double measure(void (*pass)(void), int passes)
{
	double ns[REPETITIONS];

	pass();
	for (int i = 0; i < REPETITIONS; i++) {
		int64_t start = clock_now_ns();

		for (int k = 0; k < passes; k++)
			pass();
		ns[i] = (double)(clock_now_ns() - start) / ((double)passes * VALUES);
	}
	qsort(ns, REPETITIONS, sizeof(*ns), compare_doubles);
	return ns[REPETITIONS / 2];
}

int main(void)
{
	static const double sigmas[] = {0.3, 1, 2};
	double store = measure(pass_store, PASSES);
	double read = measure(pass_clock, 1);

	histogram = histogram_new();
	if (!histogram)
		return 1;
	for (size_t i = 0; i < sizeof(sigmas) / sizeof(*sigmas); i++) {
		values_fill(sigmas[i]);
		histogram_reset(histogram);
		double record = measure(pass_record, PASSES);

		printf("histogram_record: %.2f ns a value, log-normal latencies of sigma %.1f "
		       "(%.1f plain stores of %.2f ns, %.2f clock reads of %.1f ns)\n",
			record, sigmas[i], record / store, store, record / read, read);
	}
	histogram_free(histogram);
	return 0;
}
