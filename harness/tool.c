#include "tool.h"

#include <errno.h>
#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

int tool_memory(const void *data, size_t length, struct problem *problem)
{
	const char *at = data;
	int file = memfd_create("seatrial", MFD_CLOEXEC);

	while (file >= 0 && length > 0) {
		ssize_t wrote = write(file, at, length);
		if (wrote < 0 && errno != EINTR) {
			close(file);
			file = -1;
		} else if (wrote > 0) {
			at += wrote;
			length -= (size_t)wrote;
		}
	}
	if (file < 0 || lseek(file, 0, SEEK_SET) < 0)
		return problem_errno(problem, "cannot keep a file in memory");
	return file;
}

static void read_back(int file, char *text, size_t size)
{
	ssize_t got = file < 0 ? 0 : pread(file, text, size - 1, 0);

	text[got > 0 ? got : 0] = '\0';
}

/* As system() does: what ends the tool by the terminal must not end us before we have tidied up. */
static void ignore(struct sigaction before[2])
{
	const struct sigaction ignored = {.sa_handler = SIG_IGN};

	sigaction(SIGINT, &ignored, &before[0]);
	sigaction(SIGQUIT, &ignored, &before[1]);
}

static void unignore(const struct sigaction before[2])
{
	sigaction(SIGINT, &before[0], NULL);
	sigaction(SIGQUIT, &before[1], NULL);
}

static int spawn(pid_t *pid, const struct tool_call *call, int out, int err)
{
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attributes;
	sigset_t defaults;
	int code;

	posix_spawn_file_actions_init(&actions);
	posix_spawnattr_init(&attributes);
	sigemptyset(&defaults);
	sigaddset(&defaults, SIGINT);
	sigaddset(&defaults, SIGQUIT);
	posix_spawnattr_setsigdefault(&attributes, &defaults);
	posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGDEF);
	if (call->input >= 0)
		posix_spawn_file_actions_adddup2(&actions, call->input, STDIN_FILENO);
	if (out >= 0)
		posix_spawn_file_actions_adddup2(&actions, out, STDOUT_FILENO);
	if (err >= 0)
		posix_spawn_file_actions_adddup2(&actions, err, STDERR_FILENO);
	/* Last: what the others are copied from may have this number. */
	if (call->third >= 0)
		posix_spawn_file_actions_adddup2(&actions, call->third, 3);
	code = posix_spawnp(
		pid, call->argv[0], &actions, &attributes, (char *const *)call->argv, environ);
	posix_spawnattr_destroy(&attributes);
	posix_spawn_file_actions_destroy(&actions);
	return code;
}

static int run(const struct tool_call *call, int out, int err, struct tool_result *result,
	struct problem *problem)
{
	struct sigaction before[2];
	int status = 0;
	pid_t pid;

	ignore(before);
	int code = spawn(&pid, call, out, err);
	while (!code && waitpid(pid, &status, 0) < 0 && errno == EINTR)
		continue;
	unignore(before);
	if (code == ENOENT)
		return problem_set(problem, -ENOENT,
			"%s is not installed: install it (Debian's package %s)", call->argv[0],
			call->package);
	if (code) {
		errno = code;
		return problem_errno(problem, "cannot run %s", call->argv[0]);
	}
	result->succeeded = WIFEXITED(status) && WEXITSTATUS(status) == 0;
	return 0;
}

int tool_run(const struct tool_call *call, struct tool_result *result, struct problem *problem)
{
	int out = -1, err = -1, failure = 0;

	*result = (struct tool_result){0};
	if (!call->talks) {
		failure = out = tool_memory("", 0, problem);
		if (failure >= 0)
			failure = err = tool_memory("", 0, problem);
	}
	if (failure >= 0)
		failure = run(call, out, err, result, problem);
	read_back(out, result->output, sizeof(result->output));
	read_back(err, result->errors, sizeof(result->errors));
	if (out >= 0)
		close(out);
	if (err >= 0)
		close(err);
	return failure < 0 ? failure : 0;
}
