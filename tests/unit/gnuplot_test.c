/* Stand-ins for gnuplot, as scripts: one that is not there, fails, hangs, floods, or looks around.
 */
#include "gnuplot.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static char path[64];

static void remove_stand_in(void)
{
	unlink(path);
}

static const char *stand_in(const char *body)
{
	strcpy(path, "/tmp/gnuplot-stand-in-XXXXXX");
	int fd = mkstemp(path);

	cr_assert_geq(fd, 0);
	dprintf(fd, "#!/bin/sh\n%s\n", body);
	fchmod(fd, 0700);
	close(fd);
	return path;
}

static void expect_problem(const char *program, const char *part)
{
	struct problem problem = {""};
	char *drawing = gnuplot_run(program, "plot 1\n", &problem);

	cr_expect_null(drawing);
	cr_expect(strstr(problem.text, part), "no \"%s\" in: %s", part, problem.text);
	free(drawing);
}

static void expect_output(const char *program, const char *script, const char *expected)
{
	struct problem problem = {""};
	char *drawing = gnuplot_run(program, script, &problem);

	cr_assert(drawing, "%s", problem.text);
	cr_expect_str_eq(drawing, expected);
	free(drawing);
}

TestSuite(gnuplot, .fini = remove_stand_in);

Test(gnuplot, says_when_it_is_not_installed)
{
	expect_problem("/nonexistent/gnuplot", "gnuplot is not installed here");
	setenv("PATH", "/nonexistent", 1);
	expect_problem("gnuplot", "gnuplot is not installed here");
}

Test(gnuplot, reports_how_it_failed)
{
	expect_problem(stand_in("echo; echo 'line 3: bad thing' >&2; exit 7"),
		"failed with exit status 7: line 3: bad thing");
	remove_stand_in();
	expect_problem(stand_in("kill -SEGV $$"), "killed by signal 11");
	remove_stand_in();
	expect_problem(stand_in("exit 0"), "drew nothing: it did not say why");
}

Test(gnuplot, gets_the_script_whole)
{
	char *script = malloc(300001);

	memset(script, 'x', 300000);
	script[300000] = '\0';
	expect_output(stand_in("cat"), script, script);
	free(script);
}

/* Programs that are left over when the time is up must go, with what they started. */
Test(gnuplot, ends_what_hangs)
{
	expect_problem(stand_in("sleep 4242 & sleep 4243"), "gave no plot within");
	remove_stand_in();
	expect_problem(stand_in("echo drawn; exec >&- 2>&- sleep 4243"), "gave no plot within");
	cr_expect_neq(system("grep -qa 'sleep.424[23]' /proc/[0-9]*/cmdline 2>/dev/null"), 0);
}

Test(gnuplot, stops_a_flood)
{
	expect_problem(stand_in("exec cat /dev/zero"), "wrote more than a plot can need");
	remove_stand_in();
	expect_output(stand_in("head -c 100000 /dev/zero >&2; echo ok"), "", "ok\n");
}

Test(gnuplot, runs_in_an_empty_environment)
{
	setenv("GNUTERM", "x11", 1);
	setenv("GNUPLOT_LIB", "/tmp", 1);
	setenv("LD_PRELOAD", "", 1);
	expect_output(
		stand_in(
			"pwd; env | grep -v -e '^PWD=' -e '^_=' | sort; ls /proc/self/fd | wc -l; echo \"$@\""),
		"", "/\nLC_ALL=C.UTF-8\nPATH=/usr/bin:/bin\n4\n-d\n");
}
