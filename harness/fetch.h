/*
 * fetch: a file from an http or https URL, within limits on size and time.
 */
#pragma once

#include "problem.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Whether `text` begins as a URL does ("ftp://..."), of whatever scheme. */
bool fetch_is_url(const char *text);

/* Fetches at most `size_max` bytes in at most `timeout_ns`. Only http and https, also where a
 * redirect leads, and from https only to https. The caller frees *text. Returns 0 or a negative
 * errno with a sentence: -EFBIG, -ETIMEDOUT, -EPROTONOSUPPORT, -EIO. */
int fetch(const char *url, size_t size_max, uint64_t timeout_ns, char **text, size_t *length,
	struct problem *problem);

/* The URL without user name and password, as it may be shown and stored; the caller frees it. */
char *fetch_public_url(const char *url);
