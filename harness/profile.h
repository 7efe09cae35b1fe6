/*
 * profile: what "suitable" means for one use of a host, as data ("seatrial.profile/1").
 * results/schema/profile-1.json describes the format; profiles/ holds the ones that come with the
 * suite.
 *
 * A profile is data and nothing else: it names readings, limits, sources and words for people. It
 * is held to the format strictly, because a requirement that is silently ignored would let a bad
 * host pass: an unknown key, a missing source or a limit without a unit is an error that names the
 * file and the place.
 */
#pragma once

#include "problem.h"

#include <jansson.h>
#include <stdbool.h>

#define PROFILE_SCHEMA   "seatrial.profile/1"
#define PROFILE_NAME_MAX 32

/* Whether `text` can name a profile or a bench: a lower-case letter, then letters, digits, '-' or
 * '_', at most PROFILE_NAME_MAX in all. */
bool profile_is_name(const char *text);

/* Loads and checks the profile `name`: a path when it contains a '/', else NAME.json in the first
 * of the NULL-terminated `directories` that has it; the profile must then also call itself `name`.
 * A new reference; NULL with a sentence in `problem` that says what is wrong where, or which names
 * there are. */
json_t *profile_load(const char *name, const char *const *directories, struct problem *problem);

/* Checks a profile that came from elsewhere, e.g. embedded in a run. Returns 0, or -EINVAL with a
 * sentence that names the requirement and the key. */
int profile_check(const json_t *profile, struct problem *problem);

/* The names of all profiles in `directories`, sorted, each once, as a JSON array of strings. They
 * are only listed, not checked; directories that do not exist are passed over. A new reference;
 * NULL when out of memory. */
json_t *profile_names(const char *const *directories);
