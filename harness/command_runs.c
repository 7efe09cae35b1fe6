/*
 * seatrial runs: what is in the store.
 */
#include "command.h"
#include "document.h"
#include "exit_code.h"
#include "settings.h"
#include "text.h"
#include "verdict.h"
#include "view.h"

#include <stdlib.h>
#include <string.h>

/* "control-plane,worker" */
static void profile_list(const json_t *verdict, char *buffer, size_t size)
{
	const json_t *profile;
	size_t i, used = 0;

	*buffer = '\0';
	json_array_foreach(json_object_get(verdict, "profiles"), i, profile)
		if (used < size)
			used += (size_t)snprintf(buffer + used, size - used, "%s%s", i ? "," : "",
				document_text(profile, "name"));
}

static json_t *summarize(const struct store *store, const char *id)
{
	struct problem problem = {.text = ""};
	char profiles[200], text[sizeof(problem.text)];
	json_t *entry = json_object(), *verdict = NULL;
	json_t *run = store_load(store, id, &problem);

	json_object_set_new(entry, "id", json_string(id));
	if (run)
		verdict = verdict_of_run(run, &problem);
	if (!verdict) {
		json_object_set_new(entry, "problem",
			json_string(text_printable(problem.text, text, sizeof(text))));
	} else {
		profile_list(verdict, profiles, sizeof(profiles));
		json_object_set(entry, "started", json_object_get(run, "started"));
		json_object_set(entry, "state", json_object_get(run, "state"));
		json_object_set(entry, "preset", json_object_get(run, "preset"));
		json_object_set_new(entry, "profiles", json_string(profiles));
		json_object_set(entry, "overall", json_object_get(verdict, "overall"));
		json_object_set(entry, "label", json_object_get(run, "label"));
		json_object_set(entry, "host", json_object_get(run, "host"));
	}
	json_decref(verdict);
	json_decref(run);
	return entry;
}

static void show_entry(const struct terminal *terminal, const json_t *entry)
{
	char host[600];
	const char *overall = document_text(entry, "overall");

	terminal_write(terminal, TONE_STRONG, document_text(entry, "id"));
	fputs("  ", terminal->out);
	if (!*overall) {
		fputc('\n', terminal->out);
		terminal_say(terminal, 4, "Cannot be read: %s", document_text(entry, "problem"));
		return;
	}
	terminal_write(terminal, view_tone(overall), overall);
	fputc('\n', terminal->out);
	terminal_say(terminal, 4, "%s, profile %s, preset %s%s%s", document_text(entry, "state"),
		document_text(entry, "profiles"), document_text(entry, "preset"),
		*document_text(entry, "label") ? ", label: " : "", document_text(entry, "label"));
	terminal_say(
		terminal, 4, "%s", view_host(json_object_get(entry, "host"), host, sizeof(host)));
}

static int print(const json_t *entries, const struct store *store, struct problem *problem)
{
	struct terminal terminal;
	const json_t *entry;
	size_t i;

	if (settings.json)
		return command_print_json(entries, problem);
	if (settings.quiet)
		return EXIT_CODE_OK;
	terminal_open(&terminal, stdout);
	json_array_foreach(entries, i, entry)
		show_entry(&terminal, entry);
	if (json_array_size(entries) == 0)
		terminal_say(&terminal, 0, "No run is stored in %s yet; `seatrial run` makes one.",
			store->path);
	return EXIT_CODE_OK;
}

static int command_runs_main(int count, char **operands, struct problem *problem)
{
	char(*ids)[STORE_ID_LENGTH + 1];
	struct store store;

	(void)count;
	(void)operands;
	if (settings_open_store(&store, problem) < 0)
		return EXIT_CODE_FAILURE;
	int stored = store_list(&store, &ids, problem);
	if (stored < 0)
		return EXIT_CODE_FAILURE;
	json_t *entries = json_array();
	for (int i = 0; i < stored; i++)
		json_array_append_new(entries, summarize(&store, ids[i]));
	free(ids);
	int code = print(entries, &store, problem);
	json_decref(entries);
	return code;
}

static const struct option_row *const tables[] = {
	settings_store, settings_output, settings_help, NULL};
static void *const configs[] = {&settings, &settings, &settings, NULL};

static const struct option_program program = {
	.name = "seatrial runs",
	.summary = "List the stored runs",
	.operands = "",
	.description =
		"Lists the stored runs, the latest last, each with its verdict and its host. A run "
		"whose state is \"running\" is under way, or was killed.",
	.tables = tables,
};

const struct command command_runs = {
	.program = &program,
	.configs = configs,
	.function = command_runs_main,
};
