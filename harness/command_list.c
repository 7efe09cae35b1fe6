/*
 * seatrial list: which benches there are, and which profiles.
 */
#include "catalog.h"
#include "command.h"
#include "document.h"
#include "exit_code.h"
#include "profile.h"
#include "settings.h"
#include "view.h"

static struct {
	bool profiles;
} options;

static const struct option_row rows[] = {
	{.name = "profiles",
		.type = OPTION_FLAG,
		.offset = offsetof(__typeof__(options), profiles),
		.help = "List the profiles that a host can be judged by, instead of the benchmarks"},
	{.name = NULL},
};

static void show_bench(const struct terminal *terminal, const struct catalog_bench *bench)
{
	const json_t *description = bench->description;
	const json_t *obstacle = json_object_get(description, "obstacle");
	char duration[64];

	terminal_write(terminal, TONE_STRONG, bench->name);
	fputc('\n', terminal->out);
	if (!description) {
		terminal_say(terminal, 4, "Broken: %s", bench->failure.text);
		return;
	}
	terminal_say(terminal, 4, "%s", document_text(description, "question"));
	if (json_is_true(json_object_get(description, "available"))) {
		double estimate_s = json_number_value(json_object_get(description, "estimate_s"));
		terminal_say(terminal, 4, "Can run here; takes about %s at the standard preset.",
			view_duration(estimate_s, duration, sizeof(duration)));
		return;
	}
	terminal_say(terminal, 4, "Cannot run here: %s", document_text(obstacle, "why"));
	terminal_say(terminal, 4, "To enable it: %s", document_text(obstacle, "enable"));
}

static int print_json(const struct catalog *catalog, struct problem *problem)
{
	json_t *descriptions = json_array();

	for (size_t i = 0; i < catalog->count; i++)
		if (catalog->bench[i].description)
			json_array_append(descriptions, catalog->bench[i].description);
	int code = command_print_json(descriptions, problem);
	json_decref(descriptions);
	return code;
}

static void show_profile(const struct terminal *terminal, const char *name, const json_t *profile,
	const struct problem *why)
{
	terminal_write(terminal, TONE_STRONG, name);
	fputc('\n', terminal->out);
	if (!profile) {
		terminal_say(terminal, 4, "Broken: %s", why->text);
		return;
	}
	terminal_say(terminal, 4, "%s", document_text(profile, "title"));
	terminal_say(terminal, 4, "%s", document_text(profile, "description"));
}

static int list_profiles(struct problem *problem)
{
	const char *const *directories = settings_profile_directories();
	json_t *names = profile_names(directories), *profiles = json_array(), *name;
	struct terminal terminal;
	int code = EXIT_CODE_OK;
	size_t i;

	terminal_open(&terminal, stdout);
	json_array_foreach(names, i, name) {
		struct problem why = {.text = ""};
		json_t *profile = profile_load(json_string_value(name), directories, &why);

		if (!settings.json && !settings.quiet)
			show_profile(&terminal, json_string_value(name), profile, &why);
		if (profile)
			json_array_append_new(profiles, profile);
	}
	if (settings.json)
		code = command_print_json(profiles, problem);
	json_decref(profiles);
	json_decref(names);
	return code;
}

static int command_list_main(int count, char **operands, struct problem *problem)
{
	static struct catalog catalog;
	struct terminal terminal;
	int code = EXIT_CODE_OK;

	(void)count;
	(void)operands;
	if (options.profiles)
		return list_profiles(problem);
	if (catalog_open(&catalog, settings.bench_dir, problem) < 0)
		return EXIT_CODE_FAILURE;
	terminal_open(&terminal, stdout);
	if (catalog.count == 0) {
		problem_set(problem, 0,
			"no benchmark program (seatrial-NAME) in %s; name their directory with "
			"--bench-dir",
			catalog.directory);
		code = EXIT_CODE_FAILURE;
	} else if (settings.json) {
		code = print_json(&catalog, problem);
	} else if (!settings.quiet) {
		for (size_t i = 0; i < catalog.count; i++)
			show_bench(&terminal, &catalog.bench[i]);
	}
	catalog_close(&catalog);
	return code;
}

static const struct option_row *const tables[] = {
	rows, settings_bench, settings_profile, settings_output, settings_help, NULL};
static void *const configs[] = {&options, &settings, &settings, &settings, &settings, NULL};

static const struct option_program program = {
	.name = "seatrial list",
	.summary = "List the benchmarks and whether they can run here, or the profiles",
	.operands = "",
	.description =
		"Lists each benchmark with the question it answers, whether it can run on this host "
		"and, if not, what would enable it. Times are those of `seatrial run` without --quick "
		"and --full. A benchmark is an executable file seatrial-NAME "
		"beside seatrial that describes itself.\n\n"
		"With --profiles it lists what a host can be judged by: the names that --profile takes, "
		"each with what it is for.",
	.tables = tables,
};

const struct command command_list = {
	.program = &program,
	.configs = configs,
	.function = command_list_main,
};
