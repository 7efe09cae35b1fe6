/* rig_private: what the files of the rig, and the tunnels of peer_tunnel.c, share. */
#pragma once

#include "problem.h"
#include "rig.h"

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/* What one tool is told in one host. */
struct rig_batch {
	char *host;
	enum rig_tool tool;
	char *text;
	size_t length, size; /* of the text, and what there is room for */
};

struct rig_plan {
	char **hosts;
	size_t host_count;
	struct rig_batch *batches; /* in the order in which they run */
	size_t batch_count;
};

struct rig_host {
	char *name;
	int netns;
};

struct rig {
	struct rig_host *hosts;
	size_t host_count;
	int64_t deadline_ns; /* of its tools; 0: none but that of their text */
};

#define RIG_WORDS 32 /* of a command, NULL included */

/* How a tool is run. */
struct rig_tool_row {
	const char *program;   /* NULL: done without one (RIG_SYSCTL) */
	const char *package;   /* Debian's name of what it comes in */
	const char *arguments; /* words before, or instead of, the batch's */
	bool by_line;          /* one call a line, the line being its arguments; else on stdin */
	const char *multi; /* another program that is this one when called by its name, or NULL */
};
extern const struct rig_tool_row rig_tool_rows[RIG_TOOLS];

/* Memory or the end of the program. */
void *rig_need(void *memory);

/* The first n characters of a text without {HOST}s: each becomes what `name` says. To be freed. */
char *rig_expand(const char *text, const char *(*name)(const void *context, const char *host),
	const void *context);

/* The word that {HOST} begins, without braces; its length, or 0 when there is none. */
size_t rig_placeholder(const char *text);

/* Runs a program in a host: its arguments, what it reads on stdin, and what it said. Returns 0 when
 * it exited with 0 in time, a negative errno else, with `said` its output and, when that is empty,
 * what went wrong. */
struct rig_call {
	const char *path;        /* absolute */
	const char *const *argv; /* argv[0]: the name it is called by */
	const char *input;
	int netns;
	const struct rig *rig; /* whose hosts' descriptors the program gets */
	char *said;
	size_t said_size;
};
int rig_call(const struct rig_call *call);

/* Runs one batch. */
int rig_run_batch(const struct rig *rig, const struct rig_batch *batch, struct problem *problem);

/* Writes the lines of RIG_SYSCTL in a host. On failure `line` is the number of the one that failed,
 * from 1. */
int rig_write_sysctls(int netns, const char *text, int *line, char *said, size_t size);

/* A new network namespace: its descriptor, or a negative errno. */
int rig_new_netns(void);

/* True when this process may make and fill namespaces as it is. */
bool rig_privileged(void);

/* Moves this process into a user namespace, as its root. 0 or a negative errno. */
int rig_enter_userns(void);
