#include "signature.h"

#include "base64.h"
#include "document.h"
#include "shape.h"
#include "signature_private.h"
#include "text.h"
#include "tool.h"

#include <errno.h>
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define PRINCIPALS_MAX 16 /* of one key */
#define KEY_ID_BYTES   8

const struct signature_tool signature_tools[SIGNATURE_KINDS] = {
	[SIGNATURE_SSH] = {"ssh", ".sig", "ssh-keygen", "openssh-client"},
	[SIGNATURE_MINISIGN] = {"minisign", ".minisig", "minisign", "minisign"},
};

static const char *const schemas[] = {
	"seatrial.run/1", "seatrial.comparison/1", "seatrial.gate/1", "seatrial.history/1", NULL};

json_t *signature_parse(const struct store_text *text, struct problem *problem)
{
	static const struct shape fields[] = {
		{.key = "created", .kind = SHAPE_TIME}, {.kind = SHAPE_END}};
	struct problem why;
	json_t *document = store_parse_any(text, schemas, problem);

	if (document && !signature_is_of_run(document) && shape_check(document, fields, &why) < 0) {
		problem_set(problem, -EINVAL, "%.300s, a %.40s, cannot be used: %.400s", text->path,
			document_text(document, "schema"), why.text);
		json_decref(document);
		document = NULL;
	}
	return document;
}

bool signature_is_of_run(const json_t *document)
{
	return strcmp(document_text(document, "schema"), schemas[0]) == 0;
}

struct signed_file signature_file(const struct store_text *text, const json_t *document)
{
	static const char *const kinds[] = {"run", "comparison", "gate", "history"};
	struct signed_file file = {
		.path = text->path, .text = text->text, .length = text->length, .kind = kinds[0]};

	for (size_t i = 0; schemas[i]; i++)
		if (strcmp(document_text(document, "schema"), schemas[i]) == 0)
			file.kind = kinds[i];
	file.id = document_text(document, file.kind == kinds[0] ? "id" : "created");
	return file;
}

const char *signature_space(const struct signed_file *file, char buffer[SIGNATURE_SPACE_MAX])
{
	snprintf(buffer, SIGNATURE_SPACE_MAX, "seatrial-%s", file->kind);
	return buffer;
}

const char *signature_words(const struct signed_file *file, char buffer[SIGNATURE_WORDS_MAX])
{
	char words[SIGNATURE_WORDS_MAX];

	snprintf(words, sizeof(words), "seatrial-%s %s", file->kind, file->id);
	return text_printable(words, buffer, SIGNATURE_WORDS_MAX);
}

/* One signature that is checked. */
struct check {
	const struct signature_tool *tool;
	json_t *said; /* what is known of it */
	const char *keys;
	const char *text;    /* of the signature */
	int file, signature; /* in memory */
	const struct signed_file *of;
	char space[SIGNATURE_SPACE_MAX];
};

const char *signature_complaint(const char *errors, char *buffer, size_t size)
{
	char line[256];

	snprintf(line, sizeof(line), "%.*s", (int)strcspn(errors, "\r\n"), errors);
	return text_printable(*line ? line : "it says nothing", buffer, size);
}

static void set_text(json_t *object, const char *key, const char *value)
{
	char printable[1024];

	json_object_set_new(
		object, key, json_string(text_printable(value, printable, sizeof(printable))));
}

static void conclude(const struct check *check, const char *state, const char *why)
{
	json_object_set_new(check->said, "state", json_string(state));
	if (why)
		set_text(check->said, "why", why);
}

/* Runs the tool on the two files in memory: the signed one is its stdin, the signature its
 * descriptor 3. False when it did not run, which has been concluded then. */
static bool consult(const struct check *check, const char *const *argv, struct tool_result *result)
{
	struct problem problem;
	const struct tool_call call = {.argv = argv,
		.package = check->tool->package,
		.input = check->file,
		.third = check->signature};

	lseek(check->file, 0, SEEK_SET);
	lseek(check->signature, 0, SEEK_SET);
	if (tool_run(&call, result, &problem) == 0)
		return true;
	conclude(check, "failed", problem.text);
	return false;
}

/* 'Good "seatrial-run" signature for NAME with ED25519 key SHA256:...' */
static void set_ssh_key(const struct check *check, const char *output)
{
	const char *with = NULL, *at = output;

	/* The last one: a name may hold the word, a key does not. */
	while ((at = strstr(at, " with ")))
		with = at += strlen(" with ");
	if (with) {
		char key[256];
		snprintf(key, sizeof(key), "%.*s", (int)strcspn(with, "\r\n"), with);
		set_text(check->said, "key", key);
	}
}

/* Nobody who is allowed: is it at least a signature of this file? */
static void check_stranger(const struct check *check)
{
	const char *const argv[] = {"ssh-keygen", "-Y", "check-novalidate", "-n", check->space,
		"-s", "/dev/fd/3", NULL};
	static struct tool_result result;
	char complaint[256], why[512];

	if (!consult(check, argv, &result))
		return;
	if (result.succeeded) {
		set_ssh_key(check, result.output);
		snprintf(
			why, sizeof(why), "%.300s does not allow its key as a signer", check->keys);
		conclude(check, "unknown signer", why);
	} else {
		conclude(check, "bad",
			signature_complaint(result.errors, complaint, sizeof(complaint)));
	}
}

/* Whether `principal` signed the file. */
static bool check_principal(
	const struct check *check, const char *principal, struct tool_result *result)
{
	const char *const argv[] = {"ssh-keygen", "-Y", "verify", "-f", check->keys, "-I",
		principal, "-n", check->space, "-s", "/dev/fd/3", NULL};

	if (!consult(check, argv, result) || !result->succeeded)
		return false;
	set_text(check->said, "by", principal);
	set_ssh_key(check, result->output);
	conclude(check, "good", NULL);
	return true;
}

static void check_ssh(const struct check *check)
{
	const char *const argv[] = {
		"ssh-keygen", "-Y", "find-principals", "-f", check->keys, "-s", "/dev/fd/3", NULL};
	static struct tool_result found, result;
	char *rest = found.output, *principal, complaint[256];
	int count = 0;

	if (!consult(check, argv, &found))
		return;
	if (!found.succeeded) {
		check_stranger(check);
		return;
	}
	while ((principal = strsep(&rest, "\r\n")) && count < PRINCIPALS_MAX) {
		if (!*principal)
			continue;
		count++;
		if (check_principal(check, principal, &result))
			return;
	}
	if (!json_object_get(check->said, "state"))
		conclude(check, "bad",
			signature_complaint(result.errors, complaint, sizeof(complaint)));
}

/* The number of a key in a public key or a signature of minisign: the second line, in base64, is an
 * algorithm of two bytes, the number with its last byte first, and the rest. */
static bool key_id(const char *text, char id[2 * KEY_ID_BYTES + 1])
{
	char line[512];
	uint8_t bytes[sizeof(line)];
	const char *second = strchr(text, '\n');

	if (!second)
		return false;
	second++;
	snprintf(line, sizeof(line), "%.*s", (int)strcspn(second, "\r\n"), second);
	if (base64_read(line, bytes, NULL) < 2 + KEY_ID_BYTES)
		return false;
	for (size_t i = 0; i < KEY_ID_BYTES; i++)
		snprintf(id + 2 * i, 3, "%02X", bytes[2 + KEY_ID_BYTES - 1 - i]);
	return true;
}

/* By the key that was asked for: of this file, and of this document? */
static void check_by_key(const struct check *check, const char *key)
{
	const char *const argv[] = {"minisign", "-V", "-Q", "-p", check->keys, "-m", "/dev/stdin",
		"-x", "/dev/fd/3", NULL};
	static struct tool_result result;
	char wanted[SIGNATURE_WORDS_MAX], by[128], why[128];

	if (!consult(check, argv, &result))
		return;
	set_text(check->said, "key", key);
	signature_words(check->of, wanted);
	result.output[strcspn(result.output, "\r\n")] = '\0';
	if (!result.succeeded) {
		conclude(check, "bad", "the file is not what was signed");
	} else if (strcmp(result.output, wanted) != 0) {
		snprintf(why, sizeof(why), "it was signed as something else than this %s",
			check->of->kind);
		conclude(check, "bad", why);
	} else {
		snprintf(by, sizeof(by), "the holder of minisign key %s", key);
		set_text(check->said, "by", by);
		conclude(check, "good", NULL);
	}
}

static void check_minisign(const struct check *check)
{
	char here[2 * KEY_ID_BYTES + 1], there[2 * KEY_ID_BYTES + 1], why[512];
	char *text = NULL;
	size_t length;
	struct problem problem;

	if (document_read_file(check->keys, SIGNATURE_MAX, &text, &length, &problem) < 0) {
		conclude(check, "failed", problem.text);
		return;
	}
	bool known = key_id(text, there);
	free(text);
	if (!known) {
		snprintf(why, sizeof(why), "%.300s is no public key of minisign", check->keys);
		conclude(check, "failed", why);
	} else if (!key_id(check->text, here)) {
		conclude(check, "bad", "it is no signature of minisign");
	} else if (strcmp(here, there) != 0) {
		snprintf(why, sizeof(why), "its key is %s, the key in %.300s is %s", here,
			check->keys, there);
		conclude(check, "unknown signer", why);
	} else {
		check_by_key(check, here);
	}
}

static void check_one(enum signature_kind kind, const struct signed_file *file,
	const struct signature_keys *keys, json_t *list)
{
	const struct signature_tool *tool = &signature_tools[kind];
	struct check check = {.tool = tool,
		.keys = kind == SIGNATURE_SSH ? keys->allowed_signers : keys->public_key,
		.of = file,
		.file = -1,
		.signature = -1};
	char path[PATH_MAX], *text = NULL;
	struct problem problem = {""};
	size_t length = 0;

	signature_space(file, check.space);
	snprintf(path, sizeof(path), "%s%s", file->path, tool->suffix);
	if (access(path, F_OK) < 0 && errno == ENOENT)
		return;
	check.said = json_pack("{s:s}", "kind", tool->kind);
	set_text(check.said, "file", path);
	if (!check.keys) {
		conclude(&check, "not checked",
			kind == SIGNATURE_SSH ? "no --allowed-signers was given"
					      : "no --public-key was given");
	} else if (document_read_file(path, SIGNATURE_MAX, &text, &length, &problem) < 0 ||
		   (check.signature = tool_memory(text, length, &problem)) < 0 ||
		   (check.file = tool_memory(file->text, file->length, &problem)) < 0) {
		conclude(&check, "failed", problem.text);
	} else {
		check.text = text;
		(kind == SIGNATURE_SSH ? check_ssh : check_minisign)(&check);
	}
	if (check.signature >= 0)
		close(check.signature);
	if (check.file >= 0)
		close(check.file);
	free(text);
	json_array_append_new(list, check.said);
}

json_t *signature_check(const struct signed_file *file, const struct signature_keys *keys)
{
	json_t *list = json_array();

	for (enum signature_kind kind = 0; kind < SIGNATURE_KINDS; kind++)
		check_one(kind, file, keys, list);
	return list;
}

bool signature_any(const json_t *signatures, const char *state)
{
	const json_t *signature;
	size_t i;

	json_array_foreach(signatures, i, signature)
		if (strcmp(document_text(signature, "state"), state) == 0)
			return true;
	return false;
}
