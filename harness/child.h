/*
 * child: runs one program to its end, whatever it does, and keeps what it said.
 *
 * The program gets a session of its own (so that the terminal's Ctrl-C reaches only us), /dev/null
 * as stdin, and dies with us: PR_SET_PDEATHSIG ends it when the harness is killed. What it leaves
 * behind is ended too: its process group by signal, and processes that left the group because they
 * are handed to us as their subreaper.
 */
#pragma once

#include "problem.h"

#include <stdbool.h>
#include <stddef.h>

#define CHILD_OUTPUT_MAX                                                                           \
	(16u << 20)            /* bytes of stdout kept; a program that prints more is ended        \
				*/
#define CHILD_ERRORS_MAX 8192u /* the last bytes of stderr */
#define CHILD_GRACE_S    5.0   /* between SIGTERM and SIGKILL */

struct child_program {
	const char *const *argv; /* argv[0] is a path, not looked up; NULL-terminated */
	double limit_s;          /* then SIGTERM, and SIGKILL after CHILD_GRACE_S */
	void (*tick)(
		void *data, double elapsed_s); /* called about four times a second; may be NULL */
	void *data;
};

/* Why it was ended before it ended by itself. */
enum child_end {
	CHILD_BY_ITSELF,
	CHILD_TIME_LIMIT,
	CHILD_INTERRUPTED, /* interrupt_pending() */
	CHILD_OUTPUT_LIMIT,
};

struct child_result {
	char *output; /* stdout, NUL-terminated, may hold NULs before */
	size_t output_length;
	char errors[CHILD_ERRORS_MAX + 1]; /* the last of stderr, NUL-terminated, NULs replaced */
	int status;                        /* as waitpid() gives it */
	enum child_end end;
	bool output_cut; /* more than CHILD_OUTPUT_MAX; the rest is lost */
	bool killed;     /* SIGTERM did not suffice */
	bool stuck;      /* nor did SIGKILL: it waits inside the kernel; `status` means nothing */
	double elapsed_s;
};

/* Makes us the parent of our children's orphans. Once, before the first child_run(). */
void child_prepare(void);

/* Runs `program`. Returns 0 when it was started and has ended, however it did; `result` is then the
 * caller's to release. A negative errno with `problem` filled when it could not be started;
 * `result` then needs no release. */
int child_run(
	const struct child_program *program, struct child_result *result, struct problem *problem);
void child_release(struct child_result *result);

/* How it ended, as the end of a sentence that starts with its name: "exited with status 1". Returns
 * `buffer`. */
const char *child_ending(const struct child_result *result, char *buffer, size_t size);
