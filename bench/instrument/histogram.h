/*
 * histogram: latencies in nanoseconds, as a High Dynamic Range (log-linear) histogram.
 *
 * Layout and serial form are those of Gil Tene's HdrHistogram with lowest discernible value 1 ns,
 * highest trackable value 1 hour and 3 significant decimal digits, so that any HdrHistogram tool
 * opens what we write. Memory is fixed (about 264 KiB) and taken once, by histogram_new();
 * recording never allocates and takes a few nanoseconds. Values outside the range are refused and
 * counted, never clamped: a stall longer than an hour must not look like one of an hour.
 */
#pragma once

#include "problem.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define HISTOGRAM_HIGHEST_NS       INT64_C(3600000000000)
#define HISTOGRAM_SUB_BUCKET_BITS  11 /* 2,048 sub-buckets: 3 significant decimal digits */
#define HISTOGRAM_SUB_BUCKETS      (1 << HISTOGRAM_SUB_BUCKET_BITS)
#define HISTOGRAM_HALF_SUB_BUCKETS (HISTOGRAM_SUB_BUCKETS / 2)
#define HISTOGRAM_BUCKETS          32 /* 2,048 << 31 is the first power of two past one hour */
#define HISTOGRAM_SLOTS            ((HISTOGRAM_BUCKETS + 1) * HISTOGRAM_HALF_SUB_BUCKETS)

/* The fields are public for histogram_record() to be inlined; read them through the functions. */
struct histogram {
	uint64_t total;   /* values recorded */
	uint64_t refused; /* values negative or beyond HISTOGRAM_HIGHEST_NS */
	int64_t min_ns;   /* exact unless decoded; INT64_MAX when empty */
	int64_t max_ns;   /* exact unless decoded; 0 when empty */
	uint64_t slots[HISTOGRAM_SLOTS];
};

/* An empty histogram, or NULL when memory is short. The caller frees it with histogram_free(). */
struct histogram *histogram_new(void);

/* Frees; NULL is allowed. */
void histogram_free(struct histogram *histogram);

/* Empties it for reuse. */
void histogram_reset(struct histogram *histogram);

/* The slot a value in 0..HISTOGRAM_HIGHEST_NS falls in. */
static inline size_t histogram_slot(int64_t value_ns)
{
	int bucket = 64 - HISTOGRAM_SUB_BUCKET_BITS -
		     __builtin_clzll((uint64_t)value_ns | (HISTOGRAM_SUB_BUCKETS - 1));

	return ((size_t)bucket << (HISTOGRAM_SUB_BUCKET_BITS - 1)) + (size_t)(value_ns >> bucket);
}

/* Records one latency. Negative values and values beyond the range only raise `refused`. */
static inline void histogram_record(struct histogram *histogram, int64_t value_ns)
{
	if (__builtin_expect((uint64_t)value_ns > (uint64_t)HISTOGRAM_HIGHEST_NS, 0)) {
		histogram->refused++;
		return;
	}
	histogram->slots[histogram_slot(value_ns)]++;
	histogram->total++;
	if (value_ns < histogram->min_ns)
		histogram->min_ns = value_ns;
	if (value_ns > histogram->max_ns)
		histogram->max_ns = value_ns;
}

/* Smallest and largest value that share a slot, in ns. */
int64_t histogram_slot_lowest_ns(size_t slot);
int64_t histogram_slot_highest_ns(size_t slot);

/* Adds every value of `from` to `into`; `refused` too. */
void histogram_merge(struct histogram *into, const struct histogram *from);

/* The value at quantile q in 0..1, as HdrHistogram defines it: the highest value equivalent to the
 * ceil(q * total)-th smallest, but never above the exact maximum. 0 when empty. */
int64_t histogram_quantile_ns(const struct histogram *histogram, double q);

/* The rank, 1..total, that quantile q means: ceil(q * total). 0 when total is. */
uint64_t histogram_rank_of(uint64_t total, double q);

/* The value of the rank-th smallest recorded latency (1..total), by the same rule. */
int64_t histogram_rank_ns(const struct histogram *histogram, uint64_t rank);

/* How many recorded values lie above value_ns's slot. */
uint64_t histogram_count_above(const struct histogram *histogram, int64_t value_ns);

/* Mean over slot midpoints, kept within minimum and maximum, in ns; 0 when empty. */
double histogram_mean_ns(const struct histogram *histogram);

/* The HdrHistogram V2 compressed encoding in base64, NUL-terminated, or NULL when memory is short.
 * The caller frees it. It begins with "HISTFAAA" up to 64 KiB, which only billions of values all
 * over the range could exceed. `refused` and the exact extremes are not part of it. */
char *histogram_encode(const struct histogram *histogram);

/* Decodes what histogram_encode() or another HdrHistogram implementation wrote. Accepts V2
 * compressed and plain V2, any significant digits 1..5, any range: counts land in the slot of their
 * value's midpoint, and those whose slot begins beyond HISTOGRAM_HIGHEST_NS in `refused`. Minimum
 * and maximum become the ends of the outermost slots. Input is hostile: bounded in memory and time,
 * -EINVAL with a sentence in `problem` when malformed, -E2BIG when it claims more than its slots
 * can need, -ENOMEM. On success *out is the caller's. */
int histogram_decode(const char *base64, struct histogram **out, struct problem *problem);

/* The same in place of what `into` holds: who decodes many need not clear all of it each time. It
 * is empty after a failure. */
int histogram_decode_into(const char *base64, struct histogram *into, struct problem *problem);
