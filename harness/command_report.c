/*
 * seatrial report: a stored run as a page.
 */
#include "command.h"
#include "exit_code.h"
#include "page.h"
#include "settings.h"

#include <string.h>

static struct {
	const char *out;
} options;

static const struct option_row rows[] = {
	{.name = "out",
		.letter = 'o',
		.type = OPTION_PATH,
		.offset = offsetof(__typeof__(options), out),
		.argument = "FILE",
		.help = "File to write, \"-\" for standard output; an existing one is replaced",
		.value = {"seatrial.html"}},
	{.name = NULL},
};

static int command_report_main(int count, char **operands, struct problem *problem)
{
	json_t *run, *verdict, *signatures;
	int code = EXIT_CODE_FAILURE;

	if (command_load_signed(count, operands, &run, &verdict, &signatures, problem) < 0)
		return EXIT_CODE_FAILURE;
	if (page_write(options.out, run, verdict, signatures, problem) == 0)
		code = EXIT_CODE_OK;
	if (code == EXIT_CODE_OK && strcmp(options.out, "-") != 0) {
		struct terminal terminal;
		terminal_open(&terminal, stdout);
		terminal_say(&terminal, 0, "The report is in %s.", options.out);
	}
	json_decref(signatures);
	json_decref(verdict);
	json_decref(run);
	return code;
}

static const struct option_row *const tables[] = {
	rows, settings_signers, settings_store, settings_help, NULL};
static void *const configs[] = {&options, &settings, &settings, &settings, NULL};

static const struct option_program program = {
	.name = "seatrial report",
	.summary = "Make a page of a stored run, for people who decide",
	.operands = "[RUN]",
	.description =
		"Writes one self-contained HTML file: the verdict, every reading with its interval and "
		"its plot, and how each was measured. Plots need gnuplot; without it the page says "
		"so.\n\n"
		"The page says by whom the run was signed when you name the keys that count.\n\n"
		"RUN is as for `seatrial show`.",
	.tables = tables,
};

const struct command command_report = {
	.program = &program,
	.configs = configs,
	.operands = 1,
	.function = command_report_main,
};
