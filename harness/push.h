/*
 * push: sends readings to a store that takes Prometheus' text by HTTP, as VictoriaMetrics does at
 * /api/v1/import/prometheus.
 *
 * Certificates are verified, redirects are not followed, and a token goes over https or to this
 * machine only. What comes back is bounded and shown only as printable text.
 */
#pragma once

#include "problem.h"

#include <stddef.h>
#include <stdint.h>

#define PUSH_URL_MAX   1024
#define PUSH_TOKEN_MAX 8192

struct push_target {
	char url[PUSH_URL_MAX];     /* with the path of the import */
	char base[PUSH_URL_MAX];    /* as it was given, without a '/' at the end */
	char token[PUSH_TOKEN_MAX]; /* "" for none */
	const char *authorities;    /* file of certificates instead of the system's; may be NULL */
	uint64_t attempts;          /* at least 1 */
	uint64_t pause_ns;          /* after the first that failed; doubles each time */
	uint64_t timeout_ns;        /* of one attempt */
};

enum push_outcome {
	PUSH_SENT,
	PUSH_UNREACHABLE, /* now; another time it may be taken */
	PUSH_REJECTED,    /* this text will never be taken */
	PUSH_REFUSED,     /* nothing will be taken until somebody changes something */
	PUSH_INTERRUPTED,
};

/* Sets `url` and `base` from a base URL such as "https://metrics.example/insert/0/prometheus", and
 * the token from a file or, with NULL, from the environment. Returns 0, or a negative errno with a
 * sentence that has no secret. The caller ends with push_forget(). */
int push_target_set(struct push_target *target, const char *base, const char *token_file,
	struct problem *problem);

/* Wipes the token. */
void push_forget(struct push_target *target);

/* Sends one text, again and again when the store cannot be reached or asks to wait (429, 5xx,
 * Retry-After), at most `attempts` times. With a sentence unless it was sent. */
enum push_outcome push_send(
	const struct push_target *target, const char *text, size_t length, struct problem *problem);
