/* The lines that a script for gnuplot may consist of. */
#pragma once

#include <criterion/criterion.h>
#include <regex.h>
#include <stdbool.h>
#include <stdio.h>

/* Whether a whole line is of a pattern, an extended regular expression. */
static inline bool matches(const char *line, const char *pattern)
{
	regex_t regex;
	char whole[1024];

	snprintf(whole, sizeof(whole), "^(%s)$", pattern);
	cr_assert_eq(regcomp(&regex, whole, REG_EXTENDED | REG_NOSUB), 0, "%s", pattern);
	bool found = regexec(&regex, line, 0, NULL, 0) == 0;
	regfree(&regex);
	return found;
}
