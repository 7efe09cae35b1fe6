#include "secret.h"

#include "text.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

int secret_from_file(const char *file, char *text, size_t size, struct problem *problem)
{
	struct stat status;
	int fd = open(file, O_RDONLY | O_CLOEXEC | O_NONBLOCK), failure = 0;

	if (fd < 0)
		return problem_errno(problem, "cannot open the token file %s", file);
	if (fstat(fd, &status) < 0)
		failure = problem_errno(problem, "cannot examine the token file %s", file);
	else if (!S_ISREG(status.st_mode))
		failure =
			problem_set(problem, -EINVAL, "the token file %s is no regular file", file);
	else if (status.st_mode & 077)
		failure = problem_set(problem, -EPERM,
			"others may read the token file %s; do: chmod 600 %s", file, file);
	ssize_t length = failure ? 0 : read(fd, text, size - 1);
	if (length < 0)
		failure = problem_errno(problem, "cannot read the token file %s", file);
	text[length > 0 ? length : 0] = '\0';
	close(fd);
	const char *stripped = text_strip(text);
	memmove(text, stripped, strlen(stripped) + 1);
	return failure;
}

bool secret_from_variable(const char *name, char *text, size_t size)
{
	char *variable = getenv(name);
	bool there = variable && *variable;

	memset(text, 0, size);
	if (!variable)
		return false;
	strncpy(text, variable, size - 1);
	explicit_bzero(variable, strlen(variable));
	unsetenv(name);
	return there;
}
