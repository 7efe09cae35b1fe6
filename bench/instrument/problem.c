#include "problem.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

int problem_set(struct problem *problem, int code, const char *format, ...)
{
	if (problem) {
		va_list arguments;
		va_start(arguments, format);
		vsnprintf(problem->text, sizeof(problem->text), format, arguments);
		va_end(arguments);
	}
	return code;
}

int problem_errno(struct problem *problem, const char *format, ...)
{
	int saved = errno ? errno : EIO;

	if (problem) {
		va_list arguments;
		va_start(arguments, format);
		int used = vsnprintf(problem->text, sizeof(problem->text), format, arguments);
		va_end(arguments);
		if (used >= 0 && (size_t)used < sizeof(problem->text))
			snprintf(problem->text + used, sizeof(problem->text) - (size_t)used, ": %s",
				strerror(saved));
	}
	return -saved;
}
