/*
 * sample_private: the parts of sample.c, in several files.
 */
#pragma once

#include "sample.h"
#include "verdict.h"

/* The labels of a metric in the form that a key has, or NULL when they are malformed. The caller
 * frees it. */
char *sample_labels_text(const json_t *metric);

/* The parameters of a result that change what is measured, not where: those that it does not list
 * as "incidental" or, when it has no such list, those that are no path. The caller frees it. */
char *sample_parameters_text(const json_t *result);

/* What a sample_run has beside its samples; new references that share what runs have in common. */
json_t *sample_header(struct sample_set *set, const json_t *run, const char *sha256);
json_t *sample_profiles(struct sample_set *set, const json_t *run);

/* The `verdicts` of a run whose profiles are the set's own, a new reference; and `*lines` of the
 * same, which the caller frees. */
json_t *sample_verdicts(struct sample_set *set, const json_t *run, char **lines);

/* The set's own value that is equal to this one; borrowed. */
json_t *sample_set_share(struct sample_set *set, const json_t *value);

/* What verdicts on runs of the set share. */
struct verdict_cache *sample_set_verdicts(struct sample_set *set);

/* The `lines` of a sample_run: of a verdict by these profiles. The caller frees it. */
char *sample_lines_text(const json_t *verdict, const json_t *profiles);
