#include "histogram.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

struct histogram *histogram_new(void)
{
	struct histogram *histogram = calloc(1, sizeof(*histogram));

	if (!histogram)
		return NULL;
	/* Fresh pages fault when first written: take the faults now, not while measuring. A plain
	 * memset() of calloc()ed memory is optimised away. */
	explicit_bzero(histogram->slots, sizeof(histogram->slots));
	histogram->min_ns = INT64_MAX;
	return histogram;
}

void histogram_free(struct histogram *histogram)
{
	free(histogram);
}

void histogram_reset(struct histogram *histogram)
{
	memset(histogram, 0, sizeof(*histogram));
	histogram->min_ns = INT64_MAX;
}

/* Bucket b holds values of b bits more than fit the sub-buckets, so its slots are 2^b ns wide.
 * Bucket 0 has all its sub-buckets; of every other only the upper half is used, the lower half
 * being bucket b - 1. */
static int slot_bucket(size_t slot)
{
	return slot < HISTOGRAM_SUB_BUCKETS ? 0 : (int)(slot / HISTOGRAM_HALF_SUB_BUCKETS) - 1;
}

int64_t histogram_slot_lowest_ns(size_t slot)
{
	int bucket = slot_bucket(slot);

	return ((int64_t)slot - (int64_t)bucket * HISTOGRAM_HALF_SUB_BUCKETS) << bucket;
}

int64_t histogram_slot_highest_ns(size_t slot)
{
	return histogram_slot_lowest_ns(slot) + (INT64_C(1) << slot_bucket(slot)) - 1;
}

/* The first slot in use; 0 when there is none. */
static size_t slots_begin(const struct histogram *histogram)
{
	return histogram->total ? histogram_slot(histogram->min_ns) : 0;
}

/* One past the last slot in use. */
static size_t slots_end(const struct histogram *histogram)
{
	return histogram->total ? histogram_slot(histogram->max_ns) + 1 : 0;
}

void histogram_merge(struct histogram *into, const struct histogram *from)
{
	size_t end = slots_end(from);

	for (size_t slot = 0; slot < end; slot++)
		into->slots[slot] += from->slots[slot];
	into->total += from->total;
	into->refused += from->refused;
	if (from->min_ns < into->min_ns)
		into->min_ns = from->min_ns;
	if (from->max_ns > into->max_ns)
		into->max_ns = from->max_ns;
}

uint64_t histogram_rank_of(uint64_t total, double q)
{
	if (!(q > 0))
		return total ? 1 : 0;
	if (q >= 1)
		return total;
	/* 0.07 * 100 is a little over 7 in binary; the next smaller q keeps the rank at 7. */
	double rank = ceil(nextafter(q, 0) * (double)total);

	if (rank < 1)
		return total ? 1 : 0;
	return rank < (double)total ? (uint64_t)rank : total;
}

int64_t histogram_rank_ns(const struct histogram *histogram, uint64_t rank)
{
	size_t end = slots_end(histogram);
	uint64_t seen = 0;

	for (size_t slot = slots_begin(histogram); slot < end; slot++) {
		seen += histogram->slots[slot];
		if (seen && seen >= rank) {
			int64_t highest = histogram_slot_highest_ns(slot);

			return highest < histogram->max_ns ? highest : histogram->max_ns;
		}
	}
	return histogram->max_ns;
}

int64_t histogram_quantile_ns(const struct histogram *histogram, double q)
{
	return histogram_rank_ns(histogram, histogram_rank_of(histogram->total, q));
}

uint64_t histogram_count_above(const struct histogram *histogram, int64_t value_ns)
{
	size_t end = slots_end(histogram);
	uint64_t above = 0;

	if (value_ns < 0)
		return histogram->total;
	if (value_ns >= histogram->max_ns)
		return 0;
	for (size_t slot = histogram_slot(value_ns) + 1; slot < end; slot++)
		above += histogram->slots[slot];
	return above;
}

double histogram_mean_ns(const struct histogram *histogram)
{
	size_t end = slots_end(histogram);
	double sum = 0;

	if (!histogram->total)
		return 0;
	for (size_t slot = 0; slot < end; slot++) {
		if (!histogram->slots[slot])
			continue;
		double middle = 0.5 * (double)(histogram_slot_lowest_ns(slot) +
					       histogram_slot_highest_ns(slot));
		sum += middle * (double)histogram->slots[slot];
	}
	return fmin(fmax(sum / (double)histogram->total, (double)histogram->min_ns),
		(double)histogram->max_ns);
}
