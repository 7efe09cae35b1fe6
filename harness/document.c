#include "document.h"

#include "allocate.h"
#include "document_shapes.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define BYTE_ORDER_MARK "\xef\xbb\xbf"

/* Bounds nesting and number of values before a parser allocates anything for them. Understands just
 * enough of JSON: strings, brackets, commas. */
static int check_bounds(const char *text, size_t length, struct problem *problem)
{
	unsigned depth = 0, values = 1;
	bool in_string = false;

	for (size_t i = 0; i < length; i++) {
		char c = text[i];
		if (in_string) {
			if (c == '\\')
				i++;
			else if (c == '"')
				in_string = false;
		} else if (c == '"') {
			in_string = true;
		} else if (c == '[' || c == '{') {
			values++;
			if (++depth > DOCUMENT_DEPTH_MAX)
				return problem_set(problem, -EINVAL,
					"it is nested deeper than %d levels", DOCUMENT_DEPTH_MAX);
		} else if ((c == ']' || c == '}') && depth > 0) {
			depth--;
		} else if (c == ',' && ++values > DOCUMENT_VALUES_MAX) {
			return problem_set(problem, -EINVAL, "it has more than %u values",
				DOCUMENT_VALUES_MAX);
		}
	}
	return 0;
}

/* "seatrial.result/1" against "seatrial.result/2": says which part is the obstacle. */
static int check_schema(const json_t *document, const char *schema, struct problem *problem)
{
	const char *found = json_string_value(json_object_get(document, "schema"));

	if (!found)
		return problem_set(problem, -EINVAL,
			"it is no document of this suite: it does not say which schema it follows%s%s%s",
			schema ? ", as in \"schema\": \"" : "", schema ? schema : "",
			schema ? "\"" : "");
	if (!schema || strcmp(found, schema) == 0)
		return 0;
	size_t family = (size_t)(strchr(schema, '/') - schema) + 1;
	if (strncmp(found, schema, family) == 0)
		return problem_set(problem, -EINVAL,
			"it follows \"%.64s\", which this version cannot read (it reads \"%s\"); "
			"use the version of seatrial that wrote it, or a newer one",
			found, schema);
	return problem_set(
		problem, -EINVAL, "it follows \"%.64s\" where \"%s\" is needed", found, schema);
}

json_t *document_parse_any(
	const char *text, size_t length, const char *const *schemas, struct problem *problem)
{
	json_error_t error;

	if (length == 0) {
		problem_set(problem, -EINVAL, "it is empty");
		return NULL;
	}
	if (length >= strlen(BYTE_ORDER_MARK) &&
		memcmp(text, BYTE_ORDER_MARK, strlen(BYTE_ORDER_MARK)) == 0) {
		problem_set(problem, -EINVAL,
			"it begins with a byte order mark, which JSON has none of; save it as "
			"UTF-8 without one");
		return NULL;
	}
	if (check_bounds(text, length, problem) < 0)
		return NULL;
	json_t *document = json_loadb(text, length, JSON_REJECT_DUPLICATES, &error);
	if (!document) {
		problem_set(problem, -EINVAL, "it is not one JSON document: line %d: %s",
			error.line, error.text);
		return NULL;
	}
	const char *found = document_text(document, "schema");
	if (check_schema(document, schemas[0], problem) == 0)
		return document;
	for (size_t i = 1; schemas[i]; i++)
		if (strcmp(schemas[i], found) == 0)
			return document;
	json_decref(document);
	return NULL;
}

json_t *document_parse(const char *text, size_t length, const char *schema, struct problem *problem)
{
	return document_parse_any(text, length, (const char *const[]){schema, NULL}, problem);
}

static int complain_of_size(const char *path, size_t size_max, struct problem *problem)
{
	bool small = size_max < (size_t)1 << 20;

	return problem_set(problem, -EFBIG, "%s is larger than %zu %s", path,
		size_max >> (small ? 10 : 20), small ? "KiB" : "MiB");
}

int document_read_file(
	const char *path, size_t size_max, char **text, size_t *length, struct problem *problem)
{
	struct stat status;
	char *buffer = NULL;
	/* O_NONBLOCK: a FIFO must not hold us. */
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	int failure = 0;
	size_t got = 0;

	if (fd < 0)
		return problem_errno(problem, "cannot open %s", path);
	if (fstat(fd, &status) < 0)
		failure = problem_errno(problem, "cannot examine %s", path);
	else if (!S_ISREG(status.st_mode))
		failure = problem_set(problem, -EINVAL, "%s is not a regular file", path);
	else if ((uint64_t)status.st_size > size_max)
		failure = complain_of_size(path, size_max, problem);
	else if (!(buffer = malloc((size_t)status.st_size + 1)))
		failure = problem_set(problem, -ENOMEM, "not enough memory to read %s", path);
	while (!failure && got < (size_t)status.st_size) {
		ssize_t more = read(fd, buffer + got, (size_t)status.st_size - got);
		if (more > 0)
			got += (size_t)more;
		else if (more == 0)
			break; /* it shrank; the parser will tell */
		else if (errno != EINTR)
			failure = problem_errno(problem, "cannot read %s", path);
	}
	close(fd);
	if (failure || !buffer) {
		free(buffer);
		return failure;
	}
	buffer[got] = '\0';
	*text = buffer;
	*length = got;
	return 0;
}

int document_read_input(size_t size_max, char **text, size_t *length, struct problem *problem)
{
	size_t room = (size_t)1 << 16, got = 0, more;
	char *buffer = allocate_grow(NULL, room, 1);

	while ((more = fread(buffer + got, 1, room - got - 1, stdin)) > 0) {
		got += more;
		if (got > size_max) {
			free(buffer);
			return problem_set(problem, -EFBIG, "standard input is larger than %zu MiB",
				size_max >> 20);
		}
		if (got == room - 1)
			buffer = allocate_grow(buffer, room *= 2, 1);
	}
	if (ferror(stdin)) {
		int failure = problem_errno(problem, "cannot read standard input");
		free(buffer);
		return failure;
	}
	buffer[got] = '\0';
	*text = buffer;
	*length = got;
	return 0;
}

json_t *document_read(
	const char *path, size_t size_max, const char *schema, struct problem *problem)
{
	struct problem why = {.text = ""};
	size_t length = 0;
	char *text = NULL;

	if (document_read_file(path, size_max, &text, &length, problem) < 0 || !text)
		return NULL;
	json_t *document = document_parse(text, length, schema, &why);
	if (!document)
		problem_set(problem, -EINVAL, "%.300s cannot be used: %.400s", path, why.text);
	free(text);
	return document;
}

/* What the schema asks of one field by the value of another. */
static int check_dependencies(const json_t *result, struct problem *problem)
{
	const json_t *item;
	size_t i;

	if (strcmp(document_text(result, "status"), "complete") != 0 &&
		!json_object_get(result, "reason"))
		return problem_set(problem, -EINVAL, "it is not complete and gives no reason");
	json_array_foreach(json_object_get(result, "metrics"), i, item)
		if (!json_object_get(item, "distribution") != !json_object_get(item, "quantile"))
			return problem_set(problem, -EINVAL,
				"\"metrics[%zu]\" names a distribution without a quantile, or one "
				"without the other",
				i);
	json_array_foreach(json_object_get(result, "facts"), i, item) {
		const char *status = document_text(item, "status");
		bool bad = strcmp(status, "warn") == 0 || strcmp(status, "fail") == 0;
		if (bad && !json_object_get(item, "remedy"))
			return problem_set(problem, -EINVAL, "\"facts[%zu]\" has no remedy", i);
	}
	return 0;
}

int document_check_result(const json_t *result, const char *name, struct problem *problem)
{
	int failure = shape_check(result, shape_of_result, problem);

	if (failure)
		return failure;
	const char *found = document_text(json_object_get(result, "bench"), "name");
	if (name && strcmp(found, name) != 0)
		return problem_set(
			problem, -EINVAL, "it says it is by \"%s\", not by \"%s\"", found, name);
	return check_dependencies(result, problem);
}

int document_check_bench(const json_t *bench, const char *name, struct problem *problem)
{
	int failure = shape_check(bench, shape_of_bench, problem);

	if (failure)
		return failure;
	if (strcmp(document_text(bench, "name"), name) != 0)
		return problem_set(
			problem, -EINVAL, "it calls itself \"%s\"", document_text(bench, "name"));
	if (!json_is_true(json_object_get(bench, "available")) &&
		!json_object_get(bench, "obstacle"))
		return problem_set(problem, -EINVAL, "it cannot run here and does not say why");
	return 0;
}

int document_check_run(const json_t *run, struct problem *problem)
{
	return shape_check(run, shape_of_run, problem);
}

const char *document_text(const json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));

	return text ? text : "";
}
