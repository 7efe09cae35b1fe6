/*
 * absence: which result documents can be judged, and why a reading is in none of them.
 */
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

/* Whether a result document is one of `bench` whose readings count: complete, or interrupted with
 * what it had. Skipped and failed ones only give a reason. */
bool absence_is_usable(const json_t *document, const char *bench);

/* Whether the facts of a result document of `bench` count: those of a failed one too. What it found
 * out before, or that the disk failed it, is as true as otherwise. */
bool absence_has_facts(const json_t *document, const char *bench);

/* Writes why a run has no metric or fact `name` of `bench`, and what would enable it: what the
 * bench itself says under "skipped", then the reason its document gives, then what the harness
 * noted. */
void absence_explain(
	const json_t *run, const char *bench, const char *name, char *buffer, size_t size);
