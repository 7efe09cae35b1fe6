/*
 * The main() of every benchmark; bench.h is its manual.
 */
#include "bench.h"

#include "exit_code.h"
#include "interrupt.h"
#include "text.h"
#include "version.h"

#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

struct bench_common bench_common;

static const char *const shell_names[] = {"bash", "zsh", "fish", NULL};

static const struct option_row common_rows[] = {
	{.name = "preset",
		.type = OPTION_CHOICE,
		.offset = offsetof(struct bench_common, preset),
		.argument = "PRESET",
		.help = "How thorough to be; sets the defaults of the options above",
		.value = {"standard"},
		.choices = preset_names},
	{.name = "seed",
		.type = OPTION_COUNT,
		.offset = offsetof(struct bench_common, seed),
		.argument = "N",
		.help = "Seed of every pseudo-random choice, so that a run can be repeated; 0 picks one",
		.value = {"0"},
		.max = INT32_MAX},
	{.name = "explain",
		.type = OPTION_FLAG,
		.offset = offsetof(struct bench_common, explain),
		.help = "Say what would be done, and do nothing"},
	{.name = "describe",
		.type = OPTION_FLAG,
		.offset = offsetof(struct bench_common, describe),
		.help = "Print what this benchmark is, as JSON, and whether it can run here"},
	{.name = "help",
		.letter = 'h',
		.type = OPTION_FLAG,
		.offset = offsetof(struct bench_common, help),
		.help = "Print this help"},
	{.name = "version",
		.letter = 'V',
		.type = OPTION_FLAG,
		.offset = offsetof(struct bench_common, version),
		.help = "Print the version"},
	{.name = "manual",
		.type = OPTION_FLAG,
		.offset = offsetof(struct bench_common, manual),
		.help = "Print the manual page, in man(7) form"},
	{.name = "completion",
		.type = OPTION_CHOICE,
		.offset = offsetof(struct bench_common, completion),
		.argument = "SHELL",
		.help = "Print a completion script",
		.choices = shell_names},
	{.name = NULL},
};

static const struct option_row no_rows[] = {{.name = NULL}};

static char program_name[64];
static const struct option_row *tables[] = {no_rows, common_rows, NULL};
static struct option_program program = {.name = program_name, .operands = "", .tables = tables};
static void *configs[] = {NULL, &bench_common, NULL};

static int fail(int code, const struct problem *problem)
{
	fprintf(stderr, "%s: ", program.name);
	text_print(stderr, problem->text);
	fputc('\n', stderr);
	return code;
}

static enum preset find_preset(const char *name)
{
	for (enum preset preset = 0; preset < PRESETS; preset++)
		if (strcmp(preset_names[preset], name) == 0)
			return preset;
	return PRESET_STANDARD;
}

/* Defaults of `preset`, then the command line on top. */
static int parse(int argc, char **argv, enum preset preset, struct problem *problem)
{
	int result = options_defaults(&program, preset, configs, problem);

	if (result < 0)
		return result;
	int first = options_parse(&program, argc, argv, configs, problem);
	if (first >= 0 && first < argc)
		return problem_set(problem, -EINVAL,
			"\"%s\" is one word too many: %s takes options only; see --help",
			argv[first], program.name);
	return first < 0 ? first : 0;
}

/* Defaults depend on --preset: the first parse learns it, the second works on top of its defaults.
 */
static int read_options(int argc, char **argv, struct problem *problem)
{
	int result = parse(argc, argv, PRESET_STANDARD, problem);

	if (result == 0)
		result = parse(argc, argv, find_preset(bench_common.preset), problem);
	if (result < 0)
		return result;
	if (bench_common.seed == 0) {
		uint32_t seed;

		if (getrandom(&seed, sizeof(seed), 0) != sizeof(seed))
			seed = (uint32_t)getpid();
		bench_common.seed = 1 + seed % INT32_MAX;
	}
	return bench.check ? bench.check(bench.config, problem) : 0;
}

static int print_json(json_t *document, FILE *out)
{
	struct problem problem;
	int result = json_dumpf(document, out, JSON_INDENT(1) | JSON_REAL_PRECISION(12));

	json_decref(document);
	if (result == 0 && fputc('\n', out) != EOF && fclose(out) == 0)
		return 0;
	problem_errno(&problem, "writing the document to standard output failed");
	return fail(EXIT_CODE_FAILURE, &problem);
}

static bool can_run(struct obstacle *obstacle)
{
	*obstacle = (struct obstacle){0};
	return !bench.supported || bench.supported(bench.config, obstacle);
}

static int print_description(FILE *out)
{
	json_t *metrics = json_array(), *distributions = json_array();
	struct obstacle obstacle;

	for (const struct metric_spec *spec = bench.metrics; spec && spec->name; spec++)
		json_array_append_new(metrics,
			json_pack("{s:s,s:s,s:s,s:s,s:s*,s:s*}", "name", spec->name, "title",
				spec->title, "unit", spec->unit, "better",
				spec->better == BETTER_LOWER ? "lower" : "higher", "relative_to",
				spec->relative_to, "against", spec->against));
	for (const struct distribution_spec *spec = bench.distributions; spec && spec->name; spec++)
		json_array_append_new(
			distributions, json_pack("{s:s,s:s,s:s,s:s*}", "name", spec->name, "title",
					       spec->title, "unit", "s", "against", spec->against));
	bool available = can_run(&obstacle);
	json_t *document = json_pack("{s:s,s:s,s:s,s:s,s:{s:s,s:s},s:o,s:o,s:o,s:b,s:f}", "schema",
		"seatrial.bench/1", "name", bench.name, "question", bench.question, "method",
		bench.method, "suite", "version", SEATRIAL_VERSION, "commit", SEATRIAL_COMMIT,
		"options", options_describe(bench.options ? bench.options : no_rows), "metrics",
		metrics, "distributions", distributions, "available", available, "estimate_s",
		bench.estimate(bench.config));
	if (!available)
		json_object_set_new(document, "obstacle",
			json_pack("{s:s,s:s}", "why", obstacle.why, "enable", obstacle.enable));
	return print_json(document, out);
}

static int print_explanation(FILE *out)
{
	fprintf(out, "%s\n\nTakes about %.0f s and would:\n", bench.question,
		bench.estimate(bench.config));
	bench.explain(bench.config, out);
	return fclose(out) == 0 ? EXIT_CODE_OK : EXIT_CODE_FAILURE;
}

/* What people ask of a program instead of a measurement; -1 when they asked for the measurement. */
static int answer(FILE *out)
{
	struct problem problem;
	const struct option_program *programs[] = {&program, NULL};

	if (bench_common.help)
		options_help(&program, out);
	else if (bench_common.version)
		fprintf(out, "%s %s (%s)\n", program.name, SEATRIAL_VERSION, SEATRIAL_COMMIT);
	else if (bench_common.manual)
		options_manual(&program, SEATRIAL_VERSION, out);
	else if (bench_common.describe)
		return print_description(out);
	else if (bench_common.explain)
		return print_explanation(out);
	else if (!bench_common.completion)
		return -1;
	else if (options_completion(programs, bench_common.completion, out, &problem) < 0)
		return fail(EXIT_CODE_USAGE, &problem);
	return fclose(out) == 0 ? EXIT_CODE_OK : EXIT_CODE_FAILURE;
}

static json_t *effective_parameters(void)
{
	return bench.options ? options_effective(bench.options, bench.config) : json_object();
}

static int run(FILE *out)
{
	static const int codes[] = {
		[RECORD_COMPLETE] = EXIT_CODE_OK,
		[RECORD_INTERRUPTED] = EXIT_CODE_INTERRUPTED,
		[RECORD_SKIPPED] = EXIT_CODE_SKIPPED,
		[RECORD_FAILED] = EXIT_CODE_FAILURE,
	};
	struct problem problem = {.text = ""};
	struct obstacle obstacle;
	enum record_status status = RECORD_COMPLETE;

	interrupt_catch();
	struct record *record = record_new(&(struct record_identity){
		.name = bench.name,
		.question = bench.question,
		.method = bench.method,
		.preset = bench_common.preset,
		.seed = bench_common.seed,
	});
	record_parameters(record, effective_parameters());
	record_incidental(record, bench.options ? options_incidental(bench.options) : json_array());
	if (!can_run(&obstacle)) {
		status = RECORD_SKIPPED;
		problem_set(&problem, 0, "%s", obstacle.why);
		record_skip(record, bench.name, obstacle.why, obstacle.enable);
	} else if (bench.measure(bench.config, record, &problem) < 0 && !interrupt_pending()) {
		status = RECORD_FAILED;
		record_error(record, "%s", problem.text);
	} else if (interrupt_pending()) {
		status = RECORD_INTERRUPTED;
		problem_set(&problem, 0, "stopped by signal %d (%s)", interrupt_pending(),
			strsignal(interrupt_pending()));
	}
	json_t *document = record_finish(record, status, problem.text);
	int written = print_json(document, out);
	if (written != 0)
		return written;
	if (status == RECORD_COMPLETE && bench.delivered)
		bench.delivered(bench.config);
	return status == RECORD_COMPLETE ? EXIT_CODE_OK : fail(codes[status], &problem);
}

/* Standard output becomes ours alone: whatever a library prints goes to standard error, so that
 * nothing but the document reaches the reader. Descriptors 0 to 2 are open afterwards. */
static FILE *take_stdout(void)
{
	int opened;

	do
		opened = open("/dev/null", O_RDWR | O_CLOEXEC);
	while (opened >= 0 && opened <= STDERR_FILENO);
	if (opened >= 0)
		close(opened);
	int own = fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
	if (own < 0 || dup2(STDERR_FILENO, STDOUT_FILENO) < 0)
		return NULL;
	return fdopen(own, "w");
}

int main(int argc, char **argv)
{
	struct problem problem = {.text = ""};
	FILE *out = take_stdout();

	if (!out) {
		problem_errno(&problem, "standard output cannot be used");
		return fail(EXIT_CODE_FAILURE, &problem);
	}
	snprintf(program_name, sizeof(program_name), "seatrial-%s", bench.name);
	program.summary = bench.question;
	program.description = bench.method;
	program.sections = bench.sections;
	tables[0] = bench.options ? bench.options : no_rows;
	configs[0] = bench.config;
	if (read_options(argc, argv, &problem) < 0)
		return fail(EXIT_CODE_USAGE, &problem);
	int code = answer(out);
	return code >= 0 ? code : run(out);
}
