/*
 * seatrial show: the verdict on a stored run.
 */
#include "command.h"
#include "exit_code.h"
#include "run.h"
#include "settings.h"
#include "view.h"

static struct {
	bool document, exit_code;
} options;

static const struct option_row rows[] = {
	{.name = "document",
		.type = OPTION_FLAG,
		.offset = offsetof(__typeof__(options), document),
		.help = "Print the stored document, with every reading, instead of the verdict"},
	{.name = "exit-code",
		.type = OPTION_FLAG,
		.offset = offsetof(__typeof__(options), exit_code),
		.help = "Exit as `seatrial run` did, by the verdict, instead of with 0"},
	{.name = NULL},
};

static int show(const json_t *run, const json_t *verdict, struct problem *problem)
{
	struct terminal terminal;

	if (options.document)
		return command_print_json(run, problem);
	if (settings.json)
		return command_print_json(verdict, problem);
	terminal_open(&terminal, stdout);
	if (!settings.quiet)
		view_verdict(&terminal, run, verdict);
	return EXIT_CODE_OK;
}

static int command_show_main(int count, char **operands, struct problem *problem)
{
	json_t *run, *verdict;
	int code = EXIT_CODE_FAILURE;

	if (command_load(count, operands, &run, &verdict, problem) < 0)
		return EXIT_CODE_FAILURE;
	code = show(run, verdict, problem);
	if (code == EXIT_CODE_OK && options.exit_code)
		code = run_exit_code(run, verdict);
	json_decref(verdict);
	json_decref(run);
	return code;
}

static const struct option_row *const tables[] = {
	rows, settings_store, settings_output, settings_help, NULL};
static void *const configs[] = {&options, &settings, &settings, &settings, NULL};

static const struct option_program program = {
	.name = "seatrial show",
	.summary = "Show the verdict on a stored run",
	.operands = "[RUN]",
	.description =
		"Shows what a run says about its host. The verdict is computed anew, from the readings "
		"and the profiles that the run was made with.\n\n"
		"RUN is an id, the unique beginning of one, \"latest\" (which is also meant when "
		"nothing is given), or the path of a run's file, from another host for example.\n\n"
		"The exit status is 0 when the run could be shown, whatever the verdict; with "
		"--exit-code it is that of `seatrial run`.",
	.tables = tables,
};

const struct command command_show = {
	.program = &program,
	.configs = configs,
	.operands = 1,
	.function = command_show_main,
};
