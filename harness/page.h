/*
 * page: the HTML report as a file.
 */
#pragma once

#include "problem.h"

#include <jansson.h>

/* Writes the report on a run to `path`, whole or not at all; "-" is standard output. `signatures`:
 * as report_options has them. Returns 0 or a negative errno with a sentence. */
int page_write(const char *path, const json_t *run, const json_t *verdict, const json_t *signatures,
	struct problem *problem);
