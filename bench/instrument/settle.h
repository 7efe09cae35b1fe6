/*
 * settle: when enough has been measured. A run may stop once each reading that somebody asks about
 * is clearly on one side of its limit; more repetitions would then change the figure, not the
 * answer.
 *
 * Looking again and again for a reason to stop finds one too often when intervals are exact. Those
 * of this suite are the wider of two (interval.h), and the number of looks is small.
 */
#pragma once

#include "problem.h"
#include "record.h"

#include <stdbool.h>
#include <stddef.h>

#define SETTLE_LIMITS_MAX 64

struct settle_limit {
	char name[128];  /* of a metric: "etcd.wal_fsync.p99" */
	double min, max; /* inclusive; infinite where not set */
};

struct settle {
	size_t count;
	struct settle_limit limit[SETTLE_LIMITS_MAX];
};

/* Reads "etcd.wal_fsync.p99<=0.01,wal.rate>=50"; NULL and "" mean none. Values are in the metric's
 * unit. Returns 0 or -EINVAL with a sentence that names `option`. */
int settle_parse(
	const char *option, const char *text, struct settle *settle, struct problem *problem);

/* Whether every metric with a limit that has been recorded lies, with its whole interval, on one
 * side of it. When not, `open` (of `size`) gets a clause for people on one that does not: what, its
 * interval, and its limit. */
bool settle_is_reached(
	const struct settle *settle, const struct record *record, char *open, size_t size);
