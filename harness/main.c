/*
 * seatrial: finds the benchmark programs, runs them, keeps what they measured, and says what it
 * means.
 */
#include "child.h"
#include "command.h"
#include "exit_code.h"
#include "settings.h"
#include "text.h"
#include "version.h"

#include <fcntl.h>
#include <limits.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int print_completion(int count, char **operands, struct problem *problem);
static int print_help(int count, char **operands, struct problem *problem);

static const struct option_row *const help_tables[] = {settings_help, NULL};
static void *const help_configs[] = {&settings, NULL};

static const struct option_program completion_program = {
	.name = "seatrial completion",
	.summary = "Print a completion script for a shell",
	.operands = "SHELL",
	.description = "Prints a completion script for bash, zsh or fish.\n\n"
		       "  seatrial completion bash > /etc/bash_completion.d/seatrial",
	.tables = help_tables,
};
static const struct command command_completion = {
	.program = &completion_program,
	.configs = help_configs,
	.operands = 1,
	.function = print_completion,
};

static const struct option_program help_program = {
	.name = "seatrial help",
	.summary = "Explain a command",
	.operands = "[COMMAND]",
	.description = "Prints what a command does and its options.",
	.tables = help_tables,
};
static const struct command command_help = {
	.program = &help_program,
	.configs = help_configs,
	.operands = 1,
	.function = print_help,
};

static const struct command *const commands[] = {&command_run, &command_show, &command_report,
	&command_compare, &command_gate, &command_history, &command_export, &command_push,
	&command_runs, &command_list, &command_doctor, &command_verify, &command_sign,
	&command_serve, &command_completion, &command_help};
#define COMMANDS (sizeof(commands) / sizeof(commands[0]))

/* The program itself, without a command. */
static struct {
	bool version, manual;
	const char *completion;
} own;

static const struct option_row own_rows[] = {
	{.name = "version",
		.letter = 'V',
		.type = OPTION_FLAG,
		.offset = offsetof(__typeof__(own), version),
		.help = "Print the version"},
	{.name = "manual",
		.type = OPTION_FLAG,
		.offset = offsetof(__typeof__(own), manual),
		.help = "Print the manual page, in man(7) form",
		.hidden = true},
	{.name = "completion",
		.type = OPTION_TEXT,
		.offset = offsetof(__typeof__(own), completion),
		.argument = "SHELL",
		.help = "Print a completion script for bash, zsh or fish",
		.hidden = true},
	{.name = NULL},
};
static const struct option_row *const own_tables[] = {own_rows, settings_help, NULL};
static void *const own_configs[] = {&own, &settings, NULL};

static const struct option_program own_program = {
	.name = "seatrial",
	.summary = "Judge whether a host is fit for Kubernetes, before you rely on it",
	.operands = "COMMAND",
	.description =
		"seatrial runs benchmark programs that each answer one question about this host, keeps "
		"what they measured, and compares it with what Kubernetes and etcd need.\n\n"
		"  seatrial run --quick     a verdict in about a minute\n"
		"  seatrial run             a better founded one\n"
		"  seatrial report -o host.html\n"
		"                           the last run as a page for people who decide;\n"
		"                           host.pdf for one to print or to send\n"
		"  seatrial compare a.json b.json\n"
		"                           which of two is suitable, faster, and cheaper\n\n"
		"It changes nothing on the host, sends nothing but to a peer and to the store of "
		"seatrial push that you name, fetches nothing but a URL that you name, and needs no "
		"root; what only root may measure is left out and said to be.",
	.sections =
		"# VERDICTS\n"
		"A profile is a list of requirements and recommendations, each a limit on a reading "
		"with the source that asks for it. Readings have intervals, and these decide:\n\n"
		"suitable: every requirement is met, with the whole interval on the right side of its "
		"limit.\n\n"
		"marginal: no requirement is broken, but a limit lies inside an interval, or a "
		"recommendation is not met.\n\n"
		"unsuitable: a requirement is not met.\n\n"
		"not enough evidence: a requirement could not be judged.\n\n"
		"A requirement that no short run can prove, such as fewer than one lost leader a day, "
		"is presumed to be met until a reading refutes it, and marked with a neutral ~; how "
		"long one would have to measure to know is said beside it.\n"
		"# FILES\n"
		"One file a run, ID.json, in $XDG_DATA_HOME/seatrial/results or, when that is not "
		"set, ~/.local/share/seatrial/results. It holds every reading, the profiles in use "
		"and a description of the host, but no host name and no address. It is written after "
		"each benchmark, whole or not at all. A signature lies beside it: ID.json.sig of "
		"ssh-keygen, ID.json.minisig of minisign. What seatrial push could not send is in the "
		"directory spool beside them.\n\n"
		"index.sqlite beside the runs: their readings, so that many are compared at once. It is "
		"made anew when it is lost or damaged, and may be removed at any time.\n\n"
		"Profiles are in share/seatrial/profiles, beside the directory of the program.\n"
		"# ENVIRONMENT\n"
		"NO_COLOR: when set to anything, output has no colour.\n\n"
		"TERM: when it is dumb or not set, output has neither colour nor a progress line.\n\n"
		"XDG_DATA_HOME, HOME: see FILES.\n\n"
		"PATH: where gnuplot is found, for the plots of a report, weasyprint, for a PDF, and "
		"ssh-keygen and minisign, for signatures.\n\n"
		"TMPDIR: where a PDF is made.\n\n"
		"SEATRIAL_TOKEN: the token that seatrial serve and a benchmark with --peer share, or "
		"the one for seatrial push, when no file has it.\n\n"
		"HTTPS_PROXY, HTTP_PROXY, NO_PROXY: as curl(1) takes them, for seatrial push.\n",
	.tables = own_tables,
};

/* All of them, for help, manual page and completion. */
static const struct option_program *const *all_programs(void)
{
	static const struct option_program *programs[COMMANDS + 2];

	programs[0] = &own_program;
	for (size_t i = 0; i < COMMANDS; i++)
		programs[i + 1] = commands[i]->program;
	return programs;
}

static const char *command_name(const struct command *command)
{
	return strchr(command->program->name, ' ') + 1;
}

/* Levenshtein distance between two short words. */
static size_t distance(const char *a, const char *b)
{
	enum { LONGEST = 32 };
	size_t row[LONGEST + 1], n = strlen(b);

	if (n > LONGEST || strlen(a) > LONGEST)
		return SIZE_MAX;
	for (size_t j = 0; j <= n; j++)
		row[j] = j;
	for (size_t i = 1; a[i - 1]; i++) {
		size_t diagonal = row[0];
		row[0] = i;
		for (size_t j = 1; j <= n; j++) {
			size_t replaced = diagonal + (a[i - 1] != b[j - 1]);
			size_t least = row[j] < row[j - 1] ? row[j] + 1 : row[j - 1] + 1;
			diagonal = row[j];
			row[j] = replaced < least ? replaced : least;
		}
	}
	return row[n];
}

static const struct command *find_command(const char *name, struct problem *problem)
{
	const struct command *nearest = NULL;
	size_t least = 3; /* more mistakes than that make another word */

	for (size_t i = 0; i < COMMANDS; i++) {
		size_t mistakes = distance(name, command_name(commands[i]));
		if (mistakes == 0)
			return commands[i];
		if (mistakes < least) {
			least = mistakes;
			nearest = commands[i];
		}
	}
	if (nearest)
		problem_set(problem, 0, "there is no command \"%.64s\"; did you mean \"%s\"?", name,
			command_name(nearest));
	else
		problem_set(problem, 0,
			"there is no command \"%.64s\"; `seatrial --help` lists what there is",
			name);
	return NULL;
}

static int print_completion(int count, char **operands, struct problem *problem)
{
	if (count == 0) {
		problem_set(problem, 0, "name a shell: bash, zsh or fish");
		return EXIT_CODE_USAGE;
	}
	return options_completion(all_programs(), operands[0], stdout, problem) < 0
		       ? EXIT_CODE_USAGE
		       : EXIT_CODE_OK;
}

static int print_help(int count, char **operands, struct problem *problem)
{
	if (count == 0) {
		options_help_commands(all_programs(), stdout);
		return EXIT_CODE_OK;
	}
	const struct command *command = find_command(operands[0], problem);
	if (!command)
		return EXIT_CODE_USAGE;
	options_help(command->program, stdout);
	return EXIT_CODE_OK;
}

static int run_command(
	const struct command *command, int argc, char **argv, struct problem *problem)
{
	const struct option_program *program = command->program;

	if (options_defaults(program, PRESET_STANDARD, command->configs, problem) < 0)
		return EXIT_CODE_FAILURE;
	int first = options_parse(program, argc, argv, command->configs, problem);
	if (first < 0)
		return EXIT_CODE_USAGE;
	if (settings.help) {
		options_help(program, stdout);
		return EXIT_CODE_OK;
	}
	if (argc - first > command->operands) {
		problem_set(problem, 0, "\"%.64s\" is one word too many; see %s --help",
			argv[first + command->operands], program->name);
		return EXIT_CODE_USAGE;
	}
	return command->function(argc - first, argv + first, problem);
}

/* Options before or without a command. */
static int run_own(int argc, char **argv, struct problem *problem)
{
	if (options_defaults(&own_program, PRESET_STANDARD, own_configs, problem) < 0)
		return EXIT_CODE_FAILURE;
	if (options_parse(&own_program, argc, argv, own_configs, problem) < 0)
		return EXIT_CODE_USAGE;
	if (own.version)
		printf("seatrial %s (%s)\n", SEATRIAL_VERSION, SEATRIAL_COMMIT);
	else if (own.manual)
		options_manual_commands(all_programs(), SEATRIAL_VERSION, stdout);
	else if (own.completion)
		return print_completion(1, (char *[]){(char *)own.completion}, problem);
	else if (settings.help)
		options_help_commands(all_programs(), stdout);
	else {
		options_help_commands(all_programs(), stderr);
		return EXIT_CODE_USAGE;
	}
	return EXIT_CODE_OK;
}

/* Descriptors 0 to 2 are open afterwards, so that no file of ours takes the place of one. What was
 * closed is opened the wrong way round: whoever needs it is told. */
static void open_standard_files(void)
{
	for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
		if (fcntl(fd, F_GETFD) < 0)
			open("/dev/null", (fd == STDIN_FILENO ? O_WRONLY : O_RDONLY) | O_CLOEXEC);
}

/* JSON is built in many small steps; running out of memory in one of them ends the program, as what
 * was measured is in the store by then. */
static void *allocate(size_t size)
{
	void *memory = malloc(size ? size : 1);

	if (!memory) {
		fputs("seatrial: out of memory\n", stderr);
		exit(EXIT_CODE_FAILURE);
	}
	return memory;
}

int main(int argc, char **argv)
{
	struct problem problem = {.text = ""};
	const struct command *command = NULL;
	int code = EXIT_CODE_USAGE;

	open_standard_files();
	setlocale(LC_CTYPE, "");
	json_set_alloc_funcs(allocate, free);
	child_prepare();
	if (argc < 2 || argv[1][0] == '-')
		code = run_own(argc, argv, &problem);
	else if ((command = find_command(argv[1], &problem)))
		code = run_command(command, argc - 1, argv + 1, &problem);
	if (*problem.text) {
		fprintf(stderr, "%s: ", command ? command->program->name : "seatrial");
		text_print(stderr, problem.text);
		fputc('\n', stderr);
	}
	bool written = fflush(stdout) == 0 && !ferror(stdout);
	if (!written && code != EXIT_CODE_FAILURE)
		perror("seatrial: writing to standard output failed");
	return written ? code : EXIT_CODE_FAILURE;
}
