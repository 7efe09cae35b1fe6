/*
 * wording: judged lines in words that someone who buys hosts understands. Knows no bench: the nouns
 * come from the profile's titles, the numbers from the line.
 *
 * Each function writes printable UTF-8 of at most `size` bytes, NUL included, and returns `buffer`;
 * what does not fit is cut.
 */
#pragma once

#include "judge.h"

#define WORDING_MAX 2048 /* room for any text from here */

/* "38.0 ms (95 % interval 31.0 ms to 52.0 ms)", "yes", "not measured". */
const char *wording_reading(const struct line *line, char *buffer, size_t size);

/* "at most 10 ms", "equal to 2", "must pass". */
const char *wording_limit(const json_t *requirement, char *buffer, size_t size);

/* What was found against what, without a full stop: "Flushes of etcd's log: 99 % must finish within
 * 10 ms; here that takes 38.0 ms (95 % interval 31.0 ms to 52.0 ms)". */
const char *wording_finding(const struct line *line, char *buffer, size_t size);

/* The whole line: the finding, and what follows when it is no plain answer. */
const char *wording_line(const struct line *line, char *buffer, size_t size);
