#include "gnuplot.h"

#include "clock.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

/* What a pipe brought, up to a limit. */
struct catch
{
	int fd; /* -1: closed by the other side */
	char *text;
	size_t used, limit;
};

struct child {
	pid_t pid;
	struct catch out, err;
};

static void close_fd(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

/* The script as a file without a name, so that no pipe has to be fed while two are read. */
static int open_script(const char *script, struct problem *problem)
{
	int fd = memfd_create("script", MFD_CLOEXEC);
	size_t size = strlen(script), written = 0;

	while (fd >= 0 && written < size) {
		ssize_t n = write(fd, script + written, size - written);

		if (n < 0 && errno != EINTR)
			break;
		written += n > 0 ? (size_t)n : 0;
	}
	if (fd < 0 || written < size || lseek(fd, 0, SEEK_SET) < 0) {
		int code = problem_errno(problem, "Cannot hand a script to gnuplot");

		close_fd(&fd);
		return code;
	}
	return fd;
}

static int set_up_spawn(
	posix_spawn_file_actions_t *actions, posix_spawnattr_t *attributes, const int fds[3])
{
	sigset_t none, all;
	int code = 0;

	sigemptyset(&none);
	sigfillset(&all);
	for (int i = 0; i < 3 && !code; i++)
		code = posix_spawn_file_actions_adddup2(actions, fds[i], i);
	if (!code)
		code = posix_spawn_file_actions_addclosefrom_np(actions, 3);
	if (!code)
		code = posix_spawn_file_actions_addchdir_np(actions, "/");
	if (!code)
		code = posix_spawnattr_setsigmask(attributes, &none);
	if (!code)
		code = posix_spawnattr_setsigdefault(attributes, &all);
	if (!code)
		code = posix_spawnattr_setpgroup(attributes, 0);
	if (!code)
		code = posix_spawnattr_setflags(attributes,
			POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
	return code;
}

static int spawn(const char *program, const int fds[3], pid_t *pid, struct problem *problem)
{
	/* -d: no start-up file, neither the system's nor the user's. */
	char *const arguments[] = {(char *)"gnuplot", (char *)"-d", NULL};
	char *const environment[] = {(char *)"PATH=/usr/bin:/bin", (char *)"LC_ALL=C.UTF-8", NULL};
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attributes;

	posix_spawn_file_actions_init(&actions);
	posix_spawnattr_init(&attributes);
	int code = set_up_spawn(&actions, &attributes, fds);
	if (!code)
		code = posix_spawnp(pid, program, &actions, &attributes, arguments, environment);
	posix_spawnattr_destroy(&attributes);
	posix_spawn_file_actions_destroy(&actions);
	if (!code) {
		/* No file can be written, and no loop outlives us. A child that is already gone is
		 * none of our concern. */
		prlimit(*pid, RLIMIT_FSIZE, &(struct rlimit){0, 0}, NULL);
		prlimit(*pid, RLIMIT_CORE, &(struct rlimit){0, 0}, NULL);
		prlimit(*pid, RLIMIT_CPU, &(struct rlimit){GNUPLOT_SECONDS, GNUPLOT_SECONDS}, NULL);
		return 0;
	}
	if (code == ENOENT)
		return problem_set(problem, -ENOENT,
			"gnuplot is not installed here (no program \"%s\" was found); install gnuplot "
			"(Debian: gnuplot-nox) and write the report again to see the plots",
			program);
	return problem_set(problem, -code, "Cannot run %s: %s", program, strerror(code));
}

/* Reads once. Returns -EFBIG when the child says more than it may. */
static int catch_more(struct catch *catch)
{
	size_t room = catch->limit - catch->used;
	ssize_t n = read(catch->fd, catch->text + catch->used, room);

	if (n < 0)
		return errno == EINTR || errno == EAGAIN ? 0 : -errno;
	catch->used += (size_t)n;
	catch->text[catch->used] = '\0';
	if (n == 0)
		close_fd(&catch->fd);
	return catch->used == catch->limit ? -EFBIG : 0;
}

/* It stays a zombie, so that its process group keeps its number. */
static bool has_ended(pid_t pid)
{
	siginfo_t info = {0};

	if (waitid(P_PID, (id_t)pid, &info, WEXITED | WNOHANG | WNOWAIT) < 0)
		return errno != EINTR;
	return info.si_pid == pid;
}

/* Reads both pipes until the child has closed them and ended, or the time is up. */
static int collect(struct child *child, const char *program, struct problem *problem)
{
	int64_t deadline_ns = clock_now_ns() + GNUPLOT_SECONDS * INT64_C(1000000000);

	while (child->out.fd >= 0 || child->err.fd >= 0 || !has_ended(child->pid)) {
		bool closed = child->out.fd < 0 && child->err.fd < 0;
		struct pollfd fds[] = {{.fd = child->out.fd, .events = POLLIN},
			{.fd = child->err.fd, .events = POLLIN}};
		int64_t left_ms = (deadline_ns - clock_now_ns()) / 1000000;

		if (left_ms <= 0)
			return problem_set(problem, -ETIMEDOUT, "%s gave no plot within %d s",
				program, GNUPLOT_SECONDS);
		if (poll(fds, 2, closed ? 1 : (int)left_ms) < 0 && errno != EINTR)
			return problem_errno(problem, "Cannot wait for %s", program);
		if (fds[0].revents && catch_more(&child->out) < 0)
			return problem_set(
				problem, -EFBIG, "%s wrote more than a plot can need", program);
		if (fds[1].revents && catch_more(&child->err) < 0)
			close_fd(&child->err.fd);
	}
	return 0;
}

/* The first line of `text`, as the reason in a sentence. */
static const char *first_line(char *text)
{
	char *start = text + strspn(text, " \t\r\n");

	start[strcspn(start, "\r\n")] = '\0';
	return *start ? start : "it did not say why";
}

/* Ends the child with everything it started, and says what became of it. */
static int reap(struct child *child, bool kill_it, const char *program, struct problem *problem)
{
	int status;

	if (kill_it)
		kill(-child->pid, SIGKILL);
	while (waitpid(child->pid, &status, 0) < 0)
		if (errno != EINTR)
			return problem_errno(problem, "Cannot wait for %s", program);
	kill(-child->pid, SIGKILL);
	if (kill_it)
		return 0;
	if (WIFSIGNALED(status))
		return problem_set(problem, -EIO, "%s was killed by signal %d (%s)", program,
			WTERMSIG(status), strsignal(WTERMSIG(status)));
	if (WEXITSTATUS(status) != 0)
		return problem_set(problem, -EIO, "%s failed with exit status %d: %s", program,
			WEXITSTATUS(status), first_line(child->err.text));
	return 0;
}

static int run(const char *program, int script, struct child *child, struct problem *problem)
{
	int out[2] = {-1, -1}, err[2] = {-1, -1}, code = 0;

	if (pipe2(out, O_CLOEXEC) < 0 || pipe2(err, O_CLOEXEC) < 0)
		code = problem_errno(problem, "Cannot make a pipe for gnuplot");
	if (!code)
		code = spawn(program, (int[]){script, out[1], err[1]}, &child->pid, problem);
	close_fd(&out[1]);
	close_fd(&err[1]);
	child->out.fd = out[0];
	child->err.fd = err[0];
	if (!code) {
		code = collect(child, program, problem);
		int end = reap(child, code < 0, program, problem);
		code = code ? code : end;
	}
	close_fd(&child->out.fd);
	close_fd(&child->err.fd);
	return code;
}

char *gnuplot_run(const char *program, const char *script, struct problem *problem)
{
	char complaint[4096] = "";
	struct child child = {
		.out = {.fd = -1,
			.text = malloc(GNUPLOT_OUTPUT_MAX + 1),
			.limit = GNUPLOT_OUTPUT_MAX},
		.err = {.fd = -1, .text = complaint, .limit = sizeof(complaint) - 1},
	};

	if (!child.out.text) {
		problem_set(problem, -ENOMEM, "Not enough memory for a plot");
		return NULL;
	}
	child.out.text[0] = '\0';
	int file = open_script(script, problem);
	int code = file < 0 ? file : run(program, file, &child, problem);
	close_fd(&file);
	if (!code && !child.out.used)
		code = problem_set(
			problem, -EIO, "%s drew nothing: %s", program, first_line(complaint));
	if (code) {
		free(child.out.text);
		return NULL;
	}
	return child.out.text;
}
