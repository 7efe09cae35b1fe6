/*
 * seatrial history: how each metric went over the runs of a host, and since when.
 */
#include "candidate.h"
#include "command.h"
#include "exit_code.h"
#include "file.h"
#include "settings.h"
#include "text.h"
#include "trend.h"

#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

static struct {
	const char *out;
	uint64_t magnitude, alert;
	bool all;
} options;

static const struct option_row rows[] = {
	{.name = "magnitude",
		.type = OPTION_COUNT,
		.offset = offsetof(__typeof__(options), magnitude),
		.argument = "PERCENT",
		.help = "Least change of level that is worth naming, in percent",
		.value = {"5"},
		.min = 1,
		.max = 1000},
	{.name = "alert",
		.type = OPTION_COUNT,
		.offset = offsetof(__typeof__(options), alert),
		.argument = "RUNS",
		.help = "Exit with status 3 when a change for the worse began within the last RUNS "
			"runs of its series: 5 or more, as fewer make no level, and better 10, as it "
			"takes some runs to be sure of one",
		.max = 1000000},
	{.name = "all",
		.type = OPTION_FLAG,
		.offset = offsetof(__typeof__(options), all),
		.help = "Show every change, and the series without any"},
	{.name = "out",
		.letter = 'o',
		.type = OPTION_PATH,
		.offset = offsetof(__typeof__(options), out),
		.argument = "FILE",
		.help = "Also write the series as a document here, for seatrial report; \"-\" for standard "
			"output instead of text"},
	{.name = NULL},
};

static void note_unfinished(json_t *notes, const struct sample_run *run)
{
	const char *why = sample_run_unfinished(run);

	if (why)
		sample_note(notes, run->id, why);
}

/* The stored runs with a label or host id, or all: one at a time. Returns how many there were. */
static int add_stored(struct candidate_source *source, const char *text, struct trends *trends,
	json_t *notes, struct problem *problem)
{
	char(*ids)[STORE_ID_LENGTH + 1];
	int count = index_find(source->index, text, &ids, notes, problem);

	for (int i = 0; i < count; i++) {
		struct problem why = {.text = ""};
		const struct sample_run *run = index_run(source->index, ids[i], &why);

		if (run) {
			note_unfinished(notes, run);
			trends_add(trends, run);
			sample_set_forget(source->set, run);
		} else {
			sample_note(notes, ids[i], why.text);
		}
	}
	if (count >= 0)
		free(ids);
	return count;
}

/* Anything that is no label or host of stored runs: a folder of runs, say. */
static int add_other(struct candidate_source *source, const char *operand, struct trends *trends,
	json_t *notes, struct problem *problem)
{
	char *const operands[] = {(char *)operand};
	struct candidate candidate;

	candidate_source_expect(source, 1, operands);
	int failure = candidate_find(source, operand, &candidate, problem);
	if (failure < 0)
		return failure;
	for (size_t i = 0; i < candidate.count; i++) {
		note_unfinished(notes, candidate.runs[i]);
		trends_add(trends, candidate.runs[i]);
	}
	json_array_extend(notes, candidate.unusable);
	candidate_clear(&candidate);
	return 0;
}

static int add_runs(struct candidate_source *source, const char *operand, struct trends *trends,
	json_t *notes, struct problem *problem)
{
	if (operand && store_is_path(operand))
		return add_other(source, operand, trends, notes, problem);
	source->index = index_open(&source->store, source->set, &source->warning);
	int found = add_stored(source, operand, trends, notes, problem);

	if (found != 0)
		return found < 0 ? found : 0;
	if (operand)
		return add_other(source, operand, trends, notes, problem);
	return problem_set(problem, -ENOENT, "there is no run in %.300s; seatrial run makes one",
		source->store.path);
}

struct history {
	const struct trends *trends;
	const json_t *notes;
};

static void print_document(const void *what, FILE *out)
{
	const struct history *history = what;

	trends_print_json(history->trends, history->notes, out);
}

static bool is_alarming(const struct trends *trends)
{
	for (size_t i = 0; options.alert && i < trends->count; i++)
		for (size_t k = 0; k < trends->all[i]->change_count; k++) {
			const struct change *change = &trends->all[i]->changes[k];
			if (trend_is_worse(trends->all[i], change) &&
				trend_is_recent(trends->all[i], change, options.alert))
				return true;
		}
	return false;
}

static int show(const struct trends *trends, const json_t *notes, struct problem *problem)
{
	const struct command_output output = {"--out", options.out};
	const struct history history = {trends, notes};
	struct terminal terminal;

	if ((options.out && file_stream(options.out, print_document, &history, problem) < 0) ||
		(settings.json && file_stream("-", print_document, &history, problem) < 0))
		return EXIT_CODE_FAILURE;
	if (command_has_text(&output, 1)) {
		terminal_open(&terminal, stdout);
		trends_view(&terminal, trends, notes, options.all);
	}
	return is_alarming(trends) ? EXIT_CODE_UNSUITABLE : EXIT_CODE_OK;
}

static int follow(const char *operand, json_t *notes, struct problem *problem)
{
	struct candidate_source source;
	struct trends trends = {0};
	int code = EXIT_CODE_FAILURE;

	if (candidate_source_open(&source, problem) < 0)
		return code;
	if (add_runs(&source, operand, &trends, notes, problem) == 0) {
		candidate_source_settle(&source);
		command_warn("history", &source.warning);
		if (trends_settle(&trends, 0.01, (double)options.magnitude / 100, problem) == 0)
			code = show(&trends, notes, problem);
	}
	trends_clear(&trends);
	candidate_source_close(&source);
	return code;
}

static int command_history_main(int count, char **operands, struct problem *problem)
{
	const struct command_output output = {"--out", options.out};
	int code = command_check_outputs(&output, 1, problem);

	if (code != EXIT_CODE_OK)
		return code;
	if (options.alert > 0 && options.alert < CHANGES_SEGMENT) {
		problem_set(problem, 0,
			"--alert=%" PRIu64 " can never be cause for alarm: a level is made by "
			"%d runs, so give %d or more, or better 10",
			options.alert, CHANGES_SEGMENT, CHANGES_SEGMENT);
		return EXIT_CODE_USAGE;
	}
	json_t *notes = json_array();
	code = follow(count ? operands[0] : NULL, notes, problem);
	json_decref(notes);
	return code;
}

static const struct option_row *const tables[] = {
	rows, settings_store, settings_output, settings_help, NULL};
static void *const configs[] = {&options, &settings, &settings, &settings, NULL};

static const struct option_program program = {
	.name = "seatrial history",
	.summary = "Show how readings went over many runs, and since which run they differ",
	.operands = "[RUNS]",
	.description =
		"Follows every metric over the stored runs and finds where its level changed: by how "
		"much, and the run in which that began. Single runs that stand out are no change; five "
		"runs make a level. In at most one call in a hundred a change is found where there is "
		"none, however many metrics there are.\n\n"
		"RUNS is the label or the host id of stored runs, a folder of runs, or nothing for all "
		"that are in the store. Runs of different hosts, or with different parameters, presets "
		"or versions, are followed apart.\n\n"
		"  seatrial history\n"
		"  seatrial history --alert=10 nightly\n\n"
		"The exit status is 0; 3 when --alert is given and there is cause for it; 1 when "
		"something cannot be read, and 2 for a wrong command line.",
	.tables = tables,
};

const struct command command_history = {
	.program = &program,
	.configs = configs,
	.operands = 1,
	.function = command_history_main,
};
