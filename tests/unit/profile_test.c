#include "profile.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define SHIPPED TEST_DATA "/../../../harness/profiles"

static const char valid[] =
	"{\"schema\": \"seatrial.profile/1\", \"name\": \"mine\", \"title\": \"T\", "
	"\"description\": \"D\", \"requirements\": ["
	"{\"id\": \"a\", \"title\": \"A\", \"bench\": \"fsync\", \"metric\": \"m.p99\", "
	"\"max\": 1, \"unit\": \"s\", \"severity\": \"required\", \"source\": \"S\", "
	"\"why\": \"W\", \"do\": \"D\"},"
	"{\"id\": \"b\", \"title\": \"B\", \"bench\": \"host\", \"fact\": \"f\", "
	"\"severity\": \"advised\", \"source\": \"S\", \"why\": \"W\", \"do\": \"D\"}]}";

static json_t *parse(const char *text)
{
	json_t *json = json_loads(text, JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, NULL);

	cr_assert(json, "%s", text);
	return json;
}

/* Checks `valid` with a member replaced, or removed for NULL: of requirement `index`, or of the
 * profile itself for a negative one. The sentence must contain `words`; NULL means that it stays
 * valid. */
static void expect_check(int index, const char *key, const char *value, const char *words)
{
	json_t *profile = parse(valid);
	json_t *object =
		index < 0 ? profile
			  : json_array_get(json_object_get(profile, "requirements"), (size_t)index);
	struct problem problem = {""};
	int result;

	if (value)
		json_object_set_new(object, key, parse(value));
	else
		json_object_del(object, key);
	result = profile_check(profile, &problem);
	if (words) {
		cr_expect_eq(result, -EINVAL, "%s = %s", key, value ? value : "(none)");
		cr_expect(strstr(problem.text, words), "%s = %s: \"%s\" lacks \"%s\"", key,
			value ? value : "(none)", problem.text, words);
	} else {
		cr_expect_eq(result, 0, "%s = %s: %s", key, value ? value : "(none)", problem.text);
	}
	json_decref(profile);
}

Test(profile, every_required_key_is_missed_by_name)
{
	static const char *const of_profile[] = {
		"schema", "name", "title", "description", "requirements"};
	static const char *const of_requirement[] = {
		"id", "title", "bench", "severity", "source", "why", "do"};
	char words[64];

	for (size_t i = 0; i < sizeof(of_profile) / sizeof(of_profile[0]); i++) {
		snprintf(words, sizeof(words), "\"%s\" is missing", of_profile[i]);
		expect_check(-1, of_profile[i], NULL, words);
	}
	for (size_t i = 0; i < sizeof(of_requirement) / sizeof(of_requirement[0]); i++) {
		snprintf(words, sizeof(words), "\"%s\" is missing", of_requirement[i]);
		expect_check(1, of_requirement[i], NULL, words);
		expect_check(1, of_requirement[i], NULL, "requirement 2");
	}
}

Test(profile, unknown_keys_are_refused_by_name)
{
	expect_check(-1, "extends", "\"etcd\"", "unknown key \"extends\"");
	expect_check(0, "maximum", "1", "unknown key \"maximum\"");
	expect_check(0, "maximum", "1", "requirement 1 (\"a\")");
	expect_check(0, "\033[31m", "1", "unknown key \"?[31m\"");
}

Test(profile, other_versions_are_refused)
{
	expect_check(-1, "schema", "\"seatrial.profile/2\"", "seatrial.profile/2");
	expect_check(-1, "schema", "\"seatrial.run/1\"", "knows only \"seatrial.profile/1\"");
	expect_check(-1, "schema", "1", "\"schema\" is missing");
}

Test(profile, wrong_types_and_forms_are_named)
{
	expect_check(-1, "name", "\"Mine\"", "\"name\" must be a name");
	expect_check(-1, "name", "\"../mine\"", "\"name\" must be a name");
	expect_check(-1, "title", "\"\"", "\"title\" must be a text");
	expect_check(-1, "title", "\"a\\u001b[31m\"", "\"title\" must be a text");
	expect_check(-1, "requirements", "[]", "\"requirements\" must be a list");
	expect_check(-1, "requirements", "{}", "\"requirements\" must be a list");
	expect_check(-1, "requirements", "[1]", "each an object");
	expect_check(0, "id", "\"A\"", "\"id\" must be an identifier");
	expect_check(0, "bench", "\"a/b\"", "\"bench\" must be a name");
	expect_check(0, "max", "\"10 ms\"", "\"max\" must be a number");
	expect_check(0, "unit", "\"ms/S\"", "\"unit\" must be a unit");
	expect_check(0, "severity", "\"must\"", "\"severity\" must be \"required\" or \"advised\"");
	expect_check(0, "labels", "{\"payload\": 2300}", "\"labels\" must be");
	expect_check(0, "labels", "{\"Pay load\": \"2300\"}", "\"labels\" must be");
	expect_check(1, "equals", "null", "\"equals\" must be");
	expect_check(1, "equals", "[]", "\"equals\" must be");
}

Test(profile, allowed_forms_stay_valid)
{
	expect_check(0, "labels", "{\"payload\": \"2300\"}", NULL);
	expect_check(0, "min", "0.5", NULL);
	expect_check(0, "unit", "\"writes/s\"", NULL);
	expect_check(0, "unit", "\"bit/s\"", NULL);
	expect_check(1, "equals", "true", NULL);
	expect_check(1, "min", "2", NULL);
	expect_check(1, "unit", "\"B\"", NULL);
	expect_check(-1, "name", "\"my-profile_2\"", NULL);
}

Test(profile, contradictions_are_explained)
{
	expect_check(0, "fact", "\"f\"", "both \"metric\" and \"fact\"");
	expect_check(0, "metric", NULL, "neither \"metric\" nor \"fact\"");
	expect_check(0, "max", NULL, "without \"min\" or \"max\"");
	expect_check(0, "unit", NULL, "without the \"unit\"");
	expect_check(0, "equals", "1", "\"equals\" with a metric");
	expect_check(0, "min", "2", "\"min\" above its \"max\"");
	expect_check(1, "labels", "{}", "facts carry none");
	expect_check(1, "id", "\"a\"", "same id as requirement 1");
	expect_check(0, "severity", "\"advised\"", "every host would be suitable");
}

Test(profile, is_refused_when_it_is_no_object)
{
	json_t *array = json_array();
	struct problem problem;

	cr_expect_eq(profile_check(array, &problem), -EINVAL);
	cr_expect_eq(profile_check(NULL, &problem), -EINVAL);
	json_decref(array);
}

/* A directory with files in it; removed by the test's end. */
static char directory[] = "/tmp/seatrial-profile-XXXXXX";

static void write_file(const char *name, const char *text)
{
	char path[128];
	FILE *file;

	snprintf(path, sizeof(path), "%s/%s", directory, name);
	file = fopen(path, "w");
	cr_assert(file);
	fputs(text, file);
	fclose(file);
}

static void make_directory(void)
{
	cr_assert(mkdtemp(directory));
}

static void remove_directory(void)
{
	char command[128];

	snprintf(command, sizeof(command), "rm -rf %s", directory);
	cr_expect_eq(system(command), 0);
}

TestSuite(profile_files, .init = make_directory, .fini = remove_directory);

static const char *const directories[] = {"/nonexistent", directory, SHIPPED, NULL};

static void expect_load_failure(const char *name, const char *words)
{
	struct problem problem = {""};
	json_t *profile = profile_load(name, directories, &problem);

	cr_expect_not(profile);
	cr_expect(
		strstr(problem.text, words), "%s: \"%s\" lacks \"%s\"", name, problem.text, words);
	json_decref(profile);
}

Test(profile_files, are_found_by_name_and_by_path)
{
	struct problem problem = {""};
	char path[128];
	json_t *profile;

	write_file("mine.json", valid);
	profile = profile_load("mine", directories, &problem);
	cr_assert(profile, "%s", problem.text);
	cr_expect_str_eq(json_string_value(json_object_get(profile, "name")), "mine");
	json_decref(profile);

	write_file("other-file.json", valid);
	snprintf(path, sizeof(path), "%s/other-file.json", directory);
	profile = profile_load(path, directories, &problem);
	cr_assert(profile, "%s", problem.text);
	json_decref(profile);
}

Test(profile_files, of_the_first_directory_win)
{
	json_t *profile;
	struct problem problem = {""};

	write_file("etcd.json", valid);
	profile = profile_load("etcd", directories, &problem);
	cr_expect_not(profile, "the file of another name hides the shipped one");
	cr_expect(strstr(problem.text, "calls itself \"mine\""), "%s", problem.text);
	json_decref(profile);
}

Test(profile_files, that_are_wrong_are_named_with_the_reason)
{
	char path[128];

	expect_load_failure("unheard", "control-plane, etcd, ingress, worker");
	expect_load_failure("mine.json", "./mine.json");
	expect_load_failure("", "there is no profile");
	expect_load_failure("./nonexistent.json", "No such file");
	expect_load_failure("/tmp/", "it is not a file");
	write_file("mine.json", "{\"schema\": 1, \"schema\": 2}");
	expect_load_failure("mine", "mine.json is not JSON: line 1");
	write_file("mine.json", "{}");
	expect_load_failure("mine", "mine.json is not valid: \"schema\" is missing");
	snprintf(path, sizeof(path), "%s/fifo", directory);
	cr_assert_eq(mkfifo(path, 0600), 0);
	expect_load_failure(path, "it is not a file");
}

Test(profile_files, that_are_huge_are_refused)
{
	char path[128];

	snprintf(path, sizeof(path), "%s/mine.json", directory);
	write_file("mine.json", valid);
	cr_assert_eq(truncate(path, 300000), 0);
	expect_load_failure("mine", "longer than 256 KiB");
}

Test(profile_files, are_listed_once_and_sorted)
{
	static const char *const expected[] = {
		"control-plane", "etcd", "ingress", "mine", "worker"};
	json_t *names;

	write_file("mine.json", valid);
	write_file("etcd.json", valid);
	write_file("No-Name.json", valid);
	write_file("notes.txt", valid);
	write_file("mine.json.bak", valid);
	names = profile_names(directories);
	cr_assert_eq(json_array_size(names), sizeof(expected) / sizeof(expected[0]));
	for (size_t i = 0; i < sizeof(expected) / sizeof(expected[0]); i++)
		cr_expect_str_eq(json_string_value(json_array_get(names, i)), expected[i]);
	json_decref(names);
}

Test(profile, those_that_come_with_the_suite_load)
{
	static const char *const shipped[] = {SHIPPED, NULL};
	json_t *names = profile_names(shipped), *name;
	size_t index;

	cr_assert_eq(json_array_size(names), 4);
	json_array_foreach(names, index, name) {
		struct problem problem = {""};
		json_t *profile = profile_load(json_string_value(name), shipped, &problem);

		cr_expect(profile, "%s", problem.text);
		json_decref(profile);
	}
	json_decref(names);
}
