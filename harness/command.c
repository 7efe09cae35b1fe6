#include "command.h"

#include "allocate.h"
#include "document.h"
#include "exit_code.h"
#include "file.h"
#include "profile.h"
#include "settings.h"
#include "store.h"
#include "text.h"
#include "verdict.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

int command_print_json(const json_t *document, struct problem *problem)
{
	/* Without JSON_ENSURE_ASCII, the controls of C1 and those of direction would be as they
	 * are. */
	if (json_dumpf(document, stdout, JSON_INDENT(2) | JSON_ENSURE_ASCII) == 0 &&
		fputc('\n', stdout) != EOF && fflush(stdout) == 0)
		return EXIT_CODE_OK;
	problem_errno(problem, "cannot write to standard output");
	return EXIT_CODE_FAILURE;
}

/* One profile by name or path. profile_load() takes a name with a '/' for a path. */
static json_t *load_profile(const char *name, struct problem *problem)
{
	char path[PATH_MAX];
	bool file = file_has_ending(name, ".json") && !strchr(name, '/');

	snprintf(path, sizeof(path), "%s%s", file ? "./" : "", name);
	return profile_load(path, settings_profile_directories(), problem);
}

static bool has_profile(const json_t *profiles, const json_t *profile)
{
	const json_t *other;
	size_t i;

	json_array_foreach(profiles, i, other)
		if (json_equal((json_t *)other, (json_t *)profile))
			return true;
	return false;
}

static int add_profiles(json_t *profiles, const char *list, struct problem *problem)
{
	char *names = allocate_text(list), *rest = names, *name;
	json_t *profile = NULL;

	while ((name = strsep(&rest, ",")) && (profile = load_profile(name, problem))) {
		if (!has_profile(profiles, profile))
			json_array_append(profiles, profile);
		json_decref(profile);
	}
	free(names);
	return profile ? 0 : -EINVAL;
}

json_t *command_load_profiles(const struct option_texts *names, struct problem *problem)
{
	json_t *profiles = json_array();

	for (size_t i = 0; i < names->count; i++)
		if (add_profiles(profiles, names->at[i], problem) < 0) {
			json_decref(profiles);
			return NULL;
		}
	return profiles;
}

/* What a path leads to, as far as it is there already; else its directory and its name in that. */
struct place {
	struct stat status;
	char name[NAME_MAX + 1];
};

/* False when nothing can be written there, or several things can. */
static bool find_place(const char *path, struct place *place)
{
	char directory[PATH_MAX];

	place->name[0] = '\0';
	if (file_is_stdout(path))
		return fstat(STDOUT_FILENO, &place->status) == 0;
	if (stat(path, &place->status) == 0)
		return !S_ISCHR(place->status.st_mode);
	snprintf(place->name, sizeof(place->name), "%s", file_name(path));
	return stat(file_directory(path, directory, sizeof(directory)), &place->status) == 0;
}

static bool is_same(const char *path, const char *other)
{
	struct place here, there;

	if (file_is_stdout(path) && file_is_stdout(other))
		return true;
	return find_place(path, &here) && find_place(other, &there) &&
	       here.status.st_dev == there.status.st_dev &&
	       here.status.st_ino == there.status.st_ino && strcmp(here.name, there.name) == 0;
}

static int complain_of_same(const struct command_output *output, const struct command_output *other,
	struct problem *problem)
{
	if (file_is_stdout(output->path) && file_is_stdout(other->path))
		return problem_set(problem, -EINVAL,
			"%s and %s both want standard output; give one of them a file",
			output->option, other->option);
	return problem_set(problem, -EINVAL,
		"%s and %s would both write to %.300s, and one would replace the other; give them "
		"different files",
		output->option, other->option,
		file_is_stdout(other->path) ? output->path : other->path);
}

int command_check_distinct(
	const struct command_output *outputs, size_t count, struct problem *problem)
{
	static const struct command_output json = {"--json", "-"};

	for (size_t i = 0; i < count; i++) {
		if (!outputs[i].path)
			continue;
		if (settings.json && is_same(json.path, outputs[i].path))
			return complain_of_same(&json, &outputs[i], problem);
		for (size_t k = 0; k < i; k++)
			if (outputs[k].path && is_same(outputs[k].path, outputs[i].path))
				return complain_of_same(&outputs[k], &outputs[i], problem);
	}
	return 0;
}

/* After -o, "*.json" would have the first run replaced by what is said of the others. */
static bool is_run(const char *path)
{
	struct problem ignored;
	json_t *document = document_read(path, STORE_FILE_MAX, "seatrial.run/1", &ignored);
	bool is = document != NULL;

	json_decref(document);
	return is;
}

int command_check_outputs(
	const struct command_output *outputs, size_t count, struct problem *problem)
{
	if (command_check_distinct(outputs, count, problem) < 0)
		return EXIT_CODE_USAGE;
	for (size_t i = 0; i < count; i++) {
		const char *path = outputs[i].path;

		if (!path || file_is_stdout(path))
			continue;
		if (file_check(path, problem) < 0)
			return EXIT_CODE_FAILURE;
		if (is_run(path)) {
			problem_set(problem, 0,
				"%.300s is a run, which %s would replace; name another file", path,
				outputs[i].option);
			return EXIT_CODE_FAILURE;
		}
	}
	return EXIT_CODE_OK;
}

bool command_has_text(const struct command_output *outputs, size_t count)
{
	bool has = !settings.quiet && !settings.json;

	for (size_t i = 0; i < count; i++)
		has &= !file_is_stdout(outputs[i].path);
	return has;
}

static void print_document(const void *document, FILE *out)
{
	json_dumpf(document, out, JSON_INDENT(1));
}

int command_write_document(const char *path, const json_t *document, struct problem *problem)
{
	if (!path)
		return EXIT_CODE_OK;
	if (file_is_stdout(path))
		return command_print_json(document, problem);
	return file_stream(path, print_document, document, problem) ? EXIT_CODE_FAILURE
								    : EXIT_CODE_OK;
}

void command_warn(const char *command, const struct problem *warning)
{
	if (!*warning->text || settings.quiet)
		return;
	fprintf(stderr, "seatrial %s: ", command);
	text_print(stderr, warning->text);
	fputc('\n', stderr);
}

int command_load(
	int count, char **operands, json_t **run, json_t **verdict, struct problem *problem)
{
	struct store store;

	*run = *verdict = NULL;
	if (settings_open_store(&store, problem) < 0)
		return -1;
	*run = store_load(&store, count ? operands[0] : "latest", problem);
	if (*run)
		*verdict = verdict_of_run(*run, problem);
	if (*verdict)
		return 0;
	json_decref(*run);
	*run = NULL;
	return -1;
}
