/* Whether hosts can be made here, tried in a child. */
#include "rig_private.h"

#include "bench.h"
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
enum step { STEP_USER, STEP_NETWORK, STEP_MOUNT, STEP_RUN, STEP_SETTING, STEPS };

struct trial {
	enum step step; /* that failed; STEPS: none */
	int code;
};

static struct trial try(void)
{
	int failure = rig_privileged() ? 0 : rig_enter_userns(), line;
	char said[256];

	if (failure < 0)
		return (struct trial){STEP_USER, -failure};
	int netns = rig_new_netns();
	if (netns < 0)
		return (struct trial){STEP_NETWORK, -netns};
	if (unshare(CLONE_NEWNS) < 0 || mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0)
		return (struct trial){STEP_MOUNT, errno};
	if (mount("tmpfs", "/run", "tmpfs", MS_NOSUID | MS_NODEV, "size=1m") < 0)
		return (struct trial){STEP_RUN, errno};
	failure = rig_write_sysctls(netns, "net.ipv4.ip_forward=1\n", &line, said, sizeof(said));
	if (failure < 0)
		return (struct trial){STEP_SETTING, -failure};
	return (struct trial){STEPS, 0};
}

static int64_t setting(const char *path, int64_t otherwise)
{
	int64_t value;

	return procfs_integer("/", &value, "%s", path) ? otherwise : value;
}

/* The way out, by what forbids it. */
static const char *remedy(enum step failed)
{
	if (failed == STEP_SETTING)
		return "give the container a /proc/sys that can be written (--privileged), or run this on "
		       "the host itself";
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

static int explain(const struct trial *trial, struct obstacle *obstacle)
{
	static const char *const steps[STEPS] = {"make a user namespace, being no root",
		"make a network namespace", "make a mount namespace",
		"make an empty /run in a mount namespace",
		"write the settings of a network namespace (/proc/sys)"};

	snprintf(obstacle->why, sizeof(obstacle->why), "cannot %s: %s", steps[trial->step],
		strerror(trial->code));
	snprintf(obstacle->enable, sizeof(obstacle->enable), "%s", remedy(trial->step));
	return trial->code ? -trial->code : -EPERM;
}

static int fail_to_try(struct obstacle *obstacle)
{
	snprintf(obstacle->why, sizeof(obstacle->why),
		"cannot try in a process whether hosts can be made: %s", strerror(errno));
	snprintf(obstacle->enable, sizeof(obstacle->enable),
		"look for what limits the processes of this user");
	return -EIO;
}

int rig_tool_supported(enum rig_tool tool, struct obstacle *obstacle)
{
	const struct rig_tool_row *row = &rig_tool_rows[tool];

	if (rig_tool_path(tool, NULL))
		return 0;
	snprintf(obstacle->why, sizeof(obstacle->why),
		"%s is in none of /usr/sbin, /usr/bin, /sbin and /bin", row->program);
	snprintf(obstacle->enable, sizeof(obstacle->enable), "install it (Debian's package %s)",
		row->package);
	return -ENOENT;
}

int rig_supported(struct obstacle *obstacle)
{
	struct trial trial = {STEP_USER, EPERM};
	int report[2], status;
	ssize_t got = -1;

	if (rig_tool_supported(RIG_IP, obstacle) < 0)
		return -ENOENT;
	if (pipe2(report, O_CLOEXEC) < 0)
		return fail_to_try(obstacle);
	pid_t pid = fork();
	if (pid == 0) {
		trial = try();
		_exit(write(report[1], &trial, sizeof(trial)) < 0);
	}
	close(report[1]);
	if (pid > 0) {
		do
			got = read(report[0], &trial, sizeof(trial));
		while (got < 0 && errno == EINTR);
		while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
			;
	}
	close(report[0]);
	if (pid < 0 || got != (ssize_t)sizeof(trial))
		return fail_to_try(obstacle);
	return trial.step == STEPS ? 0 : explain(&trial, obstacle);
}
