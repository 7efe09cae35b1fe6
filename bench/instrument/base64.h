/*
 * base64: RFC 4648, section 4, with padding.
 */
#pragma once

#include "problem.h"

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* Characters that `count` bytes become, without the NUL. */
static inline size_t base64_length(size_t count)
{
	return (count + 2) / 3 * 4;
}

/* Writes `count` bytes as base64_length(count) characters and a NUL. */
void base64_write(const uint8_t *bytes, size_t count, char *text);

/* Reads `text` whole into `bytes`, which has room for strlen(text) / 4 * 3. Returns how many bytes
 * there were, or -EINVAL with a sentence in `problem` for a character too few or one that is not
 * base64. */
ssize_t base64_read(const char *text, uint8_t *bytes, struct problem *problem);
