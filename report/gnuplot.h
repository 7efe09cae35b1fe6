/*
 * gnuplot: one script in, one SVG out, by a child process that can do no harm: no shell, an empty
 * environment, no start-up file, and limits on its time, its output and the files it could write
 * (none).
 */
#pragma once

#include "problem.h"

#define GNUPLOT_SECONDS    5         /* a plot of ours takes 0.05 s */
#define GNUPLOT_OUTPUT_MAX (4 << 20) /* a plot of ours has about 20 KiB */

/* Runs `program` (a path, or a name looked up in PATH) on `script`. Returns what it wrote to
 * stdout, for the caller to free, or NULL with a sentence in `problem`. */
char *gnuplot_run(const char *program, const char *script, struct problem *problem);
