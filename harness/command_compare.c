/*
 * seatrial compare: candidates side by side.
 */
#include "allocate.h"
#include "command.h"
#include "comparison.h"
#include "comparison_view.h"
#include "document.h"
#include "exit_code.h"
#include "file.h"
#include "settings.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

static struct {
	const char *baseline, *candidates, *csv, *markdown, *out;
	struct option_texts prices, profiles;
	uint64_t threshold, timeout;
	bool mixed, all;
} options;

static const struct option_row rows[] = {
	{.name = "baseline",
		.type = OPTION_TEXT,
		.offset = offsetof(__typeof__(options), baseline),
		.argument = "NAME",
		.help = "Candidate that the others are compared with; without it the first"},
	{.name = "candidates",
		.type = OPTION_PATH,
		.offset = offsetof(__typeof__(options), candidates),
		.argument = "FILE",
		.help = "File of candidates with their providers, regions, prices and links"},
	{.name = "price",
		.type = OPTION_TEXT,
		.offset = offsetof(__typeof__(options), prices),
		.argument = "NAME=PRICE",
		.help = "What a candidate costs, such as 4.99/month, 0.007/hour or \"EUR 60/year\"",
		.repeatable = true},
	{.name = "profile",
		.type = OPTION_TEXT,
		.offset = offsetof(__typeof__(options), profiles),
		.argument = "NAME[,NAME...]",
		.offer = "seatrial list --profiles",
		.help = "Judge all by these profiles (names, or paths with a '/' or ending in .json) "
			"instead of by those that their runs were made with",
		.repeatable = true},
	{.name = "threshold",
		.type = OPTION_COUNT,
		.offset = offsetof(__typeof__(options), threshold),
		.argument = "PERCENT",
		.help = "Least difference that matters, in percent",
		.value = {"5"},
		.min = 1,
		.max = 1000},
	{.name = "mixed",
		.type = OPTION_FLAG,
		.offset = offsetof(__typeof__(options), mixed),
		.help = "Compare also what was measured with different parameters, presets or "
			"versions, and say so"},
	{.name = "all",
		.type = OPTION_FLAG,
		.offset = offsetof(__typeof__(options), all),
		.help = "Show every reading, not only the differences that matter"},
	{.name = "csv",
		.type = OPTION_PATH,
		.offset = offsetof(__typeof__(options), csv),
		.argument = "FILE",
		.help = "Also write a table for spreadsheets, \"-\" for standard output instead of "
			"text"},
	{.name = "markdown",
		.type = OPTION_PATH,
		.offset = offsetof(__typeof__(options), markdown),
		.argument = "FILE",
		.help = "Also write Markdown, \"-\" for standard output instead of text"},
	{.name = "out",
		.letter = 'o',
		.type = OPTION_PATH,
		.offset = offsetof(__typeof__(options), out),
		.argument = "FILE",
		.help = "Also write the comparison as a document here, for seatrial report; \"-\" for "
			"standard output instead of text"},
	{.name = "timeout",
		.type = OPTION_TIME,
		.offset = offsetof(__typeof__(options), timeout),
		.argument = "TIME",
		.help = "Longest that fetching from a URL may take",
		.value = {"1m"},
		.min = 1000000,
		.max = UINT64_C(3600000000000)},
	{.name = NULL},
};

struct list {
	struct candidate *at;
	size_t count;
};

static int find_all(struct candidate_source *source, int count, char **operands, struct list *list,
	struct problem *problem)
{
	int read = options.candidates
			   ? candidates_read(source, options.candidates, &list->at, problem)
			   : 0;

	if (read < 0)
		return read;
	list->count = (size_t)read;
	list->at = allocate_grow(list->at, list->count + (size_t)count, sizeof(*list->at));
	candidate_source_expect(source, count, operands);
	for (int i = 0; i < count; i++) {
		int failure = candidate_find(source, operands[i], &list->at[list->count], problem);
		if (failure)
			return failure;
		list->count++;
	}
	candidates_tell_apart(list->at, list->count);
	return 0;
}

static struct candidate *find_named(const struct list *list, const char *name, size_t length)
{
	for (size_t i = 0; i < list->count; i++)
		if (strlen(list->at[i].name) == length &&
			memcmp(list->at[i].name, name, length) == 0)
			return &list->at[i];
	return NULL;
}

/* "NAME=4.99/month": a name may have '=' in it, a price has none. */
static int set_price(const struct list *list, const char *text, struct problem *problem)
{
	const char *equals = strrchr(text, '=');
	struct price price;

	if (!equals)
		return problem_set(problem, -EINVAL,
			"--price: \"%.60s\" names no candidate; write NAME=4.99/month", text);
	struct candidate *candidate = find_named(list, text, (size_t)(equals - text));
	if (!candidate)
		return problem_set(problem, -EINVAL, "--price: no candidate is called \"%.*s\"",
			(int)(equals - text > 64 ? 64 : equals - text), text);
	int failure = price_parse(equals + 1, &price, problem);
	if (failure)
		return failure;
	price_clear(&candidate->price);
	candidate->price = price;
	return 0;
}

/* The options that only make sense once it is known who is compared. */
static int apply_options(
	const struct list *list, struct comparison_request *request, struct problem *problem)
{
	for (size_t i = 0; i < options.prices.count; i++)
		if (set_price(list, options.prices.at[i], problem) < 0)
			return -EINVAL;
	if (list->count < 2)
		return problem_set(problem, -EINVAL,
			"name at least two candidates to compare, or a file of them with --candidates");
	*request = (struct comparison_request){
		.candidates = list->at,
		.count = list->count,
		.threshold = (double)options.threshold / 100,
		.mixed = options.mixed,
	};
	if (!options.baseline)
		return 0;
	const struct candidate *baseline =
		find_named(list, options.baseline, strlen(options.baseline));
	if (!baseline)
		return problem_set(problem, -EINVAL, "--baseline: no candidate is called \"%.64s\"",
			options.baseline);
	request->baseline = (size_t)(baseline - list->at);
	return 0;
}

static int load_profiles(struct sample_set *set, struct problem *problem)
{
	json_t *profiles = command_load_profiles(&options.profiles, problem);

	if (!profiles)
		return -EINVAL;
	if (options.profiles.count)
		sample_set_judge_by(set, profiles);
	json_decref(profiles);
	return 0;
}

static void print_csv(const void *comparison, FILE *out)
{
	comparison_print_csv(comparison, out);
}

static void print_markdown(const void *comparison, FILE *out)
{
	comparison_print_markdown(comparison, out);
}

#define OUTPUTS 3
static void list_outputs(struct command_output outputs[OUTPUTS])
{
	outputs[0] = (struct command_output){"--csv", options.csv};
	outputs[1] = (struct command_output){"--markdown", options.markdown};
	outputs[2] = (struct command_output){"--out", options.out};
}

static int show(const json_t *comparison, struct problem *problem)
{
	struct command_output outputs[OUTPUTS];
	struct terminal terminal;

	list_outputs(outputs);
	if ((options.csv && file_stream(options.csv, print_csv, comparison, problem) < 0) ||
		(options.markdown &&
			file_stream(options.markdown, print_markdown, comparison, problem) < 0) ||
		command_write_document(options.out, comparison, problem) != EXIT_CODE_OK)
		return EXIT_CODE_FAILURE;
	if (settings.json && command_print_json(comparison, problem) != EXIT_CODE_OK)
		return EXIT_CODE_FAILURE;
	if (command_has_text(outputs, OUTPUTS)) {
		terminal_open(&terminal, stdout);
		comparison_view(&terminal, comparison, options.all);
	}
	if (!comparison_is_empty(comparison))
		return EXIT_CODE_OK;
	problem_set(problem, 0,
		"nothing could be compared: the candidates have no reading of different runs in "
		"common that was measured in the same way; see \"not compared\"");
	return EXIT_CODE_INCOMPLETE;
}

static int compare(
	struct candidate_source *source, int count, char **operands, struct problem *problem)
{
	struct comparison_request request;
	struct list list = {0};
	int code = EXIT_CODE_FAILURE;

	source->timeout_ns = options.timeout;
	if (load_profiles(source->set, problem) == 0 &&
		find_all(source, count, operands, &list, problem) == 0) {
		candidate_source_settle(source);
		command_warn("compare", &source->warning);
		if (apply_options(&list, &request, problem) < 0) {
			code = EXIT_CODE_USAGE;
		} else {
			json_t *comparison = comparison_make(source->set, &request);
			code = show(comparison, problem);
			json_decref(comparison);
		}
	}
	for (size_t i = 0; i < list.count; i++)
		candidate_clear(&list.at[i]);
	free(list.at);
	return code;
}

static int command_compare_main(int count, char **operands, struct problem *problem)
{
	struct command_output outputs[OUTPUTS];
	struct candidate_source source;

	if (count + (options.candidates != NULL) < 1 || (count < 2 && !options.candidates)) {
		problem_set(problem, 0,
			"name at least two candidates to compare, or a file of them with --candidates");
		return EXIT_CODE_USAGE;
	}
	list_outputs(outputs);
	int code = command_check_outputs(outputs, OUTPUTS, problem);
	if (code != EXIT_CODE_OK)
		return code;
	if (candidate_source_open(&source, problem) < 0)
		return EXIT_CODE_FAILURE;
	code = compare(&source, count, operands, problem);
	candidate_source_close(&source);
	return code;
}

static const struct option_row *const tables[] = {
	rows, settings_store, settings_profile, settings_output, settings_help, NULL};
static void *const configs[] = {&options, &settings, &settings, &settings, &settings, NULL};

static const struct option_program program = {
	.name = "seatrial compare",
	.summary = "Set candidates side by side, and rank them by verdict, performance and price",
	.operands = "[NAME=]CANDIDATE...",
	.description =
		"Says which candidates are suitable and which of them is the cheapest, ranks them, and "
		"shows for each reading how they differ from the baseline: by what ratio, within what "
		"95 % interval, and whether that is real, likely, noise, or cannot be told.\n\n"
		"A CANDIDATE is one run or many: the path of a run's file, a folder of them, the http "
		"or https URL of one, the id of a stored run (or its beginning, or \"latest\"), or the "
		"label or host id of stored runs, which means all that have it.\n\n"
		"  seatrial compare small=first.json large=second.json\n"
		"  seatrial compare --price small=4.99/month small=first.json ovh\n\n"
		"A file of candidates keeps what belongs to them; all but \"source\" may be left out, and a "
		"path in it is meant from where the file is:\n\n"
		"  {\"schema\": \"seatrial.candidates/1\", \"candidates\": [\n"
		"    {\"name\": \"small\", \"source\": \"small.json\", \"price\": \"EUR 4.99/month\",\n"
		"     \"provider\": \"Example\", \"region\": \"fsn1\", \"link\": \"https://example.com/\"},\n"
		"    {\"name\": \"large\", \"source\": \"runs/large\", \"price\": \"EUR 0.01/hour\"}\n"
		"  ]}\n\n"
		"What was measured with different parameters, presets or versions is not compared, but "
		"listed with what differs. Where things are on a host, such as a directory, does not "
		"count as a difference.\n\n"
		"The value of a run is what its verdicts say: the quantile of all samples, the rate of "
		"all events or the median of all repetitions. Several runs have the median of their "
		"values, with the interval of a median from 6 runs on and, of fewer, one that holds "
		"those of all runs; of rare events they have the rate of all. A ratio is estimated from "
		"the repetitions or runs that are tested: it may differ a little from the ratio of two "
		"values.\n\n"
		"A run that two candidates have is no evidence of a difference between them: they are "
		"compared by the runs that each has alone and, where one has none, by all of its runs "
		"and those that the other has alone. So \"seatrial compare LABEL latest\" tells how the "
		"latest run differs from the others.\n\n"
		"A candidate is judged by the worst of its runs, and for each requirement by the run "
		"that is worst for it: the document, Markdown and a report say what it reads there, as "
		"long as there are at most 30 candidates. Its score is the geometric mean of "
		"the ratios of the readings that the profile judges. Prices are text beside a number: "
		"no currency is converted, and a month has 730 hours.\n\n"
		"The exit status is 0 when something was compared, 4 when nothing could be, 1 when a "
		"candidate cannot be read, and 2 for a wrong command line.",
	.tables = tables,
};

const struct command command_compare = {
	.program = &program,
	.configs = configs,
	.operands = INT_MAX,
	.function = command_compare_main,
};
