/*
 * verify: whether a run agrees with itself. Pure: reads a document, measures and prints nothing.
 *
 * What can be computed from something else in the document is computed again: summaries from
 * values, quantiles from histograms, pooled histograms from those of repetitions. What the harness
 * makes equal must be equal: host, seed, preset, parameters and programs of repeated benchmarks.
 * And times must be in order. A consistent run can still be invented as a whole: that is what
 * signatures are for.
 */
#pragma once

#include <jansson.h>

#define VERIFY_FINDINGS_MAX 200 /* one more says how many are left out */

/* What was found in a run document, whatever it holds: an array of {"kind": "inconsistent" or
 * "note", "where": place in the document, "what": a clause}, all printable. A new
 * reference. */
json_t *verify_run(const json_t *run);

/* How many findings are inconsistencies, with those left out. */
size_t verify_inconsistencies(const json_t *findings);
