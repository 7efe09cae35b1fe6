#include "scratch.h"

#include "units.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/wait.h>
#include <unistd.h>

#define PREFIX ".seatrial-"
#define MARK   "seatrial-scratch"

/* Removes the files of a directory, the mark last, and the directory. Other directories in it are
 * none of ours: they stay, and so does it. */
static void remove_tree(int parent, const char *name, int directory)
{
	int listing = openat(directory, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *entries = listing >= 0 ? fdopendir(listing) : NULL;

	if (!entries) {
		if (listing >= 0)
			close(listing);
		return;
	}
	for (struct dirent *entry; (entry = readdir(entries));)
		if (strcmp(entry->d_name, MARK) != 0)
			unlinkat(directory, entry->d_name, 0);
	closedir(entries);
	unlinkat(directory, MARK, 0);
	unlinkat(parent, name, AT_REMOVEDIR);
}

/* The lock is on the mark, not on the directory: over NFS only what is open for writing can be
 * locked.
 */
static bool lock_mark(int mark)
{
	return flock(mark, LOCK_EX | LOCK_NB) == 0;
}

static bool is_left_over(int directory)
{
	struct stat status;
	bool left_over = false;
	int mark = openat(directory, MARK, O_RDWR | O_NOFOLLOW | O_CLOEXEC);

	if (mark < 0)
		return false;
	left_over = fstat(directory, &status) == 0 && status.st_uid == geteuid() && lock_mark(mark);
	/* Closed before it is removed: over NFS an open file would stay under another name. */
	close(mark);
	return left_over;
}

static int open_directory(int parent, const char *name)
{
	return openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
}

/* Removes what earlier runs had to leave behind. */
static void sweep(int parent)
{
	int listing = openat(parent, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *entries = listing >= 0 ? fdopendir(listing) : NULL;

	if (!entries) {
		if (listing >= 0)
			close(listing);
		return;
	}
	for (struct dirent *entry; (entry = readdir(entries));) {
		if (strncmp(entry->d_name, PREFIX, strlen(PREFIX)) != 0)
			continue;
		int directory = open_directory(parent, entry->d_name);
		if (directory < 0)
			continue;
		if (is_left_over(directory))
			remove_tree(parent, entry->d_name, directory);
		close(directory);
	}
	closedir(entries);
}

static const char *name_of(const struct scratch *scratch)
{
	return strrchr(scratch->path, '/') + 1;
}

/* Makes the directory and says so on the leash (an errno, 0 for success), waits for the other end
 * of that to close, removes the directory, exits. Holds nothing else open, so that nobody waits for
 * this process, and no signal of the terminal or the group reaches it: there is no moment at which
 * the directory is there and nobody is left to remove it. */
static void guard(const struct scratch *scratch, int leash, int parent)
{
	sigset_t all;
	char byte;
	int null = open("/dev/null", O_RDWR);

	setsid();
	sigfillset(&all);
	sigprocmask(SIG_SETMASK, &all, NULL);
	for (int fd = 0; fd <= STDERR_FILENO; fd++)
		dup2(null, fd);
	for (int fd = STDERR_FILENO + 1, end = (int)sysconf(_SC_OPEN_MAX); fd < end && fd < 4096;
		fd++)
		if (fd != leash && fd != parent)
			close(fd);
	int error = mkdirat(parent, name_of(scratch), 0700) < 0 ? errno : 0;
	int directory = error ? -1 : open_directory(parent, name_of(scratch));
	if (send(leash, &error, sizeof(error), MSG_NOSIGNAL) == sizeof(error) && error == 0)
		while (read(leash, &byte, 1) < 0 && errno == EINTR)
			;
	if (directory >= 0)
		remove_tree(parent, name_of(scratch), directory);
	_exit(0);
}

/* Opens, marks and locks the new directory. -EAGAIN: another run swept it before our lock. Who owns
 * `parent` may have put a link in its place, which must not lead us away. */
static int take_directory(struct scratch *scratch, int parent, struct problem *problem)
{
	struct stat status;

	scratch->directory = open_directory(parent, name_of(scratch));
	if (scratch->directory < 0)
		return errno == ENOENT ? -EAGAIN
				       : problem_errno(problem, "cannot open %s", scratch->path);
	scratch->mark =
		openat(scratch->directory, MARK, O_CREAT | O_EXCL | O_RDWR | O_CLOEXEC, 0600);
	if (scratch->mark < 0)
		return problem_errno(problem, "cannot make a file in %s", scratch->path);
	/* Where there are no locks, nobody sweeps either. */
	if (!lock_mark(scratch->mark) && errno == EWOULDBLOCK)
		return -EAGAIN;
	return fstat(scratch->mark, &status) == 0 && status.st_nlink > 0 ? 0 : -EAGAIN;
}

static void close_directory(struct scratch *scratch)
{
	if (scratch->mark >= 0)
		close(scratch->mark);
	if (scratch->directory >= 0)
		close(scratch->directory);
	scratch->mark = scratch->directory = -1;
}

/* Another name than all before: 30 random bits. */
static int choose_name(struct scratch *scratch, const char *parent, struct problem *problem)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyz234567";
	unsigned char bits[6];
	char name[sizeof(bits) + 1] = "";

	if (getrandom(bits, sizeof(bits), 0) != sizeof(bits))
		return problem_errno(problem, "the system gives no random numbers");
	for (size_t i = 0; i < sizeof(bits); i++)
		name[i] = letters[bits[i] % 32];
	if (snprintf(scratch->path, sizeof(scratch->path), "%s/" PREFIX "%s", parent, name) >=
		(int)sizeof(scratch->path))
		return problem_set(problem, -ENAMETOOLONG, "the name %s is too long", parent);
	return 0;
}

/* Lets the guardian go, and waits until it has removed what there is. */
static void release_guardian(struct scratch *scratch)
{
	close(scratch->leash);
	while (waitpid(scratch->guardian, NULL, 0) < 0 && errno == EINTR)
		;
}

/* The guardian makes the directory. -EEXIST: something of that name is there. */
static int start_guardian(struct scratch *scratch, int parent, struct problem *problem)
{
	int leash[2], error = EPIPE;
	ssize_t got;

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, leash) < 0)
		return problem_errno(problem, "cannot make a pair of sockets");
	scratch->guardian = fork();
	if (scratch->guardian == 0)
		guard(scratch, leash[0], parent);
	if (scratch->guardian < 0) {
		int result = problem_errno(problem, "cannot start a process");

		close(leash[0]);
		close(leash[1]);
		return result;
	}
	close(leash[0]);
	scratch->leash = leash[1];
	while ((got = read(leash[1], &error, sizeof(error))) < 0 && errno == EINTR)
		;
	if (got == sizeof(error) && error == 0)
		return 0;
	release_guardian(scratch);
	return problem_set(problem, -error,
		"cannot make a scratch directory %s: %s; choose another --dir", scratch->path,
		strerror(error));
}

int scratch_open(struct scratch *scratch, const char *parent, struct problem *problem)
{
	int result = -EAGAIN;
	int above = open(parent, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	*scratch = (struct scratch){.directory = -1, .mark = -1, .leash = -1};
	if (above < 0)
		return problem_errno(problem, "cannot open the directory %s", parent);
	sweep(above);
	for (int tries = 0; tries < 10 && (result == -EAGAIN || result == -EEXIST); tries++) {
		result = choose_name(scratch, parent, problem);
		if (result == 0)
			result = start_guardian(scratch, above, problem);
		if (result < 0)
			continue;
		problem_set(problem, 0, "another run keeps removing our directory in %s", parent);
		result = take_directory(scratch, above, problem);
		if (result < 0) {
			close_directory(scratch);
			release_guardian(scratch);
		}
	}
	close(above);
	return result;
}

void scratch_close(struct scratch *scratch)
{
	close_directory(scratch);
	release_guardian(scratch);
}

int scratch_check_space(
	const char *parent, uint64_t needed, uint64_t keep_free, struct problem *problem)
{
	struct statvfs space;
	char has[32], asks[32], keeps[32];

	if (statvfs(parent, &space) < 0)
		return problem_errno(problem, "cannot tell the free space of %s", parent);
	uint64_t unit = space.f_frsize ? space.f_frsize : space.f_bsize;
	uint64_t available = space.f_bavail * unit, tenth = space.f_blocks * unit / 10;
	uint64_t keep = !keep_free ? 0 : keep_free > tenth ? keep_free : tenth;

	if (needed <= available && keep <= available - needed)
		return 0;
	return problem_set(problem, -ENOSPC,
		"%s has %s free; the test writes %s and has to leave %s. Free some space, choose another --dir, "
		"or lower --keep-free",
		parent, units_format((double)available, "B", has, sizeof(has)),
		units_format((double)needed, "B", asks, sizeof(asks)),
		units_format((double)keep, "B", keeps, sizeof(keeps)));
}

int scratch_file(
	const struct scratch *scratch, const char *name, uint64_t size, struct problem *problem)
{
	/* A new file: what stands there may be a link that is not ours. */
	unlinkat(scratch->directory, name, 0);
	int file = openat(scratch->directory, name, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (file < 0)
		return problem_errno(problem, "cannot create %s/%s", scratch->path, name);
	if (size == 0 || fallocate(file, 0, 0, (off_t)size) == 0)
		return file;
	if ((errno == EOPNOTSUPP || errno == ENOSYS) && ftruncate(file, (off_t)size) == 0)
		return file;
	int result = problem_errno(problem, "cannot reserve %llu bytes for %s/%s",
		(unsigned long long)size, scratch->path, name);
	close(file);
	return result;
}
