#include "file.h"
#include "store.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static char directory[] = "/tmp/seatrial-store-XXXXXX";
static struct store store;
static struct problem problem;

static void setup(void)
{
	char path[64];

	cr_assert(mkdtemp(directory));
	snprintf(path, sizeof(path), "%s/a/b/c", directory);
	cr_assert_eq(store_open(&store, path, &problem), 0);
}

static void teardown(void)
{
	char command[128];

	snprintf(command, sizeof(command), "rm -rf '%s'", directory);
	cr_expect_eq(system(command), 0);
}

TestSuite(store, .init = setup, .fini = teardown);

/* The smallest valid run, with a number to tell it by. */
static json_t *run_numbered(int number)
{
	json_t *run = json_pack(
		"{s:s, s:s, s:{s:s,s:s}, s:s, s:s, s:s, s:i, s:i, s:{s:s,s:s,s:s,s:s,s:s,s:i,s:i,s:s},"
		" s:[], s:[], s:[]}",
		"schema", "seatrial.run/1", "id", "", "suite", "version", "0.1.0", "commit", "x",
		"state", "running", "started", "2026-11-23T02:56:07Z", "preset", "quick", "seed",
		number, "repeat", 1, "host", "id", "0123456789abcdef", "kernel", "", "machine", "",
		"os", "", "cpu", "", "cpus", 1, "memory_bytes", 1, "clocksource", "", "profiles",
		"results", "notes");

	cr_assert(run);
	return run;
}

static int number_of(const json_t *run)
{
	return (int)json_integer_value(json_object_get(run, "seed"));
}

static const char *id_of(const json_t *run)
{
	return json_string_value(json_object_get(run, "id"));
}

Test(store, adds_and_loads)
{
	json_t *run = run_numbered(7);

	cr_assert_eq(store_prepare(&store, &problem), 0, "%s", problem.text);
	cr_assert_eq(store_add(&store, run, &problem), 0, "%s", problem.text);
	cr_expect_eq(strlen(id_of(run)), STORE_ID_LENGTH);
	json_t *loaded = store_load(&store, id_of(run), &problem);
	cr_assert(loaded, "%s", problem.text);
	cr_expect(json_equal(run, loaded));
	json_decref(loaded);
	json_decref(run);
}

/* Whoever can write there may have put a link where the probe will be. */
Test(store, writes_through_no_link_of_others)
{
	char link[PATH_MAX], target[PATH_MAX], text[8] = "";

	cr_assert_eq(store_prepare(&store, &problem), 0, "%s", problem.text);
	snprintf(target, sizeof(target), "%s/precious", directory);
	snprintf(link, sizeof(link), "%.4000s/.probe-%d", store.path, (int)getpid());
	FILE *file = fopen(target, "w+");
	cr_assert(file);
	cr_assert_geq(fputs("kept", file), 0);
	cr_assert_eq(fflush(file), 0);
	cr_assert_eq(symlink(target, link), 0);
	cr_expect_eq(store_prepare(&store, &problem), 0, "%s", problem.text);
	fclose(file);
	file = fopen(target, "r");
	cr_assert(file && fgets(text, sizeof(text), file));
	cr_expect_str_eq(text, "kept");
	fclose(file);
}

Test(store, updates_through_no_link_of_others)
{
	json_t *run = run_numbered(1);
	char path[PATH_MAX], target[PATH_MAX];
	struct stat status;

	cr_assert_eq(store_prepare(&store, &problem), 0);
	cr_assert_eq(store_add(&store, run, &problem), 0);
	store_file(&store, json_string_value(json_object_get(run, "id")), path, sizeof(path));
	snprintf(target, sizeof(target), "%s/precious", directory);
	fclose(fopen(target, "w"));
	unlink(path);
	cr_assert_eq(symlink(target, path), 0);
	cr_expect_eq(store_update(&store, run, &problem), 0, "%s", problem.text);
	cr_assert_eq(stat(target, &status), 0);
	cr_expect_eq(status.st_size, 0, "what the link named is as it was");
	cr_assert_eq(lstat(path, &status), 0);
	cr_expect(S_ISREG(status.st_mode));
	json_decref(run);
}

Test(store, updates_in_place)
{
	json_t *run = run_numbered(1);
	char(*ids)[STORE_ID_LENGTH + 1];

	cr_assert_eq(store_prepare(&store, &problem), 0);
	cr_assert_eq(store_add(&store, run, &problem), 0);
	json_object_set_new(run, "seed", json_integer(2));
	cr_assert_eq(store_update(&store, run, &problem), 0);
	cr_expect_eq(store_list(&store, &ids, &problem), 1);
	free(ids);
	json_t *loaded = store_load(&store, "latest", &problem);
	cr_expect_eq(number_of(loaded), 2);
	json_decref(loaded);
	json_decref(run);
}

Test(store, never_replaces_a_run_by_another)
{
	struct problem why;
	json_t *run = run_numbered(1);
	char path[PATH_MAX];
	struct stat before, after;

	cr_assert_eq(store_prepare(&store, &problem), 0);
	cr_assert_eq(store_add(&store, run, &problem), 0);
	store_file(&store, id_of(run), path, sizeof(path));
	cr_assert_eq(stat(path, &before), 0);
	for (int i = 0; i < 200; i++) {
		json_t *other = run_numbered(i);
		cr_assert_eq(store_add(&store, other, &why), 0, "%s", why.text);
		cr_expect_neq(strcmp(id_of(other), id_of(run)), 0);
		json_decref(other);
	}
	cr_assert_eq(stat(path, &after), 0);
	cr_expect_eq(before.st_ino, after.st_ino);
	json_decref(run);
}

/* A reader beside a writer sees whole documents only. */
Test(store, readers_see_the_old_or_the_new, .timeout = 60)
{
	json_t *run = run_numbered(0);
	char filler[20000];

	memset(filler, 'x', sizeof(filler) - 1);
	filler[sizeof(filler) - 1] = '\0';
	json_object_set_new(run, "label", json_string(filler));
	cr_assert_eq(store_prepare(&store, &problem), 0);
	cr_assert_eq(store_add(&store, run, &problem), 0);
	pid_t writer = fork();
	if (writer == 0) {
		for (int i = 1;; i++) {
			json_object_set_new(run, "seed", json_integer(i));
			if (store_update(&store, run, &problem) < 0)
				_exit(1);
		}
	}
	int last = 0;
	for (int i = 0; i < 500; i++) {
		json_t *seen = store_load(&store, "latest", &problem);
		cr_assert(seen, "%s", problem.text);
		cr_expect_geq(number_of(seen), last);
		last = number_of(seen);
		json_decref(seen);
	}
	kill(writer, SIGKILL);
	waitpid(writer, NULL, 0);
	json_decref(run);
}

/* Killed at any moment, the writer leaves a whole document. */
Test(store, writers_may_die_at_any_moment, .timeout = 60)
{
	json_t *run = run_numbered(0);

	cr_assert_eq(store_prepare(&store, &problem), 0);
	cr_assert_eq(store_add(&store, run, &problem), 0);
	for (int i = 0; i < 100; i++) {
		pid_t writer = fork();
		if (writer == 0)
			for (;;)
				store_update(&store, run, &problem);
		usleep((useconds_t)(i * 37 % 3000));
		kill(writer, SIGKILL);
		waitpid(writer, NULL, 0);
		json_t *seen = store_load(&store, "latest", &problem);
		cr_assert(seen, "%s", problem.text);
		json_decref(seen);
	}
	json_decref(run);
}

Test(store, finds_by_unique_beginning)
{
	json_t *runs[3];
	char name[STORE_ID_LENGTH + 1];

	cr_assert_eq(store_prepare(&store, &problem), 0);
	for (int i = 0; i < 3; i++) {
		runs[i] = run_numbered(i);
		snprintf(name, sizeof(name), "20260%d01T000000Z-0000000%d", i + 1, i);
		json_object_set_new(runs[i], "id", json_string(name));
		cr_assert_eq(store_update(&store, runs[i], &problem), 0);
	}
	json_t *found = store_load(&store, "202602", &problem);
	cr_assert(found, "%s", problem.text);
	cr_expect_eq(number_of(found), 1);
	json_decref(found);
	found = store_load(&store, "latest", &problem);
	cr_expect_eq(number_of(found), 2);
	json_decref(found);
	cr_expect_null(store_load(&store, "2026", &problem));
	cr_expect(strstr(problem.text, "3 runs"), "%s", problem.text);
	cr_expect_null(store_load(&store, "1999", &problem));
	cr_expect_null(store_load(&store, "", &problem));
	for (int i = 0; i < 3; i++)
		json_decref(runs[i]);
}

Test(store, knows_the_latest_of_one_second)
{
	cr_assert_eq(store_prepare(&store, &problem), 0);
	for (int i = 0; i < 20; i++) {
		json_t *run = run_numbered(i);
		cr_assert_eq(store_add(&store, run, &problem), 0, "%s", problem.text);
		json_t *found = store_load(&store, "latest", &problem);
		cr_expect_eq(number_of(found), i);
		json_decref(found);
		json_decref(run);
	}
}

Test(store, is_empty_before_it_exists)
{
	char(*ids)[STORE_ID_LENGTH + 1];

	cr_expect_eq(store_list(&store, &ids, &problem), 0);
	free(ids);
	cr_expect_null(store_load(&store, "latest", &problem));
	cr_expect(strstr(problem.text, "no run is stored"), "%s", problem.text);
}

Test(store, leaves_nothing_behind_when_it_fails)
{
	json_t *run = run_numbered(1);
	struct store missing;

	cr_assert_eq(store_open(&missing, "/proc/none/such", &problem), 0);
	cr_expect_lt(store_prepare(&missing, &problem), 0);
	cr_expect_lt(store_add(&missing, run, &problem), 0);
	cr_expect_neq(problem.text[0], '\0');
	json_decref(run);
}

Test(store, refuses_paths_that_are_too_long)
{
	char path[2 * PATH_MAX];
	struct store other;

	memset(path, 'x', sizeof(path) - 1);
	path[sizeof(path) - 1] = '\0';
	cr_expect_eq(store_open(&other, path, &problem), -ENAMETOOLONG);
	cr_expect_eq(store_open(&other, "", &problem), -EINVAL);
}

static void print_lines(const void *count, FILE *out)
{
	for (size_t i = 0; i < *(const size_t *)count; i++)
		fprintf(out, "%zu\n", i);
}

static size_t size_of(const char *path)
{
	struct stat status;

	return stat(path, &status) == 0 ? (size_t)status.st_size : 0;
}

Test(store, what_is_printed_to_a_file_is_there_whole_or_not_at_all)
{
	const size_t few = 10, many = 100000;
	const struct rlimit limit = {4096, 4096};
	char file[200];

	snprintf(file, sizeof(file), "%s/printed", directory);
	cr_assert_eq(file_stream(file, print_lines, &many, &problem), 0, "%s", problem.text);
	cr_assert_eq(size_of(file), 588890);
	cr_assert_eq(file_stream(file, print_lines, &few, &problem), 0, "%s", problem.text);
	cr_assert_eq(size_of(file), 20);
	cr_assert_eq(file_stream("/dev/full", print_lines, &few, &problem), -ENOSPC);
	signal(SIGXFSZ, SIG_IGN);
	cr_assert_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
	cr_assert_eq(file_stream(file, print_lines, &many, &problem), -EFBIG);
	cr_assert_eq(size_of(file), 20);
}

Test(store, writes_documents_anywhere)
{
	json_t *run = run_numbered(3);
	char path[PATH_MAX], link[PATH_MAX];
	struct stat status;

	snprintf(path, sizeof(path), "%s/out.json", directory);
	snprintf(link, sizeof(link), "%s/link.json", directory);
	cr_assert_eq(store_write_file(path, run, &problem), 0, "%s", problem.text);
	cr_assert_eq(symlink(path, link), 0);
	json_object_set_new(run, "seed", json_integer(4));
	cr_assert_eq(store_write_file(link, run, &problem), 0, "%s", problem.text);
	cr_assert_eq(lstat(link, &status), 0);
	cr_expect(S_ISLNK(status.st_mode), "a link stays a link");
	json_t *seen = json_load_file(path, 0, NULL);
	cr_expect_eq(number_of(seen), 4);
	cr_expect_eq(store_write_file("/dev/null", run, &problem), 0);
	cr_expect_lt(store_write_file("/dev/full", run, &problem), 0);
	cr_expect_lt(store_write_file(directory, run, &problem), 0);
	json_decref(seen);
	json_decref(run);
}
