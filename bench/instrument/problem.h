/*
 * problem: an error with the sentence that goes with it.
 *
 * A function that can fail for a reason the user can act on takes a struct problem *, fills it
 * where the reason is known (what was tried, on what, what the system said, what to do) and returns
 * a negative errno. Libraries print nothing; only a program's main prints problem.text, once, on
 * stderr.
 */
#pragma once

#include <stdarg.h>

struct problem {
	char text[768];
};

/* Writes the sentence and returns `code` (a negative errno), so that callers can write
 * `return problem_set(p, -ENOSPC, "...")`. A NULL problem is allowed and only drops the text. */
int problem_set(struct problem *problem, int code, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* As problem_set(), with ": <strerror(errno)>" at the end; returns -errno. */
int problem_errno(struct problem *problem, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
