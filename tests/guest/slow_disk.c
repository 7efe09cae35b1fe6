/*
 * slow_disk: a block device of known misbehaviour, served from memory.
 *
 *     slow_disk DEVICE MEBIBYTES [NAME=VALUE...]
 *
 * Attaches itself to DEVICE, a free /dev/nbdN, and says "ready". From then on
 *     flush_us=N     a flush takes N microseconds
 *     slow_every=N   every Nth flush takes
 *     slow_us=N      this instead
 *     write_us=N     so does a write, and
 *     read_us=N      a read, however large
 * counted from when the request arrived. Requests are served one after the other, as by a disk with
 * one head. SIGTERM disconnects the device; it then prints what it served, as JSON, and ends.
 *
 * The kernel's device mapper delays too, but in jiffies, of which a guest may have a hundred
 * a second; here a delay is exact. The device says that it caches writes, so that the kernel sends
 * it every flush.
 */
#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/nbd.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { FLUSH_US, SLOW_EVERY, SLOW_US, WRITE_US, READ_US, SETTINGS };
static const char *const names[SETTINGS] = {
	"flush_us", "slow_every", "slow_us", "write_us", "read_us"};
static long settings[SETTINGS];

static unsigned long flushes, slow_flushes, writes, reads;
static int device;

static void die(const char *what)
{
	perror(what);
	exit(1);
}

static void read_settings(char **argv)
{
	for (; *argv; argv++) {
		char *value = strchr(*argv, '=');
		int i = 0;

		if (value)
			*value++ = '\0';
		while (i < SETTINGS && (!value || strcmp(*argv, names[i]) != 0))
			i++;
		if (i == SETTINGS) {
			fprintf(stderr, "slow_disk: no setting %s\n", *argv);
			exit(2);
		}
		settings[i] = atol(value);
	}
}

static int64_t now_us(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * INT64_C(1000000) + now.tv_nsec / 1000;
}

/* A guest wakes up some 0.2 ms late: that much is not slept but waited for, with nobody else to be
 * kept from its one processor. */
static void wait_until(int64_t end_us)
{
	enum { LATE_US = 400 };

	for (int64_t left; (left = end_us - now_us()) > 0;)
		if (left > LATE_US)
			usleep((useconds_t)(left - LATE_US));
}

/* Reads or writes all of it; 0 at the end of the connection. */
static int transfer(int socket, void *memory, size_t bytes, int out)
{
	char *at = memory;

	while (bytes > 0) {
		ssize_t count = out ? write(socket, at, bytes) : read(socket, at, bytes);

		if (count < 0 && errno == EINTR)
			continue;
		if (count <= 0)
			return 0;
		at += count;
		bytes -= (size_t)count;
	}
	return 1;
}

/* How long this request takes. */
static long delay_us(uint32_t type)
{
	switch (type) {
	case NBD_CMD_FLUSH:
		flushes++;
		if (settings[SLOW_EVERY] && flushes % (unsigned long)settings[SLOW_EVERY] == 0) {
			slow_flushes++;
			return settings[SLOW_US];
		}
		return settings[FLUSH_US];
	case NBD_CMD_WRITE:
		writes++;
		return settings[WRITE_US];
	default:
		reads++;
		return settings[READ_US];
	}
}

static void serve(int socket, char *memory)
{
	struct nbd_request request;

	while (transfer(socket, &request, sizeof(request), 0)) {
		struct nbd_reply reply = {.magic = htobe32(NBD_REPLY_MAGIC)};
		uint32_t type = be32toh(request.type) & 0xffff;
		char *at = memory + be64toh(request.from);
		size_t bytes = be32toh(request.len);

		int64_t arrival_us = now_us();
		if (type == NBD_CMD_DISC)
			break;
		memcpy(reply.handle, request.handle, sizeof(reply.handle));
		if (type == NBD_CMD_WRITE && !transfer(socket, at, bytes, 0))
			break;
		wait_until(arrival_us + delay_us(type));
		if (!transfer(socket, &reply, sizeof(reply), 1))
			break;
		if (type == NBD_CMD_READ && !transfer(socket, at, bytes, 1))
			break;
	}
	printf("{\"flushes\": %lu, \"slow\": %lu, \"writes\": %lu, \"reads\": %lu}\n", flushes,
		slow_flushes, writes, reads);
	fflush(stdout);
}

static void disconnect(int number)
{
	(void)number;
	ioctl(device, NBD_DISCONNECT);
}

int main(int argc, char **argv)
{
	int pair[2];

	if (argc < 3) {
		fprintf(stderr, "usage: slow_disk DEVICE MEBIBYTES [NAME=VALUE...]\n");
		return 2;
	}
	size_t bytes = (size_t)atol(argv[2]) << 20;
	read_settings(argv + 3);
	char *memory = mmap(NULL, bytes, PROT_READ | PROT_WRITE,
		MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (memory == MAP_FAILED)
		die("slow_disk: mmap");
	if (socketpair(AF_UNIX, SOCK_STREAM, 0, pair) < 0)
		die("slow_disk: socketpair");
	device = open(argv[1], O_RDWR);
	if (device < 0 || ioctl(device, NBD_CLEAR_SOCK) < 0 ||
		ioctl(device, NBD_SET_BLKSIZE, 4096UL) < 0 ||
		ioctl(device, NBD_SET_SIZE_BLOCKS, bytes / 4096) < 0 ||
		ioctl(device, NBD_SET_FLAGS, NBD_FLAG_HAS_FLAGS | NBD_FLAG_SEND_FLUSH) < 0 ||
		ioctl(device, NBD_SET_SOCK, pair[0]) < 0)
		die(argv[1]);

	pid_t server = fork();
	if (server == 0) {
		signal(SIGTERM, SIG_IGN);
		/* Without timer slack a sleep ends when it should. */
		prctl(PR_SET_TIMERSLACK, 1UL);
		close(pair[0]);
		close(device);
		serve(pair[1], memory);
		_exit(0);
	}
	close(pair[1]);
	signal(SIGTERM, disconnect);
	puts("ready");
	fflush(stdout);
	ioctl(device, NBD_DO_IT);
	close(pair[0]);
	waitpid(server, NULL, 0);
	return 0;
}
