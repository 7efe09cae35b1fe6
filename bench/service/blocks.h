/*
 * blocks: what the blocks of a sweep add up to. Blocks that did not read something are left out of
 * it; where none did, the interval's value is NAN.
 */
#pragma once

#include "interval.h"
#include "line.h"
#include "readings.h"

/* What a mode adds to a connection's first packet at one size, s. */
struct interval blocks_cost(
	const struct readings *readings, enum mode mode, enum target target, size_t size);

/* By how much `mode` is dearer than `other`, each block's reading with its own, s. */
struct interval blocks_difference(const struct readings *readings, enum mode mode, enum mode other,
	enum target target, size_t size);

/* CPU time that a mode adds to a connection in one block, s; NAN: not read. */
double blocks_added_cpu(const struct readings *readings, enum mode mode, size_t size, size_t block);

/* The share of a CPU that a mode adds for so many connections a second. */
struct interval blocks_cpu(
	const struct readings *readings, enum mode mode, size_t size, double connections_per_s);

/* A line through what one block read at all sizes, and the slopes of all blocks' lines, s for each
 * Service. */
struct line blocks_line(
	const struct readings *readings, enum mode mode, enum target target, size_t block);
struct interval blocks_slope(const struct readings *readings, enum mode mode, enum target target);

/* The last size at which a mode was asked for a target; readings->size_count: at none. */
size_t blocks_last_size(const struct readings *readings, enum mode mode, enum target target);

/* "1.20 µs (1.10 to 1.34)", without an interval where there is none. Returns `buffer`. */
const char *blocks_say(
	const struct interval *interval, const char *unit, char *buffer, size_t size);

/* The sentence that says what such brackets hold. Returns `buffer`. */
const char *blocks_brackets(const struct interval *interval, char *buffer, size_t size);
