/*
 * seatrial gate: stops a pipeline when a candidate is worse than its baseline.
 */
#include "command.h"
#include "decision.h"
#include "document.h"
#include "exit_code.h"
#include "settings.h"

#include <errno.h>
#include <limits.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static struct {
	const char *baseline, *out, *alpha;
	struct option_texts only, profiles, thresholds;
	uint64_t threshold, timeout;
	bool mixed, independent, all;
} options;

static const struct option_row rows[] = {
	{.name = "baseline",
		.letter = 'b',
		.type = OPTION_TEXT,
		.offset = offsetof(__typeof__(options), baseline),
		.argument = "BASELINE",
		.help = "What to compare with, in the forms that an operand has"},
	{.name = "threshold",
		.type = OPTION_COUNT,
		.offset = offsetof(__typeof__(options), threshold),
		.argument = "PERCENT",
		.help = "Least change that is worth an alarm, in percent of the baseline",
		.value = {"5"},
		.min = 1,
		.max = 1000},
	{.name = "threshold-of",
		.type = OPTION_TEXT,
		.offset = offsetof(__typeof__(options), thresholds),
		.argument = "METRIC=PERCENT",
		.help = "The same for some metrics, by name or pattern, such as "
			"\"fsync/*.p99=20\"; the last that fits counts",
		.repeatable = true},
	{.name = "only",
		.type = OPTION_TEXT,
		.offset = offsetof(__typeof__(options), only),
		.argument = "METRIC",
		.help = "Judge only metrics of this name or pattern, such as "
			"\"fsync/wal.fsync.p99\" or \"encap/*\"",
		.repeatable = true},
	{.name = "profile",
		.type = OPTION_TEXT,
		.offset = offsetof(__typeof__(options), profiles),
		.argument = "NAME[,NAME...]",
		.offer = "seatrial list --profiles",
		.help = "Judge only metrics that these profiles (names, or paths with a '/' or ending in "
			".json) ask for; the fewer there are, the fewer runs they need",
		.repeatable = true},
	{.name = "alpha",
		.type = OPTION_TEXT,
		.offset = offsetof(__typeof__(options), alpha),
		.argument = "SHARE",
		.help = "How many calls may be false alarms, whatever the number of metrics, from "
			"0.000001 to 0.5",
		.value = {"0.01"}},
	{.name = "independent",
		.type = OPTION_FLAG,
		.offset = offsetof(__typeof__(options), independent),
		.help = "Take the repetitions of a run for independent of each other, and runs for "
			"alike: alarms then need fewer of them, and are false more often when that "
			"is not so"},
	{.name = "mixed",
		.type = OPTION_FLAG,
		.offset = offsetof(__typeof__(options), mixed),
		.help = "Judge also what was measured with different parameters, presets or "
			"versions, and say so"},
	{.name = "all",
		.type = OPTION_FLAG,
		.offset = offsetof(__typeof__(options), all),
		.help = "Show every metric, not only those that are not as they were"},
	{.name = "out",
		.letter = 'o',
		.type = OPTION_PATH,
		.offset = offsetof(__typeof__(options), out),
		.argument = "FILE",
		.help = "Also write the decision as a document here, for seatrial export; \"-\" for "
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

static int parse_alpha(double *alpha, struct problem *problem)
{
	char *end;

	*alpha = strtod(options.alpha, &end);
	if (end == options.alpha || *end || !(*alpha >= 1e-6 && *alpha <= 0.5))
		return problem_set(problem, -EINVAL,
			"--alpha: \"%.40s\" is no share from 0.000001 to 0.5", options.alpha);
	return 0;
}

/* "fsync/wal.*=20", in which a pattern may have '=' and a number has none. */
static int parse_rules(struct decision_rule *rules, struct problem *problem)
{
	for (size_t i = 0; i < options.thresholds.count; i++) {
		const char *text = options.thresholds.at[i], *equals = strrchr(text, '=');
		char *end = NULL;
		double percent = equals ? strtod(equals + 1, &end) : NAN;

		if (!equals || equals == text || end == equals + 1 || *end || !(percent > 0) ||
			percent > 1000)
			return problem_set(problem, -EINVAL,
				"--threshold-of: \"%.80s\" is not of the form "
				"METRIC=PERCENT, with up to 1000 percent",
				text);
		rules[i] = (struct decision_rule){.pattern = strndup(text, (size_t)(equals - text)),
			.threshold = percent / 100};
	}
	return 0;
}

static int exit_code_of(const json_t *decision)
{
	const char *verdict = document_text(decision, "verdict");

	return strcmp(verdict, "regressed") == 0 ? EXIT_CODE_UNSUITABLE
	       : strcmp(verdict, "pass") == 0    ? EXIT_CODE_OK
						 : EXIT_CODE_INCOMPLETE;
}

static int show(const json_t *decision, struct problem *problem)
{
	const struct command_output output = {"--out", options.out};
	struct terminal terminal;

	if (!decision || command_write_document(options.out, decision, problem) != EXIT_CODE_OK)
		return EXIT_CODE_FAILURE;
	if (settings.json && command_print_json(decision, problem) != EXIT_CODE_OK)
		return EXIT_CODE_FAILURE;
	if (command_has_text(&output, 1)) {
		terminal_open(&terminal, stdout);
		decision_view(&terminal, decision, options.all);
	}
	return exit_code_of(decision);
}

static int decide(
	struct candidate_source *source, struct decision_request *request, struct problem *problem)
{
	struct candidate *baseline = &request->sides[0];

	candidate_drop_shared(baseline, &request->sides[1]);
	if (baseline->count == 0) {
		problem_set(problem, 0,
			"every run of the baseline %.200s is one of the candidate's, too; name a "
			"baseline of other runs",
			baseline->name);
		return EXIT_CODE_FAILURE;
	}
	if (decision_check_choice(request, problem) < 0)
		return EXIT_CODE_USAGE;
	json_t *decision = decision_make(source->set, request, problem);
	int code = show(decision, problem);
	json_decref(decision);
	return code;
}

static int judge(struct candidate_source *source, const char *operand,
	struct decision_request *request, struct problem *problem)
{
	char *const operands[] = {(char *)options.baseline, (char *)operand};

	candidate_source_expect(source, 2, operands);
	if (candidate_find(source, options.baseline, &request->sides[0], problem) < 0)
		return EXIT_CODE_FAILURE;
	if (candidate_find(source, operand, &request->sides[1], problem) < 0) {
		candidate_clear(&request->sides[0]);
		return EXIT_CODE_FAILURE;
	}
	candidates_tell_apart(request->sides, 2);
	candidate_source_settle(source);
	command_warn("gate", &source->warning);
	int code = decide(source, request, problem);
	candidate_clear(&request->sides[0]);
	candidate_clear(&request->sides[1]);
	return code;
}

static int gate(const char *operand, struct decision_request *request, struct problem *problem)
{
	const struct command_output output = {"--out", options.out};
	struct candidate_source source;
	int code = command_check_outputs(&output, 1, problem);

	if (code != EXIT_CODE_OK)
		return code;
	json_t *profiles = command_load_profiles(&options.profiles, problem);
	request->profiles = profiles;
	if (!profiles)
		return EXIT_CODE_USAGE;
	if (candidate_source_open(&source, problem) < 0) {
		json_decref(profiles);
		return EXIT_CODE_FAILURE;
	}
	source.timeout_ns = options.timeout;
	code = judge(&source, operand, request, problem);
	candidate_source_close(&source);
	json_decref(profiles);
	return code;
}

static int command_gate_main(int count, char **operands, struct problem *problem)
{
	struct decision_rule rules[OPTION_TEXTS_MAX] = {{NULL, 0}};
	struct decision_request request = {.threshold = (double)options.threshold / 100,
		.rules = rules,
		.rule_count = options.thresholds.count,
		.only = options.only.at,
		.only_count = options.only.count,
		.mixed = options.mixed,
		.independent = options.independent};
	int code = EXIT_CODE_USAGE;

	if (count > 1)
		problem_set(problem, 0,
			"\"%.64s\" is one word too many: there is one candidate; give its runs in one "
			"folder or under one label",
			operands[1]);
	else if (count < 1 || !options.baseline)
		problem_set(problem, 0,
			"name the baseline and the candidate: seatrial gate --baseline=BASELINE "
			"CANDIDATE");
	else if (parse_alpha(&request.alpha, problem) == 0 && parse_rules(rules, problem) == 0)
		code = gate(operands[0], &request, problem);
	for (size_t i = 0; i < OPTION_TEXTS_MAX; i++)
		free((char *)rules[i].pattern);
	return code;
}

static const struct option_row *const tables[] = {
	rows, settings_store, settings_profile, settings_output, settings_help, NULL};
static void *const configs[] = {&options, &settings, &settings, &settings, &settings, NULL};

static const struct option_program program = {
	.name = "seatrial gate",
	.summary = "Stop a pipeline when a candidate is worse than its baseline",
	.operands = "[NAME=]CANDIDATE",
	.description =
		"Compares every metric that the baseline and the candidate have in common, and says "
		"whether one has regressed. An alarm needs both: a change on the bad side of at least "
		"the threshold, and a test that calls it no chance. The test reckons with the number "
		"of metrics, and with repetitions that depend on those before them, so that at most "
		"one call in a hundred is a false alarm where nothing has changed.\n\n"
		"A metric is unchanged when the evidence rules out that it is worse by twice the "
		"threshold. Anything between is not enough evidence, which is neither a pass nor an "
		"alarm: what would probably decide it is said beside it. A single run without repeats (--repeat of run) may be of a "
		"state of the host that passes: what is less than twice as bad in it is suspected, "
		"and takes a second run of each side to be called regressed. Also what the baseline has and "
		"the candidate lacks, or has measured in another way, is not passed.\n\n"
		"Where higher is better, falling to 1/2 is as bad as rising by 100 percent is where lower "
		"is. Rates of rare events are tested by how many there were; when these are too few, no "
		"increase can be told and the metric is unchanged, which is said.\n\n"
		"BASELINE and CANDIDATE are one run or many: the path of a run's file, a folder of "
		"them, the http or https URL of one, the id of a stored run (or its beginning, or "
		"\"latest\"), or the label or host id of stored runs. Several runs of each tell more "
		"than more repetitions in one: what differs between runs can be told from what changed "
		"with 5 or more in all, and better with 5 of each. Runs that are in both are the "
		"candidate's alone, so that a label may name both.\n\n"
		"The more metrics there are, the more evidence each of them needs. Judge those that "
		"matter to you (--only), or to Kubernetes (--profile).\n\n"
		"  seatrial gate --baseline=main.json latest\n"
		"  seatrial gate --baseline=v1 --profile=control-plane v2\n"
		"  seatrial gate --baseline=v1 --only=\"fsync/*\" --threshold-of=\"*.p99=20\" v2\n\n"
		"The exit status is 0 for a pass, 3 for a regression, 4 when there is not enough "
		"evidence, 1 when something cannot be read, and 2 for a wrong command line.",
	.tables = tables,
};

const struct command command_gate = {
	.program = &program,
	.configs = configs,
	.operands = INT_MAX,
	.function = command_gate_main,
};
