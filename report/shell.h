/*
 * shell: words for people to paste into a shell. What a document holds stays one word and expands
 * to nothing.
 */
#pragma once

#include <stdio.h>

/* Writes `text` as one word of a POSIX shell, in quotes where it needs them. */
void shell_word(FILE *out, const char *text);
