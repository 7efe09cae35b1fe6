/*
 * verify_private: what the parts of verify share.
 */
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

/* Histograms looked at in all. Far more than any run asks for; what a forged one asks for is
 * bounded by it to some seconds. */
#define VERIFY_WORK_MAX 100000

struct verify {
	json_t *findings;
	size_t left_out;
	uint64_t work; /* histograms looked at */
};

enum finding { FINDING_INCONSISTENT, FINDING_NOTE };

/* Adds a finding. `where` is a place in the document; printf-style. */
void verify_say(struct verify *verify, enum finding kind, const char *where, const char *format,
	...) __attribute__((format(printf, 4, 5)));

/* Whether two numbers are the same to `tolerance` of the larger. */
bool verify_close(double left, double right, double tolerance);

/* "results[0].metrics[3] (etcd.ops)". Returns `buffer`. */
const char *verify_where(const char *result, const char *list, size_t index, const json_t *item,
	char *buffer, size_t size);
#define VERIFY_WHERE_MAX 256

/* Name and labels as one text, for a table of what was seen; the caller frees it. */
char *verify_key(const char *name, const json_t *labels);

/* Parts of a result, which fits its shape. `where` is its place. */
void verify_metrics(struct verify *verify, const json_t *result, const char *where);
void verify_latencies(struct verify *verify, const json_t *result, const char *where);
void verify_series(struct verify *verify, const json_t *result, const char *where);

/* The summary of a metric against what it should be; each side is compared to `tolerance`. */
struct interval;
void verify_summary(struct verify *verify, const json_t *metric, const char *method,
	const struct interval *interval, double tolerance, const char *where);

/* What a run's results have in common, and its times; fits its shape. `fit` says for each result
 * whether it fits its own. */
void verify_common(struct verify *verify, const json_t *run, const bool *fit);
