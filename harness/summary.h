/*
 * summary: a profile's verdict in the two or three sentences that are read first: the answer, the
 * reading behind it, and a note when the run was cut short.
 */
#pragma once

#include "judge.h"

/* Writes printable UTF-8 of at most `size` bytes, NUL included. `state` is the run's. Returns
 * `buffer`. */
const char *summary_write(const struct line *lines, size_t count, enum overall overall,
	const char *state, char *buffer, size_t size);
