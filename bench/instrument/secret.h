/*
 * secret: a password or token, from a file of the user's own or from the environment. Never from a
 * command line, which everyone on the host can read.
 */
#pragma once

#include "problem.h"

#include <stdbool.h>
#include <stddef.h>

/* Reads the file's text, without white space around it. Returns 0; -EPERM when others may read it,
 * or another negative errno, with a sentence that does not have it. A text of size - 1 bytes may be
 * the beginning of a longer one. */
int secret_from_file(const char *file, char *text, size_t size, struct problem *problem);

/* Takes an environment variable: it is wiped, so that neither a child nor a reader of
 * /proc/PID/environ finds it. Returns false, with "" in `text`, when it is not set or empty; the
 * length limit is as above. */
bool secret_from_variable(const char *name, char *text, size_t size);
