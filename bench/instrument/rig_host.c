/* Namespaces: making them, being in them. */
#include "rig_private.h"

#include "procfs.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <pthread.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#define READ_LIMIT (16U << 20)

static int on_thread(void *(*body)(void *), void *argument)
{
	pthread_t thread;
	int failure = pthread_create(&thread, NULL, body, argument);

	if (!failure)
		pthread_join(thread, NULL);
	return -failure;
}

static void *make_netns(void *result)
{
	int *descriptor = result;

	*descriptor = unshare(CLONE_NEWNET) < 0
			      ? -1
			      : open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC);
	if (*descriptor < 0)
		*descriptor = -errno;
	return NULL;
}

int rig_new_netns(void)
{
	int descriptor = -EAGAIN;
	int failure = on_thread(make_netns, &descriptor);

	return failure < 0 ? failure : descriptor;
}

bool rig_privileged(void)
{
	const uint32_t wanted = 1U << CAP_NET_ADMIN | 1U << CAP_SYS_ADMIN;
	struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3] = {0};

	return !syscall(SYS_capget, &header, data) && (data[0].effective & wanted) == wanted;
}

static int write_file(const char *path, const char *text)
{
	int descriptor = open(path, O_WRONLY | O_CLOEXEC);
	int failure = 0;

	if (descriptor < 0)
		return -errno;
	if (write(descriptor, text, strlen(text)) < 0)
		failure = -errno;
	close(descriptor);
	return failure;
}

/* Programs that an ordinary user executes have no capabilities, even where the user has all: it has
 * to be root in there. */
int rig_enter_userns(void)
{
	uid_t user = geteuid();
	gid_t group = getegid();
	char text[64];
	int failure;

	if (unshare(CLONE_NEWUSER) < 0)
		return -errno;
	/* user_namespaces(7): without that, nobody but root may map groups. */
	failure = write_file("/proc/self/setgroups", "deny");
	if (failure < 0)
		return failure;
	snprintf(text, sizeof(text), "0 %u 1", user);
	failure = write_file("/proc/self/uid_map", text);
	if (failure < 0)
		return failure;
	snprintf(text, sizeof(text), "0 %u 1", group);
	return write_file("/proc/self/gid_map", text);
}

/* Work for a thread in a host. */
struct visit {
	int netns;
	int (*work)(void *argument);
	void *argument;
	int result;
	bool arrived;
};

static void *go(void *argument)
{
	struct visit *visit = argument;

	if (setns(visit->netns, CLONE_NEWNET) < 0) {
		visit->result = -errno;
		return NULL;
	}
	visit->arrived = true;
	visit->result = visit->work(visit->argument);
	return NULL;
}

int rig_in(const struct rig *rig, const char *host, int (*work)(void *argument), void *argument,
	struct problem *problem)
{
	struct visit visit = {rig_host(rig, host), work, argument, 0, false};

	if (visit.netns < 0)
		return problem_set(problem, -ENOENT, "no host is named %s", host);
	errno = -on_thread(go, &visit);
	if (errno)
		return problem_errno(problem, "cannot start a thread in host %s", host);
	if (!visit.arrived) {
		errno = -visit.result;
		return problem_errno(problem, "cannot enter host %s", host);
	}
	return visit.result;
}

struct reading {
	const char *path;
	char *text;
};

static int read_text(void *argument)
{
	struct reading *reading = argument;
	/* /proc/net is the first thread's; that of /proc/sys/net is whoever's who looks. */
	bool net = !strncmp(reading->path, "/proc/net/", 10);
	ssize_t length = procfs_slurp("/", &reading->text, READ_LIMIT, "%s%s",
		net ? "/proc/thread-self" : "", reading->path + (net ? 5 : 0));

	return length < 0 ? (int)length : 0;
}

char *rig_read(const struct rig *rig, const char *host, const char *path)
{
	struct reading reading = {.path = path};
	int failure = rig_in(rig, host, read_text, &reading, NULL);

	errno = -failure;
	return reading.text;
}

/* Settings to write. */
struct settings {
	const char *text;
	int *line;
	char *said;
	size_t size;
};

/* "net.ipv4.ip_forward" or, where a name has dots, "net/ipv4/conf/flannel.1/mtu", as sysctl(8) has
 * it. */
static void setting_path(const char *name, int length, char *path, size_t size)
{
	bool slashes = memchr(name, '/', (size_t)length) != NULL;

	snprintf(path, size, "/proc/sys/%.*s", length, name);
	for (char *at = path; !slashes && *at; at++)
		if (*at == '.')
			*at = '/';
}

/* One line "NAME=VALUE"; "-" before it: never mind when that fails, as in sysctl.d(5). */
static int write_setting(const char *line, int length, char *said, size_t size)
{
	bool lenient = line[0] == '-';
	const char *name = line + lenient, *equals = memchr(line, '=', (size_t)length);
	char path[256], value[64];

	if (!length || line[0] == '#')
		return 0;
	if (!equals) {
		snprintf(said, size, "it has no \"=\"");
		return -EINVAL;
	}
	setting_path(name, (int)(equals - name), path, sizeof(path));
	snprintf(value, sizeof(value), "%.*s", (int)(line + length - equals - 1), equals + 1);
	int failure = write_file(path, value);
	if (failure == 0 || lenient)
		return 0;
	snprintf(said, size, "cannot write %s: %s", path, strerror(-failure));
	return failure;
}

static int write_settings(void *argument)
{
	const struct settings *settings = argument;
	const char *line = settings->text;

	for (*settings->line = 1; *line; ++*settings->line) {
		int length = (int)strcspn(line, "\n");
		int failure = write_setting(line, length, settings->said, settings->size);

		if (failure < 0)
			return failure;
		line += length + (line[length] == '\n');
	}
	return 0;
}

int rig_write_sysctls(int netns, const char *text, int *line, char *said, size_t size)
{
	struct settings settings = {text, line, said, size};
	struct visit visit = {netns, write_settings, &settings, 0, false};

	*line = 0;
	int failure = on_thread(go, &visit);
	if (failure < 0 || !visit.arrived) {
		failure = failure < 0 ? failure : visit.result;
		snprintf(said, size, "cannot enter the host: %s", strerror(-failure));
		return failure;
	}
	return visit.result;
}
