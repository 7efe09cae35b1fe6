/*
 * tool: runs a small program of the system, one that we trust, and keeps what it says. It shares
 * our terminal: it may ask people for a passphrase, which never passes through here.
 */
#pragma once

#include "problem.h"

#include <stdbool.h>
#include <stddef.h>

#define TOOL_OUTPUT_MAX 16384

struct tool_call {
	const char *const *argv; /* NULL-terminated; argv[0] is looked up in PATH */
	const char *package;     /* Debian's, for the sentence when it is not there */
	int input;               /* its stdin; -1: ours */
	int third;               /* its descriptor 3; -1: none */
	bool talks;              /* its stdout and stderr are ours, not kept */
};

struct tool_result {
	bool succeeded;               /* it exited with 0 */
	char output[TOOL_OUTPUT_MAX]; /* the first of stdout, NUL-terminated */
	char errors[1024];            /* of stderr */
};

/* Runs it to its end. Returns 0 when it ran, whatever came of it, or a negative errno with a
 * sentence. */
int tool_run(const struct tool_call *call, struct tool_result *result, struct problem *problem);

/* A file in memory, at its beginning, for a call. Returns a descriptor to close, or a negative
 * errno with a sentence. */
int tool_memory(const void *data, size_t length, struct problem *problem);
