#include "scratch.h"

#include <criterion/criterion.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static char place[] = "/tmp/scratch-test-XXXXXX";

static void make_place(void)
{
	cr_assert_not_null(mkdtemp(place));
}

static void remove_place(void)
{
	rmdir(place);
}

static size_t count_entries(void)
{
	size_t count = 0;
	DIR *entries = opendir(place);

	for (struct dirent *entry; (entry = readdir(entries));)
		count += entry->d_name[0] != '.' || strlen(entry->d_name) > 2;
	closedir(entries);
	return count;
}

static bool gone_in_time(void)
{
	for (int i = 0; i < 1000 && count_entries() > 0; i++)
		usleep(10000);
	return count_entries() == 0;
}

TestSuite(scratch, .init = make_place, .fini = remove_place);

Test(scratch, is_gone_after_close)
{
	struct scratch scratch;
	struct problem problem;

	cr_assert_eq(scratch_open(&scratch, place, &problem), 0, "%s", problem.text);
	cr_assert_eq(count_entries(), 1);
	int file = scratch_file(&scratch, "f", 1 << 20, &problem);
	struct stat status;
	cr_assert_geq(file, 0);
	cr_assert_eq(fstat(file, &status), 0);
	cr_assert_eq(status.st_size, 1 << 20);
	close(file);
	scratch_close(&scratch);
	cr_assert_eq(count_entries(), 0);
}

Test(scratch, is_gone_after_sigkill_of_the_whole_group)
{
	int ready[2];
	char byte;

	cr_assert_eq(pipe(ready), 0);
	pid_t child = fork();
	if (child == 0) {
		struct scratch scratch;
		struct problem problem;

		setpgid(0, 0);
		if (scratch_open(&scratch, place, &problem) == 0 &&
			scratch_file(&scratch, "f", 4096, &problem) >= 0 &&
			write(ready[1], "x", 1) == 1)
			pause();
		_exit(1);
	}
	cr_assert_eq(read(ready[0], &byte, 1), 1);
	cr_assert_eq(count_entries(), 1);
	kill(-child, SIGKILL);
	waitpid(child, NULL, 0);
	cr_assert(gone_in_time());
}

/* At no instant is there a directory without somebody who removes it. */
Test(scratch, is_gone_after_sigkill_at_any_instant)
{
	for (int i = 0; i < 300; i++) {
		pid_t child = fork();

		if (child == 0) {
			struct scratch scratch;
			struct problem problem;

			setpgid(0, 0);
			if (scratch_open(&scratch, place, &problem) == 0)
				pause();
			_exit(1);
		}
		usleep((useconds_t)(i * 10)); /* opening takes less than 3 ms */
		kill(-child, SIGKILL);
		kill(child, SIGKILL);
		waitpid(child, NULL, 0);
	}
	cr_assert(gone_in_time());
}

/* What power loss leaves: a marked directory that nobody holds. */
Test(scratch, sweeps_what_is_left_over_and_nothing_else)
{
	struct scratch scratch, second;
	struct problem problem;
	char path[128];

	snprintf(path, sizeof(path), "%s/.seatrial-aaaaaa", place);
	mkdir(path, 0700);
	snprintf(path, sizeof(path), "%s/.seatrial-aaaaaa/seatrial-scratch", place);
	close(open(path, O_CREAT | O_WRONLY, 0600));
	snprintf(path, sizeof(path), "%s/.seatrial-backup", place);
	mkdir(path, 0700);
	cr_assert_eq(scratch_open(&scratch, place, &problem), 0);
	cr_assert_eq(count_entries(), 2, "the unmarked directory and ours");
	cr_assert_eq(scratch_open(&second, place, &problem), 0);
	cr_assert_eq(count_entries(), 3, "a living run's directory stays");
	scratch_close(&second);
	scratch_close(&scratch);
	cr_assert_eq(count_entries(), 1);
	rmdir(path);
}

Test(scratch, does_not_write_through_a_link)
{
	struct scratch scratch;
	struct problem problem;
	struct stat status;

	cr_assert_eq(scratch_open(&scratch, place, &problem), 0, "%s", problem.text);
	int target = scratch_file(&scratch, "target", 4096, &problem);
	cr_assert_eq(symlinkat("target", scratch.directory, "soft"), 0);
	cr_assert_eq(linkat(scratch.directory, "target", scratch.directory, "hard", 0), 0);
	int soft = scratch_file(&scratch, "soft", 0, &problem);
	int hard = scratch_file(&scratch, "hard", 0, &problem);
	cr_assert(soft >= 0 && hard >= 0, "%s", problem.text);
	cr_assert_eq(fstat(target, &status), 0);
	cr_assert_eq(status.st_size, 4096, "it was neither truncated nor written to");
	close(target);
	close(soft);
	close(hard);
	scratch_close(&scratch);
	cr_assert_eq(count_entries(), 0);
}

Test(scratch, says_what_is_wrong_with_a_place)
{
	struct scratch scratch;
	struct problem problem;

	cr_assert_eq(scratch_open(&scratch, "/nonexistent/place", &problem), -ENOENT);
	cr_assert_not_null(strstr(problem.text, "/nonexistent/place"));
}

Test(scratch, refuses_when_space_is_short)
{
	struct problem problem;

	cr_assert_eq(scratch_check_space(place, 4096, 0, &problem), 0);
	cr_assert_eq(scratch_check_space(place, UINT64_MAX / 2, 0, &problem), -ENOSPC);
	cr_assert_eq(scratch_check_space(place, 4096, UINT64_MAX / 2, &problem), -ENOSPC);
	cr_assert_not_null(strstr(problem.text, "--keep-free"));
}
