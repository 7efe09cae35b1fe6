/*
 * requirement: the requirements of a profile, and what each candidate of a seatrial.comparison/1,
 * which may hold anything, reads of them.
 */
#pragma once

#include "interval.h"

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

struct requirement {
	const json_t *line; /* what one of the candidates says: title, limit, severity; borrowed */
	const json_t *
		*lines; /* what each of `candidates` says; NULL where it was not judged by it */
	size_t met;     /* how many of them meet it */
	bool advised;
	int rank;     /* section_line_rank() of the worst */
	size_t place; /* in the profile */
};

struct requirements {
	struct requirement *at; /* the worst first; those that all meet last, as in the profile */
	size_t count, unmet;    /* all, and those that not all meet */
	size_t *candidates;     /* indices of those that were judged by the profile line by line */
	size_t judged;          /* of them */
};

/* Gathers those of a profile. False, with nothing to free, when no candidate says any, or memory is
 * short. The caller ends the use with requirements_free(). */
bool requirements_gather(
	const json_t *comparison, const char *profile, struct requirements *requirements);
void requirements_free(struct requirements *requirements);

/* Whether a line asks for nothing; not for NULL. */
bool requirement_is_met(const json_t *line);

/* What a line reads; false when that is no number with an interval. */
bool requirement_interval(const json_t *line, struct interval *interval);

/* "38.0 ms (31.0 to 52.0)", "38.0 ms (at least 31.0)", "yes", "not measured", "not judged" for
 * NULL. Returns `buffer`. */
const char *requirement_reading(const json_t *line, char *buffer, size_t size);
