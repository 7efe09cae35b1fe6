/* The tools: where they are, and how one is run so that nothing of it is left, whatever happens. */
#include "rig_private.h"

#include "clock.h"
#include "descriptors.h"
#include "interrupt.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

/* Ten seconds for any batch, and more for the 10,000 services of one. */
#define LIMIT_NS            10000000000
#define LIMIT_NS_A_KILOBYTE 250000000

#define INHERITED_MAX 1024
#define LOOK_MS       100

const struct rig_tool_row rig_tool_rows[RIG_TOOLS] = {
	[RIG_IP] = {"ip", "iproute2", "-batch -", false, NULL},
	[RIG_BRIDGE] = {"bridge", "iproute2", "-batch -", false, NULL},
	[RIG_TC] = {"tc", "iproute2", "-batch -", false, NULL},
	[RIG_SYSCTL] = {NULL, NULL, NULL, false, NULL},
	[RIG_ETHTOOL] = {"ethtool", "ethtool", NULL, true, NULL},
	[RIG_IPTABLES] = {"iptables-restore", "iptables", "--noflush", false, NULL},
	[RIG_IPTABLES_LEGACY] = {"iptables-legacy-restore", "iptables", "--noflush --counters",
		false, "xtables-legacy-multi"},
	[RIG_IPTABLES_NFT] = {"iptables-nft-restore", "iptables", "--noflush --counters", false,
		"xtables-nft-multi"},
	[RIG_IP6TABLES] = {"ip6tables-restore", "iptables", "--noflush", false, NULL},
	[RIG_NFT] = {"nft", "nftables", "-f -", false, NULL},
	[RIG_IPSET] = {"ipset", "ipset", "restore", false, NULL},
	[RIG_IPVSADM] = {"ipvsadm", "ipvsadm", "-R", false, NULL},
	[RIG_WG] = {"wg", "wireguard-tools", "setconf wg0 /dev/stdin", false, NULL},
};

static bool find_program(const char *program, char *path, size_t size)
{
	static const char *const places[] = {"/usr/sbin", "/usr/bin", "/sbin", "/bin"};

	for (size_t i = 0; i < sizeof(places) / sizeof(*places); i++) {
		snprintf(path, size, "%s/%s", places[i], program);
		if (!access(path, X_OK))
			return true;
	}
	return false;
}

const char *rig_tool_path(enum rig_tool tool, struct problem *problem)
{
	static char paths[RIG_TOOLS][64];
	const struct rig_tool_row *row = &rig_tool_rows[tool];

	if (!row->program)
		return "";
	if (find_program(row->program, paths[tool], sizeof(paths[tool])) ||
		(row->multi && find_program(row->multi, paths[tool], sizeof(paths[tool]))))
		return paths[tool];
	problem_set(problem, -ENOENT,
		"%s is in none of /usr/sbin, /usr/bin, /sbin and /bin: install it (Debian's package %s)",
		row->program, row->package);
	return NULL;
}

/* What a child that could not become its program reports. */
struct failed_step {
	const char *what; /* "cannot ..."; the parent's memory has it at the same place */
	int code;
};

/*
 * A view of the machine's files of its own, with an empty /run: the lock of iptables, and whatever
 * else a tool keeps there, is not the machine's. A tool's own modprobe would fail; the kernel's,
 * for what it is asked for and lacks, would not: that is for cluster.h to prevent.
 */
static const char *seclude(const struct rig_call *call)
{
	if (setns(call->netns, CLONE_NEWNET) < 0)
		return "cannot enter the host";
	if (unshare(CLONE_NEWNS) < 0 || mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0)
		return "cannot make a mount namespace";
	if (mount("tmpfs", "/run", "tmpfs", MS_NOSUID | MS_NODEV, "size=1m") < 0)
		return "cannot put an empty /run over the machine's";
	prctl(PR_CAPBSET_DROP, CAP_SYS_MODULE);
	return NULL;
}

/* Before Linux 5.11 there is no such flag. What this process opens is closed anyway; what it was
 * started with has low numbers. */
static int close_on_exec(void)
{
	if (close_range(3, ~0U, CLOSE_RANGE_CLOEXEC) == 0)
		return 0;
	if (errno != EINVAL && errno != ENOSYS)
		return -1;
	for (int i = 3; i < INHERITED_MAX; i++)
		fcntl(i, F_SETFD, FD_CLOEXEC);
	return 0;
}

static const char *redirect(const struct rig_call *call, int input, int output)
{
	if (dup2(input, STDIN_FILENO) < 0 || dup2(output, STDOUT_FILENO) < 0 ||
		dup2(output, STDERR_FILENO) < 0)
		return "cannot redirect its input and output";
	if (close_on_exec() < 0)
		return "cannot close descriptors";
	for (size_t i = 0; i < call->rig->host_count; i++)
		fcntl(call->rig->hosts[i].netns, F_SETFD, 0);
	return NULL;
}

/* In the child: never returns. Only system calls, for there may have been threads. */
static void become(const struct rig_call *call, int input, int output, int report, pid_t parent)
{
	static const char *const environment[] = {"PATH=/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL=C",
		"XTABLES_LOCKFILE=/run/seatrial.lock", NULL};
	struct failed_step step = {0};
	sigset_t none;

	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	signal(SIGPIPE, SIG_DFL);
	setsid();
	descriptors_restore();
	step.what = seclude(call);
	if (!step.what)
		step.what = redirect(call, input, output);
	if (!step.what) {
		/* It ends when the thread that forked does, which waits for it. Changes of what the
		 * process may do undo it: last. The thread may have ended before. */
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (getppid() != parent)
			_exit(EXIT_FAILURE);
		execve(call->path, (char *const *)call->argv, (char *const *)environment);
		step.what = "cannot execute it";
	}
	step.code = errno;
	if (write(report, &step, sizeof(step)) < 0)
		_exit(EXIT_FAILURE);
	_exit(EXIT_FAILURE);
}

/* Takes what there is to read, of which the beginning is kept. False at its end. */
static bool take(int output, const struct rig_call *call, size_t *used)
{
	char block[4096];
	ssize_t got;

	while ((got = read(output, block, sizeof(block))) > 0) {
		size_t room = call->said_size - 1 - *used;
		size_t kept = (size_t)got < room ? (size_t)got : room;

		memcpy(call->said + *used, block, kept);
		*used += kept;
		call->said[*used] = '\0';
	}
	return got < 0 && (errno == EAGAIN || errno == EINTR);
}

/* Waits for the program's end and reads what it says until then. Returns its status, or -ETIME, or
 * -EINTR when this program is to end. */
static int attend(pid_t pid, int output, const struct rig_call *call)
{
	int64_t limit_ns = LIMIT_NS + (int64_t)strlen(call->input) / 1024 * LIMIT_NS_A_KILOBYTE;
	int64_t deadline =
		call->rig->deadline_ns ? call->rig->deadline_ns : clock_now_ns() + limit_ns;
	int descriptor = (int)syscall(SYS_pidfd_open, pid, 0);
	struct pollfd watched[] = {{descriptor, POLLIN, 0}, {output, POLLIN, 0}};
	size_t used = 0;
	bool late = descriptor < 0, stopped = false;
	int status = 0;

	while (!late && !stopped && !(watched[0].revents & POLLIN)) {
		int64_t left_ms = (deadline - clock_now_ns()) / 1000000;

		/* A signal may come between the look and the wait. */
		if (left_ms > LOOK_MS)
			left_ms = LOOK_MS;
		late = left_ms <= 0 || (poll(watched, 2, (int)left_ms) < 0 && errno != EINTR);
		stopped = interrupt_pending() != 0;
		if (!take(output, call, &used))
			watched[1].fd = -1;
	}
	if (late || stopped)
		kill(-pid, SIGKILL);
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	take(output, call, &used);
	if (descriptor >= 0)
		close(descriptor);
	return stopped ? -EINTR : late ? -ETIME : status;
}

/* A file in memory that holds the text; a descriptor or a negative errno. */
static int text_file(const char *text)
{
	int file = memfd_create("batch", MFD_CLOEXEC);
	size_t length = strlen(text);

	if (file < 0)
		return -errno;
	for (size_t at = 0; at < length;) {
		ssize_t written = pwrite(file, text + at, length - at, (off_t)at);

		if (written < 0) {
			int failure = -errno;
			close(file);
			return failure;
		}
		at += (size_t)written;
	}
	return file;
}

static int say_step(const struct rig_call *call, const char *what, int code)
{
	snprintf(call->said, call->said_size, "%s: %s", what, strerror(code));
	return code ? -code : -EIO;
}

/* How it ended, when it said nothing of it. */
static int judge(const struct rig_call *call, int status, const struct failed_step *step)
{
	if (step->what)
		return say_step(call, step->what, step->code);
	if (status == -ETIME) {
		snprintf(call->said, call->said_size, "it did not end in time");
		return -ETIME;
	}
	if (status == -EINTR) {
		snprintf(call->said, call->said_size, "it was stopped on its way");
		return -EINTR;
	}
	if (WIFSIGNALED(status))
		snprintf(call->said, call->said_size, "signal %d ended it", WTERMSIG(status));
	else if (WEXITSTATUS(status) && !call->said[0])
		snprintf(call->said, call->said_size, "it exited with status %d",
			WEXITSTATUS(status));
	return status ? -EIO : 0;
}

int rig_call(const struct rig_call *call)
{
	int output[2] = {-1, -1}, report[2] = {-1, -1}, failure;
	int input = text_file(call->input);
	struct failed_step step = {0};
	pid_t parent = getpid(), pid = -1;

	call->said[0] = '\0';
	if (input < 0)
		return say_step(call, "cannot make a file in memory for its input", -input);
	if (pipe2(output, O_CLOEXEC) == 0 && pipe2(report, O_CLOEXEC) == 0)
		pid = fork();
	if (pid == 0)
		become(call, input, output[1], report[1], parent);
	if (pid < 0) {
		failure = say_step(call, "cannot start a process", errno);
	} else {
		close(report[1]);
		close(output[1]);
		report[1] = output[1] = -1;
		ssize_t got;
		do
			got = read(report[0], &step, sizeof(step));
		while (got < 0 && errno == EINTR);
		if (got != (ssize_t)sizeof(step))
			step.what = NULL;
		fcntl(output[0], F_SETFL, O_NONBLOCK);
		failure = judge(call, attend(pid, output[0], call), &step);
	}
	close(input);
	for (int i = 0; i < 2; i++) {
		if (output[i] >= 0)
			close(output[i]);
		if (report[i] >= 0)
			close(report[i]);
	}
	return failure;
}
