#include "rig_private.h"

#include "text.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define SAID_MAX 512

int rig_host(const struct rig *rig, const char *host)
{
	for (size_t i = 0; i < rig->host_count; i++)
		if (!strcmp(rig->hosts[i].name, host))
			return rig->hosts[i].netns;
	return -1;
}

/* What stands for {HOST}; valid until it is asked for the next. */
static const char *descriptor_path(const void *rig, const char *host)
{
	static char path[32];
	int netns = rig_host(rig, host);

	if (netns < 0)
		return NULL;
	snprintf(path, sizeof(path), "/proc/self/fd/%d", netns);
	return path;
}

/* Where in a batch something failed. */
struct place {
	const char *line; /* in the batch's text */
	int length;
	const char *topic; /* the last comment before it: what it is part of */
	int topic_length;
};

static struct place find_line(const char *text, int number)
{
	struct place place = {"", 0, "", 0};

	for (int at = 1; *text && at <= number; at++) {
		int length = (int)strcspn(text, "\n");

		if (text[0] == '#') {
			int blank = (int)strspn(text, "# ");

			place.topic = text + blank;
			place.topic_length = length - blank;
		} else if (at == number) {
			place.line = text;
			place.length = length;
		}
		text += length + (text[length] == '\n');
	}
	return place;
}

/* The number of the line that a tool complains of: iproute2's "Command failed -:7", "line 7" of the
 * restorers, nft's "/dev/stdin:7:1-9". 0: it names none. */
static int failed_line(const char *said)
{
	static const char *const marks[] = {
		"Command failed -:", "line: ", "line ", "/dev/stdin:", "stdin:"};

	for (size_t i = 0; i < sizeof(marks) / sizeof(*marks); i++) {
		const char *at = strstr(said, marks[i]);
		int number = at ? atoi(at + strlen(marks[i])) : 0;

		if (number > 0)
			return number;
	}
	return 0;
}

/* In one line, printable, without the blanks around it. */
static const char *one_line(char *said)
{
	static char clean[SAID_MAX];

	for (char *at = said; *at; at++)
		if (*at == '\n')
			*at = at[1] ? ' ' : '\0';
	return text_strip((char *)text_printable(said, clean, sizeof(clean)));
}

/* The sentence: where, with which tool, at what, and what the tool said. */
static int complain(
	const struct rig_batch *batch, int line, char *said, int code, struct problem *problem)
{
	const char *program = rig_tool_rows[batch->tool].program;
	struct place place = find_line(batch->text, line);

	if (strstr(said, "Message too long"))
		code = -EMSGSIZE;
	/* It goes on with a picture of what it was told. */
	if (batch->tool == RIG_NFT)
		said[strcspn(said, "\n")] = '\0';
	return problem_set(problem, code, "cannot set up%s%.*s in host %s: %s said \"%s\"%s%.*s%s",
		place.topic_length ? " " : "", place.topic_length, place.topic, batch->host,
		program ? program : "the kernel", one_line(said), place.length ? " of \"" : "",
		place.length, place.line, place.length ? "\"" : "");
}

/* Puts a line's words at the end of argv. */
static void add_words(char *words, const char **argv, size_t count)
{
	char *rest = NULL;

	for (char *word = strtok_r(words, " ", &rest); word && count < RIG_WORDS - 1;
		word = strtok_r(NULL, " ", &rest))
		argv[count++] = word;
	argv[count] = NULL;
}

static int call_with(struct rig_call *call, const char *program, const char *arguments)
{
	const char *argv[RIG_WORDS] = {program};
	char *words = rig_need(strdup(arguments));

	add_words(words, argv, 1);
	call->argv = argv;
	int failure = rig_call(call);
	call->argv = NULL;
	free(words);
	return failure;
}

static int call_by_line(struct rig_call *call, const char *program, const char *text, int *number)
{
	int failure = 0;

	for (*number = 0; *text && failure == 0; ++*number) {
		size_t length = strcspn(text, "\n");
		char *line = rig_need(strndup(text, length));

		if (length && text[0] != '#')
			failure = call_with(call, program, line);
		free(line);
		text += length + (text[length] == '\n');
	}
	return failure;
}

int rig_run_batch(const struct rig *rig, const struct rig_batch *batch, struct problem *problem)
{
	const struct rig_tool_row *row = &rig_tool_rows[batch->tool];
	const char *path = rig_tool_path(batch->tool, problem);
	int netns = rig_host(rig, batch->host), line = 0, failure;
	char said[SAID_MAX] = "";

	if (netns < 0)
		return problem_set(problem, -ENOENT, "no host is named %s", batch->host);
	if (!path)
		return -ENOENT;
	char *text = rig_expand(batch->text, descriptor_path, rig);
	struct rig_call call = {.path = path,
		.input = row->by_line ? "" : text,
		.netns = netns,
		.rig = rig,
		.said = said,
		.said_size = sizeof(said)};

	if (!row->program)
		failure = rig_write_sysctls(netns, text, &line, said, sizeof(said));
	else if (row->by_line)
		failure = call_by_line(&call, row->program, text, &line);
	else
		failure = call_with(&call, row->program, row->arguments);
	free(text);
	if (failure < 0)
		return complain(batch, line ? line : failed_line(said), said, failure, problem);
	return 0;
}

int rig_apply(struct rig *rig, const struct rig_plan *plan, struct problem *problem)
{
	int failure = 0;

	for (size_t i = 0; i < plan->batch_count && failure == 0; i++)
		failure = rig_run_batch(rig, &plan->batches[i], problem);
	return failure;
}

void rig_deadline(struct rig *rig, int64_t at_ns)
{
	rig->deadline_ns = at_ns;
}

static int add_host(struct rig *rig, const char *name, struct problem *problem)
{
	int netns = rig_new_netns();

	if (netns < 0) {
		errno = -netns;
		return problem_errno(problem, "cannot make host %s (a network namespace)", name);
	}
	rig->hosts[rig->host_count++] = (struct rig_host){rig_need(strdup(name)), netns};
	return 0;
}

struct rig *rig_build(const struct rig_plan *plan, struct problem *problem)
{
	int failure = rig_privileged() ? 0 : rig_enter_userns();

	if (failure < 0) {
		errno = -failure;
		problem_errno(problem, "cannot become root of a user namespace: run this as root");
		return NULL;
	}
	/* Inherited as ignored, tools would vanish before waitpid() sees them. */
	signal(SIGCHLD, SIG_DFL);
	struct rig *rig = rig_need(calloc(1, sizeof(*rig)));
	rig->hosts = rig_need(calloc(plan->host_count + 1, sizeof(*rig->hosts)));
	for (size_t i = 0; i < plan->host_count && failure == 0; i++)
		failure = add_host(rig, plan->hosts[i], problem);
	if (failure == 0)
		failure = rig_apply(rig, plan, problem);
	if (failure < 0) {
		rig_free(rig);
		return NULL;
	}
	return rig;
}

void rig_free(struct rig *rig)
{
	if (!rig)
		return;
	for (size_t i = 0; i < rig->host_count; i++) {
		close(rig->hosts[i].netns);
		free(rig->hosts[i].name);
	}
	free(rig->hosts);
	free(rig);
}
