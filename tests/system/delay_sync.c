/*
 * A disk of known latency, injected below a program by LD_PRELOAD: each fdatasync is done, then
 * takes DELAY_US more; every STALL_EVERYth takes STALL_US more; from FALL_AFTER_MS after the first
 * on, each takes FALL_US more. INSTEAD leaves the disk's own flushes out, so that these times are
 * all there is of it. DELAY_US=lie leaves everything out. FAIL_FSYNC=.snap fails each fsync of a
 * file whose name ends so.
 */
#include <dlfcn.h>
#include <errno.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

int fsync(int file);
int fdatasync(int file);

static void wait_us(const char *variable)
{
	const char *text = getenv(variable);

	if (text)
		usleep((useconds_t)atoi(text));
}

static long now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static void fall(void)
{
	static atomic_long first_ms;
	const char *after = getenv("FALL_AFTER_MS");
	long none = 0;

	atomic_compare_exchange_strong(&first_ms, &none, now_ms());
	if (after && now_ms() - first_ms >= atol(after))
		wait_us("FALL_US");
}

int fsync(int file)
{
	int (*real)(int) = (int (*)(int))dlsym(RTLD_NEXT, "fsync");
	const char *fail = getenv("FAIL_FSYNC");
	char link[64], path[4096];

	snprintf(link, sizeof(link), "/proc/self/fd/%d", file);
	ssize_t length = readlink(link, path, sizeof(path) - 1);
	if (fail && length >= (ssize_t)strlen(fail) &&
		memcmp(path + length - strlen(fail), fail, strlen(fail)) == 0) {
		errno = EIO;
		return -1;
	}
	return getenv("INSTEAD") ? 0 : real(file);
}

int fdatasync(int file)
{
	static atomic_long calls;
	int (*real)(int) = (int (*)(int))dlsym(RTLD_NEXT, "fdatasync");
	const char *delay = getenv("DELAY_US"), *every = getenv("STALL_EVERY");

	if (delay && strcmp(delay, "lie") == 0)
		return 0;
	int result = getenv("INSTEAD") ? 0 : real(file);
	wait_us("DELAY_US");
	fall();
	if (every && ++calls % atol(every) == 0)
		wait_us("STALL_US");
	return result;
}
