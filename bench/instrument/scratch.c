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

static bool is_left_over(int directory)
{
	struct stat status;

	return fstat(directory, &status) == 0 && status.st_uid == geteuid() &&
	       faccessat(directory, MARK, F_OK, 0) == 0 && flock(directory, LOCK_EX | LOCK_NB) == 0;
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
		int directory = openat(
			parent, entry->d_name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		if (directory < 0)
			continue;
		if (is_left_over(directory))
			remove_tree(parent, entry->d_name, directory);
		close(directory);
	}
	closedir(entries);
}

/* Waits for the other end of `leash` to close, removes the directory, exits. Holds nothing else
 * open, so that nobody waits for this process, and no signal of the terminal or the group reaches
 * it. */
static void guard(int leash, int parent, const char *name, int directory)
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
		if (fd != leash && fd != parent && fd != directory)
			close(fd);
	if (send(leash, "", 1, MSG_NOSIGNAL) == 1)
		while (read(leash, &byte, 1) < 0 && errno == EINTR)
			;
	remove_tree(parent, name, directory);
	_exit(0);
}

/* Opens, locks and marks the directory `name`. -EAGAIN: another run swept it between its making and
 * our lock. Who owns `parent` may have put a link in its place, which must not lead us away. */
static int take_directory(
	struct scratch *scratch, int parent, const char *name, struct problem *problem)
{
	scratch->directory = openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (scratch->directory < 0)
		return errno == ENOENT ? -EAGAIN
				       : problem_errno(problem, "cannot open %s", scratch->path);
	if (flock(scratch->directory, LOCK_EX | LOCK_NB) < 0)
		return errno == EWOULDBLOCK
			       ? -EAGAIN
			       : problem_errno(problem, "cannot lock %s", scratch->path);
	int mark = openat(scratch->directory, MARK, O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0600);
	if (mark < 0)
		return problem_errno(problem, "cannot make a file in %s", scratch->path);
	close(mark);
	return 0;
}

/* A fresh directory, marked and locked. */
static int make_directory(struct scratch *scratch, int parent, struct problem *problem)
{
	if (!mkdtemp(scratch->path))
		return problem_errno(problem,
			"cannot make a scratch directory %s; choose another --dir", scratch->path);
	const char *name = strrchr(scratch->path, '/') + 1;
	int result = take_directory(scratch, parent, name, problem);
	if (result < 0)
		unlinkat(parent, name, AT_REMOVEDIR);
	return result;
}

static int start_guardian(struct scratch *scratch, int parent, struct problem *problem)
{
	int leash[2];
	char byte;

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, leash) < 0)
		return problem_errno(problem, "cannot make a pair of sockets");
	scratch->guardian = fork();
	if (scratch->guardian == 0)
		guard(leash[0], parent, strrchr(scratch->path, '/') + 1, scratch->directory);
	if (scratch->guardian < 0) {
		int result = problem_errno(problem, "cannot start a process");

		close(leash[0]);
		close(leash[1]);
		return result;
	}
	close(leash[0]);
	scratch->leash = leash[1];
	/* Until it has left our session, what kills us may kill it too. */
	while (read(leash[1], &byte, 1) < 0 && errno == EINTR)
		;
	return 0;
}

int scratch_open(struct scratch *scratch, const char *parent, struct problem *problem)
{
	int result = -EAGAIN;
	int above = open(parent, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	*scratch = (struct scratch){.directory = -1, .leash = -1};
	if (above < 0)
		return problem_errno(problem, "cannot open the directory %s", parent);
	sweep(above);
	for (int tries = 0; tries < 10 && result == -EAGAIN; tries++) {
		if (scratch->directory >= 0)
			close(scratch->directory);
		if (snprintf(scratch->path, sizeof(scratch->path), "%s/" PREFIX "XXXXXX", parent) >=
			(int)sizeof(scratch->path)) {
			result = problem_set(
				problem, -ENAMETOOLONG, "the name %s is too long", parent);
			break;
		}
		problem_set(problem, 0, "another run keeps removing our directory in %s", parent);
		result = make_directory(scratch, above, problem);
	}
	if (result == 0) {
		result = start_guardian(scratch, above, problem);
		if (result < 0)
			remove_tree(above, strrchr(scratch->path, '/') + 1, scratch->directory);
	}
	if (result < 0 && scratch->directory >= 0)
		close(scratch->directory);
	close(above);
	return result;
}

void scratch_close(struct scratch *scratch)
{
	close(scratch->leash);
	close(scratch->directory);
	while (waitpid(scratch->guardian, NULL, 0) < 0 && errno == EINTR)
		;
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
