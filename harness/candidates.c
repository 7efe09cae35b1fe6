#include "allocate.h"
#include "candidate.h"
#include "document.h"
#include "fetch.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CANDIDATES_SCHEMA "seatrial.candidates/1"
#define FILE_MAX          ((size_t)4 << 20)

static const char *const keys[] = {"name", "source", "provider", "region", "price", "link", NULL};

/* A key that is misspelt would be passed over in silence. */
static int check_keys(const json_t *entry, struct problem *problem)
{
	const char *key;
	json_t *value;

	if (!json_is_object(entry))
		return problem_set(problem, -EINVAL, "is no object");
	json_object_foreach((json_t *)entry, key, value) {
		size_t i = 0;
		while (keys[i] && strcmp(keys[i], key) != 0)
			i++;
		if (!keys[i])
			return problem_set(problem, -EINVAL,
				"has \"%.40s\", which means nothing here; there are name, source, "
				"provider, region, price and link",
				key);
		if (strcmp(key, "price") != 0 && !json_is_string(value))
			return problem_set(
				problem, -EINVAL, "has a \"%.40s\" that is no text", key);
	}
	if (!*document_text(entry, "source"))
		return problem_set(problem, -EINVAL,
			"has no \"source\": a file, a folder, a URL, or "
			"an id, label or host of stored runs");
	return 0;
}

static void replace(char **text, const char *with)
{
	if (!*with)
		return;
	free(*text);
	*text = allocate_text(with);
}

/* A path in the file is meant from where the file is. */
static char *locate(const char *path, const char *source)
{
	const char *slash = strrchr(path, '/');
	char *located = NULL;

	if (!slash || !store_is_path(source) || *source == '/' || fetch_is_url(source))
		return allocate_text(source);
	if (asprintf(&located, "%.*s/%s", (int)(slash - path), path, source) < 0)
		located = NULL;
	return allocate_need(located);
}

static int read_entry(struct candidate_source *source, const char *path, const json_t *entry,
	struct candidate *candidate, struct problem *problem)
{
	const json_t *price = json_object_get(entry, "price");
	int failure = check_keys(entry, problem);

	if (failure)
		return failure;
	char *operand = locate(path, document_text(entry, "source"));
	failure = candidate_find_plain(source, operand, candidate, problem);
	free(operand);
	if (failure)
		return failure;
	replace(&candidate->name, document_text(entry, "name"));
	replace(&candidate->provider, document_text(entry, "provider"));
	replace(&candidate->region, document_text(entry, "region"));
	replace(&candidate->link, document_text(entry, "link"));
	failure = price ? price_of_json(price, &candidate->price, problem) : 0;
	if (failure)
		candidate_clear(candidate);
	return failure;
}

/* Reads ahead what the entries name. */
static void expect(struct candidate_source *source, const char *path, const json_t *entries)
{
	char **operands = allocate_zero(json_array_size(entries), sizeof(*operands));
	const json_t *entry;
	int count = 0;
	size_t i;

	json_array_foreach(entries, i, entry)
		if (*document_text(entry, "source"))
			operands[count++] = locate(path, document_text(entry, "source"));
	candidate_source_expect(source, count, operands);
	while (count > 0)
		free(operands[--count]);
	free(operands);
}

int candidates_read(struct candidate_source *source, const char *path, struct candidate **list,
	struct problem *problem)
{
	json_t *document = document_read(path, FILE_MAX, CANDIDATES_SCHEMA, problem);
	const json_t *entries = json_object_get(document, "candidates"), *entry;
	int count = 0, failure = document ? 0 : -EINVAL;
	struct problem why = {.text = ""};
	size_t i;

	*list = NULL;
	if (document && !json_is_array(entries))
		failure = problem_set(problem, -EINVAL,
			"%.300s has no list of \"candidates\"; `seatrial compare --help` has an example",
			path);
	if (!failure)
		expect(source, path, entries);
	json_array_foreach(entries, i, entry) {
		if (failure)
			break;
		*list = allocate_grow(*list, i + 1, sizeof(**list));
		failure = read_entry(source, path, entry, &(*list)[i], &why);
		if (failure)
			problem_set(problem, failure, "%.200s, candidates[%zu]: %.450s", path, i,
				why.text);
		else
			count++;
	}
	json_decref(document);
	if (!failure)
		return count;
	while (count > 0)
		candidate_clear(&(*list)[--count]);
	free(*list);
	*list = NULL;
	return failure;
}

/* The last part of the first *length bytes of a path, of which *length become those before it.
 * Returns its length. */
static size_t last_part(const char *path, size_t *length, const char **part)
{
	size_t end = *length;

	while (end && path[end - 1] == '/')
		end--;
	size_t first = end;
	while (first && path[first - 1] != '/')
		first--;
	*part = path + first;
	*length = first;
	return end - first;
}

/* "NAME (base)" for one that was named "runs/base.json" or "runs/base/", "base (runs)" when that is
 * its name already. */
static void add_source(struct candidate *candidate)
{
	const char *source = candidate->source ? candidate->source : "", *part;
	size_t rest = strlen(source);
	char *longer;

	if (rest > 5 && strcmp(source + rest - 5, ".json") == 0)
		rest -= 5;
	size_t length = last_part(source, &rest, &part);
	if (strlen(candidate->name) == length && strncmp(candidate->name, part, length) == 0)
		length = last_part(source, &rest, &part);
	if (!length)
		return;
	if (asprintf(&longer, "%s (%.*s)", candidate->name, (int)length, part) < 0)
		longer = NULL;
	free(candidate->name);
	candidate->name = allocate_need(longer);
}

static bool has_other_source(const struct candidate *candidate, const char *source)
{
	return strcmp(candidate->source ? candidate->source : "", source) != 0;
}

/* Equal names are told apart by where they are from, unless that is the same. */
static void name_sources(struct candidate *list, size_t count)
{
	json_t *uses = json_object(); /* by name, the first that has it, or true */

	for (size_t i = 0; i < count; i++) {
		const json_t *use = json_object_get(uses, list[i].name);
		const char *source = list[i].source ? list[i].source : "";

		if (!use)
			json_object_set_new(uses, list[i].name, json_integer((json_int_t)i));
		else if (!json_is_true(use) &&
			 has_other_source(&list[json_integer_value(use)], source))
			json_object_set_new(uses, list[i].name, json_true());
	}
	for (size_t i = 0; i < count; i++)
		if (json_is_true(json_object_get(uses, list[i].name)))
			add_source(&list[i]);
	json_decref(uses);
}

static void number_names(struct candidate *list, size_t count)
{
	json_t *taken = json_object(); /* names, with the last number that was added to each */

	for (size_t i = 0; i < count; i++) {
		char *name = allocate_text(list[i].name), *numbered;
		json_int_t number = json_integer_value(json_object_get(taken, name));
		while (json_object_get(taken, list[i].name)) {
			if (asprintf(&numbered, "%s (%" JSON_INTEGER_FORMAT ")", name, ++number) <
				0)
				numbered = NULL;
			free(list[i].name);
			list[i].name = allocate_need(numbered);
		}
		if (number > 1)
			json_object_set_new(taken, name, json_integer(number));
		json_object_set_new(taken, list[i].name, json_integer(1));
		free(name);
	}
	json_decref(taken);
}

void candidates_tell_apart(struct candidate *list, size_t count)
{
	name_sources(list, count);
	number_names(list, count);
}
