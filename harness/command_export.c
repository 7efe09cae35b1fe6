/*
 * seatrial export: a stored run, or what a gate decided, for other programs.
 */
#include "command.h"
#include "document.h"
#include "exit_code.h"
#include "export.h"
#include "file.h"
#include "settings.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static struct {
	const char *out, *host;
} options;

static const struct option_row rows[] = {
	{.name = "out",
		.letter = 'o',
		.type = OPTION_PATH,
		.offset = offsetof(__typeof__(options), out),
		.argument = "FILE",
		.help = "File to write, whole or not at all; \"-\" is standard output",
		.value = {"-"}},
	{.name = "host",
		.type = OPTION_TEXT,
		.offset = offsetof(__typeof__(options), host),
		.argument = "NAME",
		.help = "Name to give the host, instead of its id"},
	{.name = NULL},
};

static int command_export_main(int count, char **operands, struct problem *problem)
{
	const struct command_output output = {"--out", options.out};

	if (count == 0) {
		problem_set(problem, 0, "name a format; `seatrial export --help` lists them");
		return EXIT_CODE_USAGE;
	}
	const struct export_format *format = export_find(operands[0], problem);
	if (!format)
		return EXIT_CODE_USAGE;
	int code = command_check_outputs(&output, 1, problem);
	if (code != EXIT_CODE_OK)
		return code;
	json_t *document = export_load(count > 1 ? operands[1] : "latest", problem);
	if (!document)
		return EXIT_CODE_FAILURE;
	size_t length;
	char *text = export_document(format, document, options.host, &length, problem);
	json_decref(document);
	if (!text)
		return EXIT_CODE_FAILURE;
	int failure = file_output(options.out, text, length, problem);
	free(text);
	return failure ? EXIT_CODE_FAILURE : EXIT_CODE_OK;
}

static const struct option_row *const tables[] = {rows, settings_store, settings_help, NULL};
static void *const configs[] = {&options, &settings, &settings, NULL};

static const struct option_program program = {
	.name = "seatrial export",
	.summary = "Write a run in a format that another program reads",
	.operands = "FORMAT [RUN]",
	.description =
		"Writes a run, or the document of `seatrial gate --json`, in one of these formats; "
		"those marked * take either:\n\n"
		"  csv               every value of every repetition\n"
		"  openmetrics       OpenMetrics with timestamps, to backfill a store with\n"
		"  prometheus        for the textfile collector of node_exporter\n"
		"  benchmark-smaller github-action-benchmark, customSmallerIsBetter\n"
		"  benchmark-bigger  github-action-benchmark, customBiggerIsBetter\n"
		"  bencher           Bencher Metric Format\n"
		"  benchfmt          Go's benchmark format, for benchstat\n"
		"  hlog              HdrHistogram log of every latency histogram\n"
		"  gitlab *          GitLab's metrics report\n"
		"  junit *           JUnit XML\n"
		"  markdown *        for $GITHUB_STEP_SUMMARY or a comment\n"
		"  annotations *     GitHub's ::error and ::warning lines, 10 at most\n\n"
		"In JUnit, a requirement that is not met and a metric that regressed are failures; what "
		"is too close to tell, was not measured, or is advice not followed, is skipped, with "
		"the reason: no plain pass either.\n\n"
		"RUN is as for `seatrial show`, or \"-\" for standard input.\n\n"
		"  seatrial export prometheus -o /var/lib/node_exporter/seatrial.prom\n\n"
		"The exit status is 0, 1 when something cannot be read or written, and 2 for a wrong "
		"command line.",
	.tables = tables,
};

const struct command command_export = {
	.program = &program,
	.configs = configs,
	.operands = 2,
	.function = command_export_main,
};
