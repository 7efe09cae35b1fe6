#include "child.h"

#include "clock.h"
#include "interrupt.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#define TICK_MS       100
#define ORPHAN_ROUNDS 32 /* killed, they give way to their own orphans */
#define SPARED_MAX    64

/* A running child. */
struct child {
	pid_t pid;    /* also its session and process group */
	int out, err; /* read ends, non-blocking; -1 when at their end */
	size_t capacity;
	int64_t started_ns;
	int64_t asked_ns;    /* when SIGTERM was sent; 0: not yet */
	size_t spared_count; /* children that we had before: whoever exec'ed us left them */
	pid_t spared[SPARED_MAX];
	struct child_result *result;
};

void child_prepare(void)
{
	prctl(PR_SET_CHILD_SUBREAPER, 1);
	/* Inherited as ignored, children would vanish before waitpid() sees them. */
	signal(SIGCHLD, SIG_DFL);
}

/* In the child: never returns. */
static void become(const struct child_program *program, int out, int err, int report, pid_t parent)
{
	sigset_t none;
	int null = open("/dev/null", O_RDONLY | O_CLOEXEC);

	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	signal(SIGPIPE, SIG_DFL);
	setsid();
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	/* The parent may have died before prctl(). */
	if (getppid() == parent && null >= 0 && dup2(null, STDIN_FILENO) >= 0 &&
		dup2(out, STDOUT_FILENO) >= 0 && dup2(err, STDERR_FILENO) >= 0) {
		/* Descriptors that whoever started us left open are none of the program's business.
		 */
		close_range(3, ~0u, CLOSE_RANGE_CLOEXEC);
		execv(program->argv[0], (char *const *)program->argv);
	}
	int code = errno;
	if (write(report, &code, sizeof(code)) < 0)
		_exit(126);
	_exit(127);
}

/* The errno of a failed execv(), or 0 once the program runs. */
static int exec_outcome(int report)
{
	int code = 0;
	ssize_t got;

	do
		got = read(report, &code, sizeof(code));
	while (got < 0 && errno == EINTR);
	return got == (ssize_t)sizeof(code) ? code : 0;
}

static void close_pair(int pair[2])
{
	for (int i = 0; i < 2; i++)
		if (pair[i] >= 0)
			close(pair[i]);
}

static pid_t wait_for(pid_t pid, int *status, int flags)
{
	pid_t got;

	do
		got = waitpid(pid, status, flags);
	while (got < 0 && errno == EINTR);
	return got;
}

static int start(struct child *child, const struct child_program *program, struct problem *problem)
{
	int out[2] = {-1, -1}, err[2] = {-1, -1}, report[2] = {-1, -1};
	pid_t parent = getpid();
	int failure = 0;

	if (pipe2(out, O_CLOEXEC) < 0 || pipe2(err, O_CLOEXEC) < 0 ||
		pipe2(report, O_CLOEXEC) < 0) {
		failure = problem_errno(problem, "cannot make a pipe to run %s", program->argv[0]);
		goto done;
	}
	child->pid = fork();
	if (child->pid < 0) {
		failure = problem_errno(problem, "cannot start a process for %s", program->argv[0]);
		goto done;
	}
	if (child->pid == 0)
		become(program, out[1], err[1], report[1], parent);
	close(report[1]);
	report[1] = -1;
	errno = exec_outcome(report[0]);
	if (errno) {
		failure = problem_errno(problem, "cannot run %s", program->argv[0]);
		wait_for(child->pid, NULL, 0);
		goto done;
	}
	child->out = out[0];
	child->err = err[0];
	out[0] = err[0] = -1;
	fcntl(child->out, F_SETFL, O_NONBLOCK);
	fcntl(child->err, F_SETFL, O_NONBLOCK);
	child->started_ns = clock_now_ns();
done:
	close_pair(out);
	close_pair(err);
	close_pair(report);
	return failure;
}

/* Sends SIGTERM, once: a second one would end a bench without its document. */
static void ask_to_end(struct child *child, enum child_end why)
{
	if (child->asked_ns)
		return;
	child->asked_ns = clock_now_ns();
	child->result->end = why;
	kill(-child->pid, SIGTERM);
}

static bool output_reserve(struct child *child, size_t more)
{
	struct child_result *result = child->result;
	size_t need = result->output_length + more + 1;

	if (need <= child->capacity)
		return true;
	size_t capacity = child->capacity ? child->capacity : 65536;
	while (capacity < need)
		capacity *= 2;
	char *grown = realloc(result->output, capacity);
	if (!grown)
		return false;
	result->output = grown;
	child->capacity = capacity;
	return true;
}

static void keep_output(struct child *child, const char *data, size_t length)
{
	struct child_result *result = child->result;

	if (result->output_cut)
		return;
	if (result->output_length + length > CHILD_OUTPUT_MAX || !output_reserve(child, length)) {
		result->output_cut = true;
		ask_to_end(child, CHILD_OUTPUT_LIMIT);
		return;
	}
	memcpy(result->output + result->output_length, data, length);
	result->output_length += length;
	result->output[result->output_length] = '\0';
}

static void keep_errors(struct child *child, const char *data, size_t length)
{
	char *errors = child->result->errors;
	size_t have = strlen(errors);

	if (length > CHILD_ERRORS_MAX) {
		data += length - CHILD_ERRORS_MAX;
		length = CHILD_ERRORS_MAX;
	}
	if (have + length > CHILD_ERRORS_MAX) {
		size_t drop = have + length - CHILD_ERRORS_MAX;
		memmove(errors, errors + drop, have - drop + 1);
		have -= drop;
	}
	for (size_t i = 0; i < length; i++)
		errors[have + i] = data[i] ? data[i] : '?';
	errors[have + length] = '\0';
}

/* Reads at most one buffer, so that nobody is starved by a program that never stops printing. */
static void drain(struct child *child, int *from,
	void (*keep)(struct child *child, const char *data, size_t length))
{
	static char buffer[65536];
	ssize_t got = read(*from, buffer, sizeof(buffer));

	if (got > 0) {
		keep(child, buffer, (size_t)got);
	} else if (got == 0 || (errno != EAGAIN && errno != EINTR)) {
		close(*from);
		*from = -1;
	}
}

static void poll_once(struct child *child, int timeout_ms)
{
	struct pollfd polled[] = {
		{.fd = child->out, .events = POLLIN}, {.fd = child->err, .events = POLLIN}};

	if (poll(polled, 2, timeout_ms) <= 0)
		return;
	if (polled[0].revents)
		drain(child, &child->out, keep_output);
	if (polled[1].revents)
		drain(child, &child->err, keep_errors);
}

/* What was printed before the end is still in the pipes, and bounded by their size. */
static void drain_rest(struct child *child)
{
	for (int i = 0; i < 64 && (child->out >= 0 || child->err >= 0); i++) {
		struct pollfd polled[] = {
			{.fd = child->out, .events = POLLIN}, {.fd = child->err, .events = POLLIN}};
		if (poll(polled, 2, 0) <= 0)
			return;
		poll_once(child, 0);
	}
}

static double seconds_since(int64_t since_ns)
{
	return (double)(clock_now_ns() - since_ns) * 1e-9;
}

static void enforce(struct child *child, double limit_s)
{
	struct child_result *result = child->result;

	if (interrupt_pending())
		ask_to_end(child, CHILD_INTERRUPTED);
	else if (seconds_since(child->started_ns) > limit_s)
		ask_to_end(child, CHILD_TIME_LIMIT);
	if (!child->asked_ns)
		return;
	double waited_s = seconds_since(child->asked_ns);
	if (waited_s > CHILD_GRACE_S && !result->killed) {
		result->killed = true;
		kill(-child->pid, SIGKILL);
		kill(child->pid, SIGKILL); /* should it have left its group */
	}
	result->stuck = waited_s > 2 * CHILD_GRACE_S;
}

/* True once it has ended; it stays a zombie, so that its process group keeps its number. */
static bool has_ended(pid_t pid)
{
	siginfo_t info = {0};

	if (waitid(P_PID, (id_t)pid, &info, WEXITED | WNOHANG | WNOWAIT) < 0)
		return errno != EINTR;
	return info.si_pid == pid;
}

static void supervise(struct child *child, const struct child_program *program)
{
	int64_t told_ns = 0;

	while (!has_ended(child->pid) && !child->result->stuck) {
		enforce(child, program->limit_s);
		poll_once(child, TICK_MS);
		if (program->tick && seconds_since(told_ns) > 0.25) {
			told_ns = clock_now_ns();
			program->tick(program->data, seconds_since(child->started_ns));
		}
	}
	child->result->elapsed_s = seconds_since(child->started_ns);
}

/* Our children's process ids, by a file of kernels with CONFIG_PROC_CHILDREN; none elsewhere. */
static size_t list_children(pid_t *pids, size_t max)
{
	char path[64];
	size_t count = 0;

	snprintf(path, sizeof(path), "/proc/self/task/%d/children", (int)getpid());
	FILE *list = fopen(path, "re");
	if (!list)
		return 0;
	while (count < max && fscanf(list, "%d", &pids[count]) == 1)
		count++;
	fclose(list);
	return count;
}

static bool is_spared(const struct child *child, pid_t pid)
{
	for (size_t i = 0; i < child->spared_count; i++)
		if (child->spared[i] == pid)
			return true;
	return false;
}

/* Reaps those of our children that are not spared, and kills them first if asked to. Returns how
 * many it saw: each may have left us children of its own since. */
static size_t reap_orphans(const struct child *child, bool end)
{
	pid_t pids[2 * SPARED_MAX];
	size_t seen = 0, count = list_children(pids, 2 * SPARED_MAX);

	for (size_t i = 0; i < count; i++) {
		if (is_spared(child, pids[i]))
			continue;
		if (end)
			kill(pids[i], SIGKILL);
		wait_for(pids[i], NULL, WNOHANG);
		seen++;
	}
	return seen;
}

/* Ends the child's process group, then what was handed to us as subreaper. The latter get the
 * grace: a process that outlives a bench in a session of its own may be about to clean up after it.
 */
static void end_family(struct child *child)
{
	int64_t since_ns = clock_now_ns();
	bool end = false;
	int rounds = 0;

	kill(-child->pid, SIGKILL);
	if (child->result->stuck)
		return;
	wait_for(child->pid, &child->result->status, 0);
	while (reap_orphans(child, end) > 0 && rounds < ORPHAN_ROUNDS) {
		end = seconds_since(since_ns) > CHILD_GRACE_S;
		rounds += end;
		poll(NULL, 0, 20);
	}
}

int child_run(
	const struct child_program *program, struct child_result *result, struct problem *problem)
{
	struct child child = {.out = -1, .err = -1, .result = result};

	*result = (struct child_result){0};
	if (!output_reserve(&child, 0))
		return problem_set(
			problem, -ENOMEM, "not enough memory to run %s", program->argv[0]);
	result->output[0] = '\0';
	child.spared_count = list_children(child.spared, SPARED_MAX);
	int failure = start(&child, program, problem);
	if (failure) {
		child_release(result);
		return failure;
	}
	supervise(&child, program);
	end_family(&child);
	drain_rest(&child);
	if (child.out >= 0)
		close(child.out);
	if (child.err >= 0)
		close(child.err);
	return 0;
}

void child_release(struct child_result *result)
{
	free(result->output);
	result->output = NULL;
}

const char *child_ending(const struct child_result *result, char *buffer, size_t size)
{
	const char *after = result->stuck    ? ", nor by SIGKILL: it is stuck in the kernel"
			    : result->killed ? " and had to be killed"
					     : "";

	if (result->output_cut)
		snprintf(buffer, size, "printed more than %u MiB and was ended%s",
			CHILD_OUTPUT_MAX >> 20, after);
	else if (result->end == CHILD_TIME_LIMIT)
		snprintf(buffer, size, "did not end within its time limit%s", after);
	else if (result->end == CHILD_INTERRUPTED)
		snprintf(buffer, size, "was interrupted%s", after);
	else if (WIFSIGNALED(result->status))
		snprintf(buffer, size, "was ended by signal %d (%s)", WTERMSIG(result->status),
			strsignal(WTERMSIG(result->status)));
	else
		snprintf(buffer, size, "exited with status %d", WEXITSTATUS(result->status));
	return buffer;
}
