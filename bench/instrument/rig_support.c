/* Whether hosts can be made here, tried in a child. */
#include "rig_private.h"

#include "procfs.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>

/* What a trial got to. */
enum step { STEP_USER, STEP_NETWORK, STEP_MOUNT, STEP_RUN, STEPS };

struct trial {
	enum step step; /* that failed; STEPS: none */
	int code;
};

static struct trial try(void)
{
	int failure = rig_privileged() ? 0 : rig_enter_userns();

	if (failure < 0)
		return (struct trial){STEP_USER, -failure};
	failure = rig_new_netns();
	if (failure < 0)
		return (struct trial){STEP_NETWORK, -failure};
	if (unshare(CLONE_NEWNS) < 0 || mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0)
		return (struct trial){STEP_MOUNT, errno};
	if (mount("tmpfs", "/run", "tmpfs", MS_NOSUID | MS_NODEV, "size=1m") < 0)
		return (struct trial){STEP_RUN, errno};
	return (struct trial){STEPS, 0};
}

static int64_t setting(const char *path, int64_t otherwise)
{
	int64_t value;

	return procfs_integer("/", &value, "%s", path) ? otherwise : value;
}

/* What forbids user namespaces: the way out of it. */
static const char *remedy(void)
{
	if (rig_privileged())
		return "give the container CAP_SYS_ADMIN and CAP_NET_ADMIN and lift its seccomp filter, "
		       "or run this on the host itself";
	if (!procfs_exists("/", "/proc/self/ns/user"))
		return "this kernel has no user namespaces: run this as root";
	if (!setting("/proc/sys/kernel/unprivileged_userns_clone", 1))
		return "run this as root, or allow it: sysctl kernel.unprivileged_userns_clone=1";
	if (setting("/proc/sys/kernel/apparmor_restrict_unprivileged_userns", 0))
		return "run this as root, or allow it: sysctl "
		       "kernel.apparmor_restrict_unprivileged_userns=0";
	if (!setting("/proc/sys/user/max_user_namespaces", 1))
		return "run this as root, or allow it: sysctl user.max_user_namespaces=1000";
	if (!setting("/proc/sys/user/max_net_namespaces", 1))
		return "allow network namespaces: sysctl user.max_net_namespaces=1000";
	return "run this as root; in a container, it also needs CAP_SYS_ADMIN and CAP_NET_ADMIN";
}

static int explain(const struct trial *trial, struct problem *problem)
{
	static const char *const steps[STEPS] = {"a user namespace, being no root",
		"a network namespace", "a mount namespace", "an empty /run in a mount namespace"};

	return problem_set(problem, trial->code ? -trial->code : -EPERM, "cannot make %s: %s; %s",
		steps[trial->step], strerror(trial->code), remedy());
}

int rig_supported(struct problem *problem)
{
	struct trial trial = {STEP_USER, EPERM};
	int report[2], status;
	ssize_t got = -1;

	if (!rig_tool_path(RIG_IP, problem))
		return -ENOENT;
	if (pipe2(report, O_CLOEXEC) < 0)
		return problem_errno(problem, "cannot make a pipe");
	pid_t pid = fork();
	if (pid == 0) {
		trial = try();
		_exit(write(report[1], &trial, sizeof(trial)) < 0);
	}
	close(report[1]);
	if (pid > 0) {
		got = read(report[0], &trial, sizeof(trial));
		while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
			;
	}
	close(report[0]);
	if (pid < 0 || got != (ssize_t)sizeof(trial))
		return problem_set(
			problem, -EIO, "cannot try in a process whether hosts can be made");
	return trial.step == STEPS ? 0 : explain(&trial, problem);
}
