#include "measure.h"

#include "child.h"
#include "document.h"
#include "exit_code.h"
#include "program.h"
#include "text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#define RESULT_SCHEMA "seatrial.result/1"

/* Text that a program wrote, as a JSON string: printable, but with its lines. */
static json_t *lines(const char *text)
{
	char copy[CHILD_ERRORS_MAX + 1], *line, *rest = copy;
	size_t used = 0;

	char *all = malloc(CHILD_ERRORS_MAX + 2);
	if (!all)
		return json_string("");
	snprintf(copy, sizeof(copy), "%s", text);
	while ((line = strsep(&rest, "\n"))) {
		text_printable(line, all + used, CHILD_ERRORS_MAX + 1 - used);
		used += strlen(all + used);
		if (rest && used < CHILD_ERRORS_MAX)
			all[used++] = '\n';
	}
	all[used] = '\0';
	json_t *string = json_string(text_strip(all));
	free(all);
	return string;
}

void measure_note(json_t *run, const char *bench, const char *what, const char *errors)
{
	char printable[sizeof(struct problem) + 256];
	json_t *note = json_object();

	json_object_set_new(note, "bench", json_string(bench));
	json_object_set_new(
		note, "what", json_string(text_printable(what, printable, sizeof(printable))));
	if (errors && *errors)
		json_object_set_new(note, "stderr", lines(errors));
	json_array_append_new(json_object_get(run, "notes"), note);
}

/* The exit status that goes with a document's status (exit_code.h). */
static int expected_status(const char *status)
{
	static const struct {
		const char *status;
		int code;
	} codes[] = {{"complete", EXIT_CODE_OK}, {"skipped", EXIT_CODE_SKIPPED},
		{"interrupted", EXIT_CODE_INTERRUPTED}, {"failed", EXIT_CODE_FAILURE}};

	for (size_t i = 0; i < sizeof(codes) / sizeof(codes[0]); i++)
		if (strcmp(status, codes[i].status) == 0)
			return codes[i].code;
	return -1;
}

/* Whether it ended as it should after a document of this status. */
static bool ended_well(const struct child_result *child, const char *status)
{
	return !child->killed && !child->output_cut && WIFEXITED(child->status) &&
	       WEXITSTATUS(child->status) == expected_status(status);
}

/* A document that says "complete" by a program that then came to grief is not one to judge a host
 * by: its readings stay, for people. */
static void distrust(json_t *result, const char *what)
{
	if (strcmp(document_text(result, "status"), "complete") != 0)
		return;
	json_object_set_new(result, "status", json_string("failed"));
	json_object_set_new(result, "reason", json_string(what));
}

static json_t *read_result(
	const struct child_result *child, const char *name, struct problem *problem)
{
	json_t *result =
		document_parse(child->output, child->output_length, RESULT_SCHEMA, problem);

	if (result && document_check_result(result, name, problem) < 0) {
		json_decref(result);
		result = NULL;
	}
	return result;
}

/* Says which program it was; `file` is NULL when nobody can tell. */
static void set_program(json_t *result, const char *name, const struct program_file *file)
{
	char full[128];

	json_object_del(result, "program"); /* a bench cannot vouch for itself */
	snprintf(full, sizeof(full), "seatrial-%s", name);
	if (file)
		json_object_set_new(result, "program", program_json(full, file));
}

/* Keeps the result, and what is to be said about how the program ended. */
static void keep(const struct child_result *child, const char *name,
	const struct program_file *file, double limit_s, json_t *run)
{
	char ending[192], what[sizeof(struct problem) + 256];
	struct problem problem;
	json_t *result = read_result(child, name, &problem);
	const char *status = document_text(result, "status");

	if (child->end == CHILD_TIME_LIMIT)
		snprintf(ending, sizeof(ending), "did not end within its time limit of %.3g s%s",
			limit_s, child->killed ? " and had to be killed" : "");
	else
		child_ending(child, ending, sizeof(ending));
	if (!result) {
		snprintf(what, sizeof(what), "It %s and left no usable result: %s", ending,
			child->output_length == 0 ? "it printed nothing" : problem.text);
		measure_note(run, name, what, child->errors);
		return;
	}
	bool well = ended_well(child, status);
	if (!well || child->end == CHILD_TIME_LIMIT) {
		snprintf(what, sizeof(what), "It %s, with a result that says \"%s\"", ending,
			status);
		measure_note(run, name, what, child->errors);
		if (!well)
			distrust(result, what);
	}
	set_program(result, name, file);
	json_array_append_new(json_object_get(run, "results"), result);
}

void measure(const struct plan_bench *bench, const struct measure_progress *progress, json_t *run)
{
	const char *name = bench->bench->name;
	const char *argv[PLAN_ARGUMENTS + 1] = {bench->bench->path};
	struct child_program program = {
		.argv = argv,
		.limit_s = bench->limit_s,
		.tick = progress->tick,
		.data = progress->data,
	};
	struct child_result child;
	struct program_file file;
	struct problem problem;

	if (!bench->description) {
		measure_note(run, name, bench->failure.text, NULL);
		return;
	}
	for (size_t i = 0; bench->arguments[i]; i++)
		argv[i + 1] = bench->arguments[i];
	/* What may be run need not be readable; it is measured all the same. */
	bool known = program_look(argv[0], &file, NULL) == 0;
	if (child_run(&program, &child, &problem) < 0) {
		measure_note(run, name, problem.text, NULL);
		return;
	}
	if (known && !program_is_same(argv[0], &file)) {
		known = false;
		measure_note(run, name,
			"Its program was replaced or changed while it ran: nobody can tell which one "
			"measured",
			NULL);
	}
	keep(&child, name, known ? &file : NULL, program.limit_s, run);
	child_release(&child);
}
