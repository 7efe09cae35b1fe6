/*
 * state_file: a measurement's state between two processes: one JSON object in a file that is whole
 * or not there.
 */
#pragma once

#include "problem.h"

#include <jansson.h>

/* Reads it. Returns 0 and a new reference, NULL when there is no such file, or a negative errno
 * with a sentence. The file is not trusted to be ours: only a regular one of at most 64 MiB is
 * read. */
int state_file_load(const char *path, json_t **state, struct problem *problem);

/* Replaces it: written beside its place, flushed, renamed. Steals nothing. */
int state_file_store(const char *path, const json_t *state, struct problem *problem);
