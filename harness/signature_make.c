/* Making a signature: the tools write one beside what they sign, so that they get a copy to sign in
 * a folder of their own. */
#include "signature.h"

#include "document.h"
#include "file.h"
#include "signature_private.h"
#include "tool.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define MINISIGN_KEY "untrusted comment:" /* how its key files begin */

/* Where the tools work; private to this user. */
struct workshop {
	char folder[PATH_MAX - 64];
	char copy[PATH_MAX - 32], signature[PATH_MAX];
};

static int workshop_open(struct workshop *workshop, const struct signature_tool *tool,
	const struct signed_file *file, struct problem *problem)
{
	const char *place = getenv("TMPDIR");

	snprintf(workshop->folder, sizeof(workshop->folder), "%s/seatrial-sign-XXXXXX",
		place && place[0] == '/' ? place : "/tmp");
	if (!mkdtemp(workshop->folder)) {
		workshop->folder[0] = '\0';
		return problem_errno(problem, "cannot make a folder to sign in");
	}
	snprintf(workshop->copy, sizeof(workshop->copy), "%s/document", workshop->folder);
	snprintf(workshop->signature, sizeof(workshop->signature), "%s%s", workshop->copy,
		tool->suffix);
	return file_write(workshop->copy, file->text, file->length, FILE_CREATE, problem);
}

static void workshop_close(const struct workshop *workshop)
{
	if (!workshop->folder[0])
		return;
	unlink(workshop->copy);
	unlink(workshop->signature);
	rmdir(workshop->folder);
}

static int find_kind(const char *key, enum signature_kind *kind, struct problem *problem)
{
	char *text = NULL;
	size_t length;
	int failure = document_read_file(key, SIGNATURE_MAX, &text, &length, problem);

	if (!failure)
		*kind = strncmp(text, MINISIGN_KEY, strlen(MINISIGN_KEY)) == 0 ? SIGNATURE_MINISIGN
									       : SIGNATURE_SSH;
	free(text);
	return failure;
}

/* Either may ask for a passphrase: ssh-keygen at the terminal itself, minisign on what it has as
 * stderr. */
static int sign_copy(const struct workshop *workshop, const struct signed_file *file,
	enum signature_kind kind, const char *key, struct problem *problem)
{
	char space[SIGNATURE_SPACE_MAX], words[SIGNATURE_WORDS_MAX];
	const struct signature_tool *tool = &signature_tools[kind];
	const char *const ssh[] = {"ssh-keygen", "-q", "-Y", "sign", "-f", key, "-n",
		signature_space(file, space), workshop->copy, NULL};
	const char *const minisign[] = {"minisign", "-S", "-s", key, "-m", workshop->copy, "-x",
		workshop->signature, "-t", signature_words(file, words), NULL};
	const struct tool_call call = {.argv = kind == SIGNATURE_SSH ? ssh : minisign,
		.package = tool->package,
		.input = -1,
		.third = -1,
		.talks = kind == SIGNATURE_MINISIGN && isatty(STDIN_FILENO)};
	static struct tool_result result;
	char complaint[256];

	int failure = tool_run(&call, &result, problem);
	if (!failure && !result.succeeded)
		failure = problem_set(problem, -EIO, "%s did not sign with %.200s: %s",
			tool->program, key,
			call.talks ? "it has said why"
				   : signature_complaint(
					     *result.errors ? result.errors : result.output,
					     complaint, sizeof(complaint)));
	return failure;
}

int signature_make(const struct signed_file *file, const char *key, char *made, size_t size,
	struct problem *problem)
{
	struct workshop workshop = {.folder = ""};
	enum signature_kind kind = SIGNATURE_SSH;
	char *text = NULL;
	size_t length;
	int failure = find_kind(key, &kind, problem);

	if (failure)
		return failure;
	if ((size_t)snprintf(made, size, "%s%s", file->path, signature_tools[kind].suffix) >= size)
		return problem_set(problem, -ENAMETOOLONG, "the path of the file is too long");
	failure = workshop_open(&workshop, &signature_tools[kind], file, problem);
	if (!failure)
		failure = sign_copy(&workshop, file, kind, key, problem);
	if (!failure)
		failure = document_read_file(
			workshop.signature, SIGNATURE_MAX, &text, &length, problem);
	if (!failure)
		failure = file_write(made, text, length, FILE_OWN, problem);
	free(text);
	workshop_close(&workshop);
	return failure;
}
