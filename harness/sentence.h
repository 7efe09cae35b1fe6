/*
 * sentence: a text of bounded length, built piece by piece; what does not fit is cut. No errors.
 */
#pragma once

#include <stddef.h>

#define SENTENCE_MAX 2048

struct sentence {
	size_t used;
	char text[SENTENCE_MAX];
};

void sentence_add(struct sentence *sentence, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* Copies the text as printable, well-formed UTF-8; returns `buffer`. */
const char *sentence_finish(const struct sentence *sentence, char *buffer, size_t size);
