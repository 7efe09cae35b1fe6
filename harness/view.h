/*
 * view: a run and its verdict as text for people: the answer first, then what is wrong and what to
 * do, then what is in order.
 */
#pragma once

#include "terminal.h"

#include <jansson.h>

/* The verdict, and what the reader must know to judge it: benches that gave no result, warnings. */
void view_verdict(const struct terminal *terminal, const json_t *run, const json_t *verdict);

/* "AMD EPYC 7763, 2 CPUs, 3.8 GiB, Linux 6.1.0-25, kvm". Returns `buffer`. */
const char *view_host(const json_t *host, char *buffer, size_t size);

/* "35 s", "2 min 5 s", "3 h 10 min". Returns `buffer`. */
const char *view_duration(double seconds, char *buffer, size_t size);

/* A titled list of {"what","why"}, of which `most` are shown; nothing for an empty one. */
void view_reasons(
	const struct terminal *terminal, const json_t *reasons, const char *title, size_t most);

/* The tone of an "overall" or of a line's "status". */
enum tone view_tone(const char *status);
