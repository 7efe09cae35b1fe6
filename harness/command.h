/*
 * command: what a subcommand of seatrial is. main.c has the table of all of them.
 */
#pragma once

#include "options.h"
#include "problem.h"
#include "terminal.h"

#include <jansson.h>

struct command {
	const struct option_program *program; /* its name is "seatrial NAME" */
	void *const *configs;                 /* of the program's tables */
	int operands;                         /* how many it takes at most */

	/* Does it, with its operands. Returns an exit code; with a sentence in `problem`, main()
	 * prints that on stderr. */
	int (*function)(int count, char **operands, struct problem *problem);
};

extern const struct command command_compare, command_doctor, command_export, command_gate,
	command_history, command_list, command_push, command_report, command_run, command_runs,
	command_serve, command_show, command_sign, command_verify;

/* Says on stderr, as main() does of a problem, what is no reason to stop; nothing when there is no
 * sentence in `warning`, or with --quiet. `command` is "gate", ... */
void command_warn(const char *command, const struct problem *warning);

/* Prints a document on stdout, for programs. Returns EXIT_CODE_OK or, with a sentence,
 * EXIT_CODE_FAILURE. */
int command_print_json(const json_t *document, struct problem *problem);

/* The profiles that --profile names, each once: names, or paths with a '/' or ending in .json, with
 * commas between. An array; a new reference, or NULL with a sentence. */
json_t *command_load_profiles(const struct option_texts *names, struct problem *problem);

/* An option with which a command also writes something: "--out" and its path, or NULL. A path of
 * "-" is standard output, in place of the text for people. */
struct command_output {
	const char *option, *path;
};

/* Whether no two of `count` outputs and --json go to the same place: standard output, or one file
 * by whatever names. Devices may take several. Returns 0 or -EINVAL with a sentence. */
int command_check_distinct(
	const struct command_output *outputs, size_t count, struct problem *problem);

/* The same, and whether all can be written, as far as that shows before they are, and none would
 * replace a run. Returns EXIT_CODE_OK or, with a sentence, EXIT_CODE_USAGE or EXIT_CODE_FAILURE. */
int command_check_outputs(
	const struct command_output *outputs, size_t count, struct problem *problem);

/* Whether standard output is left to text for people, who want some: no --quiet, no --json, and no
 * path of "-". */
bool command_has_text(const struct command_output *outputs, size_t count);

/* Writes a document to a path; nowhere when that is NULL. Returns EXIT_CODE_OK or, with a sentence,
 * EXIT_CODE_FAILURE. */
int command_write_document(const char *path, const json_t *document, struct problem *problem);

/* The stored run that the operand names, else the latest, and its verdict; new references, or NULL
 * both. Returns 0 or -1 with a sentence. */
int command_load(
	int count, char **operands, json_t **run, json_t **verdict, struct problem *problem);
