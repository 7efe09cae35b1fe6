#include "child.h"

#include "clock.h"

#include <criterion/criterion.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static struct child_result result;
static struct problem problem;

static void run_shell(const char *script, double limit_s)
{
	const char *const argv[] = {"/bin/sh", "-c", script, NULL};
	const struct child_program program = {.argv = argv, .limit_s = limit_s};

	cr_assert_eq(child_run(&program, &result, &problem), 0, "%s", problem.text);
}

static void prepare(void)
{
	child_prepare();
}

static void release(void)
{
	child_release(&result);
}

TestSuite(child, .init = prepare, .fini = release, .timeout = 60);

Test(child, keeps_what_was_said)
{
	run_shell("echo out; echo err >&2; exit 7", 10);
	cr_expect_str_eq(result.output, "out\n");
	cr_expect_eq(result.output_length, 4);
	cr_expect_str_eq(result.errors, "err\n");
	cr_expect_eq(result.end, CHILD_BY_ITSELF);
	cr_expect(WIFEXITED(result.status));
	cr_expect_eq(WEXITSTATUS(result.status), 7);
}

Test(child, says_how_it_ended)
{
	char text[128];

	run_shell("exit 3", 10);
	cr_expect_str_eq(child_ending(&result, text, sizeof(text)), "exited with status 3");
	child_release(&result);
	run_shell("kill -SEGV $$", 10);
	cr_expect(strstr(child_ending(&result, text, sizeof(text)), "signal 11"));
	child_release(&result);
	run_shell("sleep 100", 0.1);
	cr_expect(strstr(child_ending(&result, text, sizeof(text)), "time limit"));
}

Test(child, cannot_be_started)
{
	const char *const argv[] = {"/no/such/program", NULL};
	const struct child_program program = {.argv = argv, .limit_s = 1};

	cr_expect_lt(child_run(&program, &result, &problem), 0);
	cr_expect(strstr(problem.text, "/no/such/program"), "%s", problem.text);
	cr_expect_null(result.output);
}

Test(child, has_no_input_and_no_terminal)
{
	run_shell("read line; echo \"$? $line\"; cut -d' ' -f6 /proc/$$/stat; echo $$", 10);
	char *line = strchr(result.output, '\n');
	cr_assert(line);
	long session, pid;
	cr_assert_eq(sscanf(line, "%ld %ld", &session, &pid), 2, "%s", result.output);
	cr_expect_eq(session, pid);
	cr_expect_eq(strncmp(result.output, "1 \n", 3), 0, "%s", result.output);
}

Test(child, gets_no_descriptor_of_ours)
{
	int pair[2];

	cr_assert_eq(pipe(pair), 0); /* without close-on-exec */
	run_shell("ls /proc/$$/fd; true", 10);
	cr_expect_str_eq(result.output, "0\n1\n2\n");
	close(pair[0]);
	close(pair[1]);
}

/* Everything below its limit is kept, in order, NULs included. */
Test(child, keeps_all_up_to_the_limit)
{
	run_shell("head -c 16777216 /dev/zero", 60);
	cr_expect_eq(result.output_length, CHILD_OUTPUT_MAX);
	cr_expect_not(result.output_cut);
	cr_expect_eq(result.end, CHILD_BY_ITSELF);
}

Test(child, is_ended_when_it_prints_too_much)
{
	run_shell("head -c 16777217 /dev/zero; sleep 100", 60);
	cr_expect(result.output_cut);
	cr_expect_eq(result.end, CHILD_OUTPUT_LIMIT);
	cr_expect_leq(result.output_length, CHILD_OUTPUT_MAX);
}

Test(child, keeps_the_end_of_its_errors)
{
	run_shell("i=0; while [ $i -lt 3000 ]; do echo \"line $i\" >&2; i=$((i+1)); done", 60);
	size_t length = strlen(result.errors);
	cr_expect_leq(length, CHILD_ERRORS_MAX);
	cr_expect_geq(length, CHILD_ERRORS_MAX - 100);
	cr_expect_str_eq(result.errors + length - 10, "line 2999\n");
}

Test(child, may_end_in_peace_after_the_time_limit)
{
	/* A shell may be held up for as long as it has until the end. */
	for (double limit_s = 0.3; limit_s < 30; limit_s *= 4) {
		child_release(&result);
		run_shell("trap 'echo done; exit 5' TERM; sleep 100 & wait", limit_s);
		if (result.output_length > 0)
			break;
	}
	cr_expect_str_eq(result.output, "done\n");
	cr_expect_eq(result.end, CHILD_TIME_LIMIT);
	cr_expect_not(result.killed);
	cr_expect_eq(WEXITSTATUS(result.status), 5);
}

static bool is_alive(pid_t pid)
{
	return kill(pid, 0) == 0;
}

Test(child, takes_its_group_along)
{
	int64_t began_ns = clock_now_ns();

	run_shell("sleep 1000 & echo $!", 60);
	cr_expect_not(is_alive(atoi(result.output)));
	cr_expect_lt(clock_now_ns() - began_ns, INT64_C(30000000000));
}

/* A script that ends once its daemon, in a session of its own, said so: here with SIGUSR1. */
#define UNTIL_TOLD "trap exit USR1; parent=$$; export parent; "
#define TELL       "kill -USR1 $parent; "
#define WAIT       "& while :; do sleep 0.02; done"

Test(child, takes_daemons_along)
{
	run_shell(UNTIL_TOLD "setsid sh -c 'sleep 1000 & echo $!; " TELL "wait' " WAIT, 60);
	cr_expect_neq(atoi(result.output), 0);
	cr_expect_not(is_alive(atoi(result.output)));
}

/* What cleans up after a bench in a session of its own is given the time for it. */
Test(child, lets_daemons_finish)
{
	char path[] = "/tmp/seatrial-child-XXXXXX", script[200];
	int fd = mkstemp(path);

	cr_assert_geq(fd, 0);
	close(fd);
	snprintf(script, sizeof(script), UNTIL_TOLD "setsid sh -c '" TELL "sleep 0.5; rm %s' " WAIT,
		path);
	run_shell(script, 60);
	cr_expect_lt(access(path, F_OK), 0);
	unlink(path);
}

Test(child, leaves_older_children_alone)
{
	pid_t older = fork();

	if (older == 0) {
		pause();
		_exit(0);
	}
	run_shell("sleep 0.1", 60);
	cr_expect_eq(waitpid(older, NULL, WNOHANG), 0);
	kill(older, SIGKILL);
	waitpid(older, NULL, 0);
}

static void count(void *data, double elapsed_s)
{
	(void)elapsed_s;
	++*(int *)data;
}

Test(child, tells_time_while_it_runs)
{
	int ticks = 0;
	const char *const argv[] = {"/bin/sh", "-c", "sleep 1", NULL};
	const struct child_program program = {
		.argv = argv, .limit_s = 60, .tick = count, .data = &ticks};

	cr_assert_eq(child_run(&program, &result, &problem), 0);
	cr_expect_geq(ticks, 1);
	cr_expect_geq(result.elapsed_s, 1.0);
}
