#include "state_file.h"

#include "text.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define FILE_MAX (INT64_C(64) << 20)

int state_file_load(const char *path, json_t **state, struct problem *problem)
{
	char printable[JSON_ERROR_TEXT_LENGTH];
	json_error_t error;
	struct stat status;
	/* O_NONBLOCK: a FIFO must not hang us before fstat() has told what it is. */
	int file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);

	*state = NULL;
	if (file < 0)
		return errno == ENOENT ? 0
				       : problem_errno(problem, "cannot open the state %s", path);
	if (fstat(file, &status) < 0 || !S_ISREG(status.st_mode) || status.st_size > FILE_MAX) {
		close(file);
		return problem_set(problem, -EINVAL,
			"cannot use the state %s: it is no file of at most 64 MiB", path);
	}
	*state = json_loadfd(file, JSON_REJECT_DUPLICATES, &error);
	close(file);
	if (json_is_object(*state))
		return 0;
	json_decref(*state);
	*state = NULL;
	return problem_set(problem, -EINVAL, "cannot use the state %s: %s; remove it to begin anew",
		path,
		text_printable(*error.text ? error.text : "it holds no object", printable,
			sizeof(printable)));
}

static int write_state(const char *path, const json_t *state, struct problem *problem)
{
	int result = 0;
	int file = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);

	if (file < 0)
		return problem_errno(problem, "cannot write the state %s", path);
	FILE *out = fdopen(file, "w");
	if (!out) {
		result = problem_errno(problem, "cannot write the state %s", path);
		close(file);
		return result;
	}
	if (json_dumpf(state, out, JSON_COMPACT) < 0 || fflush(out) != 0 || fsync(file) < 0)
		result = problem_errno(problem, "cannot write the state %s", path);
	if (fclose(out) != 0 && result == 0)
		result = problem_errno(problem, "cannot write the state %s", path);
	return result;
}

int state_file_store(const char *path, const json_t *state, struct problem *problem)
{
	char *beside;
	int result;

	if (asprintf(&beside, "%s.new", path) < 0)
		return problem_set(problem, -ENOMEM, "no memory for the name of a file");
	result = write_state(beside, state, problem);
	if (result == 0 && rename(beside, path) < 0)
		result = problem_errno(problem, "cannot replace the state %s", path);
	if (result < 0)
		unlink(beside);
	free(beside);
	return result;
}
