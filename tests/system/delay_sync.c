/*
 * A disk of known latency, injected below a program by LD_PRELOAD: each fdatasync is done, then
 * takes DELAY_US more; every STALL_EVERYth takes STALL_US more. DELAY_US=lie leaves the flush out
 * altogether.
 */
#include <dlfcn.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int fdatasync(int file);

static void wait_us(const char *variable)
{
	const char *text = getenv(variable);

	if (text)
		usleep((useconds_t)atoi(text));
}

int fdatasync(int file)
{
	static atomic_long calls;
	int (*real)(int) = (int (*)(int))dlsym(RTLD_NEXT, "fdatasync");
	const char *delay = getenv("DELAY_US"), *every = getenv("STALL_EVERY");

	if (delay && strcmp(delay, "lie") == 0)
		return 0;
	int result = real(file);
	wait_us("DELAY_US");
	if (every && ++calls % atol(every) == 0)
		wait_us("STALL_US");
	return result;
}
