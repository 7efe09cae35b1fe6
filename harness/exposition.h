/*
 * exposition: readings in Prometheus' text format and its relatives.
 *
 * Names are seatrial_BENCH_METRIC_UNIT in base units (seconds, bytes, bytes_per_second, ratio);
 * quantiles of a latency are one summary with a label "quantile"; the ends of an interval are
 * ..._low_UNIT and ..._high_UNIT, absent where the evidence leaves them open. Labels: host, preset,
 * bench, metric and those of the benchmark; no run's id, of which there would be ever more.
 */
#pragma once

#include "export.h"

enum exposition_style {
	EXPOSITION_OPENMETRICS, /* timestamps in seconds, UNIT, EOF: what a backfill reads */
	EXPOSITION_TEXTFILE,    /* no timestamps: node_exporter skips a whole file that has any */
	EXPOSITION_PUSH,        /* timestamps in ms: what stores import */
	EXPOSITION_GITLAB,      /* names and values of 3 significant digits, compared as text */
};

/* Writes a run in any style, or a gate's decision in that of GitLab. -EINVAL with a sentence when
 * the run does not say when it began. */
int exposition_write(const struct export_source *source, enum exposition_style style, FILE *out,
	struct problem *problem);
